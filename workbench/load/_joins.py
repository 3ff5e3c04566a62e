"""Feedback that names only a span: joined with the trace that the span turns out to be part of, whichever came first."""

from __future__ import annotations

import polars as pl

__all__ = ["join_scores"]


def join_scores(scores: pl.DataFrame, spans: pl.LazyFrame) -> pl.DataFrame:
    """Give scores their target that so far have only a join key.

    Parameters
    ----------
    scores
        Table SCORES.
    spans
        `trace_id` and `span_id` of the spans that may be meant.

    Returns
    -------
    DataFrame
        The scores, in their order. Where the key is the id of one span, that span is the target; where it is the id of
        no span, or of spans in several traces, the score stays as it is.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench.load import join_scores
    >>> scores = pl.DataFrame({"target_kind": [None], "target_id": [None], "join_key": ["b"]}, schema=dict.fromkeys(["target_kind", "target_id", "join_key"], pl.String))
    >>> join_scores(scores, pl.LazyFrame({"trace_id": ["t"], "span_id": ["b"]})).row(0)
    ('span', 't/b', 'b')
    """
    loose = pl.col("target_id").is_null() & pl.col("join_key").is_not_null()
    keys = scores.filter(loose)["join_key"].unique()
    if not keys.len():
        return scores
    found = (
        spans.filter(pl.col("span_id").is_in(keys.implode()))
        .group_by(pl.col("span_id").alias("join_key"))
        .agg(pl.col("trace_id").unique().alias("_traces"))
        .filter(pl.col("_traces").list.len() == 1)
        .select("join_key", (pl.col("_traces").list.first() + "/" + pl.col("join_key")).alias("_target"))
        .collect()
    )
    joined = scores.join(found, on="join_key", how="left", maintain_order="left")
    meant = loose & pl.col("_target").is_not_null()
    return joined.with_columns(
        target_kind=pl.when(meant).then(pl.lit("span")).otherwise("target_kind"),
        target_id=pl.when(meant).then("_target").otherwise("target_id"),
    ).drop("_target")
