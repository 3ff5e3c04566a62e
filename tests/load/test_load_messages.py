"""Messages of every maker, in one form."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.load._messages import messages, system_message

CALL = {"id": "c", "name": "find", "arguments": {"x": 1}}
ASKED = {"role": "assistant", "content": "", "tool_calls": [CALL]}
ANSWERED = {"role": "tool", "content": "found", "tool_call_id": "c"}

SHAPES: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "one message": ({"role": "user", "content": "hi"}, [{"role": "user", "content": "hi"}]),
    "JSON text": ('[{"role": "user", "content": "hi"}]', [{"role": "user", "content": "hi"}]),
    "OpenAI": ([{"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "find", "arguments": '{"x": 1}'}}]}, {"role": "tool", "tool_call_id": "c", "content": "found"}], [ASKED, ANSWERED]),
    "OpenAI response": ({"id": "r", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}}]}, [{"role": "assistant", "content": "hi"}]),
    "OpenAI Responses": ([{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}, {"type": "function_call", "call_id": "c", "id": "fc_1", "name": "find", "arguments": '{"x": 1}'}, {"type": "function_call_output", "call_id": "c", "output": "found"}], [{"role": "user", "content": "hi"}, ASKED, ANSWERED]),
    "developer is system": ([{"role": "developer", "content": "be brief"}], [{"role": "system", "content": "be brief"}]),
    "parts, response": ([{"role": "assistant", "parts": [{"type": "tool_call", "id": "c", "name": "find", "arguments": {"x": 1}}]}, {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": "found"}]}], [ASKED, ANSWERED]),
    "parts, result": ([{"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "result": "found"}]}], [ANSWERED]),
    "parts, content": ([{"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "content": "found"}]}], [ANSWERED]),
    "structured results are JSON": ([{"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": {"n": 1}}]}], [{"role": "tool", "content": '{"n":1}', "tool_call_id": "c"}]),
    "lists of results are one text": ([{"role": "tool", "tool_call_id": "c", "content": [{"n": 1}, {"n": 2}]}], [{"role": "tool", "content": '[{"n":1},{"n":2}]', "tool_call_id": "c"}]),
    "Anthropic": ([{"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "I look."}, {"type": "tool_use", "id": "c", "name": "find", "input": {"x": 1}}]}, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "found"}, {"type": "text", "text": "and?"}]}], [{"role": "assistant", "content": "I look.", "tool_calls": [CALL], "reasoning": "hm"}, ANSWERED, {"role": "user", "content": "and?"}]),
    "Anthropic request": ({"system": "be brief", "messages": [{"role": "user", "content": "hi"}]}, [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}]),
    "LangChain constructors": ({"messages": [[{"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "HumanMessage"], "kwargs": {"content": "hi", "type": "human"}}]]}, [{"role": "user", "content": "hi"}]),
    "LangChain types": ([{"type": "human", "content": "hi"}, {"type": "ai", "content": "", "tool_calls": [{"name": "find", "args": {"x": 1}, "id": "c", "type": "tool_call"}]}, {"type": "tool", "content": "found", "tool_call_id": "c"}], [{"role": "user", "content": "hi"}, ASKED, ANSWERED]),
    "LangChain generations": ({"generations": [[{"text": "hi", "message": {"kwargs": {"content": "hi"}}}]]}, [{"role": "assistant", "content": "hi"}]),
    "LangChain pairs": ([["human", "hi"], ["ai", "hello"]], [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]),
    "Google": ({"contents": [{"role": "user", "parts": [{"text": "hi"}]}, {"role": "model", "parts": [{"functionCall": {"id": "c", "name": "find", "args": {"x": 1}}}]}, {"role": "user", "parts": [{"functionResponse": {"id": "c", "name": "find", "response": {"n": 1}}}]}]}, [{"role": "user", "content": "hi"}, ASKED, {"role": "tool", "content": '{"n":1}', "name": "find", "tool_call_id": "c"}]),
    "Google response": ({"candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}}]}, [{"role": "assistant", "content": "hi"}]),
    "Amazon": ([{"role": "assistant", "content": [{"toolUse": {"toolUseId": "c", "name": "find", "input": {"x": 1}}}]}, {"role": "user", "content": [{"toolResult": {"toolUseId": "c", "content": [{"text": "found"}]}}]}], [ASKED, ANSWERED]),
    "Vercel": ([{"role": "assistant", "content": [{"type": "tool-call", "toolCallId": "c", "toolName": "find", "input": {"x": 1}}]}, {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c", "toolName": "find", "output": {"type": "text", "value": "found"}}]}], [ASKED, {**ANSWERED, "name": "find"}]),
    "arguments that do not parse": ([{"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "find", "arguments": '{"x": '}}]}], [{"role": "assistant", "content": "", "tool_calls": [{"id": "c", "name": "find", "arguments": '{"x": '}]}]),
    "images by type, never by address": ([{"role": "user", "content": [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}, {"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}, {"type": "input_audio", "input_audio": {"data": "AAAA"}}]}], [{"role": "user", "content": "see\n[image image/png]\n[image]\n[audio]"}]),
    "blobs by modality": ([{"role": "user", "parts": [{"type": "blob", "modality": "image", "mime_type": "image/jpeg", "content": "AAAA"}]}], [{"role": "user", "content": "[image image/jpeg]"}]),
    "tool definitions are no messages": ([{"role": "user", "content": "hi"}, {"role": "tool", "content": {"type": "function", "function": {"name": "find", "parameters": {}}}}], [{"role": "user", "content": "hi"}]),
    "a refusal": ([{"role": "assistant", "content": None, "refusal": "I will not."}], [{"role": "assistant", "content": "I will not."}]),
    "pieces of an answer are one text": ({"choices": [], "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It rains"}, {"type": "output_text", "text": " in Oslo."}, {"type": "refusal", "refusal": "No more."}]}]}, [{"role": "assistant", "content": "It rains in Oslo.\nNo more."}]),
    "Pydantic AI's kinds of parts": ([{"role": "user", "content": ["see", {"kind": "binary", "media_type": "image/png", "binary_content": "AAAA"}]}], [{"role": "user", "content": "see\n[binary image/png]"}]),
    "Semantic Kernel's messages within messages": ([{"role": "user", "gen_ai.event.content": '{"role": "user", "content": "hi"}', "gen_ai.system": "openai"}, {"gen_ai.event.content": '{"index": 0, "message": {"role": "Assistant", "content": "", "tool_calls": [{"id": "c", "type": "Function", "function": {"name": "find", "arguments": {"x": 1}}}]}, "finish_reason": "ToolCalls"}'}, {"role": "Tool", "content": "found", "tool_call_id": "c"}], [{"role": "user", "content": "hi"}, ASKED, ANSWERED]),
    "Microsoft's agents name the run before the call": ([{"role": "assistant", "parts": [{"type": "tool_call", "id": ["run-1", "c"], "name": "find", "arguments": {"x": 1}}]}, {"role": "tool", "parts": [{"type": "tool_call_response", "id": ["run-1", "c"], "response": "found"}]}], [ASKED, ANSWERED]),
    "messages as text within an object": ({"messages": '[{"role": "user", "content": "hi"}]', "tools": []}, [{"role": "user", "content": "hi"}]),
    "a call alone": ({"type": "function_call", "call_id": "c", "name": "find", "arguments": '{"x": 1}'}, [ASKED]),
    "Vercel's calls alone": ([{"toolCallId": "c", "toolName": "find", "args": '{"x": 1}'}], [ASKED]),
    "calls in camel case": ([{"role": "assistant", "content": "", "toolCalls": [{"id": "c", "function": {"name": "find", "arguments": '{"x": 1}'}}]}], [ASKED]),
    "a provider's own tool": ([{"type": "mcp_call", "id": "c", "name": "find", "arguments": '{"x": 1}', "output": "found"}], [ASKED, ANSWERED]),
    "a tool that answers within the message": ([{"role": "assistant", "content": [{"type": "server_tool_use", "id": "c", "name": "find", "input": {"x": 1}}, {"type": "web_search_tool_result", "tool_use_id": "c", "content": "found"}]}], [ASKED, ANSWERED]),
    "Amazon's response": ({"output": {"message": {"role": "assistant", "content": [{"toolUse": {"toolUseId": "c", "name": "find", "input": {"x": 1}}}]}}, "usage": {}}, [ASKED]),
    "LangChain's calls that do not parse": ([{"type": "ai", "content": "", "invalid_tool_calls": [{"name": "find", "args": '{"x": ', "id": "c", "error": "cut"}]}], [{"role": "assistant", "content": "", "tool_calls": [{"id": "c", "name": "find", "arguments": '{"x": ', "parse_error": "cut"}]}]),
    "Google's answers in JSON": ({"candidates": [{"content": {"role": "model", "parts": [{"text": {"a": 1}}]}}]}, [{"role": "assistant", "content": '{"a":1}'}]),
    "names stay": ([{"role": "user", "name": "ana", "content": "hi"}], [{"role": "user", "content": "hi", "name": "ana"}]),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_one_form(shape: str) -> None:
    given, wanted = SHAPES[shape]
    assert messages(given) == wanted


@pytest.mark.parametrize(
    "value", [None, 7, "just text", {"query": "x"}, [1, 2], ["a"], {"messages": []}, {"rows": [{"a": 1}]}]
)
def test_what_holds_no_messages_is_none(value: Any) -> None:
    assert messages(value) is None


def test_the_form_is_stable() -> None:
    for given, _ in SHAPES.values():
        once = messages(given)
        assert messages(once) == once


def test_instructions_as_text_or_parts() -> None:
    assert (
        system_message("be brief")
        == system_message([{"type": "text", "content": "be brief"}])
        == [{"role": "system", "content": "be brief"}]
    )
    assert system_message(None) == []


@pytest.mark.parametrize(
    "beside",
    [
        {"config": {"system_instruction": "Be brief."}},
        {"systemInstruction": {"parts": [{"text": "Be brief."}]}},
        {"system_instruction": "Be brief."},
        {"system": "Be brief."},
    ],
)
@pytest.mark.parametrize("contents", ["Hi", [{"role": "user", "parts": [{"text": "Hi"}]}]])
def test_instructions_beside_the_messages_come_first(beside: dict[str, Any], contents: Any) -> None:
    assert messages({"contents": contents, **beside}) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]
