"""Which cases changed, and which of the changes are within what the cases do by themselves."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from workbench.stats import flip_rate

__all__ = ["REAL", "flips"]

REAL = 0.05
"""A change that so few unchanged cases would show by themselves counts as one."""


def flips(paired: pl.DataFrame) -> tuple[pl.DataFrame, float]:
    """Every case's change, and how often two trials of the same case in the same arm disagree.

    With trials, a change is noise when at least one in twenty unchanged cases would show one as large: every case's pass
    rate is taken to come from the beta distribution that has the observed mean and flip rate (a beta-binomial model). On
    single trials nothing is known of the cases' own flipping: every change counts, and the flip rate is NaN.

    Returns
    -------
    tuple of polars.DataFrame and float
        One row a case: `case`, `baseline`, `candidate`, `change`, `baseline_trials`, `candidate_trials`, `by_chance` (how
        often an unchanged case changes as much; null on single trials), `kind` (fixed, regressed, noise, same); and the
        flip rate.
    """
    n = np.concatenate([paired["n_a"].to_numpy(), paired["n_b"].to_numpy()])
    c = np.concatenate([paired["c_a"].to_numpy(), paired["c_b"].to_numpy()])
    rate = flip_rate(n, c)
    mean = float((c / n).mean()) if n.size else math.nan
    known: dict[tuple[int, int, int], float | None] = {}

    def by_chance(row: tuple[int, int, int, int]) -> float | None:
        n_a, c_a, n_b, c_b = row
        key = (n_a, n_b, abs(c_b * n_a - c_a * n_b))
        if key not in known:
            known[key] = None if math.isnan(rate) else _chance(*key, mean=mean, rate=rate)
        return known[key]

    counts = paired.select("n_a", "c_a", "n_b", "c_b").iter_rows()
    change = pl.col("candidate") - pl.col("baseline")
    frame = paired.select(
        "case",
        pl.col("mean_a").alias("baseline"),
        pl.col("mean_b").alias("candidate"),
        change=pl.col("mean_b") - pl.col("mean_a"),
        baseline_trials="n_a",
        candidate_trials="n_b",
    ).with_columns(pl.Series("by_chance", [by_chance(row) for row in counts], dtype=pl.Float64()))
    kind = (
        pl.when(change.abs() < 1e-12)  # noqa: PLR2004 - rounding of a difference of two rates
        .then(pl.lit("same"))
        .when(pl.col("by_chance").fill_null(0.0) > REAL)
        .then(pl.lit("noise"))
        .when(change > 0)
        .then(pl.lit("fixed"))
        .otherwise(pl.lit("regressed"))
    )
    return frame.with_columns(kind.alias("kind")).sort("case"), rate


def _chance(n_a: int, n_b: int, apart: int, *, mean: float, rate: float) -> float:
    """How often an unchanged case's two rates differ by at least `apart / (n_a * n_b)`."""
    if apart == 0:
        return 1.0
    spread = 2 * mean * (1 - mean)
    if rate == 0 or spread == 0:
        return 0.0
    from scipy.special import betaln

    # Two trials of one case disagree at `spread` times one minus the correlation between them.
    correlation = min(max(1 - rate / spread, 1e-3), 1 - 1e-6)
    weight = 1 / correlation - 1
    a, b = mean * weight, (1 - mean) * weight
    i, j = np.meshgrid(np.arange(n_a + 1), np.arange(n_b + 1), indexing="ij")
    ways = np.log(_choose(n_a))[:, None] + np.log(_choose(n_b))[None, :]
    mass = np.exp(ways + betaln(a + i + j, b + n_a + n_b - i - j) - betaln(a, b))
    return float(mass[np.abs(j * n_a - i * n_b) >= apart].sum())


def _choose(n: int) -> np.ndarray:
    return np.array([math.comb(n, k) for k in range(n + 1)], dtype=np.float64)
