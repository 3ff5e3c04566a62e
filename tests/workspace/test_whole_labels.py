"""A label is whole when every required question is answered; a session shown again is a label of its own."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench import label
from workbench.errors import EmptyError, InputError

RUBRIC = (
    label.RubricItem("tone", "score", required=True, values=(1, 5)),
    label.RubricItem("policy", required=True, expert_only=True),
    label.RubricItem("remark", "text"),
)


def asked(ws: wb.Workspace, **protocol: Any) -> label.Queue:
    return ws.queue("asked", n=24, protocol=label.Protocol(rubric=RUBRIC, **protocol))


def test_a_verdict_without_its_required_answers_is_refused_by_name_and_nothing_is_written(ws: wb.Workspace) -> None:
    queue = asked(ws)
    change = {"operation": "op1", "session_id": queue.items["session_id"][0], "verdict": "fail", "note": "asks twice"}
    with pytest.raises(InputError, match=r"asks for 'tone' with a verdict .* 'draft': True"):
        ws.save_label(change, reviewer="ana", queue_id=queue.queue_id)
    with pytest.raises(InputError, match="'tone', 'policy'"):
        ws.save_label(change, reviewer="eve", role="expert", queue_id=queue.queue_id)
    assert ws.labels().height == 0
    saved = ws.save_label({**change, "answers": {"tone": "4"}}, reviewer="ana", queue_id=queue.queue_id)
    assert (saved["verdict"], saved["answers"], "missing" in saved) == ("fail", {"tone": "4"}, False)
    taken_out = {"session_id": change["session_id"], "answers": {"tone": None}}
    with pytest.raises(InputError, match="asks for 'tone'"):
        ws.save_label(taken_out, reviewer="ana", queue_id=queue.queue_id)
    assert (
        ws.save_label({**change, "operation": "op2"}, reviewer="adi", role="adjudicator", queue_id=queue.queue_id)[
            "verdict"
        ]
        == "fail"
    )


def test_a_draft_is_kept_and_given_to_its_reviewer_again_until_it_is_whole(ws: wb.Workspace) -> None:
    queue = asked(ws)
    first = ws.next_item(queue, reviewer="ana")
    assert first is not None
    about = {"session_id": first["session_id"]}
    drafted = ws.save_label({**about, "verdict": "fail", "draft": True}, reviewer="ana", queue_id=queue.queue_id)
    assert drafted["missing"] == ["tone"]
    held = ws.next_item(queue, reviewer="ana")
    assert held is not None
    assert held["draw_id"] == first["draw_id"]
    noted = ws.save_label({**about, "note": "asks twice"}, reviewer="ana", queue_id=queue.queue_id)
    assert (noted["note"], noted["missing"]) == ("asks twice", ["tone"])
    whole = ws.save_label({**about, "answers": {"tone": "2"}}, reviewer="ana", queue_id=queue.queue_id)
    assert (whole["verdict"], "missing" in whole) == ("fail", False)
    after = ws.next_item(queue, reviewer="ana")
    assert after is not None
    assert after["session_id"] != first["session_id"]


def test_keystrokes_of_the_labeller_are_drafts_that_say_what_they_lack(ws: wb.Workspace) -> None:
    from workbench.workspace._labelling import save_change

    queue = asked(ws)
    change = {"operation": "op1", "session_id": queue.items["session_id"][0], "verdict": "fail"}
    saved = save_change(ws.store.database, change, reviewer="ana", queue_id=queue.queue_id)
    assert saved is not None
    assert saved["missing"] == ["tone"]


def test_a_repeat_is_a_label_of_its_own_from_save_to_undo(ws: wb.Workspace) -> None:
    queue = ws.queue("twice", n=24, protocol=label.Protocol(repeats=0.4, rubric=RUBRIC[2:]))
    draw = queue.draws.filter(component="repeat").row(0, named=True)
    session, again = draw["target_id"], {"draw_id": draw["draw_id"]}
    ws.save_label({"session_id": session, "verdict": "fail"}, reviewer="ana", queue_id=queue.queue_id)
    with pytest.raises(InputError, match="leave one of the two out"):
        ws.save_label({**again, "session_id": other(queue, session), "verdict": "pass"}, reviewer="ana")
    change = {**again, "operation": "op2", "verdict": "pass", "answers": {"remark": "fine"}}
    saved = ws.save_label(change, reviewer="ana")
    assert ws.save_label(change, reviewer="ana") == saved
    assert (saved["session_id"], saved["verdict"], saved["draw_id"]) == (session, "pass", draw["draw_id"])
    assert ws.labels().select("session_id", "verdict").rows() == [(session, "fail")]
    assert label.rubric_answers(ws.annotations()).height == 0
    assert ws.self_agreement("ana").frame["cases"][0] == 1
    held = ws.label(queue, reviewer="ana").labels
    assert (held[session]["verdict"], held[draw["draw_id"]]["verdict"]) == ("fail", "pass")
    undone = ws.save_label({"undo": "last", "operation": "u1"}, reviewer="ana", queue_id=queue.queue_id)
    assert (undone["draw_id"], undone["revision"], "verdict" in undone) == (draw["draw_id"], 0, False)
    assert ws.labels()["verdict"].to_list() == ["fail"]
    with pytest.raises(EmptyError, match="no session twice"):
        ws.self_agreement("ana")


def test_only_who_read_a_session_is_shown_it_again(ws: wb.Workspace) -> None:
    queue = ws.queue("twice", n=24, protocol=label.Protocol(repeats=0.4))
    draws = queue.draws.filter(pl.col("component") == "repeat")
    seen: dict[str, list[str]] = {"ana": [], "ben": []}
    for turn in range(60):
        reviewer = ("ana", "ben")[turn % 2]
        item = ws.next_item(queue, reviewer=reviewer)
        if item is None:
            continue
        seen[reviewer].append(item["session_id"])
        said = {"draw_id": item["draw_id"], "verdict": "fail"}
        ws.save_label(said, reviewer=reviewer, queue_id=queue.queue_id)
    assert not set(seen["ana"]) & set(seen["ben"])
    twice = sorted(each for read in seen.values() for each in set(read) if read.count(each) == 2)
    assert twice == sorted(draws["target_id"].to_list())


def other(queue: label.Queue, session: str) -> str:
    return next(each for each in queue.items["session_id"].to_list() if each != session)
