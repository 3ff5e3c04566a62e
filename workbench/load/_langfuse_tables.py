"""Tables of Langfuse: traces, observations and scores, as its pages and its blob storage export them.

Pages write camelCase, blob storage snake_case with JSON as text and times without a zone; both are read alike, from
CSV, JSON, JSON lines, Parquet and the client's rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from workbench.load._json import guarded
from workbench.load._langfuse import KINDS, Trace
from workbench.load._payload import literal, opened
from workbench.load._row_reader import RowReader
from workbench.load._scores import SUMMARY, Target, score, span_target
from workbench.load._sheet import Sheet
from workbench.load._transcript import content_id
from workbench.load._values import boolean, dumps, fields, is_array, is_object, items, moment, real, text

__all__ = ["LangfuseTables"]

Row = dict[str, Any]
_SNAKE: Final = re.compile(r"_([a-z0-9])")
_SCORE_TYPES: Final = frozenset({"NUMERIC", "CATEGORICAL", "BOOLEAN", "CORRECTION", "TEXT"})
_OPENED: Final = ("usageDetails", "costDetails", "modelParameters", "toolDefinitions", "toolCalls", "toolCallNames")
# What the tables hold beside the columns of scores, which are named as the scores are.
_TRACE: Final = frozenset({
    "id", "timestamp", "name", "userId", "sessionId", "release", "version", "environment", "tags", "bookmarked", "public",
    "input", "output", "metadata", "comments", "projectId", "latency", "latencyMs", "totalCost", "usage", "level", "htmlPath",
    "createdAt", "updatedAt", "externalId", "observations", "scores", "isDeleted", "eventTs", "observationCount", "errorCount",
    "warningCount", "defaultCount", "debugCount", "inputTokens", "outputTokens", "totalTokens", "inputCost", "outputCost",
})  # fmt: skip
_OBSERVATION: Final = _TRACE | {
    "traceId", "traceName", "type", "startTime", "endTime", "completionStartTime", "statusMessage", "promptName", "promptId",
    "promptVersion", "modelId", "internalModelId", "providedModelName", "model", "modelParameters", "usageDetails", "costDetails",
    "timeToFirstToken", "timeToFirstTokenMs", "parentObservationId", "toolCalls", "toolCallNames", "toolDefinitions",
    "usagePricingTierName", "usagePricingTierId", "inputUsage", "outputUsage", "totalUsage", "unit", "isRootObservation",
    "traceTags", "traceTimestamp", "promptTokens", "completionTokens", "calculatedInputCost", "calculatedOutputCost",
    "calculatedTotalCost", "providedUsageDetails", "providedCostDetails", "traceUserId", "traceSessionId", "traceRelease",
    "traceVersion", "isAppRoot", "inputPrice", "outputPrice", "totalPrice", "userApiKeys", "experimentId",
}  # fmt: skip
_AGREED: Final = {"True": True, "true": True, "False": False, "false": False}


class LangfuseTables(RowReader):
    """Reads traces, observations and scores of Langfuse as tables."""

    name = "langfuse-tables"
    keys = frozenset(
        {"traceId", "parentObservationId", "startTime", "dataType", "bookmarked", "trace_id", "parent_observation_id"}
    )
    pages = ("data", "traces")

    def is_row(self, row: Row) -> bool:
        """Whether this is a row of one of the tables."""
        held = row.get("observations")
        if is_array(held) and not (held and type(held[0]) is str):
            return False
        return _table(row) is not None

    def knows(self, value: Any) -> bool:
        """Whether the value is a row, holds rows, or is a session as its page downloads it."""
        return _is_session(value) or super().knows(value)

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read a row, all that a value holds, or what a session says of its traces."""
        if not _is_session(value):
            super().take(value, record, sheet)
            return
        session = text(value["id"])
        told: list[tuple[Any, Callable[[Row, Sheet], None]]] = [(trace, self._of_session) for trace in value["traces"]]
        told += [(item, _score) for item in items(value.get("scores"))]
        told.append((value, partial(_comments, ("session", session))))
        for number, (item, write) in enumerate(told, 1):
            guarded(sheet, number, {**item, "sessionId": session} if is_object(item) else item, write)

    def _of_session(self, trace: Row, sheet: Sheet) -> None:
        own = {name: inner for name, inner in trace.items() if name in _TRACE}
        self._trace(own, sheet)
        for told in map(fields, items(trace.get("scores"))):
            _score({"traceId": trace.get("id"), **told, "sessionId": None}, sheet)

    def write(self, row: Row, sheet: Sheet) -> None:
        """Write a span, or a score."""
        item = {_camel(name): value for name, value in row.items()}
        match _table(row):
            case "observation":
                self._observation(item, sheet)
            case "score":
                _score(item, sheet)
            case _:
                self._trace(item, sheet)

    def _observation(self, item: Row, sheet: Sheet) -> None:
        item |= {name: literal(item.get(name)) for name in _OPENED}
        item["tags"] = _tags(item.get("tags") or item.get("traceTags"))
        if not item.get("model"):
            item["model"] = item.get("providedModelName")
        for name in ("userId", "sessionId", "release", "version"):
            above = item.get(f"trace{name[0].upper()}{name[1:]}")
            item[name] = item.get(name) or above
        item["version"] = item.get("release") or item.get("version")
        if not item.get("costDetails") and item.get("totalCost"):
            item["costDetails"] = {"total": item["totalCost"]}
        Trace({"observations": [], "trace": {}}, sheet).observation(item, sheet)
        target = span_target(text(item.get("traceId")), text(item.get("id")))
        _beside(item, _OBSERVATION, target, moment(item.get("endTime")) or moment(item.get("startTime")), sheet)

    def _trace(self, item: Row, sheet: Sheet) -> None:
        if not item.get("id"):
            sheet.refuse("a trace without an id", f"keys: {', '.join(list(item)[:8])}", dumps(item))
            return
        item["tags"] = _tags(item.get("tags"))
        seconds, milliseconds = real(item.get("latency")), real(item.get("latencyMs"))
        item["latency"] = milliseconds / 1e3 if milliseconds is not None else seconds
        Trace({"observations": [], "trace": item}, sheet).whole(item, sheet)
        _beside(item, _TRACE, ("trace", text(item["id"])), moment(item.get("timestamp")), sheet)


def _is_session(value: Any) -> bool:
    """Whether this is a session that lists its traces, without what was observed in them."""
    if not is_object(value) or "id" not in value or "observations" in value:
        return False
    traces = value.get("traces")
    told = not {"users", "comments", "scores", "createdAt"}.isdisjoint(value)
    return told and is_array(traces) and all(is_object(one) and {"id", "timestamp"} <= one.keys() for one in traces)


def _camel(name: str) -> str:
    return _SNAKE.sub(lambda found: found.group(1).upper(), name) if "_" in name and name.islower() else name


def _table(row: Row) -> str | None:
    """Which table the row is of."""
    names = row.keys()
    traced = "traceId" in names or "trace_id" in names
    if "dataType" in names or "data_type" in names:
        typed = str(row.get("dataType") or row.get("data_type")) in _SCORE_TYPES
        return "score" if typed and "name" in names and "source" in names else None
    started = "startTime" in names or "start_time" in names
    if (
        traced
        and started
        and ("parentObservationId" in names or "parent_observation_id" in names or row.get("type") in KINDS)
    ):
        return "observation" if "id" in names and "type" in names else None
    if "bookmarked" in names or ("timestamp" in names and not {"sessionId", "session_id"}.isdisjoint(names)):
        return "trace" if {"id", "timestamp", "name", "tags"} <= names and not traced else None
    return None


def _tags(value: Any) -> list[Any] | None:
    found = literal(value)
    return found if is_array(found) and found else None


def _score(item: Row, sheet: Sheet) -> None:
    name = text(item.get("name"))
    if not name:
        sheet.refuse("a score without a name", f"id {item.get('id')!r}", dumps(item))
        return
    session, trace_id = text(item.get("sessionId")), text(item.get("traceId"))
    target: Target = (
        ("session", session) if session and not trace_id else span_target(trace_id, text(item.get("observationId")))
    )
    kind, number = str(item.get("dataType")), item.get("value")
    words = text(item.get("stringValue"))
    agreed = _AGREED.get(words or "") if kind == "BOOLEAN" else None
    sheet.score(
        score(
            sheet.options, target, name,
            number=number if kind in ("NUMERIC", "BOOLEAN") else None,
            label=None if agreed is not None else words or (None if kind in ("NUMERIC", "BOOLEAN") else text(number)),
            comment=item.get("comment"), author=item.get("authorUserName") or item.get("authorUserId"), by=item.get("source"),
            at=moment(item.get("timestamp")) or moment(item.get("createdAt")), score_id=text(item.get("id")),
        )
    )  # fmt: skip


def _beside(item: Row, known: frozenset[str], target: Target, at: int | None, sheet: Sheet) -> None:
    """Scores in columns named after them, and comments."""
    for name, cell in item.items():
        if name in known or cell is None:
            continue
        values = opened(cell)
        if is_object(values):
            continue
        for number, value in enumerate(values if is_array(values) else [values]):
            truth = boolean(value) if isinstance(value, bool) or str(value) in _AGREED else None
            count = real(value) if truth is None else truth
            sheet.score(
                score(
                    sheet.options, target, name, number=count, label=None if count is not None else value, at=at,
                    score_id=SUMMARY + content_id("langfuse", *target, name, number),
                )
            )  # fmt: skip
    _comments(target, item, sheet)


def _comments(target: Target, item: Row, sheet: Sheet) -> None:
    comments = opened(item.get("comments"))
    for told in map(fields, comments if is_array(comments) else []):
        if told.get("content"):
            sheet.score(
                score(
                    sheet.options, target, "comment", comment=told["content"], by="human",
                    author=told.get("author_email") or told.get("authorUserId"),
                    at=moment(told.get("created_at")) or moment(told.get("createdAt")), score_id=text(told.get("id")),
                )
            )  # fmt: skip
