"""What is said about a session is kept through restarts, taken back by what it was, and means the same everywhere."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import workbench as wb
from workbench.errors import InputError
from workbench.widgets import Labeller

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)


def ask(labeller: Labeller, kind: str, **content: Any) -> dict[str, Any]:
    """Ask a labeller what the browser would ask."""
    return labeller._answer(kind, content)[0]  # pyright: ignore[reportPrivateUsage] - no browser here


def say(labeller: Labeller, operation: str, session_id: str | None, **said: Any) -> dict[str, Any]:
    return ask(labeller, "change", change={"operation": operation, "session_id": session_id, "revision": 0, **said})


def from_file(session_id: str, **said: str) -> list[dict[str, Any]]:
    base = {"target_id": session_id, "author": "ana", "author_kind": "human", "happened_at": NOW}
    return [{**base, "name": name, "value_text": value} for name, value in said.items()]


@pytest.fixture
def queue(ws: wb.Workspace) -> Any:
    return ws.queue("first read", n=5, seed=7)


# ── what was seen before the verdict ─────────────────────────────────────────────────────────────────────────────────


def test_suggestions_that_were_asked_for_are_on_record_and_stay_shown_after_a_restart(
    ws: wb.Workspace, queue: Any
) -> None:
    session = queue.items["session_id"][0]
    first = ws.label(queue, reviewer="ana")
    for _ in range(2):
        ask(first, "reveal", session_id=session)
    exposures = ws.store.database.read("exposures")
    assert exposures.select("target_kind", "target_id", "use", "by", "author").rows() == [
        ("session", session, "shown", queue.queue_id, "ana")
    ]
    again = wb.open(ws.store.folder)
    say(again.label(queue, reviewer="ana"), "op1", session, verdict="fail")
    say(again.label(queue, reviewer="ben"), "op2", session, verdict="fail")
    assert dict(again.labels().select("reviewer", "blind").iter_rows()) == {"ana": False, "ben": True}
    again.close()


def test_a_label_that_was_not_blind_stays_so_after_it_was_taken_back(ws: wb.Workspace, queue: Any) -> None:
    session = queue.items["session_id"][0]
    ws.save_label(
        {"operation": "op1", "session_id": session, "verdict": "fail", "blind": False},
        reviewer="ana",
        queue_id=queue.queue_id,
    )
    say(ws.label(queue, reviewer="ana"), "op2", None, undo="last")
    say(ws.label(queue, reviewer="ana"), "op3", session, verdict="pass")
    assert ws.labels()["blind"].to_list() == [False]


# ── undo ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_label_that_came_from_a_file_can_be_taken_back(ws: wb.Workspace) -> None:
    session = ws.sessions()["session_id"][0]
    ws.annotate(from_file(session, verdict="fail"))
    before = ws.annotations().height
    operation = ws.labels()["operation"][0]
    ws.save_label({"operation": "u1", "session_id": session, "undo": operation}, reviewer="ana")
    assert ws.labels().height == 0
    assert ws.annotations().height == before + 1
    assert ws.outcomes().frame.filter(session_id=session)["human"].to_list() == [None]


def test_undoing_the_last_takes_back_what_came_from_a_file_too(ws: wb.Workspace) -> None:
    session = ws.sessions()["session_id"][0]
    ws.annotate(from_file(session, verdict="fail", note="odd"))
    for operation in ("u1", "u2", "u3"):
        ws.save_label({"operation": operation, "undo": "last"}, reviewer="ana")
    assert ws.labels().height == 0
    assert ws.annotations()["retracts"].drop_nulls().n_unique() == 2


def test_an_operation_that_was_never_made_cannot_be_taken_back(ws: wb.Workspace) -> None:
    session = ws.sessions()["session_id"][0]
    ws.save_label({"operation": "op1", "session_id": session, "verdict": "fail"}, reviewer="ana")
    for reviewer, undone in (("ana", "op9"), ("ben", "op1")):
        with pytest.raises(InputError, match="made no operation"):
            ws.save_label({"operation": "u1", "session_id": session, "undo": undone}, reviewer=reviewer)
    assert ws.annotations()["retracts"].drop_nulls().len() == 0


def test_an_undo_that_is_delivered_again_after_a_restart_takes_nothing_more_back(ws: wb.Workspace, queue: Any) -> None:
    first, second = queue.items["session_id"].to_list()[:2]
    labeller = ws.label(queue, reviewer="ana")
    say(labeller, "op1", first, verdict="fail")
    say(labeller, "op2", second, verdict="fail")
    assert say(labeller, "u1", None, undo="last")["session_id"] == second
    answer = say(ws.label(queue, reviewer="ana"), "u1", None, undo="last")
    assert (answer["session_id"], answer["label"]) == (second, {"revision": 0})
    assert ws.labels()["session_id"].to_list() == [first]


# ── one meaning ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_failure_mode_without_a_verdict_says_fail_everywhere(ws: wb.Workspace) -> None:
    session = ws.passing(signals=["feedback"]).session_ids[0]
    ws.save_label({"operation": "op1", "session_id": session, "failure_mode": "loop"}, reviewer="ana")
    assert (ws.codebook().failing, ws.codebook().sessions("loop")) == (1, [session])
    assert ws.labelled("loop")["session_id"].to_list() == [session]
    assert session in ws.failing()
    assert ws.sessions().filter(session_id=session)["verdict"].item() == "fail"


@pytest.mark.parametrize(("verdict", "failing"), [("pass", False), ("defer", False), ("fail", True)])
def test_a_verdict_that_was_given_counts_whatever_mode_was_named(ws: wb.Workspace, verdict: str, failing: bool) -> None:
    session = ws.sessions()["session_id"][0]
    ws.save_label({"operation": "1", "session_id": session, "verdict": verdict, "failure_mode": "x"}, reviewer="ana")
    human = ws.outcomes().frame.filter(session_id=session)["human"].item()
    assert human == {"pass": "pass", "defer": None, "fail": "fail"}[verdict]
    assert bool(ws.labelled().height) == bool(ws.codebook().failing) == failing
