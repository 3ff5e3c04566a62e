"""MLflow: a trace as JSON, as a row of `search_traces` and of the versions before reads the same; assessments are scores."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from otlp_lines import START, TRACE, attributes, request, write
from otlp_lines import span as otlp_span

from workbench import load

Row = dict[str, Any]

AGENT, MODEL, TOOL, FAILED, SEARCH = (f"00000000000000{i}{i}" for i in "abcde")
QUESTION = {"question": "Where is order 7?"}
ASKED = {"model": "m", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where is order 7?"}], "tools": [{"type": "function", "function": {"name": "find"}}]}  # fmt: skip
ANSWER = {"model": "m-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"order": 7}'}}]}}]}  # fmt: skip
USED = {"input_tokens": 12, "output_tokens": 3, "total_tokens": 15, "cache_read_input_tokens": 4}
PRICE = {"input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75}
BROKEN = [{"name": "exception", "attributes": {"exception.type": "ValueError", "exception.message": "no order"}}]
# id, parent, type, inputs, outputs, further attributes, events
TOLD: list[tuple[str, str | None, str, Any, Any, Row, list[Row]]] = [
    (AGENT, None, "AGENT", QUESTION, "It was sent.", {}, []),
    (MODEL, AGENT, "CHAT_MODEL", ASKED, ANSWER, {"mlflow.chat.tokenUsage": USED, "mlflow.llm.cost": PRICE, "mlflow.llm.provider": "openai"}, []),
    (TOOL, AGENT, "TOOL", {"order": 7}, "2", {}, []),
    (FAILED, AGENT, "TOOL", {"order": 8}, None, {}, BROKEN),
    (SEARCH, AGENT, "RETRIEVER", {"query": "refunds"}, [{"page_content": "30 days", "metadata": {"doc_uri": "p.md"}, "id": "d1"}], {}, []),
]  # fmt: skip


def b64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()


def told(kind: str, given: Any, taken: Any, more: Row) -> Row:
    """Attributes of a span: JSON text, each."""
    values = {"mlflow.traceRequestId": f"tr-{TRACE}", "mlflow.spanType": kind, "mlflow.spanInputs": given, "mlflow.spanOutputs": taken, **more}  # fmt: skip
    return {name: orjson.dumps(value).decode() for name, value in values.items() if value is not None}


def spans() -> list[Row]:
    return [
        {
            "trace_id": b64(TRACE), "span_id": b64(span_id), "parent_span_id": b64(parent) if parent else None,
            "name": kind.lower(), "start_time_unix_nano": START, "end_time_unix_nano": START + 10**9,
            "events": [{"time_unix_nano": START + 5, **event} for event in events],
            "status": {"code": "STATUS_CODE_ERROR" if events else "STATUS_CODE_OK", "message": ""},
            "attributes": told(kind, given, taken, more), "links": [],
        }
        for span_id, parent, kind, given, taken, more, events in TOLD
    ]  # fmt: skip


def assessment(name: str, value: Any, by: str = "HUMAN", **more: Any) -> Row:
    return {"assessment_name": name, "trace_id": f"tr-{TRACE}", "source": {"source_type": by, "source_id": "ana"}, "create_time": "2026-01-01T00:00:00.500Z", "last_update_time": "2026-01-01T00:00:01.500Z", "feedback": {"value": value}, "valid": True, **more}  # fmt: skip


METADATA = {"mlflow.trace.session": "s1", "mlflow.trace.user": "u1", "mlflow.trace.tokenUsage": '{"input_tokens": 99, "output_tokens": 1}'}  # fmt: skip


def info(*assessments: Row) -> Row:
    return {
        "trace_id": f"tr-{TRACE}", "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}},
        "request_time": "2023-11-14T22:13:20Z", "execution_duration_ms": 1000, "state": "OK",
        "request_preview": '{"question": "Where…', "response_preview": '"It was sent."', "trace_metadata": METADATA,
        "tags": {"mlflow.traceName": "support", "team": "desk"}, "assessments": list(assessments),
    }  # fmt: skip


def trace(*assessments: Row) -> Row:
    return {"info": info(*assessments), "data": {"spans": spans()}}


def row(*, whole: bool) -> Row:
    """What `search_traces` gives: the trace as JSON text, and its parts in columns."""
    made: Row = {
        "trace_id": f"tr-{TRACE}", "client_request_id": None, "state": "OK", "request_time": START // 10**6,
        "execution_duration": 1000, "request": orjson.dumps(QUESTION).decode(), "response": "It was sent.",
        "trace_metadata": METADATA, "tags": {"mlflow.traceName": "support"}, "spans": spans(), "assessments": [],
    }  # fmt: skip
    return {**made, "trace": orjson.dumps(trace()).decode()} if whole else made


def old() -> Row:
    """A trace of MLflow 2: ids in hex, times by other names."""
    listed = [
        {
            "name": kind.lower(), "context": {"span_id": f"0x{span_id}", "trace_id": f"0x{TRACE}"},
            "parent_id": f"0x{parent}" if parent else None, "start_time": START, "end_time": START + 10**9,
            "status_code": "ERROR" if events else "OK", "status_message": "", "attributes": told(kind, given, taken, more),
            "events": [{"timestamp": START + 5, **event} for event in events],
        }
        for span_id, parent, kind, given, taken, more, events in TOLD
    ]  # fmt: skip
    about = {"request_id": "a1b2", "experiment_id": "0", "timestamp_ms": START // 10**6, "execution_time_ms": 1000, "status": "OK", "request_metadata": METADATA, "tags": {"mlflow.traceName": "support"}}  # fmt: skip
    return {"info": about, "data": {"spans": listed, "request": "{}", "response": "{}"}}


def parquet(value: Row) -> bytes:
    packed = io.BytesIO()
    pl.DataFrame([value]).write_parquet(packed)
    return packed.getvalue()


SHAPES = {
    "JSON": orjson.dumps(trace()),
    "JSON, printed": orjson.dumps(trace(), option=orjson.OPT_INDENT_2),
    "JSON lines": orjson.dumps(trace()) + b"\n" + orjson.dumps({"info": {"trace_id": f"tr-{TRACE}"}, "data": {"spans": []}})[:-8],
    "a page": orjson.dumps({"traces": [trace()], "next_page_token": None}),
    "dataframe": parquet(row(whole=True)),
    "dataframe without the whole": parquet(row(whole=False)),
    "version 2": orjson.dumps(old()),
}  # fmt: skip
WANTED: list[Row] = [
    {"span_id": AGENT, "parent_id": None, "name": "agent", "kind": "agent", "status": "ok", "input": '{"question":"Where is order 7?"}', "output": "It was sent."},
    {"span_id": MODEL, "parent_id": AGENT, "name": "chat_model", "kind": "llm", "status": "ok", "model": "m-1", "provider": "openai", "input_tokens": 12, "output_tokens": 3, "total_tokens": 15, "cache_read_tokens": 4, "input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75},
    {"span_id": TOOL, "parent_id": AGENT, "name": "tool", "kind": "tool", "status": "ok", "tool_arguments": '{"order":7}', "tool_result": "2"},
    {"span_id": FAILED, "parent_id": AGENT, "name": "tool", "kind": "tool", "status": "error", "error_type": "ValueError", "error_message": "no order", "tool_arguments": '{"order":8}'},
    {"span_id": SEARCH, "parent_id": AGENT, "name": "retriever", "kind": "retrieval", "status": "ok", "input": "refunds"},
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_trace_reads_the_same_in_every_export(shape: str, tmp_path: Path) -> None:
    file = tmp_path / "traces"
    file.write_bytes(SHAPES[shape])
    loaded = load.read(file)
    assert loaded.sources["format"].to_list() == ["mlflow"]
    assert loaded.total("loaded") == 5
    assert set(loaded.set_aside["reason"]) == ({"a truncated line"} if shape == "JSON lines" else set())
    found = loaded.spans.sort("span_id")
    columns = sorted({name for wanted in WANTED for name in wanted} - {"output"})
    assert found.select(columns).to_dicts() == [{name: wanted.get(name) for name in columns} for wanted in WANTED]
    assert found["output"][0] == "It was sent."
    for name, value in (("trace_id", TRACE), ("session_id", "s1"), ("user_id", "u1")):
        assert found[name].unique().to_list() == [value]
    assert found["start"].dt.epoch("ns").unique().to_list() == [START]
    model, search = found.row(1, named=True), found.row(4, named=True)
    assert orjson.loads(model["input_messages"]) == ASKED["messages"]
    assert orjson.loads(model["output_messages"]) == [{"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "name": "find", "arguments": {"order": 7}}]}]  # fmt: skip
    assert orjson.loads(model["raw"])["input.beside"]["tools"] == ASKED["tools"]
    assert orjson.loads(search["documents"]) == [{"id": "d1", "content": "30 days", "score": None, "metadata": {"doc_uri": "p.md"}}]  # fmt: skip
    assert loaded.unknown_attributes.height == 0


def test_it_joins_the_same_spans_that_came_as_otlp(tmp_path: Path) -> None:
    loaded = load.read(write(tmp_path / "a.jsonl", trace()))
    again = load.read(write(tmp_path / "b.jsonl", request(otlp_span(AGENT))))
    both = loaded.spans.join(again.spans, on=["trace_id", "span_id"])
    assert both["span_id"].to_list() == [AGENT]


def test_spans_that_others_wrote_keep_their_conventions(tmp_path: Path) -> None:
    one = trace()
    kept = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]', "acme": {"x": 1}}  # fmt: skip
    one["data"]["spans"] = [{**spans()[0], "attributes": {name: orjson.dumps(value).decode() for name, value in kept.items()}}]  # fmt: skip
    loaded = load.read(write(tmp_path / "a.jsonl", one))
    found = loaded.spans.row(0, named=True)
    assert (found["kind"], found["model"]) == ("llm", "m")
    assert orjson.loads(found["input_messages"]) == [{"role": "user", "content": "Hi"}]
    assert loaded.unknown_attributes.rows() == [("acme", 1)]


def test_assessments_are_scores_with_their_authors(tmp_path: Path) -> None:
    given = trace(
        assessment("correct", True, rationale="ok", assessment_id="a-1"),
        assessment("relevance", "yes", "LLM_JUDGE", span_id=MODEL),
        assessment("length", 0.5, "CODE"),
        assessment("correct", False, valid=False),
        assessment("safety", None, "LLM_JUDGE", feedback={"error": {"error_code": "TIMEOUT", "error_message": "late"}}),
        {**assessment("facts", None), "feedback": None, "expectation": {"serialized_value": {"serialization_format": "JSON_FORMAT", "value": '["a","b"]'}}},
        {**assessment("answer", None), "feedback": None, "expectation": {"value": "It was sent."}},
        {**assessment("x", None), "feedback": None, "issue": {"issue_name": "wrong refund"}},
    )  # fmt: skip
    loaded = load.read(write(tmp_path / "a.jsonl", given))
    columns = ["target_kind", "target_id", "name", "value_number", "value_text", "comment", "author", "author_kind"]
    assert loaded.scores.select(columns).rows() == [
        ("trace", TRACE, "correct", 1.0, None, "ok", "ana", "human"),
        ("span", f"{TRACE}/{MODEL}", "relevance", None, "yes", None, "ana", "model"),
        ("trace", TRACE, "length", 0.5, None, None, "ana", "code"),
        ("trace", TRACE, "expectation.facts", None, '["a","b"]', None, "ana", "human"),
        ("trace", TRACE, "expectation.answer", None, "It was sent.", None, "ana", "human"),
        ("trace", TRACE, "wrong refund", None, "issue", None, "ana", "human"),
    ]
    assert loaded.scores["score_id"][0] == "a-1"
    assert str(loaded.scores["happened_at"][0]) == "2026-01-01 00:00:01.500000+00:00"
    assert loaded.set_aside["reason"].to_list() == [
        "feedback that was superseded where it was given",
        "a grader that failed",
    ]
    assert (loaded.total("read"), loaded.total("loaded")) == (13, 11)


def test_a_trace_without_spans_is_read_from_its_previews_and_said(tmp_path: Path) -> None:
    loaded = load.read(write(tmp_path / "a.jsonl", {"info": info(assessment("correct", True)), "data": {"spans": []}}))
    found = loaded.spans.row(0, named=True)
    assert (found["trace_id"], found["kind"], found["name"], found["status"]) == (TRACE, "agent", "support", "ok")
    assert (found["input"], found["output"], found["input_tokens"]) == ('{"question": "Where…', "It was sent.", 99)
    assert (found["end"] - found["start"]).total_seconds() == 1
    assert loaded.scores.height == 1
    assert loaded.notes == ("traces that were exported without their spans, read from their previews: 1",)


def test_tokens_of_the_trace_stand_on_its_root_only_where_no_model_call_has_its_own(tmp_path: Path) -> None:
    one = trace()
    one["data"]["spans"][1]["attributes"].pop("mlflow.chat.tokenUsage")
    loaded = load.read(write(tmp_path / "a.jsonl", one))
    assert loaded.spans.filter(pl.col("input_tokens").is_not_null()).select("span_id", "input_tokens").rows() == [
        (AGENT, 99)
    ]


def test_what_a_judge_did_is_no_conversation(tmp_path: Path) -> None:
    one = trace()
    one["info"]["tags"]["mlflow.trace.sourceScorer"] = "correct"
    assert load.read(write(tmp_path / "a.jsonl", one)).spans["kind"][0] == "evaluator"


def test_what_is_missing_or_still_runs_is_said(tmp_path: Path) -> None:
    one = trace()
    one["data"]["spans"][0]["end_time_unix_nano"] = None
    one["data"]["spans"][2]["span_id"] = ""
    one["data"]["spans"][3] = "broken"
    loaded = load.read(write(tmp_path / "a.jsonl", one, {"level": 1}))
    assert loaded.spans["status"].to_list() == ["running", "ok", "ok"]
    assert loaded.set_aside.select("record", "reason").rows() == [
        (1, "a span without an id"),
        (1, "a record of an unknown shape"),
        (2, "no record of its file's format (mlflow)"),
    ]


def test_attributes_that_are_no_json_stay_text(tmp_path: Path) -> None:
    one = trace()
    one["data"]["spans"][0]["attributes"] |= {"mlflow.spanOutputs": "It was {sent", "acme": "NaN"}
    loaded = load.read(write(tmp_path / "a.jsonl", one))
    assert loaded.spans["output"][0] == "It was {sent"
    assert attributes({"acme": 1})[0]["key"] in loaded.unknown_attributes["name"]
