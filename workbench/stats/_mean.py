"""The mean of values that cannot leave a known range: rates of cases over trials, and paired differences."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from workbench.errors import EmptyError, InputError
from workbench.stats._interval import Interval, quantile

__all__ = ["mean_interval"]

_Array = npt.NDArray[np.float64]
_STEPS = 60
_NEAR = 1e-9


def mean_interval(values: npt.ArrayLike, *, low: float = 0.0, high: float = 1.0, level: float = 0.95) -> Interval:
    """The score interval of a mean of independent values that lie between `low` and `high`.

    It holds the means that a score test does not reject, with the variance that the values would most likely have if
    that were their mean. On zeros and ones it is Wilson's interval; on paired differences of one trial (-1, 0, 1), with
    ``low=-1``, it is Tango's. It does not shrink to nothing when all values are alike.

    Parameters
    ----------
    values
        One number for each independent unit: a case's pass rate over its trials, or its difference between two arms.
    low, high
        The range that no value can leave.
    level
        The confidence level.

    Raises
    ------
    EmptyError
        There are no values.
    InputError
        A value is not finite or lies outside the range.

    Notes
    -----
    Tango (1998), Statistics in Medicine 17, 891-908, for differences of single trials. The likelihood is extended to
    means over trials as an empirical one (Owen, 2001, "Empirical Likelihood") that may put mass on the ends of the range.

    Examples
    --------
    >>> mean_interval([1] * 18 + [0] * 2)
    Interval(0.699 to 0.972, 95%)
    >>> mean_interval([0.25, 0.5, 0.0, -0.25, 0.75, 0.5, 0.0, 0.25, 0.25, 0.0], low=-1)
    Interval(-0.115 to 0.440, 95%)
    """
    data = np.asarray(values, dtype=np.float64).ravel()
    if data.size == 0:
        msg = "an interval needs at least one value"
        raise EmptyError(msg)
    if not np.isfinite(data).all() or data.min() < low - _NEAR or data.max() > high + _NEAR:
        msg = f"every value must be a number between {low} and {high}: found {data.min()} to {data.max()}"
        raise InputError(msg)
    support, counts = np.unique(np.clip(data, low, high), return_counts=True)
    limit = quantile(level) ** 2
    upper = _upper_end(support, counts, high, limit)
    lower = low + high - _upper_end((low + high - support)[::-1], counts[::-1], high, limit)
    return Interval(float(lower), float(upper), level)


def _upper_end(support: _Array, counts: npt.NDArray[np.int64], high: float, limit: float) -> float:
    """The highest mean at which the score statistic does not exceed `limit`."""
    n = int(counts.sum())
    share = counts / n
    mean = float(share @ support)
    if mean >= high - _NEAR:
        return high
    return _root(lambda trial: _score(support, share, n, mean, trial, high) - limit, mean, high)


def _score(  # noqa: PLR0917 - the parts of one formula
    support: _Array, share: _Array, n: int, mean: float, trial: float, high: float
) -> float:
    """The squared score statistic against the mean `trial`, which lies between `mean` and `high`."""
    apart = support - trial
    room = high - trial
    if room <= 0:
        return math.inf
    if trial <= mean:
        return 0.0
    most = 1 / room
    touches = bool(apart[-1] >= room * (1 - _NEAR))

    def slope(tilt: float) -> float:
        return float((share * apart / (1 - tilt * apart)).sum())

    inner = touches or slope(most) > 0
    tilt = _root(slope, 0.0, most * (1 - 1e-12) if touches else most) if inner else most
    weight = share / (1 - tilt * apart)
    unseen = max(0.0, 1 - float(weight.sum()))  # mass that the likelihood puts on the end of the range
    variance = float(weight @ apart**2) + unseen * room**2
    return n * (mean - trial) ** 2 / variance


def _root(function: Callable[[float], float], left: float, right: float) -> float:
    """Where an increasing function crosses zero, by the Illinois rule with bisection as its safety."""
    at_left, at_right = function(left), function(right)
    if at_left >= 0:
        return left
    if at_right <= 0:
        return right
    for step in range(_STEPS):
        middle = (
            (left + right) / 2
            if not math.isfinite(at_right) or step % 4 == 3  # noqa: PLR2004 - every fourth step halves for certain
            else (left * at_right - right * at_left) / (at_right - at_left)
        )
        at = function(middle)
        if at < 0:
            left, at_left, at_right = middle, at, at_right / 2 if math.isfinite(at_right) else at_right
        else:
            right, at_right, at_left = middle, at, at_left / 2
        if at == 0 or right - left < 1e-12 * max(1.0, abs(left)):
            break
    return (left + right) / 2
