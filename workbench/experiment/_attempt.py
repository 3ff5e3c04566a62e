"""One trial: the agent is asked, again where what it stands on failed, and its answer is graded."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final, Literal, Protocol

from workbench.errors import InfrastructureError, InputError
from workbench.evidence import AgentLoop, Usage, from_messages
from workbench.experiment._agent import Agent, TooLong, in_time, is_infrastructure, settle
from workbench.experiment._answer import Answer, read_answer

__all__ = ["Asking", "Case", "GraderLike", "Judged", "Pace", "Trial", "attempt"]

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


@dataclass(slots=True)
class Asking:
    """How an agent is asked: in this thread, on an event loop, or by an executor; never for longer than `timeout`."""

    agent: Agent
    timeout: float | None
    executor: Executor | Callable[[], Executor] | None = None
    _pool: Executor | None = field(default=None, init=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _packed: bytes = field(default=b"", init=False)

    def open(self) -> None:
        """Start what is needed to ask."""
        if self.executor is not None:
            import cloudpickle

            self._packed = cloudpickle.dumps(self.agent)  # pyright: ignore[reportUnknownMemberType]
            self._pool = self.executor if isinstance(self.executor, Executor) else self.executor()
        elif self.agent.kind == "async":
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=_turn, args=(self._loop,), daemon=True, name="workbench-async").start()

    def close(self) -> None:
        """Stop what was started here; an executor that was handed in goes on."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(_end, self._loop)
        if self._pool is not None and not isinstance(self.executor, Executor):
            self._pool.shutdown(wait=False, cancel_futures=True)

    def ask(self, task: dict[str, Any]) -> Any:
        """The agent's answer.

        Raises
        ------
        TooLong
            There was none in time.
        """
        if self._pool is not None:
            return self._elsewhere(self._pool, task)
        if self._loop is not None:
            answer = in_time(self.agent.ask(task, self.timeout), self.timeout)
            return asyncio.run_coroutine_threadsafe(answer, self._loop).result()
        if self.timeout is None or self.agent.kind != "function":
            return self.agent.ask(task, self.timeout)
        return self._beside(task, self.timeout)

    def _beside(self, task: dict[str, Any], timeout: float) -> Any:
        """A function cannot be stopped: it runs in a thread of its own, which is left behind when it takes too long."""
        answer: list[Any] = []
        failed: list[BaseException] = []

        def work() -> None:
            try:
                answer.append(self.agent.ask(task, None))
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
                failed.append(error)

        thread = threading.Thread(target=work, daemon=True, name="workbench-agent")
        thread.start()
        thread.join(timeout)
        if failed:
            raise failed[0]
        if not answer:
            raise TooLong
        return answer[0]

    def _elsewhere(self, pool: Executor, task: dict[str, Any]) -> Any:
        try:
            future = pool.submit(_remote, self._packed, task, self.timeout)
            try:
                return future.result(self.timeout)
            except FutureTimeoutError:
                if future.done():
                    raise
                future.cancel()
                raise TooLong from None
        except BrokenExecutor as error:
            self._rebuild(pool)
            msg = f"the process that ran the agent died: {error}"
            raise InfrastructureError(msg) from error

    def _rebuild(self, broken: Executor) -> None:
        with self._lock:
            if self._pool is broken and not isinstance(self.executor, Executor) and self.executor is not None:
                self._pool = self.executor()


def _remote(packed: bytes, task: dict[str, Any], timeout: float | None) -> Any:
    import cloudpickle

    return settle(cloudpickle.loads(packed), task, timeout)


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _end(loop: asyncio.AbstractEventLoop) -> None:
    for left in asyncio.all_tasks(loop):
        left.cancel()
    loop.call_soon(loop.stop)


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
) -> Trial:
    """Try an agent once on a case. Whatever goes wrong is the trial's result."""
    tries = 0
    while True:
        tries += 1
        namespace = f"{case.case}-{number}-{secrets.token_hex(6)}"
        pace.wait()
        began = clock()
        try:
            task = case.task(namespace)
            returned = asking.ask(task)
            seconds = clock() - began
            # Read against a copy of its own: the agent may have changed the one that it was handed.
            answer = read_answer(returned, case.task(namespace)["messages"], session_id=namespace)
        except BaseException as error:  # noqa: BLE001 - an agent is anybody's code; what it raises is the trial's result
            seconds = clock() - began
            if is_infrastructure(error) and tries <= retries:
                asked = getattr(error, "retry_after", None)
                spread = _BACKOFF * 2 ** (tries - 1) * (0.5 + _RANDOM.random())
                pace.pause(min(_LONGEST, asked if isinstance(asked, int | float) else spread))
                continue
            return Trial(case.case, number, "errored", seconds, tries, namespace, error=_said(error, asking.timeout))
        break
    return _graded(asking, case, number, answer, seconds, tries, namespace, graders, truths, canary)


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
    said = f"{type(error).__name__}: {error}"
    return str(error) if isinstance(error, InputError) else said
