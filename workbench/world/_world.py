"""The world of a session: every tool call and retrieval that the agent made, with what came back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Final

import polars as pl

from workbench import _html
from workbench.errors import InputError
from workbench.evidence import AgentLoop, Step, loops
from workbench.load import looks_cut
from workbench.world._key import call_key, canonical

__all__ = ["Answer", "Call", "Fetch", "Miss", "Payloads", "World", "record", "whole_payloads"]

_FORMAT: Final = "workbench.world/1"
_ASKED: Final = ("tool", "retrieval")

Redact = Callable[[str], str]
Fetch = Callable[[str, str, str], str | None]
"""The whole text of a span's column that was cut, by trace id, span id and column; None where there is none."""

_RESULTS: Final = {"tool": ("tool_result", "output"), "retrieval": ("documents", "output")}
_ARGUMENTS: Final = ("tool_arguments", "input")
_QUERY: Final = ("input",)
_TOLD: Final = frozenset({"input_messages", "output_messages", "raw"})  # what another span may have told of a call


@dataclass(frozen=True, slots=True)
class Call:
    """One recorded call: what was asked, and what came back.

    `lost` says why the result is not there (null: it is).
    """

    number: int
    turn: int | None
    kind: str
    key: str
    name: str
    arguments: str
    result: str | None
    error: str | None
    lost: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the world says to a call: the recorded result or error, and the step that it was recorded at."""

    key: str
    result: str | None
    error: str | None
    number: int


@dataclass(frozen=True, slots=True)
class Miss:
    """The world does not know: to be scored as unknown, never as an empty result. False where a truth value is asked."""

    key: str
    reason: str

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class World:
    """The recorded calls of one session, in order.

    Attributes
    ----------
    session_id
        The session that the calls come from.
    calls
        Tool calls and retrievals in the order in which the agent made them.
    """

    session_id: str
    calls: tuple[Call, ...]

    @property
    def missing(self) -> tuple[Call, ...]:
        """Calls whose result was already gone when the world was recorded."""
        return tuple(call for call in self.calls if call.lost is not None)

    @property
    def world_id(self) -> str:
        """SHA-256 of `to_bytes`, in hexadecimal: the address of the world in a content-addressed store."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def sentence(self) -> str:
        """What was kept and what was already gone."""
        if not self.calls:
            return f"Session {self.session_id} called no tool: there is no world to keep."
        said = f"{len(self.calls)} recorded calls of session {self.session_id}"
        if not self.missing:
            return f"{said}, all with their results."
        return f"{said}; the results of {len(self.missing)} were already gone."

    def answer(self, tool_name: str, arguments: object, occurrence: int = 0) -> Answer | Miss:
        """What the recorded world says to a call.

        Parameters
        ----------
        tool_name, arguments
            The call; `arguments` as JSON text or a mapping. Calls are told apart by `call_key`.
        occurrence
            How often the same call was asked before (0-based): a call that was recorded twice may have had two results.

        Returns
        -------
        Answer or Miss
            The recorded result, or an explicit miss with its reason. A miss is unknown, not empty.
        """
        key = call_key(tool_name, arguments)
        same = [call for call in self.calls if call.key == key]
        if not same:
            known = any(call.name == tool_name for call in self.calls)
            return Miss(
                key,
                f"{tool_name!r} was never called with these arguments" if known else f"{tool_name!r} was never called",
            )
        if not 0 <= occurrence < len(same):
            times = "once" if len(same) == 1 else f"{len(same)} times"
            return Miss(key, f"this call was recorded {times}; occurrence {occurrence} (0-based) was asked for")
        call = same[occurrence]
        if call.lost is not None:
            return Miss(key, f"the call at step {call.number} cannot be answered: {call.lost}")
        return Answer(key, call.result, call.error, call.number)

    def to_bytes(self) -> bytes:
        """Deterministic JSON, UTF-8: the same world gives the same bytes everywhere."""
        body = {"format": _FORMAT, "session_id": self.session_id, "calls": [asdict(call) for call in self.calls]}
        return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")

    @classmethod
    def from_bytes(cls, content: bytes) -> World:
        """The world that `to_bytes` wrote.

        Raises
        ------
        InputError
            The bytes are no world, or of a format that this version does not read.
        """
        try:
            body = json.loads(content)
            if body["format"] != _FORMAT:
                msg = f"a world in the format {body['format']!r}; this version reads {_FORMAT!r}. Install a newer workbench."
                raise InputError(msg)
            return cls(str(body["session_id"]), tuple(Call(**call) for call in body["calls"]))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            msg = f"these {len(content):,} bytes are no recorded world: {error}"
            raise InputError(msg) from error

    def to_frame(self) -> pl.DataFrame:
        """One row a call: number, turn, kind, key, name, arguments, result, error, lost."""
        return pl.DataFrame([asdict(call) for call in self.calls], schema=_CALLS)

    def __iter__(self) -> Iterator[Call]:
        return iter(self.calls)

    def __len__(self) -> int:
        return len(self.calls)

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        shown = self.to_frame().select(
            "number", "name", *(pl.col(name).str.slice(0, 200) for name in ("arguments", "result", "error")), "lost"
        )
        return _html.panel(self.sentence, _html.table(shown) if self.calls else "")


_CALLS: Final = pl.Schema({
    "number": pl.Int64(),
    "turn": pl.Int64(),
    "kind": pl.String(),
    "key": pl.String(),
    "name": pl.String(),
    "arguments": pl.String(),
    "result": pl.String(),
    "error": pl.String(),
    "lost": pl.String(),
})  # fmt: skip


def record(
    session: AgentLoop | object,
    *,
    fetch: Fetch | None = None,
    redact: Redact | None = None,
) -> World:
    """Record the world of one session: every tool call and retrieval, by canonical key, with what came back.

    Parameters
    ----------
    session
        An `AgentLoop`, or the steps of one session (schema `STEPS`).
    fetch
        Finds the whole text of what was cut when it was loaded; see `whole_payloads`. What it does not find is lost.
    redact
        Applied to arguments, results and errors before they are kept. The key is that of the call as it was made, so that the same
        call finds its result in a redacted world.

    Returns
    -------
    World
        With `missing`: the calls whose result never came or was not kept.

    Raises
    ------
    InputError
        The steps belong to more than one session, or to none.

    Examples
    --------
    >>> from workbench import world
    >>> steps = [{"session_id": "s1", "number": 2, "turn": 1, "kind": "tool", "tool_name": "find",
    ...           "tool_arguments": '{"id": 7}', "tool_result": "a book"}]
    >>> world.record(steps).answer("find", {"id": 7.0}).result
    'a book'
    """
    if isinstance(session, AgentLoop):
        loop = session
    else:
        found = list(loops(session))
        if len(found) != 1:
            those = (
                "none" if not found else f"{len(found)}, among them {found[0].session_id!r} and {found[1].session_id!r}"
            )
            msg = f"a world is recorded from the steps of one session; these belong to {those}. Filter by session_id first."
            raise InputError(msg)
        loop = found[0]
    clean = redact or _as_it_is
    return World(loop.session_id, tuple(_call(step, fetch, clean) for step in loop.steps if step.kind in _ASKED))


def _as_it_is(text: str) -> str:
    return text


def _call(step: Step, fetch: Fetch | None, clean: Redact) -> Call:
    name = step.tool_name or step.kind
    if step.kind == "retrieval" and not step.tool_arguments:
        arguments: object = {"query": step.text}
        whole, cut = _whole(step.text, step, _QUERY, fetch)
        lost = "its query was cut when it was loaded" if cut or whole != step.text else None
    else:
        arguments, cut = _whole(step.tool_arguments, step, _ARGUMENTS, fetch)
        lost = "its arguments were cut when they were loaded" if cut else None
    result, cut = _whole(step.tool_result, step, _RESULTS[step.kind], fetch)
    # A call whose result speaks of an error did return: how the result is read is not the world's business.
    error = None if step.soft and result is not None else step.error
    if result is None and error is None:
        lost = "no result was recorded"
    elif cut:
        lost = "its result was cut when it was loaded"
    return Call(
        number=step.number,
        turn=step.turn,
        kind=step.kind,
        key=call_key(name, arguments),
        name=name,
        arguments=clean(arguments if isinstance(arguments, str) else canonical(arguments)),
        result=None if result is None else clean(result),
        error=None if error is None else clean(error),
        lost=lost,
    )


def _whole(text: str | None, step: Step, columns: tuple[str, ...], fetch: Fetch | None) -> tuple[str | None, bool]:
    """The text whole where it can be had, and whether it is still cut."""
    if text is None or not looks_cut(text):
        return text, False
    for column in columns if fetch is not None else ():
        found = fetch(step.trace_id, step.span_id, column) if fetch is not None else None
        if found is not None:
            return found, False
    # Where it is known what was cut, a result that speaks of a cut is one that was recorded so.
    return text, fetch.told_short(step.trace_id) if isinstance(fetch, Payloads) else True


@dataclass(frozen=True, slots=True)
class Payloads:
    """What loading cut out of the spans and kept beside them; what it does not name was not cut.

    Attributes
    ----------
    kept
        SHA-256 of the whole payload by trace id, span id and column.
    get
        The bytes of a payload by its SHA-256.
    short
        The traces of which messages were cut.
    """

    kept: Mapping[tuple[str, str, str], str]
    get: Callable[[str], bytes]
    short: frozenset[str]

    def __call__(self, trace_id: str, span_id: str, column: str) -> str | None:
        """The whole text of a span's column that was cut; None where it was not."""
        sha256 = self.kept.get((trace_id, span_id, column))
        return None if sha256 is None else self.get(sha256).decode()

    def told_short(self, trace_id: str) -> bool:
        """Whether messages of the trace were cut, so that a text in it may come from one of them."""
        return trace_id in self.short


def whole_payloads(spans: pl.DataFrame, get: Callable[[str], bytes]) -> Payloads:
    """A `fetch` for `record`: finds what loading cut out of the spans and kept beside them.

    Parameters
    ----------
    spans
        Columns `trace_id`, `span_id` and `spilled` of `schema.SPANS`: at least all spans of which something was cut.
    get
        The bytes of a kept payload by its SHA-256, as `Store.blobs.get`.
    """
    kept = {
        (trace_id, span_id, each["column"]): each["sha256"]
        for trace_id, span_id, spilled in spans.select("trace_id", "span_id", "spilled")
        .drop_nulls("spilled")
        .iter_rows()
        for each in spilled
    }
    return Payloads(kept, get, frozenset(trace_id for trace_id, _, column in kept if column in _TOLD))
