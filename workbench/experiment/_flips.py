"""Which cases changed, and which of the changes are within what the cases do by themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.experiment._scipy import log_beta
from workbench.stats import flip_rate

__all__ = ["REAL", "Flips", "flips"]

REAL = 0.05
"""A change that no more than this share of unchanged cases would show by themselves counts as one."""


@dataclass(frozen=True, slots=True)
class Flips:
    """Every case's change.

    Parameters
    ----------
    frame
        One row a case: `case`, `baseline`, `candidate`, `change`, `baseline_trials`, `candidate_trials`, `by_chance` (how
        often an unchanged case changes as much; null on single trials), `kind` (fixed, regressed, noise, same).
    rate
        How often two trials of one case in one arm disagree; NaN on single trials.
    expected
        How many cases would be called fixed or regressed if none had changed; NaN on single trials.
    """

    frame: pl.DataFrame
    rate: float
    expected: float

    def count(self, kind: str) -> int:
        """How many cases are of a kind."""
        return self.frame.filter(pl.col("kind") == kind).height


def flips(paired: pl.DataFrame) -> Flips:
    """Tell the cases that changed from those that flipped by themselves.

    With trials, a change is noise when more than one in twenty unchanged cases would show one as large: every case's pass
    rate is taken to come from the beta distribution that has the observed mean and flip rate (a beta-binomial model). On
    single trials nothing is known of the cases' own flipping, and every change counts.
    """
    n = np.concatenate([paired["n_a"].to_numpy(), paired["n_b"].to_numpy()])
    c = np.concatenate([paired["c_a"].to_numpy(), paired["c_b"].to_numpy()])
    rate = flip_rate(n, c)
    mean = float((c / n).mean()) if n.size else math.nan
    known: dict[tuple[int, int], dict[int, float]] = {}
    chances: list[float | None] = []
    expected = 0.0
    for n_a, c_a, n_b, c_b in paired.select("n_a", "c_a", "n_b", "c_b").iter_rows():
        if math.isnan(rate):
            chances.append(None)
            continue
        if (n_a, n_b) not in known:
            known[n_a, n_b] = _tails(n_a, n_b, mean=mean, rate=rate)
        tails = known[n_a, n_b]
        chances.append(tails[abs(c_b * n_a - c_a * n_b)])
        expected += max((tail for tail in tails.values() if tail <= REAL), default=0.0)
    change = pl.col("change")
    frame = paired.select(
        "case",
        pl.col("mean_a").alias("baseline"),
        pl.col("mean_b").alias("candidate"),
        (pl.col("mean_b") - pl.col("mean_a")).alias("change"),
        pl.col("n_a").alias("baseline_trials"),
        pl.col("n_b").alias("candidate_trials"),
        pl.Series("by_chance", chances, dtype=pl.Float64()),
    )
    kind = (
        pl.when(change.abs() < 1e-12)  # noqa: PLR2004 - rounding of a difference of two rates
        .then(pl.lit("same"))
        .when(pl.col("by_chance").fill_null(0.0) > REAL)
        .then(pl.lit("noise"))
        .when(change > 0)
        .then(pl.lit("fixed"))
        .otherwise(pl.lit("regressed"))
    )
    return Flips(frame.with_columns(kind.alias("kind")).sort("case"), rate, math.nan if math.isnan(rate) else expected)


def _tails(n_a: int, n_b: int, *, mean: float, rate: float) -> dict[int, float]:
    """How often an unchanged case's two rates differ by at least ``key / (n_a * n_b)``, for every difference there can be."""
    i, j = np.meshgrid(np.arange(n_a + 1), np.arange(n_b + 1), indexing="ij")
    apart = np.abs(j * n_a - i * n_b)
    spread = 2 * mean * (1 - mean)
    if rate == 0 or spread == 0:
        return {int(size): float(size == 0) for size in np.unique(apart)}
    # Two trials of one case disagree at `spread` times one minus the correlation between them.
    correlation = min(max(1 - rate / spread, 1e-3), 1 - 1e-6)
    weight = 1 / correlation - 1
    a, b = mean * weight, (1 - mean) * weight
    ways = np.log([[float(math.comb(n_a, x) * math.comb(n_b, y)) for y in range(n_b + 1)] for x in range(n_a + 1)])
    mass = np.exp(ways + log_beta(a + i + j, b + n_a + n_b - i - j) - log_beta(a, b))
    return {int(size): float(mass[apart >= size].sum()) for size in np.unique(apart)}
