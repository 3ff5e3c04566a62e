"""What a tool was called with and what it answered, out of what a framework wraps around it."""

from __future__ import annotations

from typing import Any, Final

from workbench.load._parts import said
from workbench.load._values import fields, is_array, is_object, parsed, text

__all__ = ["unwrap_tool"]

Row = dict[str, Any]

_ASKED: Final = '"input_str"'
_BESIDE: Final = frozenset({"sanitize_inputs_outputs"})  # of smolagents, for the call itself
_WATCHED: Final = {"args", "kwargs"}
_CALLED: Final = ('{"args":', '{"kwargs')
_ANSWERED: Final = '"tool_call_id"'
_RESPONSE: Final = '"response"'
_FUNCTION_RESPONSE: Final = frozenset({"id", "name", "response", "will_continue", "scheduling", "parts"})  # Google's
_TEXT: Final = '"text"'
_PART: Final = frozenset({"type", "text"})
_AROUND: Final = frozenset({"output", "kwargs"})  # what OpenLLMetry keeps of a result that LangChain hands on


def unwrap_tool(row: Row) -> None:
    """Replace what LangChain records of a call by the call itself: arguments, result, id, and whether it failed.

    >>> row = {"tool_result": '{"type": "tool", "data": {"content": "rain", "tool_call_id": "c1"}}'}
    >>> unwrap_tool(row)
    >>> row
    {'tool_result': 'rain', 'tool_call_id': 'c1'}
    """
    given, taken, number = row.get("tool_arguments"), row.get("tool_result"), row.get("tool_call_id")
    if type(number) is list or (type(number) is str and number[:2] == '["'):
        told = parsed(number)  # Microsoft's agents write that of the run before the call's own
        row["tool_call_id"] = told[-1] if is_array(told) and told else number
    if type(given) is str and _ASKED in given[:40]:
        _arguments(row, parsed(given))
    else:
        _called(row, parsed(given) if type(given) is str and given[:8] in _CALLED else given)
    if type(taken) is str and taken[:1] == "{" and _ANSWERED in taken:
        _result(row, parsed(taken))
    elif type(taken) is str and taken[:1] == "{" and _RESPONSE in taken:
        told = parsed(taken)
        if is_object(told) and {"name", "response"} <= told.keys() <= _FUNCTION_RESPONSE:
            row["tool_result"] = text(told["response"])
            row["tool_call_id"] = row.get("tool_call_id") or text(told.get("id"))
    elif type(taken) is str and taken[:2] == "[{" and _TEXT in taken[:40]:
        parts = parsed(taken)
        if is_array(parts) and all(is_object(part) and part.keys() <= _PART for part in parts):
            row["tool_result"] = said(parts)


def _arguments(row: Row, given: Any) -> None:
    if not is_object(given) or "input_str" not in given:
        return
    own = given.get("inputs")
    row["tool_arguments"] = own if is_object(own) else parsed(given["input_str"])
    called = text(fields(given.get("kwargs")).get("tool_call_id"))
    if called and not row.get("tool_call_id"):
        row["tool_call_id"] = called


def _called(row: Row, given: Any) -> None:
    """The arguments of a function that a decorator watched, where they have names."""
    if (
        not is_object(given)
        or given.keys() - _BESIDE != _WATCHED
        or not (is_object(given["kwargs"]) and is_array(given["args"]))
    ):
        return
    names, places = given["kwargs"], given["args"]
    if not places:
        row["tool_arguments"] = names
    elif not names and len(places) == 1 and is_object(places[0]):
        row["tool_arguments"] = places[0]


def _result(row: Row, taken: Any) -> None:
    if is_object(taken) and "output" in taken and taken.keys() <= _AROUND:
        taken = taken["output"]
    message = fields(taken)
    for name in ("kwargs", "data"):
        if is_object(message.get(name)):
            message = message[name]
    if "tool_call_id" not in message or "content" not in message:
        return
    row["tool_result"] = said(message["content"])
    row["tool_call_id"] = row.get("tool_call_id") or text(message["tool_call_id"])
    if message.get("status") == "error" and row.get("status") != "error":
        row |= {"status": "error", "error_message": row.get("error_message") or said(message["content"])}
