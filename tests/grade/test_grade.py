from __future__ import annotations

import datetime as dt
import functools
import html
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from workbench import evidence, grade
from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.evidence import AgentLoop
from workbench.grade import Score, grader
from workbench.schema import ANNOTATIONS
from workbench.stats import wilson

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def steps(*answers: str | None) -> pl.DataFrame:
    return pl.concat(
        [
            AgentLoop(
                f"s{i}",
                (
                    evidence.Step(1, 1, "user", "t", "u", text="q"),
                    *([evidence.Step(2, 1, "assistant", "t", "a", text=answer)] if answer is not None else []),
                ),
            ).to_frame()
            for i, answer in enumerate(answers)
        ]
    )


@grader(criterion="the answer says yes", version="2")
def says_yes(loop: AgentLoop) -> bool | None:
    return None if loop.final_answer is None else "yes" in loop.final_answer


@grader(criterion="the answer is a number", name="as number")
def number(loop: AgentLoop) -> float:
    return float(loop.final_answer or "")


@grader(criterion="the answer is short")
def short(loop: AgentLoop) -> Score:
    size = len(loop.final_answer or "")
    return Score(size, passed=size < 4, reason=f"{size} characters", evidence=[loop.steps[-1], "t/x"])


def test_every_session_and_grader_ends_in_one_row():
    frame = grade.grade(steps("yes", "no", None), [says_yes, number]).frame
    assert frame.schema == grade.GRADES
    assert frame.select("session_id", "grader", "status", "value", "passed").rows() == [
        ("s0", "says_yes", "completed", 1.0, True),
        ("s0", "as number", "errored", None, None),
        ("s1", "says_yes", "completed", 0.0, False),
        ("s1", "as number", "errored", None, None),
        ("s2", "says_yes", "inapplicable", None, None),
        ("s2", "as number", "errored", None, None),
    ]
    assert frame["version"].to_list()[:2] == ["2", "1"]
    assert frame["error"][1] == "ValueError: could not convert string to float: 'yes'"


def test_a_score_keeps_its_reason_and_evidence():
    row = grade.grade(steps("maybe"), [short]).frame.row(0, named=True)
    assert (row["value"], row["passed"], row["reason"]) == (5.0, False, "5 characters")
    assert json.loads(row["evidence"]) == ["t/a", "t/x"]


@pytest.mark.parametrize(
    ("returned", "value", "passed"),
    [(True, 1.0, True), (np.bool_(False), 0.0, False), (0.25, 0.25, None), (np.float64(2), 2.0, None), (Score(1, passed=True), 1.0, True)],
)  # fmt: skip
def test_truth_values_numbers_and_scores_are_results(returned: object, value: float, passed: bool | None):
    given = grader(criterion="c", name="g")(lambda _: returned)  # pyright: ignore[reportArgumentType, reportUnknownLambdaType]
    assert grade.grade(steps("a"), [given]).frame.select("value", "passed").row(0) == (value, passed)


@pytest.mark.parametrize("returned", ["yes", float("nan"), float("inf"), [1], Score("x")])  # pyright: ignore[reportArgumentType]
def test_anything_else_is_the_graders_own_error(returned: object):
    given = grader(criterion="c", name="g")(lambda _: returned)  # pyright: ignore[reportArgumentType, reportUnknownLambdaType]
    row = grade.grade(steps("a"), [given]).frame.row(0, named=True)
    assert (row["status"], row["value"]) == ("errored", None)
    assert "returned" in row["error"]


def test_a_grader_is_a_function_with_a_name_a_criterion_and_a_fingerprint_of_its_source():
    assert (says_yes.name, says_yes.criterion, says_yes.version, says_yes.kind) == (
        "says_yes",
        "the answer says yes",
        "2",
        "code",
    )
    assert says_yes(next(evidence.loops(steps("yes")))) is True
    same = grader(criterion="another", name="b")(says_yes.measure)
    assert same.fingerprint == says_yes.fingerprint != short.fingerprint
    with pytest.raises(InputError, match="needs a criterion"):
        grader(criterion=" ")
    with pytest.raises(InputError, match="needs a name"):
        grader(criterion="c")(lambda _: True)


def test_the_summary_counts_everything_and_carries_the_interval():
    grades = grade.grade(steps("yes", "yes", "no", None), [says_yes, number, short])
    summary = grades.summary()
    assert summary.select("grader", "passed", "failed", "measured", "inapplicable", "errored").rows() == [
        ("says_yes", 2, 1, 0, 1, 0),
        ("as number", 0, 0, 0, 0, 4),
        ("short", 4, 0, 0, 0, 0),
    ]
    interval = wilson(2, 3)
    assert summary.select("rate", "low", "high").row(0) == (2 / 3, interval.low, interval.high)
    assert grades.sentences[0] == (
        f"says_yes passes 2 of 3 sessions, 66.7% (95% interval {interval.low:.1%} to {interval.high:.1%}); 1 not applicable."
    )
    crash = summary["error"][1]
    assert summary["error"].to_list() == [None, crash, None]
    assert grades.sentences[1] == f"as number decides no session; 4 crashed ({crash})."
    assert html.escape(crash) in grades._repr_html_()  # pyright: ignore[reportPrivateUsage]
    assert repr(grades).startswith("<Grades 4 sessions graded. says_yes passes")
    assert "says_yes" in grades._repr_html_()  # pyright: ignore[reportPrivateUsage]
    assert grades.to_frame() is grades.frame


def test_graders_that_only_measure_are_summed_up_by_their_mean():
    given = grader(criterion="length", name="length")(lambda loop: float(len(loop.final_answer or "")))
    assert grade.grade(steps("ab", "abcd"), [given]).sentences == ("length measures 2 sessions, on average 3.",)


def test_grading_the_same_again_adds_no_annotation():
    first = grade.grade(steps("yes", "no", None), [says_yes, number]).to_annotations(NOW)
    again = grade.grade(steps("yes", "no", None), [says_yes, number]).to_annotations(NOW + dt.timedelta(days=1))
    other = grade.grade(steps("yes", "yes", None), [says_yes]).to_annotations(NOW)
    assert first.schema == ANNOTATIONS
    assert first["annotation_id"].to_list() == again["annotation_id"].to_list()
    assert first["annotation_id"].is_unique().all()
    assert len(set(other["annotation_id"]) - set(first["annotation_id"])) == 1
    assert first.select("target_id", "name", "author_kind", "passed", "value_text").rows() == [
        ("s0", "says_yes", "code", True, None),
        ("s0", "as number", "code", None, "errored"),
        ("s1", "says_yes", "code", False, None),
        ("s1", "as number", "code", None, "errored"),
        ("s2", "says_yes", "code", None, "inapplicable"),
        ("s2", "as number", "code", None, "errored"),
    ]
    with pytest.raises(InputError, match="no zone"):
        grade.grade(steps("yes"), [says_yes]).to_annotations(NOW.replace(tzinfo=None))


def test_partials_methods_and_objects_are_told_apart_by_what_they_hold():
    class Most:
        def __init__(self, most: int) -> None:
            self.most = most

        def __call__(self, loop: AgentLoop) -> bool:
            return len(loop.steps) <= self.most

    def most(loop: AgentLoop, most: int) -> bool:
        return len(loop.steps) <= most

    makers: list[Callable[[int], Callable[[AgentLoop], bool]]] = [
        Most,
        lambda n: Most(n).__call__,
        lambda n: functools.partial(most, most=n),
    ]
    for make in makers:
        given = [grader(criterion="short", name="short")(make(n)) for n in (0, 0, 9)]
        assert given[0].rests_on == given[1].rests_on != given[2].rests_on
        kept = grade.grade(steps("yes"), given[:1]).to_annotations(NOW)
        assert grade.grade(steps("yes"), given[1:2], kept=kept).to_annotations(NOW, kept=kept).is_empty()
        assert grade.grade(steps("yes"), given[2:], kept=kept).frame["passed"].to_list() == [True]


def test_a_counter_of_a_grader_is_no_part_of_it():
    count, seen = 0, list[str]()

    @grader(criterion="counts")
    def counts(loop: AgentLoop) -> bool:
        nonlocal count
        count += 1
        seen.append(loop.session_id)
        return True

    before = counts.rests_on
    grade.grade(steps("a", "b"), [counts])
    assert (count, len(seen)) == (2, 2)
    assert counts.rests_on == before


def test_annotations_of_graders_decide_outcomes():
    said = grade.grade(steps("yes", "no", None), [says_yes, number]).to_annotations(NOW)
    rows = [{"session_id": f"s{i}", "status": "ok"} for i in range(3)]
    found = evidence.outcomes(rows, None, said)
    assert found.frame["outcome"].to_list() == ["passing", "failing", "unknown"]
    assert found.frame["graders_failed"].to_list() == [[], ["says_yes"], []]


def test_progress_is_told_and_refusals_say_what_to_do():
    told: list[tuple[int, int]] = []
    grade.grade(steps("a", "b"), [says_yes], progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    with pytest.raises(EmptyError, match="no graders"):
        grade.grade(steps("a"), [])
    with pytest.raises(InputError, match="two graders are named 'says_yes'"):
        grade.grade(steps("a"), [says_yes, says_yes])
    with pytest.raises(InputError, match="is not a grader"):
        grade.grade(steps("a"), [len])  # pyright: ignore[reportArgumentType]


def test_graders_are_found_in_a_file_by_path_and_name(tmp_path: Path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "from workbench.grade import grader\n"
        "@dataclass\nclass Limit:\n    size: int = 3\n"
        "@grader(criterion='short')\ndef short(loop): return len(loop.final_answer or '') <= Limit().size\n"
        "@grader(criterion='there', name='is there')\ndef there(loop): return loop.final_answer is not None\n"
        "again = short\n"
    )
    found = grade.load_graders(file)
    assert [each.name for each in found] == ["short", "is there"]
    assert [each.name for each in grade.load_graders(f"{file}:there")] == ["is there"]
    assert grade.grade(steps("abcd"), found).frame["passed"].to_list() == [False, True]
    with pytest.raises(UnknownNameError, match="did you mean 'short'"):
        grade.load_graders(f"{file}:shirt")


def test_a_file_without_graders_or_that_does_not_run_is_refused(tmp_path: Path):
    empty, broken = tmp_path / "empty.py", tmp_path / "broken.py"
    empty.write_text("x = 1\n")
    broken.write_text("1 / 0\n")
    with pytest.raises(EmptyError, match="defines no grader"):
        grade.load_graders(empty)
    with pytest.raises(InputError, match="ZeroDivisionError"):
        grade.load_graders(broken)
    with pytest.raises(InputError, match="there is no file"):
        grade.load_graders(tmp_path / "gone.py")
    with pytest.raises(InputError, match="cannot be imported"):
        grade.load_graders("no_such_module_here:x")
    with pytest.raises(EmptyError, match="json defines no grader"):
        grade.load_graders("json")
