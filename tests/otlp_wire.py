"""OTLP requests as protobuf bytes, for tests: written from the objects of the same request as JSON."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any


def varint(number: int) -> bytes:
    """A number in groups of seven bits."""
    number &= (1 << 64) - 1
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


def field(number: int, value: bytes | int) -> bytes:
    """A field: bytes with their length, or a number."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def fixed(number: int, value: Any) -> bytes:
    """A time, or a double."""
    packed = struct.pack("<d", value) if isinstance(value, float) else struct.pack("<Q", int(value))
    return varint(number << 3 | 1) + packed


def any_value(value: Mapping[str, Any]) -> bytes:
    """An `AnyValue`."""
    ((kind, inner),) = value.items()
    match kind:
        case "stringValue":
            return field(1, inner.encode())
        case "boolValue":
            return field(2, int(inner))
        case "intValue":
            return field(3, int(inner))
        case "doubleValue":
            return fixed(4, float(inner))
        case "arrayValue":
            return field(5, b"".join(field(1, any_value(item)) for item in inner["values"]))
        case _:
            return field(6, pairs(1, inner["values"]))


def pairs(number: int, attributes: list[dict[str, Any]]) -> bytes:
    """Attributes."""
    return b"".join(
        field(number, field(1, pair["key"].encode()) + field(2, any_value(pair["value"]))) for pair in attributes
    )


def span(one: Mapping[str, Any]) -> bytes:
    """A span."""
    made = field(1, bytes.fromhex(one["traceId"])) + field(2, bytes.fromhex(one["spanId"]))
    if one.get("parentSpanId"):
        made += field(4, bytes.fromhex(one["parentSpanId"]))
    made += field(5, one["name"].encode()) + field(6, one["kind"])
    for number, name in ((7, "startTimeUnixNano"), (8, "endTimeUnixNano")):
        made += fixed(number, one[name]) if name in one else b""
    made += pairs(9, one["attributes"])
    for event in one.get("events", ()):
        told = fixed(1, event["timeUnixNano"]) + field(2, event["name"].encode()) + pairs(3, event["attributes"])
        made += field(11, told)
    for link in one.get("links", ()):
        made += field(13, field(1, bytes.fromhex(link["traceId"])) + field(2, bytes.fromhex(link["spanId"])))
    if status := one.get("status"):
        made += field(15, field(2, status.get("message", "").encode()) + field(3, status["code"]))
    return made + varint(16 << 3 | 5) + struct.pack("<I", 256)


def log(one: Mapping[str, Any]) -> bytes:
    """A log record."""
    made = fixed(1, one["timeUnixNano"]) if "timeUnixNano" in one else b""
    if "body" in one:
        made += field(5, any_value(one["body"]))
    made += pairs(6, one.get("attributes", []))
    if "traceId" in one:
        made += field(9, bytes.fromhex(one["traceId"])) + field(10, bytes.fromhex(one["spanId"]))
    return made + fixed(11, 7) + field(12, one["eventName"].encode())


def encode(request: Mapping[str, Any]) -> bytes:
    """A request of spans or of log records."""
    made = b""
    for resource in request.get("resourceSpans", request.get("resourceLogs")):
        held = field(1, pairs(1, resource["resource"].get("attributes", [])))
        for scoped in resource.get("scopeSpans", resource.get("scopeLogs")):
            items = [span(one) for one in scoped.get("spans", ())] + [log(one) for one in scoped.get("logRecords", ())]
            scope = field(1, field(1, scoped["scope"]["name"].encode()))
            held += field(2, scope + b"".join(field(2, item) for item in items))
        made += field(1, held)
    return made


def prefixed(*messages: bytes) -> bytes:
    """Messages as the collector writes them to a file."""
    return b"".join(struct.pack(">I", len(message)) + message for message in messages)
