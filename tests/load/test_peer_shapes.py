"""Shapes that the peers' own tools write, each as small as it still is one, and what must be read from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import polars as pl
from otlp_lines import request, span

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
