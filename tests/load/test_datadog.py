"""Datadog: pages of the export API, events of the SDK, evaluations, feedback, and what reviewers said as CSV."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from otlp_lines import write

from workbench import load

Row = dict[str, Any]

SPAN: Row = {
    "duration": 2_000_000_000, "input": {"value": "hi", "messages": [{"content": "hi", "role": "user"}]}, "metadata": {"k": "v"},
    "metrics": {"input_tokens": 10, "output_tokens": 10, "total_tokens": 20, "cache_read_input_tokens": 4, "estimated_input_cost": 1500, "estimated_output_cost": 6000, "estimated_total_cost": 7500},
    "ml_app": "desk", "model_name": "m", "model_provider": "openai", "name": "call", "output": {"messages": [{"content": "hello there", "role": "assistant"}]}, "parent_id": "undefined",
    "span_id": "14624140233640368324", "span_kind": "llm", "start_ns": 1761833858897, "status": "ok", "tags": ["env:prod", "session_id:s1", "version:", "version:2"], "trace_id": "6903738200000000AF2D3775DFC70530",
}  # fmt: skip
TRACE = "6903738200000000af2d3775dfc70530"


def page(*spans: Row) -> Row:
    return {
        "data": [{"id": span["span_id"], "type": "span", "attributes": span} for span in spans],
        "meta": {"status": "done"},
        "links": {},
    }


def test_a_page_of_the_export_api(tmp_path: Path) -> None:
    span = load.read(write(tmp_path / "page.json", page(SPAN))).spans.to_dicts()[0]
    assert (span["trace_id"], span["span_id"], span["parent_id"]) == (TRACE, "14624140233640368324", None)
    assert (span["session_id"], span["environment"], span["agent_name"], span["agent_version"]) == (
        "s1",
        "prod",
        "desk",
        "2",
    )
    assert (span["start"], span["end"]) == (
        datetime(2025, 10, 30, 14, 17, 38, 897000, UTC),
        datetime(2025, 10, 30, 14, 17, 40, 897000, UTC),
    )
    assert (span["input_tokens"], span["cache_read_tokens"], span["input_cost"], span["total_cost"]) == (
        10,
        4,
        pytest.approx(1.5e-6),
        pytest.approx(7.5e-6),
    )
    assert orjson.loads(span["output_messages"]) == [{"role": "assistant", "content": "hello there"}]


@pytest.mark.parametrize("start", [1761833858897, 1761833858897000, 1761833858897000000], ids=["ms", "µs", "ns"])
def test_times_are_told_by_their_size(start: int, tmp_path: Path) -> None:
    spans = load.read(write(tmp_path / "page.json", page({**SPAN, "start_ns": start}))).spans
    assert spans["start"].to_list() == [datetime(2025, 10, 30, 14, 17, 38, 897000, UTC)]


def test_events_of_the_sdk(tmp_path: Path) -> None:
    """Messages hold calls and results of tools; kind, model, input and error are in `meta`."""
    call = {"name": "find", "arguments": {"order": 7}, "tool_id": "c1", "type": "function"}
    result = {
        "role": "user",
        "tool_results": [{"name": "find", "result": "sent", "tool_id": "c1", "type": "tool_result"}],
        "content": "",
    }
    asked = [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "", "tool_calls": [call]}, result]
    shared = {
        "trace_id": TRACE,
        "tags": [],
        "start_ns": 1761833858897000000,
        "duration": 5,
        "session_id": "s2",
        "metrics": {},
    }
    llm = {**shared, "span_id": "1", "parent_id": "undefined", "name": "chat", "status": "ok", "meta": {"span": {"kind": "llm"}, "model_name": "m", "input": {"messages": asked}, "output": {"messages": [{"role": "assistant", "content": "Sent."}]}}}  # fmt: skip
    tool = {**shared, "span_id": "2", "parent_id": "1", "name": "find", "status": "error", "meta": {"span": {"kind": "tool"}, "input": {"value": '{"order": 7}'}, "error": {"type": "Timeout", "message": "too slow", "stack": "…"}}}  # fmt: skip
    found = {**shared, "span_id": "3", "parent_id": "1", "name": "search", "status": "ok", "meta": {"span": {"kind": "retrieval"}, "input": {"value": "returns"}, "output": {"documents": [{"id": "d", "name": "Policy", "text": "30 days", "score": 0.5}]}}}  # fmt: skip
    file = write(tmp_path / "events.jsonl", *({"event_type": "span", "spans": [event]} for event in (llm, tool, found)))
    loaded = load.read(file)
    first, second, third = loaded.spans.to_dicts()
    assert (loaded.total("read"), loaded.total("loaded")) == (3, 3)
    assert [message["role"] for message in orjson.loads(first["input_messages"])] == ["user", "assistant", "tool"]
    assert orjson.loads(first["input_messages"])[2] == {
        "role": "tool",
        "content": "sent",
        "name": "find",
        "tool_call_id": "c1",
    }
    assert orjson.loads(first["input_messages"])[1]["tool_calls"] == [
        {"id": "c1", "name": "find", "arguments": {"order": 7}}
    ]
    assert (second["tool_name"], second["tool_arguments"], second["error_type"], second["error_message"]) == (
        "find",
        '{"order":7}',
        "Timeout",
        "too slow",
    )
    assert (third["input"], orjson.loads(third["documents"])) == (
        "returns",
        [{"id": "d", "content": "30 days", "score": 0.5}],
    )
    assert first["session_id"] == "s2"


def test_evaluations_and_feedback_are_scores(tmp_path: Path) -> None:
    shared = {"timestamp_ms": 1761833858897, "ml_app": "desk", "tags": []}
    rows = [
        {**shared, "event_kind": "evaluation", "join_on": {"span": {"span_id": "1", "trace_id": TRACE.upper()}}, "label": "topic", "metric_type": "categorical", "categorical_value": "refund", "assessment": "fail", "reasoning": "off", "eval_scope": "span"},
        {**shared, "event_kind": "evaluation", "join_on": {"tag": {"key": "order", "value": "7"}}, "label": "exact", "metric_type": "boolean", "boolean_value": True, "eval_scope": "span"},
        {**shared, "event_kind": "feedback", "trace_id": TRACE, "label": "stars", "metric_type": "score", "score_value": 4, "submitter": {"id": "u9"}},
        {**shared, "event_kind": "feedback", "feedback_join_key": "ticket-3", "label": "said", "metric_type": "text", "text_value": "meh", "submitter": {"id": "u9"}},
    ]  # fmt: skip
    loaded = load.read(
        write(tmp_path / "m.json", {"data": {"type": "evaluation_metric", "attributes": {"metrics": rows}}})
    )
    told = loaded.scores.select(
        "target_kind", "target_id", "join_key", "name", "value_number", "value_text", "passed", "author", "author_kind"
    ).rows()
    assert told == [
        ("span", f"{TRACE}/1", None, "topic", None, "refund", False, None, "code"),
        (None, None, "7", "exact", 1.0, None, None, None, "code"),
        ("trace", TRACE, None, "stars", 4.0, None, None, "u9", "user"),
        (None, None, "ticket-3", "said", None, "meh", None, "u9", "user"),
    ]
    assert loaded.scores["happened_at"].to_list() == [datetime(2025, 10, 30, 14, 17, 38, 897000, UTC)] * 4


def annotated(tmp_path: Path, text: str) -> load.Loaded:
    file = tmp_path / "annotations_q.csv"
    file.write_text(text)
    return load.read(file)


def test_annotations_of_several_reviewers(tmp_path: Path) -> None:
    names = ["quality", "quality_assessment", "quality_reasoning", "failure_type"]
    head = [
        "Content ID",
        "Type",
        "Input",
        "Output",
        *(f"{who}_{name}" for who in ("Alice_Johnson", "Bob_Smith") for name in names),
    ]
    loaded = annotated(
        tmp_path,
        ",".join(head)
        + f"""
{TRACE.upper()},trace,hi,hello,4,pass,clear,"[""refusal"",""tone""]",2,fail,,
s1,session,,,,,,true,,,,
{TRACE},trace,,,,,,,,,,
""",
    )
    assert (loaded.total("read"), loaded.total("loaded"), loaded.total("set_aside")) == (3, 2, 1)
    assert loaded.set_aside["reason"].to_list() == ["an interaction that nobody annotated"]
    told = loaded.scores.select(
        "target_kind", "target_id", "name", "value_number", "value_text", "passed", "comment", "author", "author_kind"
    ).rows()
    assert told == [
        ("trace", TRACE, "quality", 4.0, None, True, "clear", "Alice Johnson", "human"),
        ("trace", TRACE, "failure_type", None, '["refusal","tone"]', None, None, "Alice Johnson", "human"),
        ("trace", TRACE, "quality", 2.0, None, False, None, "Bob Smith", "human"),
        ("session", "s1", "failure_type", 1.0, None, None, None, "Alice Johnson", "human"),
    ]


def test_annotations_of_one_reviewer(tmp_path: Path) -> None:
    two = annotated(tmp_path, f"Content ID,Type,Input,Output,Ana_Lee_tone,Ana_Lee_right\n{TRACE},trace,a,b,3,false\n")
    assert two.scores.select("name", "author", "value_number").rows() == [
        ("tone", "Ana Lee", 3.0),
        ("right", "Ana Lee", 0.0),
    ]
    one = annotated(tmp_path, f"Content ID,Type,Input,Output,Ana_tone\n{TRACE},trace,a,b,3\n")
    assert one.scores.select("name", "author").rows() == [("Ana_tone", None)]  # nothing says where the name ends


def test_what_lacks_an_id_is_set_aside(tmp_path: Path) -> None:
    broken = page(SPAN, {**SPAN, "trace_id": None}) | {"meta": {}}
    broken["data"].append({"id": "x", "type": "span", "attributes": None})
    loaded = load.read(write(tmp_path / "page.json", broken))
    assert loaded.total("read") == loaded.total("loaded") + 2 == 3
