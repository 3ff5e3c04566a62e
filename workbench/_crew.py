"""Helper processes for work that one interpreter does too slowly; where none can be started, the work is done here.

A helper is a bare Python that is handed functions and arguments. It runs nothing of the program or notebook that started
it, holds nothing open, and ends when that one does.
"""

from __future__ import annotations

import atexit
import gc
import io
import os
import pickle
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final, Self, TypeVar

import polars as pl

__all__ = ["Crew", "helping", "serve", "shared", "without_collection"]

_Job = TypeVar("_Job")
_Made = TypeVar("_Made")
_MOST: Final = 4  # processes in all: what they bring must be put in order by one
_BEGIN: Final = (
    "import sys, pickle; sys.path[:], folder = pickle.load(sys.stdin.buffer); import workbench._crew as c; "
    "sys.exit(c.serve(folder))"
)
_STAY: Final = 30.0  # seconds
_serving = False
_LOST: Final = (OSError, EOFError, ValueError, pickle.PickleError, AttributeError, ImportError)


class Crew:
    """Runs a function over jobs in several processes, this one among them; results come in the order of the jobs.

    Parameters
    ----------
    size
        Processes in all; by default as many as there are processors, four at most. One: all work is done here.

    Examples
    --------
    >>> import math
    >>> with Crew(1) as crew:
    ...     list(crew.run(math.sqrt, [1.0, 4.0]))
    [1.0, 2.0]
    """

    def __init__(self, size: int | None = None) -> None:
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self.size = min(usable, _MOST) if size is None else size
        self._helpers: list[subprocess.Popen[bytes]] = []
        self._folder: str | None = None  # where what is handed to and fro lies
        self._failed = False
        self._busy = threading.Lock()  # helpers do one thing at a time

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self,
        function: Callable[[_Job], _Made],
        jobs: Iterable[_Job],
        *,
        worth: Callable[[float], bool] | None = None,
    ) -> Iterator[_Made]:
        """The function's results, in the order of the jobs.

        Parameters
        ----------
        function
            A function of a module, so that a helper can import it.
        jobs
            Its arguments; taken one by one, as somebody becomes free.
        worth
            Whether helpers, who take a quarter of a second to come, are worth it, by the seconds that the first job took; by default
            they are whenever there is more than one job.

        Raises
        ------
        Exception
            What the function raised for the first job that failed.
        """
        desk = _Desk(function, jobs)
        threads: list[threading.Thread] = []
        mine = self._busy.acquire(blocking=False)
        try:
            if worth is not None and not self._helpers and desk.more_than_one():
                began = time.perf_counter()
                desk.work_here()
                if not worth(time.perf_counter() - began):
                    yield from desk.alone()
                    return
            while True:
                if mine and not threads and desk.more_than_one():
                    threads = [self._attend(helper, desk) for helper in self._hire()]
                if desk.ready():
                    yield desk.hand_out()
                elif not desk.work_here():
                    if desk.finished():
                        return
                    desk.wait()
        finally:
            desk.close()
            for thread in threads:
                thread.join()
            if mine:
                self._busy.release()

    def close(self) -> None:
        """Let the helpers go."""
        for helper in self._helpers:
            _dismiss(helper)
        self._helpers = []
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _hire(self) -> list[subprocess.Popen[bytes]]:
        for helper in [each for each in self._helpers if each.poll() is not None]:
            _dismiss(helper)
            self._helpers.remove(helper)
        while len(self._helpers) < self.size - 1 and not self._failed:
            try:
                self._folder = self._folder or tempfile.mkdtemp(prefix="workbench-")
                helper = subprocess.Popen(  # noqa: S603 - this very interpreter
                    [sys.executable, "-c", _BEGIN],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    env={**os.environ, "POLARS_MAX_THREADS": "1"},
                )
                assert helper.stdin is not None
                pickle.dump((sys.path, self._folder), helper.stdin)
                helper.stdin.flush()
            except (OSError, ValueError, TypeError):
                self._failed = True  # no processes here: a sandbox, an embedded interpreter
            else:
                self._helpers.append(helper)
        return self._helpers

    def _attend(self, helper: subprocess.Popen[bytes], desk: _Desk) -> threading.Thread:
        thread = threading.Thread(target=_attend, args=(helper, desk, self._folder), daemon=True)
        thread.start()
        return thread


class _Shared:
    """The crew of this process: its helpers stay for a while after work, since they take a moment to come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._crew: Crew | None = None
        self._process = 0
        self._leaving: threading.Timer | None = None

    def take(self) -> Crew:
        with self._lock:
            if self._leaving is not None:
                self._leaving.cancel()
            if self._crew is None or self._process != os.getpid():  # a fork's helpers are its parent's
                self._crew, self._process, self._users = Crew(), os.getpid(), 0
                atexit.register(self._crew.close)
            self._users += 1
            return self._crew

    def give_back(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self._leaving = threading.Timer(_STAY, self._leave)
                self._leaving.daemon = True
                self._leaving.start()

    def _leave(self) -> None:
        with self._lock:
            if not self._users and self._crew is not None:
                atexit.unregister(self._crew.close)
                self._crew.close()
                self._crew = None


_shared = _Shared()


@contextmanager
def shared(crew: Crew | None = None) -> Generator[Crew]:
    """The crew that is given, or this process's own, whose helpers are kept for half a minute."""
    if crew is not None:
        yield crew
        return
    try:
        yield _shared.take()
    finally:
        _shared.give_back()


@contextmanager
def without_collection() -> Generator[None]:
    """Rows have no cycles: looking for them again and again costs up to a quarter of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Desk:
    """Where jobs are taken and results are laid."""

    def __init__(self, function: Callable[[Any], Any], jobs: Iterable[Any]) -> None:
        self.function = function
        self._jobs = iter(jobs)
        self._ahead: list[tuple[int, Any]] = []  # looked at, or given back
        self._results: dict[int, tuple[bool, Any] | bytes] = {}  # packed, where a helper brought it
        self._seen = 0
        self._next = 0
        self._over = False
        self._lock = threading.Condition()

    def take(self) -> tuple[int, Any] | None:
        with self._lock:
            if self._over:
                return None
            if not self._ahead:
                self._look()
            return self._ahead.pop(0) if self._ahead else None

    def _look(self) -> bool:
        """Look at one more job; what fails while there should be one is raised in its place."""
        try:
            job = next(self._jobs)
        except StopIteration:
            return False
        except Exception as error:  # noqa: BLE001 - raised again where the results are taken
            self._results[self._seen] = False, error
            self._seen += 1
            self._jobs = iter(())
            return False
        self._ahead.append((self._seen, job))
        self._seen += 1
        return True

    def give_back(self, job: tuple[int, Any]) -> None:
        with self._lock:
            self._ahead.insert(0, job)
            self._lock.notify_all()

    def lay(self, number: int, result: tuple[bool, Any] | bytes) -> None:
        with self._lock:
            self._results[number] = result
            self._lock.notify_all()

    def more_than_one(self) -> bool:
        with self._lock:
            while len(self._ahead) < 2:  # noqa: PLR2004 - two
                if not self._look():
                    return False
            return True

    def ready(self) -> bool:
        with self._lock:
            return self._next in self._results

    def hand_out(self) -> Any:
        with self._lock:
            told = self._results.pop(self._next)
            self._next += 1
        # Here, not where it was received: that thread waits for its turn whenever this one is at work.
        fine, result = pickle.loads(told) if isinstance(told, bytes) else told  # noqa: S301 - from our own process
        if not fine:
            raise result
        return result

    def work_here(self) -> bool:
        job = self.take()
        if job is None:
            return False
        self.lay(job[0], _tried(self.function, job[1]))
        return True

    def alone(self) -> Iterator[Any]:
        """All that is left, without help."""
        while True:
            if self.ready():
                yield self.hand_out()
            elif not self.work_here() and self.finished():
                return

    def finished(self) -> bool:
        with self._lock:
            return not self._ahead and self._next == self._seen

    def wait(self) -> None:
        with self._lock:
            self._lock.wait_for(lambda: self._next in self._results or bool(self._ahead))

    def close(self) -> None:
        with self._lock:
            self._over = True


def _attend(helper: subprocess.Popen[bytes], desk: _Desk, folder: str) -> None:
    """Hand one helper job after job; what it does not bring back is given back."""
    job, following = desk.take(), None
    try:
        assert helper.stdin is not None
        assert helper.stdout is not None
        packed = _packed((desk.function, job[1]), folder) if job is not None else b""
        while job is not None:
            _send(helper.stdin, packed)
            following = desk.take()
            if following is not None:  # made ready while the helper works
                packed = _packed((desk.function, following[1]), folder)
            desk.lay(job[0], _receive(helper.stdout))
            job, following = following, None
    except _LOST:
        helper.kill()
        for left in (following, job):
            if left is not None:
                desk.give_back(left)


class _Packer(pickle.Pickler):
    """Pickles what travels; tables, which are most of it, lie in files, since no turn of a busy process is needed to write them."""

    def __init__(self, told: io.BytesIO, folder: str) -> None:
        super().__init__(told, protocol=pickle.HIGHEST_PROTOCOL)
        self.folder = folder

    def reducer_override(self, obj: Any, /) -> Any:
        if type(obj) is not pl.DataFrame:
            return NotImplemented
        path = Path(self.folder, secrets.token_hex(8))
        try:
            obj.write_ipc(path, compression="lz4")
        except OSError:  # a full disk: with the rest then
            path.unlink(missing_ok=True)
            return NotImplemented
        return _table, (str(path),)


def _table(path: str) -> pl.DataFrame:
    table = pl.read_ipc(Path(path).read_bytes())
    Path(path).unlink()
    return table


def _packed(value: Any, folder: str) -> bytes:
    told = io.BytesIO()
    _Packer(told, folder).dump(value)
    return told.getvalue()


def _send(pipe: IO[bytes], packed: bytes) -> None:
    pickle.dump(packed, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes:
    return pickle.load(pipe)  # noqa: S301 - from our own process


def _tried(function: Callable[[Any], Any], job: Any) -> tuple[bool, Any]:
    try:
        return True, function(job)
    except Exception as error:  # noqa: BLE001 - raised again where the results are taken
        return False, error


def helping() -> bool:
    """Whether this process is a helper: what it makes must travel."""
    return _serving


def serve(folder: str) -> int:
    """What a helper does: take jobs until nobody hands any; `folder` is where their tables lie, and those of the results."""
    global _serving  # noqa: PLW0603 - said once, when the process begins
    _serving = True
    given, taken = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no result
    while True:
        try:
            told = _receive(given)
        except (EOFError, pickle.UnpicklingError):
            break
        function, job = pickle.loads(told)  # noqa: S301 - from the process that started this one
        fine, result = _tried(function, job)
        try:
            written = _packed((fine, result), folder)
        except Exception as error:  # noqa: BLE001 - an error that cannot travel is told in words
            written = _packed((False, RuntimeError(f"{type(error).__name__}: {error}")), folder)
        try:
            _send(taken, written)
        except OSError:
            break
    # The other process ended without a word: nobody else removes what lies there, which is people's traces.
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _dismiss(helper: subprocess.Popen[bytes]) -> None:
    helper.kill()
    helper.wait()
    for stream in (helper.stdin, helper.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
