"""The parts of a message's content: text, tool calls, tool results, thoughts, and what is not text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from workbench.load._values import dumps, is_array, is_object, parsed, text

__all__ = ["Parts", "call", "read_parts", "said"]

_CALLS: Final = frozenset({"tool_call", "tool_use", "tool-call", "function_call", "server_tool_call", "server_tool_use", "function"})
_RESULTS: Final = frozenset({
    "tool_call_response", "tool_result", "tool-result", "function_call_output", "server_tool_call_response",
    "web_search_tool_result",
})  # fmt: skip
_THOUGHTS: Final = frozenset({"reasoning", "thinking", "redacted_thinking"})
_SPOKEN: Final = frozenset({"text", "input_text", "output_text", "summary_text", "refusal", "markdown"})
_MEDIA: Final = ("image", "audio", "video", "file", "document", "blob", "uri", "media", "pdf")


@dataclass(slots=True)
class Parts:
    """What a content holds, kind by kind, each in order."""

    spoken: list[str] = field(default_factory=list[str])
    calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    results: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    reasoning: list[str] = field(default_factory=list[str])

    def text(self) -> str:
        """All text, part after part."""
        return self.spoken[0] if len(self.spoken) == 1 else "\n".join(self.spoken)


def call(value: Any) -> dict[str, Any] | None:
    """A tool call in one form, whoever wrote it; null where it names no tool."""
    if not is_object(value):
        return None
    inner = value.get("tool_call") if is_object(value.get("tool_call")) else value.get("toolUse")
    if is_object(inner):
        value = inner
    function = value.get("function")
    body = function if is_object(function) else value
    name = body.get("name") or (function if type(function) is str else None) or value.get("toolName")
    if name is None:
        return None
    for key in ("call_id", "id", "toolCallId", "tool_call_id", "tool_id", "toolUseId"):
        number = value.get(key)
        if number is not None:
            break
    else:
        number = None
    arguments: Any = None
    for key in ("arguments", "args", "input", "parameters"):
        if key in body:
            arguments = body[key]
            break
    if key == "parameters" and "description" in body:
        return None  # a tool's definition
    parse_error = value.get("parse_error")
    made: dict[str, Any] = {"id": text(number), "name": str(name), "arguments": parsed(arguments)}
    if made["arguments"] is None or made["arguments"] == "":
        made["arguments"] = {}
    if parse_error:
        made["parse_error"] = str(parse_error)
    return made


def said(value: Any) -> str:
    """The text of a content: its parts joined; structure without parts as JSON."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if is_array(value):
        parts = read_parts(value)
        return parts.text()
    if is_object(value) and ("type" in value or set(value) == {"text"}):
        return read_parts([value]).text()
    return dumps(value)


def read_parts(content: Any) -> Parts:
    """A content, as text, as one part or as a list of parts, kind by kind."""
    parts = Parts()
    if type(content) is str:
        parts.spoken.append(content)
    elif is_array(content):
        for part in content:
            _add(parts, part)
    elif is_object(content):
        if "parts" in content and is_array(content["parts"]):
            return read_parts(content["parts"])
        _add(parts, content)
    elif content is not None:
        parts.spoken.append(dumps(content))
    return parts


def _add(parts: Parts, part: Any) -> None:
    if type(part) is str:
        parts.spoken.append(part)
    elif not is_object(part):
        if part is not None:
            parts.spoken.append(dumps(part))
    elif is_object(part.get("message_content")):
        _add(parts, part["message_content"])
    else:
        kind = part.get("type")
        _typed(parts, part, kind) if type(kind) is str else _untyped(parts, part)


def _typed(parts: Parts, part: dict[str, Any], kind: str) -> None:
    if kind in _SPOKEN:
        spoken = part.get("content") if part.get("text") is None else part["text"]
        spoken = part.get("refusal") if spoken is None else spoken
        if is_object(spoken) and "value" in spoken:
            spoken = spoken["value"]
        if spoken is not None:
            parts.spoken.append(spoken if type(spoken) is str else dumps(spoken))
    elif kind in _CALLS:
        made = call(part)
        if made is not None:
            parts.calls.append(made)
    elif kind in _RESULTS:
        parts.results.append(_result(part))
    elif kind in _THOUGHTS:
        thought = said(part.get("content") or part.get("thinking") or part.get("reasoning") or part.get("text") or part.get("summary"))
        if thought:
            parts.reasoning.append(thought)
    elif any(word in kind for word in _MEDIA):
        parts.spoken.append(_named(part, kind))
    elif type(part.get("text")) is str:
        parts.spoken.append(part["text"])
    elif type(part.get("content")) is str and kind not in ("compaction",):
        parts.spoken.append(part["content"])
    else:
        parts.spoken.append(dumps(part))


def _untyped(parts: Parts, part: dict[str, Any]) -> None:
    for key in ("functionCall", "function_call", "toolUse"):
        if is_object(part.get(key)):
            made = call(part[key])
            if made is not None:
                parts.calls.append(made)
            return
    for key in ("functionResponse", "function_response", "toolResult"):
        if is_object(part.get(key)):
            parts.results.append(_result(part[key]))
            return
    if type(part.get("text")) is str:
        (parts.reasoning if part.get("thought") is True else parts.spoken).append(part["text"])
    elif "json" in part and len(part) == 1:
        parts.spoken.append(dumps(part["json"]))
    elif media := next((key for key in ("inlineData", "inline_data", "fileData", "file_data", *_MEDIA) if key in part), None):
        parts.spoken.append(_named(part, media))
    elif type(part.get("content")) is str:
        parts.spoken.append(part["content"])
    else:
        function = part.get("function")
        made = call(part) if is_object(function) else None
        if made is not None:
            parts.calls.append(made)
        elif any(value is not None for value in part.values()):
            parts.spoken.append(dumps({key: value for key, value in part.items() if value is not None}))


def _result(part: dict[str, Any]) -> dict[str, Any]:
    answer: Any = None
    for key in ("response", "result", "content", "output"):
        if part.get(key) is not None:
            answer = part[key]
            break
    if is_object(answer) and type(answer.get("type")) is str and "value" in answer:
        answer = answer["value"]
    result: dict[str, Any] = {"content": said(answer)}
    name = part.get("name") or part.get("toolName")
    if type(name) is str:
        result["name"] = name
    for key in ("tool_use_id", "id", "tool_call_id", "toolCallId", "call_id", "toolUseId"):
        if part.get(key) is not None:
            result["tool_call_id"] = text(part[key])
            break
    if part.get("is_error") or part.get("isError") or part.get("status") == "error":
        result["error"] = True
    return result


def _named(part: dict[str, Any], kind: str) -> str:
    """What is not text, by its kind and type: never its bytes, never an address that something might fetch."""
    shown = kind.removeprefix("input_").removesuffix("_url")
    modality = part.get("modality")
    if type(modality) is str and kind in ("blob", "uri", "file"):
        shown = modality
    found: Any = None
    inner = part.get("source") if is_object(part.get("source")) else part.get(kind)
    for holder in (part, inner):
        if is_object(holder):
            for key in ("mime_type", "mimeType", "media_type", "mediaType"):
                found = found or holder.get(key)
            address = holder.get("url") or holder.get("image")
            if found is None and type(address) is str and address.startswith("data:"):
                found = address[5:].split(";", 1)[0].split(",", 1)[0]
        elif found is None and type(holder) is str and holder.startswith("data:"):
            found = holder[5:].split(";", 1)[0].split(",", 1)[0]
    return f"[{shown} {str(found)[:60]}]" if found else f"[{shown}]"
