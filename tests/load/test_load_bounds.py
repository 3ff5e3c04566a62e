"""A load far larger than memory: what is held at once stays small, and what is found is the same."""

from __future__ import annotations

from pathlib import Path

import orjson
import polars as pl
import pytest
from otlp_lines import TRACE, attributes, logs, request, span, write

from workbench import load
from workbench._crew import Crew
from workbench.load import _parted, _pieces, _sheet, _supplements

KEY = ["trace_id", "span_id"]
SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "baseline.jsonl"


def trace(number: int) -> str:
    return f"{number:032x}"


def log(number: int, text: str, trace_id: str, at: int) -> dict[str, object]:
    told = {
        "gen_ai.input.messages": orjson.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}]).decode()
    }
    return {
        "traceId": trace_id, "spanId": f"{number:016x}", "timeUnixNano": str(at),
        "eventName": "gen_ai.client.inference.operation.details", "attributes": attributes(told),
    }  # fmt: skip


def mixed(path: Path) -> Path:
    """Spans, repeated and grown ones, circles, log records before, after and without their spans, and the same log record twice."""
    lines: list[object] = []
    for number in range(1, 121):
        own = {"traceId": trace(number)}
        lines.append(request(span("00000000000000aa", {"input.value": f"{number} " + "x" * 300}, **own)))
        lines.append(request(span("00000000000000bb", parentSpanId="00000000000000cc", **own)))
        lines.append(request(span("00000000000000cc", parentSpanId="00000000000000bb", **own)))
        if number % 3 == 0:
            lines.append(request(span("00000000000000aa", {"input.value": f"{number} " + "x" * 900}, **own)))
        if number % 4 == 0:
            lines.append(logs(log(0xBB, f"said late {number}", trace(121 - number), 7)))
            lines.append(logs(log(0xDD, f"of no span {number}", trace(number), 9)))
        if number % 8 == 0:
            lines.append(logs(log(0xDD, f"of no span {number}", trace(number), 9)))
            lines.append(logs(log(0xDD, f"and again {number}", trace(number), 8)))
    return write(path, *lines)


def counts(loaded: load.Loaded) -> list[tuple[int, ...]]:
    return loaded.sources.select("read", "loaded", "merged", "superseded", "set_aside").rows()


@pytest.mark.parametrize("known", [False, True])
def test_a_load_in_parts_is_the_load_at_once(known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = mixed(tmp_path / "a.jsonl")
    earlier = None
    if known:
        before = load.read(write(tmp_path / "before.jsonl", request(span(f"{0xDD:016x}", traceId=trace(8)))))
        earlier = before.spans.with_columns(pl.lit("load-1").alias("load_id")).lazy()
    at_once = load.read(file, known=earlier)
    monkeypatch.setattr(_pieces, "_PIECE", 9_000)
    monkeypatch.setattr(_pieces, "_LONG", 10_000)
    monkeypatch.setattr(_pieces, "_HELD", 20_000)
    monkeypatch.setattr(_sheet, "_HELD", 20_000)
    monkeypatch.setattr(_parted, "_AT_ONCE", 37)
    monkeypatch.setattr(_parted, "HELD", 1_000)
    monkeypatch.setattr(_supplements, "_AT_ONCE", 1_500)
    with Crew(1) as crew:
        parted = load.read(file, known=earlier, crew=crew, into=load.Into(tmp_path))
    assert counts(parted) == counts(at_once)
    assert parted.spans.sort(KEY).drop("source").equals(at_once.spans.sort(KEY).drop("source"))
    assert parted.superseded.equals(at_once.superseded)
    assert sorted(parted.notes) == sorted(at_once.notes)
    assert at_once.total("merged") == 15
    assert at_once.superseded.height == int(known)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_log_records_of_a_load_in_parts_reach_the_span_of_another_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_supplements, "_AT_ONCE", 200)
    spans = [request(span(f"{n:016x}")) for n in range(1, 60)]
    told = [logs(log(n, f"number {n}", TRACE, n)) for n in range(59, 0, -1)]
    found = load.read(write(tmp_path / "a.jsonl", *told, *spans)).spans.sort("span_id")
    said = [orjson.loads(text)[0]["content"] for text in found["input_messages"].to_list()]
    assert said == [f"number {n}" for n in range(1, 60)]
