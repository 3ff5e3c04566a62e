"""LangSmith: runs as REST, the SDK, bulk Parquet or the command line write them, and feedback.

What LangSmith calls a session is a project; the conversation is named in the metadata. Times without an offset are UTC.
"""

from __future__ import annotations

import re
from typing import Any, Final

from workbench.load._attributes import finish
from workbench.load._json import JsonReader, guarded
from workbench.load._langsmith_payload import fill_run, said_usage
from workbench.load._payload import literal, opened, session_of
from workbench.load._raised import raised
from workbench.load._scores import SUMMARY, Target, score, span_target
from workbench.load._sheet import Sheet
from workbench.load._values import dumps, fields, is_array, is_object, items, moment, parsed, real, text, whole

__all__ = ["LangSmith"]

Row = dict[str, Any]

_LISTS: Final = ("runs", "items", "data", "feedback", "feedbacks")
_KINDS: Final = {
    "llm": "llm", "tool": "tool", "retriever": "retrieval", "embedding": "embedding", "chain": "task", "prompt": "other",
    "parser": "task",
}  # fmt: skip
_PAYLOADS: Final = frozenset({"inputs", "outputs", "extra", "metadata", "custom_metadata", "child_runs"})
_READ: Final = frozenset({
    *_PAYLOADS, "id", "run_id", "trace_id", "name", "run_type", "start_time", "end_time", "error", "status", "parent_run_id",
    "parent_run_ids", "child_run_ids", "dotted_order", "tags", "feedback_stats", "prompt_tokens", "completion_tokens",
    "total_tokens", "prompt_cost", "completion_cost", "total_cost", "token_usage", "costs", "thread_id", "is_root",
    "reference_example_id", "duration_ms", "latency_seconds", "prompt_token_details", "completion_token_details", "events",
    "inputs_preview", "outputs_preview", "error_preview",
})  # fmt: skip
_KEPT: Final = frozenset({  # understood, but no column is made of it
    "session_id", "session_name", "project_id", "tenant_id", "trace_tier", "first_token_time", "in_dataset", "is_in_dataset",
    "manifest", "manifest_id", "manifest_s3_id", "serialized", "app_path", "share_url", "share_token", "last_queued_at",
    "reference_dataset_id", "price_model_id", "attachments", "inputs_s3_urls", "outputs_s3_urls", "s3_urls", "ls_user_id",
    "prompt_cost_details", "completion_cost_details", "execution_order", "child_execution_order", "parent_dotted_order",
    "dangerously_allow_filesystem", "query_metadata", "thread_evaluation_time", "direct_child_run_ids", "trace_min_start_time",
    "trace_max_start_time", "messages", "trace_first_received_at", "trace_upgrade", "ttl_seconds", "run_metadata",
})  # fmt: skip
_USUAL_EVENTS: Final = frozenset({"start", "end", "error", "new_token"})
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_DETAILS: Final = {
    "cache_read_tokens": "cache_read",
    "cache_write_tokens": "cache_creation",
    "reasoning_tokens": "reasoning",
}
_COSTS: Final = {"input_cost": ("prompt_cost", "prompt"), "output_cost": ("completion_cost", "completion"), "total_cost": ("total_cost", "total")}  # fmt: skip


class LangSmith(JsonReader):
    """Reads runs and feedback of LangSmith."""

    name = "langsmith"
    keys = frozenset({"run_type", "dotted_order", "trace_id", "parent_run_id", "run_id", "inputs", "outputs"})

    def knows(self, value: Any) -> bool:
        """Whether the value is a run, feedback, or a list or a page of these."""
        if is_array(value):
            return bool(value) and is_object(value[0]) and self.knows(value[0])
        if not is_object(value):
            return False
        if _is_run(value) or _is_feedback(value):
            return True
        return any(is_array(value.get(name)) and self.knows(value[name]) for name in _LISTS)

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read one run with the runs below it, one feedback, or all of a list or a page."""
        if is_array(value):
            for number, item in enumerate(value, 1):
                self._one(item, number, sheet)
        elif _is_run(value) or _is_feedback(value):
            self._one(value, record, sheet)
        else:
            for name in _LISTS:
                if is_array(value.get(name)) and self.knows(value[name]):
                    self.take(value[name], record, sheet)

    def _one(self, item: Any, record: int, sheet: Sheet) -> None:
        guarded(sheet, record, item, _record)
        if is_object(item):
            for below in items(item.get("child_runs")):
                self._one(below, record, sheet)


def _is_run(value: Row) -> bool:
    return "run_type" in value and ("trace_id" in value or "dotted_order" in value or "parent_run_id" in value)


def _is_feedback(value: Row) -> bool:
    told = "score" in value or "value" in value or "comment" in value
    return "key" in value and told and ("run_id" in value or "trace_id" in value or "feedback_source" in value)


def _record(value: Row, sheet: Sheet) -> None:
    if _is_run(value):
        _run(value, sheet)
    elif _is_feedback(value):
        _feedback(value, sheet)
    else:
        sheet.refuse("no record of its file's format (langsmith)", f"keys: {', '.join(list(value)[:8])}", dumps(value))


def _run(run: Row, sheet: Sheet) -> None:
    order = _order(run.get("dotted_order"))
    run_id = text(run.get("id") or run.get("run_id")) or (order[-1] if order else None)
    if not run_id:
        sheet.refuse("a run without an id", f"name {run.get('name')!r}", dumps(run))
        return
    above = [str(one) for one in items(parsed(run.get("parent_run_ids"))) if one]
    parent = text(run.get("parent_run_id")) or (order[-2] if len(order) > 1 else None) or (above[-1] if above else None)
    trace_id = text(run.get("trace_id")) or (order[0] if order else above[0] if above else None)
    if trace_id is None and parent is None:
        trace_id = run_id
    if trace_id is None:
        sheet.refuse(
            "a run without a trace", f"run {run_id} has a parent, but neither trace_id nor dotted_order", dumps(run)
        )
        return
    kind = _KINDS.get(str(run.get("run_type")).lower(), "other")
    extra = fields(literal(run.get("extra")))
    metadata = {**fields(extra.get("metadata")), **_metadata(run)}
    row: Row = {
        "trace_id": trace_id,
        "span_id": run_id,
        "parent_id": parent,
        "name": text(run.get("name")),
        "kind": "agent" if kind == "task" and parent is None else kind,
        **_around(run, metadata),
    }
    kept = _kept(run, extra, sheet)
    given, taken = (
        literal(run.get(name) if run.get(name) is not None else run.get(f"{name}_preview"))
        for name in ("inputs", "outputs")
    )
    fill_run(row, given, taken, kept, extra)
    _model(row, run, taken, extra, metadata)
    _times(row, run)
    _failure(row, run, kept)
    if kept:
        row["raw"] = dumps(kept)
    sheet.span(finish({name: inner for name, inner in row.items() if inner is not None}))
    _stats(run, run_id, trace_id, row.get("end"), sheet)


def _kept(run: Row, extra: Row, sheet: Sheet) -> Row:
    kept: Row = {name: inner for name, inner in run.items() if name not in _READ and inner not in (None, [], {}, "")}
    sheet.unknown.update(name for name in kept if name not in _KEPT)
    kept |= {name: inner for name, inner in extra.items() if name not in ("metadata", "runtime") and inner}
    events = [
        event for event in items(opened(run.get("events"))) if str(fields(event).get("name")) not in _USUAL_EVENTS
    ]
    return {**kept, "events": events} if events else kept


def _order(value: Any) -> list[str]:
    """The ids from the root to the run, of `<time>Z<id>.<time>Z<id>…`."""
    found = [_UUID.search(part) for part in value.split(".")] if isinstance(value, str) else []
    return [match.group() for match in found if match is not None]


def _metadata(run: Row) -> Row:
    return {**fields(opened(run.get("custom_metadata"))), **fields(opened(run.get("metadata")))}


def _around(run: Row, metadata: Row) -> Row:
    tags = literal(run.get("tags"))
    return {
        "session_id": session_of(metadata) or text(run.get("thread_id")),
        "task_id": text(run.get("reference_example_id")),
        "user_id": text(metadata.get("user_id") or metadata.get("userId")),
        "environment": text(metadata.get("environment") or metadata.get("LANGSMITH_ENVIRONMENT")),
        "agent_version": text(metadata.get("agent_version") or metadata.get("revision_id")),
        "agent_name": text(metadata.get("agent_name") or metadata.get("lc_agent_name")),
        "consent": metadata.get("consent"),
        "tags": [str(tag) for tag in tags] if is_array(tags) and tags else None,
        "metadata": dumps(metadata) if metadata else None,
    }


def _model(row: Row, run: Row, taken: Any, extra: Row, metadata: Row) -> None:
    """Model, tokens and cost of a model call; other runs repeat what the model calls below them used."""
    if row["kind"] not in ("llm", "embedding"):
        return
    asked = fields(extra.get("invocation_params"))
    said, used = said_usage(taken)
    row["model"] = text(
        metadata.get("ls_model_name")
        or said
        or asked.get("model")
        or asked.get("model_name")
        or asked.get("deployment_name")
    )
    row["provider"] = text(metadata.get("ls_provider"))
    row |= used
    told = fields(opened(run.get("token_usage")))
    for column, name in (
        ("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens"), ("total_tokens", "total_tokens")
    ):  # fmt: skip
        number = next((whole(held[key]) for held, key in ((run, name), (told, name), (told, column)) if held.get(key) is not None), None)  # fmt: skip
        if number:  # 0 is written where nothing was counted
            row[column] = number
    details = {**_details(run.get("prompt_token_details")), **_details(run.get("completion_token_details"))}
    for column, name in _DETAILS.items():
        if whole(details.get(name)) is not None:
            row[column] = whole(details[name])
    costs = fields(opened(run.get("costs")))
    for column, (name, short) in _COSTS.items():
        price = real(run.get(name)) or real(costs.get(name)) or real(costs.get(short)) or real(costs.get(column))
        if price:  # 0 is written where the price is not known
            row[column] = price


def _details(value: Any) -> Row:
    details = fields(opened(value))
    return fields(details.get("raw")) or details


def _times(row: Row, run: Row) -> None:
    row["start"], row["end"] = moment(run.get("start_time")), moment(run.get("end_time"))
    seconds = real(run.get("latency_seconds"))
    if seconds is None and real(run.get("duration_ms")) is not None:
        seconds = (real(run["duration_ms"]) or 0) / 1000
    if row["end"] is None and row["start"] is not None and seconds is not None:
        row["end"] = row["start"] + int(seconds * 1e9)


def _failure(row: Row, run: Row, kept: Row) -> None:
    status, error = str(run.get("status")).lower(), text(run.get("error") or run.get("error_preview"))
    if error or status == "error":
        row["error_type"], message, trace = raised(error or "")
        row["status"], row["error_message"] = "error", message or row.get("error_message")
        if trace:
            kept["traceback"] = trace
    elif row.get("status") != "error":
        running = status == "pending" or (row["end"] is None and run.get("outputs") in (None, "", {}))
        row["status"] = "running" if running else "ok" if status == "success" else "unset"


def _stats(run: Row, run_id: str, trace_id: str, at: int | None, sheet: Sheet) -> None:
    """Feedback that a run sums up: its mean, or the one value that everybody gave."""
    for name, told in fields(opened(run.get("feedback_stats"))).items():
        if not is_object(told) or not whole(told.get("n")):
            continue
        values = fields(told.get("values"))
        comments = [str(comment) for comment in items(told.get("comments")) if comment]
        sources = {_source(source) for source in items(told.get("sources"))}
        sheet.score(
            score(
                sheet.options,
                _target(trace_id, run_id),
                name,
                number=told.get("avg"),
                label=next(iter(values)) if len(values) == 1 else None,
                comment="\n".join(comments) or None,
                by=sources.pop() if len(sources) == 1 else None,
                at=at,
                score_id=f"{SUMMARY}{run_id}/{name}",
            )
        )


def _source(value: Any) -> str:
    told = parsed(value)
    return str(told.get("type")) if is_object(told) else str(told)


def _target(trace_id: str | None, run_id: str | None) -> Target:
    return span_target(trace_id, None if run_id == trace_id else run_id)


def _feedback(value: Row, sheet: Sheet) -> None:
    run_id, trace_id = text(value.get("run_id")), text(value.get("trace_id"))
    told = fields(opened(value.get("extra")))
    thread = text(value.get("thread_id") or told.get("thread_id"))
    target: Target = (
        _target(trace_id, run_id) if trace_id else ("session", thread) if thread and not run_id else (None, None)
    )
    name = text(value.get("key"))
    if not name or (target[1] is None and run_id is None):
        missing = "key" if not name else "run_id, trace_id and thread_id"
        sheet.refuse("feedback on nothing" if name else "feedback without a key", f"{missing} missing", dumps(value))
        return
    source = fields(opened(value.get("feedback_source")))
    about = fields(source.get("metadata"))
    by = str(source.get("type")).lower()
    if by == "evaluator":
        by = "model" if about.get("__run") else "code"
    common: Row = {
        "author": source.get("user_name") or source.get("user_id") or value.get("user_id"),
        "by": by,
        "at": moment(value.get("modified_at")) or moment(value.get("created_at")),
        "join_key": run_id if target[1] is None else None,
    }
    number, label = value.get("score"), opened(value.get("value"))
    known = text(value.get("id"))
    made = score(
        sheet.options, target, name, number=number, label=label, comment=value.get("comment"), score_id=known, **common
    )
    sheet.score(made)
    correction = opened(value.get("correction"))
    if correction:
        sheet.score(
            score(
                sheet.options, target, f"{name}.correction", label=correction, **common,
                score_id=f"{known}/correction" if known else None,
            )
        )  # fmt: skip
