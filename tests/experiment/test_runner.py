"""Trying an agent on cases: nothing is lost, nothing is done twice, and what goes wrong is a result."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import closing
from typing import Any

import polars as pl
import pytest

from workbench import experiment
from workbench.errors import EmptyError, InfrastructureError, InputError, UnknownNameError
from workbench.evidence import AgentLoop
from workbench.experiment import Trial
from workbench.grade import Score, Truth, grader


@grader(criterion="the agent answers right", version="1")
def right(loop: AgentLoop, truth: Truth) -> bool:
    return loop.final_answer == truth.expected_output


@grader(criterion="the agent answers")
def answers(loop: AgentLoop) -> bool:
    return bool(loop.final_answer)


@grader(criterion="nothing crashes")
def fragile(loop: AgentLoop) -> Score | None:
    if loop.final_answer == "c1":
        return None
    return Score(1 / len(loop.final_answer or ""), passed=True, reason="short")


def cases(n: int) -> pl.DataFrame:
    return pl.DataFrame({"case_id": [f"c{i}" for i in range(n)], "input": [f"c{i}" for i in range(n)]})


def echo(task: dict[str, Any]) -> str:
    return task["input"]


def test_every_case_is_tried_as_often_as_asked_and_graded_by_every_grader() -> None:
    truths = {f"c{i}": Truth(expected_outputs=(f"c{i}" if i % 2 else "other",)) for i in range(4)}
    made = experiment.run(echo, cases(5), graders=[right, answers], trials=3, truths=truths, name="v1")
    rows = made.outcomes
    assert rows.height == 5 * 3 * 2
    assert rows.filter(grader="right").group_by("case").agg(pl.col("passed").mean()).sort("case").rows() == [
        ("c0", 0.0),
        ("c1", 1.0),
        ("c2", 0.0),
        ("c3", 1.0),
        ("c4", None),
    ]
    assert rows.filter(grader="right", case="c4")["status"].to_list() == ["inapplicable"] * 3
    assert rows["session_id"].n_unique() == 15


def test_an_agents_and_a_graders_crash_are_results_of_their_own_not_zeros() -> None:
    def agent(task: dict[str, Any]) -> str:
        if task["input"] == "c0":
            msg = "no such order"
            raise LookupError(msg)
        return "" if task["input"] == "c2" else task["input"]

    made = experiment.run(agent, cases(4), graders=[fragile], retries=3)
    said = made.outcomes.sort("case").select("status", "value", "error").rows()
    assert said[0] == ("errored", None, "LookupError: no such order")
    assert said[1] == ("inapplicable", None, None)
    assert said[2] == ("errored", None, "ZeroDivisionError: division by zero")
    assert said[3] == ("completed", 0.5, None)


def test_only_what_the_agent_stands_on_is_tried_again() -> None:
    asked: Counter[str] = Counter()

    def agent(task: dict[str, Any]) -> str:
        asked[task["input"]] += 1
        if task["input"] == "c0" and asked["c0"] < 3:
            raise InfrastructureError("quota", retry_after=0)
        if task["input"] == "c1":
            raise InfrastructureError("down", retry_after=0)
        if task["input"] == "c2":
            msg = "the agent's own"
            raise ValueError(msg)
        return "fine"

    made = experiment.run(agent, cases(3), graders=[answers], retries=2)
    assert made.outcomes.sort("case")["status"].to_list() == ["completed", "errored", "errored"]
    assert asked == {"c0": 3, "c1": 3, "c2": 1}


def test_an_answer_that_takes_too_long_is_left_behind_and_the_others_go_on() -> None:
    release = threading.Event()

    def agent(task: dict[str, Any]) -> str:
        if task["input"] in {"c0", "c1", "c2"}:
            release.wait(30)
        return "fine"

    began = time.monotonic()
    made = experiment.run(agent, cases(20), graders=[answers], concurrency=2, timeout=0.2)
    release.set()
    assert time.monotonic() - began < 10
    assert made.outcomes["status"].value_counts().sort("status").rows() == [("completed", 17), ("errored", 3)]
    assert "no answer within 0.2 seconds" in made.outcomes["error"].drop_nulls().to_list()


def test_cost_tokens_and_seconds_are_kept_where_the_agent_says_so() -> None:
    said = {"output": "x", "cost": 0.5, "input_tokens": 7, "output_tokens": 2, "seconds": 3.0, "session_id": "mine"}
    row = experiment.run(lambda _: said, cases(1), graders=[answers]).outcomes.row(0, named=True)
    assert {name: row[name] for name in said if name != "output"} == {n: v for n, v in said.items() if n != "output"}


def test_an_answer_that_holds_the_canary_has_seen_the_ground_truth() -> None:
    leaked: list[Truth] = []

    @grader(criterion="leaks")
    def leaky(loop: AgentLoop, truth: Truth) -> bool:
        leaked.append(truth)
        return bool(loop)

    truths = {f"c{i}": Truth(("x",), canary="canary-17") for i in range(2)}
    agent = lambda task: repr(leaked[0].canary) if leaked else task["input"]  # noqa: E731
    made = experiment.run(agent, cases(2), graders=[leaky], truths=truths, canary="canary-17", concurrency=1)
    rows = made.outcomes.sort("case")
    assert rows["status"].to_list() == ["completed", "errored"]
    assert "canary" in rows["error"][1]


def test_no_more_is_under_way_or_unsaved_than_the_concurrency() -> None:
    begun: list[tuple[str, int]] = []
    saved: list[Trial] = []
    ahead: list[int] = []

    def save(lot: Any) -> None:
        ahead.append(len(begun) - len(saved))
        saved.extend(lot)

    made = experiment.run(
        echo, cases(200), graders=[answers], concurrency=7, save=save, begin=lambda c, t: begun.append((c, t))
    )
    assert max(ahead) <= 7
    assert Counter((each.case, each.trial) for each in saved) == Counter(begun)
    assert made.outcomes.height == 200


def test_it_goes_on_where_it_was() -> None:
    saved: list[Trial] = []

    def stop(done: int, _total: int) -> None:
        if done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiment.run(echo, cases(40), graders=[answers], concurrency=3, save=saved.extend, progress=stop)
    assert 10 <= len(saved) <= 13
    asked: list[str] = []

    def agent(task: dict[str, Any]) -> str:
        asked.append(task["input"])
        return task["input"]

    before = len(saved)
    made = experiment.run(agent, cases(40), graders=[answers], done=tuple(saved), save=saved.extend)
    assert len(asked) == 40 - before
    assert made.outcomes.height == 40
    assert Counter(each.case for each in saved) == Counter(f"c{i}" for i in range(40))


def test_tries_begin_no_faster_than_the_pace() -> None:
    began = time.monotonic()
    experiment.run(echo, cases(5), graders=[answers], per_minute=600, concurrency=5)
    assert time.monotonic() - began >= 0.4


def test_a_stream_hands_on_and_keeps_nothing() -> None:
    running = experiment.stream(
        experiment.agent_of(echo), experiment.cases_of(cases(50)), graders=[answers], concurrency=4
    )
    with closing(running):
        assert sum(len(lot) for lot in running) == 50


@pytest.mark.parametrize(
    ("given", "options", "error", "said"),
    [
        (cases(0), {}, EmptyError, "no case to try"),
        (cases(2), {"graders": []}, EmptyError, "no graders"),
        (cases(2), {"graders": [answers, answers]}, InputError, "one name"),
        (cases(2), {"trials": 0}, InputError, "trials is 0"),
        (cases(2), {"timeout": 0}, InputError, "timeout is 0"),
        (pl.concat([cases(2), cases(1)]), {}, InputError, "'c0' is there 2 times"),
        (cases(2).rename({"case_id": "id"}), {}, UnknownNameError, "case_id"),
        (cases(2).select("case_id"), {}, InputError, "neither|prefix"),
    ],
)
def test_what_cannot_be_run_is_refused_with_what_to_do(given: Any, options: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        experiment.run(echo, given, **({"graders": [answers]} | options))
