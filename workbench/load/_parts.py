"""The parts of a message's content: text, tool calls, tool results, thoughts, and what is not text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from workbench.load._values import dumps, fields, is_array, is_object, parsed, text

__all__ = ["Parts", "call", "is_part", "read_parts", "said"]

_CALLS: Final = frozenset(
    {"tool_call", "tool_use", "tool-call", "function_call", "server_tool_call", "server_tool_use", "function"}
)
_RESULTS: Final = frozenset({
    "tool_call_response", "tool_result", "tool-result", "function_call_output", "server_tool_call_response",
    "web_search_tool_result",
})  # fmt: skip
_THOUGHTS: Final = frozenset({"reasoning", "thinking", "redacted_thinking"})
_SPOKEN: Final = frozenset({"text", "input_text", "output_text", "summary_text", "refusal", "markdown"})
_KINDS: Final = frozenset({  # what Pydantic AI calls a part's type
    "text", "thinking", "image-url", "audio-url", "video-url", "document-url", "binary",
})  # fmt: skip
_RUNNING: Final = "output_text"  # OpenAI's answers: pieces of one text, cut where something is cited
_MEDIA: Final = ("image", "audio", "video", "file", "document", "blob", "uri", "media", "pdf", "binary")
_UNTYPED_MEDIA: Final = ("inlineData", "inline_data", "fileData", "file_data", *_MEDIA)
_PART_KEYS: Final = frozenset({
    "text", "content", "function", "functionCall", "function_call", "functionResponse", "function_response", "toolUse",
    "toolResult", "message_content", "tool_call", *_UNTYPED_MEDIA,
})  # fmt: skip
_ARGUMENTS: Final = ("arguments", "args", "input", "parameters")
_CALL_IDS: Final = ("call_id", "id", "toolCallId", "tool_call_id", "tool_id", "toolUseId")
_RESULT_IDS: Final = ("tool_use_id", "id", "tool_call_id", "toolCallId", "call_id", "toolUseId")


@dataclass(slots=True)
class Parts:
    """What a content holds, kind by kind, each in order."""

    spoken: list[str] = field(default_factory=list[str])
    calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    results: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    reasoning: list[str] = field(default_factory=list[str])
    flows: bool = False  # the last part was a piece of running text, to which the next may belong

    def text(self) -> str:
        """All text, part after part."""
        return self.spoken[0] if len(self.spoken) == 1 else "\n".join(self.spoken)


def call(value: Any) -> dict[str, Any] | None:
    """A tool call in one form, whoever wrote it; null where it names no tool, or only defines one."""
    if not is_object(value):
        return None
    value = _first_object(value, ("tool_call", "toolUse")) or value
    function = value.get("function")
    body = function if is_object(function) else value
    name = body.get("name") or (function if type(function) is str else None) or value.get("toolName")
    if name is None:
        return None
    key = next((key for key in _ARGUMENTS if key in body), None)
    if key == "parameters" and "description" in body:
        return None
    arguments = parsed(body[key]) if key else None
    number = _one(_first(value, _CALL_IDS))
    made: dict[str, Any] = {
        "id": text(number),
        "name": str(name),
        "arguments": {} if arguments in (None, "") else arguments,
    }
    if value.get("parse_error"):
        made["parse_error"] = str(value["parse_error"])
    return made


def _first(value: dict[str, Any], keys: tuple[str, ...]) -> Any:
    """The first of these that is there."""
    for key in keys:
        found = value.get(key)
        if found is not None:
            return found
    return None


def _one(number: Any) -> Any:
    """The call's own id, where Microsoft's agents write that of the run before it."""
    return number[-1] if is_array(number) and number else number


def _first_object(value: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any] | None:
    return next((value[key] for key in keys if is_object(value.get(key))), None)


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
        if content and not any(is_part(item) for item in content):
            parts.spoken.append(dumps(content))  # a list of results is one text
        else:
            for part in content:
                _add(parts, part)
    elif is_object(content):
        if "parts" in content and is_array(content["parts"]):
            return read_parts(content["parts"])
        _add(parts, content)
    elif content is not None:
        parts.spoken.append(dumps(content))
    return parts


def is_part(item: Any) -> bool:
    """Whether this is a part of a message rather than any other value."""
    if not is_object(item):
        return type(item) is str
    return type(item.get("type")) is str or not _PART_KEYS.isdisjoint(item) or item.get("kind") in _KINDS


def _add(parts: Parts, part: Any) -> None:
    flowed, parts.flows = parts.flows, False
    if type(part) is str:
        parts.spoken.append(part)
    elif not is_object(part):
        if part is not None:
            parts.spoken.append(dumps(part))
    elif is_object(part.get("message_content")):
        _add(parts, part["message_content"])
    else:
        kind = part.get("type")
        if type(kind) is not str and part.get("kind") in _KINDS:
            kind = part["kind"]
        parts.flows = flowed and kind == _RUNNING
        _typed(parts, part, kind) if type(kind) is str else _untyped(parts, part)


def _speak(parts: Parts, part: dict[str, Any], kind: str) -> None:
    spoken = _first(part, ("text", "content", "refusal"))
    if is_object(spoken) and "value" in spoken:
        spoken = spoken["value"]
    if spoken is None:
        return
    told = spoken if type(spoken) is str else dumps(spoken)
    if parts.flows:
        parts.spoken[-1] += told
    else:
        parts.spoken.append(told)
    parts.flows = kind == _RUNNING


def _typed(parts: Parts, part: dict[str, Any], kind: str) -> None:
    if kind in _SPOKEN:
        _speak(parts, part, kind)
    elif kind in _CALLS:
        made = call(part)
        if made is not None:
            parts.calls.append(made)
    elif kind in _RESULTS:
        parts.results.append(_result(part))
    elif kind in _THOUGHTS:
        thought = said(_first(part, ("content", "thinking", "reasoning", "text", "summary")))
        if thought:
            parts.reasoning.append(thought)
    elif any(word in kind for word in _MEDIA):
        parts.spoken.append(_named(part, kind))
    else:
        spoken = _first(part, ("text", "content"))
        parts.spoken.append(spoken if type(spoken) is str else dumps(part))


def _untyped(parts: Parts, part: dict[str, Any]) -> None:
    """A part as Google and Amazon write it: its kind is the name of its only key."""
    asked = _first_object(part, ("functionCall", "function_call", "toolUse"))
    answered = _first_object(part, ("functionResponse", "function_response", "toolResult"))
    made = call(asked or part) if asked or is_object(part.get("function")) else None
    if made is not None:
        parts.calls.append(made)
    elif answered is not None:
        parts.results.append(_result(answered))
    elif type(part.get("text")) is str:
        (parts.reasoning if part.get("thought") is True else parts.spoken).append(part["text"])
    elif set(part) == {"text"} and part["text"] is not None:
        parts.spoken.append(dumps(part["text"]))  # Google's answers in JSON
    elif media := next((key for key in _UNTYPED_MEDIA if part.get(key) is not None), None):
        parts.spoken.append(_named(part, media))
    elif type(part.get("content")) is str:
        parts.spoken.append(part["content"])
    else:
        known = {key: value for key, value in part.items() if value is not None}
        if known:
            parts.spoken.append(dumps(known["json"] if set(known) == {"json"} else known))


def _result(part: dict[str, Any]) -> dict[str, Any]:
    answer = _first(part, ("response", "result", "content", "output"))
    if is_object(answer) and type(answer.get("type")) is str and "value" in answer:
        answer = answer["value"]
    result: dict[str, Any] = {"content": said(answer)}
    name = part.get("name") or part.get("toolName")
    if type(name) is str:
        result["name"] = name
    number = _one(_first(part, _RESULT_IDS))
    if number is not None:
        result["tool_call_id"] = text(number)
    if part.get("is_error") or part.get("isError") or part.get("status") == "error":
        result["error"] = True
    return result


def _named(part: dict[str, Any], kind: str) -> str:
    """What is not text, by its kind and type: never its bytes, never an address that something might fetch."""
    shown = kind.removeprefix("input_").removesuffix("_url").removesuffix("-url")
    modality = part.get("modality")
    if type(modality) is str and kind in ("blob", "uri", "file"):
        shown = modality
    inner = _first_object(part, ("source", kind))
    addresses: list[Any] = [part.get(kind)]
    found: Any = None
    for holder in (part, inner or {}):
        found = found or _first(holder, ("mime_type", "mimeType", "media_type", "mediaType"))
        addresses += [holder.get("url"), holder.get("image"), fields(holder.get("image")).get("url")]
    for address in addresses:
        if found is None and type(address) is str and address.startswith("data:"):
            found = address[5:].split(";", 1)[0].split(",", 1)[0]
    return f"[{shown} {str(found)[:60]}]" if found else f"[{shown}]"
