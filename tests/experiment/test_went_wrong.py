"""An agent or a grader that crashes: what it said stands in the sentence, and first in the gate."""

from __future__ import annotations

from typing import Any

from workbench.evidence import AgentLoop
from workbench.experiment import Policy, compare, gate, run
from workbench.grade import grader

CASES = [{"case_id": f"c{n}", "input": f"Question {n}"} for n in range(12)]


@grader(criterion="answers")
def answers(loop: AgentLoop) -> bool:
    return bool(loop.final_answer)


@grader(criterion="is short")
def short(loop: AgentLoop) -> bool:
    if "7" in (loop.final_answer or ""):
        msg = "too odd"
        raise ValueError(msg)
    return True


def dead(task: dict[str, Any]) -> str:
    return task["id"]


def echo(task: dict[str, Any]) -> str:
    return task["input"]


def test_the_commonest_error_and_its_count_stand_in_the_sentence() -> None:
    made = run(dead, CASES, graders=[answers, short], name="v1")
    assert made.sentence.endswith("12 of 12 trials errored: KeyError: 'id'.")
    crashed = run(echo, CASES, graders=[answers, short], name="v2")
    assert crashed.sentence.endswith(" 1 of 12 trials errored: ValueError: too odd (grader short).")


def test_the_gate_says_first_that_the_candidate_has_no_outcome() -> None:
    arms = [run(agent, CASES, graders=[answers], name=name) for agent, name in ((echo, "v1"), (dead, "v2"))]
    result = gate(compare(arms[0], arms[1], margin=0.1), Policy(margin=0.1))
    assert result.sentence.startswith(
        "Inconclusive, v2 against v1: No trial of v2 has an outcome: 12 of 12 trials errored: KeyError: 'id'."
    )
    assert result.exit_code == 2
