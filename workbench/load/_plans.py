"""Spans of one kind carry the same attributes, thousands of times: what becomes of each is decided once, and done at once.

What a plan cannot say is left to `attribute_columns`, which takes every attribute as it comes.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any, Final

import polars as pl

from workbench.load._attributes import REAL, TEXT, WHOLE, as_tool, document_list, kind_of
from workbench.load._messages import system_text
from workbench.load._mlflow_attributes import SPAN_TYPE
from workbench.load._names import meaning
from workbench.load._sheet import ROW, Sheet
from workbench.load._spans import Around
from workbench.load._values import as_json, dumps, is_array, is_object, moment, parsed, real, text, whole

__all__ = ["STATUS", "gathered", "nanoseconds"]

Row = dict[str, Any]
Columns = dict[str, Any]  # of a value for each row: a list, a tuple or a series

_STRING: Final = "stringValue"
_KINDS: Final = {
    **dict.fromkeys(TEXT, (_STRING,)),
    **dict.fromkeys(WHOLE, ("intValue",)),
    **dict.fromkeys(REAL, ("doubleValue", "intValue")),
    "tool_arguments": (_STRING,),
    "documents": (_STRING,),
}  # fmt: skip
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    _STRING: (str,),
    "intValue": (str, int),
    "doubleValue": (float, int, str),
}
_HINTS: Final = frozenset({"given", "said", "system", "operation"})
_HEAD: Final = (
    "_unit", "record", "format", "source", "trace_id", "span_id", "parent_id", "name", "start", "end", "status", "error_message",
    "input_messages", "output_messages",
)  # fmt: skip
_TOOL: Final = (
    "name", "kind", "status", "error_type", "error_message", "tool_name", "tool_call_id", "tool_arguments", "tool_result", "input",
    "output",
)  # fmt: skip
_TOLD: Final = len(_HEAD)  # where the attributes' values begin
_CAREFUL: Final = frozenset({"events", SPAN_TYPE})  # what of others is written within these
_MOST: Final = 2_000  # hostile names must not fill the memory
_TRACE: Final = 32
_SPAN: Final = 16
STATUS: Final[dict[Any, str]] = {
    **dict.fromkeys((2, "2", "STATUS_CODE_ERROR", "ERROR"), "error"),
    **dict.fromkeys((1, "1", "STATUS_CODE_OK", "OK"), "ok"),
}


class _Plan:
    """What becomes of the attributes of spans that carry just these."""

    def __init__(self, keys: tuple[str, ...], kinds: list[str], about: Around) -> None:
        chosen: dict[str, tuple[int, int]] = {}
        hints: dict[str, tuple[int, int]] = {}
        self.kept: list[tuple[str, int]] = []
        self.unknown: list[str] = []
        for place, name in enumerate(keys):
            known = meaning(name)
            if known.role == "column":
                _choose(chosen, known.target, known.rank, place)
            elif known.role == "hint":
                _choose(hints, known.target, known.rank, place)
            else:
                self.kept.append((name, place))
                if known.role == "unknown":
                    self.unknown.append(name)
        self.inherited: Row = {}
        for place, (name, value) in enumerate(about.attributes.items(), len(keys)):
            if name not in keys:
                known = meaning(name)
                _choose(chosen, known.target, known.rank, place)
                self.inherited[known.target] = value
        self.about = about
        self.kinds = kinds
        self.columns = {name: place for name, (_, place) in chosen.items() if place < len(keys)}
        self.inherited = {name: value for name, value in self.inherited.items() if name not in self.columns}
        self.hints = {name: place for name, (_, place) in hints.items()}
        self.told = {*self.columns, *self.inherited}
        self.failing = "error_type" in self.told
        self.fine: set[tuple[type, ...]] = set()
        self.kept_values = _values([place for _, place in self.kept])
        self.groups: dict[str | None, Group] = {}

    def accepts(self, types: tuple[type, ...]) -> bool:
        """Whether values of these types are what their attributes say they are."""
        good = all(one in _TYPES[kind] for one, kind in zip(types, self.kinds, strict=True))
        if good:
            self.fine.add(types)
        return good

    def group(self, operation: str | None) -> Group | None:
        """The spans of this plan that name this operation; null where there are too many kinds of them."""
        group = self.groups.get(operation)
        if group is None and len(self.groups) < _MOST:
            told = dict.fromkeys(self.told, "")
            hints: Row = {**dict.fromkeys(self.hints, ""), "operation": operation}
            group = self.groups[operation] = Group(self, kind_of(told, hints))
        return group


def _choose(chosen: dict[str, tuple[int, int]], target: str, rank: int, place: int) -> None:
    if target not in chosen or rank < chosen[target][0]:
        chosen[target] = rank, place


def _values(places: list[int]) -> Any:
    """A function that takes the values at these places out of a row."""
    at = [_TOLD + place for place in places]
    if len(at) > 1:
        return itemgetter(*at)

    def take(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple([row[place] for place in at])

    return take


class Group:
    """Spans of one plan and one kind: rows that begin as `_HEAD` says and go on with their attributes' values."""

    def __init__(self, plan: _Plan, kind: str) -> None:
        self.plan = plan
        self.kind = kind
        self.talks = kind == "llm" or len(plan.hints.keys() - {"operation"}) > 0
        # Messages are told once: where a request may tell them too, it is to be looked at.
        known = "given" in plan.hints and "said" in plan.hints
        self.plain = not self.talks or (known and not (kind == "llm" and plan.told & {"input", "output"}))

    def frame(self, rows: list[tuple[Any, ...]], sheet: Sheet) -> pl.DataFrame:
        """The rows as columns of SPANS."""
        plan = self.plan
        if plan.unknown:
            sheet.unknown.update(dict.fromkeys(plan.unknown, len(rows)))
        values = list(zip(*rows, strict=True))
        columns: Columns = dict(zip(_HEAD, values, strict=False))
        for name, place in plan.columns.items():
            columns[name] = values[_TOLD + place]
        for name in ("start", "end"):
            columns[name] = _nanoseconds(columns[name])
        for name in plan.columns.keys() & _NUMBERS.keys():
            columns[name] = _numbers(columns[name], name)
        if not self.talks:
            del columns["input_messages"], columns["output_messages"]
        if plan.kept:
            columns["raw"] = self._raw(rows)
        constant = {**plan.about.columns, **plan.inherited, "kind": self.kind}
        if not plan.kept:
            constant["raw"] = plan.about.raw
        self._finish(columns, constant)
        made = [pl.Series(name, told, ROW[name]) for name, told in columns.items()]
        made += [
            pl.Series(name, [told], ROW[name]).new_from_index(0, len(rows))
            for name, told in constant.items()
            if name not in columns
        ]
        return pl.DataFrame(made)

    def _raw(self, rows: list[tuple[Any, ...]]) -> list[str]:
        """What stands in no column, as JSON."""
        plan = self.plan
        names = [name for name, _ in plan.kept]
        number = {
            name: convert for name, place in plan.kept if (convert := _CONVERT.get(plan.kinds[place])) is not None
        }
        about = plan.about.kept
        before = f"{dumps(about)[:-1]}," if about else "{"
        made: list[str] = []
        for row in rows:
            kept: Row = dict(zip(names, plan.kept_values(row), strict=True))
            for name, convert in number.items():
                kept[name] = convert(kept[name])
            made.append(f"{before}{dumps(kept)[1:]}" if about.keys().isdisjoint(kept) else dumps({**about, **kept}))
        return made

    def _as_tools(self, columns: Columns, constant: Row) -> None:
        """As `_attributes.as_tool`, which asks about what single values say."""
        given = {name: told for name, told in constant.items() if name in _TOOL}
        names = [name for name in _TOOL if name in columns]
        rows: list[Row] = []
        for values in zip(*(columns[name] for name in names), strict=True):
            row: Row = {**given, **dict(zip(names, values, strict=True))}
            as_tool(row)
            rows.append(row)
        for name in _TOOL:
            told = [row.get(name) for row in rows]
            columns[name] = told if name == "tool_arguments" else [text(one) for one in told]

    def _finish(self, columns: Columns, constant: Row) -> None:
        """As `_attributes.finish`, for all rows at once."""
        if self.kind == "tool":
            self._as_tools(columns, constant)
        if "tool_arguments" in columns:
            columns["tool_arguments"] = [as_json(told) for told in columns["tool_arguments"]]
        if "documents" in columns:
            columns["documents"] = [document_list(parsed(told)) for told in columns["documents"]]
        given, taken = columns.get("input_tokens"), columns.get("output_tokens")
        if given is not None and taken is not None:
            both = given + taken
            said = columns.get("total_tokens")
            columns["total_tokens"] = both if said is None else pl.Series(said).fill_null(both)


def gathered(span: Row, about: Around, sheet: Sheet) -> bool:
    """Take a span as its plan says; False where it is to be read with care."""
    head = _head(span)
    pairs = span.get("attributes")
    if head is None or not is_array(pairs):
        return False
    plan = _plan(pairs, about)
    told = None if plan is None else _told(plan, pairs)
    if plan is None or told is None:
        return False
    hints = plan.hints
    group = plan.group(told[hints["operation"]] if "operation" in hints else None)
    if group is None or not group.plain:
        return False
    status = _status(span.get("status"), failing=plan.failing)
    given = said = None
    if group.talks:
        call = sheet.histories.call(head[0], told[hints["given"]], told[hints["said"]])
        if call is None:
            return False
        given, said = call
        before = system_text(told[hints["system"]]) if "system" in hints else "[]"
        if before != "[]":
            given = f"{before[:-1]},{given[1:]}"
    sheet.gather(group, (*head, *status, given, said, *told))
    return True


def _head(span: Row) -> tuple[Any, ...] | None:
    """Ids, name and times; null where the ids are no plain ids, or events and links have something to say."""
    get = span.get
    trace, number, parent, name = get("traceId"), get("spanId"), get("parentSpanId"), get("name")
    if type(trace) is not str or type(number) is not str or type(name) is not str or get("events") or get("links"):
        return None
    if len(trace) != _TRACE or len(number) != _SPAN or not trace.strip("0") or not number.strip("0"):
        return None
    if parent:
        if type(parent) is not str or len(parent) != _SPAN:
            return None
        parent = parent if parent.strip("0") else None
    return trace, number, parent or None, name, get("startTimeUnixNano"), get("endTimeUnixNano")


def _plan(pairs: list[Any], about: Around) -> _Plan | None:
    plans: dict[tuple[str, ...], _Plan | None] = about.plans
    try:
        keys: tuple[str, ...] = tuple([pair["key"] for pair in pairs])
        if keys not in plans and len(plans) < _MOST:
            plans[keys] = _made(keys, pairs, about)
        return plans.get(keys)
    except (KeyError, TypeError):
        return None


def _told(plan: _Plan, pairs: list[Any]) -> list[Any] | None:
    """The attributes' values; null where one is of another type than its plan's, or empty."""
    try:
        told: list[Any] = [pair["value"][kind] for pair, kind in zip(pairs, plan.kinds, strict=True)]
    except (KeyError, TypeError):
        return None
    types = tuple(map(type, told))
    return told if (types in plan.fine or plan.accepts(types)) and "" not in told else None


def _status(held: Any, *, failing: bool) -> tuple[str, str | None]:
    """What a span says of its end, and why it failed."""
    status, message = "unset", None
    if held and is_object(held):
        status, message = STATUS.get(held.get("code"), "unset"), text(held.get("message"))
    if failing and status == "unset":
        status = "error"
    return status, message if status == "error" else None


def _made(keys: tuple[str, ...], pairs: list[Row], about: Around) -> _Plan | None:
    """A plan for attributes that are plain text and numbers and belong where they say; null where one is not."""
    kinds: list[str] = []
    if len(set(keys)) < len(keys) or not _CAREFUL.isdisjoint(keys):
        return None
    for name, pair in zip(keys, pairs, strict=True):
        held = list(pair["value"])
        if len(held) != 1 or held[0] not in _TYPES:
            return None
        role, target, _, _ = meaning(name)
        if role in ("nest", "metadata") or (role == "hint" and (target not in _HINTS or held[0] != _STRING)):
            return None
        if role == "column" and held[0] not in _KINDS.get(target, ()):
            return None
        kinds.append(held[0])
    if any(type(value) is not str or meaning(name).target not in TEXT for name, value in about.attributes.items()):
        return None
    return _Plan(keys, kinds, about)


def nanoseconds(value: Any) -> int | None:
    """A time as OTLP writes it; null where there is none."""
    if type(value) is str and value.isdigit() and len(value) < 20:  # noqa: PLR2004 - no 64-bit number is longer
        value = int(value)
    if not value:
        return None
    return value if type(value) is int and value < 2**63 else moment(value)


def _nanoseconds(values: tuple[Any, ...]) -> pl.Series:
    try:
        read = pl.Series(values, dtype=pl.String()).cast(pl.Int64(), strict=False)
        smallest = read.min()
        if not read.null_count() and type(smallest) is int and smallest > 0:
            return read
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        pass  # numbers, or both
    return pl.Series([nanoseconds(value) for value in values], dtype=pl.Int64())


def _numbers(values: tuple[Any, ...], name: str) -> pl.Series:
    convert, kind = _NUMBERS[name]
    try:
        read = pl.Series(values, dtype=pl.String() if type(values[0]) is str else kind).cast(kind, strict=False)
        if not read.null_count() and read.is_finite().all():
            return read
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        pass  # numbers and texts of numbers
    return pl.Series([convert(value) for value in values], dtype=kind)


_NUMBERS: Final[dict[str, tuple[Any, Any]]] = {
    **dict.fromkeys(WHOLE, (whole, pl.Int64())),
    **dict.fromkeys(REAL, (real, pl.Float64())),
}
_CONVERT: Final = {"intValue": whole, "doubleValue": real}
