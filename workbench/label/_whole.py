"""Which labels are whole: every required question of the rubric is answered."""

from __future__ import annotations

import polars as pl

from workbench.label._protocol import Protocol

__all__ = ["unfinished"]

_DECIDED = ("pass", "fail")


def unfinished(labels: pl.DataFrame, answers: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """Labels with a verdict that lack answers which the protocol requires: drafts, which their reviewer is to finish.

    Parameters
    ----------
    labels
        What `current_labels` returns.
    answers
        What `rubric_answers` returns.
    protocol
        What is asked. Questions for experts are required of experts alone, and an adjudicator settles the verdict alone.

    Returns
    -------
    polars.DataFrame
        `session_id`, `reviewer`, `missing` (list of the rubric items' names, in the order of the rubric).

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> protocol = label.Protocol(rubric=(label.RubricItem("tone", required=True),))
    >>> change = {"operation": "op1", "session_id": "s1", "verdict": "fail"}
    >>> said = label.label_annotations(change, reviewer="ana", now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    >>> label.unfinished(label.current_labels(said), label.rubric_answers(said), protocol).row(0)
    ('s1', 'ana', ['tone'])
    """
    required = [item for item in protocol.rubric if item.required]
    asked = pl.DataFrame(
        [(item.name, item.expert_only) for item in required],
        schema={"item": pl.String(), "expert_only": pl.Boolean()},
        orient="row",
    ).with_row_index("_place")
    role = pl.col("role").fill_null("general")
    decided = labels.filter(pl.col("verdict").is_in(_DECIDED), role != "adjudicator")
    wanted = decided.join(asked, how="cross").filter(~pl.col("expert_only") | (role != "general"))
    open_ones = wanted.join(answers, on=["session_id", "reviewer", "item"], how="anti")
    return (
        open_ones.sort("session_id", "reviewer", "_place")
        .group_by("session_id", "reviewer", maintain_order=True)
        .agg(pl.col("item").alias("missing"))
    )
