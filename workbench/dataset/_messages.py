"""Messages of a case in the shapes that others take, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import orjson

__all__ = ["asked_of", "canonical", "chat_messages", "messages_in"]

_ROLES: Final = frozenset({"system", "user", "assistant", "tool"})
_OTHER_ROLES: Final = {"developer": "system", "human": "user", "ai": "assistant", "function": "tool"}
_BESIDE: Final = ("name", "tool_call_id")
_ASKED: Final = ("messages", "input", "question", "query", "prompt", "message", "text")


def chat_messages(prefix: str) -> list[dict[str, Any]]:
    """A prefix as chat messages in the shape that model providers take: tool calls as functions, arguments as text."""
    messages: list[dict[str, Any]] = orjson.loads(prefix)
    return [_chat(message) for message in messages]


def _chat(message: dict[str, Any]) -> dict[str, Any]:
    calls: list[dict[str, Any]] | None = message.get("tool_calls")
    if not calls:
        return message
    return {
        **message,
        "tool_calls": [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": _text(call["arguments"])},
            }
            for call in calls
        ],
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def canonical(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Chat messages of any provider's shape as a prefix holds them: calls with `id`, `name` and `arguments`.

    Parts of a content are joined as text; arguments become an object where they are one, and stay text otherwise.
    """
    return [_canonical(message) for message in messages]


def _canonical(message: Mapping[str, Any]) -> dict[str, Any]:
    role = str(message.get("role", "user"))
    made: dict[str, Any] = {"role": role if role in _ROLES else _OTHER_ROLES.get(role, "user")}
    if "content" in message:
        made["content"] = _joined(message["content"])
    made |= {name: message[name] for name in _BESIDE if message.get(name) is not None}
    calls: object = message.get("tool_calls")
    if isinstance(calls, list) and calls:
        known = [cast("dict[str, Any]", call) for call in cast("list[object]", calls) if isinstance(call, dict)]
        made["tool_calls"] = [_call(call) for call in known]
    return made


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function: Any = call.get("function")
    inner: Mapping[str, Any] = cast("dict[str, Any]", function) if isinstance(function, dict) else call
    name = inner.get("name") or (function if isinstance(function, str) else None)
    return {"id": call.get("id"), "name": name, "arguments": _arguments(inner.get("arguments", inner.get("args")))}


def _arguments(value: Any) -> Any:
    if not isinstance(value, str):
        return {} if value is None else value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else value


def _joined(content: object) -> Any:
    if content is None or isinstance(content, str):
        return content
    parts = cast("list[object]", content if isinstance(content, list) else [])
    if parts:
        texts = [cast("dict[str, Any]", part).get("text") if isinstance(part, dict) else part for part in parts]
        if all(isinstance(text, str) for text in texts):
            return "\n".join(cast("list[str]", texts))
    return _text(cast("object", content))


def messages_in(value: object) -> list[dict[str, Any]]:
    """The messages that somebody's inputs mean: a list of messages, a question, or else the inputs as JSON text.

    Examples
    --------
    >>> messages_in({"question": "Where is it?"})
    [{'role': 'user', 'content': 'Where is it?'}]
    """
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        named = [known[name] for name in _ASKED if name in known]
        if "messages" in known or len(known) == 1:
            return messages_in(named[0] if named else next(iter(known.values())))
        return [{"role": "user", "content": _text(known)}]
    rows = cast("list[object]", value if isinstance(value, list) else [])
    if rows and all(isinstance(row, dict) and "role" in row for row in rows):
        return canonical(cast("list[dict[str, Any]]", rows))
    return [] if value is None else [{"role": "user", "content": _text(cast("object", value))}]


def asked_of(messages: Sequence[Mapping[str, Any]]) -> str:
    """What the user says last; the last message's text where there is no user."""
    users = [message for message in messages if message.get("role") == "user"]
    last = (users or list(messages))[-1:]
    return str(last[0].get("content") or "") if last else ""
