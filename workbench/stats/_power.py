"""How much a set of cases can see, before it is run and after."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.errors import EmptyError, InputError
from workbench.stats._interval import quantile
from workbench.stats._scipy import binomial_below, binomial_mass

__all__ = ["Variance", "cases_needed", "components", "minimum_detectable", "paired_power"]


@dataclass(frozen=True, slots=True)
class Variance:
    """What a paired difference between two arms varies by.

    Parameters
    ----------
    between
        ω², the variance of the cases' true differences.
    baseline, candidate
        The mean variance of one trial within a case, in each arm. Zero where every case was tried once: then `between`
        holds all of it.
    """

    between: float
    baseline: float
    candidate: float

    def per_case(self, trials: float, candidate_trials: float | None = None) -> float:
        """The variance of one case's difference of means over so many trials in each arm."""
        return self.between + self.baseline / trials + self.candidate / (candidate_trials or trials)


def components(
    baseline: npt.ArrayLike, candidate: npt.ArrayLike, baseline_trials: npt.ArrayLike, candidate_trials: npt.ArrayLike
) -> Variance:
    """Split the variance of paired differences into that between cases and that between trials of a case.

    Parameters
    ----------
    baseline, candidate
        Each case's pass rate in each arm, 0 to 1.
    baseline_trials, candidate_trials
        Each case's number of trials in each arm.

    Raises
    ------
    EmptyError
        There are fewer than two cases.

    Notes
    -----
    Miller (2024), "Adding Error Bars to Evals", section 3: the variance of a mean over K trials is ω² + σ²/K.

    Examples
    --------
    >>> components([0.5, 0.5, 0.5], [1.0, 0.5, 1.0], [4, 4, 4], [4, 4, 4]).baseline
    0.3333333333333333
    """
    a, b = np.asarray(baseline, dtype=np.float64), np.asarray(candidate, dtype=np.float64)
    n_a, n_b = np.asarray(baseline_trials, dtype=np.float64), np.asarray(candidate_trials, dtype=np.float64)
    if a.size < 2:  # noqa: PLR2004 - a variance
        msg = f"a variance between cases needs at least 2 cases, not {a.size}"
        raise EmptyError(msg)

    def within(rate: npt.NDArray[np.float64], n: npt.NDArray[np.float64]) -> float:
        many = n > 1
        return float((rate * (1 - rate) * n / (n - 1 + ~many))[many].mean()) if many.any() else 0.0

    sigma_a, sigma_b = within(a, n_a), within(b, n_b)
    total = float((b - a).var(ddof=1))
    noise = sigma_a * float((1 / n_a).mean()) + sigma_b * float((1 / n_b).mean())
    return Variance(max(0.0, total - noise), sigma_a, sigma_b)


def minimum_detectable(variance: float, cases: int, *, level: float = 0.95, power: float = 0.8) -> float:
    """The smallest true difference that this many cases find with the chance `power`.

    Parameters
    ----------
    variance
        The variance of one case's difference, as `Variance.per_case` gives it.
    cases
        How many cases there are.
    level
        The confidence level of the interval that has to leave out zero.
    power
        The chance of finding it.

    Raises
    ------
    EmptyError
        There are no cases.

    Notes
    -----
    Miller (2024), section 5, solved for the difference.

    Examples
    --------
    >>> round(minimum_detectable(0.15, 400), 3)
    0.054
    """
    if cases <= 0:
        msg = "without cases nothing can be seen"
        raise EmptyError(msg)
    return _factor(level, power) * math.sqrt(variance / cases)


def cases_needed(variance: float, effect: float, *, level: float = 0.95, power: float = 0.8) -> int:
    """How many cases find a true difference of `effect` with the chance `power`.

    Parameters
    ----------
    variance
        The variance of one case's difference, as `Variance.per_case` gives it.
    effect
        The true difference, in the units of the rate; its sign does not matter.
    level
        The confidence level of the interval that has to leave out zero.
    power
        The chance of finding it.

    Raises
    ------
    InputError
        The effect is zero: no number of cases finds it.

    Notes
    -----
    Miller (2024), section 5: ``(z_{alpha/2} + z_beta)² (omega² + s_A²/K_A + s_B²/K_B) / delta²``.

    Examples
    --------
    >>> cases_needed(0.15, 0.05)
    471
    """
    if effect == 0:
        msg = "no number of cases finds a difference of zero: give the smallest difference that matters"
        raise InputError(msg)
    return max(1, math.ceil(_factor(level, power) ** 2 * variance / effect**2))


def _factor(level: float, power: float) -> float:
    return quantile(level) + quantile(2 * power - 1) if power > 0.5 else quantile(level)  # noqa: PLR2004 - even odds


def paired_power(cases: int, fixed: float, regressed: float, *, level: float = 0.95, mid: bool = True) -> float:
    """The exact chance that McNemar's test finds a change when each case is tried once.

    Parameters
    ----------
    cases
        How many cases there are.
    fixed, regressed
        The share of all cases that the change truly fixes, and breaks.
    level
        One minus the error that is allowed.
    mid
        Whether the test is the mid-p one, as `compare` uses, or the strictly exact one.

    Raises
    ------
    InputError
        The shares do not lie between 0 and 1, or add up to more than 1.

    Examples
    --------
    >>> round(paired_power(400, 0.10, 0.05, mid=False), 2)
    0.7
    """
    changed = fixed + regressed
    if min(fixed, regressed) < 0 or changed > 1:
        msg = f"the shares of fixed ({fixed}) and regressed ({regressed}) cases lie between 0 and 1 together"
        raise InputError(msg)
    if changed == 0 or cases <= 0:
        return 0.0
    discordant = np.arange(cases + 1)
    likely = binomial_mass(discordant, cases, changed)
    power = 0.0
    for m in np.flatnonzero(likely > 1e-12).tolist():  # noqa: PLR2004 - what adds nothing to the sum
        k = np.arange(m // 2 + 1)
        tail = 2 * binomial_below(k, m, 0.5) - (binomial_mass(k, m, 0.5) if mid else 0.0)
        rejecting = int((tail <= 1 - level).sum())  # counts 0 … rejecting - 1 of the rarer direction
        if rejecting and m:
            won = binomial_below(rejecting - 1, m, regressed / changed) + binomial_below(
                rejecting - 1, m, fixed / changed
            )
            power += float(likely[m] * won)
    return power
