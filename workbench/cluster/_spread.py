"""Work handed to an executor: results as they come, and what a dying worker took with it once more."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from typing import Any, Final

from workbench.errors import InfrastructureError

__all__ = ["MakesExecutor", "spread"]

MakesExecutor = Executor | Callable[[], Executor]

_AHEAD: Final = 8  # jobs under way, where an executor does not say how many workers it has
_TRIES: Final = 3  # how often a job may end its worker
_LOST: Final = "KilledWorker"  # Dask's word for a task whose workers died under it


def spread(
    function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], executor: MakesExecutor
) -> Generator[tuple[int, Any]]:
    """A function's results over jobs, each with its number, in the order in which they are finished.

    Parameters
    ----------
    function
        A function of a module that workers can import.
    jobs
        Its arguments.
    executor
        Where it runs; or a function that makes one, which is called again when a worker's death broke it. One that was made here is
        shut at the end, one that was handed in goes on.

    Raises
    ------
    InfrastructureError
        A broken executor cannot be made again, or a job ended its worker three times.
    """
    pool = executor if isinstance(executor, Executor) else executor()
    waiting, died = deque(range(len(jobs))), Counter[int]()
    in_vain = 0  # pools made one after another that took or brought nothing
    under_way: dict[Future[Any], int] = {}
    try:
        while waiting or under_way:
            broke = _submit(pool, function, jobs, waiting, under_way)
            for future in wait(under_way, return_when=FIRST_COMPLETED).done if under_way else ():
                number, error = under_way.pop(future), _lost(future)
                if error is None:
                    in_vain = 0
                    yield number, future.result()
                    continue
                waiting.appendleft(number)
                died[number] += 1
                if died[number] == _TRIES:
                    msg = f"workers died {_TRIES} times at the same work ({error}): give them more memory, or less at once"
                    raise InfrastructureError(msg) from error
                broke = broke or (error if isinstance(error, BrokenExecutor) else None)
            if broke and not under_way:
                in_vain += 1
                if in_vain > _TRIES:
                    msg = f"{_TRIES} executors in a row took no work ({broke}): hand in a function that makes a new one each time it is called"
                    raise InfrastructureError(msg) from broke
                pool = _another(executor, pool, broke)
    finally:
        for future in under_way:
            future.cancel()
        if pool is not executor:
            pool.shutdown(wait=False)


def _submit(
    pool: Executor,
    function: Callable[..., Any],
    jobs: Sequence[tuple[Any, ...]],
    waiting: deque[int],
    under_way: dict[Future[Any], int],
) -> BaseException | None:
    """Keep every worker busy; what the executor says when it takes nothing any more."""
    most = 2 * int(getattr(pool, "_max_workers", _AHEAD))
    try:
        while waiting and len(under_way) < most:
            under_way[pool.submit(function, *jobs[waiting[0]])] = waiting[0]
            waiting.popleft()
    except (BrokenExecutor, RuntimeError) as error:
        return error
    return None


def _lost(future: Future[Any]) -> BaseException | None:
    """What ended the worker before it could bring a result."""
    if future.cancelled():
        return CancelledError()
    error = future.exception()
    gone = isinstance(error, BrokenExecutor | CancelledError) or type(error).__name__ == _LOST
    return error if gone else None


def _another(executor: MakesExecutor, broken: Executor, error: BaseException) -> Executor:
    if isinstance(executor, Executor):
        msg = (
            f"the executor broke ({error or type(error).__name__}) and cannot be made again: hand in a function that makes it, "
            "executor=lambda: ProcessPoolExecutor(8). What has finished is kept, and the same call goes on from there"
        )
        raise InfrastructureError(msg) from error
    broken.shutdown(wait=False)
    return executor()
