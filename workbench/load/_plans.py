"""Spans of one kind carry the same attributes, thousands of times: what becomes of each is decided once.

What a plan cannot say is left to `attribute_columns`, which takes every attribute as it comes.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, Final

from workbench.load._attributes import REAL, TEXT, WHOLE, kind_of, without_requests
from workbench.load._histories import plain
from workbench.load._messages import system_text
from workbench.load._mlflow_attributes import SPAN_TYPE
from workbench.load._names import meaning
from workbench.load._sheet import Sheet
from workbench.load._spans import Around
from workbench.load._values import dumps, real, whole

__all__ = ["columns_by_plan"]

Row = dict[str, Any]

_STRING: Final = "stringValue"
_KINDS: Final = {
    **dict.fromkeys(TEXT, (_STRING,)),
    **dict.fromkeys(WHOLE, ("intValue",)),
    **dict.fromkeys(REAL, ("doubleValue", "intValue")),
    "tool_arguments": (_STRING,),
    "documents": (_STRING,),
}  # fmt: skip
_HINTS: Final = frozenset({"given", "said", "system", "operation"})
_CAREFUL: Final = frozenset({"events", SPAN_TYPE})  # what of others is written within these
_MOST: Final = 2_000  # hostile names must not fill the memory


class _Plan:
    """What becomes of the attributes of spans that carry just these."""

    __slots__ = ("columns", "hints", "kept", "kinds", "numbers", "take", "take_hints", "types", "unknown")

    def __init__(self, keys: tuple[str, ...], kinds: list[str], inherited: Row) -> None:
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
        for place, name in enumerate(inherited, len(keys)):
            if name not in keys:
                known = meaning(name)
                _choose(chosen, known.target, known.rank, place)
        self.kinds = kinds
        self.columns = tuple(chosen)
        self.hints = tuple(hints)
        self.take = _taker([place for _, place in chosen.values()])
        self.take_hints = _taker([place for _, place in hints.values()])
        self.numbers = [
            (place, real if kind == "doubleValue" or meaning(name).target in REAL else whole)
            for place, (name, kind) in enumerate(zip(keys, kinds, strict=True))
            if kind != _STRING
        ]
        converted = dict(self.numbers)
        self.types = tuple(
            str if place not in converted else float if converted[place] is real else int for place in range(len(keys))
        )


def _choose(chosen: dict[str, tuple[int, int]], target: str, rank: int, place: int) -> None:
    if target not in chosen or rank < chosen[target][0]:
        chosen[target] = rank, place


def _taker(places: list[int]) -> Callable[[list[Any]], tuple[Any, ...]]:
    if len(places) > 1:
        return itemgetter(*places)

    def take(told: list[Any]) -> tuple[Any, ...]:
        return tuple([told[place] for place in places])

    return take


def columns_by_plan(pairs: Any, about: Around, sheet: Sheet, trace: str) -> Row | None:
    """The columns of a span that carries these OTLP attributes; null where it is to be read with care."""
    plans: dict[tuple[str, ...], _Plan | None] = about.plans
    try:
        keys: tuple[str, ...] = tuple([pair["key"] for pair in pairs])
        if keys not in plans and len(plans) < _MOST:
            plans[keys] = _made(keys, pairs, about.attributes)
        plan = plans.get(keys)
        if plan is None:
            return None
        told: list[Any] = [pair["value"][kind] for pair, kind in zip(pairs, plan.kinds, strict=True)]
    except (KeyError, TypeError):
        return None
    for place, convert in plan.numbers:
        told[place] = convert(told[place])
    if tuple(map(type, told)) != plan.types or "" in told:
        return None
    if about.attributes:
        told += about.attributes.values()
    row: Row = dict(zip(plan.columns, plan.take(told), strict=True))
    hints: Row = dict(zip(plan.hints, plan.take_hints(told), strict=True))
    row["kind"] = kind_of(row, hints)
    kept: Row = {name: told[place] for name, place in plan.kept} if plan.kept else {}
    if (len(hints) > 1 or row["kind"] == "llm") and not _messages(row, hints, kept, sheet, trace):
        return None
    if plan.unknown:
        sheet.unknown.update(plan.unknown)
    row["raw"] = dumps({**about.kept, **kept}) if kept else about.raw
    return row


def _made(keys: tuple[str, ...], pairs: list[Row], inherited: Row) -> _Plan | None:
    """A plan for attributes that are plain text and numbers and belong where they say; null where one is not."""
    kinds: list[str] = []
    if len(set(keys)) < len(keys) or not _CAREFUL.isdisjoint(keys):
        return None
    for name, pair in zip(keys, pairs, strict=True):
        held = list(pair["value"])
        if len(held) != 1 or held[0] not in (_STRING, "intValue", "doubleValue"):
            return None
        role, target, _, _ = meaning(name)
        if role in ("nest", "metadata") or (role == "hint" and (target not in _HINTS or held[0] != _STRING)):
            return None
        if role == "column" and held[0] not in _KINDS.get(target, ()):
            return None
        kinds.append(held[0])
    if any(type(value) is not str or meaning(name).target not in TEXT for name, value in inherited.items()):
        return None
    return _Plan(keys, kinds, inherited)


def _messages(row: Row, hints: Row, kept: Row, sheet: Sheet, trace: str) -> bool:
    """Write the messages where they are of the plain shapes; False where they are not."""
    given, made = hints.get("given"), hints.get("said")
    if given is None or made is None or type(given) is not str or type(made) is not str:
        return False
    told, answer = sheet.histories.canonical(trace, given), plain(made)
    if told is None or answer is None:
        return False
    system = hints.get("system")
    before = system_text(system) if system else "[]"
    row["input_messages"] = told if before == "[]" else f"{before[:-1]},{told[1:]}"
    row["output_messages"] = answer
    if row["kind"] == "llm" and ("input" in row or "output" in row):
        without_requests(row, kept)
    return True
