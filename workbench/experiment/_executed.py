"""Finished trials as rows that can be kept, and an experiment made of such rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from workbench.experiment._attempt import GraderLike, Trial
from workbench.experiment._experiment import Experiment
from workbench.schema import OUTCOMES, RESULTS, TRIALS, conform

__all__ = ["OUTSIDE", "executed", "result_rows", "trial_rows"]

_MEASURES: Final = ("seconds", "cost", "input_tokens", "output_tokens", "replayed", "unrecorded")
OUTSIDE: Final = 0.25
"""A trial of which the recorded world could not answer more than this share of the calls is undecidable: neither a pass nor a failure."""

_LEFT: Final = "of trials that left the recorded world by a call that was never recorded"
_UNDECIDABLE: Final = (
    f"of trials that are undecidable: the recorded world could not answer more than {OUTSIDE:.0%} of their calls"
)


def trial_rows(trial: Trial, *, trial_id: str | None = None) -> list[dict[str, Any]]:
    """A trial as its row of TRIALS."""
    loop = trial.loop
    return [
        {
            "trial_id": trial_id or f"{trial.case}/{trial.trial}",
            "case": trial.case,
            "trial": trial.trial,
            "status": trial.status,
            "session_id": trial.session_id or (loop.session_id if loop is not None else None),
            "seconds": trial.seconds,
            "cost": trial.cost,
            "error": trial.error,
            "input_tokens": trial.input_tokens,
            "output_tokens": trial.output_tokens,
            "replayed": trial.replayed,
            "unrecorded": trial.unrecorded,
        }
    ]


def result_rows(trial: Trial, graders: Sequence[GraderLike], *, trial_id: str | None = None) -> list[dict[str, Any]]:
    """A trial's rows of RESULTS; none where the agent gave no answer."""
    key = trial_id or f"{trial.case}/{trial.trial}"
    return [
        {
            "result_id": f"{key}/{each.name}",
            "trial_id": key,
            "grader": each.name,
            "grader_version": f"{each.version} ({each.fingerprint})",
            "criterion": each.criterion,
            "value": said.value,
            "passed": said.passed,
            "reason": said.reason,
            "evidence": said.evidence,
            "error": said.error,
        }
        for each, said in zip(graders, trial.results, strict=False)
    ]


def executed(
    name: str,
    *,
    trials: Any,
    results: Any,
    graders: Sequence[str],
    cases: pl.DataFrame,
    metadata: Mapping[str, Any],
    counted: Mapping[str, int] | None = None,
) -> Experiment:
    """An experiment of the rows that its trials left.

    Parameters
    ----------
    name
        The experiment's name.
    trials, results
        Rows of TRIALS and RESULTS; of several for one case and trial the last counts.
    graders
        The graders' names: a trial without an answer is errored for each.
    cases
        One row a case with its attributes.
    metadata
        What was tried.
    counted
        What has to be said about rows, by reason.

    Returns
    -------
    Experiment
        One outcome a case, trial and grader.
    """
    tried = conform(trials, TRIALS, what="trials").unique(["case", "trial"], keep="last", maintain_order=True)
    said = conform(results, RESULTS, what="results").select(
        "trial_id", "grader", "value", "passed", pl.col("error").alias("crash")
    )
    expected = tried.join(pl.DataFrame({"grader": list(graders)}, schema={"grader": pl.String()}), how="cross")
    joined = expected.join(said, on=["trial_id", "grader"], how="left", maintain_order="left", coalesce=True)
    calls = pl.col("unrecorded") + pl.col("replayed")
    outside = (pl.col("unrecorded") > OUTSIDE * calls).fill_null(value=False)
    status = (
        pl.when((pl.col("status") == "errored") | pl.col("crash").is_not_null())
        .then(pl.lit("errored"))
        .when(outside)
        .then(pl.lit("undecidable"))
        .when(pl.col("value").is_null() & pl.col("passed").is_null())
        .then(pl.lit("inapplicable"))
        .otherwise(pl.lit("completed"))
    )
    rows = joined.with_columns(
        status.alias("status"),
        pl.when(~outside).then(pl.col("value")).alias("value"),
        pl.when(~outside).then(pl.col("passed")).alias("passed"),
    ).select(*OUTCOMES, *_MEASURES, pl.coalesce("crash", "error").alias("error"))
    left = {
        _LEFT: tried.filter(pl.col("unrecorded") > 0).height,
        _UNDECIDABLE: tried.filter(outside & (pl.col("status") == "completed")).height,
    }
    return Experiment(
        name, rows, cases, dict(metadata), {why: n for why, n in {**(counted or {}), **left}.items() if n}
    )
