"""Spans as the JavaScript SDK of OpenTelemetry holds them, written out as JSON: Vercel's AI SDK among others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from workbench.load._json import JsonReader, guarded
from workbench.load._sheet import Sheet
from workbench.load._spans import Event, around, write_span
from workbench.load._values import dumps, fields, hex_id, is_array, is_object, items, moment

__all__ = ["OtelJs"]

Row = dict[str, Any]
_STATUS: Final[dict[Any, str]] = {0: "unset", 1: "ok", 2: "error"}


class OtelJs(JsonReader):
    """Reads spans with `spanContext` and times as `[seconds, nanoseconds]`: one, a list, or lists by name."""

    name = "otel-js"
    keys = frozenset({"spanContext", "startTime", "endTime", "attributes"})

    def knows(self, value: Any) -> bool:
        """Whether the value holds such spans."""
        return next(_spans(value), None) is not None

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read the spans."""
        alone = is_object(value) and "spanContext" in value
        for number, span in enumerate(_items(value), 1):
            guarded(sheet, record if alone else number, span, _span)


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
    context = fields(span.get("spanContext"))
    trace_id, span_id = hex_id(context.get("traceId"), 16), hex_id(context.get("spanId"), 8)
    if not trace_id or not span_id:
        sheet.refuse("a span without an id", f"spanContext {dumps(context)}"[:200], dumps(span))
        return
    above = fields(span.get("parentSpanContext")).get("spanId")
    status = fields(span.get("status"))
    events: list[Event] = [
        (str(event.get("name")), moment(event.get("time")), fields(event.get("attributes")))
        for event in items(span.get("events"))
    ]
    row: Row = {
        "trace_id": trace_id,
        "span_id": span_id,
        "parent_id": hex_id(above or span.get("parentSpanId") or span.get("parentId"), 8),
        "name": span.get("name"),
        "start": moment(span.get("startTime")),
        "end": moment(span.get("endTime")) or None,
    }
    write_span(
        sheet,
        row,
        fields(span.get("attributes")),
        around(
            fields(fields(span.get("resource")).get("attributes")),
            fields(span.get("instrumentationScope") or span.get("instrumentationLibrary")),
        ),
        status=_STATUS.get(status.get("code"), "unset"),
        message=status.get("message"),
        events=events,
        links=[
            {"trace_id": hex_id(link.get("traceId"), 16), "span_id": hex_id(link.get("spanId"), 8)}
            for link in (fields(fields(item).get("context")) for item in items(span.get("links")))
        ],
    )
