"""How many new kinds the next reads will show, from how often each kind was met so far."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.errors import InputError
from workbench.stats._interval import Interval, quantile
from workbench.stats._scipy import binomial_below

__all__ = ["Discovery", "binomial_bound", "discoveries"]


@dataclass(frozen=True, slots=True)
class Discovery:
    """How many kinds that were not met yet further reads will show.

    Parameters
    ----------
    expected
        The estimated number of new kinds.
    interval
        Between these, the number that is really met will lie: whole numbers.
    more
        How many further reads that is about.
    """

    expected: float
    interval: Interval
    more: int


def discoveries(counts: npt.ArrayLike, read: int, *, more: int = 30, level: float = 0.95) -> Discovery:
    """How many kinds not met yet the next reads of a random order will show.

    Parameters
    ----------
    counts
        How often each kind was met; zeros are passed over.
    read
        How many were read, also those that showed no kind at all.
    more
        How many more are to be read.
    level
        The confidence level.

    Raises
    ------
    InputError
        A count is negative, `more` is below 1, or fewer were read than things were met.

    Notes
    -----
    Good & Toulmin (1956), Biometrika 43, 45-63: with t = more/read, the alternating sum of t^k times the number of kinds met k times.
    Beyond t = 1 the sum is cut off by a binomial, after Efron & Thisted (1976), Biometrika 63, 435-447, with the constants of
    Orlitsky, Suresh & Wu (2016), PNAS 113, 13283-13288. The variance is that of independent Poisson counts, for the estimate and
    for what will be met; half a singleton is imagined, so that none seen does not mean none left.

    Examples
    --------
    >>> found = discoveries([14, 9, 5, 3, 1, 1, 1], 100)
    >>> round(found.expected, 2), found.interval.low, found.interval.high
    (0.93, 0.0, 4.0)
    """
    seen = np.asarray(counts, dtype=np.int64).ravel()
    if (seen.size and seen.min() < 0) or more < 1 or seen.sum() > read:
        msg = (
            f"{int(seen.sum())} things met in {read} reads, {more} more to read: counts are 0 or more, at most one thing"
            " a read, and at least one read is to come"
        )
        raise InputError(msg)
    most = int(seen.max(initial=0))
    if not most:
        return Discovery(0.0, Interval(0.0, float(more), level), more)
    met = np.bincount(seen, minlength=most + 1)[1:].astype(np.float64)
    weight = _weights(most, more / read, read)
    expected = max(0.0, float(weight @ met))
    met[0] += 0.5
    centre = max(0.0, float(weight @ met))
    half = quantile(level) * math.sqrt(float(weight**2 @ met) + 0.5 * float(weight[0]) ** 2 + centre)
    low, high = math.floor(max(0.0, centre - half)), min(more, math.ceil(centre + half))
    return Discovery(min(expected, float(more)), Interval(float(min(low, high)), float(high), level), more)


def _weights(most: int, t: float, read: int) -> npt.NDArray[np.float64]:
    """What the kinds met 1, 2, … times count for."""
    k = np.arange(1, most + 1, dtype=np.float64)
    if t <= 1:
        return np.asarray(-((-t) ** k), dtype=np.float64)
    tries = max(1, math.floor(0.5 * math.log(read * t**2 / (t - 1), 3)))
    kept = 1 - binomial_below(k - 1, tries, 2 / (2 + t))
    return np.asarray(np.where(kept > 0, -((-t) ** np.minimum(k, tries)) * kept, 0.0), dtype=np.float64)


def binomial_bound(tries: int, chance: float, *, level: float = 0.95) -> int:
    """The most successes that so many tries will show, but for half of what the level leaves.

    Parameters
    ----------
    tries
        How many tries.
    chance
        The chance of each, from 0 to 1.
    level
        The confidence level of an interval of which this is the upper end.

    Examples
    --------
    >>> binomial_bound(30, 0.1)
    7
    """
    below = binomial_below(np.arange(tries + 1), tries, min(1.0, max(0.0, chance)))
    return int(np.count_nonzero(below < 1 - (1 - level) / 2))
