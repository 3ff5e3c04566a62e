"""Queues of a workspace: drawn once, adapted to what was read, safe for two at once."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

import workbench as wb
from workbench import label
from workbench.errors import EmptyError, UnknownNameError


def test_an_informed_queue_goes_on_from_what_was_read_and_run_all_draws_nothing_again(ws: wb.Workspace) -> None:
    first = ws.queue("next", n=12, ahead=4, seed=3, informed=True)
    assert (len(first), first.design) == (4, "informed")
    assert ws.queue("next", n=12, ahead=4, seed=3, informed=True).draws.equals(first.draws)
    for number, session in enumerate(first.items["session_id"].to_list()):
        change = {"operation": f"op{number}", "session_id": session, "verdict": "fail"}
        ws.save_label(change, reviewer="ana", queue_id=first.queue_id)
    more = ws.queue("next", n=12, ahead=4, seed=3, informed=True)
    assert more.draws.head(4).equals(first.draws)
    assert len(more) == 8
    again = wb.open(ws.store.folder)
    assert again.queue("next", n=12, ahead=4, seed=3, informed=True).draws.equals(more.draws)
    again.close()
    assert set(more.draws["component"]) <= {"audit", "new kind", "disagreement", "thin segment", "negative feedback"}


def test_the_codebook_weighs_an_informed_queue_back(ws: wb.Workspace) -> None:
    queue = ws.queue("next", n=20, informed=True, by="agent_version")
    for number, session in enumerate(queue.items["session_id"].to_list()):
        change = {"operation": f"op{number}", "session_id": session, "verdict": "fail" if number % 2 else "pass"}
        ws.save_label(change, reviewer="ana", queue_id=queue.queue_id)
    book = ws.codebook()
    assert book.basis == f"of the {ws.sessions().height:,} sessions in the queue's pool"
    assert book.failing_share is not None
    assert book.failing_share.effective < 20


def test_what_somebody_else_drew_in_the_meantime_counts(ws: wb.Workspace) -> None:
    from workbench.workspace._queues import keep

    first = ws.queue("next", n=6, informed=True)
    stale = [first]

    def draw() -> object:  # the first answer was made before the other's draws were on disk
        return stale.pop() if stale else ws.queue("next", n=6, informed=True)

    kept = keep(ws.store.database, draw)  # pyright: ignore[reportArgumentType]
    assert kept.draws.equals(first.draws)
    assert ws.store.database.count("draws") == 6


def test_an_unknown_session_or_field_is_refused_with_the_nearest(ws: wb.Workspace) -> None:
    session = ws.sessions()["session_id"][0]
    with pytest.raises(UnknownNameError, match=f"did you mean '{session}'"):
        ws.save_label({"session_id": session + "x", "verdict": "fail"}, reviewer="ana")
    with pytest.raises(UnknownNameError, match="did you mean 'failure_mode'"):
        ws.save_label({"session_id": session, "verdict": "fail", "failure_mod": "loop"}, reviewer="ana")
    assert ws.labels().height == 0
    assert ws.save_label({"session_id": session, "verdict": "fail"}, reviewer="ana")["verdict"] == "fail"


def test_a_session_shown_again_is_answered_as_if_new_and_measures_the_reviewer(ws: wb.Workspace) -> None:
    protocol = label.Protocol(repeats=0.4, rubric=(label.RubricItem("tone", "score", values=(1, 5)),))
    queue = ws.queue("twice", n=24, protocol=protocol)
    seen: dict[str, str] = {}
    for item in queue.items.iter_rows(named=True):
        verdict = "pass" if item["session_id"] in seen else "fail"
        change = {
            "session_id": item["session_id"],
            "draw_id": item["draw_id"],
            "verdict": verdict,
            "answers": {"tone": "3"},
        }
        saved = ws.save_label(change, reviewer="ana", queue_id=queue.queue_id)
        assert saved["verdict"] == verdict
        seen[item["session_id"]] = verdict
    assert set(ws.labels()["verdict"]) == {"fail"}
    assert ws.codebook().read == 24
    assert ws.self_agreement("ana").frame["agreed"][0] == 0
    first = queue.items["session_id"][0]
    ws.save_label({"session_id": first, "verdict": "pass"}, reviewer="ben")
    assert ws.agreement().frame.filter(what="verdict")["cases"].item() == 1
    assert ws.stopping(by="agent_version").read == 23  # the contested one is in no estimate


def test_reviewers_share_a_queue_and_what_was_added_comes_by_its_date(ws: wb.Workspace) -> None:
    queue = ws.queue("shared", n=3, protocol=label.Protocol(reviewers=("ana", "ben")))
    taken = [ws.next_item(queue, reviewer=name) for name in ("ana", "ben", "ana")]
    assert [None if each is None else each["session_id"] for each in taken] == [
        queue.items["session_id"][0],
        queue.items["session_id"][1],
        queue.items["session_id"][0],
    ]
    extra = ws.sessions().join(queue.items, on="session_id", how="anti")["session_id"][0]
    soon = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    assert ws.fill(queue, [extra], how="feedback", because="thumbs down", due_at=soon).added == 1
    assert ws.fill(queue, [extra], how="feedback", because="thumbs down", due_at=soon).added == 0
    ws.save_label({"session_id": queue.items["session_id"][1], "verdict": "pass"}, reviewer="ben")
    item = ws.next_item(queue, reviewer="ben")
    assert item is not None
    assert (item["session_id"], item["because"]) == (extra, "thumbs down")


def test_open_notes_are_grouped_into_suggestions_that_change_no_label(ws: wb.Workspace) -> None:
    notes = (
        "refunded another order than the one asked for",
        "called the same tool again and again",
        "told an old price",
    )
    for number, session in enumerate(ws.sessions()["session_id"][:24].to_list()):
        change = {"session_id": session, "verdict": "fail", "note": f"{notes[number % 3]} ({number})"}
        ws.save_label(change, reviewer="ana")
    groups = ws.group_notes()
    found = groups.members.group_by("mode").agg(pl.col("session_id").sort()).drop_nulls("mode")
    kind = {session: number % 3 for number, session in enumerate(ws.sessions()["session_id"][:24].to_list())}
    assert {frozenset(kind[each] for each in row) for row in found["session_id"].to_list()} == {
        frozenset({0}), frozenset({1}), frozenset({2}),
    }  # fmt: skip
    assert ws.codebook().names == []
    cost = dict(ws.sessions().select("session_id", "cost").iter_rows())
    for mode, total in groups.frame.select("mode", "cost_total").iter_rows():
        assert total == pytest.approx(sum(cost[each] for each in groups.session_ids(mode)))

    by_kind = {kind[groups.session_ids(mode)[0]]: mode for mode in groups.to_frame()["mode"]}
    book = ws.name_groups(groups, {by_kind[0]: "wrong refund", by_kind[1]: "loop"}, author="eve")
    assert dict(book.modes.select("failure_mode", "sessions").iter_rows()) == {"wrong refund": 8, "loop": 8}
    assert ws.labels()["failure_mode"].null_count() == 24  # what was written stays as it was written
    assert ws.labelled("loop").height == ws.stopping().kinds * 4 == 8
    one = groups.session_ids(by_kind[0])[0]
    ws.save_label({"session_id": one, "failure_mode": "loop"}, reviewer="ana")  # who names it later is believed
    assert ws.codebook().sessions("wrong refund") == sorted(set(groups.session_ids(by_kind[0])) - {one})
    ws.edit_codebook("merge", "loop", into="wrong refund")
    assert len(ws.codebook().sessions("wrong refund")) == 16
    ws.name_groups(groups)  # the rest, as suggested
    assert ws.codebook().labels["failure_mode"].null_count() == 0
    with pytest.raises(EmptyError, match="nothing is left to be named"):
        ws.name_groups(groups)


def test_strata_of_a_selection_are_columns_of_the_sessions(ws: wb.Workspace) -> None:
    failing = ws.failing(signals=["feedback"])
    queue = ws.queue("by error", failing, n=6, by="status")
    assert set(queue.draws["target_id"]) <= set(failing.session_ids)
    with pytest.raises(UnknownNameError, match="statsu"):
        ws.queue("by what", failing, n=6, by="statsu")
