"""How an agent is asked: in this thread, on an event loop, or by an executor, and never for longer than it may take."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import orjson

from workbench.errors import InfrastructureError, InputError
from workbench.experiment._agent import Agent, in_time, is_infrastructure, settle
from workbench.experiment._answer import TooLong, to_json

__all__ = ["Asking", "Broken", "Died", "Elsewhere", "describe"]

_LOST: Final = "KilledWorker"  # Dask's word for a task whose workers died under it


class Died(InfrastructureError):  # noqa: N818 - what became of the worker
    """The worker that ran the agent died; whether this trial or one beside it was the reason, nobody knows."""


class Broken(InfrastructureError):  # noqa: N818 - what the executor is
    """The executor can run nothing any more: the run ends, and what has finished is kept."""


class Elsewhere(Exception):  # noqa: N818 - what a worker tells of an agent's error
    """What an agent raised in another process, as text: its own class may be known there only."""

    def __init__(self, said: str, *, infrastructure: bool, retry_after: float | None) -> None:
        super().__init__(said)
        self.infrastructure = infrastructure
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class _Told:
    """What comes back from a worker: nothing in it needs the agent's own classes to be read."""

    raw: str | None = None
    error: str = ""
    refused: bool = False  # what it returned is nothing that JSON can hold
    late: bool = False
    infrastructure: bool = False
    retry_after: float | None = None
    replayed: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Asking:
    """An agent, how long it may take, and where it runs."""

    agent: Agent
    timeout: float | None
    executor: Executor | Callable[[], Executor] | None = None
    _pool: Executor | None = field(default=None, init=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _alone: threading.Lock = field(default_factory=threading.Lock, init=False)
    _packed: bytes = field(default=b"", init=False)
    _under_way: set[Future[Any]] = field(default_factory=set[Future[Any]], init=False)
    _closed: bool = field(default=False, init=False)

    def open(self) -> None:
        """Start what is needed to ask.

        Raises
        ------
        InputError
            The agent cannot travel to another process.
        """
        if self.executor is not None:
            self._pool = self.executor if isinstance(self.executor, Executor) else self.executor()
            if not isinstance(self._pool, ThreadPoolExecutor):
                self._packed = _packed(self.agent)
        elif self.agent.kind == "async":
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=_turn, args=(self._loop,), daemon=True, name="workbench-async").start()

    def width(self, concurrency: int) -> int:
        """How many are asked at once: no more than the executor says that it has workers."""
        return min(concurrency, int(getattr(self._pool, "_max_workers", concurrency)))

    def close(self) -> None:
        """Stop what was started here; an executor that was handed in goes on, without what is left of this."""
        self._closed = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(_end, self._loop)
        for future in list(self._under_way):
            future.cancel()
        if self._pool is not None and not isinstance(self.executor, Executor):
            _shut(self._pool)

    def ask(self, task: dict[str, Any], *, alone: bool = False) -> Any:
        """The agent's answer.

        Parameters
        ----------
        task
            What the agent is handed.
        alone
            Ask in an executor in which nothing else runs, so that whoever ends its worker is known.

        Raises
        ------
        TooLong
            There was none in time.
        Died
            The worker that ran it died.
        Broken
            The executor can run nothing any more, and was not made here.
        """
        if self._pool is not None:
            return self._by_itself(task) if alone and not isinstance(self.executor, Executor) else self._elsewhere(task)
        if self._loop is not None:
            answer = in_time(self.agent.ask(task, self.timeout), self.timeout)
            return asyncio.run_coroutine_threadsafe(answer, self._loop).result()
        return _in_thread(self.agent, task, self.timeout)

    def _elsewhere(self, task: dict[str, Any]) -> Any:
        while True:
            with self._lock:
                pool = self._pool
            assert pool is not None
            try:
                future = self._submit(pool, task)
            except (BrokenExecutor, RuntimeError) as error:
                self._again(pool, error)  # broken by another trial, before this one began
                continue
            try:
                return self._answer(future, task)
            except (BrokenExecutor, CancelledError) as error:
                self._again(pool, error)
                msg = f"the worker that ran the agent died: {error or type(error).__name__}"
                raise Died(msg) from error

    def _by_itself(self, task: dict[str, Any]) -> Any:
        assert callable(self.executor)
        with self._alone:
            pool = self.executor()
            try:
                return self._answer(self._submit(pool, task), task)
            except BrokenExecutor as error:
                msg = f"the agent ended the process that ran it: {error}"
                raise Died(msg) from error
            finally:
                _shut(pool)

    def _submit(self, pool: Executor, task: dict[str, Any]) -> Future[Any]:
        if self._packed:
            future = pool.submit(_remote, self._packed, task, self.timeout)
        else:
            future = pool.submit(_told, self.agent, task, self.timeout)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future

    def _answer(self, future: Future[Any], task: dict[str, Any]) -> Any:
        try:
            told: _Told = future.result()
        except (BrokenExecutor, CancelledError):
            raise
        except Exception as error:
            if type(error).__name__ == _LOST:
                msg = f"the workers that ran the agent died: {error}"
                raise Elsewhere(msg, infrastructure=True, retry_after=0.0) from error
            raise
        if "world" in task and self._packed:
            task["world"].told(*told.replayed)  # the worker counted on a copy
        if told.late:
            raise TooLong
        if told.refused:
            raise InputError(told.error)
        if told.raw is None:
            raise Elsewhere(told.error, infrastructure=told.infrastructure, retry_after=told.retry_after)
        return orjson.loads(told.raw)

    def _again(self, broken: Executor, error: BaseException) -> None:
        """Another executor in place of a broken one.

        Raises
        ------
        Broken
            It was handed in as it is, and only who made it can make it again.
        """
        if self._closed or not callable(self.executor) or isinstance(self.executor, Executor):
            msg = (
                f"the executor broke ({error or type(error).__name__}) and cannot be made again: hand in a function that makes it, "
                "executor=lambda: ProcessPoolExecutor(8). What has finished is kept, and the same call goes on from there"
            )
            raise Broken(msg) from error
        with self._lock:
            if self._pool is broken:
                _shut(broken)
                self._pool = self.executor()


def _packed(agent: Agent) -> bytes:
    import cloudpickle

    try:
        return cloudpickle.dumps(agent)  # pyright: ignore[reportUnknownMemberType]
    except Exception as error:
        msg = (
            f"the agent cannot travel to another process ({type(error).__name__}: {error}): let it make connections, locks and files "
            "when it is called, or name it as 'module:function'"
        )
        raise InputError(msg) from error


def _shut(pool: Executor) -> None:
    try:
        pool.shutdown(wait=False, cancel_futures=True)
    except TypeError:  # not every executor can cancel what waits
        pool.shutdown(wait=False)


@lru_cache(maxsize=8)
def _unpacked(packed: bytes) -> Agent:
    import cloudpickle

    return cloudpickle.loads(packed)


def _remote(packed: bytes, task: dict[str, Any], timeout: float | None) -> _Told:
    """Ask an agent in a worker, in which it is unpacked once."""
    return _told(_unpacked(packed), task, timeout)


def _told(agent: Agent, task: dict[str, Any], timeout: float | None) -> _Told:
    """Ask an agent where nobody else keeps its time, and bring back what any process can read."""
    refused = False
    try:
        returned = _in_thread(agent, task, timeout) if agent.kind == "function" else settle(agent, task, timeout)
        refused = True
        told = _Told(raw=to_json(returned))
    except TooLong:
        told = _Told(late=True)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an agent is anybody's code; what it raises is the trial's result
        after = getattr(error, "retry_after", None)
        told = _Told(
            error=describe(error),
            refused=refused and isinstance(error, InputError),
            infrastructure=is_infrastructure(error),
            retry_after=float(after) if isinstance(after, int | float) else None,
        )
    if "world" not in task:
        return told
    counts = (task["world"].served, task["world"].refused)
    return _Told(told.raw, told.error, told.refused, told.late, told.infrastructure, told.retry_after, counts)


def describe(error: BaseException) -> str:
    """An error in a line: the workbench's own speak for themselves, others with the name of their kind."""
    return str(error) if isinstance(error, InputError | Elsewhere) else f"{type(error).__name__}: {error}"


def _in_thread(agent: Agent, task: dict[str, Any], timeout: float | None) -> Any:
    """A function cannot be stopped: it runs in a thread of its own, which is left behind when it takes too long."""
    if timeout is None or agent.kind != "function":
        return agent.ask(task, timeout)
    answer: list[Any] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            answer.append(agent.ask(task, None))
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


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _end(loop: asyncio.AbstractEventLoop) -> None:
    for left in asyncio.all_tasks(loop):
        left.cancel()
    loop.call_soon(loop.stop)
