"""The codebook counts what people named, says of what its shares are, and how much nobody has seen."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from workbench import label
from workbench.errors import EmptyError, UnknownNameError

START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def at(hour: int) -> dt.datetime:
    return START + dt.timedelta(hours=hour)


def said(number: int, *, reviewer: str = "ana", **fields: Any) -> list[dict[str, Any]]:
    """A reviewer's label of session number so-and-so, an hour after that of the session before."""
    change = {"operation": f"{reviewer}-{number}", "session_id": f"s{number:03}", **fields}
    return label.label_annotations(change, reviewer=reviewer, now=at(number))


def reading() -> list[dict[str, Any]]:
    """Forty sessions: ten wrong refunds, four loops, two of a kind each seen once, two unnamed, the rest pass."""
    kinds = ["wrong refund"] * 10 + ["loop"] * 4 + ["stale", "rude"] + [None] * 2
    rows = [
        row
        for number, kind in enumerate(kinds)
        for row in said(number, verdict="fail", failure_mode=kind, note=f"note {number}", first_failure=f"t/{number}")
    ]
    return rows + [row for number in range(18, 40) for row in said(number, verdict="pass")]


def mode(book: label.Codebook, name: str) -> dict[str, Any]:
    return book.modes.filter(failure_mode=name).row(0, named=True)


def test_without_draws_shares_are_of_the_sample_and_say_so() -> None:
    book = label.codebook(reading(), [], population=600)
    row = mode(book, "wrong refund")
    assert (row["sessions"], row["share"], row["status"]) == (10, 0.25, "in use")
    assert row["low"] < 0.25 < row["high"]
    assert book.basis == "of the sample"
    assert book.sentence.startswith(
        "40 of 600 sessions read, 4 failure modes; 45.0% (30.7% to 60.2%) of the sample fail; most often"
    )
    assert book.names == ["wrong refund", "loop", "rude", "stale"]
    assert "2 failing sessions without a failure mode yet." in book.notes
    assert "share of the sample" in book._repr_html_()


def test_each_mode_carries_its_notes_evidence_and_times() -> None:
    row = mode(label.codebook(reading(), []), "loop")
    assert row["notes"] == ["note 10", "note 11", "note 12"]
    assert row["evidence"] == ["t/10", "t/11", "t/12"]
    assert (row["first_seen"], row["last_seen"]) == (at(10), at(13))
    assert label.codebook(reading(), []).sessions("loop") == ["s010", "s011", "s012", "s013"]


def test_what_is_unseen_is_one_sentence() -> None:
    assert label.codebook(reading(), []).saturation.startswith("16 named failures are too few to tell")
    more = reading() + [row for number in range(40, 60) for row in said(number, verdict="fail", failure_mode="loop")]
    book = label.codebook(more, [])
    assert book.unseen is not None
    assert (book.unseen.n, book.unseen.singletons) == (36, 2)
    assert book.saturation.startswith("36 failures read; about 5.6% (")
    assert book.saturation.endswith("of failures are of kinds not seen yet.")
    assert "cannot be told" in label.codebook([], []).saturation


def test_shares_of_a_queue_are_weighted_and_speak_of_its_population() -> None:
    """Two strata read at different rates: the plain share misleads, the weighted one does not."""
    traffic = pl.DataFrame({
        "session_id": [f"s{number:03}" for number in range(40)] + [f"x{number}" for number in range(160)],
        "worth": ["high"] * 40 + ["low"] * 160,
    })  # fmt: skip
    queue = label.draw_queue(traffic, name="q", n=100, by="worth")
    draws = queue.draws.with_columns(
        inclusion=pl.when(pl.col("target_id").str.starts_with("s")).then(1.0).otherwise(0.5)
    )
    ids = queue.items["session_id"].to_list()
    rows = [
        row
        for number, each in enumerate(ids)
        for row in label.label_annotations(
            {"operation": f"o{number}", "session_id": each, "verdict": "fail" if each.startswith("s") else "pass",
             "failure_mode": "loop" if each.startswith("s") else None},
            reviewer="ana", now=at(number),
        )
    ]  # fmt: skip
    book = label.codebook(rows, [], draws=draws)
    high = sum(each.startswith("s") for each in ids)
    assert book.basis == "of the 200 sessions in the queue's pool"
    assert book.failing_share is not None
    assert book.failing_share.share == pytest.approx(high / (high + 2 * (100 - high)))
    assert mode(book, "loop")["share"] == book.failing_share.share < high / 100


def test_sessions_read_by_hand_are_evidence_and_in_no_share() -> None:
    ids = [f"s{number:03}" for number in range(18, 40)]
    queue = label.draw_queue(ids, name="q", n=22)
    book = label.codebook(reading(), [], draws=queue.draws)
    assert (book.read, book.failing) == (22, 0)
    assert (mode(book, "loop")["sessions"], mode(book, "loop")["share"]) == (4, 0.0)
    assert any(note.startswith("18 of the sessions were read outside that queue") for note in book.notes)


def test_the_queue_of_which_most_was_read_is_taken_unless_one_is_named() -> None:
    ids = [f"s{number:03}" for number in range(40)]
    small, large = label.draw_queue(ids[:10], name="small", n=10), label.draw_queue(ids, name="large", n=30)
    draws = pl.concat([small.draws, large.draws])
    assert label.codebook(reading(), [], draws=draws).read == 30
    assert label.codebook(reading(), [], draws=draws, queue_id=small.queue_id).failing_share.share == 1.0  # pyright: ignore[reportOptionalMemberAccess]
    empty = label.draw_queue(["x"], name="empty", n=1)
    with pytest.raises(EmptyError, match="has a verdict yet"):
        label.codebook(reading(), [], draws=empty.draws, queue_id=empty.queue_id)
    with pytest.raises(UnknownNameError, match="no queue"):
        label.codebook(reading(), [], draws=draws, queue_id="q-nowhere")


def test_codebook_events_change_what_labels_are_called_and_not_what_was_written() -> None:
    events: list[dict[str, Any]] = []
    for hour, (kind, name, into, more) in enumerate([
        ("define", "wrong refund", (), {"definition": "money for another order"}),
        ("merge", "stale", "loop", {}),
        ("rename", "wrong refund", "refund of another order", {}),
        ("define", "unheard of", (), {"definition": "nobody has seen it"}),
        ("retire", "rude", (), {"reason": "fixed in v2"}),
    ]):  # fmt: skip
        events.append(label.codebook_event(kind, name, into, author="ana", now=at(100 + hour), events=events, **more))  # pyright: ignore[reportArgumentType]
    book = label.codebook(reading(), events)
    assert mode(book, "refund of another order")["definition"] == "money for another order"
    assert mode(book, "loop")["sessions"] == 5
    assert (mode(book, "unheard of")["status"], mode(book, "rude")["status"]) == ("defined", "retired")
    assert book.names == ["refund of another order", "loop", "unheard of"]
    assert book.labels.filter(session_id="s000").select("failure_mode", "written_as").row(0) == (
        "refund of another order", "wrong refund",
    )  # fmt: skip
    assert label.codebook(reading(), events, as_of=at(100)).names == ["wrong refund", "loop", "rude", "stale"]
    assert label.codebook(reading(), events, as_of=at(5)).names == ["wrong refund"]


def test_a_split_lists_what_is_to_be_read_again() -> None:
    parts = {"s010": "loop: same call", "s011": "loop: same question"}
    event = label.codebook_event(
        "split", "loop", list(parts.values()), author="ana", now=at(99), assignment=parts,
    )  # fmt: skip
    book = label.codebook(reading(), [event])
    assert book.reread.rows() == [
        ("s012", "ana", "loop", "'loop' was split"),
        ("s013", "ana", "loop", "'loop' was split"),
    ]
    assert mode(book, "loop")["reread"] == 2
    assert mode(book, "loop: same call")["sessions"] == 1


def test_contested_sessions_are_in_no_share_and_are_counted() -> None:
    rows = reading() + said(0, reviewer="ben", verdict="pass")
    book = label.codebook(rows, [])
    assert (book.read, mode(book, "wrong refund")["sessions"]) == (39, 9)
    assert any(note.startswith("1 session contested") for note in book.notes)
    assert book.labels.filter("contested")["session_id"].unique().to_list() == ["s000"]


def test_two_reviewers_of_one_session_count_it_once() -> None:
    rows = reading() + said(0, reviewer="ben", verdict="fail", failure_mode="wrong refund")
    assert mode(label.codebook(rows, []), "wrong refund")["sessions"] == 10


def test_nothing_read_says_what_to_do() -> None:
    book = label.codebook([], [])
    assert (book.modes.height, book.unseen, book.failing_share, book.names) == (0, None, None, [])
    assert "read some with" in repr(book)
    assert "No session has a verdict" in book._repr_html_()


def test_hostile_names_and_notes_are_shown_and_not_obeyed() -> None:
    rows = said(0, verdict="fail", failure_mode="<script>1</script>", note="<img src=x>")
    shown = label.codebook(rows, [])._repr_html_()
    assert "<script>" not in shown
    assert "<img" not in shown


def test_an_unknown_mode_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'loop'"):
        label.codebook(reading(), []).sessions("lop")


def test_draws_without_a_pool_leave_its_size_unsaid() -> None:
    draws = [
        {"draw_id": f"q.{n}", "queue_id": "q", "target_id": f"s{n:03}", "design": "random", "inclusion": 0.1}
        for n in range(2)
    ]
    book = label.codebook([*said(0, verdict="fail"), *said(1, verdict="pass")], [], draws=draws)
    assert (book.read, book.basis) == (2, "of the pool that the queue was drawn from")
