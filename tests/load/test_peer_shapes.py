"""Shapes that the peers' own tools write, each as small as it still is one, and what must be read from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from otlp_lines import START, TRACE, attributes, logs, request, span

import workbench as wb
from workbench import evidence, load

Row = dict[str, Any]


def read(tmp_path: Path, value: Any, name: str = "export.json") -> load.Loaded:
    path = tmp_path / name
    path.write_bytes(orjson.dumps(value))
    return load.read(path)


def told(loaded: load.Loaded) -> list[tuple[Any, ...]]:
    return evidence.steps(loaded.spans).select("kind", "text", "tool_name", "tool_arguments", "tool_result").rows()


def messages(loaded: load.Loaded, column: str = "input_messages") -> Any:
    return [orjson.loads(held) for held in loaded.spans[column].drop_nulls()]


def observation(number: str, trace_id: str, question: str) -> Row:
    return {
        "id": number, "traceId": trace_id, "projectId": "p", "type": "GENERATION", "parentObservationId": None, "name": "chat",
        "startTime": "2026-01-01T00:00:00Z", "endTime": "2026-01-01T00:00:01Z", "level": "DEFAULT", "model": "m",
        "input": [{"role": "user", "content": question}], "output": {"role": "assistant", "content": "Yes."},
    }  # fmt: skip


def test_langfuse_traces_beside_the_observations_of_all(tmp_path: Path) -> None:
    traces = [
        {"id": f"t{n}", "timestamp": "2026-01-01T00:00:00Z", "name": "desk", "tags": [], "bookmarked": False, "sessionId": f"s{n}"} for n in (1, 2)
    ]  # fmt: skip
    rows = [observation("o2", "t2", "Two?"), observation("o1", "t1", "One?"), observation("o3", "elsewhere", "Three?")]
    scores = [{"id": "x", "traceId": "t2", "name": "right", "value": 1, "source": "API", "dataType": "NUMERIC"}]
    loaded = read(tmp_path, {"traces": traces, "observations": rows, "scores": scores})
    assert loaded.spans.select("span_id", "trace_id", "session_id").sort("span_id").rows() == [
        ("o1", "t1", "s1"), ("o2", "t2", "s2"), ("o3", "elsewhere", None)
    ]  # fmt: skip
    assert sorted(text for kind, text, *_ in told(loaded) if kind == "user") == ["One?", "Three?", "Two?"]
    assert loaded.scores.select("target_id", "value_number").rows() == [("t2", 1.0)]


def test_a_langfuse_session_with_its_scores_and_comments(tmp_path: Path) -> None:
    def score(number: str, **about: Any) -> Row:
        return {"id": number, "name": number, "source": "ANNOTATION", "dataType": "NUMERIC", "value": 1, **about}

    trace = {
        "id": "t1", "userId": "u", "name": "turn", "timestamp": "2026-01-01T00:00:01Z",
        "scores": [score("helpful", traceId="t1")], "comments": [{"id": "c1", "content": "odd"}],
    }  # fmt: skip
    loaded = read(tmp_path, {
        "id": "s1", "createdAt": "2026-01-01T00:00:00Z", "users": ["u"], "traces": [trace], "scores": [score("solved", sessionId="s1")],
        "comments": [{"id": "c2", "content": "long"}],
    })  # fmt: skip
    assert loaded.spans.select("trace_id", "session_id", "user_id").rows() == [("t1", "s1", "u")]
    assert sorted(loaded.scores.select("name", "target_kind", "target_id").rows()) == [
        ("comment", "session", "s1"), ("comment", "trace", "t1"), ("helpful", "trace", "t1"), ("solved", "session", "s1")
    ]  # fmt: skip


def test_messages_that_pydantic_ai_wrote_as_one_list_of_events(tmp_path: Path) -> None:
    events = [
        {"event.name": "gen_ai.system.message", "role": "system", "content": "Be brief."},
        {"event.name": "gen_ai.user.message", "role": "user", "content": ["Rain?", {"kind": "image-url", "url": "https://example.com/a.png"}]},
        {"event.name": "gen_ai.choice", "index": 0, "message": {
            "role": "assistant", "content": [{"kind": "thinking", "text": "hm"}, {"kind": "text", "text": "I look."}],
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "sky", "arguments": {"at": "Oslo"}}}],
        }},
    ]  # fmt: skip
    about = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "events": orjson.dumps(events).decode()}
    loaded = read(tmp_path, request(span(told=about)))
    assert messages(loaded) == [
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Rain?\n[image]"}]
    ]
    assert messages(loaded, "output_messages") == [[{
        "role": "assistant", "content": "I look.", "tool_calls": [{"id": "c1", "name": "sky", "arguments": {"at": "Oslo"}}], "reasoning": "hm"
    }]]  # fmt: skip


def test_an_attribute_that_is_only_named_events_stays_what_it_is(tmp_path: Path) -> None:
    loaded = read(tmp_path, request(span(told={"events": '[{"what": "rain"}]'})))
    assert loaded.spans["kind"].to_list() == ["other"]
    assert orjson.loads(loaded.spans["raw"][0])["events"] == '[{"what": "rain"}]'


def test_a_call_that_the_history_names_by_another_id_than_the_answer() -> None:
    def message(call: str) -> Row:
        return {"role": "assistant", "content": "", "tool_calls": [{"id": call, "name": "sky", "arguments": {"at": "Oslo"}}]}  # fmt: skip

    asked = {"role": "user", "content": "Rain?"}
    history = [asked, message("call_1"), {"role": "tool", "content": "no", "tool_call_id": "call_1"}]
    spans = [
        {"trace_id": "t", "span_id": name, "kind": "llm", "start": start, "end": start, "input_messages": given, "output_messages": said}
        for name, start, given, said in (
            ("a", 1, orjson.dumps([asked]).decode(), orjson.dumps([message("fc_1")]).decode()),
            ("b", 2, orjson.dumps(history).decode(), '[{"role": "assistant", "content": "No rain."}]'),
        )
    ]  # fmt: skip
    steps = evidence.steps(pl.DataFrame(spans))
    assert steps.select("kind", "tool_name", "tool_result").rows() == [
        ("user", None, None), ("tool", "sky", "no"), ("assistant", None, None)
    ]  # fmt: skip


LANGCHAIN_RESULT: Row = {"content": "rain", "type": "tool", "name": "sky", "tool_call_id": "c1", "status": "success"}


@pytest.mark.parametrize(
    ("result", "wanted"),
    [
        ({"type": "tool", "data": LANGCHAIN_RESULT}, ("rain", "c1")),
        ({"output": {"lc": 1, "type": "constructor", "id": ["ToolMessage"], "kwargs": LANGCHAIN_RESULT}, "kwargs": {"name": "sky"}}, ("rain", "c1")),
        ([{"text": "rain"}, {"type": "text", "text": "and wind"}], ("rain\nand wind", None)),
        ({"id": "c1", "name": "sky", "response": {"w": "rain"}}, ('{"w":"rain"}', "c1")),
        ([{"text": "rain", "rank": 1}], ('[{"text":"rain","rank":1}]', None)),
        ({"output": "rain", "tool_call_id": "mine"}, ('{"output":"rain","tool_call_id":"mine"}', None)),
    ],
)  # fmt: skip
def test_what_frameworks_wrap_around_a_tools_result(
    tmp_path: Path, result: Any, wanted: tuple[str, str | None]
) -> None:
    about = {"openinference.span.kind": "TOOL", "tool.name": "sky", "output.value": orjson.dumps(result).decode()}
    loaded = read(tmp_path, request(span(told=about)))
    assert loaded.spans.select("tool_result", "tool_call_id").rows() == [wanted]


def test_a_langchain_tool_that_answered_with_an_error(tmp_path: Path) -> None:
    failed = {**LANGCHAIN_RESULT, "content": "no such place", "status": "error"}
    about = {"openinference.span.kind": "TOOL", "output.value": orjson.dumps({"type": "tool", "data": failed}).decode()}
    loaded = read(tmp_path, request(span(told=about)))
    assert loaded.spans.select("status", "error_message").rows() == [("error", "no such place")]


def test_what_openllmetry_keeps_of_a_langchain_call(tmp_path: Path) -> None:
    given = {"input_str": "{'at': 'Oslo'}", "tags": ["x"], "inputs": {"at": "Oslo"}, "kwargs": {"tool_call_id": "c1"}}
    about = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "sky", "gen_ai.tool.call.arguments": orjson.dumps(given).decode()}  # fmt: skip
    loaded = read(tmp_path, request(span(told=about)))
    assert loaded.spans.select("tool_arguments", "tool_call_id").rows() == [('{"at":"Oslo"}', "c1")]


@pytest.mark.parametrize(
    ("name", "about"),
    [
        ("handoff to helper", {"openinference.span.kind": "TOOL", "input.value": "main", "output.value": "helper"}),
        ("execute_tool (merged)", {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "(merged tools)"}),
    ],
)
def test_spans_that_only_repeat_tools_calls_are_no_calls(tmp_path: Path, name: str, about: Row) -> None:
    assert read(tmp_path, request(span(told=about, name=name))).spans["kind"].to_list() == ["task"]


def test_a_span_with_the_only_value_of_what_the_message_names() -> None:
    call = [{"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "name": "sky", "arguments": {"at": "Oslo"}}]}]  # fmt: skip
    steps = evidence.steps([
        {"trace_id": "t", "span_id": "a", "kind": "llm", "output_messages": orjson.dumps(call).decode()},
        {"trace_id": "t", "span_id": "b", "kind": "tool", "tool_name": "sky", "tool_call_id": "c1", "tool_arguments": '"Oslo"', "tool_result": "rain"},
    ])  # fmt: skip
    assert steps.select("tool_arguments", "tool_result").rows() == [('{"at":"Oslo"}', "rain")]


@pytest.mark.parametrize("late", [0, 10**10], ids=["in time", "after the span's end"])
def test_log_records_that_were_loaded_before_their_spans(tmp_path: Path, late: int) -> None:
    record = {
        "traceId": TRACE, "spanId": "00000000000000aa", "timeUnixNano": str(START + late), "eventName": "gen_ai.user.message",
        "body": {"kvlistValue": {"values": attributes({"content": "Rain?"})}},
    }  # fmt: skip
    answer = '[{"role": "assistant", "parts": [{"type": "text", "content": "Yes."}]}]'
    about = {"gen_ai.operation.name": "chat", "gen_ai.output.messages": answer, "gen_ai.usage.input_tokens": 7}
    workspace = wb.open(tmp_path / "w")
    for name, value in (("logs.jsonl", logs(record)), ("spans.jsonl", request(span(told=about)))):
        (tmp_path / name).write_bytes(orjson.dumps(value))
        workspace.load(tmp_path / name)
    spans = workspace.scan_spans().collect()
    assert spans.select("name", "input_tokens").rows() == [("a span", 7)]
    assert evidence.steps(spans).select("kind", "text").rows() == [("user", "Rain?"), ("assistant", "Yes.")]


def loaded_in_turn(tmp_path: Path, *values: Any) -> wb.Workspace:
    workspace = wb.open(tmp_path / "w")
    for number, value in enumerate(values):
        (tmp_path / f"{number}.json").write_bytes(orjson.dumps(value))
        workspace.load(tmp_path / f"{number}.json")
    return workspace


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (2,)], ids=["preview first", "spans first", "together"])
def test_an_mlflow_trace_with_and_without_its_spans(tmp_path: Path, order: tuple[int, ...]) -> None:
    info = {
        "trace_id": f"tr-{TRACE}", "request_time": "2026-01-01T00:00:00Z", "execution_duration_ms": 5, "state": "OK",
        "request_preview": "Rain?", "response_preview": "No.",
        "trace_metadata": {"mlflow.trace.tokenUsage": '{"input_tokens": 7, "output_tokens": 2}'},
    }  # fmt: skip
    root = {
        "trace_id": TRACE, "span_id": "00000000000000aa", "name": "agent", "start_time_unix_nano": START, "end_time_unix_nano": START + 5,
        "attributes": {"mlflow.spanType": '"AGENT"', "mlflow.spanInputs": '"Rain?"', "mlflow.spanOutputs": '"No."'},
    }  # fmt: skip
    shapes: list[Any] = [{"info": info, "data": None}, {"info": info, "data": {"spans": [root]}}]
    shapes.append(list(shapes))
    workspace = loaded_in_turn(tmp_path, *(shapes[place] for place in order))
    assert workspace.scan_spans().select("span_id").collect()["span_id"].to_list() == ["00000000000000aa"]
    assert workspace.sessions().select("input_tokens", "steps").rows() == [(7, 2)]


@pytest.mark.parametrize("summary_first", [True, False])
def test_feedback_that_a_run_sums_up_and_that_came_by_itself_counts_once(tmp_path: Path, summary_first: bool) -> None:
    run = {
        "id": "r", "trace_id": "r", "run_type": "chain", "name": "agent", "start_time": "2026-01-01T00:00:00", "inputs": {"input": "Rain?"},
        "feedback_stats": {"right": {"n": 1, "avg": 1.0}, "kind": {"n": 1, "avg": 0.5}},
    }  # fmt: skip
    feedback = {"id": "f", "run_id": "r", "key": "right", "score": 1, "feedback_source": {"type": "app"}}
    values = [[run], [feedback]] if summary_first else [[feedback], [run]]
    workspace = loaded_in_turn(tmp_path, *values)
    shown = workspace.sessions().select("score:right", "score:kind").rows()
    assert (shown, workspace._scores()["name"].sort().to_list()) == ([(1.0, 0.5)], ["kind", "right"])


def test_a_langfuse_score_in_a_column_and_in_its_own_table_counts_once(tmp_path: Path) -> None:
    trace = {
        "id": "t",
        "timestamp": "2026-01-01T00:00:00Z",
        "name": "desk",
        "sessionId": "s",
        "tags": [],
        "bookmarked": False,
        "right": [1],
    }
    score = {"id": "x", "traceId": "t", "name": "right", "value": 1, "source": "EVAL", "dataType": "NUMERIC"}
    workspace = loaded_in_turn(tmp_path, [trace], [score])
    assert workspace._scores().select("score_id", "value_number").rows() == [("x", 1.0)]


def test_mlflow_spans_that_came_as_opentelemetry(tmp_path: Path) -> None:
    asked = {"model": "m", "messages": [{"role": "user", "content": "Rain?"}]}
    answer = {"choices": [{"message": {"role": "assistant", "content": "No."}}]}
    model = {
        "mlflow.spanType": '"CHAT_MODEL"', "mlflow.spanInputs": orjson.dumps(asked).decode(), "mlflow.spanOutputs": orjson.dumps(answer).decode(),
        "mlflow.chat.tokenUsage": '{"input_tokens": 7, "output_tokens": 2}', "mlflow.llm.model": '"m-2"', "session.id": "1",
    }  # fmt: skip
    tool = {"mlflow.spanType": '"TOOL"', "mlflow.spanInputs": '{"at": "Oslo"}', "mlflow.spanOutputs": '"rain"'}
    loaded = read(tmp_path, request(span(told=model), span("00000000000000bb", told=tool, name="sky")))
    first, second = loaded.spans.sort("span_id").to_dicts()
    assert (first["kind"], first["model"], first["input_tokens"], first["session_id"]) == ("llm", "m-2", 7, "1")
    assert messages(loaded) == [[{"role": "user", "content": "Rain?"}]]
    assert (second["kind"], second["tool_arguments"], second["tool_result"]) == ("tool", '{"at":"Oslo"}', "rain")


def test_what_braintrust_says_of_an_error_and_its_comments(tmp_path: Path) -> None:
    row = {
        "id": "i", "span_id": "a", "root_span_id": "r", "span_attributes": {"name": "sky", "type": "tool"}, "input": {"at": "x"},
        "error": "Traceback (most recent call last):\n  File 'a.py', line 1, in sky\nValueError: no such place\n", "metrics": {"start": 1.0, "end": 2.0},
        "comments": [{"id": "c", "created": "2026-01-01T00:00:00Z", "comment": {"text": "odd"}}],
    }  # fmt: skip
    loaded = read(tmp_path, [row])
    assert loaded.spans.select("error_type", "error_message").rows() == [("ValueError", "no such place")]
    assert loaded.scores.select("score_id", "name", "comment", "author_kind").rows() == [
        ("c", "comment", "odd", "human")
    ]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"args": [], "kwargs": {"at": "Oslo"}}, '{"at":"Oslo"}'),
        ({"args": [], "sanitize_inputs_outputs": True, "kwargs": {"at": "Oslo"}}, '{"at":"Oslo"}'),
        ({"args": [{"at": "Oslo"}], "kwargs": {}}, '{"at":"Oslo"}'),
        ({"args": ["Oslo"], "kwargs": {}}, '{"args":["Oslo"],"kwargs":{}}'),
    ],
)
def test_arguments_as_a_decorator_keeps_them(tmp_path: Path, given: Row, wanted: str) -> None:
    about = {"traceloop.span.kind": "tool", "traceloop.entity.name": "sky", "traceloop.entity.input": orjson.dumps(given).decode()}  # fmt: skip
    assert read(tmp_path, request(span(told=about))).spans["tool_arguments"].to_list() == [wanted]


def test_an_answer_that_names_no_role_is_the_assistants(tmp_path: Path) -> None:
    about = {
        "llm.request.type": "completion", "gen_ai.request.model": "m", "gen_ai.prompt.0.content": "Rain?",
        "gen_ai.completion.0.function_call.name": "sky", "gen_ai.completion.0.function_call.arguments": '{"at": "Oslo"}',
    }  # fmt: skip
    loaded = read(tmp_path, request(span(told=about)))
    assert told(loaded) == [("user", "Rain?", None, None, None), ("tool", None, "sky", '{"at":"Oslo"}', None)]


def test_what_inspects_sub_agents_used_is_counted_and_told_in_no_step(tmp_path: Path) -> None:
    def called(number: str, words: str) -> Row:
        message = {"id": number, "role": "assistant", "content": words}
        output = {
            "model": "m",
            "choices": [{"message": message}],
            "usage": {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7},
        }
        return {"event": "model", "timestamp": "2026-01-01T00:00:01+00:00", "input": [{"role": "user", "content": "Go."}], "output": output}  # fmt: skip

    sample = {
        "id": 1, "epoch": 1, "uuid": "u", "messages": [{"role": "user", "content": "Rain?"}, {"id": "a", "role": "assistant", "content": "No."}],
        "events": [called("b", "I look."), called("a", "No.")],
    }  # fmt: skip
    loaded = read(tmp_path, {"eval": {"task": "sky", "model": "m"}, "status": "success", "samples": [sample]})
    assert [step[:2] for step in told(loaded)] == [("user", "Rain?"), ("assistant", "No.")]
    assert loaded.spans.filter(kind="llm")["input_tokens"].to_list() == [5, 5]
    assert "I look." in loaded.spans.filter(span_id="beside-000001")["raw"][0]
