"""One reviewer's place at a queue: the form, who else reads, when to stop, the codebook, and what disagrees."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench.errors import EmptyError, InputError
from workbench.label import Protocol, RubricItem
from workbench.widgets import Labeller
from workbench.workspace._desk import hold

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
PROTOCOL = Protocol(rubric=(RubricItem("tone", "score", required=True, values=(1, 5)),), reviews=1)


def ask(labeller: Labeller, kind: str, **content: Any) -> Any:
    """Ask a labeller what the browser would ask."""
    answer, buffers = labeller._answer(kind, content)  # pyright: ignore[reportPrivateUsage] - no browser here
    return json.loads(buffers[0]) if buffers else answer


def say(labeller: Labeller, operation: str, session_id: str | None, **said: Any) -> Any:
    return ask(labeller, "change", change={"operation": operation, "session_id": session_id, "revision": 0, **said})


@pytest.fixture
def queue(ws: wb.Workspace) -> Any:
    return ws.queue("first read", n=4, seed=7, protocol=PROTOCOL)


def test_answers_and_flags_are_kept_and_taken_back_also_after_a_restart(ws: wb.Workspace, queue: Any) -> None:
    session = queue.items["session_id"][0]
    desk = ws.label(queue, reviewer="ana")
    say(desk, "op1", session, flag="flagged")
    say(desk, "op2", session, **{"answer: tone": "4"})
    again = wb.open(ws.store.folder)
    desk = again.label(queue, reviewer="ana")
    assert desk.labels[session] == {"flag": "flagged", "answer: tone": "4", "revision": 1}
    assert say(desk, "op3", None, undo="last")["label"] == {"flag": "flagged", "revision": 1}
    again.close()


def test_an_answer_out_of_bounds_is_refused_with_what_was_expected(ws: wb.Workspace, queue: Any) -> None:
    with pytest.raises(InputError, match="a number from 1 to 5"):
        say(ws.label(queue, reviewer="ana"), "op1", queue.items["session_id"][0], **{"answer: tone": "9"})


def test_several_failure_modes_come_back_and_count(ws: wb.Workspace, queue: Any) -> None:
    one, two = queue.items["session_id"].head(2)
    desk = ws.label(queue, reviewer="ana")
    say(desk, "op1", one, failure_mode="loop", verdict="fail", **{"answer: tone": "2"})
    assert say(desk, "op2", one, other_modes="rude\ncurt")["label"]["other_modes"] == "rude\ncurt"
    say(desk, "op3", two, failure_mode="rude", verdict="fail", **{"answer: tone": "1"})
    again = wb.open(ws.store.folder)
    desk = again.label(queue, reviewer="ana")
    assert desk.labels[one]["other_modes"] == "rude\ncurt"
    assert set(desk.modes) >= {"loop", "rude", "curt"}
    counted = {mode["name"]: (mode["count"], len(mode["sessions"])) for mode in ask(desk, "codebook")["modes"]}
    assert counted == {"loop": (1, 1), "rude": (2, 2), "curt": (1, 1)}
    assert set(again.labelled("rude")["session_id"]) == {one, two}
    assert again.labels().filter(session_id=one)["other_modes"].to_list() == [["rude", "curt"]]
    again.close()


def test_keys_of_ones_own_are_checked_and_reach_the_page(ws: wb.Workspace, queue: Any) -> None:
    assert ws.label(queue, reviewer="ana", keys={"pass": "y"}).keymap == {"pass": "y"}
    with pytest.raises(InputError, match="would mean both"):
        ws.label(queue, reviewer="ana", keys={"pass": "f"})


def test_chance_shows_suggestions_first_and_the_sway_is_measured(ws: wb.Workspace) -> None:
    @wb.grader(criterion="it ends")
    def ends(loop: Any) -> bool:
        return "such an answer" in str(loop.final_answer)

    graded = ws.grade([ends])  # finds something wherever there is an answer
    found_in = set(graded.frame.filter(~pl.col("passed"))["session_id"])
    queue = ws.queue("swayed", n=12, seed=2, protocol=Protocol(shown_first=0.5))
    first = set(queue.draws.filter("shown_first")["target_id"])
    desk = ws.label(queue, reviewer="ana")
    assert set(desk.first) == first
    for number, session in enumerate(queue.items["session_id"]):
        answer, _ = desk._answer("fetch", {"session_id": session})  # pyright: ignore[reportPrivateUsage]
        assert ("suggestions" in answer) == (session in first & found_in)
        say(desk, f"op{number}", session, verdict="fail" if session in first else "pass")
        say(desk, f"note{number}", session, note="seen after the verdict")
    found = ws.anchoring()
    shown, hidden = len(first & found_in), len(found_in & set(queue.items["session_id"]) - first)
    assert (found.randomised, found.shown, found.blind) == (True, (shown, shown), (0, hidden))
    assert found.to_frame()["blind"].to_list() == (~found.to_frame()["shown_first"]).to_list()


def test_an_item_is_held_for_the_one_who_opened_it_until_the_reservation_expires(ws: wb.Workspace, queue: Any) -> None:
    session, draw = queue.items.select("session_id", "draw_id").row(0)
    now = [NOON]

    def open_it(reviewer: str) -> str | None:
        return hold(
            ws.store.database, draw, session, reviewer=reviewer, protocol=PROTOCOL, clock=lambda: now[0]
        )  # fmt: skip

    assert open_it("ana") is None
    assert open_it("ana") is None
    assert ws.store.database.read("reservations").height == 1  # opened again, and not written again
    assert open_it("ben") == "Somebody else has this one until 12:30 UTC."
    now[0] += dt.timedelta(minutes=31)
    assert open_it("ben") is None
    assert open_it("ana") == "Somebody else has this one until 13:01 UTC."
    whole = {"session_id": session, "verdict": "pass", "answers": {"tone": "3"}}
    ws.save_label(whole, reviewer="ben", queue_id=queue.queue_id)
    assert "read as often as its queue asks (1)" in str(open_it("ana"))
    assert open_it("ben") is None


def test_a_session_that_is_shown_again_keeps_both_labels_apart_through_a_restart_and_undo(ws: wb.Workspace) -> None:
    queue = ws.queue("twice", n=30, seed=7, protocol=Protocol(repeats=0.5))
    desk = ws.label(queue, reviewer="ana")
    key, session = next(iter(desk.names.items()))
    say(desk, "op1", session, verdict="pass")
    say(desk, "op2", key, verdict="fail")
    desk = ws.label(queue, reviewer="ana")
    assert (desk.labels[session]["verdict"], desk.labels[key]["verdict"]) == ("pass", "fail")
    assert ws.labels()["verdict"].to_list() == ["pass"]
    answer = say(desk, "op3", None, undo="last")
    assert answer["session_id"] == key
    assert "verdict" not in answer["label"]
    assert desk.labels[session]["verdict"] == "pass"


def test_when_to_stop_is_one_sentence_and_a_row_a_segment(ws: wb.Workspace, queue: Any) -> None:
    desk = ws.label(queue, reviewer="ana", by="environment")
    assert ask(desk, "stopping")["sentence"] == "nothing has a verdict yet."
    say(desk, "op1", queue.items["session_id"][0], verdict="fail", failure_mode="loop")
    found = ask(desk, "stopping", segments=True)
    assert found["sentence"].startswith("1 session read, 1 failure of 1 kind")
    assert [(row["environment"], row["read"]) for row in found["rows"]] == [("production", 1)]


def test_the_spans_of_a_session_are_a_tree(ws: wb.Workspace, queue: Any) -> None:
    rows = ask(ws.label(queue, reviewer="ana"), "spans", session_id=queue.items["session_id"][0])
    assert rows[0]["depth"] == 0
    assert {row["depth"] for row in rows} > {0}


def test_reviewers_are_blind_to_one_another_in_the_codebook_too(ws: wb.Workspace, queue: Any) -> None:
    one, two = queue.items["session_id"][:2]
    ana, ben = (ws.label(queue, reviewer=name) for name in ("ana", "ben"))
    say(ana, "op1", one, verdict="fail", failure_mode="loop", note="asks again")
    say(ben, "op2", two, verdict="fail", failure_mode="loop", note="and again")
    (mode,) = ask(ana, "codebook")["modes"]
    assert mode["count"] == 2
    assert mode["sessions"] == [[one, "asks again"]]


def test_the_codebook_is_edited_from_the_page_and_says_what_is_to_be_read_again(ws: wb.Workspace, queue: Any) -> None:
    one, two = queue.items["session_id"][:2]
    ana = ws.label(queue, reviewer="ana")
    for number, session in enumerate((one, two)):
        say(ana, f"op{number}", session, verdict="fail", failure_mode="loop")
    parts = {"kind": "split", "name": "loop", "into": ["loop: tool", "loop: user"], "assignment": {one: "loop: tool"}}
    book = ask(ana, "edit", edit=parts)
    assert [row["session_id"] for row in book["reread"]] == [two]
    assert ws.store.database.read("codebook_events")["author"].to_list() == ["ana"]


def test_contested_sessions_are_settled_with_both_labels_in_view(ws: wb.Workspace, queue: Any) -> None:
    with pytest.raises(EmptyError, match="no session is contested"):
        ws.adjudicate(reviewer="eve")
    one, two = queue.items["session_id"][:2]
    for reviewer, verdict in (("ana", "fail"), ("ben", "pass")):
        ws.save_label(
            {"session_id": one, "verdict": verdict, "note": f"{reviewer} thinks so", "answers": {"tone": "2"}},
            reviewer=reviewer, queue_id=queue.queue_id,
        )  # fmt: skip
    draft = {"session_id": two, "verdict": "fail", "draft": True}
    ws.save_label(draft, reviewer="ana", queue_id=queue.queue_id)
    eve = ws.adjudicate(reviewer="eve", queue=queue)
    assert eve.ids == [one]
    shown = ask(eve, "fetch", session_id=one)["reviews"]
    assert [(each["reviewer"], each["verdict"], each["note"], each["answers"]) for each in shown] == [
        ("ana", "fail", "ana thinks so", [["tone", "2"]]),
        ("ben", "pass", "ben thinks so", [["tone", "2"]]),
    ]
    assert "reviews" in ask(eve, "fetch", session_id=one)
    say(eve, "op9", one, verdict="pass")
    assert not ws.codebook().labels.filter(session_id=one)["contested"].any()
    assert ask(ws.label(queue, reviewer="ana"), "fetch", session_id=one)["reviews"] == []


def test_what_a_user_said_points_to_its_step(ws: wb.Workspace, queue: Any) -> None:
    session = queue.items["session_id"][0]
    span = ws.steps().filter(session_id=session).row(-1, named=True)
    target = f"{span['trace_id']}/{span['span_id']}"
    row = {"annotation_id": "u1", "target_kind": "span", "target_id": target, "name": "thumb", "value_text": "down",
           "author": "user-1", "author_kind": "user", "happened_at": NOON}  # fmt: skip
    ws.annotate([row])
    shown = ask(ws.label(queue, reviewer="ana"), "fetch", session_id=session)
    steps = {step["number"]: step["span"] for step in shown["steps"]}
    assert [steps[signal["number"]] for signal in shown["signals"] if signal["name"] == "thumb"] == [target]
