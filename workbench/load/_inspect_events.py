"""Events of an Inspect sample: when each message was made, and the model calls that are no part of the conversation."""

from __future__ import annotations

from typing import Any, Final

from workbench.load._messages import messages, output_messages
from workbench.load._sheet import Sheet
from workbench.load._values import dumps, fields, is_object, items, moment, real, text, whole

__all__ = ["USAGE", "Events", "given_to", "write_others"]

Row = dict[str, Any]

USAGE: Final = {
    "input_tokens": "input_tokens", "output_tokens": "output_tokens", "total_tokens": "total_tokens",
    "cache_read_tokens": "input_tokens_cache_read", "cache_write_tokens": "input_tokens_cache_write",
    "reasoning_tokens": "reasoning_tokens",
}  # fmt: skip
_JUDGES: Final = frozenset({"scorer", "scorers"})


class Events:
    """Model and tool events, found by the message or call that they made."""

    def __init__(self, events: list[Any]) -> None:
        """Sort the events."""
        self.all = [event for event in events if is_object(event)]
        self.models: list[Row] = []
        self.tools: dict[str, Row] = {}
        self.unused: dict[int, Row] = {}
        self._by_message: dict[str, Row] = {}
        self._by_words: dict[str, list[Row]] = {}
        for event in self.all:
            if event.get("event") == "tool" and event.get("id") is not None:
                self.tools.setdefault(str(event["id"]), event)
            for inner in (event, *items(event.get("events"))):
                if is_object(inner) and inner.get("event") == "model":
                    self._add(inner)

    def _add(self, event: Row) -> None:
        self.models.append(event)
        self.unused[id(event)] = event
        for choice in items(fields(event.get("output")).get("choices"))[:1]:
            message = fields(fields(choice).get("message"))
            if message.get("id"):
                self._by_message.setdefault(str(message["id"]), event)
            self._by_words.setdefault(_words(message), []).append(event)

    def model(self, message: Row) -> Row:
        """The event of the call that made this message; empty where there is none."""
        found = self._by_message.get(str(message.get("id")))
        if found is None:
            waiting = self._by_words.get(_words(message))
            found = waiting.pop(0) if waiting else None
        if found is None:
            return {}
        self.unused.pop(id(found), None)
        return found

    def judges(self) -> list[tuple[str, Row]]:
        """The unused model calls that scorers made, with the scorer's name."""
        above: dict[str, Row] = {
            str(event.get("id")): event for event in self.all if event.get("event") == "span_begin"
        }
        found: list[tuple[str, Row]] = []
        step: Row = {}
        for event in self.all:
            if event.get("event") == "step":  # older logs: no tree, but steps that begin and end
                step = event if event.get("action") == "begin" else {}
            if id(event) not in self.unused:
                continue
            holder = above.get(str(event.get("span_id")), step)
            for _ in range(len(above) + 1):
                if holder.get("type") in _JUDGES:
                    found.append((str(holder.get("name")), event))
                    break
                holder = above.get(str(holder.get("parent_id")), {})
        return found


def _words(message: Row) -> str:
    calls = [fields(call).get("id") for call in items(message.get("tool_calls"))]
    return dumps([message.get("content"), calls])


def given_to(event: Row, pool: list[Any]) -> list[Any]:
    """The messages that a model call was given; newer logs keep each once, in a pool, and point to ranges of it."""
    return items(event.get("input")) or [
        message for ref in items(event.get("input_refs")) for message in pool[slice(*ref)]
    ]


def write_others(sheet: Sheet, events: Events, shared: Row, trace_id: str, pool: list[Any]) -> None:
    """Write the model calls that are no part of the conversation: scorers' as evaluators, others for what they used."""
    found = events.judges()
    judges = {id(event): name for name, event in found}
    rest = [event for event in events.models if id(event) in events.unused and id(event) not in judges]
    for number, event in enumerate([*(event for _, event in found), *rest], 1):
        output = fields(event.get("output"))
        usage = fields(output.get("usage"))
        start, seconds = moment(event.get("timestamp")), real(output.get("time"))
        lasted = start + int(seconds * 1e9) if start is not None and seconds is not None else None
        given, made = messages(given_to(event, pool)), output_messages(output)
        said = {"input_messages": dumps(given) if given else None, "output_messages": dumps(made) if made else None}
        model = text(output.get("model")) or text(event.get("model"))
        judge = judges.get(id(event))
        row: Row = {
            **shared,
            **{column: whole(usage.get(key)) for column, key in USAGE.items()},
            "total_cost": real(usage.get("total_cost")),
            "trace_id": trace_id,
            "span_id": f"judge-{number:06d}" if judge is not None else f"beside-{number - len(judges):06d}",
            "parent_id": "000000",
            "start": start,
            "end": moment(event.get("completed")) or lasted,
            "model": model,
        }  # fmt: skip
        if judge is not None:
            error = text(event.get("error"))
            row |= {
                "name": judge,
                "kind": "evaluator",
                "status": "error" if error else "unset",
                "error_message": error,
                **said,
            }
        else:
            kept = {**said, "error": event.get("error")}
            row |= {"name": model or "model call", "kind": "llm", "status": "unset", "raw": dumps({k: v for k, v in kept.items() if v})}  # fmt: skip
        sheet.span(row)
    if rest:
        sheet.note(
            "model calls that are no part of their sample's messages (sub-agents, tries again): what they used is counted, and no step tells of them",
            len(rest),
        )
