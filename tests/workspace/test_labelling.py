"""What is said about a session is kept through restarts, taken back by what it was, and means the same everywhere."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench import label
from workbench.errors import EmptyError, InputError, UnknownNameError
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


def test_a_step_is_given_by_its_number_its_span_or_both_and_one_that_is_not_there_is_refused(ws: wb.Workspace) -> None:
    session = ws.sessions()["session_id"][0]
    step = ws.session(session).steps[2]
    for said in (step.number, str(step.number), step.span_id, step.target):
        saved = ws.save_label({"session_id": session, "verdict": "fail", "first_failure": said}, reviewer="ana")
        assert saved["first_failure"] == step.target
    other = ws.session(ws.sessions()["session_id"][1]).steps[0].target
    for wrong in (999, "nope", other):
        with pytest.raises(UnknownNameError, match=r"no step or span of session .* It has steps 1 to "):
            ws.save_label({"session_id": session, "root_cause": wrong}, reviewer="ana")
    assert "root_cause" not in ws.save_label({"session_id": session, "note": "odd"}, reviewer="ana")


def test_numbers_are_taken_as_they_are_and_a_queue_that_is_not_there_is_refused(ws: wb.Workspace) -> None:
    rubric = (label.RubricItem("tone", "score", required=True, values=(1, 5)),)
    queue = ws.queue("scored", n=2, seed=1, protocol=label.Protocol(rubric=rubric))
    session = queue.items["session_id"][0]
    said = {"session_id": session, "verdict": "fail", "answers": {"tone": 4}, "expected_output": 1234567}
    saved = ws.save_label(said, reviewer="ana", queue_id=queue.queue_id)
    assert saved["answers"] == {"tone": "4"}
    assert saved["expected_output"] == "1234567"
    saved = ws.save_label({"session_id": session, "answers": {"tone": 2.5}}, reviewer="ana", queue_id=queue.queue_id)
    assert saved["answers"] == {"tone": "2.5"}
    with pytest.raises(InputError, match="a number from 1 to 5"):
        ws.save_label({"session_id": session, "answers": {"tone": 6}}, reviewer="ana", queue_id=queue.queue_id)
    with pytest.raises(InputError, match="are text, not bool"):
        ws.save_label({"session_id": session, "answers": {"tone": True}}, reviewer="ana", queue_id=queue.queue_id)
    with pytest.raises(UnknownNameError, match="no queue id named"):
        ws.save_label({"session_id": session, "verdict": "pass"}, reviewer="ana", queue_id=f"{queue.queue_id}x")


def test_a_codebook_edit_of_a_mode_that_is_not_there_is_refused_with_the_nearest(ws: wb.Workspace) -> None:
    first, second = ws.sessions()["session_id"][:2]
    ws.save_label({"session_id": first, "verdict": "fail", "failure_mode": "wrong refund"}, reviewer="ana")
    ws.save_label({"session_id": second, "verdict": "fail", "failure_mode": "loop"}, reviewer="ana")
    nearest = "did you mean 'wrong refund'"
    with pytest.raises(UnknownNameError, match=nearest):
        ws.edit_codebook("rename", "wrong refnd", into="refund of another order")
    with pytest.raises(UnknownNameError, match=nearest):
        ws.edit_codebook("merge", "loop", into="wrong refnd")
    with pytest.raises(UnknownNameError, match=nearest):
        ws.edit_codebook("split", "wrong refnd", into=["a", "b"])
    with pytest.raises(UnknownNameError, match=nearest):
        ws.edit_codebook("retire", "wrong refnd", reason="it is none")
    assert ws.store.database.count("codebook_events") == 0
    assert set(ws.codebook().names) == {"wrong refund", "loop"}
    ws.edit_codebook("define", "tone", definition="rude to a user")
    assert "wrong refund" in ws.edit_codebook("merge", "tone", into="wrong refund").names


def test_what_is_not_there_yet_is_said_for_what_it_is(ws: wb.Workspace, tmp_path: Path) -> None:
    with pytest.raises(EmptyError, match="no failing session has a note yet"):
        ws.group_notes()
    with pytest.raises(InputError, match=r"nope\.jsonl: there is no such file in "):
        ws.annotate("nope.jsonl")
    with pytest.raises(InputError, match="cannot be read as text"):
        ws.annotate(str(tmp_path))
