"""A session on its way to the browser: plain data, trimmed to what a page can carry, in the words of the reader."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import orjson
import polars as pl

from workbench.errors import InputError, UnknownNameError

__all__ = ["PAYLOADS", "Reading", "conversation", "encode"]

PAYLOADS: Final = ("text", "tool_arguments", "tool_result", "error")
SENT = 20_000  # characters of a payload that are sent at once; the rest is asked for
PART = 200_000  # characters of one answer to such a question

_FACTS: Final = {
    "started_at": "started",
    "agent_name": "agent",
    "agent_version": "version",
    "environment": "environment",
    "status": "status",
    "models": "model",
    "seconds": "waited",
    "latency": "waited",
    "turns": "turns",
    "tool_calls": "tool calls",
    "errors": "errors",
    "tokens": "tokens",
    "input_tokens": "tokens in",
    "output_tokens": "tokens out",
    "cost": "cost",
    "user_id": "user",
    "task_id": "task",
    "trial": "trial",
}


def conversation(
    steps: Any,
    *,
    header: Mapping[str, Any] | None = None,
    signals: Iterable[Mapping[str, Any]] = (),
    suggestions: Iterable[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """Make what `Labeller` and `Explorer` read from the steps of one session.

    Parameters
    ----------
    steps
        The rows of one session in a `workbench.schema.STEPS` frame, in order.
    header
        Facts for the head of the page, for example a row of a `workbench.schema.SESSIONS` frame.
    signals
        What was observed: ``name``, ``text``, and ``span`` ("trace_id/span_id") where it points to a step.
    suggestions
        What software thinks of the session: ``source``, ``text``. The labeller holds them back until a verdict is given.

    Returns
    -------
    dict
        ``steps``, ``signals``, ``suggestions`` and the header's facts.

    Examples
    --------
    >>> from workbench.widgets import conversation
    >>> conversation([{"number": 1, "kind": "user", "text": "Hello"}])["steps"][0]["text"]
    'Hello'
    """
    rows: Iterable[dict[str, Any]]
    if isinstance(steps, pl.LazyFrame):
        rows = steps.collect().iter_rows(named=True)
    elif isinstance(steps, pl.DataFrame):
        rows = steps.iter_rows(named=True)
    else:
        rows = steps
    return {
        **(header or {}),
        "steps": list(rows),
        "signals": [dict(signal) for signal in signals],
        "suggestions": [dict(suggestion) for suggestion in suggestions],
    }


@dataclass(frozen=True, slots=True)
class Reading:
    """A session that was fetched: the whole texts stay here, the page gets what it can show."""

    steps: tuple[dict[str, Any], ...]
    facts: tuple[tuple[str, str], ...]
    signals: tuple[dict[str, Any], ...]
    suggestions: tuple[dict[str, str], ...]
    reviews: tuple[dict[str, Any], ...] = ()

    @classmethod
    def of(cls, session: Mapping[str, Any]) -> Reading:
        """Read what a `fetch` callback returned."""
        if "steps" not in session:
            msg = f"fetch returned a session without 'steps': it has {', '.join(map(str, session)) or 'nothing'}; see workbench.widgets.conversation"
            raise InputError(msg)
        steps = tuple(_step(number, row) for number, row in enumerate(session["steps"], start=1))
        numbers = {step["span"]: step["number"] for step in reversed(steps)}
        signals = tuple(
            {
                "name": str(signal.get("name", "signal")),
                "text": _fact("", signal.get("text", signal.get("value"))),
                "number": signal.get("number", numbers.get(signal.get("span"))),
            }
            for signal in cast("Sequence[Mapping[str, Any]]", session.get("signals") or ())
        )
        suggestions = tuple(
            {"source": str(each.get("source", "suggestion")), "text": str(each.get("text", ""))}
            for each in cast("Sequence[Mapping[str, Any]]", session.get("suggestions") or ())
        )
        facts = tuple(
            (name, _fact(key, session[key])) for key, name in _FACTS.items() if session.get(key) not in (None, "", [])
        )
        reviews = tuple(dict(each) for each in cast("Sequence[Mapping[str, Any]]", session.get("reviews") or ()))
        return cls(steps, facts, signals, suggestions, reviews)

    def wire(self, session_id: str, because: str) -> bytes:
        """Write the page's part as JSON; long payloads are trimmed and say how much is left."""
        return encode(
            {
                "session_id": session_id,
                "because": because,
                "facts": self.facts,
                "signals": self.signals,
                "held": len(self.suggestions),
                "reviews": self.reviews,
                "steps": [_trimmed(step) for step in self.steps],
            }
        )

    def rest(self, number: int, field: str, left: int) -> tuple[bytes, int]:
        """Give the next part of a payload of which `left` characters were not sent, and how many are left then."""
        if field not in PAYLOADS:
            raise UnknownNameError(kind="payload", name=field, known=PAYLOADS)
        step = next((step for step in self.steps if step["number"] == number), None)
        if step is None:
            msg = f"the session has no step {number}: it has {len(self.steps)}"
            raise InputError(msg)
        text = step[field] or ""
        start = max(0, len(text) - left)
        part = text[start : start + PART]
        return part.encode("utf-8", "surrogatepass" if _whole(part) else "replace"), len(text) - start - len(part)


def encode(value: Any) -> bytes:
    """Write plain data as JSON; what JSON lacks becomes text or null, and a broken character stays visible."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:  # half a character, which UTF-8 cannot hold: written as an escape
        finite = json.loads(json.dumps(value, default=str), parse_constant=lambda _: None)
        return json.dumps(finite).encode("ascii")


def _whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _step(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    span = row.get("span")
    if span is None:
        span = f"{row['trace_id']}/{row['span_id']}" if row.get("trace_id") and row.get("span_id") else f"step/{number}"
    return {
        "number": row.get("number") or number,
        "turn": row.get("turn"),
        "kind": row.get("kind") or "assistant",
        "text": _text(row.get("text")),
        "tool_name": _text(row.get("tool_name")),
        "tool_arguments": _text(row.get("tool_arguments")),
        "tool_result": _text(row.get("tool_result")),
        "error": _text(row.get("error")),
        "seconds": row.get("seconds"),
        "model": _text(row.get("model")),
        "span": str(span),
        "cuts": {name: cut for name, cut in cast("Mapping[str, int]", row.get("cuts") or {}).items() if cut},
    }


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return encode(value).decode("utf-8")


def _trimmed(step: dict[str, Any]) -> dict[str, Any]:
    more = {name: len(step[name]) - SENT for name in PAYLOADS if step[name] is not None and len(step[name]) > SENT}
    if not more and not step["cuts"]:
        return {name: value for name, value in step.items() if name != "cuts"}
    return {**step, **{name: step[name][:SENT] for name in more}, "more": more}


def _fact(key: str, value: Any) -> str:  # noqa: PLR0911 - one kind of value a line
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key == "cost" and isinstance(value, int | float):
        return f"${value:,.4f}" if abs(value) < 1 else f"${value:,.2f}"
    if key in ("seconds", "latency") and isinstance(value, int | float):
        return f"{value:,.1f} s"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in cast("Sequence[object]", value))
    return str(value)
