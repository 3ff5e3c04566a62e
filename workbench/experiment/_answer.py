"""What an agent returned, read: a text, messages, or either with what it cost."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson

from workbench.errors import InputError
from workbench.evidence import AgentLoop, Step, from_messages

__all__ = ["LINE", "Answer", "TooLong", "plain_answer", "read_answer", "to_json"]

LINE: Final = 500
"""How many characters are kept of what a program or an address said when it failed."""

_KEYS: Final = ("output", "messages", "cost", "input_tokens", "output_tokens", "seconds", "session_id")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an agent returned for one task.

    Parameters
    ----------
    loop
        The messages that it was handed and those that it added, as graders read them.
    raw
        All of what it returned, as JSON text.
    cost
        US dollars.
    input_tokens, output_tokens
        As the agent counts them.
    seconds
        How long it took by its own clock.
    session_id
        Where its own traces are.
    """

    loop: AgentLoop
    raw: str
    cost: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    seconds: float | None = None
    session_id: str | None = None


def read_answer(returned: Any, messages: list[dict[str, Any]], *, session_id: str) -> Answer:
    """Bring what an agent returned into an `Answer`.

    Parameters
    ----------
    returned
        A text, a list of messages (with or without those that it was handed), or a dict of `output` or `messages` with `cost`
        in US dollars, `input_tokens`, `output_tokens`, `seconds`, `session_id`.
    messages
        What it was handed.
    session_id
        What the loop is called.

    Raises
    ------
    InputError
        It is none of these; the message says what was expected.
    """
    raw = to_json(returned)
    plain: Any = orjson.loads(raw)
    fields: dict[str, Any] = _fields(plain)
    if fields and "role" in fields and "content" in fields:
        plain, fields = [fields], {}
    said: Any = plain
    if fields:
        if "output" not in fields and "messages" not in fields:
            msg = (
                f"the agent returned a dict of {', '.join(list(fields)[:8])}; it needs 'output' or 'messages', "
                f"and may have {', '.join(_KEYS[2:])}"
            )
            raise InputError(msg)
        said = fields.get("messages") or fields.get("output")
        said = "" if said is None else said
    if not isinstance(said, str | list):
        msg = f"the agent returned {type(returned).__name__}: return a text, a list of messages, or a dict with 'output' or 'messages'"
        raise InputError(msg)
    if isinstance(said, str):
        added: list[Any] = [{"role": "assistant", "content": said}]
    else:
        added = _added(cast("list[Any]", said), messages)
    loop = from_messages([*messages, *added], session_id=session_id)
    if not any(_speaks(message) for message in added):
        last = loop.steps[-1] if loop.steps else None
        empty = Step(last.number + 1 if last else 1, last.turn if last else 1, "assistant", text="")
        loop = AgentLoop(
            session_id, (*loop.steps, empty)
        )  # it said nothing: no earlier message may pass for its answer
    own = fields.get("session_id")
    return Answer(
        loop,
        raw,
        _number(fields, "cost"),
        _count(fields, "input_tokens"),
        _count(fields, "output_tokens"),
        _number(fields, "seconds"),
        str(own) if own else None,
    )


class TooLong(Exception):  # noqa: N818 - the caller turns it into the trial's error
    """The agent took longer than it may."""


def plain_answer(out: bytes) -> Any:
    """What a program wrote: JSON, or plain text that is the answer as it stands."""
    text = out.decode(errors="replace").strip()
    try:
        value: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return text if value is None or isinstance(value, bool | int | float) else value


def to_json(value: Any) -> str:
    """What an agent returned as JSON text.

    Raises
    ------
    InputError
        It holds what JSON cannot.
    """
    try:
        return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, RecursionError) as error:
        msg = f"the agent returned a {type(value).__name__} that JSON cannot hold: {error}"
        raise InputError(msg) from error


def _fields(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _plain(value: Any) -> Any:
    """Clients' own objects, as the dicts that they are made of."""
    for method in ("model_dump", "to_dict", "dict"):
        if callable(dump := getattr(value, method, None)):
            return dump()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(type(value).__name__)


def _added(said: list[Any], handed: list[dict[str, Any]]) -> list[Any]:
    """The messages beyond those that were handed over, where the agent returned all of them."""
    if not all(isinstance(message, dict) and "role" in message for message in said):
        msg = "the agent returned a list that is no list of messages: each needs 'role' and 'content'"
        raise InputError(msg)
    same = len(said) >= len(handed) and all(
        (a.get("role"), a.get("content")) == (b.get("role"), b.get("content"))
        for a, b in zip(said, handed, strict=False)
    )
    return said[len(handed) :] if same and handed else said


def _speaks(message: dict[str, Any]) -> bool:
    return bool(message.get("tool_calls")) or (message.get("role") == "assistant" and bool(message.get("content")))


def _number(fields: dict[str, Any], name: str) -> float | None:
    value = fields.get(name)
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    return float(cast("float", value)) if known else None


def _count(fields: dict[str, Any], name: str) -> int | None:
    value = _number(fields, name)
    return None if value is None else int(value)
