"""Datadog LLM Observability: spans of the export API and of the SDK, and evaluation metrics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from workbench.load._attributes import finish
from workbench.load._datadog_annotations import is_annotated, write_annotations
from workbench.load._payload import fill, opened, usage
from workbench.load._row_reader import RowReader
from workbench.load._scores import Target, score, span_target
from workbench.load._sheet import Sheet
from workbench.load._transcript import content_id
from workbench.load._values import dumps, fields, is_array, is_object, items, moment, real, text, whole

__all__ = ["Datadog"]

Row = dict[str, Any]
_KINDS: Final = frozenset({"agent", "workflow", "llm", "tool", "task", "embedding", "retrieval"})
_NO_PARENT: Final = ("undefined", "0", "", None)
_NANODOLLARS: Final = 1e-9
_COSTS: Final = {
    "input_cost": "estimated_input_cost", "output_cost": "estimated_output_cost", "total_cost": "estimated_total_cost",
}  # fmt: skip
_TAGS: Final = {"session_id": "session_id", "env": "environment", "version": "agent_version", "user_id": "user_id"}
_PASSED: Final = {"pass": True, "fail": False}
_FEEDBACK: Final = "feedback"
_JOINED: Final = frozenset({"span_id", "trace_id", "session_id", "feedback_join_key"})
_KEPT: Final = ("tool_definitions", "expected_output", "evaluations", "span_links", "prompt", "ml_app", "service")


class Datadog(RowReader):
    """Reads spans, evaluation metrics and annotations of Datadog LLM Observability."""

    name = "datadog"
    keys = frozenset({"start_ns", "span_kind", "ml_app", "meta", "metric_type", "attributes", "data", "Content ID"})
    pages = ("data", "spans", "metrics")

    def held(self, value: Any) -> Iterator[Any]:
        """The rows in an API's page, in what the SDK sends, or on their own."""
        if is_object(value) and is_object(value.get("data")):
            inner = fields(value["data"].get("attributes"))
            if is_array(inner.get("metrics")):
                value = inner["metrics"]
        yield from super().held(value)

    def is_row(self, row: Row) -> bool:
        """Whether this is a span, an evaluation of one, or a row of what reviewers said."""
        told = row.get("attributes")
        item = told if is_object(told) and row.get("type") == "span" else row
        if is_annotated(row):
            return True
        if "metric_type" in row and "label" in row:
            return "join_on" in row or not _JOINED.isdisjoint(row)
        return "start_ns" in item and "span_id" in item and "trace_id" in item

    def write(self, row: Row, sheet: Sheet) -> None:
        """Write a span, or what was said of one."""
        if is_annotated(row):
            write_annotations(row, sheet)
            return
        if "metric_type" in row:
            _metric(row, sheet)
            return
        told = row.get("attributes")
        _span(told if is_object(told) and row.get("type") == "span" else row, sheet)


def _span(item: Row, sheet: Sheet) -> None:
    trace_id, span_id = text(item.get("trace_id")), text(item.get("span_id"))
    if not trace_id or not span_id:
        sheet.refuse("a span without an id", "span_id or trace_id is missing", dumps(item))
        return
    meta = fields(item.get("meta"))
    about = {**meta, **item}
    said = about.get("span_kind") or fields(meta.get("span")).get("kind") or meta.get("span.kind") or meta.get("kind")
    kind = str(said) if said in _KINDS else "other"
    start, seconds = moment(item.get("start_ns")), whole(item.get("duration"))
    tags = [str(tag) for tag in items(item.get("tags"))]
    named = dict(reversed([(name, value) for name, _, value in (tag.partition(":") for tag in tags) if value]))
    error = fields(meta.get("error"))
    made: Row = {
        "trace_id": trace_id.lower(), "span_id": span_id, "kind": kind, "name": text(item.get("name")),
        "parent_id": None if item.get("parent_id") in _NO_PARENT else text(item["parent_id"]),
        "start": start, "end": start + seconds if start is not None and seconds is not None else None,
        "agent_name": text(about.get("ml_app")) or named.get("ml_app"),
        "error_type": text(error.get("type")) or named.get("error_type"), "error_message": text(error.get("message")) or text(item.get("status_message")),
        "status": "error" if item.get("status") == "error" else "running" if seconds is None else "ok",
        **{column: named[tag] for tag, column in _TAGS.items() if named.get(tag)},
        "tags": tags or None,
    }  # fmt: skip
    if item.get("session_id"):
        made["session_id"] = text(item["session_id"])
    _payload(made, kind, fields(about.get("input")), fields(about.get("output")))
    if kind in ("llm", "embedding"):
        metrics = fields(item.get("metrics"))
        usage(made, metrics)
        for column, name in _COSTS.items():
            price = real(metrics.get(name))
            if price:
                made[column] = price * _NANODOLLARS
        made["model"], made["provider"] = text(about.get("model_name")), text(about.get("model_provider"))
    metadata = about.get("metadata")
    kept = {name: about[name] for name in _KEPT if about.get(name)}
    made |= {"metadata": dumps(metadata) if metadata else None, "raw": dumps(kept) if kept else None}
    sheet.span(finish({name: value for name, value in made.items() if value is not None}))


def _payload(made: Row, kind: str, given: Row, taken: Row) -> None:
    asked, answered = _said(given), _said(taken)
    if kind == "tool":
        fill(
            made,
            kind,
            opened(given.get("value")) if "value" in given else given.get("parameters"),
            opened(taken.get("value")),
        )
        made["tool_name"] = made["name"]
    elif kind == "retrieval":
        fill(made, kind, given.get("value") or asked, taken.get("documents") or opened(taken.get("value")))
    else:
        fill(made, kind, asked or opened(given.get("value")), answered or opened(taken.get("value")))


def _said(told: Row) -> list[Row]:
    """Messages; the results of tools that one of them holds are messages of their own."""
    found: list[Row] = []
    for message in map(fields, items(told.get("messages"))):
        results = [fields(result) for result in items(message.get("tool_results"))]
        found += [
            {
                "role": "tool",
                "content": result.get("result"),
                "name": result.get("name"),
                "tool_call_id": result.get("tool_id"),
            }
            for result in results
        ]
        if not results or message.get("content") or message.get("tool_calls"):
            own = {name: value for name, value in message.items() if name not in ("tool_results", "tool_id")}
            if message.get("tool_id") and "tool_call_id" not in own:
                own["tool_call_id"] = message["tool_id"]
            found.append(own)
    return found


def _metric(item: Row, sheet: Sheet) -> None:
    name = text(item.get("label"))
    if not name:
        sheet.refuse("an evaluation without a name", "label is missing", dumps(item))
        return
    joined = fields(item.get("join_on"))
    span, tag = fields(joined.get("span")) or item, fields(joined.get("tag"))
    trace_id = None if not span.get("trace_id") else str(span["trace_id"]).lower()
    scoped = item.get("eval_scope") == "trace"
    target: Target = span_target(trace_id, None if scoped else text(span.get("span_id")), text(item.get("session_id")))
    key = text(item.get("feedback_join_key")) or text(tag.get("value")) or text(item.get("span_id"))
    value = item.get(f"{item.get('metric_type')}_value")
    plain = isinstance(value, bool | int | float)
    feedback = item.get("event_kind") == _FEEDBACK
    by = "user" if feedback else str(item.get("eval_source_type") or item.get("metric_source") or "code")
    sheet.score(
        score(
            sheet.options, target, name, number=value if plain else None, label=None if plain else value,
            comment=item.get("reasoning"), author=fields(item.get("submitter")).get("id"), by=by,
            at=moment(item.get("timestamp_ms")), join_key=None if target[0] else key,
            passed=_PASSED.get(str(item.get("assessment"))),
            score_id=content_id("datadog", target, key, name, item.get("timestamp_ms"), value),
        )
    )  # fmt: skip
