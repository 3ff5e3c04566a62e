"""Attributes of MLflow's spans, each JSON text, by the names that others have for them."""

from __future__ import annotations

from typing import Any, Final

from workbench.load._calls import answered, asked, only
from workbench.load._messages import beside
from workbench.load._parts import said
from workbench.load._payload import literal
from workbench.load._values import fields, is_object, loads, text

__all__ = ["MODELS", "SPAN_TYPE", "mlflow_attributes", "opened", "priced"]

Row = dict[str, Any]

SPAN_TYPE: Final = "mlflow.spanType"
_OWN: Final = "mlflow."
MODELS: Final = frozenset({"LLM", "CHAT_MODEL", "EMBEDDING"})
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
    SPAN_TYPE: "openinference.span.kind",
}
_PAYLOADS: Final = ("mlflow.spanInputs", "mlflow.spanOutputs", "mlflow.chat.tokenUsage", "mlflow.llm.cost")
_DROPPED: Final = frozenset({*_PAYLOADS, "mlflow.traceRequestId", "mlflow.experimentId"})


def opened(value: Any) -> Any:
    """What JSON text says; text that is none is itself."""
    if type(value) is not str or not value:
        return value
    try:
        return loads(value.encode())
    except ValueError:
        return value


def priced(tokens: Any, costs: Any) -> Row:
    """Token counts and costs by the names that others have for them."""
    made = {ours: fields(tokens).get(name) for name, ours in _TOKENS.items()}
    made |= {ours: fields(costs).get(name) for name, ours in _COSTS.items()}
    return {name: value for name, value in made.items() if value is not None}


def mlflow_attributes(told: Row) -> Row:
    """MLflow's attributes by the names that others have for them; what others ingested keeps its own.

    >>> mlflow_attributes({"mlflow.spanType": "TOOL", "mlflow.spanInputs": {"at": "Oslo"}})
    {'openinference.span.kind': 'TOOL', 'input.value': '{"at":"Oslo"}'}
    """
    kind = str(told.get(SPAN_TYPE, "")).upper()
    made: Row = {name: inner for name, inner in told.items() if name not in _DROPPED and name not in _SAID}
    made = {name: inner if not name.startswith(_OWN) else text(inner) for name, inner in made.items()}
    for name, ours in _SAID.items():
        if told.get(name) is not None:
            made.setdefault(ours, told[name])
    given, taken = told.get("mlflow.spanInputs"), told.get("mlflow.spanOutputs")
    if kind in MODELS:
        made |= priced(told.get("mlflow.chat.tokenUsage"), told.get("mlflow.llm.cost"))
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
