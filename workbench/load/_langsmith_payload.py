"""What LangSmith's runs were given and gave: OpenAI's, LangChain's and plain functions' inputs and outputs."""

from __future__ import annotations

import re
from typing import Any, Final

from workbench.load._messages import beside, conversation, messages, output_messages, system_message
from workbench.load._parts import said
from workbench.load._payload import fill, literal, usage
from workbench.load._values import dumps, fields, is_array, is_object, text

__all__ = ["fill_run", "said_usage"]

Row = dict[str, Any]

_SPEAKER: Final = re.compile(r"^(System|Human|AI|Tool|Function|Developer): ", re.MULTILINE)
_ROLES: Final = {
    "System": "system",
    "Developer": "system",
    "Human": "user",
    "AI": "assistant",
    "Tool": "tool",
    "Function": "tool",
}
_DETAILS: Final = {
    "input_token_details": {"cache_read": "cache_read_tokens", "cache_creation": "cache_write_tokens"},
    "output_token_details": {"reasoning": "reasoning_tokens"},
}


def fill_run(row: Row, given: Any, taken: Any, kept: Row, extra: Row) -> None:
    """Fill a span's payload columns; what a request says beside its messages is kept."""
    kind = row["kind"]
    if kind == "llm":
        _fill_model(row, given, taken, kept)
    elif kind == "tool":
        _fill_tool(row, given, taken, extra)
    else:
        names = ("query", "input") if kind == "retrieval" else ("input",)
        fill(row, kind, _only(given, *names), _only(taken, "output"))


def _only(value: Any, *names: str) -> Any:
    """What an object holds that holds one thing under one of these names; a plain function's argument or result."""
    if is_object(value) and len(value) == 1:
        name, inner = next(iter(value.items()))
        return inner if name in names else value
    return value


def _fill_tool(row: Row, given: Any, taken: Any, extra: Row) -> None:
    arguments = literal(_only(given, "input"))
    row["tool_arguments"] = arguments
    row["tool_name"] = row.get("name")
    row["tool_call_id"] = text(extra.get("tool_call_id"))
    result = _only(taken, "output")
    if is_object(result) and is_object(result.get("kwargs")):
        result = result["kwargs"]
    if is_object(result) and (result.get("type") == "tool" or "tool_call_id" in result) and "content" in result:
        row["tool_call_id"] = text(result.get("tool_call_id")) or row["tool_call_id"]
        if result.get("status") == "error":
            row["status"], row["error_message"] = "error", said(result["content"])
        result = said(result["content"])
    row["tool_result"] = text(None if result == {} else result)


def _fill_model(row: Row, given: Any, taken: Any, kept: Row) -> None:
    found = _asked(given)
    if found:
        row["input_messages"] = dumps(found)
    elif given not in (None, {}):
        row["input"] = text(given)
    made = _answered(taken)
    if made:
        row["output_messages"] = dumps(made)
    elif taken not in (None, {}):
        row["output"] = text(taken)
    for name, told, value in (("input", found, given), ("output", made, taken)):
        rest = beside(value) if told else None
        rest = {key: inner for key, inner in (rest or {}).items() if key not in ("input", "prompts", "usage_metadata")}
        if rest:
            kept[f"{name}.beside"] = rest


def _asked(given: Any) -> list[Row] | None:
    if is_object(given):
        prompts = given.get("prompts")
        if is_array(prompts) and prompts and all(isinstance(prompt, str) for prompt in prompts):
            return [message for prompt in prompts[:1] for message in _by_speaker(prompt)]
        if "input" in given and "messages" not in given:
            told = conversation(given["input"], "user")
            return system_message(given.get("instructions") or given.get("system")) + told if told else None
    return conversation(given, "user")


def _by_speaker(prompt: str) -> list[Row]:
    """A chat that LangChain flattened to text, each message after who said it."""
    turns = list(_SPEAKER.finditer(prompt))
    if not turns or turns[0].start() != 0:
        return [{"role": "user", "content": prompt}]
    ends = [turn.start() for turn in turns[1:]] + [len(prompt)]
    return [
        {"role": _ROLES[turn.group(1)], "content": prompt[turn.end() : end].rstrip("\n")}
        for turn, end in zip(turns, ends, strict=True)
    ]


def _answered(taken: Any) -> list[Row] | None:
    made = messages(taken, "assistant")
    if made is None:
        inner = _only(taken, "output", "text", "content", "answer")
        made = output_messages(inner)
    return made


def said_usage(taken: Any) -> tuple[str | None, Row]:
    """The model that answered, and what it used, as the answer itself says."""
    answer = taken
    if is_object(answer) and is_array(answer.get("generations")):
        answer = answer["generations"]
        while is_array(answer) and answer:
            answer = answer[0]
    outer = fields(taken)
    message = fields(fields(answer).get("message")) or fields(answer)
    message = fields(message.get("kwargs")) or message
    about, whole_answer = fields(message.get("response_metadata")), fields(outer.get("llm_output"))
    model = about.get("model_name") or about.get("model") or whole_answer.get("model_name") or outer.get("model")
    used: Row = {}
    for told in (
        outer.get("usage"), whole_answer.get("token_usage"), about.get("token_usage"), outer.get("usage_metadata"),
        message.get("usage_metadata"),
    ):  # fmt: skip
        if is_object(told):
            usage(used, told)
            for name, columns in _DETAILS.items():
                used |= {columns[key]: n for key, n in fields(told.get(name)).items() if key in columns}
    return text(model) if isinstance(model, str) else None, used
