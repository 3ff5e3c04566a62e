"""Any table, through a mapping that its owner writes: which of its columns is which of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from workbench.errors import InputError, UnknownNameError
from workbench.schema import SPANS

__all__ = ["TableMapping", "table_mappings"]

_OURS: Final = frozenset({"format", "source", "record", "spilled", "raw"})
_MORE: Final = ("role", "content", "tool_calls", "error", "seconds", "milliseconds")
_KNOWN: Final = tuple(name for name in SPANS if name not in _OURS) + _MORE


@dataclass(frozen=True, slots=True)
class TableMapping:
    """How to read a table of one's own: one row a span, or one row a message.

    Parameters
    ----------
    name
        What to call the format.
    match
        Columns that tell such a table from others; a table that has all of them is read by this mapping.
    columns
        Our column → theirs. Ours are the columns of `schema.SPANS`, and, where a row is a message, `role`, `content` and
        `tool_calls`; `error` is a failure's text, `seconds` or `milliseconds` say how long it took. A name with dots leads
        into JSON: `payload.user.id`.
    words
        Their words for kinds and roles → ours: `{"customer": "user", "LLM_CALL": "llm"}`.
    scores
        Name of a score → the column that holds it.

    Raises
    ------
    InputError
        `match` is empty, or a value is of the wrong type.
    UnknownNameError
        A name that is no column of ours; the message suggests the nearest.

    Examples
    --------
    >>> from workbench import load
    >>> calls = load.TableMapping("calls", match=["conv"], columns={"session_id": "conv", "role": "who", "content": "said"})
    >>> rows = [{"conv": "1", "who": "user", "said": "Hi"}, {"conv": "1", "who": "assistant", "said": "Hello"}]
    >>> load.read(rows, options=load.LoadOptions(tables=(calls,))).spans["kind"].to_list()
    ['other', 'llm']
    """

    name: str
    match: Sequence[str]
    columns: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=dict[str, str])
    scores: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        given = cast("object", self.match)
        if not isinstance(given, list | tuple) or not given or not _all_text(cast("Sequence[object]", given)):
            msg = f"table {self.name!r}: match is {given!r}, expected the names of columns that only this table has"
            raise InputError(msg)
        for what, pairs in (("columns", self.columns), ("words", self.words), ("scores", self.scores)):
            for ours, theirs in cast("Mapping[str, object]", pairs).items():
                if not isinstance(theirs, str):
                    msg = f"table {self.name!r}: {what}: {ours} is {theirs!r}, expected a text"
                    raise InputError(msg)
        for ours in self.columns:
            if ours not in _KNOWN:
                raise UnknownNameError(ours, f"column to map to in table {self.name!r}", _KNOWN)
        if not self.columns:
            msg = f'table {self.name!r}: no column is mapped; write lines like session_id = "conversation"'
            raise InputError(msg)


def _all_text(values: Sequence[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def table_mappings(tables: object, where: str) -> tuple[TableMapping, ...]:
    """The mappings of `[tables.<name>]` in a settings file; `where` names it in an error.

    >>> table_mappings({"calls": {"match": ["conv"], "session_id": "conv"}}, "workbench.toml")[0].columns
    {'session_id': 'conv'}
    """
    if not isinstance(tables, dict):
        msg = f"{where}: tables is {tables!r}, expected sections like [tables.my_agent]"
        raise InputError(msg)
    found: list[TableMapping] = []
    for name, told in cast("dict[str, object]", tables).items():
        if not isinstance(told, dict):
            msg = f"{where}: tables.{name} is {told!r}, expected a section [tables.{name}]"
            raise InputError(msg)
        table = dict(cast("dict[str, Any]", told))
        parts = {part: table.pop(part, {}) for part in ("words", "scores")}
        for part, value in parts.items():
            if not isinstance(value, dict):
                msg = f"{where}: tables.{name}.{part} is {value!r}, expected a section [tables.{name}.{part}]"
                raise InputError(msg)
        match: Any = table.pop("match", ())
        try:
            found.append(TableMapping(name, match, table, **parts))
        except UnknownNameError as error:
            raise UnknownNameError(error.name, f"column in [tables.{name}] of {where}", _KNOWN) from None
        except InputError as error:
            msg = f"{where}: {error}"
            raise InputError(msg) from None
    return tuple(found)
