"""What can be tried: a function, `module:function`, a command that talks JSON, an HTTP endpoint. It sees its task and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import importlib.util
import inspect
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib import error as urllib_error
from urllib import request as urllib_request
from urllib.parse import urlsplit

from workbench.errors import InfrastructureError, InputError
from workbench.experiment._fingerprint import digest, fingerprint, refuse_ground_truth

__all__ = ["Agent", "Task", "TooLong", "agent_of", "in_time", "is_infrastructure", "settle"]

Task = Mapping[str, Any]
"""What an agent is handed: `case_id`, `input` (the user's message), `messages` (all up to and with it), and `namespace`, a name of
this one try under which it may keep what it has to keep apart."""

_NAMED: Final = re.compile(r"^[\w./\\-]+:[A-Za-z_]\w*$")
_BUSY: Final = frozenset({408, 429, 502, 503, 504, 529})
_WORN: Final = ("ConnectionError", "ConnectError", "ConnectTimeout", "ReadTimeout", "TimeoutError", "RateLimitError")
_TEMPORARY: Final = 75  # a command's exit code for "try again": EX_TEMPFAIL
_LINE: Final = 500


@dataclass(frozen=True, slots=True)
class Agent:
    """Something that can be tried on a case.

    Parameters
    ----------
    name
        What it is called.
    kind
        How it is reached.
    ask
        Called with a task and the seconds that it may take; what it returns is the answer. For the kind "async" it returns a
        coroutine.
    fingerprint
        A hash of what can be seen of it: a function's source and the values that it refers to, a command's words and files, an
        address.
    """

    name: str
    kind: Literal["function", "async", "command", "http"]
    ask: Callable[[dict[str, Any], float | None], Any] = field(repr=False)
    fingerprint: str

    @property
    def inside(self) -> bool:
        """Whether it runs in this interpreter."""
        return self.kind in {"function", "async"}


def agent_of(what: Any) -> Agent:
    """Make an agent of what the user has.

    Parameters
    ----------
    what
        A function of one task, sync or async; "module:function" or "file.py:function"; a command, as words or as one line, that
        reads a JSON task on stdin and writes its answer on stdout; or an address that takes the task by POST.

    Returns
    -------
    Agent
        With its fingerprint.

    Raises
    ------
    InputError
        There is no such function, or it refers to ground truth.

    Examples
    --------
    >>> agent_of(lambda task: task["input"].upper()).ask({"input": "hi"}, None)
    'HI'
    """
    if isinstance(what, Agent):
        return what
    if isinstance(what, str) and re.match(r"^https?://", what):
        parts = urlsplit(what)  # what an address may hold of secrets is no part of a name
        named = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        return Agent(named, "http", _Endpoint(what), digest(named))
    if isinstance(what, str) and _NAMED.match(what):
        return _function(_import(what), what)
    if isinstance(what, str):
        return _command(shlex.split(what))
    if isinstance(what, Sequence):
        return _command([str(word) for word in what])  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if callable(what):
        return _function(what, getattr(what, "__name__", type(what).__name__))
    msg = f"{what!r} is no agent: give a function, 'module:function', a command, or an address"
    raise InputError(msg)


def is_infrastructure(error: BaseException) -> bool:
    """Whether what failed is not the agent but what it stands on: such a try is made again."""
    if isinstance(error, InfrastructureError | ConnectionError | TimeoutError):
        return True
    for name in ("status_code", "status", "code"):  # clients' own errors carry the answer's status
        if isinstance(status := getattr(error, name, None), int) and status in _BUSY:
            return True
    return any(kind.__name__.endswith(_WORN) for kind in type(error).__mro__)


def _function(function: Any, name: str) -> Agent:
    refuse_ground_truth(function)
    called = function if inspect.isroutine(function) else type(function).__call__
    waits = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)
    return Agent(name, "async" if waits else "function", _Function(function), fingerprint(function))


def _import(where: str) -> Any:
    place, _, name = where.rpartition(":")
    try:
        if place.endswith(".py"):
            path = Path(place).resolve()
            known = f"workbench_agent_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
            spec = importlib.util.spec_from_file_location(known, path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[known] = module
            spec.loader.exec_module(module)
        else:
            module = importlib.import_module(place)
        found = getattr(module, name)
    except Exception as error:
        msg = f"no agent at {where!r}: {type(error).__name__}: {error}"
        raise InputError(msg) from error
    if not callable(found):
        msg = f"{where!r} is a {type(found).__name__}, not a function of a task"
        raise InputError(msg)
    return found


def _command(words: list[str]) -> Agent:
    if not words:
        msg = "the agent's command is empty: give its words, such as ['python', 'agent.py']"
        raise InputError(msg)
    files = [path for word in words if (path := Path(word)).is_file()]
    content = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    return Agent(shlex.join(words), "command", _Command(tuple(words)), digest([words, content]))


@dataclass(frozen=True, slots=True)
class _Function:
    """A function of a task; that it is timed is its caller's business."""

    function: Callable[..., Any]

    def __call__(self, task: dict[str, Any], timeout: float | None) -> Any:  # noqa: ARG002 - as the others are called
        return self.function(task)


@dataclass(frozen=True, slots=True)
class _Command:
    """A program that is started anew for each task, in a process group and a temporary folder of its own."""

    words: tuple[str, ...]

    def __call__(self, task: dict[str, Any], timeout: float | None) -> Any:
        with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
            # Where the workspace is, and with it the ground truth, is not for the agent to know.
            environment = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH")}
            environment |= {"WORKBENCH_NAMESPACE": str(task["namespace"]), "TMPDIR": folder}
            try:
                process = subprocess.Popen(  # noqa: S603 - the user's own agent, never a shell
                    self.words,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=environment,
                    start_new_session=True,
                )
            except OSError as error:
                msg = f"{self.words[0]!r} cannot be started: {error.strerror or error}"
                raise RuntimeError(msg) from error
            try:
                out, err = process.communicate(json.dumps(task).encode(), timeout=timeout)
            except subprocess.TimeoutExpired:
                raise TooLong from None
            finally:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)  # and whatever it started
                process.wait()
                for stream in (process.stdin, process.stdout, process.stderr):
                    if stream is not None:
                        with suppress(OSError):
                            stream.close()
        said = err.decode(errors="replace").strip()[-_LINE:]
        if process.returncode == _TEMPORARY:
            raise InfrastructureError(said or f"the command asked to be tried again (exit code {_TEMPORARY})")
        if process.returncode:
            msg = f"the command ended with code {process.returncode}: {said}"
            raise RuntimeError(msg)
        return _read(out)


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """An address that takes a task and gives its answer."""

    address: str

    def __call__(self, task: dict[str, Any], timeout: float | None) -> Any:
        headers = {"Content-Type": "application/json", "X-Workbench-Namespace": str(task["namespace"])}
        asked = urllib_request.Request(self.address, json.dumps(task).encode(), headers)  # noqa: S310 - http or https, see agent_of
        try:
            with urllib_request.urlopen(asked, timeout=timeout) as answer:  # noqa: S310
                return _read(answer.read())
        except urllib_error.HTTPError as error:
            with error:
                said = error.read(_LINE).decode(errors="replace")
            msg = f"HTTP {error.code}: {said}".strip()
            if error.code in _BUSY:
                wait = (error.headers or {}).get("Retry-After", "")
                raise InfrastructureError(msg, float(wait) if str(wait).isdigit() else None) from error
            raise RuntimeError(msg) from error
        except TimeoutError:
            raise TooLong from None
        except urllib_error.URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise TooLong from None
            msg = f"{urlsplit(self.address).hostname} cannot be reached: {error.reason}"
            raise InfrastructureError(msg) from error


class TooLong(Exception):  # noqa: N818 - the caller turns it into the trial's error
    """The agent took longer than it may."""


def _read(out: bytes) -> Any:
    """JSON, or plain text that is the answer as it stands."""
    text = out.decode(errors="replace").strip()
    try:
        value: Any = json.loads(text)
    except ValueError:
        return text
    return text if value is None or isinstance(value, bool | int | float) else value


def settle(agent: Agent, task: dict[str, Any], timeout: float | None) -> Any:
    """Ask an agent in another process, where nobody else waits for it."""
    answer = agent.ask(task, timeout)
    if not inspect.isawaitable(answer):
        return answer

    async def wait() -> Any:
        return await in_time(answer, timeout)

    return asyncio.run(wait())


async def in_time(answer: Awaitable[Any], seconds: float | None) -> Any:
    """What comes of it, unless it takes too long."""
    begun = asyncio.ensure_future(answer)
    done, _ = await asyncio.wait({begun}, timeout=seconds)
    if not done:
        begun.cancel()
        raise TooLong
    return begun.result()
