"""One paired difference: what it is, how sure it is, and what could have been seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench.stats import (
    FEWEST,
    Interval,
    Variance,
    cases_needed,
    components,
    mean_interval,
    minimum_detectable,
    paired_interval,
    score_interval,
    sign_flip,
)

__all__ = ["ComparisonVerdict", "Difference", "decide", "difference"]

_Array = npt.NDArray[np.float64]
ComparisonVerdict = Literal["better", "not worse", "worse", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference over cases: candidate minus baseline, each case counted once however often it was tried.

    Parameters
    ----------
    cases
        Cases with an outcome in both arms.
    baseline, candidate
        The mean over those cases in each arm: a pass rate from 0 to 1, or a score.
    difference
        Candidate minus baseline.
    baseline_interval, candidate_interval, interval
        Their intervals; None below `stats.FEWEST` cases.
    p
        The two-sided p-value of the sign-flip test over cases; on single trials that is McNemar's, mid-p.
    test
        How the p-value was computed.
    changed
        Cases whose rate differs between the arms.
    variance
        What the difference varies by, between cases and between trials; None where it cannot be known.
    trials
        The harmonic mean of the cases' trials in each arm.
    minimum_detectable
        The smallest true difference that this many cases find in four of five tries; None where it cannot be known.
    """

    cases: int
    baseline: float
    candidate: float
    difference: float
    baseline_interval: Interval | None
    candidate_interval: Interval | None
    interval: Interval | None
    p: float
    test: str
    changed: int
    variance: Variance | None
    trials: tuple[float, float]
    minimum_detectable: float | None

    @property
    def per_case(self) -> float:
        """The variance of one case's difference at the trials that were run; NaN where it cannot be known."""
        return self.variance.per_case(*self.trials) if self.variance else math.nan

    def needed(self, effect: float, *, level: float = 0.95) -> int:
        """How many cases in all find a true difference of `effect` in four of five tries."""
        return cases_needed(self.per_case, effect, level=level)


_NOTHING = Difference(
    cases=0,
    baseline=math.nan,
    candidate=math.nan,
    difference=math.nan,
    baseline_interval=None,
    candidate_interval=None,
    interval=None,
    p=1.0,
    test="none",
    changed=0,
    variance=None,
    trials=(1.0, 1.0),
    minimum_detectable=None,
)


def difference(paired: pl.DataFrame, *, level: float, seed: int) -> Difference:
    """Measure one grader's paired difference.

    Parameters
    ----------
    paired
        One row a case: graded trials `n_a`, passes `c_a`, `mean_a`, and the same for the candidate with `_b`.
    level
        The confidence level.
    seed
        The seed of a sampled test.
    """
    a, b = paired["mean_a"].to_numpy(), paired["mean_b"].to_numpy()
    n_a, n_b = paired["n_a"].to_numpy(), paired["n_b"].to_numpy()
    cases = paired.height
    if not cases:
        return _NOTHING
    apart = b - a
    tested = sign_flip(apart, seed=seed)
    trials = (float(1 / (1 / n_a).mean()), float(1 / (1 / n_b).mean()))
    ends: list[Interval | None] = [None, None, None]
    variance, smallest = None, None
    bounded = bool(min(a.min(), b.min()) >= 0 and max(a.max(), b.max()) <= 1)
    if cases >= FEWEST:
        if bounded:
            ends = [mean_interval(a, level=level), mean_interval(b, level=level), paired_interval(apart, level=level)]
        else:
            ends = [score_interval(x, level=level) for x in (a, b, apart)]
        variance = _variance(paired, apart)
        smallest = minimum_detectable(variance.per_case(*trials), cases, level=level)
    return Difference(
        cases=cases,
        baseline=float(a.mean()),
        candidate=float(b.mean()),
        difference=float(apart.mean()),
        baseline_interval=ends[0],
        candidate_interval=ends[1],
        interval=ends[2],
        p=tested.p,
        test=tested.method,
        changed=tested.informative,
        variance=variance,
        trials=trials,
        minimum_detectable=smallest,
    )


def _variance(paired: pl.DataFrame, apart: _Array) -> Variance:
    """The components of the difference's variance; where nothing changed, what two imagined changes would show."""
    a, b = paired["mean_a"].to_numpy(), paired["mean_b"].to_numpy()
    n_a, n_b = paired["n_a"].to_numpy(), paired["n_b"].to_numpy()
    binary = np.allclose(a * n_a, paired["c_a"].to_numpy()) and np.allclose(b * n_b, paired["c_b"].to_numpy())
    if not apart.any():
        return Variance(2 / (apart.size + 2), 0.0, 0.0)
    return components(a, b, n_a, n_b) if binary else Variance(float(apart.var(ddof=1)), 0.0, 0.0)


def decide(found: Difference, margin: float | None, level: float) -> ComparisonVerdict:
    """What the interval and the test together allow to say."""
    if found.interval is None:
        return "cannot tell"
    significant = found.p <= 1 - level
    if found.interval.low > 0 and significant:
        return "better"
    if margin is not None and found.interval.low > -margin:
        return "not worse"
    if found.interval.high < 0 and significant:
        return "worse"
    return "cannot tell"
