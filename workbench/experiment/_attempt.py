"""One trial: the agent is asked, again where what it stands on failed, and its answer is graded."""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, Literal, Protocol

from workbench.evidence import AgentLoop, Usage, from_messages
from workbench.experiment._agent import is_infrastructure
from workbench.experiment._answer import Answer, TooLong, read_answer
from workbench.experiment._asking import Asking, Broken, Died, Elsewhere, describe
from workbench.experiment._serve import Replayed

__all__ = ["Case", "GraderLike", "Judged", "Pace", "Trial", "attempt"]

_BACKOFF: Final = 0.5  # seconds before the first try again; doubled for each further one
_LONGEST: Final = 60.0
_RANDOM: Final = random.Random()  # noqa: S311 - spreads waiting, hides nothing


class Judged(Protocol):
    """What one grader said, as `workbench.grade` writes it."""

    @property
    def status(self) -> str: ...
    @property
    def value(self) -> float | None: ...
    @property
    def passed(self) -> bool | None: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def evidence(self) -> str | None: ...
    @property
    def error(self) -> str | None: ...


class GraderLike(Protocol):
    """A grader, as `workbench.grade.grader` makes it."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def criterion(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    def result(self, loop: AgentLoop, truth: Any = None) -> Judged: ...


@dataclass(frozen=True, slots=True)
class Case:
    """A case as the agent may see it."""

    case: str
    input: str
    prefix: str  # JSON: the messages

    def task(self, namespace: str) -> dict[str, Any]:
        """A copy of the inputs that is this try's own."""
        messages = json.loads(self.prefix)
        return {"case_id": self.case, "input": self.input, "messages": messages, "namespace": namespace}


@dataclass(frozen=True, slots=True)
class Trial:
    """One finished trial.

    Parameters
    ----------
    case, trial
        Which case, and its 0-based repeat.
    status
        "completed", or "errored": the agent raised, took too long, or returned what nobody can read.
    seconds
        What the answer took: the agent's own count, else by the clock, without waiting between tries.
    cost, input_tokens, output_tokens
        Where the agent says so.
    tries
        How often the agent was asked.
    namespace
        Under which name the last of these was made.
    error
        What went wrong.
    loop
        The conversation with the answer.
    session_id
        Where the agent's own traces are, if it says so.
    results
        What each grader said, in their order; empty where there is no answer.
    replayed, unrecorded
        How many tool calls the case's recorded world answered, and how many it could not; None where none was handed over.
    """

    case: str
    trial: int
    status: Literal["completed", "errored"]
    seconds: float
    tries: int
    namespace: str
    cost: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    error: str | None = None
    loop: AgentLoop | None = None
    session_id: str | None = None
    results: tuple[Judged, ...] = ()
    replayed: int | None = None
    unrecorded: int | None = None


class Pace:
    """Spreads what begins over time, for all threads together."""

    def __init__(self, per_minute: float | None, stopped: threading.Event) -> None:
        self._every = 60 / per_minute if per_minute else 0.0
        self._lock = threading.Lock()
        self._next = 0.0
        self._stopped = stopped

    def wait(self) -> None:
        """Wait for one's turn."""
        if not self._every:
            return
        with self._lock:
            now = time.monotonic()
            at = max(now, self._next)
            self._next = at + self._every
        self.pause(at - now)

    def pause(self, seconds: float) -> None:
        """Wait, unless everything is being stopped."""
        if seconds > 0:
            self._stopped.wait(seconds)


def attempt(
    asking: Asking,
    case: Case,
    number: int,
    *,
    graders: Sequence[GraderLike],
    truths: Mapping[str, Any],
    canary: str,
    retries: int,
    pace: Pace,
    clock: Callable[[], float],
    worlds: Callable[[str], Replayed | None] | None = None,
) -> Trial:
    """Try an agent once on a case. Whatever goes wrong is the trial's result.

    Raises
    ------
    Broken
        Nothing can be run any more: that is no result of the trial.
    """
    tries = counted = 0
    alone = False
    while True:
        tries += 1
        namespace = f"{case.case}-{number}-{secrets.token_hex(6)}"
        world = worlds(case.case) if worlds is not None else None
        pace.wait()
        began = clock()
        try:
            task = case.task(namespace)
            returned = asking.ask(task if world is None else {**task, "world": world}, alone=alone)
            seconds = clock() - began
            # Read against a copy of its own: the agent may have changed the one that it was handed.
            answer = read_answer(returned, case.task(namespace)["messages"], session_id=namespace)
        except Broken:
            raise
        except BaseException as error:  # noqa: BLE001 - an agent is anybody's code; what it raises is the trial's result
            seconds = clock() - began
            if isinstance(error, Died) and not alone:
                alone = True  # nobody knows which of the trials in that worker's pool it was: the next try tells
                continue
            counted += 1
            if _passes(error) and counted <= retries:
                asked = getattr(error, "retry_after", None)
                spread = _BACKOFF * 2 ** (counted - 1) * (0.5 + _RANDOM.random())
                pace.pause(min(_LONGEST, asked if isinstance(asked, int | float) else spread))
                continue
            failed = Trial(case.case, number, "errored", seconds, tries, namespace, error=_said(error, asking.timeout))
            return _replayed(failed, world)
        break
    return _replayed(_graded(asking, case, number, answer, seconds, tries, namespace, graders, truths, canary), world)


def _replayed(trial: Trial, world: Replayed | None) -> Trial:
    return trial if world is None else replace(trial, replayed=world.served, unrecorded=world.refused)


def _passes(error: BaseException) -> bool:
    """Whether it may be gone at the next try."""
    return error.infrastructure if isinstance(error, Elsewhere) else is_infrastructure(error)


def _graded(  # noqa: PLR0917 - one call, in the order of a trial
    asking: Asking,
    case: Case,
    number: int,
    answer: Answer,
    seconds: float,
    tries: int,
    namespace: str,
    graders: Sequence[GraderLike],
    truths: Mapping[str, Any],
    canary: str,
) -> Trial:
    measured = seconds if answer.seconds is None else answer.seconds
    if canary and asking.agent.inside and canary in answer.raw:
        leak = "the answer holds the ground truth's canary: the agent has seen what only graders may see"
        return Trial(case.case, number, "errored", measured, tries, namespace, error=leak, loop=answer.loop)
    truth = truths.get(case.case)
    usage = Usage(measured, answer.cost, answer.input_tokens, answer.output_tokens)
    loop = replace(answer.loop, usage=usage, handed=_handed(case.prefix))
    return Trial(
        case.case,
        number,
        "completed",
        measured,
        tries,
        namespace,
        answer.cost,
        answer.input_tokens,
        answer.output_tokens,
        loop=loop,
        session_id=answer.session_id,
        results=tuple(each.result(loop, truth) for each in graders),
    )


@lru_cache(maxsize=4096)
def _handed(prefix: str) -> int:
    """How many steps the messages are that a case hands over."""
    return len(from_messages(prefix).steps)


def _said(error: BaseException, timeout: float | None) -> str:
    if isinstance(error, TooLong):
        return f"no answer within {timeout:g} seconds"
    return describe(error)
