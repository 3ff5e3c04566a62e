"""Exports as peers wrote them: everything loads, or is refused with a reason, and says what the peer's file says."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import zstandard
from shared_data import shared

from workbench import load

Said = tuple[str, str, list[tuple[str, Any]]]  # role, text, calls

REFUSED = {
    "LICENSE": "no reader knows this file",
    "README.md": "no reader knows this file",
    "capture-results.json": "no reader knows this file",
    "metrics.json": "metrics are no traces",
    "logs.json": "a log record that says nothing of an agent",
    "events.json": "a log record that says nothing of an agent",
    "2025-05-12T20-28-13-04-00_no-samples.json": "a log without samples",
}


def test_every_file_loads_or_is_refused_with_a_reason() -> None:
    loaded = load.read(shared("native"))
    for path, read, done, merged, aside in loaded.sources.select(
        "path", "read", "loaded", "merged", "set_aside"
    ).rows():
        name = Path(path).name
        if name in REFUSED or "test_skeleton" in path:
            assert (read, aside) == (1, 1), path
            reason = loaded.set_aside.filter(pl.col("path") == path)["reason"].item()
            assert reason == REFUSED.get(name, "no reader knows this file")
        else:
            assert (aside, read) == (0, done + merged), path
            assert read > 0


def told(messages: str | None) -> list[Said]:
    found: list[Said] = []
    for message in orjson.loads(messages or "[]"):
        calls = [(call["name"], call["arguments"]) for call in message.get("tool_calls", ())]
        found.append((message["role"], message["content"], calls))
    return found


def parts(messages: list[dict[str, Any]]) -> list[Said]:
    """Messages as OpenTelemetry's current convention writes them."""
    found: list[Said] = []
    for message in messages:
        for part in message["parts"]:
            if part["type"] == "tool_call_response":
                found += [("tool", next(part[key] for key in ("response", "result") if key in part), [])]
        calls = [(p["name"], as_object(p["arguments"])) for p in message["parts"] if p["type"] == "tool_call"]
        text = "\n".join(p["content"] for p in message["parts"] if p["type"] == "text")
        if text or calls:
            found.append((message["role"], text, calls))
    return found


def as_object(arguments: Any) -> Any:
    return orjson.loads(arguments) if isinstance(arguments, str) else arguments


def responses(items: list[dict[str, Any]]) -> list[Said]:
    """Items of the OpenAI Responses API."""
    found: list[Said] = []
    for item in items:
        if item.get("type") == "function_call":
            found.append(("assistant", "", [(item["name"], as_object(item["arguments"]))]))
        elif item.get("type") == "function_call_output":
            found.append(("tool", item["output"], []))
        else:
            content = item["content"]
            found.append(
                (item["role"], content if isinstance(content, str) else "\n".join(c["text"] for c in content), [])
            )
    return found


def langgraph(messages: list[dict[str, Any]]) -> list[Said]:
    """OpenAI messages that LangChain wrote, with the tools' definitions at the end."""
    found: list[Said] = []
    for message in messages:
        content = message["content"]
        if isinstance(content, dict) and content.get("type") == "function":
            continue
        calls = message.get("additional_kwargs", {}).get("tool_calls", ())
        text = content if isinstance(content, str) else orjson.dumps(content).decode()
        if isinstance(content, list) and "text" in content[0]:
            text = "\n".join(part["text"] for part in content)
        found.append(
            (
                message.get("role", "assistant"),
                text,
                [(c["function"]["name"], c["function"]["arguments"]) for c in calls],
            )
        )
    return found


def google(request: dict[str, Any]) -> list[Said]:
    """Contents of Google's models, after the instructions."""
    instructions = request.get("config", {}).get("system_instruction")
    found: list[Said] = [("system", instructions, [])] if instructions else []
    for content in request["contents"]:
        for part in content["parts"]:
            if "function_call" in part:
                found.append(("assistant", "", [(part["function_call"]["name"], part["function_call"]["args"])]))
            elif "function_response" in part:
                found.append(("tool", orjson.dumps(part["function_response"]["response"]).decode(), []))
            else:
                found.append(({"model": "assistant"}.get(content["role"], content["role"]), part["text"], []))
    return found


def koog(messages: list[dict[str, Any]]) -> list[Said]:
    found: list[Said] = []
    for message in messages:
        content = message["content"]
        if isinstance(content, list):
            found.append(("assistant", "", [(c["function"]["name"], c["function"]["arguments"]) for c in content]))
        else:
            found.append((message["role"], content, []))
    return found


LANGFUSE: dict[str, tuple[Callable[[Any], list[Said]], Callable[[Any], list[Said]]]] = {
    "microsoft-agent-2025-10-14": (parts, parts),
    "pydantic-ai-tools-2025-12-04": (parts, parts),
    "openai-agents-2025-09-30": (responses, lambda out: responses(out["output"])),
    "google-adk-2025-08-28": (google, lambda out: google({"contents": [out["content"]]})),
    "langgraph-2025-08-22": (langgraph, lambda out: langgraph([out])),
    "google-vertex-tools-langchain-2025-09-19": (langgraph, lambda out: langgraph([out])),
    "koog-2025-08-26": (koog, koog),
    "openai-assistants-2024-05-29": (langgraph, lambda out: [("assistant", out, [])]),
    "autogen-2025-06-06": (
        lambda _: [
            ("system", "You are a helpful AI assistant. Solve tasks using your tools. Reply with TERMINATE when the task has been completed.", []),
            ("user", "Say 'Hello World!'", []),
        ],
        lambda out: [("assistant", out, [])],
    ),
    "llamaindex-2025-06-05": (lambda given: [("user", given["args"][0], [])], lambda out: [("assistant", out, [])]),
    "google-gemini-2025-08-01": (
        lambda given: [("user", given["contents"], [])],
        lambda out: google({"contents": [out["candidates"][0]["content"]]}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LANGFUSE)
def test_langfuse_model_calls_say_what_the_file_says(name: str) -> None:
    path = shared(f"native/langfuse-framework-traces/{name}.json")
    given, answered = LANGFUSE[name]
    spans = {row["span_id"]: row for row in load.read(path).spans.iter_rows(named=True)}
    generations = [o for o in orjson.loads(path.read_bytes())["observations"] if o["type"] == "GENERATION"]
    assert generations
    for one in generations:
        row = spans[one["id"]]
        asked = told(row["input_messages"])
        if name.startswith("openai-agents"):
            assert asked.pop(0) == ("system", one["output"]["instructions"], [])
        assert asked == given(one["input"])
        assert told(row["output_messages"]) == answered(one["output"])
        assert row["model"] == one["model"]
        assert (
            row["input_tokens"]
            == (one["usageDetails"] if "usageDetails" in one else {"input": one["inputUsage"]})["input"]
        )


TOOLS = {
    "microsoft-agent-2025-10-14": [("get_weather", {"location": "Portland"}, "The weather in Portland is stormy with a high of 19°C.")],
    "openai-agents-2025-09-30": [("get_weather", {"city": "Tokyo"}, "The weather in Tokyo is sunny.")],
    "google-adk-2025-08-28": [("say_hello", {}, '{"greeting":"Hello Langfuse 👋"}')],
    "koog-2025-08-26": [("ByeTool", {"name": "Bob"}, "Bye my dear Bob!"), ("HelloTool", {"name": "Bob"}, "Hello my darling Bob!")],
    "langgraph-2025-08-22": [("Web-Search", {"query": "example"}, '[{"url":"https://example.com","title":"Example Result","q":"example"}]')],
    "pydantic-ai-tools-2025-12-04": [
        ("get_pun_suggestion", {"topic": "programming"}, "Pun idea: Play on words"),
        ("get_dad_joke_suggestion", {"topic": "programming"}, "Dad joke idea: Use a classic"),
        ("get_one_liner_suggestion", {"topic": "programming"}, "One-liner idea: Make a quick"),
    ],
    "agno-2025-06-11": [("duckduckgo_search", {"query": "currently trending on Twitter"}, '[{"title":"Twitter. It')],
}  # fmt: skip


@pytest.mark.parametrize("name", TOOLS)
def test_langfuse_tools_ran_with_these_arguments_and_results(name: str) -> None:
    spans = load.read(shared(f"native/langfuse-framework-traces/{name}.json")).spans
    ran = spans.filter(pl.col("kind") == "tool").sort("start")
    assert len(ran) == len(TOOLS[name])
    for row, (tool, arguments, result) in zip(ran.iter_rows(named=True), TOOLS[name], strict=True):
        assert (row["tool_name"], orjson.loads(row["tool_arguments"])) == (tool, arguments)
        assert row["tool_result"].startswith(result)


def test_langfuse_traces_carry_user_session_and_scores() -> None:
    loaded = load.read(shared("native/langfuse-framework-traces"))
    autogen = loaded.spans.filter(pl.col("trace_id") == "1b72c51fabed12ae7df83bfd4a09f545")
    assert set(autogen["session_id"]) == {"session_abc"}
    assert set(autogen["user_id"]) == {"user_123"}
    assert autogen.filter(pl.col("parent_id").is_null())["input"].to_list() == ["Say 'Hello World!'"]
    toxic = loaded.scores.filter(target_id="fee618f96dc31e0ca38b2f7b26eb8b29", name="toxicity")
    assert toxic.select("value_number", "author_kind").rows() == [(0.8, "model")]


def test_a_langfuse_trace_without_one_root_is_a_root_itself() -> None:
    spans = load.read(shared("native/langfuse-framework-traces/openai-assistants-2024-05-29.json")).spans
    root = spans.filter(pl.col("parent_id").is_null())
    assert root.select("name", "kind").rows() == [("run_math_tutor", "agent")]
    assert "3x + 11 = 14" in root["input"][0]
    assert spans.filter(pl.col("parent_id") == root["span_id"][0]).height == 3


def test_langfuse_downloads_without_a_trace_around_them(tmp_path: Path) -> None:
    at = {"startTime": "2026-01-01T00:00:00.000Z", "endTime": "2026-01-01T00:00:01.500Z"}
    root = {
        "id": "r",
        "traceId": "t",
        "type": "AGENT",
        "name": "desk",
        "userId": "u",
        "sessionId": "s",
        "tags": ["a"],
        **at,
    }
    call = {
        "id": "g",
        "traceId": "t",
        "parentObservationId": "r",
        "type": "GENERATION",
        "model": "m",
        "sessionId": "s",
        "level": "ERROR",
        "statusMessage": "too slow",
        "input": '{"messages": [{"role": "user", "content": "hi"}]}',
        "usageDetails": {"input": 5, "output": 1, "input_cached_tokens": 3},
        "costDetails": {"total": 0},
        **at,
    }
    thumb = {
        "id": "x",
        "name": "user-feedback",
        "source": "API",
        "dataType": "NUMERIC",
        "value": 0,
        "traceId": "t",
        "observationId": "g",
    }
    file = tmp_path / "trace-t.json"
    file.write_bytes(orjson.dumps({"observations": [root, call], "scores": [thumb]}))
    loaded = load.read(file)
    assert set(loaded.spans.select("session_id", "trace_id").rows()) == {("s", "t")}
    row = loaded.spans.row(1, named=True)
    assert (row["parent_id"], row["status"], row["error_message"], row["total_cost"]) == (
        "r",
        "error",
        "too slow",
        None,
    )
    assert (row["input_tokens"], row["output_tokens"], row["cache_read_tokens"]) == (5, 1, 3)
    assert told(row["input_messages"]) == [("user", "hi", [])]
    assert loaded.spans.row(0, named=True)["tags"] == ["a"]
    assert loaded.scores.select("target_kind", "target_id", "passed", "author_kind").rows() == [
        ("span", "t/g", False, "user")
    ]


def inspect_logs() -> list[Path]:
    folder = shared("native/inspect_ai")
    return [
        path for path in sorted(folder.rglob("*.*")) if "skeleton" not in str(path) and "no-samples" not in path.name
    ]


def samples(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".json":
        return orjson.loads(path.read_bytes())["samples"]
    with zipfile.ZipFile(path) as archive:
        return [orjson.loads(archive.read(name)) for name in archive.namelist() if name.startswith("samples/")]


def test_inspect_messages_are_in_order_with_tools_arguments_and_results() -> None:
    seen = 0
    for path in inspect_logs():
        loaded = load.read(path)
        held = loaded.spans.partition_by("record", as_dict=True)
        for number, sample in enumerate(samples(path), 1):
            seen += 1
            assert conversation(held[(number,)]) == expected(sample), path
            assert tools(held[(number,)]) == expected_tools(sample), path
    assert seen > 30


def conversation(spans: pl.DataFrame) -> list[Said]:
    found: list[Said] = []
    for row in spans.filter(pl.col("kind").is_in(["llm", "other"])).iter_rows(named=True):
        found += told(row["input_messages"]) + told(row["output_messages"])
    return found


def tools(spans: pl.DataFrame) -> list[tuple[Any, ...]]:
    ran = spans.filter(pl.col("kind") == "tool").select("tool_call_id", "tool_name", "tool_arguments", "tool_result")
    return [(call, name, orjson.loads(told) if told else None, result) for call, name, told, result in ran.rows()]


def attached(text: str, sample: dict[str, Any]) -> str:
    held = sample.get("attachments") or sample.get("transcript", {}).get("content") or {}
    return held[text.removeprefix("attachment://")] if text.startswith("attachment://") else text


def plain(content: Any, sample: dict[str, Any]) -> str:
    if isinstance(content, str):
        return attached(content, sample)
    shown: list[str] = []
    for part in content:
        if part["type"] == "text":
            shown.append(attached(part["text"], sample))
        elif part["type"] == "image":
            image = attached(part["image"], sample)
            shown.append(f"[image {image[5:].split(';')[0]}]" if image.startswith("data:") else "[image]")
    return "\n".join(shown)


def expected(sample: dict[str, Any]) -> list[Said]:
    return [
        (message["role"], plain(message["content"], sample), [(call["function"], call["arguments"]) for call in message.get("tool_calls") or ()])
        for message in sample["messages"]
    ]  # fmt: skip


def expected_tools(sample: dict[str, Any]) -> list[tuple[Any, ...]]:
    results = {m["tool_call_id"]: plain(m["content"], sample) for m in sample["messages"] if m["role"] == "tool"}
    asked = [call for message in sample["messages"] for call in message.get("tool_calls") or ()]
    found = [(call["id"], call["function"], call["arguments"], results.pop(call["id"], None)) for call in asked]
    return found or [
        (m["tool_call_id"], m["function"], None, m["content"]) for m in sample["messages"] if m["role"] == "tool"
    ]


def test_inspect_scores_trials_times_and_tokens() -> None:
    log = shared("native/inspect_ai/log/test_eval_log/log_streaming.eval")
    loaded = load.read(log)
    roots = loaded.spans.filter(pl.col("kind") == "agent")
    assert sorted(roots.select("task_id", "trial").rows()) == [
        (f"popularity/{task}", trial) for task in (1, 2) for trial in (0, 1)
    ]
    by_target = {
        target: (number, passed)
        for target, number, passed in loaded.scores.select("target_id", "value_number", "passed").rows()
    }
    for sample in samples(log):
        root = roots.filter(task_id=f"popularity/{sample['id']}", trial=sample["epoch"] - 1)
        right = sample["scores"]["match"]["value"] == "C"
        assert by_target[root["session_id"][0]] == (float(right), right)
    calls = loaded.spans.filter(pl.col("kind") == "llm")
    assert calls.select(pl.col("start", "input_tokens", "output_tokens").is_not_null().all()).row(0) == (True,) * 3


@pytest.mark.parametrize(
    "name", ["analysis/test_logs/2025-05-12T20-28-26-04-00_security-guide.json", "log/test_list_logs/custom.eval"]
)
def test_inspect_model_calls_of_a_scorer_are_apart(name: str) -> None:
    path = shared(f"native/inspect_ai/{name}")
    loaded = load.read(path)
    judged = loaded.spans.filter(kind="evaluator")
    assert judged.height == len(samples(path))
    assert set(judged["name"]) == {"model_graded_fact"}
    assert judged["output_messages"].str.contains("GRADE: C").all()
    assert loaded.notes == ()


def test_an_unfinished_inspect_sample_is_told_by_its_last_model_call(tmp_path: Path) -> None:
    path = shared("native/inspect_ai/log/test_eval_log/log_message_deduplication.eval")
    [sample] = samples(path)
    unfinished = {**sample, "messages": [], "output": None, "scores": None}
    file = tmp_path / "running.json"
    file.write_bytes(
        orjson.dumps(
            {"version": 2, "status": "started", "eval": {"task": "guess"}, "plan": {}, "samples": [unfinished]}
        )
    )
    pooled = [*sample["message_pool"], sample["messages"][-1]]
    spans = load.read(file).spans
    assert len(sample["messages"]) == 12
    assert [role for role, _, _ in conversation(spans)] == [message["role"] for message in pooled]
    assert spans.filter(kind="tool").height == 5


def test_inspect_members_compressed_with_zstd(tmp_path: Path) -> None:
    whole = shared("native/inspect_ai/log/test_eval_log/log_read_sample.eval")
    file = tmp_path / "modern.eval"
    file.write_bytes(with_zstd(whole))
    old, new = load.read(whole), load.read(file)
    same = [name for name in old.spans.columns if name != "source"]
    assert new.spans.select(same).equals(old.spans.select(same))


def with_zstd(path: Path) -> bytes:
    """The same archive with members of compression 93, in two frames each, as newer versions write them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in source.namelist():
            raw = source.read(name)
            frames = [
                zstandard.ZstdCompressor().compress(piece) for piece in (raw[: len(raw) // 2], raw[len(raw) // 2 :])
            ]
            archive.writestr(name, b"".join(frames))
        offsets = [info.header_offset for info in archive.infolist()]
    content = bytearray(packed.getvalue())
    for offset in offsets:
        struct.pack_into("<H", content, offset + 8, 93)
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<H", content, at + 10, 93)
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(content)


def test_vercel_spans_are_read_once_from_three_kinds_of_file() -> None:
    folder = shared("native/openinference-vercel")
    loaded = load.read(folder)
    assert (loaded.total("loaded"), loaded.total("merged")) == (10, 20)
    spans = {
        name: row for name, *row in loaded.spans.select("name", "kind", "model", "input_tokens", "output_tokens").rows()
    }
    assert spans["ai.streamText.doStream"] == ["llm", "gpt-4o-mini-2024-07-18", 15, 112]
    assert spans["ai.generateText"][0] == "agent"
    assert spans["ai.embed.doEmbed"][0] == "embedding"
    [streamed] = orjson.loads((folder / "ai-streamText-doStream.json").read_bytes())
    row = loaded.spans.filter(name="ai.streamText.doStream").row(0, named=True)
    assert told(row["input_messages"]) == [("user", "Write a short poem about TypeScript.", [])]
    assert told(row["output_messages"]) == [("assistant", streamed["attributes"]["ai.response.text"], [])]
    assert row["start"].timestamp() == pytest.approx(1770132000.598)


def test_the_official_otlp_example_loads_although_its_ids_are_upper_case() -> None:
    row = load.read(shared("native/otlp-proto-examples/trace.json")).spans.row(0, named=True)
    assert (row["trace_id"], row["parent_id"]) == ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b173")
