"""Calls of W&B Weave, one object a call, as the client and the service write them; feedback rides on the calls."""

from __future__ import annotations

import re
from typing import Any, Final

from workbench.load._attributes import finish
from workbench.load._messages import beside, messages
from workbench.load._payload import fill, opened, usage
from workbench.load._row_reader import RowReader
from workbench.load._scores import score, span_target
from workbench.load._sheet import Sheet
from workbench.load._transcript import content_id
from workbench.load._values import dumps, fields, is_object, items, moment, real, text, unflatten

__all__ = ["Weave"]

Row = dict[str, Any]
_KINDS: Final = {
    "llm": "llm", "agent": "agent", "tool": "tool", "search": "retrieval", "retriever": "retrieval", "retrieval": "retrieval",
    "scorer": "evaluator", "embedding": "embedding", "reranker": "reranker", "guardrail": "guardrail", "workflow": "workflow",
}  # fmt: skip
_OPENED: Final = ("inputs", "output", "attributes", "summary")
_MODEL_CALL: Final = re.compile(
    r"completions?\.(create|parse)|completion$|messages\.(create|stream)|responses\.(create|parse)|generate_content|converse"
)
_MACHINERY: Final = (
    "weave",
    "python",
    "os_name",
    "os_version",
    "os_release",
    "sys_version",
    "client_version",
    "source",
)
_THUMBS: Final = {"👍": True, "👎": False, ":thumbs_up:": True, ":thumbs_down:": False, ":+1:": True, ":-1:": False}
_BY_MODEL: Final = ("summary.usage", "summary.weave.costs")
_NOTHING: Final = ("self", "weave_self")


class Weave(RowReader):
    """Reads calls of Weave: JSON, JSON lines, and frames whose columns are dotted names."""

    name = "weave"
    keys = frozenset({"op_name", "trace_id", "started_at", "inputs", "summary"})
    pages = ("calls", "data")

    def is_row(self, row: Row) -> bool:
        """Whether this is a call."""
        return "op_name" in row and "trace_id" in row and "started_at" in row

    def write(self, row: Row, sheet: Sheet) -> None:
        """Write a call and its feedback."""
        item = _nested(row)
        trace_id, span_id = text(item.get("trace_id")), text(item.get("id"))
        if not trace_id or not span_id:
            sheet.refuse("a call without an id", "id or trace_id is missing", dumps(row))
            return
        if item.get("deleted_at"):
            sheet.refuse("a call that was deleted", f"deleted at {item['deleted_at']}", dumps(row))
            return
        attributes, summary = fields(item.get("attributes")), fields(item.get("summary"))
        op = _op(str(item["op_name"]))
        given = item.get("inputs")
        given = {name: value for name, value in given.items() if name not in _NOTHING} if is_object(given) else given
        kind = _kind(item, op, attributes)
        told = fields(attributes.get("weave"))
        made: Row = {
            "trace_id": trace_id, "span_id": span_id, "parent_id": text(item.get("parent_id")), "kind": kind,
            "name": text(item.get("display_name")) or op, "session_id": text(item.get("thread_id")),
            "start": moment(item.get("started_at")), "end": moment(item.get("ended_at")),
            "user_id": text(attributes.get("user_id")), "environment": text(attributes.get("environment")),
        }  # fmt: skip
        fill(made, kind, given, item.get("output"))
        if kind == "tool":
            made["tool_name"] = op
            made["tool_call_id"] = text(attributes.get("tool_call_id"))
        if kind == "llm":
            _model(made, given, item.get("output"), summary)
        _status(made, item, summary)
        metadata = {name: value for name, value in attributes.items() if name not in _MACHINERY}
        kept: Row = {name: item[name] for name in ("turn_id", "wb_run_id", "project_id") if item.get(name)}
        kept |= {"weave": told} if told else {}
        if kind == "llm":
            kept |= {f"{name}.beside": rest for name in ("inputs", "output") if (rest := beside(item.get(name)))}
        made |= {"metadata": dumps(metadata) if metadata else None, "raw": dumps(kept) if kept else None}
        sheet.span(finish({name: value for name, value in made.items() if value is not None}))
        for feedback in items(fields(summary.get("weave")).get("feedback")):
            _feedback(fields(feedback), span_target(trace_id, span_id), sheet)


def _nested(row: Row) -> Row:
    """A call as one object, also where a frame made columns of what lies within."""
    item = row
    if any(name.startswith(("inputs.", "output.", "summary.", "attributes.")) for name in row):
        plain: list[tuple[str, Any]] = []
        by_model: dict[str, Row] = {}  # names of models have dots of their own
        for name, value in row.items():
            holder = next((prefix for prefix in _BY_MODEL if name.startswith(f"{prefix}.")), None)
            if holder is not None and value is not None:
                model, _, key = name.removeprefix(f"{holder}.").rpartition(".")
                by_model.setdefault(holder, {}).setdefault(model, {})[key] = value
            elif value is not None:
                plain.append((name, value))
        tree = unflatten([*plain, *by_model.items()])
        item = tree if is_object(tree) else row
    return {**item, **{name: opened(item.get(name)) for name in _OPENED}}


def _op(name: str) -> str:
    """The operation of `weave:///entity/project/op/<name>:<digest>`."""
    return name.rsplit("/", 1)[-1].split(":", 1)[0] if name.startswith("weave:///") else name


def _kind(item: Row, op: str, attributes: Row) -> str:
    said = str(fields(attributes.get("weave")).get("kind") or attributes.get("kind") or "").lower()
    if said in _KINDS:
        return _KINDS[said]
    given = fields(item.get("inputs"))
    if _MODEL_CALL.search(op.lower()) or ("model" in given and messages(given) is not None):
        return "llm"
    if op.endswith((".score", "Evaluation.summarize")):
        return "evaluator"
    return "agent" if not item.get("parent_id") else "task"


def _model(made: Row, given: Any, taken: Any, summary: Row) -> None:
    """Model, tokens and costs: a call's own, where what is inside it is not summed up in it."""
    used, costs = fields(opened(summary.get("usage"))), fields(opened(fields(summary.get("weave")).get("costs")))
    named = next((str(name) for name in used), None)
    made["model"] = text(fields(taken).get("model")) or text(fields(given).get("model")) or named
    for told in used.values():
        usage(made, told)
    sums: dict[str, float] = {}
    for told in costs.values():
        for column, name in (
            ("input_cost", "prompt_tokens_total_cost"),
            ("output_cost", "completion_tokens_total_cost"),
        ):
            price = real(fields(told).get(name))
            if price is not None:
                sums[column] = sums.get(column, 0.0) + price
    if sums:
        made |= {**sums, "total_cost": sum(sums.values())}


def _status(made: Row, item: Row, summary: Row) -> None:
    said = str(fields(summary.get("weave")).get("status"))
    exception = text(item.get("exception"))
    if exception or said == "error":
        kind, colon, message = (exception or "").partition(": ")
        plain = bool(colon) and kind.isidentifier()
        made["status"], made["error_type"] = "error", kind if plain else None
        made["error_message"] = message if plain else exception
    else:
        made["status"] = "running" if made["end"] is None else "ok" if said == "success" else "unset"


def _feedback(item: Row, target: tuple[str | None, str | None], sheet: Sheet) -> None:
    kind, payload = str(item.get("feedback_type")), fields(opened(item.get("payload")))
    author = text(item.get("creator")) or text(item.get("wb_user_id"))
    at, number = moment(item.get("created_at")), text(item.get("id"))

    def write(name: str, by: str, value: Any, *, comment: Any = None, passed: bool | None = None) -> None:
        plain = isinstance(value, bool | int | float)
        sheet.score(
            score(
                sheet.options, target, name, number=value if plain else None, label=None if plain else value,
                comment=comment, author=author, by=by, at=at, passed=passed,
                score_id=None if number is None else content_id(number, name),
            )
        )  # fmt: skip

    own = kind.split(".", 2)[-1]
    if kind.startswith("wandb.reaction"):
        emoji, alias = payload.get("emoji"), payload.get("alias")
        write("reaction", "human", emoji, comment=alias, passed=_THUMBS.get(str(emoji), _THUMBS.get(str(alias))))
    elif kind.startswith("wandb.note"):
        write("note", "human", None, comment=payload.get("note"))
    elif kind.startswith("wandb.annotation."):
        write(own, "human", payload.get("value"))
    elif kind.startswith("wandb.runnable."):
        output = payload.get("output")
        for name, value in _verdicts(own, output):
            write(name, "model", value)
    elif kind.startswith("wandb.agent_user_feedback"):
        write("user_feedback", "human", payload.get("value", payload.get("tags", payload)))
    else:
        write(kind, "code", payload.get("value", payload) if payload else None)


def _verdicts(name: str, output: Any) -> list[tuple[str, Any]]:
    """What a scorer returned: one value, or several by name."""
    if is_object(output):
        plain = {key: value for key, value in output.items() if isinstance(value, bool | int | float | str)}
        return [(f"{name}.{key}", value) for key, value in plain.items()] or [(name, output)]
    return [(name, output)]
