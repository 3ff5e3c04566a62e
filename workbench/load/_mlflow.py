"""MLflow: traces as JSON of any 2.x or 3.x version, and the dataframe of `search_traces`, with their assessments.

Ids of spans are base64 there, and every attribute of a span is JSON text.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from workbench.load._json import JsonReader, guarded
from workbench.load._mlflow_attributes import MODELS, mlflow_attributes, opened, priced
from workbench.load._scores import Target, score, span_target
from workbench.load._sheet import Sheet
from workbench.load._spans import NOWHERE, Event, write_span
from workbench.load._values import dumps, fields, hex_id, is_array, is_object, items, moment, parsed, real, text

__all__ = ["MLflow"]

Row = dict[str, Any]

_STATUS: Final = {"OK": "ok", "ERROR": "error", "STATUS_CODE_OK": "ok", "STATUS_CODE_ERROR": "error"}
_JUDGES: Final = {"LLM_JUDGE": "model", "AI_JUDGE": "model", "HUMAN": "human", "CODE": "code"}


class MLflow(JsonReader):
    """Reads traces of MLflow."""

    name = "mlflow"
    keys = frozenset({"info", "data", "trace_metadata", "assessments", "execution_duration"})

    def knows(self, value: Any) -> bool:
        """Whether the value is a trace, a row of `search_traces`, or a list or a page of traces."""
        if is_array(value):
            return bool(value) and is_object(value[0]) and self.knows(value[0])
        if not is_object(value):
            return False
        return _is_trace(value) or _is_row(value) or (is_array(value.get("traces")) and self.knows(value["traces"]))

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read one trace, or all of a list or a page."""
        if is_object(value) and is_array(value.get("traces")) and not _is_trace(value) and not _is_row(value):
            value = value["traces"]
        for number, item in enumerate(value, 1) if is_array(value) else [(record, value)]:
            if is_object(item) and (_is_trace(item) or _is_row(item)):
                _Trace(item, number, sheet).write()
            else:
                guarded(sheet, number, item, _refuse)


def _refuse(item: Row, sheet: Sheet) -> None:
    sheet.refuse("no record of its file's format (mlflow)", f"keys: {', '.join(list(item)[:8])}", dumps(item))


def _is_trace(value: Row) -> bool:
    info, data = value.get("info"), value.get("data")
    return is_object(info) and ("trace_id" in info or "request_id" in info) and (data is None or is_object(data))


def _is_row(value: Row) -> bool:
    return "trace_metadata" in value and ("trace" in value or "spans" in value or "request_time" in value)


class _Trace:
    """One trace: what it says of all its spans."""

    def __init__(self, value: Row, record: int, sheet: Sheet) -> None:
        self._sheet, self._record = sheet, record
        whole = opened(value.get("trace")) if _is_row(value) else value
        if not (is_object(whole) and _is_trace(whole)):
            whole = {"info": value, "data": {"spans": opened(value.get("spans"))}}
        self._value = whole
        self._info: Row = fields(whole.get("info"))
        self._spans = items(opened(fields(whole.get("data")).get("spans")))
        self._about = {
            **fields(opened(self._info.get("request_metadata"))),
            **fields(opened(self._info.get("trace_metadata"))),
        }
        self._tags = fields(opened(self._info.get("tags")))
        named = str(self._info.get("trace_id") or self._info.get("request_id") or "").rsplit("/", 1)[-1]
        known = [_ids(span)[0] for span in self._spans if is_object(span)]
        self.trace_id = next((one for one in known if one), None) or hex_id(named.removeprefix("tr-"), 16)
        self._used = any(_ispriced(span) for span in self._spans)

    def write(self) -> None:
        for span in self._spans:
            guarded(self._sheet, self._record, span, self._span)
        if not self._spans:
            guarded(self._sheet, self._record, self._value, self._alone)
        for told in items(opened(self._info.get("assessments"))):
            guarded(self._sheet, self._record, told, partial(_assessment, trace_id=self.trace_id))

    def _around(self) -> Row:
        """What the trace says of all its spans, by the names that it has elsewhere."""
        about = self._about
        told = {
            "session.id": about.get("mlflow.trace.session"),
            "user.id": about.get("mlflow.trace.user"),
            "gen_ai.agent.version": about.get("mlflow.modelId") or about.get("mlflow.source.git.commit"),
        }
        return {name: value for name, value in told.items() if value is not None}

    def _metadata(self) -> Row:
        told = {**self._tags, **self._about}
        sizes = ("mlflow.traceInputs", "mlflow.traceOutputs", "mlflow.trace.sizeStats", "mlflow.trace.sizeBytes")
        return {name: inner for name, inner in told.items() if name not in sizes and inner is not None}

    def _span(self, span: Row, sheet: Sheet) -> None:
        trace_id, span_id, parent_id = _ids(span)
        trace_id = trace_id or self.trace_id
        if not trace_id or not span_id:
            sheet.refuse(
                "a span without an id",
                f"trace_id {span.get('trace_id')!r}, span_id {span.get('span_id')!r}",
                dumps(span),
            )
            return
        told = {name: opened(inner) for name, inner in fields(opened(span.get("attributes"))).items()}
        if parent_id is None:
            self._root(told)
        status = fields(span.get("status"))
        code = str(status.get("code") or status.get("status_code") or span.get("status_code"))
        events: list[Event] = [
            (
                str(event.get("name")),
                moment(event.get("time_unix_nano") or event.get("timestamp")),
                fields(parsed(event.get("attributes"))),
            )
            for event in items(span.get("events"))
            if is_object(event)
        ]
        row: Row = {
            "trace_id": trace_id,
            "span_id": span_id,
            "parent_id": parent_id,
            "name": text(span.get("name")),
            "start": moment(span.get("start_time_unix_nano") or span.get("start_time")),
            "end": moment(span.get("end_time_unix_nano") or span.get("end_time")),
        }
        write_span(
            sheet,
            row,
            {**mlflow_attributes(told), **self._around()},
            NOWHERE,
            status=_STATUS.get(code.rpartition(".")[2], "unset"),
            message=status.get("message") or status.get("description") or span.get("status_message"),
            events=events,
        )

    def _root(self, told: Row) -> None:
        """What is said of the whole trace, said of its root."""
        metadata = self._metadata()
        if metadata:
            told["metadata"] = metadata
        if "mlflow.trace.sourceScorer" in self._tags:
            told["mlflow.spanType"] = "EVALUATOR"  # a judge at work is no conversation
        if not self._used:
            told |= priced(
                opened(self._about.get("mlflow.trace.tokenUsage")), opened(self._about.get("mlflow.trace.cost"))
            )

    def _alone(self, _: Row, sheet: Sheet) -> None:
        """A trace that was exported without its spans: what is shown of it is all that there is."""
        info = self._info
        if not self.trace_id:
            sheet.refuse("a trace without an id", f"keys: {', '.join(list(info)[:8])}", dumps(info))
            return
        start = moment(info.get("request_time") or info.get("timestamp_ms"))
        lasted = real(
            info.get("execution_duration_ms") or info.get("execution_duration") or info.get("execution_time_ms")
        )
        told: Row = {"mlflow.spanType": "AGENT"}
        for name, ours, column in (
            ("mlflow.spanInputs", "request_preview", "request"), ("mlflow.spanOutputs", "response_preview", "response")
        ):  # fmt: skip
            told[name] = opened(info.get(ours) if info.get(ours) is not None else info.get(column))
        self._root(told)
        row: Row = {
            "trace_id": self.trace_id,
            "span_id": self.trace_id,
            "name": text(self._tags.get("mlflow.traceName")) or "trace",
            "start": start,
            "end": start + int(lasted * 1e6) if start is not None and lasted is not None else None,
        }
        state = str(info.get("state") or info.get("status")).rpartition(".")[2]
        write_span(
            sheet, row, {**mlflow_attributes(told), **self._around()}, NOWHERE, status=_STATUS.get(state, "unset")
        )
        sheet.note("traces that were exported without their spans, read from their previews")


def _ispriced(span: Any) -> bool:
    told = fields(opened(fields(span).get("attributes")))
    return "mlflow.chat.tokenUsage" in told and str(opened(told.get("mlflow.spanType"))).upper() in MODELS


def _ids(span: Row) -> tuple[str | None, str | None, str | None]:
    context = fields(span.get("context"))
    given = (
        context.get("trace_id") or span.get("trace_id"), context.get("span_id") or span.get("span_id"),
        span.get("parent_span_id") or span.get("parent_id"),
    )  # fmt: skip
    plain = [value.removeprefix("tr-").removeprefix("0x") if type(value) is str else value for value in given]
    return hex_id(plain[0], 16), hex_id(plain[1], 8), hex_id(plain[2], 8)


def _assessment(told: Row, sheet: Sheet, *, trace_id: str | None) -> None:
    """Feedback, an expectation or an issue, by a person, a model or code."""
    name = text(told.get("assessment_name") or told.get("name"))
    feedback, expected, issue = (opened(told.get(kind)) for kind in ("feedback", "expectation", "issue"))
    if told.get("valid") is False:
        sheet.refuse("feedback that was superseded where it was given", f"{name}", dumps(told))
        return
    failure = fields(fields(feedback).get("error"))
    if not name or trace_id is None or failure:
        what = "a grader that failed" if failure else "an assessment without a name or trace"
        sheet.refuse(what, f"{name}: {failure.get('error_message') or failure.get('error_code') or ''}", dumps(told))
        return
    value = fields(feedback).get("value") if is_object(feedback) else feedback
    if expected is not None:
        name = f"expectation.{name}"
        value = fields(expected).get("value")
        kept = fields(fields(expected).get("serialized_value")).get("value")
        value = opened(kept) if value is None else value
    elif issue is not None:
        name, value = text(fields(issue).get("issue_name")) or name, "issue"
    counted = isinstance(value, bool | int | float)
    source = fields(told.get("source"))
    kind = str(source.get("source_type")).upper()
    target: Target = span_target(trace_id, hex_id(told.get("span_id"), 8))
    sheet.score(
        score(
            sheet.options,
            target,
            name,
            number=value if counted else None,
            label=None if counted else value,
            comment=told.get("rationale"),
            author=source.get("source_id"),
            by=_JUDGES.get(kind, kind),
            at=moment(told.get("last_update_time") or told.get("create_time")),
            score_id=text(told.get("assessment_id")),
        )
    )
