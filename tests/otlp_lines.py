"""Small OTLP exports for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

TRACE = "5b8efff798038103d269b633813fc60c"
START = 1_700_000_000_000_000_000


def value(inner: Any) -> dict[str, Any]:
    """An OTLP AnyValue."""
    match inner:
        case bool():
            return {"boolValue": inner}
        case int():
            return {"intValue": str(inner)}
        case float():
            return {"doubleValue": inner}
        case str():
            return {"stringValue": inner}
        case list():
            return {"arrayValue": {"values": [value(item) for item in inner]}}
        case _:
            return {"kvlistValue": {"values": attributes(inner)}}


def attributes(pairs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """OTLP attributes."""
    return [{"key": key, "value": value(inner)} for key, inner in pairs.items()]


def span(span_id: str = "00000000000000aa", told: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """One span."""
    return {
        "traceId": TRACE,
        "spanId": span_id,
        "name": "a span",
        "kind": 1,
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 10**9),
        "attributes": attributes(told or {}),
        **fields,
    }


def request(*spans: Any, resource: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One export request of spans."""
    held = {"attributes": attributes(resource or {"service.name": "desk"})}
    return {"resourceSpans": [{"resource": held, "scopeSpans": [{"scope": {"name": "agent"}, "spans": list(spans)}]}]}


def logs(*records: Any) -> dict[str, Any]:
    """One export request of log records."""
    return {
        "resourceLogs": [{"resource": {}, "scopeLogs": [{"scope": {"name": "agent"}, "logRecords": list(records)}]}]
    }


def write(path: Path, *lines: Any) -> Path:
    """Write lines: bytes as they are, anything else as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join((line if isinstance(line, bytes) else orjson.dumps(line)) + b"\n" for line in lines))
    return path
