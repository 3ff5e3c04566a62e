"""How many sessions of its pool a read session stands for, from how it was drawn."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from workbench.label._tables import REPEAT
from workbench.schema import DRAWS, conform

__all__ = ["draw_weights"]


def draw_weights(draws: object, *, read: Collection[str] | None = None) -> pl.DataFrame:
    """The chance and the weight of every draw that was read.

    Where the chance of being in the queue is known, the chance of being read is that times the part of the queue that was
    read, since every first part of a queue is as random as the whole. Where the draws follow a score, the weight is that of the levelled
    estimator for sequential designs, which needs only the probability of each step: with N eligible and M read, the m-th weighs

        N/M * (1 + (N - M)/(N - m) * (1/((N - m + 1) q_m) - 1)).

    Draws by hand have no probability, hence neither chance nor weight: they find failure modes, and say nothing of shares.

    Parameters
    ----------
    draws
        Rows of `schema.DRAWS` of one or more queues.
    read
        The sessions that were read; all by default. A queue counts as read up to the last of them, and what was passed over
        before is taken to be like the rest.

    Returns
    -------
    polars.DataFrame
        Columns `queue_id`, `session_id`, `position`, `pool` (of the whole queue), `design`, `inclusion`, `weight`; one row a
        session that was read. Under a score `inclusion` is in inverse proportion to the weight, at most M/N, as `stats.weighted_share` takes it.

    Notes
    -----
    Farquhar, Gal & Rainforth (2021), "On statistical bias in active learning: how and when to fix it", ICLR, the estimator R_LURE.

    Examples
    --------
    >>> from workbench import label
    >>> queue = label.draw_queue(["s1", "s2", "s3", "s4"], name="q", n=2)
    >>> label.draw_weights(queue.draws)["weight"].to_list()
    [2.0, 2.0]
    """
    frame = conform(draws, DRAWS, what="draws").filter(pl.col("target_kind").fill_null("session") == "session")
    # What is shown again, and what was added by hand before it was drawn, counts once: as the draw that it is.
    frame = frame.filter(pl.col("component").ne_missing(REPEAT)).sort(
        "queue_id", pl.col("probability").is_null() & pl.col("inclusion").is_null(), "position"
    )
    frame = frame.unique(["queue_id", "target_id"], keep="first", maintain_order=True).with_columns(
        position=pl.int_range(pl.len()).over("queue_id")
    )
    by_chance = pl.col("probability").is_not_null() | pl.col("inclusion").is_not_null()
    is_read = pl.lit(value=True) if read is None else pl.col("target_id").is_in(list(read))
    frame = frame.with_columns(
        is_read.alias("_read"),
        pl.col("pool").max().over("queue_id"),
        by_chance.alias("_by_chance"),
        by_chance.sum().over("queue_id").alias("_drawn"),
    ).with_columns(
        (pl.col("_read") & pl.col("_by_chance")).sum().over("queue_id").alias("_n"),
        pl.col("position").filter(pl.col("_read") & pl.col("_by_chance")).max().over("queue_id").alias("_last"),
    )
    eligible, taken, m = pl.col("pool").cast(pl.Float64), (pl.col("_last") + 1).cast(pl.Float64), pl.col("position") + 1
    step = 1 / ((eligible - m + 1) * pl.col("probability")) - 1
    level = 1 + pl.when(eligible > m).then((eligible - taken) / (eligible - m)).otherwise(0.0) * step
    levelled = level * eligible / pl.col("_n")
    known = pl.col("inclusion") * pl.col("_n") / pl.col("_drawn")
    return (
        frame.filter("_read")
        .with_columns(pl.when(pl.col("inclusion").is_not_null()).then(1 / known).otherwise(levelled).alias("weight"))
        .select(
            "queue_id",
            pl.col("target_id").alias("session_id"),
            "position",
            "pool",
            "design",
            pl.when(pl.col("inclusion").is_not_null())
            .then(known)
            .otherwise(pl.col("_n") / eligible * pl.col("weight").min().over("queue_id") / pl.col("weight"))
            .alias("inclusion"),
            "weight",
        )
    )
