"""Conversations that were kept as messages, without spans: the spans that they imply.

One `agent` span stands for the conversation; below it, in order, one `llm` span for every answer of the assistant,
given the messages since the answer before, and one `tool` span for every tool call, joined with its result. What was
said after the last answer is an `other` span. Spans are numbered in order: the id of a span is its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from workbench.load._messages import messages
from workbench.load._sheet import Sheet
from workbench.load._values import as_json, dumps

__all__ = ["Said", "content_id", "say", "write_transcript"]

Row = dict[str, Any]
_TOLD: Final = ("role", "content", "name", "tool_calls", "tool_call_id", "reasoning")


@dataclass(slots=True)
class Said:
    """One message, and what is known of it beside its words.

    Parameters
    ----------
    message
        In the one form of `_messages`.
    start, end
        Nanoseconds, where known.
    columns
        Columns for the span of this answer or of this tool result.
    error
        Why the call failed that this message answers.
    offstage
        The agent saw nothing of it: what a simulated user did with tools of its own.
    """

    message: Row
    start: int | None = None
    end: int | None = None
    columns: Row = field(default_factory=dict[str, Any])
    error: str | None = None
    offstage: bool = False


def say(
    raw: Any, *, start: int | None = None, end: int | None = None, columns: Row | None = None, offstage: bool = False
) -> list[Said]:
    """What one message of a source says; several, where it holds several tool results."""
    found: list[Said] = []
    for message in messages([raw]) or []:
        failed = message.pop("error", None)
        error = message["content"] or "error" if failed else None
        found.append(Said(message, start, end, columns or {}, error, offstage))
    return found


def content_id(*parts: Any) -> str:
    """An id of 32 hex digits, the same for the same content."""
    return hashlib.sha256(dumps(parts).encode()).hexdigest()[:32]


def write_transcript(sheet: Sheet, said: Iterable[Said], *, trace_id: str, shared: Row, root: Row) -> None:
    """Write the spans of a conversation.

    Parameters
    ----------
    sheet
        Where to.
    said
        The messages, in order.
    trace_id
        The trace of the conversation.
    shared
        Columns of all its spans.
    root
        Columns of the span that stands for the whole; `input` and `output` are filled where they are missing.
    """
    build = _Build(trace_id, shared)
    for one in said:
        build.add(one)
    build.end()
    rows = build.rows
    starts = [row["start"] for row in rows if row.get("start") is not None]
    ends = [row["end"] for row in rows if row.get("end") is not None]
    top: Row = {
        **shared,
        "trace_id": trace_id,
        "span_id": _place(0),
        "name": shared.get("agent_name") or "conversation",
        "kind": "agent",
        "status": "unset",
        "start": min(starts, default=None),
        "end": max(ends, default=None),
        "input": build.first,
        "output": build.last,
        **{name: value for name, value in root.items() if value is not None},
    }
    sheet.span(top)
    for row in rows:
        sheet.span(row)


def _place(number: int) -> str:
    return f"{number:06d}"


class _Build:
    """The spans of one conversation while it is read."""

    def __init__(self, trace_id: str, shared: Row) -> None:
        self.rows: list[Row] = []
        self.first: str | None = None
        self.last: str | None = None
        self._shared = {**shared, "trace_id": trace_id, "parent_id": _place(0)}
        self._since: list[Row] = []  # messages since the last answer
        self._since_at: int | None = None
        self._open: list[Row] = []  # tool spans without a result

    def add(self, one: Said) -> None:
        message = one.message
        role = message["role"]
        if role == "tool":
            self._answer(one)
        if one.offstage:
            self._calls(one, message.get("tool_calls") or (), "other")
        elif role == "assistant":
            self._model(one)
        else:
            if role == "user" and self.first is None:
                self.first = message["content"]
            self._hear(one)

    def _hear(self, one: Said) -> None:
        self._since.append({name: one.message[name] for name in _TOLD if name in one.message})
        if one.end is not None:
            self._since_at = one.end

    def _span(self, kind: str, name: str, columns: Row) -> Row:
        row = {**self._shared, "span_id": _place(len(self.rows) + 1), "kind": kind, "name": name, "status": "unset"}
        row.update(columns)
        self.rows.append(row)
        return row

    def _model(self, one: Said) -> None:
        message = one.message
        answer = {name: message[name] for name in _TOLD if name in message}
        if message["content"]:
            self.last = message["content"]
        columns: Row = {
            "start": one.start if one.start is not None else self._since_at,
            "end": one.end,
            "input_messages": dumps(self._since) if self._since else None,
            "output_messages": dumps([answer]),
            **one.columns,
        }
        if one.error:
            columns |= {"status": "error", "error_message": one.error}
        if isinstance(message.get("name"), str):
            columns.setdefault("agent_name", message["name"])
        self._span("llm", str(columns.get("model") or self._shared.get("model") or "model call"), columns)
        self._since = []
        self._since_at = one.end
        self._calls(one, message.get("tool_calls") or (), "tool")

    def _calls(self, one: Said, calls: Iterable[Row], kind: str) -> None:
        for call in calls:
            columns: Row = {
                "tool_name": call["name"],
                "tool_call_id": call["id"],
                "tool_arguments": as_json(call["arguments"]),
                "start": one.end,
                "model": None,
                **({"agent_name": "user"} if kind == "other" else {}),
            }
            row = self._span(kind, call["name"], columns)
            if call.get("parse_error"):
                row |= {"status": "error", "error_type": "parsing", "error_message": call["parse_error"]}
            self._open.append(row)

    def _answer(self, one: Said) -> None:
        message = one.message
        row = self._asked(message.get("tool_call_id"), message.get("name"))
        if row is None:
            name = message.get("name") or "tool"
            kind = "other" if one.offstage else "tool"
            row = self._span(
                kind, name, {"tool_name": name, "tool_call_id": message.get("tool_call_id"), "model": None}
            )
        row["tool_result"] = message["content"]
        row["end"] = one.end
        row.update(one.columns)
        if one.error:
            row |= {
                "status": "error",
                "error_message": one.error,
                **{k: v for k, v in one.columns.items() if k == "error_type"},
            }
        elif row["status"] == "unset":
            row["status"] = "ok"

    def _asked(self, call_id: str | None, name: str | None) -> Row | None:
        for i, row in enumerate(self._open):
            if (row["tool_call_id"] == call_id) if call_id is not None else (name is None or row["tool_name"] == name):
                return self._open.pop(i)
        for i, row in enumerate(self._open):
            if row["tool_call_id"] is None and row["tool_name"] == name:
                return self._open.pop(i)
        return None

    def end(self) -> None:
        """What was said after the last answer."""
        if self._since:
            self._span("other", "after the last answer", {
                "input_messages": dumps(self._since), "start": self._since_at, "end": self._since_at, "model": None
            })  # fmt: skip
