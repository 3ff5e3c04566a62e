"""Broken and awkward input, planted on purpose: what real exports contain when disks fill up and collectors restart."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any, Final

import orjson

from .otlp import Span, attributes, envelope

__all__ = ["plant"]

_OVERSIZED: Final = 300_000


def _span(rng: Random, name: str, at: int, **more: object) -> Span:
    span: Span = {
        "traceId": f"{rng.getrandbits(128):032x}", "spanId": f"{rng.getrandbits(64) | 1 << 60:016x}", "name": name, "kind": 1,
        "startTimeUnixNano": str(at), "endTimeUnixNano": str(at + 800_000_000),
        "attributes": attributes({"gen_ai.operation.name": "invoke_agent" if "agent" in name else "execute_tool",
                                  "gen_ai.conversation.id": f"conv-{rng.getrandbits(48):012x}"}),
    }  # fmt: skip
    return span | more


def _tool(span: Span, tool: str, arguments: str, result: str) -> Span:
    told = {"gen_ai.tool.name": tool, "gen_ai.tool.call.arguments": arguments, "gen_ai.tool.call.result": result}
    span["attributes"] += attributes(dict(told))
    return span


def plant(lines: list[bytes], release: str, seed: int, at: int) -> tuple[list[bytes], list[dict[str, Any]]]:
    """Put broken and awkward lines among good ones.

    Parameters
    ----------
    lines
        The good lines of an export.
    release, seed, at
        The release and seed that they were made with, and the time of the planted spans in nanoseconds.

    Returns
    -------
    tuple
        All lines, and one record a planted line: `line` (1-based), `kind`, `expect` ("set_aside" or "loaded"), `cause`, and the
        ids of what has to be there where it is loaded.
    """
    rng = Random(f"{seed}/broken")

    def line(span: Span) -> bytes:
        return orjson.dumps(envelope([span], release))

    whole = line(
        _tool(
            _span(rng, "execute_tool get_order", at), "get_order", '{"order_id":"W1000001"}', '{"status":"delivered"}'
        )
    )
    nameless = _span(rng, "invoke_agent ori", at)
    del nameless["traceId"], nameless["spanId"]
    not_a_number = deepcopy(_span(rng, "invoke_agent ori", at))
    not_a_number["attributes"].append({"key": "gen_ai.usage.cost", "value": {"doubleValue": 0.5}})
    orphan = _tool(_span(rng, "execute_tool track_shipment", at, parentSpanId=f"{rng.getrandbits(64) | 1 << 60:016x}"), "track_shipment",
                   '{"tracking":"PN100000001"}', '{"carrier":"DHL","eta":"2025-09-20"}')  # fmt: skip
    running = _span(rng, "invoke_agent ori", at)
    del running["endTimeUnixNano"]
    row = "2025-09-01 warehouse scan ok; "
    oversized = _tool(
        _span(rng, "execute_tool get_shipment_log", at),
        "get_shipment_log",
        '{"tracking":"PN100000002"}',
        row * (_OVERSIZED // len(row)),
    )
    planted: list[tuple[str, str, str, bytes, Span | None]] = [
        ("truncated", "set_aside", "The line ends in the middle of a JSON text.", whole[: len(whole) * 2 // 3], None),
        ("invalid_utf8", "set_aside", "The line is not UTF-8.", whole.replace(b"delivered", b"deliv\xff\xfered"), None),
        ("not_otlp", "set_aside", "The line is JSON, but no OTLP export request.", b'{"level":"info","msg":"collector restarted","queue":{"size":0}}', None),
        ("no_ids", "set_aside", "The span has neither a trace id nor a span id.", line(nameless), None),
        ("nan_literal", "set_aside", "The line holds the literal NaN, which is no JSON.", line(not_a_number).replace(b'"doubleValue":0.5', b'"doubleValue":NaN'), None),
        ("oversized", "loaded", "One tool result of 300,000 characters: it is kept whole.", line(oversized), oversized),
        ("orphan", "loaded", "The span's parent is never exported: it stands at the top of its trace.", line(orphan), orphan),
        ("running", "loaded", "The span has no end: it was still running.", line(running), running),
    ]  # fmt: skip
    places = sorted(rng.sample(range(len(lines) // 10, len(lines)), len(planted)))
    rng.shuffle(planted)
    result = list(lines)
    truth: list[dict[str, Any]] = []
    for shift, (place, (kind, expect, cause, text, span)) in enumerate(zip(places, planted, strict=True)):
        result.insert(place + shift, text)
        ids = {"trace_id": span["traceId"], "span_id": span["spanId"]} if span else {}
        truth.append(
            {"file": "baseline.jsonl", "line": place + shift + 1, "kind": kind, "expect": expect, "cause": cause, **ids}
        )
    return result, truth
