"""What a sample says about what it was drawn from: weighted shares, and how much has not been seen at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from workbench.errors import EmptyError, InputError
from workbench.stats._interval import Interval, quantile

__all__ = ["Share", "Unseen", "unseen", "weighted_share"]

_READABLE: Final = 20  # below so many things seen, the interval of the unseen mass does not cover: see the tests


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a population, estimated from a sample whose members had unequal chances.

    Parameters
    ----------
    share
        The estimate.
    interval
        Its interval.
    n
        How many were read.
    effective
        How many simple random reads would have told as much.
    """

    share: float
    interval: Interval
    n: int
    effective: float


def weighted_share(values: npt.ArrayLike, inclusion: npt.ArrayLike, *, level: float = 0.95) -> Share:
    """The share of a population, from a sample in which each member had its own known chance of being drawn.

    Parameters
    ----------
    values
        0 or 1 (or anything between) for each member of the sample.
    inclusion
        Each member's chance of having been drawn, above 0 and at most 1. Members chosen by hand have none: leave them out.
    level
        The confidence level.

    Raises
    ------
    EmptyError
        The sample is empty.
    InputError
        A value or a chance is out of range, or their numbers differ.

    Notes
    -----
    Hájek (1971), in "Foundations of Statistical Inference", 236; linearised variance with a finite-population factor;
    the interval is Agresti and Coull's (1998) at the effective sample size of Korn & Graubard (1998).

    Examples
    --------
    >>> weighted_share([1, 1, 0, 0], [0.5, 0.5, 0.1, 0.1]).share.__round__(3)
    0.167
    """
    y = np.asarray(values, dtype=np.float64).ravel()
    chance = np.asarray(inclusion, dtype=np.float64).ravel()
    if y.size == 0:
        msg = "nothing was read yet: a share needs at least one row that was drawn with a known chance"
        raise EmptyError(msg)
    if y.size != chance.size or not ((chance > 0) & (chance <= 1)).all() or not ((y >= 0) & (y <= 1)).all():
        msg = (
            f"{y.size} values and {chance.size} chances: every value lies between 0 and 1, every chance above 0 and at most 1;"
            " leave out rows that were chosen by hand"
        )
        raise InputError(msg)
    weight = 1 / chance
    total = float(weight.sum())
    share = float(y[0]) if (y == y[0]).all() else float(weight @ y) / total  # no rounding where all say the same
    kish = total**2 / float(weight @ weight)
    missed = float((weight**2) @ (1 - chance)) / float(weight @ weight)  # 0 where everything was read
    variance = float((((y - share) * weight) ** 2) @ (1 - chance)) / total**2 * y.size / max(y.size - 1, 1)
    if missed <= 0:
        return Share(share, Interval(share, share, level), y.size, math.inf)
    spread = share * (1 - share)
    effective = spread / variance if variance > 0 and spread > 0 else kish / missed
    z2 = quantile(level) ** 2
    centre = (effective * share + z2 / 2) / (effective + z2)
    half = math.sqrt(z2 * centre * (1 - centre) / (effective + z2))
    return Share(share, Interval(max(0.0, centre - half), min(1.0, centre + half), level), y.size, effective)


@dataclass(frozen=True, slots=True)
class Unseen:
    """How much of what there is belongs to kinds that were never met.

    Parameters
    ----------
    mass
        The estimated share of the population whose kind has not been seen.
    interval
        Its interval; 0 to 1 where fewer than 20 things were seen.
    n
        How many things were seen.
    singletons
        How many kinds were seen exactly once.
    """

    mass: float
    interval: Interval
    n: int
    singletons: int


def unseen(counts: npt.ArrayLike, *, level: float = 0.95) -> Unseen:
    """The share of failures that belong to modes not met yet, from how often each mode was met.

    Parameters
    ----------
    counts
        How often each kind was seen, from a random sample; zeros are passed over.
    level
        The confidence level.

    Raises
    ------
    EmptyError
        Nothing was seen.
    InputError
        A count is negative.

    Notes
    -----
    Good (1953), Biometrika 40, 237-264: the number of singletons over the number seen. The variance is Esty's (1983), Annals of
    Statistics 11, 905-912, with one singleton and one pair imagined, so that none seen does not mean none left.

    Examples
    --------
    >>> found = unseen([14, 9, 5, 3, 1, 1, 1])
    >>> round(found.mass, 3), found.singletons, found.interval
    (0.088, 3, Interval(0.000 to 0.237, 95%))
    """
    seen = np.asarray(counts, dtype=np.int64).ravel()
    if seen.size and seen.min() < 0:
        msg = f"a kind cannot be seen {seen.min()} times"
        raise InputError(msg)
    n = int(seen.sum())
    if n == 0:
        msg = "nothing was seen yet: label a random handful first"
        raise EmptyError(msg)
    once, twice = int((seen == 1).sum()), int((seen == 2).sum())  # noqa: PLR2004 - pairs
    if n < _READABLE:
        return Unseen(once / n, Interval(0.0, 1.0, level), n, once)
    centre = (once + 0.5) / (n + 1)
    half = quantile(level) * math.sqrt((once + 1) * (1 - once / (n + 1)) + 2 * (twice + 1)) / n
    return Unseen(once / n, Interval(max(0.0, centre - half), min(1.0, centre + half), level), n, once)
