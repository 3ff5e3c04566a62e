"""Every case in every run: what came of it over time, and why a number moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from workbench._html import panel, table
from workbench._words import readable
from workbench.errors import EmptyError
from workbench.experiment._arms import align, deciding, overall, per_case
from workbench.experiment._experiment import Experiment
from workbench.experiment._flips import flips
from workbench.experiment._outcomes import read
from workbench.experiment._say import count, percent

__all__ = ["History", "history"]

_RUNS: Final = {
    "experiment": pl.String(),
    "created_at": pl.Datetime("us", "UTC"),
    "dataset_version": pl.Int64(),
    "cases": pl.Int64(),
    "trials": pl.Int64(),
    "rate": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "shared": pl.Int64(),
    "were_failing": pl.Int64(),
    "fixed": pl.Int64(),
    "regressed": pl.Int64(),
    "improvement": pl.Float64(),
    "changed": pl.String(),
    "partial": pl.String(),
}
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True, repr=False)
class History:
    """Runs of the same cases over time.

    Parameters
    ----------
    runs
        One row an experiment, oldest first: how many cases and trials, `rate` with `low` and `high`; against the last run before that has
        outcomes, on the
        `shared` cases: how many `were_failing`, `fixed`, `regressed`, `improvement` (fixed of those failing), and what `changed` (agent,
        dataset, graders, cases; "nothing: noise" where all are the same); `partial` says what a part of the cases cannot show.
    cases
        One row a case: `runs`, `trials`, `passes`, `rate`, `stability` over all its trials (always, never, flaky), `now` in its
        latest run, `flips` from run to run, and its `course`: the rate in each run, null where it was not tried.
    scores
        One row a run, case, trial and grader: every score that was ever given.
    sentence
        What there is to know first.
    """

    runs: pl.DataFrame
    cases: pl.DataFrame
    scores: pl.DataFrame
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """One row an experiment."""
        return self.runs

    @property
    def shown(self) -> pl.DataFrame:
        """`runs` as people read it: rates in percent with their intervals, times to the minute."""
        said = readable(self.runs, {"rate": percent, "improvement": percent}, interval="rate")
        return said.drop("partial", "were_failing").with_columns(pl.col("created_at").dt.strftime("%Y-%m-%d %H:%M"))

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        unsteady = self.cases.filter(pl.col("flips") > 0).sort("flips", "case", descending=[True, False])
        body = table(self.shown) + (
            table(readable(unsteady.drop("course"), {"rate": percent})) if unsteady.height else ""
        )
        return panel(self.sentence, body, notes=[note for note in self.runs["partial"].to_list() if note])


def history(experiments: Sequence[Experiment]) -> History:
    """Set experiments on the same cases in a row, oldest first.

    Parameters
    ----------
    experiments
        As they were run; a trial passes when all graders that apply pass.

    Returns
    -------
    History
        By run, by case, and every score.

    Raises
    ------
    EmptyError
        There is none.

    Examples
    --------
    >>> runs = [Experiment(n, pl.DataFrame({"case": ["a", "b"], "passed": p})) for n, p in (("v1", [True, False]), ("v2", [True, True]))]
    >>> history(runs).cases.select("case", "stability", "now", "flips").rows()
    [('a', 'always', 'always', 0), ('b', 'flaky', 'always', 1)]
    """
    if not experiments:
        msg = "there is no experiment yet: run one with ws.experiment(…)"
        raise EmptyError(msg)
    rows: list[dict[str, Any]] = []
    rates: list[pl.DataFrame] = []
    before: Experiment | None = None
    for place, each in enumerate(experiments):
        graded = per_case(overall(deciding(read(each.outcomes, what=each.name)), None)).filter(pl.col("n") > 0)
        rates.append(graded.select("case", "n", "c", "mean", pl.lit(place).alias("place")))
        rows.append(_run(each, before))
        before = each if graded.height else before
    runs = pl.DataFrame(rows, schema=_RUNS)
    cases = _cases(pl.concat(rates), len(experiments))
    scores = pl.concat(
        [each.outcomes.select(pl.lit(each.name).alias("experiment"), pl.all()) for each in experiments],
        how="diagonal_relaxed",
    )
    return History(runs, cases, scores, _sentence(runs, cases))


def _run(now: Experiment, before: Experiment | None) -> dict[str, Any]:
    per = now.per_case
    known = per.height > 0
    interval = now.interval if known else None
    row: dict[str, Any] = {
        "experiment": now.name,
        "created_at": now.metadata.get("created_at"),
        "dataset_version": now.metadata.get("dataset_version"),
        "cases": per.height,
        "trials": int(per["trials"].sum()),
        "rate": now.pass_rate if known else None,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "partial": now.metadata.get("partial") or None,
    }
    if before is None or not known:
        return row
    row["changed"] = _changed(now, before)
    try:
        pair = align(read(before.outcomes, what=before.name), read(now.outcomes, what=now.name), None)
    except EmptyError:  # no case or no grader in common
        return row | {"shared": 0}
    shared = pair.paired.filter(pl.col("grader") == pair.headline)
    found = flips(shared)
    failing = shared.filter(pl.col("mean_a") < _HALF).height
    fixed = found.count("fixed")
    return row | {
        "shared": shared.height,
        "were_failing": failing,
        "fixed": fixed,
        "regressed": found.count("regressed"),
        "improvement": min(1.0, fixed / failing) if failing else None,
    }


def _changed(now: Experiment, before: Experiment) -> str:
    a, b = before.metadata, now.metadata
    said = [
        word
        for key, word in (("variant", "agent"), ("dataset_hash", "dataset"), ("graders", "graders"))
        if a.get(key) != b.get(key)
    ]
    if set(now.per_case["case"].to_list()) != set(before.per_case["case"].to_list()):
        said.append("cases")
    return ", ".join(said) or "nothing: noise"


def _cases(rates: pl.DataFrame, runs: int) -> pl.DataFrame:
    ordered = rates.sort("case", "place")
    up = pl.col("mean") >= _HALF
    told = ordered.group_by("case", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("runs"),
        pl.col("n").sum().alias("trials"),
        pl.col("c").sum().alias("passes"),
        (pl.col("c").sum() / pl.col("n").sum()).alias("rate"),
        _stability(pl.col("c").sum(), pl.col("n").sum()).alias("stability"),
        _stability(pl.col("c").last(), pl.col("n").last()).alias("now"),
        (up != up.shift(1)).sum().cast(pl.Int64).alias("flips"),
    )
    known = {(case, place): mean for case, place, mean in ordered.select("case", "place", "mean").iter_rows()}
    course = [[known.get((case, place)) for place in range(runs)] for case in told["case"].to_list()]
    return told.with_columns(pl.Series("course", course, dtype=pl.List(pl.Float64())))


def _stability(passes: pl.Expr, trials: pl.Expr) -> pl.Expr:
    return (
        pl.when(passes == trials)
        .then(pl.lit("always"))
        .when(passes == 0)
        .then(pl.lit("never"))
        .otherwise(pl.lit("flaky"))
    )


def _sentence(runs: pl.DataFrame, cases: pl.DataFrame) -> str:
    counts = dict(cases["stability"].value_counts().rows())
    by = ", ".join(
        f"{counts.get(kind, 0):,} {word}"
        for kind, word in (("always", "always pass"), ("never", "never pass"), ("flaky", "are flaky"))
    )
    said = f"{count(runs.height, 'run')} of {count(cases.height, 'case')}: over all trials {by}."
    last = runs.row(-1, named=True)
    if last["rate"] is not None:
        said += f" {last['experiment']} passes {percent(last['rate'])}"
        if last["shared"]:
            told = runs.with_row_index("place").filter(pl.col("rate").is_not_null())
            place, name = told.select("place", "experiment").row(-2)
            before = "the run before" if place == runs.height - 2 else f"{name}, the last run before with outcomes"
            said += f", {last['fixed']:,} fixed and {last['regressed']:,} regressed against {before} (changed: {last['changed']})"
        said += "."
    full = runs.filter(pl.col("partial").is_null())
    if not full.height:
        return said + " No run was on the full set: what the others broke elsewhere is unseen."
    if last["partial"]:
        at = full.row(-1, named=True)
        when = f" on {at['created_at']:%Y-%m-%d}" if at["created_at"] else ""
        said += f" The last full run was {at['experiment']}{when}; since then a part of the cases was run."
    return said
