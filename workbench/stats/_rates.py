"""Rates of independent yes/no rows, and differences and ratios of two such rates."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.errors import EmptyError, InputError
from workbench.stats._interval import Interval, quantile

__all__ = ["Lift", "lift", "newcombe", "upper_bound", "wilson"]


def _check(successes: float, n: float) -> None:
    if n <= 0:
        msg = "a rate needs at least one row: nothing was counted"
        raise EmptyError(msg)
    if not 0 <= successes <= n:
        msg = f"{successes} of {n} is not a rate: the count must lie between 0 and the number of rows"
        raise InputError(msg)


def wilson(successes: float, n: float, *, level: float = 0.95) -> Interval:
    """The score interval of a rate.

    Parameters
    ----------
    successes
        How many rows are yes; a fraction is allowed where `n` is an effective number.
    n
        How many rows there are.
    level
        The confidence level.

    Raises
    ------
    EmptyError
        There are no rows.
    InputError
        The count does not lie between 0 and `n`.

    Notes
    -----
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.

    Examples
    --------
    >>> wilson(18, 20)
    Interval(0.699 to 0.972, 95%)
    """
    _check(successes, n)
    z2 = quantile(level) ** 2
    rate = successes / n
    centre = (successes + z2 / 2) / (n + z2)
    half = math.sqrt(z2) / (n + z2) * math.sqrt(n * rate * (1 - rate) + z2 / 4)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low, high, level)


def upper_bound(n: int, *, level: float = 0.95) -> float:
    """The highest rate that is compatible with no event among `n` rows, one-sided.

    Near `3 / n` at 95%, hence the "rule of three".

    Raises
    ------
    EmptyError
        There are no rows.

    Notes
    -----
    Hanley & Lippman-Hand (1983), JAMA 249, 1743-1745, in its exact form `1 - (1 - level) ** (1 / n)`.

    Examples
    --------
    >>> round(upper_bound(300), 4)
    0.0099
    """
    _check(0, n)
    quantile(level)
    return -math.expm1(math.log1p(-level) / n)


def newcombe(a: int, n_a: int, b: int, n_b: int, *, level: float = 0.95) -> Interval:
    """The interval of `b / n_b - a / n_a` for rows that are not paired.

    Parameters
    ----------
    a, n_a
        Yes rows and all rows of the first sample.
    b, n_b
        Yes rows and all rows of the second.
    level
        The confidence level.

    Raises
    ------
    EmptyError
        A sample has no rows.
    InputError
        A count does not lie between 0 and its number of rows.

    Notes
    -----
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.

    Examples
    --------
    >>> newcombe(10, 20, 13, 20)
    Interval(-0.146 to 0.412, 95%)
    """
    first, second = wilson(a, n_a, level=level), wilson(b, n_b, level=level)
    p, q = a / n_a, b / n_b
    low = q - p - math.hypot(q - second.low, first.high - p)
    high = q - p + math.hypot(second.high - q, p - first.low)
    return Interval(low, high, level)


@dataclass(frozen=True, slots=True)
class Lift:
    """How many times as common something is in the first sample as in the second.

    Parameters
    ----------
    ratio
        The risk ratio; infinite where the second sample has none.
    interval
        Its interval; the upper end is infinite where the second sample has none.
    """

    ratio: float
    interval: Interval


def lift(a: int, n_a: int, b: int, n_b: int, *, level: float = 0.95) -> Lift:
    """The risk ratio `(a / n_a) / (b / n_b)` with its score interval.

    Parameters
    ----------
    a, n_a
        Rows with the thing and all rows among, for instance, the failing sessions.
    b, n_b
        The same among the passing ones.
    level
        The confidence level.

    Raises
    ------
    EmptyError
        A sample has no rows.
    InputError
        A count does not lie between 0 and its number of rows.

    Notes
    -----
    Koopman (1984), Biometrics 40, 513-517: the ratios at which the score test does not reject.

    Examples
    --------
    >>> found = lift(30, 100, 10, 100)
    >>> round(found.ratio, 2), found.interval
    (3.0, Interval(1.586 to 5.789, 95%))
    """
    _check(a, n_a)
    _check(b, n_b)
    if a == 0 and b == 0:
        return Lift(math.nan, Interval(0.0, math.inf, level))
    z2 = quantile(level) ** 2
    p, q = a / n_a, b / n_b

    def distance(log_ratio: float) -> float:
        ratio = math.exp(log_ratio)
        # The second sample's rate at this ratio, by maximum likelihood: the root of a quadratic.
        total = n_a + n_b
        half = (n_a + b) * ratio + a + n_b
        root = math.sqrt(max(0.0, half * half - 4 * total * ratio * (a + b)))
        base = 2 * (a + b) / (half + root)
        rate = min(1.0, base * ratio)
        variance = rate * (1 - rate) / n_a + ratio * ratio * base * (1 - base) / n_b
        return math.inf if variance <= 0 else (p - ratio * q) ** 2 / variance - z2

    def crossing(inside: float, step: float) -> float:
        """Where the score test starts to reject, walking from a ratio where it does not."""
        outside = inside + step
        while distance(outside) < 0:
            inside, outside = outside, outside + step
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if distance(middle) < 0 else (inside, middle)
        return math.exp(inside)

    ratio = math.inf if b == 0 else p / q
    inside = math.log((a + 0.5) / (n_a + 0.5) * (n_b + 0.5) / (b + 0.5)) if a == 0 or b == 0 else math.log(ratio)
    low = 0.0 if a == 0 else crossing(inside, -1.0)
    high = math.inf if b == 0 else crossing(inside, 1.0)
    return Lift(ratio, Interval(low, high, level))
