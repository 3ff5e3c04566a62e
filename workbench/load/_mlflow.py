"""MLflow: traces as JSON of any 2.x or 3.x version, and the dataframe of `search_traces`, with their assessments.

Ids of spans are base64 there, and every attribute of a span is JSON text.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from workbench.load._calls import answered, asked, only
from workbench.load._json import JsonReader, guarded
from workbench.load._messages import beside
from workbench.load._parts import said
from workbench.load._payload import literal
from workbench.load._scores import Target, score, span_target
from workbench.load._sheet import Sheet
from workbench.load._spans import NOWHERE, Event, write_span
from workbench.load._values import dumps, fields, hex_id, is_array, is_object, items, loads, moment, parsed, real, text

__all__ = ["MLflow"]

Row = dict[str, Any]

_OWN: Final = "mlflow."
_MODELS: Final = frozenset({"LLM", "CHAT_MODEL", "EMBEDDING"})
_STATUS: Final = {"OK": "ok", "ERROR": "error", "STATUS_CODE_OK": "ok", "STATUS_CODE_ERROR": "error"}
_TOKENS: Final = {
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "total_tokens": "gen_ai.usage.total_tokens",
    "cache_read_input_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_creation_input_tokens": "gen_ai.usage.cache_creation.input_tokens",
}
_COSTS: Final = {"input_cost": "llm.cost.prompt", "output_cost": "llm.cost.completion", "total_cost": "llm.cost.total"}
_SAID: Final = {
    "mlflow.llm.model": "gen_ai.response.model",
    "mlflow.llm.provider": "gen_ai.provider.name",
    "mlflow.spanType": "openinference.span.kind",
}
_PAYLOADS: Final = ("mlflow.spanInputs", "mlflow.spanOutputs", "mlflow.chat.tokenUsage", "mlflow.llm.cost")
_DROPPED: Final = frozenset({*_PAYLOADS, "mlflow.traceRequestId", "mlflow.experimentId"})
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


def _opened(value: Any) -> Any:
    """What JSON text says; text that is none is itself."""
    if type(value) is not str or not value:
        return value
    try:
        return loads(value.encode())
    except ValueError:
        return value


class _Trace:
    """One trace: what it says of all its spans."""

    def __init__(self, value: Row, record: int, sheet: Sheet) -> None:
        self._sheet, self._record = sheet, record
        whole = _opened(value.get("trace")) if _is_row(value) else value
        if not (is_object(whole) and _is_trace(whole)):
            whole = {"info": value, "data": {"spans": _opened(value.get("spans"))}}
        self._value = whole
        self._info: Row = fields(whole.get("info"))
        self._spans = items(_opened(fields(whole.get("data")).get("spans")))
        self._about = {
            **fields(_opened(self._info.get("request_metadata"))),
            **fields(_opened(self._info.get("trace_metadata"))),
        }
        self._tags = fields(_opened(self._info.get("tags")))
        named = str(self._info.get("trace_id") or self._info.get("request_id") or "").rsplit("/", 1)[-1]
        known = [_ids(span)[0] for span in self._spans if is_object(span)]
        self.trace_id = next((one for one in known if one), None) or hex_id(named.removeprefix("tr-"), 16)
        self._used = any(_is_priced(span) for span in self._spans)

    def write(self) -> None:
        for span in self._spans:
            guarded(self._sheet, self._record, span, self._span)
        if not self._spans:
            guarded(self._sheet, self._record, self._value, self._alone)
        for told in items(_opened(self._info.get("assessments"))):
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
        told = {name: _opened(inner) for name, inner in fields(_opened(span.get("attributes"))).items()}
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
            {**_attributes(told), **self._around()},
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
            told |= _priced(
                _opened(self._about.get("mlflow.trace.tokenUsage")), _opened(self._about.get("mlflow.trace.cost"))
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
            told[name] = _opened(info.get(ours) if info.get(ours) is not None else info.get(column))
        self._root(told)
        row: Row = {
            "trace_id": self.trace_id,
            "span_id": self.trace_id,
            "name": text(self._tags.get("mlflow.traceName")) or "trace",
            "start": start,
            "end": start + int(lasted * 1e6) if start is not None and lasted is not None else None,
        }
        state = str(info.get("state") or info.get("status")).rpartition(".")[2]
        write_span(sheet, row, {**_attributes(told), **self._around()}, NOWHERE, status=_STATUS.get(state, "unset"))
        sheet.note("traces that were exported without their spans, read from their previews")


def _is_priced(span: Any) -> bool:
    told = fields(_opened(fields(span).get("attributes")))
    return "mlflow.chat.tokenUsage" in told and str(_opened(told.get("mlflow.spanType"))).upper() in _MODELS


def _ids(span: Row) -> tuple[str | None, str | None, str | None]:
    context = fields(span.get("context"))
    given = (
        context.get("trace_id") or span.get("trace_id"), context.get("span_id") or span.get("span_id"),
        span.get("parent_span_id") or span.get("parent_id"),
    )  # fmt: skip
    plain = [value.removeprefix("tr-").removeprefix("0x") if type(value) is str else value for value in given]
    return hex_id(plain[0], 16), hex_id(plain[1], 8), hex_id(plain[2], 8)


def _priced(tokens: Any, costs: Any) -> Row:
    made = {ours: fields(tokens).get(name) for name, ours in _TOKENS.items()}
    made |= {ours: fields(costs).get(name) for name, ours in _COSTS.items()}
    return {name: value for name, value in made.items() if value is not None}


def _attributes(told: Row) -> Row:
    """MLflow's attributes by the names that others have for them; what others ingested keeps its own."""
    kind = str(told.get("mlflow.spanType", "")).upper()
    made: Row = {name: inner for name, inner in told.items() if name not in _DROPPED and name not in _SAID}
    made = {name: inner if not name.startswith(_OWN) else text(inner) for name, inner in made.items()}
    for name, ours in _SAID.items():
        if told.get(name) is not None:
            made.setdefault(ours, told[name])
    given, taken = told.get("mlflow.spanInputs"), told.get("mlflow.spanOutputs")
    if kind in _MODELS:
        made |= _priced(told.get("mlflow.chat.tokenUsage"), told.get("mlflow.llm.cost"))
    if kind in ("LLM", "CHAT_MODEL"):
        _model(made, given, taken)
        return made
    if kind == "TOOL":
        given, taken = literal(given), _tool(made, taken)
    elif kind == "RETRIEVER":
        given = only(given, "query", "input")
        made.setdefault("gen_ai.retrieval.documents", taken)
    for name, inner in (("input.value", given), ("output.value", taken)):
        if inner is not None:
            made[name] = text(inner)
    return made


def _model(made: Row, given: Any, taken: Any) -> None:
    found, answer = asked(given), answered(taken)
    for name, general, told, value in (
        ("gen_ai.input.messages", "input", found, given), ("gen_ai.output.messages", "output", answer, taken)
    ):  # fmt: skip
        if told:
            made.setdefault(name, told)
            rest = {key: inner for key, inner in beside(value).items() if key != "input"}
            if rest:
                made[f"{general}.beside"] = rest
        elif value is not None:
            made[f"{general}.value"] = text(value)
    for name, value in (("gen_ai.response.model", taken), ("gen_ai.request.model", given)):
        model = fields(value).get("model")
        if isinstance(model, str):
            made.setdefault(name, model)


def _tool(made: Row, taken: Any) -> Any:
    """A tool's result; of a message that carries it, its content."""
    inner = fields(taken).get("kwargs")
    message = inner if is_object(inner) else taken
    if (
        not is_object(message)
        or "content" not in message
        or not (message.get("type") == "tool" or "tool_call_id" in message)
    ):
        return taken
    if message.get("tool_call_id"):
        made.setdefault("gen_ai.tool.call.id", message["tool_call_id"])
    if message.get("name"):
        made.setdefault("gen_ai.tool.name", message["name"])
    return said(message["content"])


def _assessment(told: Row, sheet: Sheet, *, trace_id: str | None) -> None:
    """Feedback, an expectation or an issue, by a person, a model or code."""
    name = text(told.get("assessment_name") or told.get("name"))
    feedback, expected, issue = (_opened(told.get(kind)) for kind in ("feedback", "expectation", "issue"))
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
        value = _opened(kept) if value is None else value
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
