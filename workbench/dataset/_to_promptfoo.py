r"""promptfoo's tests: a JSON list for `tests: file://….json`, with the variables `messages` (JSON text) and `input`.

promptfoo renders variables, assertions and metadata as templates, some of them more than once, loads what begins like an address of a file,
and follows `$ref`. So an invisible word joiner stands wherever a text would begin a template, an address or a reference; reading
takes it out again. `messages` needs none: there a brace is written as JSON's `\u007b`, and what the agent is handed is exact.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, cast

from workbench.dataset._content import dumps
from workbench.dataset._exporter import exchange
from workbench.dataset._messages import messages_in
from workbench.dataset._record import OWN, Record, told

__all__ = ["PROMPTFOO"]

_JOINER: Final = "\u2060"
_TEMPLATE: Final = re.compile(f"\\{{(?={_JOINER}*[{{%#])|#(?={_JOINER}*}})")  # a comment's end alone is an error there
_ADDRESS: Final = re.compile(
    f"(?={_JOINER}*(?:[A-Za-z][A-Za-z0-9+.-]*://|(?:package|python|javascript|ruby|exec):|\\$))"
)
_JOINED: Final = re.compile(f"(?:(\\{{){_JOINER}(?={_JOINER}*[{{%#])|(#){_JOINER}(?={_JOINER}*}}))")
_EXPECTED: Final = "expected_output"


def _inert(text: str) -> str:
    guarded = _TEMPLATE.sub(rf"\g<0>{_JOINER}", text)
    return _JOINER + guarded if _ADDRESS.match(guarded) else guarded


def _restored(text: str) -> str:
    opened = text[1:] if text.startswith(_JOINER) and _ADDRESS.match(text) else text
    return _JOINED.sub(r"\1\2", opened)


def _row(record: Record) -> dict[str, Any]:
    alike = [{"type": "factuality", "value": _inert(each), "metric": _EXPECTED} for each in record.expected]
    asserted: list[dict[str, Any]] = [
        {"type": "llm-rubric", "value": _inert(each), "metric": "criteria"} for each in record.criteria
    ]
    if len(alike) > 1:  # any one of them will do
        asserted.append({"type": "assert-set", "assert": alike, "threshold": 1 / len(alike)})
    else:
        asserted += alike
    flat = {
        _inert(name): _inert(value if isinstance(value, str) else dumps(value))
        for name, value in record.metadata.items()
        if name != OWN
    }
    return {
        "vars": {"messages": _inert(_text(record.messages)), "input": _inert(record.asked)},
        "assert": asserted,
        "metadata": {**flat, OWN: _inert(dumps(record.metadata))},
    }


def _text(messages: Any) -> str:
    text = json.dumps(messages, separators=(",", ":"))
    return re.sub(r"#(?=})", r"\\u0023", re.sub(r"\{(?=[^\"}])", r"\\u007b", text))


def _back(row: dict[str, Any]) -> Record:
    variables = told(row.get("vars"))
    held: Any = variables.get("messages")
    if isinstance(held, str):
        try:
            variables = {"messages": json.loads(_restored(held))}
        except (ValueError, RecursionError):
            variables = {"input": _restored(held)}
    else:
        variables = {name: _restored(value) if isinstance(value, str) else value for name, value in variables.items()}
    expected, criteria = list[str](), list[str]()
    for each in cast("list[Any]", row.get("assert") or []):
        _collect(each, expected, criteria)
    metadata = told(row.get("metadata"))
    whole = metadata.get(OWN)
    known = told(_restored(whole)) if isinstance(whole, str) else {}
    return Record(messages_in(variables), expected, criteria, known or metadata)


def _collect(each: Any, expected: list[str], criteria: list[str]) -> None:
    """Sort an assertion's text: a reference answer, or something that must hold."""
    if not isinstance(each, dict):
        return
    known = cast("dict[str, Any]", each)
    for inner in cast("list[Any]", known.get("assert") or []):
        _collect(inner, expected, criteria)
    value, kind = known.get("value"), str(known.get("type"))
    if not isinstance(value, str):
        return
    if kind in {"factuality", "equals", "similar", "model-graded-factuality", "answer-relevance"}:
        expected.append(_restored(value))
    elif kind in {"llm-rubric", "g-eval", "model-graded-closedqa"}:
        criteria.append(_restored(value))
    else:  # a check by code keeps its kind, so that nobody takes it for a sentence
        criteria.append(f"{kind}: {_restored(value)}")


PROMPTFOO: Final = exchange("promptfoo", row=_row, back=_back, signs=("vars",), document=lambda _dataset, rows: rows)
