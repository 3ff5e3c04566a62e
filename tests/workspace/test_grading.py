"""Grading again: nothing is run or kept twice, and what stands is what the graders of today say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import workbench as wb
from workbench import grade
from workbench.errors import UnknownNameError
from workbench.evidence import AgentLoop


def constant(value: bool, *, name: str = "right", version: str = "1") -> grade.Grader:
    return grade.grader(criterion="the answer is right", name=name, version=version)(lambda _loop: value)


def counted(ws: wb.Workspace, name: str = "right") -> int:
    return ws.annotations().filter(name=name).height


def test_a_grader_that_is_changed_and_changed_back_counts_as_it_is_now(ws: wb.Workspace) -> None:
    total = ws.steps()["session_id"].n_unique()
    for value, rows in ((True, 1), (False, 2), (True, 3), (True, 3), (False, 4)):
        ws.grade([constant(value, version="v1" if value else "v2")])
        assert counted(ws) == rows * total
        assert set(ws.sessions()["grader:right"].drop_nulls()) == {value}


def test_what_was_graded_is_not_run_again_and_gives_the_same_results(ws: wb.Workspace, tmp_path: Path) -> None:
    ran: list[str] = []

    @grade.grader(criterion="the agent answers")
    def answers(loop: AgentLoop) -> grade.Score | None:
        ran.append(loop.session_id)
        if len(loop.steps) % 2:
            return None
        return grade.Score(0.5, passed=True, reason="it does", evidence=[loop.steps[0]])

    first = ws.grade([answers])
    kept, total = ws.annotations().height, len(ran)
    told = ws.grade([answers])
    assert len(ran) == total
    assert told.frame.equals(first.frame)
    assert told.sentence == first.sentence
    assert ws.annotations().height == kept

    new = tmp_path / "new.jsonl"
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    new.write_text(json.dumps({"session_id": "new", "messages": said}))
    ws.load(new)
    both = ws.grade([answers, constant(value=True)])
    assert len(ran) == total + 1
    assert both.frame.height == 2 * (total + 1)
    assert both.frame["session_id"].to_list()[::2] == both.frame["session_id"].to_list()[1::2]

    ws.grade([answers], again=True)
    assert len(ran) == 2 * (total + 1)
    assert counted(ws, "answers") == total + 1


def test_a_crash_is_tried_again(ws: wb.Workspace) -> None:
    down = [True]

    @grade.grader(criterion="a model says so")
    def judged(_loop: AgentLoop) -> bool:
        if down[0]:
            msg = "the service is down"
            raise ConnectionError(msg)
        return True

    assert set(ws.grade([judged]).frame["status"]) == {"errored"}
    kept = ws.annotations().height
    ws.grade([judged])
    assert ws.annotations().height == kept
    down[0] = False
    assert set(ws.grade([judged]).frame["status"]) == {"completed"}
    assert set(ws.sessions()["grader:judged"].drop_nulls()) == {True}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("LIMIT = 0", "LIMIT = 9999"),
        ("LIMITS = {'steps': 0}", "LIMITS = {'steps': 9999}"),
        ("def most(): return 0", "def most(): return 9999"),
        ("def inner(): return 0\ndef most(): return inner()", "def inner(): return 9999\ndef most(): return inner()"),
        ("class Most:\n    def steps(self): return 0", "class Most:\n    def steps(self): return 9999"),
    ],
)
def test_what_a_grader_refers_to_is_part_of_it(ws: wb.Workspace, tmp_path: Path, before: str, after: str) -> None:
    asks = {"LIMIT =": "LIMIT", "LIMITS": "LIMITS['steps']", "class": "Most().steps()"}
    most = next((asked for start, asked in asks.items() if before.startswith(start)), "most()")
    file = tmp_path / "mine.py"
    body = (
        f"import workbench\n@workbench.grader(criterion='short')\ndef short(loop): return len(loop.steps) <= {most}\n"
    )
    passed = list[set[bool]]()
    for helper in (before, after):
        file.write_text(body + helper + "\n")
        passed.append(set(ws.grade(grade.load_graders(file)).frame["passed"]))
    assert passed == [{False}, {True}]


def test_graders_of_yesterday_are_named_and_can_be_left_out(ws: wb.Workspace) -> None:
    ws.grade([constant(value=False, name="old name")])
    ws.grade([constant(value=True, name="new name")])
    whole = ws.outcomes(signals=["grader"])
    assert whole.graders == ("new name", "old name")
    assert any("By the latest results of: new name, old name" in note for note in whole.notes)
    total = ws.steps()["session_id"].n_unique()
    assert len(whole.failing) == total
    assert len(ws.passing(signals=["grader"], graders=["new name"])) == total
    assert len(ws.failing(signals=["grader"], graders=[constant(value=True, name="new name")])) == 0
    assert ws.outcomes(signals=["grader"], graders=["new name"]).graders == ("new name",)
    with pytest.raises(UnknownNameError, match="did you mean 'old name'"):
        ws.outcomes(graders=["old nam"])
