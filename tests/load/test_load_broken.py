"""What is broken is set aside with a reason, and nothing that is sound goes with it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from otlp_lines import TRACE, attributes, logs, request, span, write

from workbench import load
from workbench.load._read import READER_FAILED

SOUND = orjson.dumps(request(span("00000000000000aa", {"input.value": "hello"})))
SAMPLE = Path(__file__).parents[2] / "data"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (SOUND[:200], "a truncated line"),
        (SOUND + b"}", "not valid JSON"),
        (b"{'resourceSpans': []}", "not valid JSON"),
        (b"\xff\xfe\x80\x81" * 9, "not UTF-8, and not JSON"),
        (b"null", "no record of its file's format (otlp)"),
        (b"[1, 2]", "no record of its file's format (otlp)"),
        (b'{"level": "info"}', "no record of its file's format (otlp)"),
        (b"<html>502 Bad Gateway</html>", "not valid JSON"),
        (orjson.dumps(request(span(spanId=""))), "a span without an id"),
        (orjson.dumps(request(7)), "a record of an unknown shape"),
        (orjson.dumps(request(span(attributes=[7]))), "a record of an unknown shape"),
        (b'{"resourceSpans": ' + b"[" * 2000 + b"]" * 2000 + b"}", "not valid JSON"),
    ],
)
def test_a_broken_line_among_sound_ones(line: bytes, reason: str, tmp_path: Path) -> None:
    after = request(span("00000000000000bb"))
    loaded = load.read(write(tmp_path / "a.jsonl", SOUND, line, after))
    assert loaded.spans["span_id"].to_list() == ["00000000000000aa", "00000000000000bb"]
    assert loaded.set_aside.select("record", "reason").rows() == [(2, reason)]
    assert loaded.set_aside["path"].item() == str(tmp_path / "a.jsonl")


def test_the_first_line_may_be_the_broken_one(tmp_path: Path) -> None:
    loaded = load.read(write(tmp_path / "a.jsonl", SOUND[:99], SOUND))
    assert (loaded.total("loaded"), loaded.total("set_aside")) == (1, 1)


def test_numbers_that_json_does_not_know_are_unknown(tmp_path: Path) -> None:
    line = orjson.dumps(request(span(told={"llm.cost.total": 0.5, "gen_ai.usage.output_tokens": 3})))
    loaded = load.read(write(tmp_path / "a.jsonl", line.replace(b"0.5", b"NaN"), line.replace(b"0.5", b"-Infinity")))
    assert loaded.total("set_aside") == 0
    assert loaded.spans.select("total_cost", "output_tokens").rows() == [(None, 3)]


def test_broken_characters_are_shown_as_such_and_the_line_stays(tmp_path: Path) -> None:
    loaded = load.read(
        write(tmp_path / "a.jsonl", SOUND.replace(b"hello", b"he\xffo"), SOUND.replace(b"hello", b"\\ud83dx"))
    )
    assert sorted(loaded.spans["input"].to_list()) == ["he\ufffdo"]
    assert "lines that were not UTF-8, read with \ufffd in place of the broken characters: 1" in loaded.notes
    assert loaded.total("superseded") == 1


def test_values_out_of_range_are_unknown(tmp_path: Path) -> None:
    wild = span(
        told={"gen_ai.usage.input_tokens": 2**80, "task.trial": "two"},
        endTimeUnixNano=str(2**70),
        startTimeUnixNano="yesterday",
    )
    row = load.read(write(tmp_path / "a.jsonl", request(wild))).spans.row(0, named=True)
    assert (row["input_tokens"], row["trial"], row["start"], row["end"]) == (None, None, None, None)


def test_a_deeply_nested_attribute_is_cut_off_and_the_span_stays(tmp_path: Path) -> None:
    inner: Any = {"stringValue": "deep"}
    for _ in range(300):
        inner = {"arrayValue": {"values": [inner]}}
    one = span()
    one["attributes"].append({"key": "acme.deep", "value": inner})
    row = load.read(write(tmp_path / "a.jsonl", json.dumps(request(one)).encode())).spans.row(0, named=True)
    assert "nested too deeply" in row["raw"]


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    one = span(told={"acme.<script>": "<img src=x onerror=alert(1)>", "session.id": "../../etc/passwd"}, name="<b>")
    loaded = load.read(write(tmp_path / "<i>.jsonl", request(one), b"<script>alert(1)</script>"))
    assert loaded.spans["session_id"].to_list() == ["../../etc/passwd"]
    shown = loaded._repr_html_()
    assert "<script>" not in shown
    assert "<i>" not in shown
    assert "&lt;script&gt;" in shown


@pytest.mark.skipif(not (SAMPLE / "truth/planted.jsonl").exists(), reason="the sample is not there")
def test_every_line_planted_in_the_sample_ends_where_it_should() -> None:
    loaded = load.read(
        sorted((SAMPLE / "sample").glob("*line.jsonl")) + sorted((SAMPLE / "sample").glob("candidate.jsonl"))
    )
    planted = [orjson.loads(line) for line in (SAMPLE / "truth/planted.jsonl").read_bytes().splitlines()]
    aside = {(Path(path).name, record) for path, record in loaded.set_aside.select("path", "record").rows()}
    assert aside == {(one["file"], one["line"]) for one in planted if one["expect"] == "set_aside"}
    assert loaded.set_aside["reason"].n_unique() == 4
    kept = set(loaded.spans.select("trace_id", "span_id").rows())
    assert {(one["trace_id"], one["span_id"]) for one in planted if one["expect"] == "loaded"} <= kept
    oversized = next(one for one in planted if one["kind"] == "oversized")
    row = loaded.spans.filter(trace_id=oversized["trace_id"], span_id=oversized["span_id"]).row(0, named=True)
    assert row["spilled"][0]["characters"] > 290_000
    assert loaded.spans.filter(status="running").height == sum(one["kind"] == "running" for one in planted)


LINES = [
    SOUND,
    orjson.dumps(request(span("00000000000000bb", {"gen_ai.operation.name": "chat", "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]', "llm.output_messages.0.message.content": "x", "annotations.0.annotation.name": "n"}, parentSpanId="00000000000000aa", events=[{"name": "exception", "attributes": attributes({"exception.type": "E"})}], links=[{"traceId": TRACE, "spanId": "00000000000000aa"}]))),
    orjson.dumps(logs({"traceId": TRACE, "spanId": "00000000000000aa", "eventName": "gen_ai.evaluation.result", "attributes": attributes({"gen_ai.evaluation.name": "thumbs"})}, {"traceId": TRACE, "spanId": "00000000000000cc", "eventName": "gen_ai.user.message", "body": {"kvlistValue": {"values": attributes({"content": "hi"})}}})),
    orjson.dumps({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}, {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "1", "content": "r"}]}),
    orjson.dumps({"observations": [{"id": "o", "traceId": "t", "type": "TOOL", "input": "{'a': 1}", "startTime": "2026-01-01T00:00:00Z"}], "scores": [{"name": "s", "value": 1}]}),
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A sound line with a few bytes changed, cut, doubled or moved."""
    line = bytearray(draw(st.sampled_from(LINES)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, len(line) - 1)))
        match draw(st.sampled_from(["byte", "cut", "insert", "double", "swap"])):
            case "byte" if line:
                line[at] = draw(st.sampled_from(b'{}[]",:0x\\\n\xffe-'))
            case "cut":
                del line[at : at + draw(st.integers(1, 30))]
            case "insert":
                line[at:at] = draw(
                    st.sampled_from([b"null", b"{}", b"[]", b"1e999", b'"\\ud800"', b"NaN", b"\x00", b"\n"])
                )
            case "double":
                line[at:at] = line[at : at + 40]
            case _:
                line = line[at:] + line[:at]
    return bytes(line)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(mutated(), min_size=1, max_size=5))
def test_any_mutation_of_sound_lines_is_accounted_for(lines: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "fuzz.jsonl")
        file.write_bytes(b"\n".join(lines))
        loaded = load.read(file)
        again = load.read(file, known=loaded.spans.lazy(), known_scores=loaded.scores.lazy())
    assert loaded.total("read") >= 1
    assert READER_FAILED not in loaded.set_aside["reason"]
    assert loaded.spans.select(pl.struct("trace_id", "span_id").is_unique().all()).item() in (True, None)
    assert again.spans.height == 0
    assert again.total("read") == loaded.total("read")


def test_a_file_in_a_one_byte_encoding_is_known_by_its_shape(tmp_path: Path) -> None:
    line = json.dumps(request(span("00000000000000aa", {"input.value": "Grüße"})), ensure_ascii=False)
    (tmp_path / "a.jsonl").write_bytes(line.encode("latin-1"))
    loaded = load.read(tmp_path / "a.jsonl")
    assert loaded.spans["input"].to_list() == ["Gr\ufffd\ufffde"]
    assert any("not UTF-8" in note for note in loaded.notes)


def test_zeros_after_a_crash_cost_no_record(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(SOUND + b"\n" + orjson.dumps(request(span("00000000000000bb"))) + bytes(4096))
    loaded = load.read(tmp_path / "a.jsonl")
    assert loaded.total("loaded") == 2
    assert loaded.total("set_aside") == 0
