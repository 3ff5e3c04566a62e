"""Phoenix: spans as dataframe, REST or UI export, whole traces of its command line, and annotations of any target."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from workbench.load._json import JsonReader, guarded
from workbench.load._otel_python import write_python_span
from workbench.load._payload import literal
from workbench.load._scores import Target, score, span_target
from workbench.load._sheet import Sheet
from workbench.load._spans import NOWHERE
from workbench.load._values import dumps, fields, hex_id, is_array, is_object, items, moment, parsed, text

__all__ = ["Phoenix"]

Row = dict[str, Any]

_ATTRIBUTES: Final = "attributes."
_TREES: Final = frozenset({
    "llm", "retrieval", "reranker", "embedding", "annotations", "evaluations", "trace", "session", "tool", "input",
    "output", "openinference", "user", "tag", "exception", "agent", "graph", "gen_ai", "prompt",
})  # fmt: skip
_STRUCTURED: Final = frozenset({  # structure in a dataframe, which CSV makes text of
    "llm.input_messages", "llm.output_messages", "retrieval.documents", "reranker.output_documents", "annotations",
    "metadata", "tag.tags",
})  # fmt: skip
_TARGETS: Final = ("span_id", "trace_id", "session_id", "context.span_id", "context.trace_id")
_LISTS: Final = ("data", "spans")


class Phoenix(JsonReader):
    """Reads spans and annotations of Phoenix."""

    name = "phoenix"
    keys = frozenset({"context", "context.span_id", "span_kind", "status_code", "annotator_kind"})

    def knows(self, value: Any) -> bool:
        """Whether the value is a span, an annotation, a trace, or a list or a page of these."""
        if is_array(value):
            return bool(value) and is_object(value[0]) and self.knows(value[0])
        if not is_object(value):
            return False
        if _is_span(value) or _is_annotation(value):
            return True
        return any(is_array(value.get(name)) and self.knows(value[name]) for name in _LISTS)

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read one span or annotation, or all of a list, a page or a trace."""
        if is_array(value):
            for number, item in enumerate(value, 1):
                if is_object(item) and not (_is_span(item) or _is_annotation(item)) and self.knows(item):
                    self.take(item, number, sheet)
                else:
                    guarded(sheet, number, item, _record)
        elif _is_span(value) or _is_annotation(value):
            guarded(sheet, record, value, _record)
        else:
            for name in _LISTS:
                if is_array(value.get(name)):
                    self.take(value[name], record, sheet)
            about: Target = ("trace", hex_id(value.get("traceId"), 16))
            for told in (*items(value.get("annotations")), *items(value.get("notes"))):
                guarded(sheet, record, told, partial(_annotation, about=about))


def _is_span(value: Row) -> bool:
    if "context.span_id" in value:
        return "span_kind" in value or "start_time" in value
    return is_object(value.get("context")) and "span_kind" in value


def _is_annotation(value: Row) -> bool:
    named = "name" in value or "annotation_name" in value
    told = "annotator_kind" in value or is_object(value.get("result"))
    return named and told and any(name in value for name in _TARGETS)


def _record(value: Row, sheet: Sheet) -> None:
    if not _is_span(value):
        if _is_annotation(value):
            _annotation(value, sheet)
        else:
            sheet.refuse(
                "no record of its file's format (phoenix)", f"keys: {', '.join(list(value)[:8])}", dumps(value)
            )
        return
    context = fields(value.get("context")) or {
        name: value.get(f"context.{name}") for name in ("trace_id", "span_id")
    }  # fmt: skip
    attributes: Row = {}
    for name, inner in fields(value.get("attributes")).items():
        _flatten(name, inner, attributes)
    for name, inner in value.items():
        if name.startswith(_ATTRIBUTES):
            _flatten(name.removeprefix(_ATTRIBUTES), inner, attributes)
    kind = text(value.get("span_kind"))
    if kind and not (kind == "UNKNOWN" and "openinference.span.kind" in attributes):
        attributes["openinference.span.kind"] = kind
    events = [{**event, "attributes": _flat(event.get("attributes"))} for event in items(literal(value.get("events"))) if is_object(event)]  # fmt: skip
    span = {**value, "events": events}
    message = value.get("status_message")
    if not write_python_span(
        sheet, span, context, attributes, about=NOWHERE, code=value.get("status_code"), message=message
    ):
        return
    own = span_target(hex_id(context["trace_id"], 16), hex_id(context["span_id"], 8))
    for told in (*items(value.get("annotations")), *items(value.get("notes"))):
        if is_object(told):
            _annotation(told, sheet, about=own)


def _flat(attributes: Any) -> Row:
    found: Row = {}
    for name, inner in fields(attributes).items():
        _flatten(name, inner, found)
    return found


def _flatten(name: str, value: Any, into: Row) -> None:
    """Dotted names, as the spans had them when they were sent; nothing where only another row has a value."""
    if value is None:
        return
    if name in _STRUCTURED:
        value = literal(value)
    nested = (is_object(value) or (is_array(value) and bool(value) and is_object(value[0]))) and name.split(".", 1)[
        0
    ] in _TREES
    if nested and is_object(value):
        for key, inner in value.items():
            _flatten(f"{name}.{key}", inner, into)
    elif nested:
        for place, inner in enumerate(value):
            _flatten(f"{name}.{place}", inner, into)
    else:
        into[name] = value


def _annotation(value: Row, sheet: Sheet, about: Target = (None, None)) -> None:
    """Feedback of REST, of a dataframe (`result.score`), or of the command line; a note is an annotation named so."""
    result = fields(parsed(value.get("result")))
    told = {name: result.get(name, value.get(f"result.{name}")) for name in ("score", "label", "explanation")}
    if told["explanation"] is None:
        told["explanation"] = value.get("explanation") or value.get("note")
    name = value.get("name") or value.get("annotation_name") or ("note" if told["explanation"] else None)
    if not name:
        sheet.refuse("an annotation without a name", f"id {value.get('id')!r}", dumps(value))
        return
    trace_id = hex_id(value.get("trace_id", value.get("context.trace_id")), 16)
    span_id = hex_id(value.get("span_id", value.get("context.span_id")), 8)
    target: Target = span_target(trace_id, span_id, text(value.get("session_id")))
    key = None
    if target[0] is None or (span_id and not trace_id):
        target, key = (about, None) if about[1] else ((None, None), span_id)
    if target[1] is None and key is None:
        sheet.refuse("an annotation of nothing", "span_id, trace_id and session_id are missing", dumps(value))
        return
    number = text(value.get("id"))
    sheet.score(
        score(
            sheet.options,
            target,
            str(name),
            number=told["score"],
            label=told["label"],
            comment=told["explanation"],
            author=value.get("user_id") or value.get("identifier"),
            by=value.get("annotator_kind"),
            at=moment(value.get("updated_at")) or moment(value.get("created_at")),
            join_key=key,
            score_id=f"{number}@{target[1] or key}" if number else None,
        )
    )
