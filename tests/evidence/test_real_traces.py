from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from shared_data import shared

from workbench import evidence, load

Row = tuple[str, str | None, Any, str | None]


def read(*paths: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    spans = load.read(list(paths)).spans
    return spans, evidence.steps(spans)


def rows(frame: pl.DataFrame) -> list[Row]:
    """Kind, words or tool name, parsed arguments, result: what the source must hold in the same order."""
    found: list[Row] = []
    for step in evidence.loop(frame, frame["session_id"][0]).steps:
        if step.kind == "tool":
            found.append(("tool", step.tool_name, step.arguments, step.tool_result))
        elif step.kind != "error":
            found.append((step.kind, step.text, None, None))
    return found


def expected(messages: list[dict[str, Any]]) -> list[Row]:
    """The same from chat messages: a call stands where it was asked for, with the result that came for it."""
    found: list[Row] = []
    waiting: list[tuple[str | None, int]] = []
    for message in messages:
        if message["role"] == "tool":
            place = next(
                i
                for i, (call_id, _) in enumerate(waiting)
                if call_id in {None, message.get("tool_call_id", message.get("id"))}
            )
            _, at = waiting.pop(place)
            found[at] = (*found[at][:3], message["content"])
            continue
        if (message.get("content") or "").strip():
            found.append((message["role"], message["content"], None, None))
        for call in message.get("tool_calls") or ():
            inner = call.get("function", call)
            arguments = inner["arguments"]
            waiting.append((call.get("id") or None, len(found)))
            parsed = json.loads(arguments) if isinstance(arguments, str) else arguments
            found.append(("tool", inner["name"], parsed, None))
    return found


def test_every_message_of_a_tau_bench_attempt_appears_once_and_in_order():
    path = shared("tau-bench/gpt-4o-airline.json")
    _, steps = read(path)
    by_session = steps.partition_by("session_id", as_dict=True)
    attempts = json.loads(path.read_text())
    assert len(by_session) == len(attempts) == 200
    for attempt in attempts:
        mine = by_session[f"{path.stem}/{attempt['task_id']}/{attempt['trial']}",]
        assert rows(mine) == expected(attempt["traj"])


def test_the_messages_of_a_tau_bench_attempt_can_be_had_back():
    path = shared("tau-bench/gpt-4o-airline.json")
    _, steps = read(path)
    attempt = json.loads(path.read_text())[0]
    loop = evidence.loop(steps, f"{path.stem}/{attempt['task_id']}/{attempt['trial']}")
    assert expected(loop.messages()) == expected(attempt["traj"])
    assert [m["role"] for m in loop.messages()] == [m["role"] for m in attempt["traj"]]
    third = loop.turns[2][0]
    assert loop.messages(until=third) == loop.messages()[: len(loop.messages(until=third))]
    assert third.text not in [m["content"] for m in loop.messages(until=third)]


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4.1_airline_default_gpt-4.1_1trials.json",
        "gpt-4.1_telecom_default_gpt-4.1_1trials.json",
        "ft_gpt-4.1-2025-04-14_sierra_tau2-full-sft_BzrYdMNm_telecom_default_gpt-4.1_1trials.json",
        "gpt-4.1-2025-04-14_telecom_no-user_gpt-4.1-2025-04-14_4trials_5tasks.json",
    ],
)
def test_every_message_that_a_tau2_agent_saw_appears_once_and_in_order(name: str):
    path = shared(f"tau2-experiments/{name}")
    _, steps = read(path)
    by_session = steps.partition_by("session_id", as_dict=True)
    content = json.loads(path.read_text())
    tickets = {str(task["id"]): task.get("ticket") for task in content["tasks"]}
    for simulation in content["simulations"]:
        seen: list[dict[str, Any]] = []
        for message in simulation["messages"]:
            for inner in message.get("tool_messages") or [message]:
                if inner["role"] == "user":
                    seen.append({"role": "user", "content": inner.get("content")})
                elif inner.get("requestor") != "user":
                    seen.append(inner)
        wanted = expected(seen)
        if not any(kind == "user" for kind, *_ in wanted):
            wanted.insert(0, ("user", tickets[str(simulation["task_id"])], None, None))
        mine = by_session[f"{path.stem}/{simulation['task_id']}/{simulation['trial']}",]
        assert rows(mine) == wanted


def test_a_plain_conversation_has_a_turn_for_every_user_message():
    _, steps = read(shared("tau-bench/gpt-4o-airline.json"))
    per_session = steps.group_by("session_id").agg(
        turns=pl.col("turn").max(), users=(pl.col("kind") == "user").sum().cast(pl.Int64)
    )
    assert (per_session["turns"] == per_session["users"]).all()


def test_the_sample_holds_every_request_answer_and_tool_call_once():
    spans, steps = read(Path(__file__).parents[2] / "data" / "sample" / "baseline.jsonl")
    kinds = Counter(steps["kind"].to_list())
    assert kinds["tool"] == spans.filter(kind="tool").height
    assert kinds["retrieval"] == spans.filter(kind="retrieval").height
    doubled = (
        steps.filter(pl.col("kind") == "tool").group_by("session_id", "tool_call_id").len().filter(pl.col("len") > 1)
    )
    assert doubled.is_empty()
    answers = spans.filter(pl.col("kind") == "llm").select(
        "trace_id", pl.col("output_messages").str.json_path_match("$[0].content").alias("text")
    )
    answers = answers.filter(pl.col("text").fill_null("") != "")
    assert sorted(steps.filter(kind="assistant").select("trace_id", "text").rows()) == sorted(answers.rows())


def words(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")


@pytest.mark.parametrize(
    "name",
    [
        "analysis/test_logs/2025-05-12T20-27-36-04-00_browser.json",
        "analysis/test_logs/2025-05-12T20-28-13-04-00_popularity.json",
        "analysis/test_logs/2025-05-12T20-28-26-04-00_security-guide.json",
        "log/test_eval_log/log_formats.json",
        "log/test_eval_log/log_read_sample.json",
    ],
)
def test_every_message_of_an_inspect_sample_appears_once_and_in_order(name: str):
    path = shared(f"native/inspect_ai/{name}")
    _, steps = read(path)
    samples = json.loads(path.read_text())["samples"]
    by_session = {tuple(row[:2] for row in rows(mine)): mine for mine in steps.partition_by("session_id")}
    assert len(samples) == steps["session_id"].n_unique()
    for sample in samples:
        messages = [
            {
                **message,
                "content": words(message["content"]),
                "tool_calls": [
                    {"id": call["id"], "name": call["function"], "arguments": call["arguments"]}
                    for call in message.get("tool_calls") or ()
                ],
            }
            for message in sample["messages"]
        ]
        wanted = expected(messages)
        assert rows(by_session[tuple(row[:2] for row in wanted)]) == wanted


@pytest.mark.parametrize(
    ("name", "kinds", "tools"),
    [
        ("agno-2025-06-11", "system user tool assistant", ["duckduckgo_search"]),
        ("autogen-2025-06-06", "system user assistant", []),
        ("google-adk-2025-08-28", "user tool assistant", ["say_hello"]),
        ("google-gemini-2025-08-01", "user assistant", []),
        ("google-vertex-tools-langchain-2025-09-19", "system user assistant user assistant", []),
        ("koog-2025-08-26", "system user tool tool assistant", ["HelloTool", "ByeTool"]),
        ("llamaindex-2025-06-05", "user assistant", []),
        ("microsoft-agent-2025-10-14", "user tool assistant", ["get_weather"]),
        ("openai-agents-2025-09-30", "system user tool assistant", ["get_weather"]),
    ],
)
def test_a_langfuse_trace_of_any_framework_is_one_loop(name: str, kinds: str, tools: list[str]):
    _, steps = read(shared(f"native/langfuse-framework-traces/{name}.json"))
    assert steps["session_id"].n_unique() == 1
    # Some readers find the agent's instructions where others do not; what follows is the same.
    found = [kind for kind in steps["kind"].to_list() if kind != "system"]
    assert found == [kind for kind in kinds.split() if kind != "system"]
    ran = steps.filter(kind="tool")
    assert ran["tool_name"].to_list() == tools
    assert ran["tool_result"].null_count() == 0
    assert ran["error"].null_count() == len(tools)
