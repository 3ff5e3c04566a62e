"""One session as an object: its steps, its turns, and the chat messages that led to any point of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import polars as pl

from workbench.errors import InputError, UnknownNameError
from workbench.evidence._messages import SOFT
from workbench.schema import STEPS, conform

__all__ = ["AgentLoop", "Step", "Usage", "loop", "loops"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an agent's loop: the columns of STEPS, and what they say.

    Examples
    --------
    >>> from workbench.evidence import Step
    >>> Step(1, 1, "tool", tool_name="refund", tool_arguments='{"order": 7}').arguments
    {'order': 7}
    """

    number: int
    turn: int
    kind: str
    trace_id: str = ""
    span_id: str = ""
    at: datetime | None = None
    seconds: float | None = None
    text: str | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None
    tool_arguments: str | None = None
    tool_result: str | None = None
    error: str | None = None
    model: str | None = None

    @property
    def arguments(self) -> Any:
        """What the tool was called with: parsed where it is JSON, else as it came; empty where there was nothing."""
        return {} if not self.tool_arguments else _parsed(self.tool_arguments)

    @property
    def result(self) -> Any:
        """What the tool or the retrieval returned: parsed where it is JSON, else as it came; None where nothing came."""
        return None if self.tool_result is None else _parsed(self.tool_result)

    @property
    def failed(self) -> bool:
        """Whether the step failed, by its call or by what its result says."""
        return self.error is not None

    @property
    def soft(self) -> bool:
        """Whether the call itself succeeded and only its result speaks of an error."""
        return self.error is not None and self.error.startswith(SOFT)

    @property
    def target(self) -> str:
        """The span behind the step, as annotations name it: "trace_id/span_id"."""
        return f"{self.trace_id}/{self.span_id}"


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


@dataclass(frozen=True, slots=True)
class Usage:
    """What a session or a trial took; None where nobody said.

    Parameters
    ----------
    seconds
        How long the user waited.
    cost
        US dollars.
    input_tokens, output_tokens
        Of all model calls.

    Examples
    --------
    >>> from workbench.evidence import Usage
    >>> Usage(input_tokens=900, output_tokens=100).tokens
    1000
    """

    seconds: float | None = None
    cost: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def tokens(self) -> int | None:
        """Input and output; None where neither is known."""
        if self.input_tokens is None and self.output_tokens is None:
            return None
        return (self.input_tokens or 0) + (self.output_tokens or 0)


@dataclass(frozen=True, slots=True)
class AgentLoop:
    """One session, step by step; what graders, facets, widgets and reports read.

    Parameters
    ----------
    session_id
        Which session.
    steps
        In order.
    usage
        What it took, where that is known.
    handed
        How many of the steps the agent was handed with its task; 0 in a recorded session, which is the agent's own throughout.

    Examples
    --------
    >>> from workbench.evidence import AgentLoop, Step
    >>> AgentLoop("s", (Step(1, 1, "user", text="Hi"), Step(2, 1, "assistant", text="Hello"))).final_answer
    'Hello'
    """

    session_id: str
    steps: tuple[Step, ...]
    usage: Usage = Usage()
    handed: int = 0

    @property
    def own(self) -> AgentLoop:
        """The same without the steps that the agent was handed: what it did itself."""
        return AgentLoop(self.session_id, self.steps[self.handed :], self.usage) if self.handed else self

    @property
    def turns(self) -> tuple[tuple[Step, ...], ...]:
        """The steps by turn; a turn begins with a user message."""
        turns: dict[int, list[Step]] = {}
        for step in self.steps:
            turns.setdefault(step.turn, []).append(step)
        return tuple(tuple(turns[number]) for number in sorted(turns))

    @property
    def user_messages(self) -> tuple[str, ...]:
        """What the user said, in order."""
        return tuple(step.text or "" for step in self.steps if step.kind == "user")

    @property
    def final_answer(self) -> str | None:
        """The last thing that the agent said; None where it said nothing."""
        return next((step.text for step in reversed(self.steps) if step.kind == "assistant"), None)

    @property
    def errors(self) -> tuple[Step, ...]:
        """The steps that failed, hard or soft."""
        return tuple(step for step in self.steps if step.error is not None)

    def tool_calls(self, name: str | None = None) -> tuple[Step, ...]:
        """The tool calls in order, of one tool where `name` says which."""
        return tuple(s for s in self.steps if s.kind == "tool" and (name is None or s.tool_name == name))

    def messages(self, until: Step | int | None = None) -> list[dict[str, Any]]:
        """The session as chat messages, up to and without the step `until`.

        Parameters
        ----------
        until
            A step or its number; for a whole turn give its first step (`loop.turns[2][0]`). None: the whole session.

        Returns
        -------
        list of dict
            Canonical messages: `role`, `content`, and for tools `tool_calls` with `id`, `name`, `arguments` and
            `tool_call_id`. Calls that ran side by side stand in one message. Calls without an id get one from their step.
            Retrievals and errors are no messages, and a result that never came is left out.

        Raises
        ------
        InputError
            The session has no such step.
        """
        end = len(self.steps) + 1 if until is None else until if isinstance(until, int) else until.number
        numbers = {step.number for step in self.steps}
        if until is not None and end not in numbers:
            msg = f"session {self.session_id!r} has no step {end}: its steps are 1 to {len(self.steps)}"
            raise InputError(msg)
        return _messages([step for step in self.steps if step.number < end])

    def __repr__(self) -> str:
        """One line."""
        calls, errors = len(self.tool_calls()), len(self.errors)
        return (
            f"<AgentLoop {self.session_id}: {_count(len(self.turns), 'turn')}, {_count(len(self.steps), 'step')}, "
            f"{_count(calls, 'tool call')}, {_count(errors, 'error')}>"
        )

    def _repr_html_(self) -> str:
        from workbench.evidence._show import conversation

        return conversation(self)

    def to_frame(self) -> pl.DataFrame:
        """The steps as STEPS rows."""
        rows = [{"session_id": self.session_id, **{n: getattr(s, n) for n in _FIELDS}} for s in self.steps]
        return pl.DataFrame(rows, schema=STEPS)


_FIELDS = tuple(Step.__dataclass_fields__)


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _messages(steps: list[Step]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    asking: dict[str, Any] | None = None  # the assistant message that further calls belong to
    previous: Step | None = None
    results: list[dict[str, Any]] = []
    for step in steps:
        if step.kind == "tool":
            together = asking is not None and (previous is None or _side_by_side(previous, step))
            if asking is None or not together:
                messages.extend(results)
                results = []
                asking = {"role": "assistant", "content": ""}
                messages.append(asking)
            call_id = step.tool_call_id or f"call_{step.number}"
            call = {"id": call_id, "name": step.tool_name or "tool", "arguments": step.arguments}
            asking.setdefault("tool_calls", []).append(call)
            if step.tool_result is not None:
                results.append(
                    {"role": "tool", "tool_call_id": call_id, "name": step.tool_name, "content": step.tool_result}
                )
            previous = step
        elif step.kind in {"system", "user", "assistant"}:
            messages.extend(results)
            results = []
            message = {"role": step.kind, "content": step.text or ""}
            messages.append(message)
            asking, previous = (message if step.kind == "assistant" else None), None
    return messages + results


def _side_by_side(first: Step, second: Step) -> bool:
    """Whether two calls belong to one message: asked for by one span, or the second began before the first ended."""
    if (first.trace_id, first.span_id) == (second.trace_id, second.span_id):
        return True
    if first.at is None or second.at is None or first.seconds is None or first.trace_id != second.trace_id:
        return False
    return second.at < first.at + timedelta(seconds=first.seconds)


def loops(steps: Any) -> Iterator[AgentLoop]:
    """Every session of a STEPS frame as an `AgentLoop`, in the order in which the frame first names them.

    Parameters
    ----------
    steps
        STEPS rows, in any order.

    Yields
    ------
    AgentLoop
        One a session, its steps by number.

    Examples
    --------
    >>> from workbench.evidence import loops
    >>> [loop.session_id for loop in loops([{"session_id": "s", "number": 1, "turn": 1, "kind": "user", "text": "Hi"}])]
    ['s']
    """
    frame = conform(steps, STEPS, what="steps").select(STEPS.names())
    first = pl.col("row").min().over("session_id")
    frame = frame.with_row_index("row").sort(first, "number", maintain_order=True)
    session: str | None = None
    held: list[Step] = []
    for batch in frame.iter_slices(50_000):
        for values in zip(*(batch[name].to_list() for name in ("session_id", *_FIELDS)), strict=True):
            if held and values[0] != session:
                yield AgentLoop(session or "", tuple(held))
                held = []
            session = values[0]
            held.append(Step(*values[1:]))
    if held:
        yield AgentLoop(session or "", tuple(held))


def loop(steps: Any, session_id: str) -> AgentLoop:
    """One session of a STEPS frame.

    Parameters
    ----------
    steps
        STEPS rows.
    session_id
        Which session.

    Returns
    -------
    AgentLoop
        The session's steps by number.

    Raises
    ------
    UnknownNameError
        The frame holds no step of such a session; the message suggests the nearest id.

    Examples
    --------
    >>> from workbench import evidence
    >>> evidence.loop([{"session_id": "s", "number": 1, "turn": 1, "kind": "user", "text": "Hi"}], "s").user_messages
    ('Hi',)
    """
    frame = conform(steps, STEPS, what="steps")
    found = next(loops(frame.filter(session_id=session_id)), None)
    if found is None:
        known = frame["session_id"].drop_nulls().unique().to_list()
        raise UnknownNameError(session_id, "session", known)
    return found
