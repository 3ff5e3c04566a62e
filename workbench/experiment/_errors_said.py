"""What went wrong most often, in one clause."""

from __future__ import annotations

import polars as pl

from workbench.experiment._say import count, named

__all__ = ["went_wrong"]

_LONGEST = 160


def went_wrong(outcomes: pl.DataFrame) -> str | None:
    """How many trials errored and their commonest error, an agent's or a grader's; None where no error is told.

    Parameters
    ----------
    outcomes
        One row a case, trial and grader, with `status` and where it is known `error`.
    """
    if "error" not in outcomes.columns:
        return None
    rows = outcomes.filter((pl.col("status") == "errored") & pl.col("error").is_not_null())
    if not rows.height:
        return None
    trial = pl.struct("case", "trial")
    most = (
        rows.group_by("error")
        .agg(trial.n_unique().alias("trials"), pl.col("grader").unique().sort().alias("graders"))
        .sort("trials", "error", descending=[True, False])
        .row(0, named=True)
    )
    said = named([most["error"]])
    said = said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
    # An agent's own error stands for every grader; a grader's crash for that grader alone.
    crashed = f" (grader {named(most['graders'])})" if len(most["graders"]) < outcomes["grader"].n_unique() else ""
    errored = rows.select(trial.n_unique()).item()
    often = "" if most["trials"] == errored else f" ({most['trials']:,} times)"
    return f"{errored:,} of {count(outcomes.select(trial.n_unique()).item(), 'trial')} errored{', most often' if often else ''}: {said}{crashed}{often}"
