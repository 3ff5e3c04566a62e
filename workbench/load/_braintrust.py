"""Rows of Braintrust: logs and experiments, one row a span. What scores is no step of the agent."""

from __future__ import annotations

from typing import Any, Final

from workbench.load._attributes import finish
from workbench.load._messages import beside
from workbench.load._payload import fill, opened, session_of, usage
from workbench.load._raised import raised
from workbench.load._row_reader import RowReader
from workbench.load._scores import score, span_target
from workbench.load._sheet import Sheet
from workbench.load._transcript import content_id
from workbench.load._values import dumps, fields, is_array, is_object, items, moment, real, text

__all__ = ["Braintrust"]

Row = dict[str, Any]
_KINDS: Final = {
    "llm": "llm", "tool": "tool", "function": "task", "task": "task", "eval": "workflow", "automation": "evaluator",
    "score": "evaluator", "facet": "evaluator", "preprocessor": "evaluator", "classifier": "evaluator", "review": "evaluator",
    "decision": "other", "question": "other", "log": "other",
}  # fmt: skip
_OPENED: Final = (
    "input", "output", "expected", "error", "scores", "metadata", "metrics", "span_attributes", "span_parents", "tags",
)  # fmt: skip
_KEPT: Final = ("expected", "context", "origin", "facets", "classifications", "id", "_xact_id", "traceback")


class Braintrust(RowReader):
    """Reads rows of Braintrust, as its API, its SDK and its exports write them."""

    name = "braintrust"
    keys = frozenset({"root_span_id", "span_attributes", "_xact_id", "span_parents", "metrics"})
    pages = ("events", "data", "objects", "rows")

    def is_row(self, row: Row) -> bool:
        """Whether this is a span."""
        return "root_span_id" in row and "span_id" in row and ("span_attributes" in row or "_xact_id" in row)

    def write(self, row: Row, sheet: Sheet) -> None:
        """Write a span and its scores."""
        item = {**row, **{name: opened(row.get(name)) for name in _OPENED}}
        trace_id, span_id = text(item.get("root_span_id")), text(item.get("span_id"))
        if not trace_id or not span_id:
            sheet.refuse("a span without an id", "span_id or root_span_id is missing", dumps(row))
            return
        about, metadata = fields(item["span_attributes"]), fields(item["metadata"])
        above = [text(parent) for parent in items(item["span_parents"])]
        parent = next((known for known in above if known), None)
        kind = _KINDS.get(str(about.get("type")), "agent" if parent is None else "task")
        made: Row = {
            "trace_id": trace_id, "span_id": span_id, "parent_id": parent, "kind": kind,
            "name": text(about.get("name")) or kind,
            "session_id": session_of(metadata),
            "task_id": _task(item) if parent is None else None,
            "user_id": text(metadata.get("user_id")) or text(metadata.get("userId")),
            "environment": text(metadata.get("environment")),
        }  # fmt: skip
        fill(made, kind, item["input"], item["output"])
        if kind == "tool":
            made["tool_name"] = text(about.get("name"))
            made["tool_call_id"] = text(metadata.get("tool_call_id"))
        _times(made, item)
        if kind in ("llm", "embedding"):
            metrics = fields(item["metrics"])
            usage(made, metrics)
            made["total_cost"] = real(metrics.get("estimated_cost"))
            made["model"], made["provider"] = text(metadata.get("model")), text(metadata.get("provider"))
        kept = {name: item[name] for name in _KEPT if item.get(name)}
        if kind == "llm":
            kept |= {f"{name}.beside": rest for name in ("input", "output") if (rest := beside(item[name]))}
        tags = item["tags"]
        made |= {
            "tags": tags if is_array(tags) and tags else None,
            "metadata": dumps(metadata) if metadata else None,
            "raw": dumps(kept) if kept else None,
        }
        sheet.span(finish({name: value for name, value in made.items() if value is not None}))
        _scores(item, made, sheet)


def _task(item: Row) -> str | None:
    """The record of a dataset that an experiment tried."""
    origin = fields(opened(item.get("origin")))
    return text(item.get("dataset_record_id")) or (
        text(origin.get("id")) if origin.get("object_type") == "dataset" else None
    )


def _times(made: Row, item: Row) -> None:
    metrics = fields(item["metrics"])
    made["start"] = moment(metrics.get("start")) or moment(item.get("created"))
    made["end"] = moment(metrics.get("end"))
    error = item["error"]
    if error:
        told = fields(error)
        kind, message, trace = raised(error) if type(error) is str else (None, text(error), None)
        made["status"], made["error_message"] = "error", text(told.get("message")) or message
        made["error_type"] = text(told.get("name")) or text(told.get("type")) or kind
        item["traceback"] = trace
    else:
        done = item["output"] is not None or "start" not in metrics
        made["status"] = "running" if made["end"] is None and not done else "unset"


def _scores(item: Row, made: Row, sheet: Sheet) -> None:
    """Scores and comments: of a root, and of a span that scores, about the trace; any other's about its span."""
    whole_trace = made.get("parent_id") is None or made["kind"] == "evaluator"
    target = span_target(made["trace_id"], None if whole_trace else made["span_id"])
    for name, value in fields(item["scores"]).items():
        if value is None:
            continue
        told = value if is_object(value) else {"score": value}
        sheet.score(
            score(
                sheet.options, target, str(name), number=told.get("score"), comment=told.get("reason"),
                at=made.get("end") or made.get("start"), score_id=content_id("braintrust", *target, name, told),
            )
        )  # fmt: skip
    for told in map(fields, items(opened(item.get("comments")))):
        said = fields(told.get("comment")).get("text") or told.get("text")
        if said:
            sheet.score(
                score(
                    sheet.options, target, "comment", comment=said, by="human", at=moment(told.get("created")),
                    author=fields(told.get("user")).get("email") or fields(told.get("metadata")).get("user_id"),
                    score_id=text(told.get("id")),
                )
            )  # fmt: skip
