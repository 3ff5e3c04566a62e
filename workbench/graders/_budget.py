"""Whether it stayed within what it may take: seconds, dollars, tokens, steps, calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.errors import InputError
from workbench.evidence import AgentLoop
from workbench.grade import Grader, Score
from workbench.graders._make import made

__all__ = ["max_cost", "max_seconds", "max_steps", "max_tokens", "max_tool_calls"]


def max_seconds(limit: float, *, name: str | None = None) -> Grader:
    """Whether the answer came within so many seconds; where nobody measured, it does not apply.

    Parameters
    ----------
    limit
        Seconds.
    name
        What its results are kept under; by default "max_seconds".

    Raises
    ------
    InputError
        The limit is no positive number.
    """
    return _within("max_seconds", limit, "seconds", lambda loop: loop.usage.seconds, name)


def max_cost(limit: float, *, name: str | None = None) -> Grader:
    """Whether it cost no more than so many dollars; where the cost is unknown, it does not apply.

    Parameters
    ----------
    limit
        US dollars.
    name
        What its results are kept under; by default "max_cost".

    Raises
    ------
    InputError
        The limit is no positive number.
    """
    return _within("max_cost", limit, "dollars", lambda loop: loop.usage.cost, name)


def max_tokens(limit: int, *, name: str | None = None) -> Grader:
    """Whether it took no more than so many tokens, input and output; where nobody counted, it does not apply.

    Parameters
    ----------
    limit
        Tokens.
    name
        What its results are kept under; by default "max_tokens".

    Raises
    ------
    InputError
        The limit is no positive number.
    """
    return _within("max_tokens", limit, "tokens", lambda loop: loop.usage.tokens, name)


def max_steps(limit: int, *, name: str | None = None) -> Grader:
    """Whether the agent made no more than so many steps: what it said, called and looked up itself.

    Parameters
    ----------
    limit
        Steps.
    name
        What its results are kept under; by default "max_steps".

    Raises
    ------
    InputError
        The limit is no positive number.
    """
    return _within("max_steps", limit, "steps", _steps, name)


def max_tool_calls(limit: int, *, name: str | None = None) -> Grader:
    """Whether the agent called tools no more than so many times.

    Parameters
    ----------
    limit
        Calls; 0 for none.
    name
        What its results are kept under; by default "max_tool_calls".

    Raises
    ------
    InputError
        The limit is below 0.
    """
    return _within("max_tool_calls", limit, "tool calls", lambda loop: len(loop.own.tool_calls()), name, least=0)


def _steps(loop: AgentLoop) -> int:
    return sum(step.kind in {"assistant", "tool", "retrieval"} for step in loop.own.steps)


def _within(
    check: str,
    limit: float,
    unit: str,
    took: Callable[[AgentLoop], float | None],
    name: str | None,
    *,
    least: float | None = None,
) -> Grader:
    value: Any = limit
    if (
        not isinstance(value, int | float)
        or isinstance(value, bool)
        or not (limit > 0 if least is None else limit >= least)
    ):
        msg = (
            f"{check}({limit!r}): expected a number of {unit}, {'more than 0' if least is None else f'{least} or more'}"
        )
        raise InputError(msg)

    def within(loop: AgentLoop) -> Score | None:
        found = took(loop)
        if found is None:
            return None
        return Score(float(found), passed=found <= limit, reason=f"{found:g} {unit}, {limit:g} allowed")

    return made(check, within, criterion=f"it takes no more than {limit:g} {unit}", name=name, limit=limit)
