"""What a span was given and what it gave, by its kind: messages, a tool's arguments and result, documents, tokens."""

from __future__ import annotations

import ast
import re
from typing import Any, Final

from workbench.load._attributes import document_list
from workbench.load._messages import conversation, messages, output_messages
from workbench.load._values import dumps, is_array, is_object, parsed, real, text, whole

__all__ = ["SESSION_NAMES", "TOKENS", "fill", "flat", "literal", "opened", "session_of", "usage"]

Row = dict[str, Any]

TOKENS: Final[dict[str, tuple[str, ...]]] = {
    "input_tokens": ("input", "prompt_tokens", "input_tokens", "promptTokens", "inputTokens"),
    "output_tokens": ("output", "completion_tokens", "output_tokens", "completionTokens", "outputTokens"),
    "total_tokens": ("total", "total_tokens", "totalTokens", "tokens"),
    "cache_read_tokens": (
        "input_cache_read", "input_cached_tokens", "cache_read_input_tokens", "input_cached", "prompt_cached_tokens",
        "cached_tokens",
    ),
    "cache_write_tokens": (
        "input_cache_creation", "cache_creation_input_tokens", "cache_write_input_tokens", "prompt_cache_creation_tokens",
    ),
    "reasoning_tokens": (
        "output_reasoning", "output_reasoning_tokens", "reasoning_tokens", "reasoning_output_tokens",
        "completion_reasoning_tokens",
    ),
}  # fmt: skip
SESSION_NAMES: Final = ("session_id", "sessionId", "thread_id", "threadId", "conversation_id", "conversationId")
_SPEAKER: Final = re.compile(r"^(system|developer|user|assistant|tool): ", re.MULTILINE)
_LONGEST_LITERAL: Final = 100_000  # more is no argument list
_QUOTED: Final = ("{", "[", "(")


def opened(value: Any) -> Any:
    """What was written as JSON inside JSON text, once or twice."""
    for _ in range(2):
        if type(value) is str and value[:1] == '"' and value[-1:] == '"':
            inner = parsed(f"[{value}]")
            value = inner[0] if is_array(inner) else value
        value = parsed(value)
    return value


def literal(value: Any) -> Any:
    """Objects and lists that Python printed instead of writing JSON."""
    value = opened(value)
    if type(value) is str and value[:1] in _QUOTED and len(value) < _LONGEST_LITERAL:
        try:
            return ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return value
    return value


def session_of(metadata: Row) -> str | None:
    """The conversation that metadata name."""
    return next((text(metadata[name]) for name in SESSION_NAMES if isinstance(metadata.get(name), str | int)), None)


def fill(row: Row, kind: str, given: Any, taken: Any) -> None:
    """Input and output: messages of a model call, arguments and result of a tool, else what they are."""
    if kind == "llm":
        _fill_model(row, given, taken)
        return
    row.pop("input", None)
    row.pop("output", None)
    if kind == "tool":
        if given is not None:
            row["tool_arguments"] = literal(given)
        if is_object(taken) and taken.get("type") == "tool":
            row["tool_name"] = text(taken.get("name")) or row.get("tool_name")
            row["tool_call_id"] = text(taken.get("tool_call_id"))
            taken = taken.get("content")
        if taken is not None and not (taken == {} and row.get("tool_result")):
            row["tool_result"] = text(taken)
        return
    if kind == "retrieval" and taken is not None:
        row["documents"] = document_list(taken)
    row["input"], row["output"] = text(given), text(taken)


def _fill_model(row: Row, given: Any, taken: Any) -> None:
    found = messages(given) or (None if "input_messages" in row else _asked(given))
    if found:
        instructions = taken.get("instructions") if is_object(taken) else None
        if isinstance(instructions, str) and instructions and found[0]["role"] != "system":
            found = [{"role": "system", "content": instructions}, *found]
        row["input_messages"] = dumps(found)
    made = messages(taken, "assistant") or (None if "output_messages" in row else output_messages(taken))
    if made:
        row["output_messages"] = dumps(made)
    for column, told, value in (("input", found, given), ("output", made, taken)):
        row.pop(column, None)
        if not told and value is not None:
            row[column] = text(value)


def _asked(given: Any) -> list[Row] | None:
    """What a wrapped function was called with, where that is a prompt."""
    if is_object(given) and is_array(given.get("args")) and len(given["args"]) == 1:
        return conversation(given["args"][0], "user")
    return _by_speaker(given) if isinstance(given, str) else None


def _by_speaker(given: str) -> list[Row] | None:
    """A prompt that was flattened to text; where it begins with a speaker, its lines tell who said what."""
    turns = list(_SPEAKER.finditer(given))
    if not turns or turns[0].start() != 0:
        return conversation(given, "user")
    ends = [turn.start() for turn in turns[1:]] + [len(given)]
    return messages([
        {"role": turn.group(1), "content": given[turn.end() : end].rstrip("\n")}
        for turn, end in zip(turns, ends, strict=True)
    ])  # fmt: skip


def flat(value: Any) -> Row:
    """An object of objects as one: what lies deeper is named by the last part of its name."""
    found: Row = {}
    deeper: Row = {}
    for name, inner in value.items() if is_object(value) else ():
        if is_object(inner):
            deeper = {**flat(inner), **deeper}
        elif "." in name:
            deeper[name.rsplit(".", 1)[-1]] = inner
        elif inner is not None:
            found[name] = inner
    return {**deeper, **found}


def usage(row: Row, tokens: Any, costs: Any = None) -> None:
    """Token counts and costs by any of their names."""
    told = flat(tokens)
    for column, names in TOKENS.items():
        number = whole(next((told[name] for name in names if told.get(name) is not None), None))
        if number is not None:
            row[column] = number
    if is_object(costs):
        for column, name in (("input_cost", "input"), ("output_cost", "output"), ("total_cost", "total")):
            price = real(costs.get(name))
            if price:  # 0 is written where the price is not known
                row[column] = price
