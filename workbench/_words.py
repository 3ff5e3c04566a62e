"""How numbers are said: one way for sentences, tables, charts, the shell and the report."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

__all__ = ["counted", "percent", "plain", "points", "readable", "signed", "times", "with_interval"]

_TINY = 1e-6
Form = Callable[[float], str]


def counted(number: int, thing: str) -> str:
    """How many of a thing, whose plural is made with an s.

    Examples
    --------
    >>> counted(1, "session"), counted(1200, "session")
    ('1 session', '1,200 sessions')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def percent(rate: float) -> str:
    """A rate as a percentage with one digit.

    Examples
    --------
    >>> percent(0.0714)
    '7.1%'
    """
    return "unknown" if math.isnan(rate) else f"{rate:.1%}"


def points(difference: float, *, signed: bool = True) -> str:
    """A difference of rates in percentage points with one digit; never a zero with a sign.

    Examples
    --------
    >>> points(0.0714), points(-0.0000177)
    ('+7.1', '0.0')
    """
    if math.isnan(difference):
        return "unknown"
    shown = f"{100 * difference:{'+' if signed else ''}.1f}"
    return "0.0" if shown in {"+0.0", "-0.0"} else shown


def plain(value: float, *, signed: bool = False) -> str:
    """Any other number with three significant digits, and never in powers of ten.

    Examples
    --------
    >>> plain(1234.5), plain(0.00001234), plain(-3e-9), plain(0.5, signed=True)
    ('1,234', '0.0000123', '0', '+0.5')
    """
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    if abs(value) < _TINY:
        return "0"
    sign = "+" if signed and value > 0 else ""
    if abs(value) >= 100:  # noqa: PLR2004 - three digits stand before the point
        return f"{sign}{value:,.0f}"
    digits: str = np.format_float_positional(value, precision=3, fractional=False, trim="-")
    return sign + digits


def signed(value: float) -> str:
    """As `plain`, with the sign of what is more than nothing: a difference of scores.

    Examples
    --------
    >>> signed(0.5), signed(-0.25)
    ('+0.5', '-0.25')
    """
    return plain(value, signed=True)


def times(ratio: float) -> str:
    """A ratio with one digit.

    Examples
    --------
    >>> times(2.345)
    '2.3'
    """
    return "unknown" if math.isnan(ratio) else "infinite" if math.isinf(ratio) else f"{ratio:.1f}"


def with_interval(
    value: float, low: float | None, high: float | None, form: Form, *, level: float | None = None, unit: str = ""
) -> str:
    """An estimate with its interval.

    Parameters
    ----------
    value, low, high
        The estimate and the ends of its interval; without ends the estimate stands alone.
    form
        How each of them is said: `percent`, `points`, `plain` or `times`.
    level
        The confidence level, in a sentence; a table says it in its head.
    unit
        What stands behind the estimate.

    Examples
    --------
    >>> with_interval(0.2, 0.1, 0.35, percent)
    '20.0% (10.0% to 35.0%)'
    >>> with_interval(-0.02, -0.05, 0.01, points, level=0.95, unit=" points")
    '-2.0 points (95% interval -5.0 to +1.0)'
    >>> with_interval(math.inf, 3.9, math.inf, times)  # what nothing is compared with has a lower end alone
    'at least 3.9'
    """
    if low is None or high is None:
        return form(value) + unit
    if math.isinf(value) and value == high:
        return f"at least {form(low)}{unit}" + (f" ({level:.0%} interval)" if level is not None else "")
    named = f"{level:.0%} interval " if level is not None else ""
    return f"{form(value)}{unit} ({named}{form(low)} to {form(high)})"


def readable(frame: pl.DataFrame, forms: Mapping[str, Form], *, interval: str | None = None) -> pl.DataFrame:
    """A table of numbers as a table of words: estimates with their intervals in one cell each.

    Parameters
    ----------
    frame
        Any table.
    forms
        How the columns that hold estimates are said. The ends of `x` are the columns `x_low` and `x_high` where there are such.
    interval
        The estimate that the columns `low` and `high` belong to.

    Returns
    -------
    polars.DataFrame
        The same rows and columns, without those of the ends.

    Examples
    --------
    >>> readable(pl.DataFrame({"rate": [0.5], "low": [0.4], "high": [0.6], "n": [90]}), {"rate": percent}, interval="rate").rows()
    [('50.0% (40.0% to 60.0%)', 90)]
    """
    ends = {name: (f"{name}_low", f"{name}_high") for name in forms if f"{name}_low" in frame.columns}
    if interval is not None and "low" in frame.columns:
        ends[interval] = ("low", "high")

    def cell(name: str, row: Mapping[str, float | None]) -> str | None:
        value, form = row[name], forms[name]
        if value is None or math.isnan(value):
            return None
        low, high = (row[end] for end in ends.get(name, (name, name)))
        return with_interval(value, low, high, form) if name in ends else form(value)

    rows = list(frame.iter_rows(named=True))
    columns = [pl.Series(name, [cell(name, row) for row in rows], dtype=pl.String()) for name in forms]
    return frame.with_columns(columns).drop(end for pair in ends.values() for end in pair)
