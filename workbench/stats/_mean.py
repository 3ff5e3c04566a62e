"""Means over cases that were each tried a few times: a rate, a paired difference, and a score without bounds."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from workbench.errors import EmptyError, InputError
from workbench.stats._interval import Interval, quantile
from workbench.stats._scipy import student

__all__ = ["FEWEST", "mean_interval", "paired_interval", "score_interval"]

FEWEST: Final = 10
"""From this many cases up the 95% intervals of this module hold the truth at least 93% of the time: see the tests."""

_Array = npt.NDArray[np.float64]
_NEAR = 1e-9
_LATTICE = 0.3  # over n: by so much a normal quantile grows, that counts of few cases fall short of no rate
_DOUBT = 0.25  # how much of one case's yes/no variance is believed before any variance was seen


def _checked(values: npt.ArrayLike, low: float, high: float) -> _Array:
    data = np.asarray(values, dtype=np.float64).ravel()
    if data.size == 0:
        msg = "an interval needs at least one value"
        raise EmptyError(msg)
    if not np.isfinite(data).all() or data.min() < low - _NEAR or data.max() > high + _NEAR:
        msg = f"every value must be a number between {low} and {high}: found {data.min()} to {data.max()}"
        raise InputError(msg)
    return data


def mean_interval(values: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """The interval of a mean of values between 0 and 1, one for each case: a pass rate over trials, pass@k, a score.

    The cases are the independent units, however often each was tried. On single trials this is Agresti and Coull's
    interval, around the same centre as Wilson's and a little wider, so that from ten cases up the 95% interval holds any true rate at
    least 93% of the time. With
    trials the number of cases becomes an effective one: never fewer than the cases, more where cases are alike.

    Parameters
    ----------
    values
        One number from 0 to 1 for each case.
    level
        The confidence level.

    Raises
    ------
    EmptyError
        There are no values.
    InputError
        A value is not finite or lies outside 0 to 1.

    Notes
    -----
    Agresti & Coull (1998), The American Statistician 52, 119-126; the effective number after Korn & Graubard (1998),
    Survey Methodology 24, 193-201, with the observed variance drawn towards that of a yes/no value by `_DOUBT` of a
    case, because a few alike cases do not show that all are.

    Examples
    --------
    >>> mean_interval([1] * 18 + [0] * 2)
    Interval(0.683 to 0.985, 95%)
    >>> mean_interval([0.75, 1.0, 0.5, 0.75, 1.0, 0.75, 0.5, 1.0, 0.75, 0.75])
    Interval(0.575 to 0.900, 95%)
    """
    data = _checked(values, 0.0, 1.0)
    n, mean = data.size, float(data.mean())
    z = quantile(level) * (1 + _LATTICE / n)
    effective = float(n)
    if n > 1:
        spread = float(((data - mean) ** 2).sum())
        likeness = (spread + _DOUBT) / (n * mean * (1 - mean) + _DOUBT) * n / (n - 1)
        effective = max(effective, n / min(1.0, likeness) * (z / student(level, n - 1)) ** 2)
    total = effective + z * z
    centre = (effective * mean + z * z / 2) / total
    half = z * math.sqrt(centre * (1 - centre) / total)
    return Interval(max(0.0, centre - half), min(1.0, centre + half), level)


def paired_interval(differences: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """The interval of a mean paired difference of rates, one difference for each case.

    Two imagined cases, one that gained and one that lost, are added to those seen. On single trials a gain is a whole
    pass; with trials it is as large as the changes that were seen, so that the interval neither vanishes when nothing
    changed nor pays for jumps that never happen. Then it is Student's, with twice the usual degrees of freedom: the imagined
    cases already pay for not knowing the variance, and paying twice makes it a tenth wider than any method that holds.

    Parameters
    ----------
    differences
        One number from -1 to 1 for each case: its rate in the candidate minus its rate in the baseline.
    level
        The confidence level.

    Raises
    ------
    EmptyError
        There are no differences.
    InputError
        A difference is not finite or lies outside -1 to 1.

    Notes
    -----
    Bonett & Price (2012), Journal of Educational and Behavioral Statistics 37, 479-488, for single trials; the size of
    the imagined change is the root mean square of the changes seen and one whole pass.

    Examples
    --------
    >>> paired_interval([1] * 6 + [-1] * 3 + [0] * 11)
    Interval(-0.162 to 0.435, 95%)
    >>> paired_interval([0.25, 0.5, 0.0, -0.25, 0.75, 0.5, 0.0, 0.25, 0.25, 0.0])
    Interval(-0.022 to 0.397, 95%)
    """
    data = _checked(differences, -1.0, 1.0)
    squares = float(data @ data)
    changed = int((np.abs(data) > _NEAR).sum())
    jump = (1 + squares) / (1 + changed)
    n = data.size + 2
    mean = float(data.sum()) / n
    half = student(level, 2 * (n - 1)) * math.sqrt(((squares + 2 * jump) / n - mean * mean) / n)
    return Interval(max(-1.0, mean - half), min(1.0, mean + half), level)


def score_interval(values: npt.ArrayLike, *, level: float = 0.95) -> Interval:
    """Student's interval of a mean of values without known bounds: a score, a cost, or a difference of such.

    Parameters
    ----------
    values
        One number for each case.
    level
        The confidence level.

    Raises
    ------
    EmptyError
        There are fewer than two values.
    InputError
        A value is not finite.

    Notes
    -----
    Student (1908), Biometrika 6, 1-25.

    Examples
    --------
    >>> score_interval([1.0, 2.0, 3.0, 4.0])
    Interval(0.446 to 4.554, 95%)
    """
    data = _checked(values, -math.inf, math.inf)
    if data.size < 2:  # noqa: PLR2004 - a variance
        msg = "the interval of a mean needs at least 2 values"
        raise EmptyError(msg)
    half = student(level, data.size - 1) * float(data.std(ddof=1)) / math.sqrt(data.size)
    mean = float(data.mean())
    return Interval(mean - half, mean + half, level)
