"""A queue of sessions that something else has drawn by known chances."""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from workbench.errors import InputError
from workbench.label._designs import Drawn
from workbench.label._draw import check_queue, queue_row
from workbench.label._protocol import Protocol
from workbench.label._queue import Queue, draw_rows, handed_back, items_of, other_purpose, queue_id_of
from workbench.schema import DRAWS, QUEUES, conform

__all__ = ["queue_of_chosen"]

_PROTOCOL: Final = Protocol()


def queue_of_chosen(
    chosen: pl.DataFrame,
    *,
    name: str,
    n: int,
    pool: list[str],
    seed: int = 0,
    because: str | None = None,
    history: object = None,
    queues: object = None,
    protocol: Protocol = _PROTOCOL,
    created_by: str | None = None,
    now: dt.datetime | None = None,
) -> Queue:
    """Make a queue of sessions that were drawn by known chances, in random order.

    Parameters
    ----------
    chosen
        Columns ``session_id``, ``inclusion`` (the chance of being among the chosen), ``because`` and ``component``: what `Modes.next` gives.
    name
        What the queue is called. A queue of that name in `history` is handed back as it was drawn.
    n
        How many were asked for.
    pool
        The sessions that could be chosen.
    seed
        What they were drawn by.
    because
        One line on why these sessions are read; stands before the reason of each draw.
    history, queues
        Rows of `schema.DRAWS` and `schema.QUEUES` that are already stored.
    protocol
        What for, by whom, and what is asked.
    created_by, now
        Who draws, and when (with a time zone).

    Returns
    -------
    Queue
        Each draw has its chance of being in the queue, so that `draw_weights` weighs it back however much of the queue is read.

    Raises
    ------
    InputError
        A chance is not above 0 and at most 1.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench import label
    >>> chosen = pl.DataFrame({"session_id": ["b"], "inclusion": [0.5], "because": ["hard to tell"], "component": ["map"]})
    >>> label.queue_of_chosen(chosen, name="q", n=1, pool=["a", "b"])
    1 of 2 sessions drawn along the map for 'q' (seed 0), each by a known chance.
    """
    check_queue(name=name, n=n, by=None, score=None, audit=1.0)
    queue_id = queue_id_of(name)
    stored = conform(history if history is not None else [], DRAWS, what="history")
    known = conform(queues if queues is not None else [], QUEUES, what="queues")
    if stored.filter(queue_id=queue_id).height:
        return handed_back(queue_id, name, n, stored, known)
    if not chosen["inclusion"].is_between(0, 1, closed="right").all():
        msg = "inclusion is the chance of being among the chosen: above 0, and at most 1"
        raise InputError(msg)
    size = len(pool)
    drawn = [
        (Drawn(row["session_id"], size, 0.0, row["inclusion"], row["because"]), row["component"])
        for row in chosen.iter_rows(named=True)
    ]
    # The chance of each step has no closed form; that of being in the queue at all is exact.
    draws = draw_rows(queue_id, drawn, "map", because, now).with_columns(
        pl.lit(None, pl.Float64()).alias("probability")
    )
    row = queue_row(
        name,
        pool,
        protocol,
        design="map",
        seed=seed,
        n=len(drawn),
        by=None,
        audit=1.0,
        because=because,
        created_by=created_by,
        now=now,
    )
    notes = other_purpose(draws, stored, known, protocol.purpose)
    sentence = (
        f"{len(drawn):,} of {size:,} sessions drawn along the map for {name!r} (seed {seed}), each by a known chance."
    )
    return Queue(queue_id, name, items_of(draws), draws, row, "map", size, True, draws, sentence, tuple(notes))
