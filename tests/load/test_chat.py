"""Chat files: Anthropic's messages, OpenAI's Responses, batches of requests, and what wraps them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from otlp_lines import write

from workbench import evidence, load

Row = dict[str, Any]
Step = tuple[str, str | None, str | None, str | None, str | None, str | None]

STEPS: list[Step] = [
    ("system", "Be brief.", None, None, None, None),
    ("user", "Where is order 7?", None, None, None, None),
    ("tool", None, "find", '{"order":7}', "sent", None),
    ("assistant", "It was sent.", None, None, None, None),
]
ANTHROPIC: Row = {
    "model": "m", "max_tokens": 100, "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": "Where is order 7?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "find", "input": {"order": 7}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "sent"}]}]},
    ],
}  # fmt: skip
SAID = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "content": [{"type": "text", "text": "It was sent."}],
    "stop_reason": "end_turn",
}
RESPONSES: Row = {
    "model": "m", "instructions": "Be brief.",
    "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Where is order 7?"}]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "find", "arguments": '{"order": 7}'},
        {"type": "function_call_output", "call_id": "c1", "output": "sent"},
    ],
    "output": [{"type": "message", "id": "m1", "role": "assistant", "content": [{"type": "output_text", "text": "It was sent.", "annotations": []}]}],
}  # fmt: skip


def steps(loaded: load.Loaded) -> list[Step]:
    rows: list[Any] = (
        evidence.steps(loaded.spans)
        .select("kind", "text", "tool_name", "tool_arguments", "tool_result", "error")
        .rows()
    )
    return rows


@pytest.mark.parametrize(
    "record",
    [
        {**ANTHROPIC, "response": SAID},
        {"request": ANTHROPIC, "response": SAID},
        {"custom_id": "r1", "params": ANTHROPIC, "response": SAID},
        {**ANTHROPIC, "messages": [*ANTHROPIC["messages"], {"role": "assistant", "content": [{"type": "text", "text": "It was sent."}]}]},
        RESPONSES,
        {"request": {key: value for key, value in RESPONSES.items() if key != "output"}, "response": {"object": "response", "output": RESPONSES["output"]}},
        {"custom_id": "r1", "method": "POST", "url": "/v1/responses", "body": RESPONSES},
        {"object": "list", "data": [{"type": "message", "role": "system", "content": "Be brief."}, *RESPONSES["input"], *RESPONSES["output"]]},
    ],
    ids=["anthropic", "anthropic, request and response", "anthropic, batch", "anthropic, whole", "responses", "responses, request and response", "batch", "conversation items"],
)  # fmt: skip
def test_one_conversation_in_every_shape(record: Row, tmp_path: Path) -> None:
    loaded = load.read(write(tmp_path / "chat.jsonl", record))
    assert loaded.sources.select("format", "read", "loaded").rows() == [("chat", 1, 1)]
    assert steps(loaded) == STEPS


def test_a_failed_tool_and_malformed_arguments_are_kept(tmp_path: Path) -> None:
    failed = {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "c1", "is_error": True, "content": "no such order"}],
    }
    one = load.read(write(tmp_path / "a.jsonl", {**ANTHROPIC, "messages": [*ANTHROPIC["messages"][:2], failed]}))
    assert steps(one)[2] == ("tool", None, "find", '{"order":7}', "no such order", "no such order")
    broken = [
        {**item, "arguments": '{"order": 7'} if item["type"] == "function_call" else item for item in RESPONSES["input"]
    ]
    other = load.read(write(tmp_path / "b.jsonl", {**RESPONSES, "input": broken}))
    assert steps(other)[2][3] == '"{\\"order\\": 7"'


def test_a_question_that_is_a_text(tmp_path: Path) -> None:
    loaded = load.read(write(tmp_path / "a.jsonl", {**RESPONSES, "input": "Where is order 7?"}))
    assert [step[:2] for step in steps(loaded)] == [step[:2] for step in STEPS if step[0] != "tool"]


def test_rows_with_an_input_are_no_chats(tmp_path: Path) -> None:
    for number, row in enumerate(
        [
            {"input": "Hi", "output": "Hello"},
            {"input": [], "output": []},
            {"input": [1, 2]},
            {"trace_id": "t", "input": RESPONSES["input"]},
        ]
    ):
        loaded = load.read(write(tmp_path / f"{number}.jsonl", row))
        assert loaded.set_aside["reason"].to_list() == ["no reader knows this file"]
