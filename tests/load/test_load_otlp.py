"""OTLP JSON: what a span says in each convention, and what rides on it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from otlp_lines import START, TRACE, attributes, logs, request, span, write

from workbench import load

ASKED = [{"role": "user", "content": "Where is order 7?"}]
CALLED = [{"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "name": "find", "arguments": {"order": 7}}]}]


def only(loaded: load.Loaded) -> dict[str, Any]:
    assert loaded.spans.height == 1, loaded
    return loaded.spans.row(0, named=True)


def read_one(tmp_path: Path, *lines: Any) -> dict[str, Any]:
    return only(load.read(write(tmp_path / "spans.jsonl", *lines)))


PARTS_IN = [{"role": "user", "parts": [{"type": "text", "content": "Where is order 7?"}]}]
PARTS_OUT = [
    {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "c1", "name": "find", "arguments": {"order": 7}}],
        "finish_reason": "tool_calls",
    }
]
CONVENTIONS = {
    "gen_ai, messages as JSON text": {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": orjson.dumps(PARTS_IN).decode(),
        "gen_ai.output.messages": orjson.dumps(PARTS_OUT).decode(),
    },
    "gen_ai, messages as structure": {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": PARTS_IN,
        "gen_ai.output.messages": PARTS_OUT,
    },
    "gen_ai.prompt and gen_ai.completion as JSON text": {
        "gen_ai.operation.name": "chat",
        "gen_ai.prompt": orjson.dumps(ASKED).decode(),
        "gen_ai.completion": orjson.dumps([{"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"order": 7}'}}]}]).decode(),
    },
    "OpenLLMetry, indexed": {
        "llm.request.type": "chat",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "Where is order 7?",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.finish_reason": "tool_calls",
        "gen_ai.completion.0.tool_calls.0.id": "c1",
        "gen_ai.completion.0.tool_calls.0.name": "find",
        "gen_ai.completion.0.tool_calls.0.arguments": '{"order": 7}',
    },
    "OpenInference, indexed": {
        "openinference.span.kind": "LLM",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.contents.0.message_content.type": "text",
        "llm.input_messages.0.message.contents.0.message_content.text": "Where is order 7?",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "find",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"order": 7}',
    },
    "OpenInference, request and response as JSON text": {
        "openinference.span.kind": "LLM",
        "input.value": orjson.dumps({"model": "m", "messages": ASKED}).decode(),
        "output.value": orjson.dumps({"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "function": {"name": "find", "arguments": '{"order": 7}'}}]}}]}).decode(),
    },
    "Google ADK": {
        "gcp.vertex.agent.llm_request": '{"model": "m", "contents": [{"role": "user", "parts": [{"text": "Where is order 7?"}]}]}',
        "gcp.vertex.agent.llm_response": '{"content": {"role": "model", "parts": [{"function_call": {"id": "c1", "name": "find", "args": {"order": 7}}}]}}',
    },
    "Vercel": {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.prompt.messages": '[{"role":"user","content":[{"type":"text","text":"Where is order 7?"}]}]',
        "ai.response.toolCalls": '[{"toolCallId":"c1","toolName":"find","input":{"order":7}}]',
    },
}  # fmt: skip


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_model_call_reads_the_same_in_every_convention(convention: str, tmp_path: Path) -> None:
    row = read_one(tmp_path, request(span(told={**CONVENTIONS[convention], "gen_ai.request.model": "m"})))
    assert row["kind"] == "llm"
    assert orjson.loads(row["input_messages"]) == ASKED
    assert orjson.loads(row["output_messages"]) == CALLED
    assert row["model"] == "m"
    assert row["input"] is None


def test_messages_told_by_span_events_of_the_older_convention(tmp_path: Path) -> None:
    events = [
        {"name": "gen_ai.user.message", "timeUnixNano": "1", "attributes": attributes({"content": "Where is order 7?"})},
        {"name": "gen_ai.choice", "timeUnixNano": "2", "attributes": attributes({"index": 0, "message": orjson.dumps({"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "find", "arguments": {"order": 7}}}]}).decode()})},
    ]  # fmt: skip
    row = read_one(tmp_path, request(span(told={"gen_ai.request.model": "m"}, events=events)))
    assert (row["kind"], orjson.loads(row["input_messages"]), orjson.loads(row["output_messages"])) == (
        "llm",
        ASKED,
        CALLED,
    )


@pytest.mark.parametrize("order", ["log first", "span first"])
def test_messages_told_by_log_records_are_joined_to_their_span(order: str, tmp_path: Path) -> None:
    chat = request(span(told={"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}))
    told = logs(
        {"traceId": TRACE, "spanId": "00000000000000aa", "timeUnixNano": "5", "eventName": "gen_ai.user.message", "body": {"kvlistValue": {"values": attributes({"content": "Where is order 7?"})}}},
        {"traceId": TRACE, "spanId": "00000000000000aa", "timeUnixNano": "6", "eventName": "gen_ai.choice", "body": {"kvlistValue": {"values": attributes({"index": 0, "message": {"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "find", "arguments": '{"order": 7}'}}]}})}}},
    )  # fmt: skip
    lines = [told, chat] if order == "log first" else [chat, told]
    loaded = load.read(write(tmp_path / "all.jsonl", *lines))
    row = only(loaded)
    assert (orjson.loads(row["input_messages"]), orjson.loads(row["output_messages"])) == (ASKED, CALLED)
    assert (loaded.total("read"), loaded.total("loaded")) == (3, 3)
    again = load.read(tmp_path, known=loaded.spans.lazy())
    assert (again.total("read"), again.total("merged")) == (3, 3)


def test_messages_in_a_later_log_file_reach_the_span_of_an_earlier_load(tmp_path: Path) -> None:
    first = load.read(write(tmp_path / "spans.jsonl", request(span(told={"gen_ai.operation.name": "chat"}))))
    known = first.spans.with_columns(pl.lit("load-1").alias("load_id")).lazy()
    details = {"gen_ai.input.messages": orjson.dumps(PARTS_IN).decode()}
    record = {"traceId": TRACE, "spanId": "00000000000000aa", "eventName": "gen_ai.client.inference.operation.details", "attributes": attributes(details)}  # fmt: skip
    file = write(tmp_path / "logs.jsonl", logs(record))
    second = load.read(file, known=known)
    assert orjson.loads(only(second)["input_messages"]) == ASKED
    assert only(second)["name"] == "a span"
    assert second.superseded.rows() == [(TRACE, "00000000000000aa", "load-1")]
    again = load.read(file, known=second.spans.with_columns(pl.lit("load-2").alias("load_id")).lazy())
    assert (again.spans.height, again.total("merged")) == (0, 1)


def test_a_tool_span_has_its_name_arguments_and_result(tmp_path: Path) -> None:
    told = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "find", "gen_ai.tool.call.id": "c1", "gen_ai.tool.call.arguments": {"order": 7}, "gen_ai.tool.call.result": '{"status": "sent"}'}  # fmt: skip
    row = read_one(tmp_path, request(span(told=told)))
    assert (row["kind"], row["tool_name"], row["tool_call_id"]) == ("tool", "find", "c1")
    assert (row["tool_arguments"], row["tool_result"]) == ('{"order":7}', '{"status": "sent"}')


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"openinference.span.kind": "TOOL", "tool.name": "find", "input.value": '{"order": 7}', "output.value": "sent"}, "tool"),
        ({"traceloop.span.kind": "tool", "traceloop.entity.name": "find", "traceloop.entity.input": '{"order": 7}', "traceloop.entity.output": '"sent"'}, "tool"),
        ({"langfuse.observation.type": "tool", "gen_ai.tool.name": "find", "langfuse.observation.input": '{"order": 7}', "langfuse.observation.output": "sent"}, "tool"),
        ({"gen_ai.tool.name": "find", "gen_ai.tool.call.arguments": '{"order": 7}', "gen_ai.tool.call.result": "sent"}, "tool"),
    ],
)  # fmt: skip
def test_a_tool_span_reads_the_same_in_every_convention(told: dict[str, Any], kind: str, tmp_path: Path) -> None:
    row = read_one(tmp_path, request(span(told=told)))
    assert (row["kind"], row["tool_name"], row["tool_arguments"], row["tool_result"]) == (
        kind,
        "find",
        '{"order": 7}',
        "sent",
    )
    assert row["input"] is None
    assert row["output"] is None


def test_a_retrieval_has_its_query_and_documents(tmp_path: Path) -> None:
    told = {"openinference.span.kind": "RETRIEVER", "input.value": "refunds"} | {
        f"retrieval.documents.{i}.document.{key}": inner
        for i in (10, 2)
        for key, inner in (("id", f"d{i}"), ("content", f"text {i}"), ("score", i / 10))
    }
    row = read_one(tmp_path, request(span(told=told)))
    assert (row["kind"], row["input"]) == ("retrieval", "refunds")
    assert [d["id"] for d in orjson.loads(row["documents"])] == ["d2", "d10"]


def test_tokens_cost_and_who_and_where(tmp_path: Path) -> None:
    told = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 3, "gen_ai.usage.cache_read.input_tokens": 4, "llm.cost.total": 0.25, "session.id": "s1", "user.id": "u1", "task.id": "t1", "task.trial": 2, "tag.tags": ["a", "b"]}  # fmt: skip
    resource = {"service.name": "desk", "service.version": "1.4", "deployment.environment.name": "production"}
    row = read_one(tmp_path, request(span(told=told), resource=resource))
    assert (row["input_tokens"], row["output_tokens"], row["total_tokens"], row["cache_read_tokens"]) == (10, 3, 13, 4)
    assert (row["total_cost"], row["session_id"], row["user_id"], row["task_id"], row["trial"]) == (
        0.25,
        "s1",
        "u1",
        "t1",
        2,
    )
    assert (row["agent_name"], row["agent_version"], row["environment"], row["tags"]) == (
        "desk",
        "1.4",
        "production",
        ["a", "b"],
    )


def test_the_session_is_looked_up_in_a_fixed_order(tmp_path: Path) -> None:
    told = {"gen_ai.conversation.id": "third", "session.id": "second", "langfuse.session.id": "first"}
    assert read_one(tmp_path, request(span(told=told)))["session_id"] == "first"
    told.pop("langfuse.session.id")
    assert read_one(tmp_path, request(span(told=told)))["session_id"] == "second"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": {"code": 1}}, "ok"),
        ({"status": {}}, "unset"),
        ({"status": {"code": 2, "message": "boom"}}, "error"),
        ({"status": {"code": "STATUS_CODE_ERROR", "message": "boom"}}, "error"),
        ({"endTimeUnixNano": "0"}, "running"),
    ],
)
def test_status_is_operational(fields: dict[str, Any], status: str, tmp_path: Path) -> None:
    row = read_one(tmp_path, request(span(**fields)))
    assert row["status"] == status
    assert row["error_message"] == ("boom" if status == "error" else None)


def test_an_exception_tells_the_type_and_message_of_an_error(tmp_path: Path) -> None:
    events = [{"name": "exception", "attributes": attributes({"exception.type": "TimeoutError", "exception.message": "too slow", "exception.stacktrace": "line 1"})}]  # fmt: skip
    row = read_one(tmp_path, request(span(status={"code": 2, "message": "boom"}, events=events)))
    assert (row["status"], row["error_type"], row["error_message"]) == ("error", "TimeoutError", "too slow")
    assert "line 1" in row["raw"]


@pytest.mark.parametrize("shape", ["upper case", "base64", "snake case", "old libraries", "one object over many lines"])
def test_ids_and_envelopes_as_exporters_write_them(shape: str, tmp_path: Path) -> None:
    one = span(parentSpanId="00000000000000bb")
    whole: Any = request(one)
    if shape == "upper case":
        one |= {"traceId": TRACE.upper(), "spanId": "00000000000000AA", "startTimeUnixNano": START}
    elif shape == "base64":
        one |= {
            name: base64.b64encode(bytes.fromhex(one[name])).decode() for name in ("traceId", "spanId", "parentSpanId")
        }
    elif shape == "snake case":
        whole = {"resource_spans": [{"scope_spans": [{"spans": [{"trace_id": TRACE, "span_id": "00000000000000aa", "parent_span_id": "00000000000000bb", "name": "a span", "start_time_unix_nano": START, "end_time_unix_nano": START + 10**9, "attributes": [{"key": "session.id", "value": {"string_value": "s"}}]}]}]}]}  # fmt: skip
    elif shape == "old libraries":
        held = whole["resourceSpans"][0]
        held["instrumentationLibrarySpans"] = [
            {"instrumentationLibrary": {"name": "old"}, "spans": held.pop("scopeSpans")[0]["spans"]}
        ]
    text = orjson.dumps(whole, option=orjson.OPT_INDENT_2 if shape.startswith("one") else 0)
    row = read_one(tmp_path, text)
    assert (row["trace_id"], row["span_id"], row["parent_id"]) == (TRACE, "00000000000000aa", "00000000000000bb")
    assert row["start"].timestamp() == START / 1e9


def test_a_parent_of_zeros_is_no_parent(tmp_path: Path) -> None:
    assert read_one(tmp_path, request(span(parentSpanId="0" * 16)))["parent_id"] is None


def test_unknown_attributes_are_kept_and_counted(tmp_path: Path) -> None:
    loaded = load.read(
        write(tmp_path / "a.jsonl", request(span(told={"acme.flag": "on", "gen_ai.request.temperature": 0.5})))
    )
    assert loaded.unknown_attributes.rows() == [("acme.flag", 1)]
    raw = orjson.loads(only(loaded)["raw"])
    assert (raw["acme.flag"], raw["gen_ai.request.temperature"]) == ("on", 0.5)


def test_evaluation_results_in_logs_and_events_become_scores(tmp_path: Path) -> None:
    told = {"gen_ai.evaluation.name": "user_feedback", "gen_ai.evaluation.score.label": "thumbs_down", "gen_ai.evaluation.explanation": "wrong order", "user.id": "u1"}  # fmt: skip
    judged = {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.75}
    record = {"traceId": TRACE, "spanId": "00000000000000aa", "timeUnixNano": str(START), "eventName": "gen_ai.evaluation.result", "attributes": attributes(told)}  # fmt: skip
    late = {"eventName": "gen_ai.evaluation.result", "attributes": attributes({**told, "gen_ai.conversation.id": "s9"})}
    chat = request(
        span(events=[{"name": "gen_ai.evaluation.result", "timeUnixNano": "9", "attributes": attributes(judged)}])
    )
    scores = load.read(write(tmp_path / "a.jsonl", chat, logs(record, late))).scores
    wanted = [
        "target_kind",
        "target_id",
        "name",
        "value_number",
        "value_text",
        "passed",
        "comment",
        "author",
        "author_kind",
    ]
    about = f"{TRACE}/00000000000000aa"
    assert scores.select(wanted).rows() == [
        ("span", about, "relevance", 0.75, None, None, None, None, "code"),
        ("span", about, "user_feedback", None, "thumbs_down", False, "wrong order", "u1", "user"),
        ("session", "s9", "user_feedback", None, "thumbs_down", False, "wrong order", "u1", "user"),
    ]


def test_a_span_that_only_carries_an_annotation_is_a_score_and_no_step(tmp_path: Path) -> None:
    told = {"openinference.span.kind": "EVALUATOR", "annotations.0.annotation.name": "correct", "annotations.0.annotation.score": 1.0, "annotations.0.annotation.label": "correct", "annotations.0.annotation.annotator_kind": "LLM"}  # fmt: skip
    carrier = span("00000000000000cc", told, traceId="f" * 32, links=[{"traceId": TRACE, "spanId": "00000000000000aa"}])
    loaded = load.read(write(tmp_path / "a.jsonl", request(span(), carrier)))
    assert loaded.spans["span_id"].to_list() == ["00000000000000aa"]
    assert loaded.scores.select("target_id", "name", "passed", "author_kind").rows() == [
        (f"{TRACE}/00000000000000aa", "correct", True, "model")
    ]
    assert loaded.total("loaded") == 2


def test_annotations_on_a_span_of_its_own_leave_the_span(tmp_path: Path) -> None:
    told = {"openinference.span.kind": "LLM", "output.value": "hello", "annotations.0.annotation.name": "tone", "annotations.0.annotation.label": "rude", "annotations.0.annotation.annotator_kind": "HUMAN", "session.annotations.0.annotation.name": "done", "session.annotations.0.annotation.score": 1, "session.id": "s"}  # fmt: skip
    loaded = load.read(write(tmp_path / "a.jsonl", request(span(told=told))))
    assert only(loaded)["kind"] == "llm"
    assert loaded.scores.select("target_kind", "name", "author_kind").rows() == [
        ("span", "tone", "human"),
        ("session", "done", "code"),
    ]


def test_records_that_are_no_spans_are_set_aside_with_a_reason(tmp_path: Path) -> None:
    view = {"eventName": "browser.page_view", "attributes": []}
    lines = [
        request(span()),
        logs(view),
        {"resourceMetrics": [{}]},
        {"level": "info"},
        request(span(traceId=None)),
        request("no span"),
        {"resourceSpans": [7]},
    ]
    loaded = load.read(write(tmp_path / "a.jsonl", *lines))
    assert (loaded.total("loaded"), loaded.total("set_aside")) == (1, 6)
    assert loaded.set_aside["record"].to_list() == [2, 3, 4, 5, 6, 7]
    assert loaded.set_aside["reason"].n_unique() == 5
