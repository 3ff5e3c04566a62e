"""Spans as the JavaScript SDK of OpenTelemetry holds them, written out as JSON: Vercel's AI SDK among others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from workbench.load._json import SHAPE_ERRORS, JsonReader
from workbench.load._sheet import Sheet
from workbench.load._spans import Event, around, write_span
from workbench.load._values import dumps, hex_id, is_array, is_object, moment

__all__ = ["OtelJs"]

Row = dict[str, Any]
_STATUS: Final = {0: "unset", 1: "ok", 2: "error"}


class OtelJs(JsonReader):
    """Reads spans with `spanContext` and times as `[seconds, nanoseconds]`: one, a list, or lists by name."""

    name = "otel-js"
    keys = frozenset({"spanContext", "startTime", "endTime", "attributes"})

    def knows(self, value: Any) -> bool:
        """Whether the value holds such spans."""
        return next(_spans(value), None) is not None

    def take(self, value: Any, record: int, sheet: Sheet, excerpt: bytes) -> None:
        """Read the spans."""
        alone = is_object(value) and "spanContext" in value
        for number, span in enumerate(_items(value), 1):
            sheet.begin(record if alone else number)
            try:
                if is_object(span) and is_object(span.get("spanContext")):
                    _span(span, sheet)
                else:
                    sheet.refuse("a span without an id", "spanContext is missing", dumps(span))
            except SHAPE_ERRORS as error:
                sheet.refuse("a record of an unknown shape", f"{type(error).__name__}: {error}", dumps(span))
            sheet.done()


def _items(value: Any) -> Iterator[Any]:
    if is_array(value):
        yield from value
    elif is_object(value) and "spanContext" in value:
        yield value
    elif is_object(value):
        for inner in value.values():
            if is_array(inner):
                yield from inner


def _spans(value: Any) -> Iterator[Row]:
    return (item for item in _items(value) if is_object(item) and is_object(item.get("spanContext")))


def _span(span: Row, sheet: Sheet) -> None:
    context: Row = span["spanContext"]
    trace_id, span_id = hex_id(context.get("traceId"), 16), hex_id(context.get("spanId"), 8)
    if not trace_id or not span_id:
        sheet.refuse("a span without an id", f"spanContext {context!r}"[:200], dumps(span))
        return
    above = span.get("parentSpanContext")
    parent = above.get("spanId") if is_object(above) else span.get("parentSpanId") or span.get("parentId")
    status = span.get("status")
    code, message = (status.get("code"), status.get("message")) if is_object(status) else (0, None)
    resource = span.get("resource")
    resource = resource.get("attributes") if is_object(resource) else None
    scope = span.get("instrumentationScope") or span.get("instrumentationLibrary")
    events: list[Event] = [
        (str(event.get("name")), moment(event.get("time")), event.get("attributes") or {})
        for event in span.get("events") or ()
    ]
    contexts = [link.get("context") for link in span.get("links") or ()]
    row: Row = {
        "trace_id": trace_id,
        "span_id": span_id,
        "parent_id": hex_id(parent, 8),
        "name": span.get("name"),
        "start": moment(span.get("startTime")),
        "end": moment(span.get("endTime")) or None,
    }
    write_span(
        sheet,
        row,
        span.get("attributes") or {},
        around(resource if is_object(resource) else {}, scope if is_object(scope) else {}),
        status=_STATUS.get(code, "unset"),
        message=message,
        events=events,
        links=[
            {"trace_id": hex_id(link.get("traceId"), 16), "span_id": hex_id(link.get("spanId"), 8)}
            for link in contexts
            if is_object(link)
        ],
    )
