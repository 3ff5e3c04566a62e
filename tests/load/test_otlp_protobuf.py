"""OTLP protobuf: the same rows as the same spans in JSON, however they are framed and compressed, and whatever breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from otlp_lines import START, TRACE, attributes, logs, request, span, write
from otlp_wire import any_value, encode, field, fixed, prefixed
from shared_data import shared

from workbench import load
from workbench.load import _protobuf
from workbench.load._read import READER_FAILED

PARTS = [{"role": "user", "parts": [{"type": "text", "content": "Where is order 7? Grüße"}]}]
TOLD = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "m",
    "gen_ai.input.messages": PARTS,
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.usage.output_tokens": 3,
    "llm.cost.total": 0.25,
    "session.id": "s1",
    "tag.tags": ["a", "b"],
    "acme.balance": -7,
    "acme.flag": True,
    "gen_ai.request.temperature": 0.5,
}
FAILED = [{"name": "exception", "timeUnixNano": str(START), "attributes": attributes({"exception.type": "Oops", "exception.message": "no such order"})}]  # fmt: skip
SPANS = request(
    span("00000000000000aa", TOLD, parentSpanId="00000000000000bb"),
    span("00000000000000bb", {"gen_ai.operation.name": "invoke_agent"}, status={"code": 2, "message": "bad"}, events=FAILED),
    span("00000000000000cc", {"openinference.span.kind": "EVALUATOR", "annotations.0.annotation.name": "tone", "annotations.0.annotation.score": 1.0}, links=[{"traceId": TRACE, "spanId": "00000000000000aa"}]),
    resource={"service.name": "desk", "service.version": "2"},
)  # fmt: skip
OTHER = request(span("00000000000000dd", {"input.value": "more"}))
LOGS = logs(
    {"traceId": TRACE, "spanId": "00000000000000bb", "timeUnixNano": "6", "eventName": "gen_ai.choice", "body": {"kvlistValue": {"values": attributes({"index": 0, "message": {"role": "assistant", "content": "Sent."}})}}},
    {"traceId": TRACE, "spanId": "00000000000000aa", "timeUnixNano": "9", "eventName": "gen_ai.evaluation.result", "attributes": attributes({"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.75})},
)  # fmt: skip
MESSAGES = [encode(SPANS), encode(OTHER), encode(LOGS)]
PACK = zstandard.ZstdCompressor().compress
PLACE = ("format", "source", "record")


def rows(loaded: load.Loaded) -> list[dict[str, Any]]:
    return loaded.spans.drop(PLACE).sort("span_id").to_dicts()


def scored(loaded: load.Loaded) -> list[dict[str, Any]]:
    return loaded.scores.drop(PLACE).sort("score_id").to_dicts()


@pytest.mark.parametrize(
    "content",
    [
        b"".join(MESSAGES),
        prefixed(*MESSAGES),
        PACK(b"".join(MESSAGES)),
        b"".join(map(PACK, MESSAGES)),
        PACK(prefixed(*MESSAGES)),
        prefixed(*map(PACK, MESSAGES)),
        prefixed(*(PACK(orjson.dumps(value)) for value in (SPANS, OTHER, LOGS))),
    ],
    ids=["plain", "prefixed", "zstd", "zstd in frames", "prefixed in zstd", "prefixed, zstd each", "prefixed, zstd each, of JSON"],
)  # fmt: skip
def test_it_reads_as_the_same_spans_in_json(content: bytes, tmp_path: Path) -> None:
    wanted = load.read(write(tmp_path / "spans.jsonl", SPANS, OTHER, LOGS))
    file = tmp_path / "spans.binpb"
    file.write_bytes(content)
    loaded = load.read(file)
    assert loaded.sources["format"].to_list() == ["otlp-protobuf"]
    assert rows(loaded) == rows(wanted)
    assert scored(loaded) == scored(wanted)
    assert loaded.total("loaded") == loaded.total("read") == wanted.total("read") == 6


def test_spans_that_came_as_json_before_are_merged(tmp_path: Path) -> None:
    first = load.read(write(tmp_path / "spans.jsonl", SPANS))
    (tmp_path / "spans.binpb").write_bytes(encode(SPANS))
    again = load.read(tmp_path / "spans.binpb", known=first.spans.lazy(), known_scores=first.scores.lazy())
    assert (again.spans.height, again.total("merged")) == (0, 3)


def test_the_sample_reads_the_same_in_both(tmp_path: Path) -> None:
    sample = Path(__file__).parents[2] / "data" / "sample" / "candidate.jsonl"
    lines = sample.read_bytes().splitlines()[:40]
    wanted = load.read(write(tmp_path / "spans.jsonl", *lines))
    (tmp_path / "spans.binpb").write_bytes(prefixed(*(encode(orjson.loads(line)) for line in lines)))
    loaded = load.read(tmp_path / "spans.binpb")
    assert rows(loaded) == rows(wanted)
    assert loaded.spans.height > 100


def test_the_trace_of_the_protocols_own_examples(tmp_path: Path) -> None:
    example = shared("native/otlp-proto-examples/trace.json")
    value = orjson.loads(example.read_bytes())
    (tmp_path / "trace.pb").write_bytes(encode(value))
    assert rows(load.read(tmp_path / "trace.pb")) == rows(load.read(example))


def test_metrics_are_set_aside(tmp_path: Path) -> None:
    metric = field(1, b"requests") + field(2, b"how many") + field(3, b"1") + field(7, field(1, fixed(3, START)))
    (tmp_path / "metrics.pb").write_bytes(field(1, field(1, b"") + field(2, field(1, b"") + field(2, metric))))
    loaded = load.read(tmp_path / "metrics.pb")
    assert loaded.set_aside["reason"].to_list() == ["metrics are no traces"]


def test_what_stands_before_a_cut_is_kept_and_the_cut_is_said(tmp_path: Path) -> None:
    file = tmp_path / "spans.binpb"
    whole = prefixed(*MESSAGES)
    last = len(whole) - len(MESSAGES[2]) - 4
    for end in range(len(MESSAGES[0]) // 2, last):
        file.write_bytes(whole[:end])
        loaded = load.read(file)
        assert loaded.total("read") >= 1, end
        complete = end in (len(MESSAGES[0]) + 4, last)
        assert (loaded.total("set_aside") == 0) == complete, end
        assert set(loaded.set_aside["reason"]) <= {"a truncated message"}, end


def test_a_plain_request_that_breaks_off_gives_its_whole_spans(tmp_path: Path) -> None:
    file = tmp_path / "spans.binpb"
    file.write_bytes(encode(SPANS)[:-3])
    loaded = load.read(file)
    assert loaded.spans["span_id"].to_list() == ["00000000000000aa", "00000000000000bb"]
    assert loaded.set_aside["reason"].to_list() == ["a truncated message"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (prefixed(MESSAGES[0], b"", MESSAGES[1]), "a message without spans or log records"),
        (prefixed(MESSAGES[0], b"\xff\xff\xff\xff", MESSAGES[1]), "a damaged message"),
        (prefixed(MESSAGES[0], b"\x28\xb5\x2f\xfdbroken", MESSAGES[1]), "a damaged message"),
        (prefixed(MESSAGES[0], b'{"level": "info"}', MESSAGES[1]), "no record of its file's format (otlp)"),
        (prefixed(MESSAGES[0], b"{'resourceSpans'", MESSAGES[1]), "a record of an unknown shape"),
        (prefixed(MESSAGES[0], MESSAGES[1]) + b"\xff\xff\xff\xffx", "a truncated message"),
        (prefixed(MESSAGES[0], MESSAGES[1]) + b"\x00\x00", "a truncated message"),
    ],
)
def test_a_broken_message_costs_no_other(content: bytes, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "spans.binpb"
    file.write_bytes(content)
    loaded = load.read(file)
    assert loaded.spans["span_id"].sort().to_list() == ["00000000000000aa", "00000000000000bb", "00000000000000dd"]
    assert loaded.set_aside["reason"].to_list() == [reason]


def test_a_span_without_ids_is_set_aside_as_in_json(tmp_path: Path) -> None:
    nameless = field(5, b"a span") + fixed(7, START)
    (tmp_path / "spans.pb").write_bytes(field(1, field(1, b"") + field(2, field(2, nameless))) + MESSAGES[1])
    loaded = load.read(tmp_path / "spans.pb")
    assert loaded.set_aside["reason"].to_list() == ["a span without an id"]
    assert loaded.spans.height == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), put=st.binary(min_size=1, max_size=6), framed=st.booleans())
@example(place=725, put=b"\x00\x10", framed=True)
def test_any_bytes_in_any_place_neither_fail_nor_vanish(place: int, put: bytes, framed: bool, tmp_path: Path) -> None:
    whole = prefixed(*MESSAGES) if framed else b"".join(MESSAGES)
    place %= len(whole)
    (tmp_path / "spans.pb").write_bytes(whole[:place] + put + whole[place + len(put) :])
    loaded = load.read(tmp_path / "spans.pb")
    assert loaded.total("read") >= 1
    assert READER_FAILED not in loaded.set_aside["reason"]


def test_values_nested_beyond_reason_cost_their_span_only(tmp_path: Path) -> None:
    deep = any_value({"stringValue": "x"})
    for _ in range(5000):
        deep = field(5, field(1, deep))
    bad = field(1, bytes(15) + b"1") + field(2, bytes(7) + b"1") + field(9, field(1, b"deep") + field(2, deep))
    (tmp_path / "spans.pb").write_bytes(field(1, field(1, b"") + field(2, field(2, bad))) + MESSAGES[1])
    loaded = load.read(tmp_path / "spans.pb")
    assert loaded.set_aside["reason"].to_list() == ["a damaged message"]
    assert loaded.spans.height == 1


def test_numbers_without_end_are_refused() -> None:
    with pytest.raises(_protobuf.WireError, match="without end"):
        _protobuf.varint(b"\xff" * 20, 0)


def test_negative_numbers_and_kinds_of_values_come_through(tmp_path: Path) -> None:
    (tmp_path / "spans.pb").write_bytes(MESSAGES[0])
    raw = orjson.loads(load.read(tmp_path / "spans.pb").spans.filter(pl.col("kind") == "llm")["raw"].item())
    assert (raw["acme.balance"], raw["acme.flag"], raw["gen_ai.request.temperature"]) == (-7, True, 0.5)
