"""What graders and exported scores say of each session: the outcomes that comparisons are made of."""

from __future__ import annotations

from typing import Any

import polars as pl

from workbench.evidence._said import about

__all__ = ["results"]

_ERRORED = "errored"  # what graders write in place of a value when they crashed


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
        ``session_id, grader, value, passed, error``; `error` is set where a grader crashed, and `value` is then null.

    Examples
    --------
    >>> from workbench import evidence
    >>> scores = [{"target_kind": "session", "target_id": "a", "name": "reward", "value_number": 1.0, "author_kind": "code"}]
    >>> evidence.results([{"session_id": "a"}], scores, None).row(0)
    ('a', 'reward', 1.0, None, None)
    """
    _, said = about(sessions, scores, annotations, steps)
    crashed = (pl.col("value_text") == _ERRORED) & ~pl.col("exported")
    number = pl.coalesce("value_number", pl.col("passed").cast(pl.Float64))
    return (
        said.frame.filter(pl.col("author_kind").is_in(["code", "model"]))
        .select(
            "session_id",
            grader="name",
            value=number,
            passed="passed",
            error=pl.when(crashed.fill_null(value=False)).then(pl.col("comment").fill_null(_ERRORED)),
        )
        .filter(pl.any_horizontal(pl.col("value", "passed", "error").is_not_null()))
        .unique(["session_id", "grader"], keep="last", maintain_order=True)
    )
