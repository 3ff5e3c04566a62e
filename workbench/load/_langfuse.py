"""Traces of Langfuse, as its "Download JSON" writes them: observations, the trace around them, and scores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from workbench.load._attributes import attribute_columns, finish
from workbench.load._json import JsonReader, guarded
from workbench.load._messages import beside
from workbench.load._payload import TOKENS, fill, opened
from workbench.load._scores import Target, score, span_target
from workbench.load._sheet import Sheet
from workbench.load._values import dumps, is_array, is_object, items, moment, real, text, whole

__all__ = ["KINDS", "Langfuse", "Trace"]

Row = dict[str, Any]

KINDS: Final = {
    "GENERATION": "llm", "AGENT": "agent", "TOOL": "tool", "CHAIN": "task", "RETRIEVER": "retrieval",
    "EVALUATOR": "evaluator", "EMBEDDING": "embedding", "GUARDRAIL": "guardrail",
}  # fmt: skip
_OWN: Final = {"input_tokens": "inputUsage", "output_tokens": "outputUsage", "total_tokens": "totalUsage"}
_KEPT: Final = (
    "modelParameters",
    "promptName",
    "promptVersion",
    "completionStartTime",
    "toolDefinitions",
    "internalModelId",
)
_ATTRIBUTES: Final = ("attributes", "resourceAttributes", "scope")


class Langfuse(JsonReader):
    """Reads traces of Langfuse."""

    name = "langfuse"
    keys = frozenset({"observations", "trace", "scores"})

    def knows(self, value: Any) -> bool:
        """Whether the value is a trace, or a list of traces."""
        if is_array(value):
            return bool(value) and is_object(value[0]) and self.knows(value[0])
        if not is_object(value) or not is_array(value.get("observations")):
            return False
        if any(type(item) is str for item in value["observations"][:1]):
            return False  # the interface's lists of traces name their observations only
        if _is_bundle(value):
            return True
        return is_object(value.get("trace")) or "scores" in value or "projectId" in value or "timestamp" in value

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read one trace, or a list of them."""
        for item in value if is_array(value) else [value]:
            if self.knows(item) and is_object(item):
                for trace in _unbundled(item) if _is_bundle(item) else [item]:
                    Trace(trace, sheet).write()
            else:
                sheet.begin(record)
                sheet.refuse("no trace of Langfuse", "observations are missing", dumps(item))
                sheet.done()


def _is_bundle(value: Row) -> bool:
    """Whether several traces lie beside one list of what was observed in all of them."""
    traces = value.get("traces")
    return is_array(traces) and all(is_object(trace) and "id" in trace for trace in traces)


def _unbundled(value: Row) -> Iterator[Row]:
    """Each trace with its own observations and scores; those of traces that are not there come last, together."""
    held: dict[str, dict[str, list[Any]]] = {str(trace["id"]): {} for trace in value["traces"]}
    rest: dict[str, list[Any]] = {}
    for name in ("observations", "scores"):
        for item in items(value.get(name)):
            owner = held.get(str(item.get("traceId")), rest) if is_object(item) else rest
            owner.setdefault(name, []).append(item)
    for trace in value["traces"]:
        yield {"observations": [], "trace": trace, **held.pop(str(trace["id"]), {})}
    if rest:
        yield {"observations": [], "scores": [], **rest}


class Trace:
    """One trace: what it says of all its observations."""

    def __init__(self, value: Row, sheet: Sheet) -> None:
        self._sheet = sheet
        trace = value.get("trace")
        self._trace: Row = (
            trace if is_object(trace) else {k: v for k, v in value.items() if k not in ("observations", "scores")}
        )
        self._observations: list[Any] = value["observations"]
        own = value.get("scores") or self._trace.get("scores")
        self._scores: list[Any] = own if is_array(own) else []
        tags = self._trace.get("tags")
        self._shared: Row = {
            "session_id": text(self._trace.get("sessionId")),
            "user_id": text(self._trace.get("userId")),
            "environment": text(self._trace.get("environment")),
            "agent_version": text(self._trace.get("release")) or text(self._trace.get("version")),
            "tags": [str(tag) for tag in tags] if is_array(tags) and tags else None,
        }
        roots = [o for o in self._observations if is_object(o) and not o.get("parentObservationId")]
        self._root = roots[0].get("id") if len(roots) == 1 else None
        self._joint = self._root is None and "id" in self._trace

    def write(self) -> None:
        sheet = self._sheet
        if self._joint:
            # Nothing else holds the trace together: it is a span itself.
            guarded(sheet, 1, self._trace, self.whole)
        for number, item in enumerate(self._observations, 1):
            guarded(sheet, number, item, self.observation)
        for number, item in enumerate(self._scores, len(self._observations) + 1):
            guarded(sheet, number, item, self._score)

    def whole(self, trace: Row, sheet: Sheet) -> None:
        start, seconds = moment(trace.get("timestamp")), real(trace.get("latency"))
        metadata = opened(trace.get("metadata"))
        sheet.span({
            **self._shared,
            "trace_id": _id(trace["id"]),
            "span_id": _id(trace["id"]),
            "name": text(trace.get("name")),
            "kind": "agent",
            "start": start,
            "end": start + int(seconds * 1e9) if start is not None and seconds is not None else start,
            "status": "unset",
            "input": text(opened(trace.get("input"))),
            "output": text(opened(trace.get("output"))),
            "metadata": dumps(metadata) if metadata else None,
        })  # fmt: skip

    def observation(self, item: Row, sheet: Sheet) -> None:
        trace_id = _id(item.get("traceId") or self._trace.get("id"))
        span_id = _id(item.get("id"))
        if not trace_id or not span_id:
            sheet.refuse("an observation without an id", "id or traceId is missing", dumps(item))
            return
        metadata = opened(item.get("metadata"))
        metadata = metadata if is_object(metadata) else {} if metadata is None else {"metadata": metadata}
        held = metadata.get("attributes")
        given, taken = opened(item.get("input")), opened(item.get("output"))
        kept = {name: item[name] for name in _KEPT if item.get(name)}
        if item.get("type") == "GENERATION":
            kept |= {
                name: rest for name, rest in (("input.beside", beside(given)), ("output.beside", beside(taken))) if rest
            }
        columns, _ = attribute_columns(held if is_object(held) else {}, sheet.unknown, kept)
        if item.get("id") == self._root:
            given = opened(self._trace.get("input")) if given is None else given
            taken = opened(self._trace.get("output")) if taken is None else taken
        kind: str = KINDS.get(str(item.get("type"))) or columns["kind"]
        if kind == "other" and is_object(taken) and taken.get("type") == "tool" and "tool_call_id" in taken:
            kind = "tool"
        row: Row = {
            **columns,
            "kind": kind,
            "trace_id": trace_id,
            "span_id": span_id,
            "name": text(item.get("name")) or str(item.get("type")).lower(),
        }
        row["parent_id"] = _id(item.get("parentObservationId")) or (_id(self._trace.get("id")) if self._joint else None)
        fill(row, kind, given, taken)
        self._around(row, item, metadata)
        _times(row, item, taken)
        _usage(row, item, kind)
        sheet.span(finish({name: value for name, value in row.items() if value is not None}))

    def _around(self, row: Row, item: Row, metadata: Row) -> None:
        for name, value in self._shared.items():
            if value is not None:
                row[name] = value
        for column, name in (
            ("session_id", "sessionId"),
            ("user_id", "userId"),
            ("environment", "environment"),
            ("agent_version", "version"),
            ("model", "model"),
        ):
            own = text(item.get(name))
            if own is not None and (column == "model" or row.get(column) is None):
                row[column] = own
        if is_array(item.get("tags")) and item["tags"]:
            row.setdefault("tags", item["tags"])
        resource = metadata.get("resourceAttributes")
        service = text(resource.get("service.name")) if is_object(resource) else None
        if service and not service.startswith("unknown_service"):
            row.setdefault("agent_name", service)
        own_metadata = {name: value for name, value in metadata.items() if name not in _ATTRIBUTES}
        if own_metadata:
            row["metadata"] = dumps(own_metadata)

    def _score(self, item: Row, sheet: Sheet) -> None:
        name = item.get("name")
        if not name:
            sheet.refuse("a score without a name", f"id {item.get('id')!r}", dumps(item))
            return
        trace_id, session = _id(item.get("traceId") or self._trace.get("id")), text(item.get("sessionId"))
        target: Target = span_target(trace_id, _id(item.get("observationId")), session)
        if session and not item.get("traceId"):
            target = "session", session
        sheet.score(
            score(
                sheet.options,
                target,
                str(name),
                number=item.get("value"),
                label=item.get("stringValue"),
                comment=item.get("comment"),
                author=item.get("authorUserId") or item.get("author"),
                by=item.get("source"),
                at=moment(item.get("timestamp")) or moment(item.get("createdAt")),
                score_id=text(item.get("id")),
            )
        )


def _id(value: Any) -> str | None:
    known = text(value)
    return (
        known.lower()
        if known and len(known) in (16, 32) and all(c in "0123456789abcdefABCDEF" for c in known)
        else known
    )


def _times(row: Row, item: Row, taken: Any) -> None:
    row["start"], row["end"] = moment(item.get("startTime")), moment(item.get("endTime"))
    if item.get("type") == "EVENT" and row["end"] is None:
        row["end"] = row["start"]
    if item.get("level") == "ERROR":
        row["status"], row["error_message"] = "error", text(item.get("statusMessage")) or row.get("error_message")
    elif row.get("status") != "error":
        row["status"] = "running" if row["end"] is None and taken is None else "unset"


def _usage(row: Row, item: Row, kind: str) -> None:
    if kind not in ("llm", "embedding"):
        return  # other observations repeat what their model calls used
    details = item.get("usageDetails") or item.get("usage")
    details = details if is_object(details) else {}
    for column, names in TOKENS.items():
        found = next((details[name] for name in names if details.get(name) is not None), None)
        own = item.get(_OWN.get(column, ""))
        number = whole(found) if found is not None else whole(own) or None
        if number is not None:
            row[column] = number
    costs = item.get("costDetails")
    costs = costs if is_object(costs) else {}
    for column, name in (("input_cost", "input"), ("output_cost", "output"), ("total_cost", "total")):
        own = item.get(f"{name}Cost")
        number = real(costs.get(name)) if costs.get(name) is not None else real(own)
        if number:  # 0 is written where the price is not known
            row[column] = number
