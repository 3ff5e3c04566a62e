"""The wire format of protobuf, as far as OTLP needs it, and OTLP's messages in it as the objects of its JSON.

A span or log record that is damaged or cut off is left out, and said; what stood before it is kept. Attributes come as
plain names and values.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from workbench.load._values import is_object

__all__ = ["Request", "WireError", "add_request", "add_resource", "pieces", "varint"]

Row = dict[str, Any]
Piece = tuple[int, int, Any, bool]  # field number, wire type, value, whether it is all there

_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5
_LONGEST_VARINT: Final = 70  # bits that ten bytes can hold
_SPAN: Final = {1: 2, 2: 2, 3: 2, 4: 2, 5: 2, 6: 0, 7: 1, 8: 1, 9: 2, 10: 0, 11: 2, 12: 0, 13: 2, 14: 0, 15: 2, 16: 5}
_LOG: Final = {1: 1, 2: 0, 3: 2, 5: 2, 6: 2, 7: 0, 8: 5, 9: 2, 10: 2, 11: 1, 12: 2}
_IDS: Final = (16, 8)  # bytes of a trace's and a span's id
_OLD_GROUP: Final = 1000  # instrumentation libraries, where scopes are now


class WireError(ValueError):
    """The bytes are no protobuf, or end too early."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at a place, and the place after it.

    Raises
    ------
    WireError
        The bytes end within it, or it is longer than any number.

    Examples
    --------
    >>> varint(bytes([0xAC, 0x02]), 0)
    (300, 2)
    """
    number = shift = 0
    while True:
        try:
            byte = data[at]
        except IndexError:
            msg = f"the bytes end within a number, at byte {at}"
            raise WireError(msg) from None
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            return number, at
        shift += 7
        if shift >= _LONGEST_VARINT:
            msg = f"a number without end, at byte {at}"
            raise WireError(msg)


def pieces(data: bytes) -> Iterator[Piece]:
    r"""The fields of a message; of one that is cut off, what is there.

    Raises
    ------
    WireError
        The bytes are no protobuf, or end within a field.

    Examples
    --------
    >>> list(pieces(b"\x08\x07"))
    [(1, 0, 7, True)]
    """
    at, size = 0, len(data)
    while at < size:
        tag = data[at]
        at += 1
        if tag > 0x7F:  # noqa: PLR2004 - the bit that says that more follows
            tag, at = varint(data, at - 1)
        number, wire = tag >> 3, tag & 7
        if wire == _LENGTH:
            length, at = varint(data, at)
            end = at + length
            yield number, wire, data[at:end], end <= size
        elif wire == _VARINT:
            value, end = varint(data, at)
            yield number, wire, value, True
        elif wire in (_EIGHT, _FOUR):
            end = at + (8 if wire == _EIGHT else 4)
            yield number, wire, data[at:end], end <= size
        else:
            msg = f"no field begins at byte {at - 1}"
            raise WireError(msg)
        if end > size:
            msg = f"{end - size:,} bytes are missing"
            raise WireError(msg)
        at = end


@dataclass(slots=True)
class Request:
    """What was read of one message: objects as in OTLP's JSON, and what was wrong with the rest."""

    traces: list[Row] = field(default_factory=list[Row])
    logs: list[Row] = field(default_factory=list[Row])
    metrics: int = 0
    damaged: list[str] = field(default_factory=list[str])

    def value(self) -> Row:
        """As the request that JSON would hold."""
        told: Row = {"resourceSpans": self.traces, "resourceLogs": self.logs}
        return {name: value for name, value in told.items() if value}


def add_request(request: Request, data: bytes) -> None:
    """Read a whole request, of traces or of logs: they differ only in what their innermost messages are."""
    _each(request, data, lambda number, value: add_resource(request, value) if number == 1 else None)


def add_resource(request: Request, data: bytes) -> None:
    """Read what one resource sent."""
    resource: Row = {}
    spans: list[Row] = []
    logs: list[Row] = []

    def take(number: int, value: Any) -> None:
        if number == 1:
            resource["attributes"] = _message(value, {}).get("attributes", {})
        elif number in (2, _OLD_GROUP):
            _scope(request, value, spans, logs)

    _each(request, data, take)
    if spans:
        request.traces.append({"resource": resource, "scopeSpans": spans})
    if logs:
        request.logs.append({"resource": resource, "scopeLogs": logs})


def _each(request: Request, data: bytes, take: Callable[[int, Any], None]) -> None:
    """Take every field of a message that holds others, up to where it breaks off."""
    inner = len(request.damaged)
    try:
        for number, wire, value, _ in pieces(data):
            if wire == _LENGTH:
                take(number, value)
    except (WireError, RecursionError) as error:
        if len(request.damaged) == inner:  # otherwise it was said already what is missing
            request.damaged.append(str(error))


def _scope(request: Request, data: bytes, spans: list[Row], logs: list[Row]) -> None:
    scope: Row = {}
    found: dict[str, list[Row]] = {"spans": [], "logs": []}
    inner = len(request.damaged)
    try:
        for number, wire, value, complete in pieces(data):
            if number == 1 and wire == _LENGTH:
                scope |= _message(value, {1: "name", 2: "version"})
            elif number == 2 and wire == _LENGTH and complete:  # noqa: PLR2004 - where all three signals have their items
                _item(request, value, found)
    except (WireError, RecursionError) as error:
        if len(request.damaged) == inner:
            request.damaged.append(str(error))
    if found["spans"]:
        spans.append({"scope": scope, "spans": found["spans"]})
    if found["logs"]:
        logs.append({"scope": scope, "logRecords": found["logs"]})


def _item(request: Request, data: bytes, found: dict[str, list[Row]]) -> None:
    """A span, a log record or a metric: told by the kinds of its fields."""
    try:
        told = [(number, wire, value) for number, wire, value, _ in pieces(data)]
        if _fits(told, _LOG):
            found["logs"].append(_log(told))
        elif _fits(told, _SPAN) and not _is_metric(told):
            found["spans"].append(_span(told))
        else:
            request.metrics += 1
    except (WireError, RecursionError) as error:
        request.damaged.append(str(error))


def _fits(told: list[tuple[int, int, Any]], shape: dict[int, int]) -> bool:
    return all(shape.get(number, wire) == wire for number, wire, _ in told)


def _is_metric(told: list[tuple[int, int, Any]]) -> bool:
    """Text where a span has its ids, and none of the times that every span has."""
    sizes = {number: len(value) for number, wire, value in told if wire == _LENGTH and number in (1, 2)}
    timed = any(wire == _EIGHT for _, wire, _ in told)
    return not timed and (sizes.get(1), sizes.get(2)) != _IDS and 1 in sizes


def _span(told: list[tuple[int, int, Any]]) -> Row:
    attributes: Row = {}
    events: list[Row] = []
    links: list[Row] = []
    span: Row = {"attributes": attributes, "events": events, "links": links}
    for number, wire, value in told:
        if number == 9:  # noqa: PLR2004 - the field's number in the format, as below
            _pair(value, attributes)
        elif number in _SPAN_TEXT:
            span[_SPAN_TEXT[number]] = _text(value)
        elif number in _SPAN_IDS:
            span[_SPAN_IDS[number]] = value.hex()
        elif wire == _EIGHT and number in _SPAN_TIMES:
            span[_SPAN_TIMES[number]] = int.from_bytes(value, "little")
        elif number == 11:  # noqa: PLR2004
            events.append(_message(value, {1: "timeUnixNano", 2: "name"}, 3))
        elif number == 13:  # noqa: PLR2004
            links.append(_message(value, {1: "traceId", 2: "spanId"}, 4))
        elif number == 15:  # noqa: PLR2004
            span["status"] = _message(value, {2: "message", 3: "code"}, 0)
    return span


_SPAN_TEXT: Final = {5: "name"}
_SPAN_IDS: Final = {1: "traceId", 2: "spanId", 4: "parentSpanId"}
_SPAN_TIMES: Final = {7: "startTimeUnixNano", 8: "endTimeUnixNano"}
_LOG_TEXT: Final = {3: "severityText", 12: "eventName"}
_LOG_IDS: Final = {9: "traceId", 10: "spanId"}
_LOG_TIMES: Final = {1: "timeUnixNano", 11: "observedTimeUnixNano"}


def _log(told: list[tuple[int, int, Any]]) -> Row:
    attributes: Row = {}
    log: Row = {"attributes": attributes}
    for number, _, value in told:
        if number == 6:  # noqa: PLR2004 - the field's number in the format, as below
            _pair(value, attributes)
        elif number == 5:  # noqa: PLR2004
            log["body"] = _wrapped(_any(value))
        elif number in _LOG_TEXT:
            log[_LOG_TEXT[number]] = _text(value)
        elif number in _LOG_IDS:
            log[_LOG_IDS[number]] = value.hex()
        elif number in _LOG_TIMES:
            log[_LOG_TIMES[number]] = int.from_bytes(value, "little")
    return log


def _message(data: bytes, names: dict[int, str], attributes: int = 1) -> Row:
    """A small message: fields by name, and attributes where it has them (0: none)."""
    made: Row = {}
    held: Row = {}
    if attributes and attributes not in names:
        made["attributes"] = held
    for number, wire, value, complete in pieces(data):
        if not complete:
            continue
        name = names.get(number)
        if number == attributes and name is None and wire == _LENGTH:
            _pair(value, held)
        elif name is None:
            continue
        elif wire == _EIGHT:
            made[name] = int.from_bytes(value, "little")
        elif wire == _LENGTH:
            made[name] = value.hex() if name in ("traceId", "spanId") else _text(value)
        else:
            made[name] = value
    return made


def _pair(data: bytes, into: Row) -> None:
    key, value = "", None
    for number, wire, inner, _ in pieces(data):
        if number == 1:
            key = _text(inner)
        elif number == 2 and wire == _LENGTH:  # noqa: PLR2004 - the value's number
            value = _any(inner)
    into[key] = value


def _text(data: Any) -> str:
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else str(data)


def _any(data: bytes) -> Any:
    """The plain value of an `AnyValue`."""
    value: Any = None
    for number, wire, inner, _ in pieces(data):
        read = _ANY.get((number, wire))
        if read is not None:
            value = read(inner)
    return value


def _signed(number: int) -> int:
    number &= (1 << 64) - 1
    return number - (1 << 64) if number >> 63 else number


def _array(data: bytes) -> list[Any]:
    return [_any(inner) for number, wire, inner, _ in pieces(data) if (number, wire) == (1, _LENGTH)]


def _pairs(data: bytes) -> Row:
    made: Row = {}
    for number, wire, inner, _ in pieces(data):
        if (number, wire) == (1, _LENGTH):
            _pair(inner, made)
    return made


def _double(data: bytes) -> float:
    if len(data) != 8:  # noqa: PLR2004 - bytes of a double
        msg = "the bytes end within a number"
        raise WireError(msg)
    return float(struct.unpack("<d", data)[0])


_ANY: Final[dict[tuple[int, int], Callable[[Any], Any]]] = {
    (1, _LENGTH): _text,
    (2, _VARINT): bool,
    (3, _VARINT): _signed,
    (4, _EIGHT): _double,
    (5, _LENGTH): _array,
    (6, _LENGTH): _pairs,
    (7, _LENGTH): _text,
}


def _wrapped(value: Any) -> Any:
    """A plain value as OTLP's JSON has it, where it is an object; what is not is its own JSON."""
    if not is_object(value):
        return value
    pairs = [{"key": key, "value": _wrapped(inner)} for key, inner in value.items()]
    return {"kvlistValue": {"values": pairs}}
