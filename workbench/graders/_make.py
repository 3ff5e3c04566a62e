"""How a standard check becomes a grader: its name, criterion, version and settings, as one fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from workbench.errors import InputError
from workbench.evidence import AgentLoop
from workbench.grade import Grader, Score, Truth

__all__ = ["NO_ANSWER", "answer_of", "expected_of", "graded", "made", "measured", "share_of", "short"]

NO_ANSWER: Final = "the agent gave no answer"
_VERSION: Final = "1"
_SHOWN: Final = 80


def made(check: str, measure: Callable[..., Any], *, criterion: str, name: str | None, **settings: Any) -> Grader:
    """A grader whose results are told apart by the check, its version, and what it was set to."""
    about = json.dumps([check, _VERSION, settings], sort_keys=True, default=str)
    fingerprint = hashlib.sha256(about.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Grader(name or check, criterion, _VERSION, measure, fingerprint)


def answer_of(loop: AgentLoop) -> str:
    """What the agent said last, itself; empty where it said nothing."""
    return loop.own.final_answer or ""


def expected_of(given: str | Sequence[str] | None, truth: Truth | None) -> tuple[str, ...]:
    """The texts that would be right: those given to the check, else those of the case."""
    if given is not None:
        return (given,) if isinstance(given, str) else tuple(given)
    return truth.expected_outputs if truth is not None else ()


def graded(
    check: str,
    given: str | Sequence[str] | None,
    score: Callable[[str, tuple[str, ...]], Score | None],
    *,
    criterion: str,
    name: str | None,
    **settings: Any,
) -> Grader:
    """A grader of the final answer against expected ones: the check's own, or those of the case, where it has any."""

    def against(loop: AgentLoop, wanted: tuple[str, ...]) -> Score | None:
        if not wanted:
            return None
        answer = answer_of(loop)
        return score(answer, wanted) if answer.strip() else Score(0.0, passed=False, reason=NO_ANSWER)

    def of_the_case(loop: AgentLoop, truth: Truth) -> Score | None:
        return against(loop, expected_of(None, truth))

    def of_the_check(loop: AgentLoop) -> Score | None:
        return against(loop, expected_of(given, None))

    measure = of_the_case if given is None else of_the_check
    return made(check, measure, criterion=criterion, name=name, given=given, **settings)


def measured(value: float, minimum: float | None, reason: str = "") -> Score:
    """A similarity, with a verdict where a minimum was set."""
    return Score(value, None if minimum is None else value >= minimum, reason)


def share_of(what: str, value: float | None) -> None:
    """Refuse a bound that is no share.

    Raises
    ------
    InputError
        It is not from 0 to 1.
    """
    if value is not None and not 0 <= value <= 1:
        msg = f"{what} is {value}, expected a number from 0 to 1"
        raise InputError(msg)


def short(text: str) -> str:
    """A text that fits into a sentence."""
    plain = " ".join(text.split())
    return repr(plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + "…")
