"""A grader: a named, versioned measure of one criterion on one session."""

from __future__ import annotations

import hashlib
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Literal

from workbench.errors import InputError
from workbench.evidence import AgentLoop, Step

__all__ = ["Grader", "Measure", "Score", "grader"]


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


Measure = Callable[[AgentLoop], bool | float | Score | None]
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

    def __call__(self, loop: AgentLoop) -> bool | float | Score | None:
        """What the function says of this session."""
        return self.measure(loop)


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
        None where the criterion does not apply.

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
        content = _code(code) if isinstance(code, CodeType) else type(measure).__qualname__.encode()
    return hashlib.sha256(content).hexdigest()[:16]


def _code(code: CodeType) -> bytes:
    """A function's instructions and constants, inner functions included, without where in memory they lie."""
    constants = [_code(c) if isinstance(c, CodeType) else repr(c).encode() for c in code.co_consts]
    return b"\0".join([code.co_code, *constants, repr(code.co_names).encode()])
