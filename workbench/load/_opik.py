"""Traces of Opik, as its command line exports them (JSON, CSV) and as its client returns them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from workbench.load._attributes import finish
from workbench.load._json import guarded
from workbench.load._messages import beside
from workbench.load._payload import fill, literal, session_of, usage
from workbench.load._row_reader import RowReader
from workbench.load._scores import Target, score, span_target
from workbench.load._sheet import Sheet
from workbench.load._transcript import content_id
from workbench.load._values import dumps, fields, is_array, is_object, items, moment, real, text

__all__ = ["Opik"]

Row = dict[str, Any]
_KINDS: Final = {"llm": "llm", "tool": "tool", "guardrail": "guardrail", "general": "task"}
_BY: Final = {"ui": "human", "sdk": "code", "online_scoring": "model"}
_ONLY: Final = {"output"}  # what the decorator calls a result that is no object
# The fields whose objects a CSV spreads over columns, and what else begins with their names.
_SPREAD: Final = ("error_info", "metadata", "input", "output", "usage")
_PRINTED_TIME: Final = re.compile(r"datetime\.datetime\(([\d, ]+)(?:, tzinfo=[\w.]+(?:\([^()]*\))?)?\)")
_KEPT: Final = (
    "ttft",
    "project_id",
    "project_name",
    "attachments",
    "guardrails_validations",
    "total_estimated_cost_version",
)


class Opik(RowReader):
    """Reads traces of Opik. The trace is a span of its own: the root, and what its spans are in."""

    name = "opik"
    keys = frozenset({"trace", "spans", "downloaded_at", "feedback_scores", "trace_id", "span_id"})

    def __init__(self) -> None:
        """Begin with a file of which nothing is written yet."""
        self._written: set[str] = set()

    def is_row(self, row: Row) -> bool:
        """Whether this is an exported trace, a row of the CSV, or a trace or span of the client."""
        if is_object(row.get("trace")) and "spans" in row:
            return "downloaded_at" in row or "thread_id" in row["trace"] or "feedback_scores" in row["trace"]
        if {"trace_id", "trace_start_time", "span_id", "span_start_time"} <= row.keys():
            return True
        return (
            "start_time" in row and "project_id" in row and ("feedback_scores" in row or "total_estimated_cost" in row)
        )

    def read(self, source: Any, sheet: Sheet, progress: Any) -> None:
        """Read the file."""
        self._written = set()
        super().read(source, sheet, progress)

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read traces; a trace's spans are records of their own."""
        number = record if is_object(value) and self.is_row(value) else 1
        for row in self.held(value):
            if is_object(row) and is_object(row.get("trace")):
                guarded(sheet, number, row["trace"], _trace)
                for span in items(row.get("spans")):
                    number += 1
                    guarded(sheet, number, span, _span)
            else:
                guarded(sheet, number, row, self._row)
            number += 1

    def write(self, row: Row, sheet: Sheet) -> None:
        """Write a row of the CSV, or what the client returned."""
        if "trace_start_time" not in row:
            (_span if "trace_id" in row else _trace)(row, sheet)
            return
        trace = _gathered(row, "trace_")
        if text(trace.get("id")) not in self._written:
            self._written.add(str(trace.get("id")))
            _trace(trace, sheet)
        span = _gathered(row, "span_")
        if span.get("id"):
            _span({**span, "trace_id": span.get("trace_id") or trace.get("id")}, sheet)


def _gathered(row: Row, prefix: str) -> Row:
    """The fields of a trace or span that a CSV spread over columns."""
    found: Row = {}
    for column, cell in row.items():
        if not column.startswith(prefix) or cell is None:
            continue
        name, value = column.removeprefix(prefix), _printed(cell)
        field = next((known for known in _SPREAD if name.startswith(f"{known}_")), None)
        if field is None:
            found[name] = value
        elif is_object(inner := found.setdefault(field, {})):
            inner[name.removeprefix(f"{field}_")] = value
    return found


def _printed(cell: Any) -> Any:
    """A cell as Python printed it: times are `datetime.datetime(…)` there."""
    if type(cell) is str and "datetime.datetime(" in cell:
        cell = _PRINTED_TIME.sub(_iso, cell)
    return literal(cell)


def _iso(found: re.Match[str]) -> str:
    year, month, day, *clock = (int(part) for part in found.group(1).split(",") if part.strip())
    hour, minute, second, micro = (*clock, 0, 0, 0, 0)[:4]
    return repr(datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC).isoformat())


def _trace(item: Row, sheet: Sheet) -> None:
    trace_id = text(item.get("id"))
    if not trace_id:
        sheet.refuse("a trace without an id", f"keys: {', '.join(list(item)[:8])}", dumps(item))
        return
    made = _columns(item, "agent")
    fill(made, "agent", item.get("input"), _result(item.get("output")))
    _write(sheet, {**made, "trace_id": trace_id, "span_id": trace_id})
    _feedback(sheet, item, trace_id, ("trace", trace_id))


def _span(item: Row, sheet: Sheet) -> None:
    trace_id, span_id = text(item.get("trace_id")), text(item.get("id"))
    if not trace_id or not span_id:
        sheet.refuse("a span without an id", "id or trace_id is missing", dumps(item))
        return
    kind = _KINDS.get(str(item.get("type")), "task")
    made = _columns(item, kind)
    fill(made, kind, item.get("input"), _result(item.get("output")))
    if kind == "llm":
        usage(made, item.get("usage"))
        made["total_cost"] = real(item.get("total_estimated_cost")) or None
        made["model"], made["provider"] = text(item.get("model")), text(item.get("provider"))
    if kind == "tool":
        made["tool_name"] = text(item.get("name"))
        made["tool_call_id"] = text(fields(item.get("metadata")).get("tool_call_id"))
    made |= {"trace_id": trace_id, "span_id": span_id, "parent_id": text(item.get("parent_span_id")) or trace_id}
    _write(sheet, made)
    _feedback(sheet, item, trace_id, span_target(trace_id, span_id))


def _columns(item: Row, kind: str) -> Row:
    error = fields(item.get("error_info"))
    metadata, tags = item.get("metadata"), item.get("tags")
    kept = {name: item[name] for name in _KEPT if item.get(name)}
    if kind == "llm":
        kept |= {f"{name}.beside": rest for name in ("input", "output") if (rest := beside(item.get(name)))}
    end = moment(item.get("end_time"))
    return {
        "kind": kind, "name": text(item.get("name")) or kind, "session_id": text(item.get("thread_id")) or session_of(fields(metadata)),
        "environment": text(item.get("environment")), "user_id": text(fields(metadata).get("user_id")),
        "start": moment(item.get("start_time")), "end": end,
        "status": "error" if error else "running" if end is None else "unset",
        "error_type": text(error.get("exception_type")),
        "error_message": text(error.get("message")) or text(error.get("traceback")),
        "tags": tags if is_array(tags) and tags else None,
        "metadata": dumps(metadata) if metadata else None,
        "raw": dumps(kept) if kept else None,
    }  # fmt: skip


def _result(value: Any) -> Any:
    return value["output"] if is_object(value) and value.keys() == _ONLY else value


def _write(sheet: Sheet, made: Row) -> None:
    sheet.span(finish({name: value for name, value in made.items() if value is not None}))


def _feedback(sheet: Sheet, item: Row, trace_id: str, target: Target) -> None:
    """Scores, one for each author where several gave one; and comments."""
    for told in map(fields, items(item.get("feedback_scores"))):
        name = text(told.get("name"))
        if not name:
            continue
        by_author = fields(told.get("value_by_author"))
        for author, entry in (by_author or {told.get("created_by"): told}).items():
            one = {**told, **fields(entry)}
            sheet.score(
                score(
                    sheet.options, target, name, number=one.get("value"), label=one.get("category_name"),
                    comment=one.get("reason"), author=author, by=_BY.get(str(one.get("source")), "code"),
                    at=moment(one.get("last_updated_at")) or moment(one.get("created_at")),
                    score_id=content_id("opik", *target, name, author),
                )
            )  # fmt: skip
    for told in map(fields, items(item.get("comments"))):
        if told.get("text"):
            sheet.score(
                score(
                    sheet.options, target, "comment", comment=told["text"], author=told.get("created_by"), by="human",
                    at=moment(told.get("created_at")), score_id=content_id("opik", trace_id, told.get("id") or told["text"]),
                )
            )  # fmt: skip
