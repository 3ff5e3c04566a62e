"""What LangSmith's runs were given and gave: OpenAI's, LangChain's and plain functions' inputs and outputs."""

from __future__ import annotations

from typing import Any, Final

from workbench.load._calls import answered, asked, only
from workbench.load._messages import beside
from workbench.load._parts import said
from workbench.load._payload import fill, literal, usage
from workbench.load._values import dumps, fields, is_array, is_object, text

__all__ = ["fill_run", "said_usage"]

Row = dict[str, Any]

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
        fill(row, kind, only(given, *names), only(taken, "output"))


def _fill_tool(row: Row, given: Any, taken: Any, extra: Row) -> None:
    arguments = literal(only(given, "input"))
    row["tool_arguments"] = arguments
    row["tool_name"] = row.get("name")
    row["tool_call_id"] = text(extra.get("tool_call_id"))
    result = only(taken, "output")
    if is_object(result) and is_object(result.get("kwargs")):
        result = result["kwargs"]
    if is_object(result) and (result.get("type") == "tool" or "tool_call_id" in result) and "content" in result:
        row["tool_call_id"] = text(result.get("tool_call_id")) or row["tool_call_id"]
        if result.get("status") == "error":
            row["status"], row["error_message"] = "error", said(result["content"])
        result = said(result["content"])
    row["tool_result"] = text(None if result == {} else result)


def _fill_model(row: Row, given: Any, taken: Any, kept: Row) -> None:
    found = asked(given)
    if found:
        row["input_messages"] = dumps(found)
    elif given not in (None, {}):
        row["input"] = text(given)
    made = answered(taken)
    if made:
        row["output_messages"] = dumps(made)
    elif taken not in (None, {}):
        row["output"] = text(taken)
    for name, told, value in (("input", found, given), ("output", made, taken)):
        rest = beside(value) if told else None
        rest = {key: inner for key, inner in (rest or {}).items() if key not in ("input", "prompts", "usage_metadata")}
        if rest:
            kept[f"{name}.beside"] = rest


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
