"""By what the points of the map are coloured: any column as entries of a legend, one of which is each session's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench._words import counted, plain

__all__ = ["Colouring", "can_colour", "colouring"]

_NAMED: Final = 10  # categories that have a colour of their own; colour-blind eyes tell no more apart
_BANDS: Final = 6  # into which the legend of a scale is cut
_LINE: Final = 120  # characters of a category
_SKEWED: Final = 0.15  # where the middle of the values lies on the range from which on a logarithm shows more of them
_WIDE: Final = 10  # times that the largest value is of the smallest before a logarithm is worth its while
_DAYS: Final = 3 * 86_400.0  # seconds from which on a time is told by its day
_SHADES: Final = 255
_HUGE: Final = 1e150  # beyond it, and below its inverse, differences and ratios leave what a float holds

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Colouring:
    """A legend, and the place of each session in it.

    Parameters
    ----------
    entries
        ``name``, ``count`` (sessions), ``kind`` (``"value"``, ``"other"``: the rarer ones, or ``"none"``: no value) and on a scale
        ``from`` and ``to``, 0 to 255.
    which
        Shape (n,): the entry of each session.
    shade
        Shape (n,): where a session lies on the scale, 0 to 255; None: there is no scale.
    scale
        ``"linear"``, ``"logarithmic"``, ``"time, UTC"``, or empty for categories.
    """

    entries: tuple[dict[str, Any], ...]
    which: NDArray[np.uint8]
    shade: NDArray[np.uint8] | None = None
    scale: str = ""


def can_colour(kind: pl.DataType) -> bool:
    """Whether points can be coloured by a column of this type: not by structures and raw bytes."""
    if isinstance(kind, pl.List):
        return not kind.inner.is_nested()
    return not kind.is_nested() and not isinstance(kind, pl.Binary | pl.Object | pl.Unknown)


def colouring(column: pl.Series) -> Colouring:
    """Put each value into an entry of a legend: categories by how frequent they are, numbers and times on a scale.

    Parameters
    ----------
    column
        One value a session. Lists count as one category each.

    Examples
    --------
    >>> made = colouring(pl.Series(["b", "a", "b", None]))
    >>> [(entry["name"], entry["count"]) for entry in made.entries], made.which.tolist()
    ([('b', 2), ('a', 1), ('no value', 1)], [0, 1, 0, 2])
    >>> [entry["name"] for entry in colouring(pl.Series([1, 2, 3, None])).entries]
    ['1', '2', '3', 'no value']
    """
    kind = column.dtype
    if isinstance(kind, pl.Boolean):
        return _categories(column.cast(pl.String), ("true", "false"))
    if isinstance(kind, pl.Duration):
        return _scale(column.dt.total_seconds(fractional=True).to_numpy(), plain)
    if isinstance(kind, pl.Date | pl.Datetime):
        seconds = column.cast(pl.Datetime("us")).dt.epoch("us").cast(pl.Float64).to_numpy() / 1e6
        return _times(seconds)
    if kind.is_numeric():
        numbers = column.cast(pl.Float64).to_numpy()
        known = numbers[np.isfinite(numbers)]
        whole = kind.is_integer() or bool(np.all(known == np.round(known)))
        return _scale(numbers, (lambda x: f"{x:,.0f}") if whole else plain, whole=whole)
    if isinstance(kind, pl.List):
        return _categories(column.cast(pl.List(pl.String)).list.join(", "))
    return _categories(column.cast(pl.String))


def _categories(texts: pl.Series, order: Sequence[str] | None = None) -> Colouring:
    frame = pl.DataFrame({"value": texts.str.slice(0, _LINE)})
    counts = frame.drop_nulls().group_by("value").len().sort("len", "value", descending=[True, False])
    values = [each for each in order if each in set(counts["value"])] if order else counts["value"].to_list()
    shown = values if len(values) <= _NAMED + 1 else values[:_NAMED]
    rest = len(values) - len(shown)
    place = {value: number for number, value in enumerate(shown)}
    known = frame["value"].is_not_null().to_numpy()
    found = frame["value"].replace_strict(place, default=len(shown), return_dtype=pl.Int64).to_numpy()
    which = np.where(known, found, len(shown) + (rest > 0))
    names = [(value or "(empty)", "value") for value in shown]
    names += [(f"other: {counted(rest, 'value')} more", "other")] if rest else []
    return Colouring(_entries(names, which), which.astype(np.uint8))


def _times(seconds: Floats) -> Colouring:
    known = seconds[np.isfinite(seconds)]
    unit = "D" if len(known) and np.ptp(known) > _DAYS else "m"

    def say(x: float) -> str:
        """Any year, also that after 9999, which the last moment of 9999 is rounded to."""
        return str(np.datetime64(math.floor(x), "s").astype(f"datetime64[{unit}]")).replace("T", " ")

    return _scale(seconds, say, scale="time, UTC")


def _scale(values: Floats, say: Callable[[float], str], *, whole: bool = False, scale: str = "") -> Colouring:
    known = np.isfinite(values)
    some = np.clip(values[known], -_HUGE, _HUGE)
    if not len(some):
        which = np.zeros(len(values), dtype=np.uint8)
        return Colouring(_entries([], which), which)
    low, high = float(some.min()), float(some.max())
    shift = None if scale else _shift(some)

    def place(x: Any) -> Any:
        """Where on the scale: 0 to 1."""
        if high == low:
            return np.zeros_like(x, dtype=np.float64)
        if shift is None:
            return (x - low) / (high - low)
        return (np.log(x + shift) - math.log(low + shift)) / (math.log(high + shift) - math.log(low + shift))

    cuts = np.linspace(0, 1, _BANDS + 1)
    if shift is None:
        edges = low + cuts * (high - low)
    else:
        edges = (low + shift) * ((high + shift) / (low + shift)) ** cuts - shift
    starts = np.unique(np.ceil(edges[:-1].round(9))) if whole else np.unique(edges[:-1])
    starts[0] = low
    ends = np.append(starts[1:] - 1 if whole else starts[1:], high)
    which = np.full(len(values), len(starts))
    which[known] = np.clip(np.searchsorted(starts, some, side="right") - 1, 0, None)
    shade = np.zeros(len(values), dtype=np.uint8)
    shade[known] = np.round(_SHADES * np.clip(place(some), 0, 1))
    entries = _entries([(name, "value") for name in _ranges(starts, ends, say)], which)
    for entry, start, end in zip(entries, starts, ends, strict=False):  # "no value" stands behind
        entry |= {"from": round(_SHADES * float(place(start))), "to": round(_SHADES * float(place(end)))}
    told = scale or ("linear" if shift is None else "logarithmic")
    return Colouring(entries, which.astype(np.uint8), shade, told)


def _shift(values: Floats) -> float | None:
    """What is added before a logarithm is taken; None: the values lie evenly enough, or below zero, so that none is."""
    low, middle, high = float(values.min()), float(np.median(values)), float(values.max())
    if low < 0 or middle - low > _SKEWED * (high - low):
        return None
    positive = values[values > 0]
    if not len(positive) or high < _WIDE * float(positive.min()):
        return None
    return 0.0 if low > 1 / _HUGE else max(1 / _HUGE, float(np.quantile(positive, 0.05)))


def _ranges(starts: Floats, ends: Floats, say: Callable[[float], str]) -> list[str]:
    names = [(say(float(start)), say(float(end))) for start, end in zip(starts, ends, strict=True)]
    if any(a == b for (a, b), start, end in zip(names, starts, ends, strict=True) if start != end) and say is plain:
        names = [(f"{start:,.7g}", f"{end:,.7g}") for start, end in zip(starts, ends, strict=True)]
    return [a if a == b else f"{a} to {b}" for a, b in names]


def _entries(names: Sequence[tuple[str, str]], which: NDArray[Any]) -> tuple[dict[str, Any], ...]:
    """The entries with how many sessions are in each; behind them those without a value, where there are such."""
    counts = np.bincount(which, minlength=len(names) + 1)
    entries = [{"name": name, "kind": kind, "count": int(counts[i])} for i, (name, kind) in enumerate(names)]
    if counts[len(names)]:
        entries.append({"name": "no value", "kind": "none", "count": int(counts[len(names)])})
    return tuple(entries)
