"""What OpenTelemetry writes beside the spans: messages and evaluation results, as span events and as log records."""

from __future__ import annotations

from typing import Any, Final

from workbench.load._messages import messages, output_messages
from workbench.load._scores import Target, score, span_target
from workbench.load._sheet import LoadOptions
from workbench.load._values import is_array, is_object, parsed

__all__ = ["DETAILS", "EVALUATION", "evaluation", "event_messages"]

Row = dict[str, Any]

DETAILS: Final = "gen_ai.client.inference.operation.details"  # carries the span's own message attributes
EVALUATION: Final = "gen_ai.evaluation.result"

_GIVEN: Final = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}


def event_messages(name: str, attributes: Row, body: Any = None) -> tuple[list[Row], list[Row]] | None:
    """The messages that went in and came out, of an event of the older conventions; null where it is another event."""
    role = _GIVEN.get(name)
    if role is not None:
        return messages([{"role": role, **_payload(attributes, body)}]) or [], []
    if name == "gen_ai.choice":
        return [], output_messages([{"role": "assistant", **_choice(_payload(attributes, body))}]) or []
    if name == "gen_ai.content.prompt":
        return messages(attributes.get("gen_ai.prompt")) or [], []
    if name == "gen_ai.content.completion":
        return [], output_messages(attributes.get("gen_ai.completion")) or []
    return None


def _payload(attributes: Row, body: Any) -> Row:
    value = parsed(body if body is not None else attributes.get("gen_ai.event.content"))
    if not is_object(value):
        value = {key: parsed(item) for key, item in attributes.items() if "." not in key} | (
            {} if value is None else {"content": value}
        )
    return value


def _choice(payload: Row) -> Row:
    message = parsed(payload.get("message"))
    if is_object(message):
        return {**message, "tool_calls": message.get("tool_calls") or payload.get("tool_calls")}
    if isinstance(message, str):
        return {"content": message, "tool_calls": payload.get("tool_calls")}
    if is_array(message):
        return {"content": message}
    return payload


def evaluation(
    options: LoadOptions, attributes: Row, trace_id: str | None, span_id: str | None, at: int | None
) -> Row | None:
    """The score of a `gen_ai.evaluation.result`; null where it has no name."""
    name = attributes.get("gen_ai.evaluation.name")
    if not name:
        return None
    session = attributes.get("session.id") or attributes.get("gen_ai.conversation.id")
    target: Target = span_target(trace_id, span_id, None if session is None else str(session))
    by = (
        attributes.get("gen_ai.evaluation.annotator_kind")
        or attributes.get("annotator_kind")
        or attributes.get("gen_ai.evaluation.source")
        or ("model" if "gen_ai.request.model" in attributes else None)
    )
    response = attributes.get("gen_ai.response.id")
    return score(
        options,
        target,
        str(name),
        number=attributes.get("gen_ai.evaluation.score.value"),
        label=attributes.get("gen_ai.evaluation.score.label"),
        comment=attributes.get("gen_ai.evaluation.explanation"),
        author=attributes.get("user.id") or attributes.get("enduser.id") or attributes.get("gen_ai.evaluation.author"),
        by=by,
        at=at,
        join_key=None if response is None else str(response),
    )
