"""A queue knows how each of its sessions was drawn, and drawing it again changes nothing."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from workbench import label
from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.schema import DRAWS, QUEUES

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
IDS = [f"s{number:03}" for number in range(200)]
TRAFFIC = pl.DataFrame(
    {
        "session_id": IDS,
        "intent": ["refund"] * 120 + ["delivery"] * 60 + ["login"] * 19 + [None],
        "worth": [float(number % 10) for number in range(200)],
    }
)


def drawn(queue: label.Queue) -> list[str]:
    return queue.items["session_id"].to_list()


def test_the_same_name_seed_and_population_give_the_same_order_however_the_population_is_written() -> None:
    first = label.draw_queue(IDS, name="first read", n=40, seed=7)
    assert drawn(first) == drawn(label.draw_queue(IDS[::-1], name="first read", n=40, seed=7))
    assert drawn(first) == drawn(label.draw_queue(TRAFFIC, name="first read", n=40, seed=7))
    assert drawn(first) == drawn(label.draw_queue(pl.Series("any", IDS), name="first read", n=40, seed=7))
    assert drawn(first) != drawn(label.draw_queue(IDS, name="first read", n=40, seed=8))
    assert drawn(first) != drawn(label.draw_queue(IDS, name="second read", n=40, seed=7))


def test_a_longer_queue_begins_with_the_shorter_one() -> None:
    assert drawn(label.draw_queue(IDS, name="q", n=60))[:40] == drawn(label.draw_queue(IDS, name="q", n=40))


def test_simple_random_draws_carry_their_pool_step_probability_and_inclusion() -> None:
    queue = label.draw_queue(IDS, name="q", n=3, seed=1, because="thumbs down", now=NOW)
    assert queue.draws.schema == DRAWS
    assert queue.draws["pool"].to_list() == [200, 199, 198]
    assert queue.draws["probability"].to_list() == [1 / 200, 1 / 199, 1 / 198]
    assert queue.draws["inclusion"].to_list() == [3 / 200] * 3
    assert queue.draws["because"][0] == "thumbs down: one of 3 drawn at random from 200"
    assert queue.items.columns == ["position", "session_id", "because", "draw_id", "due_at"]
    assert repr(queue) == "3 of 200 sessions drawn at random for 'q' (seed 1)."


def test_a_queue_that_is_in_the_history_is_handed_back_as_it_was() -> None:
    first = label.draw_queue(IDS, name="first read", n=40, seed=7, now=NOW)
    again = label.draw_queue(
        IDS[:50],
        name="first read",
        n=10,
        seed=99,
        history=first.draws,
        queues=first.row,
        now=NOW + dt.timedelta(days=1),
    )
    assert drawn(again) == drawn(first)
    assert again.draws.equals(first.draws)
    assert again.row.equals(first.row)
    assert (first.is_new, again.is_new) == (True, False)
    assert "nothing was drawn again" in again.sentence
    assert "drawn on 2026-03-01" in again.sentence
    assert "For 10 others take another name" in again.sentence


def test_every_stratum_is_read_in_proportion_and_the_rare_one_is_not_forgotten() -> None:
    queue = label.draw_queue(TRAFFIC, name="q", n=20, by="intent")
    found = queue.items.join(TRAFFIC, on="session_id").group_by("intent").len()
    assert dict(found.iter_rows()) == {"refund": 12, "delivery": 6, "login": 1, None: 1}
    inclusion = queue.draws.join(TRAFFIC, left_on="target_id", right_on="session_id").group_by("intent")
    assert dict(inclusion.agg(pl.col("inclusion").first()).iter_rows()) == {
        "refund": 12 / 120, "delivery": 6 / 60, "login": 1 / 19, None: 1.0,
    }  # fmt: skip
    assert queue.design == "stratified"


def test_fewer_sessions_than_strata_are_refused() -> None:
    with pytest.raises(InputError, match="cannot cover 4 strata"):
        label.draw_queue(TRAFFIC, name="q", n=3, by="intent")


def test_an_informed_queue_reads_the_worthier_first_and_never_rules_anybody_out() -> None:
    queue = label.draw_queue(TRAFFIC, name="q", n=100, score="worth", seed=3)
    worth = queue.items.join(TRAFFIC, on="session_id")
    assert worth.head(40)["worth"].mean() > TRAFFIC["worth"].mean() + 0.5
    assert (queue.draws["probability"] > 0).all()
    assert worth.filter(worth=0.0).height > 0
    assert queue.draws["inclusion"].null_count() == 100
    assert queue.row["audit"].item() == 0.3
    audits = queue.items["because"].str.contains("random audit").mean()
    assert 0.15 < audits < 0.5


def test_the_step_probabilities_of_everything_eligible_add_up_to_one() -> None:
    """Given the draws before, each step's distribution is the audit share plus the share of the score."""
    scores = {"a": 5.0, "b": 1.0, "c": 0.0, "d": 2.0}
    frame = pl.DataFrame({"session_id": list(scores), "worth": list(scores.values())})
    queue = label.draw_queue(frame, name="q", n=4, score="worth", audit=0.4)
    left = dict(scores)
    for row in queue.draws.iter_rows(named=True):
        total = sum(left.values())
        share = {
            name: 0.4 / len(left) + 0.6 * worth / total if total else 1 / len(left) for name, worth in left.items()
        }
        assert sum(share.values()) == pytest.approx(1)
        assert row["probability"] == pytest.approx(share[row["target_id"]])
        del left[row["target_id"]]


def test_draws_come_as_often_as_their_probability_says() -> None:
    scores = {"a": 5.0, "b": 1.0, "c": 0.0, "d": 2.0}
    frame = pl.DataFrame({"session_id": list(scores), "worth": list(scores.values())})
    first = [drawn(label.draw_queue(frame, name="q", n=1, score="worth", seed=seed))[0] for seed in range(600)]
    for name, worth in scores.items():
        expected = 0.3 / 4 + 0.7 * worth / 8
        assert first.count(name) / 600 == pytest.approx(expected, abs=4 * (expected * (1 - expected) / 600) ** 0.5)


def test_wildly_different_scores_keep_their_probabilities_exact() -> None:
    frame = pl.DataFrame({"session_id": ["a", "b", "c"], "worth": [1e18, 1.0, 3.0]})
    queue = label.draw_queue(frame, name="q", n=3, score="worth", audit=0.3, seed=1)
    rest = {row["target_id"]: row["probability"] for row in queue.draws.iter_rows(named=True)}
    order = drawn(queue)
    assert order[0] == "a"
    weight = {"b": 1.0, "c": 3.0}[order[1]]
    assert rest[order[1]] == pytest.approx(0.15 + 0.7 * weight / 4)


def test_more_than_there_are_takes_all_and_says_so() -> None:
    queue = label.draw_queue([*IDS[:5], IDS[0]], name="q", n=50)
    assert sorted(drawn(queue)) == IDS[:5]
    assert any("50 were asked for" in note for note in queue.notes)
    assert any("1 of the ids were repetitions" in note for note in queue.notes)


def test_sessions_that_also_serve_another_purpose_are_counted() -> None:
    tuning = label.draw_queue(IDS, name="align judge", n=100, protocol=label.Protocol(purpose="align"))
    queue = label.draw_queue(IDS, name="truth", n=200, history=tuning.draws, queues=tuning.row)
    assert any(note.startswith("100 of them were drawn for 'align' in 'align judge'") for note in queue.notes)


def test_the_row_to_be_stored_says_how_the_queue_came_about() -> None:
    protocol = label.Protocol(rubric=(label.RubricItem("cites a source", required=True),), reviewers=("ana", "ben"))
    queue = label.draw_queue(IDS, name="q", n=5, seed=4, created_by="ana", protocol=protocol, now=NOW)
    row = queue.row.row(0, named=True)
    assert queue.row.schema == QUEUES
    assert (row["n"], row["pool"], row["seed"], row["design"], row["audit"]) == (5, 200, 4, "random", 1.0)
    assert label.Protocol.of(row) == protocol
    assert row["population"] == label.draw_queue(IDS[::-1], name="other", n=9).row["population"].item()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"n": 0}, InputError, "at least 1"),
        ({"n": 1, "name": " "}, InputError, "needs a name"),
        ({"n": 1, "by": "intent", "score": "worth"}, InputError, "two designs"),
        ({"n": 1, "score": "worth", "audit": 0.1}, InputError, "at least 0.3"),
        ({"n": 1, "by": "intnt"}, UnknownNameError, "did you mean 'intent'"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_reason(arguments: dict[str, object], error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        label.draw_queue(TRAFFIC, **{"name": "q", **arguments})  # pyright: ignore[reportArgumentType]


def test_an_empty_population_or_a_negative_score_is_refused() -> None:
    with pytest.raises(EmptyError, match="nothing can be drawn"):
        label.draw_queue([], name="q", n=1)
    with pytest.raises(InputError, match="finite"):
        label.draw_queue(TRAFFIC.with_columns(pl.lit(-1.0).alias("worth")), name="q", n=1, score="worth")
    with pytest.raises(InputError, match="one text"):
        label.draw_queue("s1", name="q", n=1)


def test_a_hostile_session_id_is_shown_and_not_obeyed() -> None:
    assert "<img" not in label.draw_queue(["<img src=x>"], name="<b>", n=1)._repr_html_()
