"""Which session a span belongs to."""

from __future__ import annotations

import polars as pl

__all__ = ["in_order", "with_session"]


def in_order(spans: pl.DataFrame) -> pl.DataFrame:
    """The spans with their session, by session in order of beginning, then as they began."""
    spans = with_session(spans).with_columns(pl.col("start").min().over("session_id").alias("began"))
    return spans.sort("began", "session_id", "start", "source", "record", nulls_last=True, maintain_order=True)


def with_session(spans: pl.DataFrame) -> pl.DataFrame:
    """The spans with `session_id` filled: the span's own, else its trace's, else the trace stands for the session.

    Instrumentations often write the conversation on some spans of a trace only; the others belong to it too. Where
    one trace names several, each span keeps its own, and spans without go to the one that begins first.
    """
    filled = spans
    if "start" in spans.columns and 0 < spans["session_id"].null_count() < spans.height:
        named = spans.filter(pl.col("session_id").is_not_null()).sort("start", "session_id", nulls_last=True)
        first = named.group_by("trace_id", maintain_order=True).agg(pl.col("session_id").first().alias("named"))
        filled = spans.join(first, on="trace_id", how="left", maintain_order="left")
        filled = filled.with_columns(pl.coalesce("session_id", "named").alias("session_id")).drop("named")
    return filled.with_columns(pl.coalesce("session_id", "trace_id").alias("session_id"))
