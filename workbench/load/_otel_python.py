"""Spans as the Python SDK of OpenTelemetry prints them: `ConsoleSpanExporter`, and `span.to_json()` a line each."""

from __future__ import annotations

from typing import Any, Final

from workbench.load._json import JsonReader, guarded
from workbench.load._sheet import Sheet
from workbench.load._spans import Event, around, write_span
from workbench.load._values import dumps, fields, hex_id, is_array, is_object, items, moment

__all__ = ["OtelPython", "write_python_span"]

Row = dict[str, Any]
_STATUS: Final = {"OK": "ok", "ERROR": "error"}


class OtelPython(JsonReader):
    """Reads spans whose `context` has ids in hex, and whose `kind` is a `SpanKind`."""

    name = "otel-python"
    keys = frozenset({"context", "kind", "parent_id", "start_time", "end_time", "status", "resource"})

    def knows(self, value: Any) -> bool:
        """Whether the value is such a span, or a list of them."""
        if is_array(value):
            return bool(value) and is_object(value[0]) and self.knows(value[0])
        if not is_object(value) or not is_object(value.get("context")):
            return False
        return str(value.get("kind")).startswith("SpanKind.") or str(value["context"].get("trace_id")).startswith("0x")

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read one span, or a list of them."""
        for number, span in enumerate(value, 1) if is_array(value) else [(record, value)]:
            guarded(sheet, number, span, _span)


def _span(span: Row, sheet: Sheet) -> None:
    status = fields(span.get("status"))
    about = around(fields(fields(span.get("resource")).get("attributes")), fields(span.get("instrumentation_scope")))
    write_python_span(
        sheet,
        span,
        fields(span.get("context")),
        fields(span.get("attributes")),
        about=about,
        code=status.get("status_code"),
        message=status.get("description"),
    )


def write_python_span(
    sheet: Sheet, span: Row, context: Row, attributes: Row, *, about: Any, code: Any, message: Any
) -> bool:
    """Write a span with Python's names for its fields; whether it had the ids that it needs."""
    trace_id, span_id = (_id(context.get(name), size) for name, size in (("trace_id", 16), ("span_id", 8)))
    if not trace_id or not span_id:
        sheet.refuse("a span without an id", f"context {dumps(context)}"[:200], dumps(span))
        return False
    events: list[Event] = [
        (str(event.get("name")), moment(event.get("timestamp")), fields(event.get("attributes")))
        for event in items(span.get("events"))
        if is_object(event)
    ]
    contexts = [fields(fields(link).get("context")) for link in items(span.get("links"))]
    row: Row = {
        "trace_id": trace_id,
        "span_id": span_id,
        "parent_id": _id(span.get("parent_id"), 8),
        "name": span.get("name"),
        "start": moment(span.get("start_time")),
        "end": moment(span.get("end_time")),
    }
    write_span(
        sheet,
        row,
        attributes,
        about,
        status=_STATUS.get(str(code).rpartition(".")[2], "unset"),
        message=message,
        events=events,
        links=[{"trace_id": _id(c.get("trace_id"), 16), "span_id": _id(c.get("span_id"), 8)} for c in contexts],
    )
    return True


def _id(value: Any, size: int) -> str | None:
    return hex_id(value.removeprefix("0x") if isinstance(value, str) else value, size)
