"""Whether the answer is the JSON that a program expects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from workbench.errors import InputError
from workbench.evidence import AgentLoop
from workbench.grade import Grader, Score
from workbench.graders._make import NO_ANSWER, answer_of, made, short

__all__ = ["json_schema", "json_valid"]

_FAULTS: Final = 3  # are told; the rest are counted


def _refused(constant: str) -> NoReturn:
    msg = f"{constant} is not JSON"
    raise ValueError(msg)


def _read(text: str) -> Any:
    return json.loads(text, parse_constant=_refused)


def _valid(loop: AgentLoop) -> Score:
    answer = answer_of(loop)
    if not answer.strip():
        return Score(0.0, passed=False, reason=NO_ANSWER)
    try:
        _read(answer)
    except (ValueError, RecursionError) as error:
        return Score(0.0, passed=False, reason=f"not JSON: {error}: {short(answer)}")
    return Score(1.0, passed=True)


json_valid: Final[Grader] = made("json_valid", _valid, criterion="the final answer is valid JSON", name=None)
"""Whether the final answer as a whole is JSON (RFC 8259): no words around it, no fence, no NaN."""


def json_schema(schema: Mapping[str, Any] | bool, *, name: str | None = None) -> Grader:
    """Whether the final answer is JSON that fits a JSON Schema.

    Parameters
    ----------
    schema
        A JSON Schema; its `$schema` says which draft, the latest by default. Formats such as "date" are checked. References to
        other documents are not fetched.
    name
        What its results are kept under; by default "json_schema".

    Raises
    ------
    InputError
        The schema is none; the message says where.

    Examples
    --------
    >>> from workbench import graders
    >>> from workbench.evidence import from_messages
    >>> said = from_messages([{"role": "assistant", "content": '{"order": "7"}'}])
    >>> graders.json_schema({"properties": {"order": {"type": "integer"}}}).result(said).reason
    "order: '7' is not of type 'integer'"
    """
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import Draft202012Validator, validator_for

    rules: Any = validator_for(schema, default=Draft202012Validator)
    try:
        rules.check_schema(schema)
    except SchemaError as error:
        where = "/".join(map(str, error.absolute_path)) or "its top"
        msg = f"this is no JSON Schema, at {where}: {error.message}"
        raise InputError(msg) from error
    validator: Any = rules(schema, registry=_nothing_else(), format_checker=rules.FORMAT_CHECKER)

    def fits(loop: AgentLoop) -> Score:
        answer = answer_of(loop)
        try:
            value = _read(answer)
        except (ValueError, RecursionError) as error:
            said = f"not JSON: {error}: {short(answer)}" if answer.strip() else NO_ANSWER
            return Score(0.0, passed=False, reason=said)
        faults = sorted(validator.iter_errors(value), key=lambda each: list(map(str, each.absolute_path)))
        if not faults:
            return Score(1.0, passed=True)
        told = [_fault(each) for each in faults[:_FAULTS]]
        more = [f"and {len(faults) - _FAULTS} more"] if len(faults) > _FAULTS else []
        return Score(0.0, passed=False, reason="; ".join(told + more))

    return made("json_schema", fits, criterion="the final answer fits its JSON Schema", name=name, schema=schema)


def _nothing_else() -> Any:
    """No document but the schema itself: nothing is fetched."""
    from referencing import Registry

    kind: Any = Registry
    return kind()


def _fault(error: Any) -> str:
    where = ".".join(map(str, error.absolute_path))
    return f"{where}: {error.message}" if where else str(error.message)
