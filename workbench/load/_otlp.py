"""OTLP as JSON: trace and log requests, one a line or one a file, in camelCase or snake_case, current and old."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from workbench.load._events import DETAILS, EVALUATION, evaluation, event_messages
from workbench.load._json import SHAPE_ERRORS, UNKNOWN_SHAPE, JsonReader, guarded
from workbench.load._plans import STATUS, gathered, nanoseconds
from workbench.load._sheet import Sheet
from workbench.load._spans import NOWHERE, Around, Event, around, write_span
from workbench.load._values import dumps, fields, hex_id, is_array, is_object, real, whole

__all__ = ["Otlp", "plain", "plain_attributes"]

Row = dict[str, Any]

_SNAKE: Final = {
    "trace_id": "traceId", "span_id": "spanId", "parent_span_id": "parentSpanId",
    "start_time_unix_nano": "startTimeUnixNano", "end_time_unix_nano": "endTimeUnixNano",
    "time_unix_nano": "timeUnixNano", "observed_time_unix_nano": "observedTimeUnixNano", "event_name": "eventName",
    "severity_text": "severityText",
}  # fmt: skip
_SPAN_GROUPS: Final = ("scopeSpans", "instrumentationLibrarySpans", "scope_spans")
_LOG_GROUPS: Final = ("scopeLogs", "instrumentationLibraryLogs", "scope_logs")
_REMEMBERED: Final = 1_000
_memory: dict[str, Around] = {}


def plain(value: Any) -> Any:
    """The Python value of an OTLP `AnyValue`."""
    if not is_object(value):
        return value
    for key, inner in value.items():
        read = _ANY.get(key)
        if read is not None:
            return read(inner)
    return None


def _bytes(value: Any) -> Any:
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError, TypeError):
        return value


def _items(value: Any) -> list[Any]:
    inner = value.get("values") if is_object(value) else value
    return inner if is_array(inner) else []


def plain_attributes(pairs: Any) -> Row:
    """Names and plain values of a list of OTLP `KeyValue`; an object is taken as it is."""
    if is_object(pairs):
        return pairs
    found: Row = {}
    for pair in pairs or ():
        value = pair.get("value")
        if type(value) is dict and "stringValue" in value:
            found[pair["key"]] = value["stringValue"]
        else:
            found[pair["key"]] = plain(value)
    return found


def _same(value: Any) -> Any:
    return value


_ANY: Final[dict[str, Callable[[Any], Any]]] = {
    "stringValue": _same, "string_value": _same, "boolValue": _same, "bool_value": _same,
    "intValue": whole, "int_value": whole, "doubleValue": real, "double_value": real,
    "arrayValue": lambda inner: [plain(item) for item in _items(inner)],
    "array_value": lambda inner: [plain(item) for item in _items(inner)],
    "kvlistValue": lambda inner: plain_attributes(_items(inner)),
    "kvlist_value": lambda inner: plain_attributes(_items(inner)),
    "bytesValue": _bytes, "bytes_value": _bytes,
}  # fmt: skip


class Otlp(JsonReader):
    """Reads OTLP JSON."""

    name = "otlp"
    keys = frozenset({"resourceSpans", "resource_spans", "resourceLogs", "resource_logs", "resourceMetrics"})
    by_line = True
    splits = ("{[{[{[", "[{[{[{[")

    def knows(self, value: Any) -> bool:
        """Whether the value is an OTLP request."""
        if is_array(value):
            return bool(value) and is_object(value[0]) and self.knows(value[0])
        return is_object(value) and not self.keys.isdisjoint(value)

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read one request, or a list of them."""
        if is_array(value):
            for item in value:
                if self.knows(item):
                    self.take(item, record, sheet)
                else:
                    guarded(sheet, record, item, refuse_foreign)
            return
        for name, inner in value.items():
            if name in ("resourceSpans", "resource_spans"):
                _each(sheet, record, _walk(inner, _SPAN_GROUPS, ("spans",)), _span)
            elif name in ("resourceLogs", "resource_logs"):
                _each(sheet, record, _walk(inner, _LOG_GROUPS, ("logRecords", "log_records")), _log)
            elif name in ("resourceMetrics", "resource_metrics"):
                sheet.begin(record)
                sheet.refuse("metrics are no traces", "a resourceMetrics request", dumps(inner))
                sheet.done()


def _each(
    sheet: Sheet, record: int, groups: Iterator[tuple[Around, list[Any]]], write: Callable[[Around, Row, Sheet], None]
) -> None:
    for about, items in groups:
        for item in items:
            if not is_object(item):
                guarded(sheet, record, item, partial(write, about))
                continue
            sheet.begin(record)
            try:
                write(about, item, sheet)
            except SHAPE_ERRORS as error:
                sheet.refuse(UNKNOWN_SHAPE, f"{type(error).__name__}: {error}", dumps(item))
            sheet.done()


def refuse_foreign(item: Row, sheet: Sheet) -> None:
    """Set aside what stands among requests and is none."""
    sheet.refuse("no record of its file's format (otlp)", f"keys: {', '.join(map(str, list(item)[:8]))}", dumps(item))


def _walk(resources: Any, groups: tuple[str, ...], items: tuple[str, ...]) -> Iterator[tuple[Around, list[Any]]]:
    """All spans or log records, and what is said around them; a piece that is no object stands for itself."""
    for resource in _several(resources):
        if not is_object(resource):
            yield NOWHERE, [resource]
            continue
        held = resource.get("resource")
        try:
            attributes = plain_attributes(held.get("attributes")) if is_object(held) else {}
        except SHAPE_ERRORS:
            attributes = {"resource": held}
        for scoped in (scoped for group in groups for scoped in _several(resource.get(group))):
            if not is_object(scoped):
                yield NOWHERE, [scoped]
                continue
            scope = scoped.get("scope") or scoped.get("instrumentationLibrary") or scoped.get("instrumentation_library")
            about = _around(attributes, scope if is_object(scope) else {})
            for name in items:
                yield about, _several(scoped.get(name))


def _around(resource: Row, scope: Row) -> Around:
    """What is said around spans; the same again and again, so that what is known of it is kept."""
    key = dumps([resource, scope])
    known = _memory.get(key)
    if known is None:
        known = around(resource, scope)
        if len(_memory) < _REMEMBERED:
            _memory[key] = known
    return known


def _several(value: Any) -> list[Any]:
    return value if is_array(value) else [] if value is None else [value]


def _camel(item: Row) -> Row:
    return {_SNAKE.get(key, key): value for key, value in item.items()}


def _span(about: Around, span: Row, sheet: Sheet) -> None:
    if "trace_id" in span or "start_time_unix_nano" in span:
        span = _camel(span)
    if gathered(span, about, sheet):
        return
    trace_id, span_id = hex_id(span.get("traceId"), 16), hex_id(span.get("spanId"), 8)
    if not trace_id or not span_id:
        sheet.refuse(
            "a span without an id", f"traceId {span.get('traceId')!r}, spanId {span.get('spanId')!r}", dumps(span)
        )
        return
    status = span.get("status")
    code, message = (status.get("code"), status.get("message")) if is_object(status) else (None, None)
    told = STATUS.get(code, "unset")
    row: Row = {
        "trace_id": trace_id,
        "span_id": span_id,
        "parent_id": hex_id(span.get("parentSpanId"), 8),
        "name": span.get("name"),
        "start": nanoseconds(span.get("startTimeUnixNano")),
        "end": nanoseconds(span.get("endTimeUnixNano")),
    }
    attributes, events, links = span.get("attributes"), span.get("events"), span.get("links")
    write_span(
        sheet,
        row,
        plain_attributes(attributes),
        about,
        status=told,
        message=message,
        events=[_event(event) for event in events] if events else None,
        links=[_link(link) for link in links] if links else None,
    )


def _event(event: Row) -> Event:
    at = nanoseconds(event.get("timeUnixNano") or event.get("time_unix_nano"))
    return str(event.get("name")), at, plain_attributes(event.get("attributes"))


def _link(link: Row) -> Row:
    return {
        "trace_id": hex_id(_either(link, "traceId", "trace_id"), 16),
        "span_id": hex_id(_either(link, "spanId", "span_id"), 8),
    }


def _either(item: Row, one: str, other: str) -> Any:
    return item.get(one) or item.get(other)


def _log(about: Around, log: Row, sheet: Sheet) -> None:
    if "trace_id" in log or "event_name" in log or "time_unix_nano" in log:
        log = _camel(log)
    attributes = plain_attributes(log.get("attributes"))
    name = log.get("eventName") or attributes.get("event.name")
    trace_id, span_id = hex_id(log.get("traceId"), 16), hex_id(log.get("spanId"), 8)
    at = nanoseconds(log.get("timeUnixNano")) or nanoseconds(log.get("observedTimeUnixNano"))
    body = plain(log.get("body"))
    if name == EVALUATION:
        row = evaluation(sheet.options, {**attributes, **fields(body)}, trace_id, span_id, at)
        if row is None:
            sheet.refuse("an evaluation result without a name", "gen_ai.evaluation.name is missing", dumps(log))
        else:
            sheet.score(row)
        return
    found: tuple[list[Row], list[Row]] | None = event_messages(str(name), attributes, body) if name else None
    if name == DETAILS:
        attributes = {**fields(body), **attributes}
        found = [], []
    if found is None:
        sheet.refuse("a log record that says nothing of an agent", f"event {name!r}", dumps(log))
    elif not trace_id or not span_id:
        sheet.refuse("messages in a log record that names no span", f"event {name!r}", dumps(log))
    else:
        defaults = {key: value for key, value in about.attributes.items() if key not in attributes}
        own = {**defaults, **attributes} if name == DETAILS else {}
        sheet.supplement(trace_id, span_id, at=at, attributes=own, given=found[0], said=found[1])
