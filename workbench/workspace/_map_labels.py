"""Between what reviewers said and the map: which labels bend it, and how their sessions were drawn."""

from __future__ import annotations

import polars as pl

from workbench import cluster, label
from workbench.store import Database

__all__ = ["map_labels"]


def map_labels(database: Database) -> pl.DataFrame:
    """One label a session as `Modes.bend` takes them: what most reviewers call it now, or that it passes.

    Sessions whose reviewers disagree on the verdict, and failures that nobody has named, are left out. A session that was drawn in
    several queues counts for the first of them.
    """
    labels = label.current_labels(database.read("annotations"))
    if not labels.height:
        return cluster.LABELS.to_frame()
    rows = label.apply_events(labels, database.read("codebook_events")).rows.drop("failure_mode")
    rows = rows.rename({"mode": "failure_mode"}).select(label.LABELS.names())
    disputed = label.contested(rows)["session_id"].to_list()
    standing = label.settled(rows).filter(~pl.col("session_id").is_in(disputed))
    named = pl.when(pl.col("verdict") == "pass").then(pl.lit(cluster.NO_FAILURE)).otherwise(pl.col("failure_mode"))
    said = (
        standing.filter(pl.col("verdict").is_in(["pass", "fail"]))
        .with_columns(named.alias("failure_mode"))
        .drop_nulls("failure_mode")
        .group_by("session_id")
        .agg(pl.col("failure_mode").mode().sort().first())
        .sort("session_id")
    )
    draws = database.read("draws")
    turns = draws.group_by("queue_id").agg(pl.col("drawn_at").min()).sort("drawn_at", "queue_id", nulls_last=True)
    weights = label.draw_weights(draws, read=said["session_id"].to_list()).drop_nulls("weight")
    drawn = (
        weights.join(turns.with_row_index("turn"), on="queue_id")
        .sort("turn")
        .unique("session_id", keep="first", maintain_order=True)
        .select("session_id", "queue_id", "weight", "turn")
    )
    return said.join(drawn, on="session_id", how="left").select(
        pl.col(name).cast(dtype) for name, dtype in cluster.LABELS.items()
    )
