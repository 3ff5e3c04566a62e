"""A grader: a named, versioned measure of one criterion on one session."""

from __future__ import annotations

import hashlib
import inspect
import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Literal, NamedTuple

import orjson

from workbench.errors import InputError
from workbench.evidence import AgentLoop, Step
from workbench.grade._rests import instructions, rests_on

__all__ = ["Grader", "Measure", "Result", "Score", "Truth", "grader"]


@dataclass(frozen=True, slots=True)
class Score:
    """What a grader found, where a bare number or truth value says too little.

    Parameters
    ----------
    value
        How good, on the grader's own scale.
    passed
        Whether that is good enough; None where the grader only measures.
    reason
        Why, in a sentence.
    evidence
        Where it can be seen: steps of the session, or spans written "trace_id/span_id".

    Examples
    --------
    >>> from workbench.grade import Score
    >>> Score(0.0, passed=False, reason="refunded twice").passed
    False
    """

    value: float
    passed: bool | None = None
    reason: str = ""
    evidence: Sequence[Step | str] = ()


@dataclass(frozen=True, slots=True)
class Truth:
    """What people say a case should come to; graders see it, the agent never does.

    Parameters
    ----------
    expected_outputs
        Answers that would be right, one an author.
    criteria
        What a right answer has to fulfil, in words.
    canary
        A word that means nothing: an answer that holds it has seen what it should not.

    Examples
    --------
    >>> from workbench.grade import Truth
    >>> Truth(expected_outputs=("Refunded 7.",)).expected_output
    'Refunded 7.'
    """

    expected_outputs: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    canary: str = field(default="", repr=False)

    @property
    def expected_output(self) -> str | None:
        """The first of the expected outputs; None where there is none."""
        return self.expected_outputs[0] if self.expected_outputs else None


class Result(NamedTuple):
    """What became of one grader on one session: completed, inapplicable or errored, and what it said."""

    status: Literal["completed", "inapplicable", "errored"]
    value: float | None = None
    passed: bool | None = None
    reason: str | None = None
    evidence: str | None = None
    error: str | None = None


Measure = Callable[[AgentLoop], bool | float | Score | None] | Callable[[AgentLoop, Truth], bool | float | Score | None]
"""What a grader is made from: None means that the criterion does not apply to the session."""


@dataclass(frozen=True, slots=True)
class Grader:
    """A function over one session with the name, criterion and version that its results are kept under.

    Made by the decorator `grader`. `fingerprint` is the content of its source, so that a change without a new version shows.
    """

    name: str
    criterion: str
    version: str
    measure: Measure = field(repr=False, compare=False)
    fingerprint: str
    kind: Literal["code"] = "code"

    @property
    def takes_truth(self) -> bool:
        """Whether the function asks for the ground truth as its second argument."""
        try:
            parameters = inspect.signature(self.measure).parameters.values()
        except (TypeError, ValueError):  # written in C
            return False
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        asked = [each for each in parameters if each.kind in positional and each.default is inspect.Parameter.empty]
        return len(asked) > 1

    @property
    def rests_on(self) -> str:
        """A hash of what the function refers to as it is now: helpers and constants of its author, not those of installed packages."""
        return rests_on(self.measure)

    def __call__(self, loop: AgentLoop | None = None, truth: Truth | None = None) -> bool | float | Score | None:
        """What the function says of this session; None where it asks for a ground truth that there is not.

        Raises
        ------
        InputError
            It is called without a session.
        """
        if loop is None:
            msg = f"{self.name} is a grader already: hand it over as it stands, without brackets, graders=[{self.name}]"
            raise InputError(msg)
        measure: Any = self.measure
        if not self.takes_truth:
            return measure(loop)
        return None if truth is None else measure(loop, truth)

    def result(self, loop: AgentLoop, truth: Truth | None = None) -> Result:
        """What the function says, with a crash as a result of its own.

        Parameters
        ----------
        loop
            The session.
        truth
            What the case should come to, for graders that ask for it.
        """
        try:
            said = self(loop, truth)
            if said is None:
                return Result("inapplicable")
            score = _score(said)
            cited = [item.target if isinstance(item, Step) else str(item) for item in score.evidence]
        except Exception as error:  # noqa: BLE001 - a grader is anybody's code; its crash is its result on this session
            return Result("errored", error=f"{type(error).__name__}: {error}")
        evidence = orjson.dumps(cited).decode() if cited else None
        return Result("completed", float(score.value), score.passed, score.reason or None, evidence)


def _score(result: Any) -> Score:
    if isinstance(result, bool) or type(result).__name__ in {"bool", "bool_"}:  # numpy has its own
        return Score(float(result), passed=bool(result))
    score = result if isinstance(result, Score) else Score(result)
    value: Any = score.value
    if not hasattr(value, "__float__") or isinstance(value, str):
        msg = f"returned {type(result).__name__}; a grader returns True or False, a number, a Score, or None"
        raise InputError(msg)
    if not math.isfinite(value):
        msg = f"returned {value}, which is no number that can be counted"
        raise InputError(msg)
    return score


def grader(*, criterion: str, version: str = "1", name: str | None = None) -> Callable[[Measure], Grader]:
    """Make a function over a session a grader.

    Parameters
    ----------
    criterion
        The one thing that it measures, in words.
    version
        Changed when the meaning of its results changes.
    name
        What its results are kept under; the function's name by default.

    Returns
    -------
    callable
        A decorator for a function of one `AgentLoop` that returns True or False (passed or not), a number, a `Score`, or
        None where the criterion does not apply. A function of two arguments is given the case's `Truth` as the second; where
        there is none, it does not apply.

    Raises
    ------
    InputError
        The criterion or the version is empty.

    Examples
    --------
    >>> from workbench.evidence import AgentLoop, Step
    >>> from workbench.grade import grader
    >>> @grader(criterion="the agent answers at all")
    ... def answers(loop):
    ...     return loop.final_answer is not None
    >>> answers
    Grader(name='answers', criterion='the agent answers at all', version='1', ...)
    >>> answers(AgentLoop("s", (Step(1, 1, "assistant", text="Done."),)))
    True
    """
    if not criterion.strip() or not version.strip():
        msg = "a grader needs a criterion and a version: @grader(criterion='the refund goes to the right order', version='1')"
        raise InputError(msg)

    def decorate(measure: Measure) -> Grader:
        given = name or getattr(measure, "__name__", "")
        if not given or given == "<lambda>":
            msg = "a grader made from a lambda or an object needs a name: grader(criterion=…, name='refund_is_right')"
            raise InputError(msg)
        return Grader(given, criterion.strip(), version, measure, _fingerprint(measure))

    return decorate


def _fingerprint(measure: Measure) -> str:
    try:
        content = textwrap.dedent(inspect.getsource(measure)).encode()
    except (OSError, TypeError):  # typed at a prompt, or not a function
        code: Any = getattr(measure, "__code__", None)
        content = instructions(code) if isinstance(code, CodeType) else type(measure).__qualname__.encode()
    return hashlib.sha256(content).hexdigest()[:16]
