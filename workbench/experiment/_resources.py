"""What the trials took, beside what they achieved; and how scores are distributed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import polars as pl

from workbench.experiment._outcomes import MEASURES
from workbench.stats import FEWEST, score_interval

__all__ = ["distribution", "grades", "resources", "stability"]

_RESOURCES: Final = {
    "measure": pl.String(),
    "cases": pl.Int64(),
    **dict.fromkeys(
        ("baseline", "candidate", "difference", "low", "high", "ratio", "baseline_p95", "candidate_p95"), pl.Float64()
    ),
    "note": pl.String(),
}
_SHARES: Final = {"p10": 0.1, "p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9}


def resources(trials: pl.DataFrame, *, level: float) -> pl.DataFrame:
    """One row a measure that both arms have: means over cases, their paired difference, and the 95th percentile of trials."""
    rows: list[dict[str, Any]] = []
    for measure in (name for name in MEASURES if name in trials.columns):
        known = trials.filter(pl.col(measure).is_not_null()).unique(["arm", "case", "trial"], maintain_order=True)
        sides = {
            label: known.filter(pl.col("arm") == label).with_columns(pl.col(measure).cast(pl.Float64))
            for label in ("baseline", "candidate")
        }
        if any(not side.height for side in sides.values()):
            continue
        unpriced = [label for label, side in sides.items() if measure == "cost" and not (side[measure] != 0).any()]
        if len(unpriced) == 1:
            rows.append({"measure": measure, "note": f"{unpriced[0]}: every cost is 0, which means an unknown price"})
            continue
        means = [side.group_by("case").agg(pl.col(measure).mean()) for side in sides.values()]
        both = means[0].join(means[1], on="case", suffix="_b")
        if not both.height:
            continue
        a, b = both[measure].to_numpy(), both[f"{measure}_b"].to_numpy()
        row: dict[str, Any] = {
            "measure": measure,
            "cases": both.height,
            "baseline": float(a.mean()),
            "candidate": float(b.mean()),
            "difference": float((b - a).mean()),
            "ratio": float(b.mean() / a.mean()) if a.mean() else None,
            **{f"{label}_p95": side[measure].quantile(0.95, "linear") for label, side in sides.items()},
        }
        if both.height >= FEWEST:
            interval = score_interval(b - a, level=level)
            row |= {"low": interval.low, "high": interval.high}
        rows.append(row)
    return pl.DataFrame(rows, schema=_RESOURCES)


def distribution(paired: pl.DataFrame, graders: list[str]) -> pl.DataFrame:
    """One row a grader and arm: the spread of the cases' means, and how many cases lie at its ends."""
    parts = [
        paired.filter(pl.col("grader").is_in(graders))
        .group_by("grader", maintain_order=True)
        .agg(
            pl.lit(label).alias("arm"),
            pl.len().cast(pl.Int64).alias("cases"),
            pl.col(column).mean().alias("mean"),
            *[pl.col(column).quantile(share, "linear").alias(name) for name, share in _SHARES.items()],
        )
        for label, column in (("baseline", "mean_a"), ("candidate", "mean_b"))
    ]
    return pl.concat(parts).sort("grader", "arm")


_GRADES: Final = {
    **dict.fromkeys(("grader", "arm"), pl.String()),
    **dict.fromkeys(("low", "high"), pl.Float64()),
    "trials": pl.Int64(),
    "share": pl.Float64(),
}
_FEW: Final = 12  # so many different values are shown as they are


def grades(trials: pl.DataFrame, graders: list[str]) -> pl.DataFrame:
    """How the values of trials are distributed: one row a value, or a tenth of the range where there are many, and arm.

    Both arms have the same rows, so that shares can be set side by side; the values that both arms have are all counted, and the shares
    of an arm add up to one.
    """
    rows: list[dict[str, Any]] = []
    for grader in graders:
        own = trials.filter(
            (pl.col("grader") == grader) & (pl.col("status") == "completed") & pl.col("value").is_not_null()
        )
        values = own["value"].unique().sort()
        if not values.len():
            continue
        low, high = float(values[0]), float(values[-1])
        edges = [low + (high - low) * tenth / 10 for tenth in range(11)]
        bins = [(v, v) for v in values.to_list()] if values.len() <= _FEW else list(pairwise(edges))
        for arm in ("baseline", "candidate"):
            held = own.filter(pl.col("arm") == arm)["value"].to_numpy()
            for n, (start, end) in enumerate(bins):
                last = n == len(bins) - 1
                inside = (held == start) if start == end else (held >= start) & (last | (held < end))
                count = int(inside.sum())
                rows.append({
                    "grader": grader, "arm": arm, "low": start, "high": end, "trials": count,
                    "share": count / held.size if held.size else None,
                })  # fmt: skip
    return pl.DataFrame(rows, schema=_GRADES)


def stability(paired: pl.DataFrame) -> pl.DataFrame:
    """How many cases always, sometimes or never pass in each arm: `baseline`, `candidate`, `cases`."""

    def said(side: str) -> pl.Expr:
        passes, tries = pl.col(f"c_{side}"), pl.col(f"n_{side}")
        return (
            pl.when(passes == 0)
            .then(pl.lit("never"))
            .when(passes == tries)
            .then(pl.lit("always"))
            .otherwise(pl.lit("flaky"))
        )

    return (
        paired.select(said("a").alias("baseline"), said("b").alias("candidate"))
        .group_by("baseline", "candidate")
        .agg(pl.len().cast(pl.Int64).alias("cases"))
        .sort("baseline", "candidate")
    )
