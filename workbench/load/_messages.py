"""Messages of every maker, in one form: role, content, tool calls, and which call a tool message answers.

A message is `{"role", "content", "name"?, "tool_calls"?: [{"id", "name", "arguments"}], "tool_call_id"?, "reasoning"?}`.
The content is text; what is not text is named in brackets. Arguments are an object where they parse, else the text as
it came. One message of a source that holds several tool results becomes several messages, in order.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from workbench.load._parts import Parts, call, is_part, read_parts, said
from workbench.load._values import dumps, fields, is_array, is_object, items, parsed, text

__all__ = [
    "beside",
    "conversation",
    "is_definition",
    "is_role",
    "messages",
    "output_messages",
    "plain_messages",
    "system_message",
    "system_text",
]

Message = dict[str, Any]

_ROLES: Final = {
    "human": "user", "user": "user", "HumanMessage": "user", "HumanMessageChunk": "user",
    "ai": "assistant", "assistant": "assistant", "model": "assistant", "bot": "assistant", "chatbot": "assistant",
    "AIMessage": "assistant", "AIMessageChunk": "assistant", "agent": "assistant",
    "system": "system", "developer": "system", "SystemMessage": "system", "SystemMessageChunk": "system",
    "tool": "tool", "function": "tool", "ToolMessage": "tool", "ToolMessageChunk": "tool", "FunctionMessage": "tool",
    "tool_response": "tool", "tool_result": "tool", "ipython": "tool",
}  # fmt: skip
_LISTS: Final = ("messages", "contents", "history", "conversation")
_HOLDERS: Final = frozenset({*_LISTS, "choices", "generations", "candidates", "output", "message", "prompt", "system"})
_PLAIN: Final = frozenset({"role", "content", "parts", "finish_reason"})
_PLAIN_ROLES: Final = frozenset({"system", "user", "assistant", "tool"})
_ANSWER: Final = frozenset({"type", "id", "response", "result"})
_WRAPPED: Final = "gen_ai.event.content"  # Semantic Kernel writes each message as JSON within a message
_ALONE: Final = frozenset({"tool_call", "function_call", "custom_tool_call"})
_BUILT_IN: Final = "_call"  # how the types end of what OpenAI's own tools do
_CONSTRUCTOR: Final = "kwargs"
_NOTHING: Final = ("", "{}", "[]")  # what was not captured, as JSON text


def messages(value: Any, role: str = "user") -> list[Message] | None:
    """The messages in a value of any shape, or null where it holds none.

    Parameters
    ----------
    value
        A list of messages, one message, an object that holds them, or JSON text of any of these.
    role
        Whose words a bare string is.

    Examples
    --------
    >>> messages('[{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]')
    [{'role': 'user', 'content': 'Hi'}]
    >>> messages({"choices": [{"message": {"role": "assistant", "content": "Hello"}}]}, "assistant")
    [{'role': 'assistant', 'content': 'Hello'}]
    """
    value = parsed(value)
    if is_array(value):
        return _of_list(value, role)
    if is_object(value):
        alone = value.get("type") in _ALONE and "name" in value
        return _call_item(value) if alone else _of_object(value, role)
    return None


def is_role(name: str) -> bool:
    """Whether a role is one of those that models' interfaces know, rather than the name of an agent."""
    return name in _ROLES or name.lower() in _ROLES


def conversation(value: Any, role: str) -> list[Message] | None:
    """The messages in a value, where bare text is a message too."""
    found = messages(value, role)
    if found is None and isinstance(value, str) and value not in _NOTHING:
        return [{"role": role, "content": value}]
    return found


def output_messages(value: Any) -> list[Message] | None:
    """What a model said: as `conversation`, in the assistant's role."""
    return conversation(value, "assistant")


def system_message(value: Any) -> list[Message]:
    """System instructions, as text or as parts."""
    if type(value) is str:
        return [dict(message) for message in _remembered_system(value)]
    return _system(value)


@lru_cache(maxsize=256)
def system_text(value: str) -> str:
    """System instructions as the JSON text of their messages."""
    return dumps(_remembered_system(value))


@lru_cache(maxsize=256)
def _remembered_system(value: str) -> list[Message]:
    """Every model call of an agent repeats the same instructions."""
    return _system(parsed(value))


def _system(value: Any) -> list[Message]:
    if is_array(value) and any(is_object(item) and "role" in item for item in value):
        return _of_list(value, "system") or []
    content = said(value)
    return [{"role": "system", "content": content}] if content else []


def plain_messages(values: list[Any]) -> list[Message] | None:
    """The shapes that nearly all messages have, without asking about the others; null where one is another."""
    found: list[Message] = []
    for item in values:
        if not is_object(item) or not _PLAIN.issuperset(item):
            return None
        role, content = item.get("role"), item.get("content")
        parts: list[Any] | None = item.get("parts")
        if type(role) is not str or role not in _PLAIN_ROLES:
            return None
        if type(content) is str and parts is None:
            found.append({"role": role, "content": content})
        elif content is None and parts and type(parts) is list:
            if len(parts) == 1 and is_object(parts[0]):
                message = _swift_part(role, parts[0])
                if message is None:
                    return None
                found.append(message)
                continue
            several = _swift_parts(role, parts)
            if several is None:
                return None
            found.extend(several)
        else:
            return None
    return found


def _swift_parts(role: str, parts: list[Any]) -> list[Message] | None:
    """Several calls asked for at once, or several results that came at once."""
    made: list[Message] = []
    for part in parts:
        message = _swift_part(role, part) if is_object(part) else None
        if message is None:
            return None
        made.append(message)
    if all("tool_calls" in message for message in made):
        return [{"role": role, "content": "", "tool_calls": [message["tool_calls"][0] for message in made]}]
    return made if all("tool_call_id" in message for message in made) else None


def _swift_part(role: str, part: dict[str, Any]) -> Message | None:
    kind = part.get("type")
    if kind == "text":
        said = part.get("content")
        return {"role": role, "content": said} if type(said) is str else None
    if kind == "tool_call" and role == "assistant":
        number, name, arguments = part.get("id"), part.get("name"), part.get("arguments")
        if type(number) is str and type(name) is str and is_object(arguments) and "parse_error" not in part:
            made = {"id": number, "name": name, "arguments": arguments}
            return {"role": role, "content": "", "tool_calls": [made]}
    if kind == "tool_call_response" and part.keys() <= _ANSWER:
        number, answer = part.get("id"), part.get("response", part.get("result"))
        if type(answer) is not str:
            answer = dumps(answer) if _is_structure(answer) else None
        if type(number) is str and answer is not None:
            return {"role": "tool", "content": answer, "tool_call_id": number}
    return None


def _is_structure(answer: Any) -> bool:
    """Whether a result is an object or a list of a tool's own, rather than parts of a message."""
    if is_object(answer):
        return not ("type" in answer or "text" in answer)
    return is_array(answer) and len(answer) > 0 and not any(is_part(item) for item in answer)


def _of_list(values: list[Any], role: str) -> list[Message] | None:
    swift = plain_messages(values)
    if swift:
        return swift
    found: list[Message] = []
    loose: list[Any] = []  # parts that stand without a message around them
    for item in values:
        got = _of_item(item, role)
        if got is None:
            loose.append(item)
            continue
        if loose:
            found.extend(_message(role, read_parts(loose), {}))
            loose = []
        found.extend(got)
    if loose and (found or all(_is_part(item) for item in loose)):
        found.extend(_message(role, read_parts(loose), {}))
    return found or (None if values else [])


def _is_part(item: Any) -> bool:
    return is_object(item) and ("type" in item or "text" in item or "functionCall" in item or "function_call" in item)


def _of_item(item: Any, role: str) -> list[Message] | None:
    if is_object(item):
        made = _of_typed(item)
        return _of_object(item, role) if made is None else made
    if is_array(item):
        if len(item) == 2 and isinstance(item[0], str) and item[0] in _ROLES:  # noqa: PLR2004 - a pair
            return _message(_ROLES[item[0]], read_parts(item[1]), {})
        return _of_list(item, role)
    return None


def _of_typed(item: dict[str, Any]) -> list[Message] | None:
    """What is no message and stands beside messages in a list: calls, results and thoughts."""
    kind = item.get("type")
    if type(kind) is not str:
        called = "toolName" in item and "toolCallId" in item and ("input" in item or "args" in item)
        return _call_item(item) if called else None
    read = _ITEMS.get(kind)
    if read is not None:
        return read(item)
    if kind.endswith(_BUILT_IN) and kind not in _ALONE and "role" not in item:
        return _built_in(item, kind)
    return None


def _of_object(value: dict[str, Any], role: str) -> list[Message] | None:
    if _WRAPPED in value and is_object(inner := parsed(value[_WRAPPED])):
        message = inner.get("message")
        return _of_object({"role": value.get("role") or role, **(message if is_object(message) else inner)}, role)
    given = value.get("role")
    if type(given) is str:
        return _own(value, _ROLES.get(given) or _ROLES.get(given.lower(), given or role))
    if is_object(value.get(_CONSTRUCTOR)) and is_array(value.get("id")):
        kwargs: dict[str, Any] = value[_CONSTRUCTOR]
        return _own(kwargs, _ROLES.get(str(value["id"][-1]), role))
    kind = value.get("type")
    if type(kind) is str and kind in _ROLES and ("content" in value or "data" in value):
        inner = value.get("data")
        return _own(inner if is_object(inner) else value, _ROLES[kind])
    for name in ("message", "delta"):
        if is_object(value.get(name)):
            return _of_object({"role": role, **value[name]}, role)
    return _of_holder(value, role)


def _of_holder(value: dict[str, Any], role: str) -> list[Message] | None:
    """The messages that a request or a response holds under one of its names."""
    if any(is_array(value.get(name)) and value[name] for name in ("choices", "generations", "candidates")):
        return _answers(value)
    output = value.get("output")
    if is_array(output) and output:
        return _of_list(output, "assistant")
    if is_object(output) and is_object(output.get("message")):
        return _of_object(output["message"], "assistant")
    for name in _LISTS:
        held = parsed(value.get(name))
        if is_array(held) and held:
            found = _of_list(held, role)
            return None if found is None else system_message(_instructions(value)) + found
    if isinstance(value.get("contents"), str):
        return [*system_message(_instructions(value)), {"role": "user", "content": value["contents"]}]
    return _speech(value, role)


def _instructions(value: dict[str, Any]) -> Any:
    """The instructions beside a request's messages: Anthropic's, or Google's, which may lie in its configuration."""
    config = value.get("config")
    for holder in (value, config if is_object(config) else {}):
        for name in ("system", "system_instruction", "systemInstruction"):
            told = holder.get(name)
            if told:
                return told["parts"] if is_object(told) and is_array(told.get("parts")) else told
    return None


def _speech(value: dict[str, Any], role: str) -> list[Message] | None:
    content = value.get("content")
    if is_object(content) and "parts" in content:
        return _of_object({"role": role, **content}, role)
    if is_array(value.get("parts")) or is_array(value.get("tool_calls")):
        return _own(value, role)
    prompt = value.get("prompt")
    if isinstance(prompt, str):
        return [*system_message(value.get("system")), {"role": role, "content": prompt}]
    return None


def _answers(value: dict[str, Any]) -> list[Message] | None:
    """The first answer of a response that may hold alternatives."""
    choices = value.get("choices")
    if is_array(choices) and choices:
        found = [message for choice in choices for message in (_answer(choice) or [])]
        return found or None
    for name in ("generations", "candidates"):
        nested = value.get(name)
        while is_array(nested) and nested:
            nested = nested[0]
        if is_object(nested):
            return _answer(nested)
    return None


def _answer(choice: Any) -> list[Message] | None:
    if not is_object(choice):
        return None
    found = _of_object(choice, "assistant")
    if found is None and isinstance(choice.get("text"), str):
        return [{"role": "assistant", "content": choice["text"]}]
    return found


def _own(value: dict[str, Any], role: str) -> list[Message]:
    """A message that says its role: its parts, and the calls that some makers write beside them."""
    inner = value.get("kwargs")
    if is_object(inner) and "content" not in value:
        value = inner
    content = value["parts"] if value.get("parts") is not None else _content(value)
    if is_definition(content):
        return []
    parts = read_parts(content)
    beside = value.get("tool_calls") or value.get("toolCalls")
    extra = value.get("additional_kwargs")
    if not beside and is_object(extra):
        beside = extra.get("tool_calls")
    if is_array(beside) and beside:
        calls = [made for item in beside if (made := call(item)) is not None]
        known = {made["id"] for made in calls}
        parts.calls = calls + [made for made in parts.calls if made["id"] not in known]
    for item in items(value.get("invalid_tool_calls")):
        made = call({**fields(item), "parse_error": fields(item).get("error") or "not valid JSON"})
        if made is not None and made["id"] not in {known["id"] for known in parts.calls}:
            parts.calls.append(made)
    legacy = value.get("function_call")
    if is_object(legacy) and legacy.get("name"):
        made = call(legacy)
        if made is not None and made not in parts.calls:
            parts.calls.append(made)
    reasoning = value.get("reasoning_content") or value.get("reasoning")
    if isinstance(reasoning, str) and reasoning:
        parts.reasoning.append(reasoning)
    return _message(role, parts, value)


def is_definition(content: Any) -> bool:
    """Whether this is a tool's definition, which some exporters list among the messages."""
    if not is_object(content) or content.get("type") != "function":
        return False
    function = content.get("function")
    return (
        is_object(function) and "arguments" not in function and ("parameters" in function or "description" in function)
    )


def beside(value: Any) -> dict[str, Any]:
    """What a request or response says beside its messages: the rest of its keys, and the tools' definitions."""
    value = parsed(value)
    if is_array(value):
        tools = [item["content"] for item in value if is_object(item) and is_definition(item.get("content"))]
        return {"tools": tools} if tools else {}
    if not is_object(value) or "role" in value or "content" in value:
        return {}
    return {name: inner for name, inner in value.items() if name not in _HOLDERS and inner not in (None, [], {}, "")}


def _content(value: dict[str, Any]) -> Any:
    content = value.get("content")
    if content is None and "contents" in value:
        return value["contents"]
    if content is None and isinstance(value.get("text"), str):
        return value["text"]
    if content is None and isinstance(value.get("refusal"), str):
        return value["refusal"]
    return content


def _message(role: str, parts: Parts, value: dict[str, Any]) -> list[Message]:
    asked = {made["id"] for made in parts.calls}
    # A provider's own tools answer within the message that calls them.
    after: list[Message] = [{"role": "tool", **told} for told in parts.results if told.get("tool_call_id") in asked]
    found: list[Message] = [{"role": "tool", **told} for told in parts.results if told.get("tool_call_id") not in asked]
    content = parts.text()
    if role == "tool" and parts.calls and not content:
        role = "assistant"  # a tool answers; whoever calls one is the assistant
    if parts.results and not content and not parts.calls:
        return found
    message: Message = {"role": role, "content": content}
    name = value.get("name") or (value.get("function") if role == "tool" else None)
    if isinstance(name, str) and name:
        message["name"] = name
    if parts.calls:
        message["tool_calls"] = parts.calls
    answered = value.get("tool_call_id") or value.get("toolCallId")
    if answered is None and role == "tool":
        answered = value.get("id")
    if answered is not None:
        message["tool_call_id"] = text(answered)
    if parts.reasoning:
        message["reasoning"] = "\n".join(parts.reasoning)
    return [*found, message, *after]


def _call_item(item: dict[str, Any]) -> list[Message]:
    made = call(item)
    return [] if made is None else [{"role": "assistant", "content": "", "tool_calls": [made]}]


def _built_in(item: dict[str, Any], kind: str) -> list[Message]:
    """What a provider's own tool did: a search, a piece of code, a call of a server's tool."""
    number = text(item.get("call_id") or item.get("id"))
    name = item.get("name") or kind.removesuffix(_BUILT_IN)
    given = next((item[key] for key in ("arguments", "action", "queries", "code", "input") if item.get(key)), "{}")
    found: list[Message] = [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": number, "name": str(name), "arguments": parsed(given)}],
        }
    ]
    taken = next((item[key] for key in ("output", "results", "outputs", "error") if item.get(key)), None)
    if taken is not None:
        found.append({"role": "tool", "content": said(taken), "tool_call_id": number})
    return found


def _result_item(item: dict[str, Any]) -> list[Message]:
    return [{"role": "tool", "content": said(item.get("output")), "tool_call_id": text(item.get("call_id"))}]


def _reasoning_item(item: dict[str, Any]) -> list[Message]:
    thought = said(item.get("summary") or item.get("content"))
    return [{"role": "assistant", "content": "", "reasoning": thought}] if thought else []


_ITEMS: Final[dict[str, Callable[[dict[str, Any]], list[Message]]]] = {
    # what stands beside messages in the lists of the OpenAI Responses API
    "function_call": _call_item,
    "custom_tool_call": _call_item,
    "function_call_output": _result_item,
    "custom_tool_call_output": _result_item,
    "reasoning": _reasoning_item,
}
