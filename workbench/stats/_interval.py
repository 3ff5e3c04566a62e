"""An interval with its confidence level, and the normal quantile that intervals are made of."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

from workbench.errors import InputError

__all__ = ["Interval", "quantile"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A range that holds the true value in `level` of repeated studies.

    Parameters
    ----------
    low, high
        The ends, in the units of what was estimated.
    level
        The confidence level, between 0 and 1.

    Examples
    --------
    >>> Interval(0.1, 0.3)
    Interval(0.100 to 0.300, 95%)
    >>> 0.2 in Interval(0.1, 0.3)
    True
    """

    low: float
    high: float
    level: float = 0.95

    def __contains__(self, value: float) -> bool:
        """Whether `value` lies within the ends, the ends included."""
        return self.low <= value <= self.high

    def __repr__(self) -> str:
        return f"Interval({self.low:.3f} to {self.high:.3f}, {self.level:.0%})"

    @property
    def width(self) -> float:
        """How far apart the ends are."""
        return self.high - self.low


def quantile(level: float) -> float:
    """The standard normal quantile of a two-sided interval at `level`.

    Raises
    ------
    InputError
        The level does not lie between 0 and 1.

    Examples
    --------
    >>> round(quantile(0.95), 3)
    1.96
    """
    if not 0 < level < 1:
        msg = (
            f"a confidence level lies between 0 and 1, not {level}: did you mean {level / 100 if level > 1 else 0.95}?"
        )
        raise InputError(msg)
    return NormalDist().inv_cdf((1 + level) / 2)
