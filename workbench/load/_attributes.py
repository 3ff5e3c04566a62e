"""A span's flat attributes, by whichever convention, become the columns of a span."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from workbench.load._events import event_messages
from workbench.load._histories import Histories
from workbench.load._messages import beside, conversation, messages, output_messages, system_message, system_text
from workbench.load._names import KINDS, meaning
from workbench.load._tool_payload import unwrap_tool
from workbench.load._values import (
    as_json,
    boolean,
    dumps,
    fields,
    is_array,
    is_object,
    items,
    parsed,
    real,
    text,
    unflatten,
    whole,
)

__all__ = [
    "REAL",
    "TEXT",
    "WHOLE",
    "Row",
    "as_tool",
    "attribute_columns",
    "document_list",
    "finish",
    "kind_of",
    "without_requests",
]

Row = dict[str, Any]

WHOLE: Final = (
    "trial",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
REAL: Final = ("input_cost", "output_cost", "total_cost")
TEXT: Final = (
    "session_id", "task_id", "user_id", "agent_name", "agent_version", "environment", "model", "provider", "tool_name",
    "tool_call_id", "tool_result", "input", "output", "error_type", "error_message", "name",
)  # fmt: skip
_KIND_HINTS: Final = ("operation", "oi_kind", "tl_kind", "ai_kind", "lf_kind", "request")
_ENTITY: Final = {"agent": "agent_name", "tool": "tool_name"}
_USAGE: Final[dict[str, tuple[str, ...]]] = {
    "input_tokens": ("input", "prompt_tokens", "input_tokens"),
    "output_tokens": ("output", "completion_tokens", "output_tokens"),
    "total_tokens": ("total", "total_tokens"),
    "cache_read_tokens": ("input_cache_read", "cache_read_input_tokens", "input_cached_tokens"),
}
_EVENTS: Final = "events"
_HANDOFF: Final = "handoff to "  # of the OpenAI agents
_MERGED: Final = "(merged tools)"  # of Google's agents, where several tools were called at once
_PIECES: Final = 8  # from so many messages on, that are no longer than this many characters each
_PIECE: Final = 24


class _Read:
    """Attributes sorted by what they mean."""

    __slots__ = ("hints", "kept", "metadata", "nested", "row", "unknown")

    def __init__(self, attributes: Row, inherited: Row | None) -> None:
        self.row: Row = {}
        self.hints: Row = {}
        self.nested: dict[str, list[tuple[str, Any]]] = {}
        self.metadata: Row = {}
        self.kept: Row = {}
        self.unknown: list[str] = []
        ranks: dict[str, int] = {}
        self.sort(attributes, ranks)
        if inherited:
            self.sort({name: value for name, value in inherited.items() if name not in attributes}, ranks)

    def sort(self, attributes: Row, ranks: dict[str, int]) -> None:
        row, hints = self.row, self.hints
        for name, value in attributes.items():
            role, target, rank, rest = meaning(name)
            if role == "column":
                if value is None or value == "":
                    continue
                if target not in row or rank < ranks[target]:
                    row[target] = value
                    ranks[target] = rank
            elif role == "hint":
                if value is not None and value != "" and rank < ranks.get(target, 99):
                    hints[target] = value
                    ranks[target] = rank
            elif role == "nest":
                self.nested.setdefault(target, []).append((rest, value))
            elif role == "metadata":
                self.metadata[rest] = value
            else:
                self.kept[name] = value
                if role == "unknown":
                    self.unknown.append(name)


def attribute_columns(
    attributes: Row,
    unknown: Counter[str],
    kept: Row,
    *,
    inherited: Row | None = None,
    raw: str | None = None,
    histories: Histories | None = None,
    trace: str = "",
) -> tuple[Row, Row]:
    """The columns that attributes speak of, and the annotations among them.

    Parameters
    ----------
    attributes
        Names and plain values.
    unknown
        Counts the names that no convention knows.
    kept
        What else is to be kept in `raw`.
    inherited
        Attributes that hold where `attributes` says nothing.
    raw
        `kept` as JSON text, where it is at hand.
    histories, trace
        What earlier calls of the same trace were given.

    Returns
    -------
    tuple
        Column values, ready but for `finish`; annotations by what they are about: `annotations`, `trace_annotations`,
        `session_annotations`, each a list of objects.
    """
    read = _Read(attributes, inherited)
    row, nested, hints = read.row, read.nested, read.hints
    if read.unknown:
        unknown.update(read.unknown)
    kind = row["kind"] = kind_of(row, hints)
    if _EVENTS in read.kept:
        kind = _fill_from_events(row, read.kept)
    if kind == "llm" or nested or len(hints) > ("operation" in hints):
        _fill_messages(row, hints, nested, histories, trace)
        _fill_details(row, hints)
    if kind == "llm" and ("input" in row or "output" in row):
        without_requests(row, read.kept)
    if "documents" in nested or "documents" in row:
        found = unflatten(nested["documents"]) if "documents" in nested else parsed(row["documents"])
        row["documents"] = document_list(found)
    metadata = _merged_metadata(hints.get("metadata"), read.metadata)
    if metadata:
        row["metadata"] = dumps(metadata)
    if read.kept:
        row["raw"] = dumps({**kept, **read.kept})
    elif kept:
        row["raw"] = raw or dumps(kept)
    if not nested:
        return row, {}
    return row, {name: unflatten(leaves) for name, leaves in nested.items() if name.endswith("annotations")}


def _fill_from_events(row: Row, kept: Row) -> str:
    """Messages that Pydantic AI wrote, as one list of events, into an attribute; the kind that the span is then of."""
    given: list[Row] = []
    said: list[Row] = []
    for event in items(parsed(kept[_EVENTS])):
        told = event_messages(str(event.get("event.name")), {}, event) if is_object(event) else None
        if told is None:
            return row["kind"]
        given += told[0]
        said += told[1]
    if given or said:
        del kept[_EVENTS]
        row["kind"] = "llm" if row["kind"] == "other" else row["kind"]
        row |= {name: dumps(told) for name, told in (("input_messages", given), ("output_messages", said)) if told}
    return row["kind"]


def kind_of(row: Row, hints: Row) -> str:
    """What kind of span attributes speak of."""
    told = hints.get("operation")
    if type(told) is str:
        found = KINDS.get(told)
        if found is not None and found != "other":
            return found
    for name in _KIND_HINTS:
        value = hints.get(name)
        if value is None:
            continue
        value = str(value)
        found = KINDS.get(value) or KINDS.get(value.lower())
        if found is not None and (found != "other" or name == "oi_kind"):
            return found
        if name == "operation" and value.endswith("_memory_store"):
            return "task"
    if "tool_name" in row and ("tool_call_id" in row or "tool_arguments" in row):
        return "tool"
    return "llm" if ("given" in hints or "said" in hints) and "model" in row else "other"


def _fill_messages(
    row: Row, hints: Row, nested: dict[str, list[tuple[str, Any]]], histories: Histories | None, trace: str
) -> None:
    model = row["kind"] == "llm"
    told = _given(row, hints, nested, histories, trace)
    if told:
        row["input_messages"] = told
    made = _unstreamed(_nested_messages(nested.get("said"), "assistant"))
    if made is None and "said" in hints:
        made = output_messages(hints["said"])
    if made is None and ("answer_text" in hints or "answer_calls" in hints):
        calls = parsed(hints.get("answer_calls"))
        made = messages({"role": "assistant", "content": hints.get("answer_text"), "tool_calls": calls})
    if made is None and model and "output" in row:
        made = output_messages(row["output"])
    if made:
        row["output_messages"] = dumps(made)


def _given(
    row: Row, hints: Row, nested: dict[str, list[tuple[str, Any]]], histories: Histories | None, trace: str
) -> str | None:
    """What the span was given, as JSON messages."""
    given, system = hints.get("given"), hints.get("system")
    found = _nested_messages(nested.get("given"), "user")
    if found is None and histories is not None and type(given) is str and (system is None or type(system) is str):
        told = histories.canonical(trace, given)
        if told is not None:
            before = system_text(system) if system else "[]"
            return told if before == "[]" else f"{before[:-1]},{told[1:]}"
    if found is None and given is not None:
        found = conversation(given, "user")
    if found is None and row["kind"] == "llm" and "input" in row:
        found = messages(row["input"], "user")
    if system is not None:
        found = system_message(system) + (found or [])
    return dumps(found) if found else None


def _unstreamed(said: list[Row] | None) -> list[Row] | None:
    """An answer that was written down piece by piece, as it was streamed, in one piece."""
    if not said or len(said) < _PIECES or any("tool_calls" in message for message in said):
        return said
    words = "".join(message["content"] for message in said)
    return said if len(words) > _PIECE * len(said) else [{"role": "assistant", "content": words}]


def without_requests(row: Row, kept: Row) -> None:
    """A request or response that was told as messages is not told again; what it says beside them is kept."""
    for column, told in (("input", "input_messages"), ("output", "output_messages")):
        value = row.get(column)
        if value is None or told not in row:
            continue
        value = parsed(value)
        if not isinstance(value, str) and messages(value) is not None:
            del row[column]
            rest = beside(value)
            if rest:
                kept[f"{column}.beside"] = rest


def _nested_messages(leaves: list[tuple[str, Any]] | None, role: str) -> list[Row] | None:
    if not leaves:
        return None
    value = unflatten(leaves)
    if not is_array(value):
        return None
    opened: list[Any] = []
    for item in value:
        inner = item.get("message") if is_object(item) and is_object(item.get("message")) else item
        if is_object(inner):
            content = inner.get("content")
            if type(content) is str and content.startswith("[{"):
                inner = {**inner, "content": parsed(content)}
            opened.append({"role": role, **inner})
    return messages(opened, role)


def _fill_details(row: Row, hints: Row) -> None:
    """What Langfuse and OpenLLMetry say in fewer words than columns."""
    if "usage" in hints:
        usage = fields(parsed(hints["usage"]))
        for column, names in _USAGE.items():
            row.setdefault(column, next((usage[name] for name in names if name in usage), None))
    if "cost" in hints:
        cost = fields(parsed(hints["cost"]))
        for column, name in (("input_cost", "input"), ("output_cost", "output"), ("total_cost", "total")):
            row.setdefault(column, cost.get(name))
    target = _ENTITY.get(row["kind"])
    if target and "entity" in hints:
        row.setdefault(target, hints["entity"])
    if "version" in hints and row["kind"] == "agent":
        row.setdefault("agent_version", hints["version"])
    if hints.get("level") == "ERROR":
        row["status"] = "error"


def _merged_metadata(whole_metadata: Any, single: Row) -> Row:
    value = parsed(whole_metadata)
    if is_object(value):
        return {**value, **single}
    return single if value is None else {"metadata": value, **single}


def document_list(value: Any) -> str | None:
    """Documents as JSON `[{"id", "content", "score"}]`, of OpenInference's, OpenTelemetry's and LangChain's shapes."""
    if is_object(value):
        value = value.get("documents") or [value]
    if not is_array(value):
        return None if value is None else dumps([{"id": None, "content": text(value), "score": None}])
    documents: list[Row] = []
    for item in value:
        inner = item.get("document") if is_object(item) and is_object(item.get("document")) else item
        if not is_object(inner):
            documents.append({"id": None, "content": text(inner), "score": None})
            continue
        meta = inner.get("metadata")
        content = next(
            (inner[name] for name in ("content", "page_content", "text", "body") if inner.get(name) is not None), None
        )
        document: Row = {"id": text(inner.get("id")), "content": text(content), "score": real(inner.get("score"))}
        if meta:
            document["metadata"] = parsed(meta)
        documents.append(document)
    return dumps(documents)


def finish(row: Row) -> Row:
    """Bring every value into its column's type, and a tool's input and output into its own columns."""
    if row.get("kind") == "tool":
        as_tool(row)
    for name, value in row.items():
        if type(value) is str:
            if name in _STRUCTURED:
                row[name] = _CONVERT[name](value)
        elif value is not None and name in _CONVERT:
            row[name] = _CONVERT[name](value)
    given, taken = row.get("input_tokens"), row.get("output_tokens")
    if given is not None and taken is not None and row.get("total_tokens") is None:
        row["total_tokens"] = given + taken
    return row


def as_tool(row: Row) -> None:
    """Bring what a tool's span says of its call into the columns of a call."""
    name = row.get("tool_name")
    if name == _MERGED or (name is None and str(row.get("name")).startswith(_HANDOFF)):
        row["kind"] = "task"  # each call that it speaks of is a tool's span of its own
        return
    for own, general in (("tool_arguments", "input"), ("tool_result", "output")):
        if row.get(own) is None and row.get(general) is not None:
            row[own] = row.pop(general)
    result = row.get("tool_result")
    if type(result) is str and result[:1] == '"' and result[-1:] == '"':
        told = parsed(f"[{result}]")  # text that was written as JSON
        row["tool_result"] = told[0] if is_array(told) and len(told) == 1 else result
    unwrap_tool(row)
    if row.get("tool_name") is None:
        row["tool_name"] = str(row.get("name") or "").removeprefix("execute_tool ") or None


def _tags(value: Any) -> list[str]:
    value = parsed(value)
    return [str(tag) for tag in value] if is_array(value) else [str(value)]


_CONVERT: Final[dict[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(TEXT, text),
    **dict.fromkeys(WHOLE, whole),
    **dict.fromkeys(REAL, real),
    "tool_arguments": as_json,
    "tags": _tags,
    "consent": boolean,
}
_STRUCTURED: Final = frozenset(_CONVERT) - frozenset(TEXT)
