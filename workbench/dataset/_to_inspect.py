"""Inspect's samples: one JSON object a line with `id`, `input`, `target` and `metadata`, for `json_dataset`.

The targets are the expected outputs, or the criteria where there are none: Inspect's model-graded scorers read a target as what an answer
has to meet. Where there are both, the criteria are in the metadata beneath `workbench`, which a scorer sees and a model does not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from workbench.dataset._exporter import exchange
from workbench.dataset._messages import messages_in
from workbench.dataset._record import OWN, Record, told

__all__ = ["INSPECT"]

_RAW: Final = "text"


def _row(record: Record) -> dict[str, Any]:
    own = dict(record.own)
    if record.criteria:
        own |= {"criteria": list(record.criteria)} if record.expected else {"target": "criteria"}
    target = list(record.expected or record.criteria)
    return {
        "id": record.own["case_id"],
        "input": [_message(message) for message in record.messages],
        "target": target[0] if len(target) == 1 else target,
        "metadata": {**record.metadata, OWN: own},
    }


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    made = {**message, "content": message.get("content") or ""}
    if message.get("tool_calls"):
        made["tool_calls"] = [_call(call) for call in message["tool_calls"]]
    if message.get("role") == "tool" and message.get("name"):
        made["function"] = message["name"]
    return made


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    asked: str = call["function"]["arguments"]
    made = {"id": call["id"], "type": "function", "function": call["function"]["name"]}
    try:
        arguments = json.loads(asked)
    except (ValueError, RecursionError):
        arguments = asked
    if isinstance(arguments, dict):
        return {**made, "arguments": cast("dict[str, Any]", arguments)}
    return {**made, "arguments": {_RAW: asked}, "parse_error": "the arguments were no JSON object"}


def _back(row: dict[str, Any]) -> Record:
    metadata, target = told(row.get("metadata")), row.get("target")
    texts = [str(each) for each in (cast("list[Any]", target) if isinstance(target, list) else [target]) if each]
    own = told(metadata.get(OWN))
    further = own.get("criteria")
    criteria = [str(each) for each in cast("list[Any]", further)] if isinstance(further, list) else []
    asked: Any = row.get("input")
    if isinstance(asked, list):
        asked = [_restored(each) for each in cast("list[dict[str, Any]]", asked) if isinstance(each, dict)]  # pyright: ignore[reportUnnecessaryIsInstance] - anybody's file
    only = own.get("target") == "criteria"
    return Record(messages_in(asked), [] if only else texts, texts if only else criteria, metadata)


def _restored(message: dict[str, Any]) -> dict[str, Any]:
    calls = cast("list[dict[str, Any]]", message.get("tool_calls") or [])
    kept = [
        {**call, "arguments": call["arguments"].get(_RAW)}
        if call.get("parse_error") and list(call.get("arguments") or ()) == [_RAW]
        else call
        for call in calls
    ]
    return {**message, "tool_calls": kept} if kept else message


INSPECT: Final = exchange("inspect", row=_row, back=_back, signs=("input", "target"))
