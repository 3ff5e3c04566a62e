"""What can be tried: a function, `module:function`, a command that talks JSON, an HTTP endpoint. It sees its task and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import importlib.util
import inspect
import json
import re
import shlex
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, cast
from urllib import error as urllib_error
from urllib import request as urllib_request
from urllib.parse import urlsplit

from workbench.errors import InfrastructureError, InputError
from workbench.experiment._answer import LINE, TooLong, plain_answer
from workbench.experiment._command import Command, files_of
from workbench.experiment._fingerprint import digest, fingerprint, refuse_ground_truth
from workbench.experiment._serve import plain_task

__all__ = ["Agent", "Task", "agent_of", "in_time", "is_infrastructure", "settle"]

Task = Mapping[str, Any]
"""What an agent is handed: `case_id`, `input` (the user's message), `messages` (all up to and with it), and `namespace`, a name of
this one try under which it may keep what it has to keep apart."""

_NAMED: Final = re.compile(r"^[\w./\\-]+:[A-Za-z_]\w*$")
_BUSY: Final = frozenset({408, 429, 502, 503, 504, 529})
_WORN: Final = ("ConnectionError", "ConnectError", "ConnectTimeout", "ReadTimeout", "TimeoutError", "RateLimitError")


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


def agent_of(what: Any, *, hidden: Sequence[str | Path] = (), confined: bool = True) -> Agent:
    """Make an agent of what the user has.

    Parameters
    ----------
    what
        A function of one task, sync or async; "module:function" or "file.py:function"; a command, as words or as one line, that
        reads a JSON task on stdin and writes its answer on stdout; or an address that takes the task by POST.
    hidden
        Folders whose files a command must not read or write, such as the workspace.
    confined
        Whether a command is kept from those folders and from looking into other processes; Linux can do so (Landlock). It then cannot
        mount, nor gain rights as `sudo` does: for programs that do, say False.

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
        return _command(tuple(shlex.split(what)), hidden, confined=confined)
    if isinstance(what, Sequence):
        return _command(tuple(str(word) for word in cast("Sequence[object]", what)), hidden, confined=confined)
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


def _command(words: tuple[str, ...], hidden: Sequence[str | Path], *, confined: bool) -> Agent:
    if not words:
        msg = "the agent's command is empty: give its words, such as ['python', 'agent.py']"
        raise InputError(msg)
    content = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files_of(words)]
    command = Command(words, tuple(str(Path(folder).resolve()) for folder in hidden), confined)
    return Agent(shlex.join(words), "command", command, digest([list(words), content]))


@dataclass(frozen=True, slots=True)
class _Function:
    """A function of a task; that it is timed is its caller's business."""

    function: Callable[..., Any]

    def __call__(self, task: dict[str, Any], timeout: float | None) -> Any:  # noqa: ARG002 - as the others are called
        return self.function(task)


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """An address that takes a task and gives its answer."""

    address: str

    def __call__(self, task: dict[str, Any], timeout: float | None) -> Any:
        headers = {"Content-Type": "application/json", "X-Workbench-Namespace": str(task["namespace"])}
        with plain_task(task) as plain:
            return self._posted(json.dumps(plain).encode(), headers, timeout)

    def _posted(self, body: bytes, headers: dict[str, str], timeout: float | None) -> Any:
        asked = urllib_request.Request(self.address, body, headers)  # noqa: S310 - http or https, see agent_of
        try:
            with urllib_request.urlopen(asked, timeout=timeout) as answer:  # noqa: S310
                return plain_answer(answer.read())
        except urllib_error.HTTPError as error:
            with error:
                said = error.read(LINE).decode(errors="replace")
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
