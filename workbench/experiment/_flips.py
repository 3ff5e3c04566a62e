"""Which cases changed, and which of the changes are within what the cases do by themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from workbench.experiment._say import count, percent
from workbench.experiment._scipy import log_beta
from workbench.stats import FEWEST, flip_rate

__all__ = ["REAL", "Flips", "changed_cases", "flips", "measured_flip_rate", "telling_sessions"]

REAL = 0.05
"""A change that no more than this share of unchanged cases would show by themselves counts as one."""


@dataclass(frozen=True, slots=True)
class Flips:
    """Every case's change.

    Parameters
    ----------
    frame
        One row a case: `case`, `baseline`, `candidate`, `change`, `baseline_trials`, `candidate_trials`, `by_chance` (how
        often an unchanged case changes as much; null on single trials of a grader whose flip rate is not known), `kind` (fixed,
        regressed, noise, same), `within` (of noise: "grader" where the grader's own flip rate explains it, else "agent").
    rate
        How often two trials of one case in one arm disagree; NaN on single trials.
    expected
        How many cases would be called fixed or regressed if none had changed; NaN on single trials.
    grader
        How often the grader contradicts itself on one trial; None where nobody knows.
    """

    frame: pl.DataFrame
    rate: float
    expected: float
    grader: float | None = None

    def count(self, kind: str) -> int:
        """How many cases are of a kind."""
        return self.frame.filter(pl.col("kind") == kind).height


def flips(paired: pl.DataFrame, grader: float | None = None) -> Flips:
    """Tell the cases that changed from those that flipped by themselves.

    With trials, a change is noise when more than one in twenty unchanged cases would show one as large: every case's pass
    rate is taken to come from the beta distribution that has the observed mean and flip rate (a beta-binomial model). On
    single trials nothing is known of the cases' own flipping, and every change counts that the grader's own does not explain.
    """
    n = np.concatenate([paired["n_a"].to_numpy(), paired["n_b"].to_numpy()])
    c = np.concatenate([paired["c_a"].to_numpy(), paired["c_b"].to_numpy()])
    rate = flip_rate(n, c)
    mean = float((c / n).mean()) if n.size else math.nan
    agents: dict[tuple[int, int], dict[int, float]] = {}
    graders: dict[tuple[int, int], dict[int, float]] = {}
    chances: list[float | None] = []
    within: list[str | None] = []
    expected = 0.0
    for n_a, c_a, n_b, c_b in paired.select("n_a", "c_a", "n_b", "c_b").iter_rows():
        trials, size = (n_a, n_b), abs(c_b * n_a - c_a * n_b)
        if grader is not None and trials not in graders:
            graders[trials] = _grader_tails(n_a, n_b, grader)
        if not math.isnan(rate) and trials not in agents:
            agents[trials] = _tails(n_a, n_b, mean=mean, rate=rate)
        told = [known[trials][size] for known in (graders, agents) if trials in known]
        chances.append(max(told, default=None))
        by_grader = grader is not None and graders[trials][size] > REAL
        within.append("grader" if by_grader else "agent")
        if told:
            tails = agents.get(trials, graders.get(trials, {}))
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
        pl.Series("within", within, dtype=pl.String()),
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
    told = frame.with_columns(kind.alias("kind")).with_columns(
        pl.when(pl.col("kind") == "noise").then(pl.col("within")).alias("within")
    )
    return Flips(told.sort("case"), rate, math.nan if math.isnan(rate) else expected, grader)


def measured_flip_rate(regraded: pl.DataFrame, grader: str) -> tuple[float | None, list[str]]:
    """How often a grader contradicted itself on trials that it graded more than once, and a sentence on it; None where that is not known.

    Gradings that never contradict one another may be one grading that was exported twice: of those nothing is said.
    """
    own = regraded.filter(pl.col("grader") == grader)
    against = own.filter((pl.col("c") > 0) & (pl.col("c") < pl.col("n"))).height
    if not against:
        return None, []
    said = f"{grader!r} graded {count(own.height, 'trial')} more than once and contradicted itself on {against:,}"
    if own.height < FEWEST:
        few = f"its flip rate needs {FEWEST} such trials, {FEWEST - own.height} more."
        return None, [f"{said}: those trials count neither way; {few}"]
    rate = min(flip_rate(own["n"].to_numpy(), own["c"].to_numpy()), 0.5)
    return rate, [f"{said}, a flip rate of {percent(rate)}: changes that it explains are called noise."]


def _grader_tails(n_a: int, n_b: int, rate: float) -> dict[int, float]:
    """How often two rates of a case that always does the same differ by at least so much, by the grader's contradictions alone."""
    # Two gradings of one trial disagree at 2 e (1 - e), where e is how often either is wrong.
    wrong = (1 - math.sqrt(max(0.0, 1 - 2 * min(rate, 0.5)))) / 2
    i, j = np.meshgrid(np.arange(n_a + 1), np.arange(n_b + 1), indexing="ij")
    apart = np.abs(j * n_a - i * n_b)
    first, second = (
        np.array([math.comb(n, k) * wrong**k * (1 - wrong) ** (n - k) for k in range(n + 1)]) for n in (n_a, n_b)
    )
    mass = first[:, None] * second[None, :]
    return {int(size): float(mass[apart >= size].sum()) for size in np.unique(apart)}


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


_CHANGED = {
    "case": pl.String(),
    "kind": pl.String(),
    "graders": pl.List(pl.String()),
    "baseline": pl.Float64(),
    "candidate": pl.Float64(),
    "by_chance": pl.Float64(),
    "baseline_sessions": pl.List(pl.String()),
    "candidate_sessions": pl.List(pl.String()),
}


def changed_cases(frame: pl.DataFrame, trials: pl.DataFrame, headline: str) -> pl.DataFrame:
    """The cases of `frame` that changed, with the graders that moved the same way and the sessions that show it."""
    moved = frame.filter(pl.col("kind").is_in(["fixed", "regressed"])).sort(
        ["kind", "by_chance", "case"], descending=[True, False, False]
    )
    rows: list[dict[str, object]] = []
    held = trials.filter(pl.col("case").is_in(moved["case"].to_list())).partition_by("case", as_dict=True)
    for row in moved.iter_rows(named=True):
        own = held[row["case"],]
        means = own.filter(pl.col("passed").is_not_null()).group_by("grader", "arm").agg(pl.col("passed").mean())
        sides = [
            dict(means.filter(pl.col("arm") == arm).select("grader", "passed").rows())
            for arm in ("baseline", "candidate")
        ]
        up = row["change"] > 0
        graders = [
            g
            for g in sorted(sides[0].keys() & sides[1].keys())
            if (sides[1][g] > sides[0][g]) == up and sides[1][g] != sides[0][g]
        ]
        first, second = telling_sessions(own, headline)
        rows.append({
            **{name: row[name] for name in ("case", "kind", "baseline", "candidate", "by_chance")},
            "graders": [name for name in graders if name != headline] or graders,
            "baseline_sessions": first, "candidate_sessions": second,
        })  # fmt: skip
    return pl.DataFrame(rows, schema=_CHANGED)


def telling_sessions(rows: pl.DataFrame, headline: str) -> tuple[list[str], list[str]]:
    """The sessions of one case in both arms; first those that show what changed: passing where its arm did better."""
    own = rows.filter(pl.col("grader") == headline)
    means = [own.filter(pl.col("arm") == arm)["passed"].mean() for arm in ("baseline", "candidate")]
    better = "baseline" if float(means[0] or 0.0) > float(means[1] or 0.0) else "candidate"  # pyright: ignore[reportArgumentType]
    told: list[list[str]] = []
    for arm in ("baseline", "candidate"):
        order = (pl.col("passed") == (arm == better)).fill_null(value=False)
        ordered = own.filter(pl.col("arm") == arm).sort([order, "trial"], descending=[True, False])
        told.append(ordered["session_id"].drop_nulls().unique(maintain_order=True).to_list())
    return told[0], told[1]
