"""A span of OpenTelemetry, by whichever carrier it came, becomes a row, and the scores that ride on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from workbench.load._attributes import attribute_columns, finish
from workbench.load._events import DETAILS, EVALUATION, evaluation, event_messages
from workbench.load._mlflow_attributes import SPAN_TYPE, mlflow_attributes, opened
from workbench.load._names import meaning
from workbench.load._scores import annotation_score, span_target
from workbench.load._sheet import Sheet
from workbench.load._values import dumps, is_array, text

__all__ = ["NOWHERE", "Around", "Event", "around", "inherit", "supplement_columns", "write_span"]

Row = dict[str, Any]
Event = tuple[str, int | None, Row]  # name, nanoseconds, attributes

_SHARED: Final = {"service.name": "agent_name", "service.version": "agent_version"}


@dataclass(frozen=True, slots=True)
class Around:
    """What a resource and an instrumentation scope say of all their spans."""

    attributes: Row  # names that mean something to a span
    columns: Row  # what stands in a column where the span says nothing
    kept: Row
    raw: str | None  # `kept` as JSON text
    plans: dict[tuple[str, ...], Any] = field(default_factory=dict[tuple[str, ...], Any])  # see `_plans`


NOWHERE: Final = Around({}, {}, {}, None)


def around(resource: Row, scope: Row) -> Around:
    """Sort what a resource says into what spans inherit and what is only kept."""
    attributes: Row = {}
    columns: Row = {}
    kept: Row = {}
    for name, value in resource.items():
        if name in _SHARED:
            columns[_SHARED[name]] = text(value)
        elif meaning(name).role == "column":
            attributes[name] = value
        else:
            kept[f"resource.{name}"] = value
    if scope.get("name"):
        kept["scope.name"] = scope["name"]
    return Around(attributes, columns, kept, dumps(kept) if kept else None)


def write_span(
    sheet: Sheet,
    row: Row,
    attributes: Row,
    about: Around,
    *,
    status: str,
    message: Any = None,
    events: list[Event] | None = None,
    links: list[Row] | None = None,
) -> None:
    """Write a span's row and its scores.

    `row` holds ids, name and times; `status` is ok, error or unset as the carrier says; `message` is the status's.
    """
    if SPAN_TYPE in attributes:
        attributes = mlflow_attributes({
            name: opened(inner) if name.startswith("mlflow.") else inner for name, inner in attributes.items()
        })  # fmt: skip
    given: list[Row] = []
    said: list[Row] = []
    kept, raw = about.kept, about.raw
    failure: Row = {}
    if events:
        attributes, given, said, others = _read_events(sheet, row, attributes, events, failure)
        if others:
            kept, raw = {**kept, "events": others}, None
    if links:
        kept, raw = {**kept, "links": links}, None
    columns, notes = attribute_columns(
        attributes,
        sheet.unknown,
        kept,
        inherited=about.attributes,
        raw=raw,
        histories=sheet.histories,
        trace=row["trace_id"],
    )
    told = columns.pop("status", None)
    row.update(columns)
    inherit(row, about)
    if given or said:
        _add_messages(row, given, said)
    error = status == "error" or told == "error" or (status == "unset" and "error_type" in row)
    if failure or error:
        row.setdefault("error_type", failure.get("type"))
        row["error_message"] = failure.get("message") or row.get("error_message") or message or None
    row["status"] = "error" if error else "running" if row["end"] is None else status
    if notes and _is_carrier(sheet, row, notes, links or []):
        return
    sheet.span(finish(row))


def inherit(row: Row, about: Around) -> None:
    """Fill the columns of which only the resource speaks."""
    for name, value in about.columns.items():
        if name not in row:
            row[name] = value


def _add_messages(row: Row, given: list[Row], said: list[Row]) -> None:
    """Messages that are told by events, where the attributes tell none."""
    for column, told in (("input_messages", given), ("output_messages", said)):
        if told and column not in row:
            row[column] = dumps(told)
    if row["kind"] == "other":
        row["kind"] = "llm"


def _read_events(
    sheet: Sheet, row: Row, attributes: Row, events: list[Event], failure: Row
) -> tuple[Row, list[Row], list[Row], list[Row]]:
    given: list[Row] = []
    said: list[Row] = []
    others: list[Row] = []
    for name, at, about in events:
        if name == "exception":
            failure.update({
                "type": text(about.get("exception.type")), "message": text(about.get("exception.message"))
            })  # fmt: skip
            if about.get("exception.stacktrace"):
                others.append({"name": name, "at": at, "exception.stacktrace": about["exception.stacktrace"]})
            continue
        if name == EVALUATION:
            made = evaluation(sheet.options, about, row["trace_id"], row["span_id"], at)
            if made is not None:
                sheet.score(made)
                continue
        if name == DETAILS:
            attributes = {**attributes, **about}
            continue
        found = event_messages(name, about)
        if found is None:
            others.append({"name": name, "at": at, **about})
        else:
            given.extend(found[0])
            said.extend(found[1])
    return attributes, given, said, others


def _is_carrier(sheet: Sheet, row: Row, notes: Row, links: list[Row]) -> bool:
    """Write the annotations as scores; whether the span was made only to carry them to what it links to."""
    own = span_target(row["trace_id"], row["span_id"])
    linked = span_target(links[0]["trace_id"], links[0]["span_id"]) if len(links) == 1 else None
    written = 0
    for scope, told in notes.items():
        if scope == "session_annotations":
            target = ("session", row.get("session_id") or row["trace_id"])
        elif scope == "trace_annotations":
            target = ("trace", str(links[0]["trace_id"]) if linked else row["trace_id"])
        else:
            target = linked or own
        for annotation in told if is_array(told) else [told]:
            made = annotation_score(
                sheet.options, target, annotation, at=row["end"] or row["start"], author=row.get("user_id")
            )
            if made is not None:
                sheet.score(made)
                written += 1
    carries = linked is not None or row["kind"] == "evaluator"
    speaks = any(row.get(name) for name in ("input_messages", "output_messages", "input", "output"))
    if carries:
        row["kind"] = "evaluator"
    return written > 0 and carries and not speaks


def supplement_columns(attributes: Row, given: list[Row], said: list[Row], kept: Row) -> Row:
    """The columns of what log records say of one span; `kept` is kept with what is not understood."""
    columns, _ = attribute_columns(attributes, Counter(), kept)
    _add_messages(columns, given, said)
    return finish(columns)
