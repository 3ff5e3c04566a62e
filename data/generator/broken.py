"""Broken and awkward input, planted on purpose: what real exports contain when disks fill up and collectors restart."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Final

import orjson

from .otlp import Span, attributes, envelope

__all__ = ["plant", "repeats"]

_OVERSIZED: Final = 300_000


@dataclass(frozen=True, slots=True)
class _Planted:
    kind: str
    expect: str  # set_aside | loaded
    cause: str
    line: bytes
    span: Span | None = None


class _Maker:
    """Makes spans of conversations that occur nowhere else in the export."""

    def __init__(self, rng: Random, at: int, release: str) -> None:
        self.rng, self.at, self.release = rng, at, release

    def agent(self) -> Span:
        """A root span."""
        return self._span(
            "invoke_agent ori", "invoke_agent", {"gen_ai.agent.name": "ori", "gen_ai.agent.version": self.release}
        )

    def tool(self, tool: str, arguments: str, result: str) -> Span:
        """A tool call without anything around it."""
        told = {"gen_ai.tool.name": tool, "gen_ai.tool.call.arguments": arguments, "gen_ai.tool.call.result": result}
        return self._span(f"execute_tool {tool}", "execute_tool", told)

    def line(self, span: Span) -> bytes:
        """A line with one span."""
        return orjson.dumps(envelope([span], self.release))

    def span_id(self) -> str:
        """An id that no other span has."""
        return f"{self.rng.getrandbits(64) | 1 << 60:016x}"

    def _span(self, name: str, operation: str, more: dict[str, str]) -> Span:
        values = {
            "gen_ai.operation.name": operation,
            "gen_ai.conversation.id": f"conv-{self.rng.getrandbits(48):012x}",
            **more,
        }
        return {"traceId": f"{self.rng.getrandbits(128):032x}", "spanId": self.span_id(), "name": name, "kind": 1, "startTimeUnixNano": str(self.at),
                "endTimeUnixNano": str(self.at + 800_000_000), "attributes": attributes(values)}  # fmt: skip


def _broken(make: _Maker) -> list[_Planted]:
    whole = make.line(make.tool("get_order", '{"order_id":"W1000001"}', '{"status":"delivered"}'))
    nameless = make.agent()
    del nameless["traceId"], nameless["spanId"]
    return [
        _Planted("truncated", "set_aside", "The line ends in the middle of a JSON text.", whole[: len(whole) * 2 // 3]),
        _Planted("invalid_utf8", "set_aside", "The line is neither UTF-8 nor JSON: a block of another file.", bytes(make.rng.randrange(128, 256) for _ in range(300))),
        _Planted("not_otlp", "set_aside", "The line is JSON, but no OTLP export request.", b'{"level":"info","msg":"collector restarted","queue":{"size":0}}'),
        _Planted("no_ids", "set_aside", "The span has neither a trace id nor a span id.", make.line(nameless)),
    ]  # fmt: skip


def _awkward(make: _Maker) -> list[_Planted]:
    scanned = make.tool("get_order", '{"order_id":"W1000002"}', '{"status":"delivered"}')
    unpriced = make.agent()
    unpriced["attributes"].append({"key": "gen_ai.usage.cost", "value": {"doubleValue": 0.5}})
    row = "2025-09-01 warehouse scan ok; "
    oversized = make.tool("get_shipment_log", '{"tracking":"PN100000002"}', row * (_OVERSIZED // len(row)))
    orphan = make.tool("track_shipment", '{"tracking":"PN100000001"}', '{"carrier":"DHL","eta":"2025-09-20"}') | {
        "parentSpanId": make.span_id()
    }
    running = make.agent()
    del running["endTimeUnixNano"]
    return [
        _Planted("broken_characters", "loaded", "Two bytes of a tool result are not UTF-8; the rest of the line is sound.", make.line(scanned).replace(b"delivered", b"deliv\xff\xfered"), scanned),
        _Planted("nan_literal", "loaded", "The cost is the literal NaN, which JSON does not know: it is unknown, the span is sound.", make.line(unpriced).replace(b'"doubleValue":0.5', b'"doubleValue":NaN'), unpriced),
        _Planted("oversized", "loaded", "One tool result of 300,000 characters: nothing of it is lost.", make.line(oversized), oversized),
        _Planted("orphan", "loaded", "The span's parent is never exported: it stands at the top of its trace.", make.line(orphan), orphan),
        _Planted("running", "loaded", "The span has no end: it was still running.", make.line(running), running),
    ]  # fmt: skip


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
        All lines, and one record a planted line: `line` (1-based), `kind`, `expect` ("set_aside" or "loaded"), `cause`, and the ids
        of what has to be there where it is loaded.
    """
    rng = Random(f"{seed}/broken")
    make = _Maker(rng, at, release)
    planted = _broken(make) + _awkward(make)
    rng.shuffle(planted)
    places = sorted(rng.randrange(len(lines) // 10, len(lines) + 1) for _ in planted)
    result = list(lines)
    truth: list[dict[str, Any]] = []
    for shift, (place, one) in enumerate(zip(places, planted, strict=True)):
        result.insert(place + shift, one.line)
        record: dict[str, Any] = {"line": place + shift + 1, "kind": one.kind, "expect": one.expect, "cause": one.cause}
        if one.span:
            conversation = next(
                pair["value"]["stringValue"]
                for pair in one.span["attributes"]
                if pair["key"] == "gen_ai.conversation.id"
            )
            record |= {"trace_id": one.span["traceId"], "span_id": one.span["spanId"], "session_id": conversation}
        truth.append(record)
    return result, truth


def repeats(lines: list[bytes]) -> list[dict[str, Any]]:
    """One record a line that was delivered a second time; its spans have to be merged, not counted twice."""
    seen: set[bytes] = set()
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        if line in seen:
            found.append(
                {
                    "line": number,
                    "kind": "duplicate",
                    "expect": "merged",
                    "cause": "The line was delivered twice.",
                    "spans": line.count(b'"spanId"'),
                }
            )
        seen.add(line)
    return found
