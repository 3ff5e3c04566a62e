"""Phoenix and the console of OpenTelemetry's Python SDK: the same trace in each of their shapes, and annotations."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from otlp_lines import TRACE, attributes, write

from workbench import load
from workbench.load._values import is_array, is_object

AGENT, MODEL, TOOL = "00000000000000aa", "00000000000000bb", "00000000000000cc"
BEGAN = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
CALL = {"tool_call.id": "c1", "tool_call.function.name": "find", "tool_call.function.arguments": '{"order": 7}'}
FAILED = {"exception.type": "Oops", "exception.message": "no such order"}
# id, parent, kind, seconds, attributes as they are sent
TOLD: list[tuple[str, str | None, str, int, dict[str, Any]]] = [
    (AGENT, None, "AGENT", 9, {"session.id": "s1", "user.id": "u1", "metadata": '{"tenant": "acme"}', "tag.tags": ["a"]}),
    (MODEL, AGENT, "LLM", 1, {
        "llm.model_name": "m", "llm.token_count.prompt": 12, "llm.token_count.completion": 3, "llm.cost.total": 0.5,
        "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "Where is order 7?",
        "llm.output_messages.0.message.role": "assistant",
        **{f"llm.output_messages.0.message.tool_calls.0.{key}": value for key, value in CALL.items()},
    }),
    (TOOL, AGENT, "TOOL", 2, {"tool.name": "find", "input.value": '{"order": 7}', "input.mime_type": "application/json"}),
]  # fmt: skip


def when(seconds: int) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def iso(seconds: int) -> str:
    return when(seconds).isoformat()


def events(span_id: str) -> list[dict[str, Any]]:
    return [{"name": "exception", "timestamp": iso(2), "attributes": FAILED}] if span_id == TOOL else []


def status(span_id: str) -> tuple[str, str]:
    return ("ERROR", "no such order") if span_id == TOOL else ("OK", "")


def rest() -> list[dict[str, Any]]:
    """Spans of the REST interface: flat attributes, metadata flattened too, the kind beside them."""
    found: list[dict[str, Any]] = []
    for span_id, parent, kind, seconds, told in TOLD:
        flat = {name: value for name, value in told.items() if name != "metadata"}
        if "metadata" in told:
            flat["metadata.tenant"] = "acme"
        found.append({
            "id": f"U3Bhbjo{span_id}", "name": kind.lower(), "context": {"trace_id": TRACE, "span_id": span_id},
            "span_kind": kind, "parent_id": parent, "start_time": iso(0), "end_time": iso(seconds),
            "status_code": status(span_id)[0], "status_message": status(span_id)[1], "attributes": flat,
            "events": events(span_id),
        })  # fmt: skip
    return found


def dataframe() -> pl.DataFrame:
    """Columns of `get_spans_dataframe()`: messages as lists of objects with dotted keys, metadata an object."""
    rows: list[dict[str, Any]] = []
    for span_id, parent, kind, seconds, told in TOLD:
        flat = {f"attributes.{name}": value for name, value in told.items() if "_messages" not in name}
        if kind == "LLM":
            flat["attributes.llm.input_messages"] = [{"message.role": "user", "message.content": "Where is order 7?"}]
            flat["attributes.llm.output_messages"] = [{"message.role": "assistant", "message.content": None, "message.tool_calls": [CALL]}]  # fmt: skip
        if "metadata" in told:
            flat["attributes.metadata"] = {"tenant": "acme"}
        rows.append({
            "name": kind.lower(), "span_kind": kind, "parent_id": parent, "start_time": when(0), "end_time": when(seconds),
            "status_code": status(span_id)[0], "status_message": status(span_id)[1], "events": events(span_id),
            "context.span_id": span_id, "context.trace_id": TRACE, "attributes.openinference.span.kind": kind, **flat,
            "__index_level_0__": span_id,
        })  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def console() -> list[dict[str, Any]]:
    """What `span.to_json()` writes."""
    found: list[dict[str, Any]] = []
    for span_id, parent, kind, seconds, told in TOLD:
        code, message = status(span_id)
        found.append({
            "name": kind.lower(), "context": {"trace_id": f"0x{TRACE}", "span_id": f"0x{span_id}", "trace_state": "[]"},
            "kind": "SpanKind.INTERNAL", "parent_id": f"0x{parent}" if parent else None,
            "start_time": iso(0).replace("+00:00", "Z"), "end_time": iso(seconds).replace("+00:00", "Z"),
            "status": {"status_code": code, **({"description": message} if message else {})},
            "attributes": {"openinference.span.kind": kind, **told}, "events": events(span_id), "links": [],
            "resource": {"attributes": {}, "schema_url": ""},
        })  # fmt: skip
    return found


def snake() -> dict[str, Any]:
    """The download "OTLP JSON" of the user interface."""
    spans: list[dict[str, Any]] = []
    for span_id, parent, kind, seconds, told in TOLD:
        nanos = [int(when(at).timestamp() * 1e6) * 1000 for at in (0, seconds)]
        pairs = [{"key": pair["key"], "value": snaked(pair["value"])} for pair in attributes({"openinference.span.kind": kind, **told})]  # fmt: skip
        spans.append({
            "trace_id": TRACE, "span_id": span_id, "parent_span_id": parent, "name": kind.lower(),
            "start_time_unix_nano": nanos[0], "end_time_unix_nano": nanos[1], "attributes": pairs,
            "status": {"code": {"OK": 1, "ERROR": 2}[status(span_id)[0]], "message": status(span_id)[1]},
            "events": [{"name": "exception", "time_unix_nano": nanos[1], "attributes": [{"key": key, "value": {"string_value": value}} for key, value in FAILED.items()]}] if events(span_id) else [],
        })  # fmt: skip
    return {"resource_spans": [{"scope_spans": [{"spans": spans}]}]}


def snaked(value: Any) -> Any:
    if is_array(value):
        return [snaked(item) for item in value]
    if not is_object(value):
        return value
    return {
        {"stringValue": "string_value", "intValue": "int_value", "doubleValue": "double_value", "arrayValue": "array_value"}.get(key, key): int(inner) if key == "intValue" else snaked(inner)
        for key, inner in value.items()
    }  # fmt: skip


def parquet(frame: pl.DataFrame) -> bytes:
    packed = io.BytesIO()
    frame.write_parquet(packed)
    return packed.getvalue()


def table(rows: list[dict[str, Any]]) -> bytes:
    """As `to_csv` writes it: structure as Python prints it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def lines(values: list[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(value) + b"\n" for value in values)


def printed(values: list[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n" for value in values)


SHAPES = {
    "REST": ("phoenix", lines(rest())),
    "REST, a page": ("phoenix", orjson.dumps({"data": rest(), "next_cursor": None})),
    "command line": ("phoenix", lines([{"traceId": TRACE, "spans": rest(), "rootSpan": rest()[0], "startTime": iso(0), "endTime": iso(9), "duration": 9000, "status": "OK", "annotations": [], "notes": []}])),
    "dataframe": ("phoenix", parquet(dataframe())),
    "dataframe as CSV": ("phoenix", table(dataframe().to_dicts())),
    "dataframe as JSON": ("phoenix", lines([{name: str(value) if isinstance(value, datetime) else value for name, value in row.items()} for row in dataframe().to_dicts()])),
    "OTLP in snake case": ("otlp", orjson.dumps(snake())),
    "console": ("otel-python", printed(console())),
    "console, a line each": ("otel-python", lines(console())),
    "console, a list": ("otel-python", orjson.dumps(console())),
}  # fmt: skip
WANTED: list[dict[str, Any]] = [
    {"span_id": AGENT, "parent_id": None, "name": "agent", "kind": "agent", "seconds": 9, "status": "ok", "session_id": "s1", "user_id": "u1", "tags": ["a"]},
    {"span_id": MODEL, "parent_id": AGENT, "name": "llm", "kind": "llm", "seconds": 1, "status": "ok", "model": "m", "input_tokens": 12, "output_tokens": 3, "total_tokens": 15, "total_cost": 0.5},
    {"span_id": TOOL, "parent_id": AGENT, "name": "tool", "kind": "tool", "seconds": 2, "status": "error", "error_type": "Oops", "error_message": "no such order", "tool_name": "find", "tool_arguments": '{"order": 7}'},
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_trace_reads_the_same_in_every_shape(shape: str, tmp_path: Path) -> None:
    reader, content = SHAPES[shape]
    file = tmp_path / ("export.csv" if "CSV" in shape else "export")
    file.write_bytes(content)
    loaded = load.read(file)
    assert loaded.sources["format"].to_list() == [reader]
    assert (loaded.total("loaded"), loaded.total("read")) == (3, 3)
    spans = loaded.spans.with_columns(seconds=(pl.col("end") - pl.col("start")).dt.total_seconds()).sort("span_id")
    columns = {name for wanted in WANTED for name in wanted}
    assert spans.select(sorted(columns)).to_dicts() == [
        {name: wanted.get(name) for name in sorted(columns)} for wanted in WANTED
    ]
    assert spans["trace_id"].unique().to_list() == [TRACE]
    assert spans["start"].dt.epoch("us").unique().to_list() == [int(BEGAN.timestamp() * 1e6)]
    model = spans.row(1, named=True)
    assert orjson.loads(model["input_messages"]) == [{"role": "user", "content": "Where is order 7?"}]
    assert orjson.loads(model["output_messages"]) == [{"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "name": "find", "arguments": {"order": 7}}]}]  # fmt: skip
    assert orjson.loads(spans["metadata"][0]) == {"tenant": "acme"}


def test_own_attributes_of_a_dataframe_stay_as_they_are(tmp_path: Path) -> None:
    frame = dataframe().with_columns(pl.lit([{"deep": 1, "none": None}]).list.first().alias("attributes.acme"))
    (tmp_path / "spans.parquet").write_bytes(parquet(frame))
    loaded = load.read(tmp_path / "spans.parquet")
    assert loaded.unknown_attributes.rows() == [("acme", 3)]
    assert orjson.loads(loaded.spans["raw"][0])["acme"] == {"deep": 1}


def annotation(**fields: Any) -> dict[str, Any]:
    return {"id": "QTox", "name": "correct", "annotator_kind": "HUMAN", "result": {"label": "incorrect", "score": 0.0, "explanation": "wrong order"}, "metadata": {}, "identifier": "", "created_at": iso(5), "updated_at": iso(6), "source": "APP", "user_id": "VXNlcjox", **fields}  # fmt: skip


def test_annotations_of_spans_traces_and_sessions(tmp_path: Path) -> None:
    given = [
        annotation(trace_id=TRACE),
        annotation(id="QToy", session_id="s1", name="quality", annotator_kind="LLM", result={"score": 0.25}),
        annotation(id="QToz", span_id=MODEL, name="note", annotator_kind="HUMAN", result={"explanation": "Look here."}),
        annotation(id="QTo0", span_id=MODEL, name="latency", annotator_kind="CODE", result={"label": "slow", "score": None}),
    ]  # fmt: skip
    scores = load.read(write(tmp_path / "annotations.jsonl", *given)).scores
    columns = ["target_kind", "target_id", "join_key", "name", "value_number", "value_text", "passed", "comment"]
    assert scores.select(*columns, "author_kind").rows() == [
        ("trace", TRACE, None, "correct", 0.0, "incorrect", False, "wrong order", "human"),
        ("session", "s1", None, "quality", 0.25, None, None, None, "model"),
        (None, None, MODEL, "note", None, None, None, "Look here.", "human"),
        (None, None, MODEL, "latency", None, "slow", None, None, "code"),
    ]
    assert scores["author"].unique().to_list() == ["VXNlcjox"]
    assert scores["happened_at"].dt.epoch("us")[0] == int(when(6).timestamp() * 1e6)


def test_annotations_as_a_dataframe(tmp_path: Path) -> None:
    row = {"span_id": MODEL, "annotation_name": "correct", "annotator_kind": "HUMAN", "result.label": "correct", "result.score": 1.0, "result.explanation": None, "created_at": when(1), "identifier": "ana"}  # fmt: skip
    (tmp_path / "annotations.parquet").write_bytes(parquet(pl.DataFrame([row])))
    scores = load.read(tmp_path / "annotations.parquet").scores
    assert scores.select("join_key", "name", "value_number", "passed", "author").rows() == [
        (MODEL, "correct", 1.0, True, "ana")
    ]


def test_feedback_that_rides_on_a_trace_of_the_command_line(tmp_path: Path) -> None:
    spans = rest()
    spans[1]["annotations"] = [annotation(span_id=MODEL)]
    trace = {"traceId": TRACE, "spans": spans, "rootSpan": spans[0], "annotations": [annotation(id="QToy", name="done", result={"score": 1})], "notes": [annotation(id="QToz", name="note", result={"explanation": "Fine."})]}  # fmt: skip
    loaded = load.read(write(tmp_path / "traces.json", trace))
    assert loaded.scores.select("target_kind", "target_id", "name").rows() == [
        ("span", f"{TRACE}/{MODEL}", "correct"),
        ("trace", TRACE, "done"),
        ("trace", TRACE, "note"),
    ]
    assert (loaded.total("read"), loaded.total("loaded")) == (5, 5)


def test_feedback_that_rides_on_the_attributes_of_an_export(tmp_path: Path) -> None:
    spans = rest()
    spans[1]["attributes"] |= {"annotations.0.annotation.name": "tone", "annotations.0.annotation.label": "rude", "annotations.0.annotation.annotator_kind": "HUMAN", "trace.annotations.0.name": "done", "trace.annotations.0.score": 1}  # fmt: skip
    scores = load.read(write(tmp_path / "spans.jsonl", *spans)).scores
    assert scores.select("target_kind", "name", "author_kind").rows() == [
        ("span", "tone", "human"),
        ("trace", "done", "code"),
    ]


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    nameless = {**rest()[0], "context": {"trace_id": TRACE, "span_id": None}}
    running = {**rest()[1], "end_time": None}
    lost = annotation(span_id=None)
    loaded = load.read(write(tmp_path / "spans.jsonl", nameless, running, lost, {"level": "info"}))
    assert loaded.spans.select("span_id", "status").rows() == [(MODEL, "running")]
    assert loaded.set_aside.select("record", "reason").rows() == [
        (1, "a span without an id"),
        (3, "an annotation of nothing"),
        (4, "no record of its file's format (phoenix)"),
    ]


def test_the_console_among_other_output_and_cut_off(tmp_path: Path) -> None:
    whole = b"starting\n" + printed(console()[:2]) + b"done\n" + printed(console()[2:])[:300]
    (tmp_path / "out.log").write_bytes(whole)
    loaded = load.read(tmp_path / "out.log")
    assert loaded.spans["span_id"].to_list() == [AGENT, MODEL]
    assert loaded.set_aside["reason"].to_list() == ["not valid JSON", "not valid JSON", "a truncated line"]
    assert loaded.set_aside["record"].to_list() == [1, *(1 + i for i, line in enumerate(whole.splitlines()) if line == b"done"), 2 + whole.splitlines().index(b"done")]  # fmt: skip
    assert loaded.total("read") == 5
