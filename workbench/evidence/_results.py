"""What graders and exported scores say of each session: the outcomes that comparisons are made of."""

from __future__ import annotations

from typing import Any

import polars as pl

from workbench.evidence._said import about

__all__ = ["results"]

_STATUSES = ("errored", "inapplicable")  # what graders write in place of a value


def results(sessions: Any, scores: Any, annotations: Any, *, steps: Any = None) -> pl.DataFrame:
    """One row a session and grader or exported score; what users and reviewers said is not among them.

    Parameters
    ----------
    sessions
        SESSIONS rows.
    scores
        SCORES rows that came with the export, or None.
    annotations
        ANNOTATIONS rows, or None.
    steps
        STEPS or SPANS rows: which session a trace belongs to, where scores speak of spans or traces.

    Returns
    -------
    polars.DataFrame
        ``session_id, grader, value, passed, status, error``: `status` is completed, errored where the grader crashed (`error` says
        how) or inapplicable.

    Examples
    --------
    >>> from workbench import evidence
    >>> scores = [{"target_kind": "session", "target_id": "a", "name": "reward", "value_number": 1.0, "author_kind": "code"}]
    >>> evidence.results([{"session_id": "a"}], scores, None).row(0)
    ('a', 'reward', 1.0, None, 'completed', None)
    """
    _, said = about(sessions, scores, annotations, steps)
    without = pl.col("value_text").is_in(_STATUSES) & ~pl.col("exported")
    status = pl.when(without.fill_null(value=False)).then("value_text").otherwise(pl.lit("completed"))
    return (
        said.frame.filter(pl.col("author_kind").is_in(["code", "model"]))
        .select(
            "session_id",
            grader="name",
            value=pl.coalesce("value_number", pl.col("passed").cast(pl.Float64)),
            passed="passed",
            status=status,
            error=pl.when(status == "errored").then("comment"),
        )
        .filter((pl.col("status") != "completed") | pl.col("value").is_not_null())
        .unique(["session_id", "grader"], keep="last", maintain_order=True)
    )
