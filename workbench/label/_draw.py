"""Drawing a queue once: at random, by strata, or in proportion to a score."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Sequence
from typing import Final

import polars as pl

from workbench.errors import InputError, UnknownNameError
from workbench.label._designs import Drawn, mixed, simple, stratified
from workbench.label._protocol import Protocol
from workbench.label._queue import (
    Queue,
    Repeats,
    as_population,
    draw_rows,
    handed_back,
    items_of,
    other_purpose,
    queue_id_of,
)
from workbench.schema import DRAWS, QUEUES, conform

__all__ = ["LEAST_AUDIT", "check_queue", "draw_queue", "population_hash", "queue_row"]

LEAST_AUDIT: Final = 0.3
"""The least share of draws made uniformly at random, so that no rate hangs on a few huge weights."""

_PROTOCOL: Final = Protocol()


def draw_queue(
    population: object,
    *,
    name: str,
    n: int,
    seed: int = 0,
    by: str | None = None,
    score: str | None = None,
    audit: float = LEAST_AUDIT,
    because: str | None = None,
    history: object = None,
    queues: object = None,
    protocol: Protocol = _PROTOCOL,
    created_by: str | None = None,
    now: dt.datetime | None = None,
) -> Queue:
    """Draw the sessions that are to be read, without replacement, in an order that the name, seed and population fix.

    By default every session is as likely as every other. With `by` each stratum gets its proportional part (at least one). With `score`
    each draw is, with probability `audit`, uniform over what is left, and otherwise in proportion to the score. Whatever
    the design, any first part of the queue is itself a fair sample: one may stop reading at any place.

    Parameters
    ----------
    population
        Session ids, or a frame with the column `session_id` and the columns that `by` and `score` name.
    name
        What the queue is called. A queue of that name in `history` is handed back as it was drawn.
    n
        How many sessions; all of them where there are fewer.
    seed
        Another seed draws others.
    by
        Column whose values are the strata; null is a stratum of its own.
    score
        Column with the worth of reading, 0 or more (null counts as 0).
    audit
        Share of uniform draws under `score`, from 0.3 to 1.
    because
        One line on why these sessions are read; stands before the reason of each draw.
    history
        Rows of `schema.DRAWS` that are already stored.
    queues
        Rows of `schema.QUEUES` that are already stored.
    protocol
        What for, by whom, and what is asked. Sessions that were drawn before for another purpose are counted in `notes`.
    created_by, now
        Who draws, and when (with a time zone).

    Returns
    -------
    Queue
        Each draw has its pool and its step-conditional probability, which is positive for everything still eligible. Its inclusion
        probability is known for the random and stratified designs; under `score` the weights follow from the steps
        (see `draw_weights`).

    Raises
    ------
    EmptyError
        The population is empty.
    InputError
        `n` below 1, both `by` and `score`, an `audit` below 0.3, a negative score.

    Examples
    --------
    >>> from workbench import label
    >>> label.draw_queue(["s1", "s2", "s3"], name="first read", n=2, seed=7)
    2 of 3 sessions drawn at random for 'first read' (seed 7).
    """
    check_queue(name=name, n=n, by=by, score=score, audit=audit)
    queue_id = queue_id_of(name)
    stored = conform(history if history is not None else [], DRAWS, what="history")
    known = conform(queues if queues is not None else [], QUEUES, what="queues")
    if stored.filter(queue_id=queue_id).height:
        return handed_back(queue_id, name, n, stored, known)
    frame, dropped = as_population(population)
    ids: list[str] = frame["session_id"].to_list()
    key = f"{seed}\x1f{name}"
    take = min(n, len(ids))
    if score is not None:
        drawn = mixed(ids, _scores(frame, score), take, audit=audit, key=key)
        design, how = "mixed", f"{audit:.0%} at random, the rest in proportion to {score!r}"
    elif by is not None:
        drawn = stratified(ids, _column(frame, by).to_list(), take, key=key)
        design, how = "stratified", f"in proportion over {by!r}"
    else:
        drawn, design, how = simple(ids, take, key=key), "random", "at random"
    chosen = [(one, "score" if one.because.startswith("score ") else "audit") for one in drawn]
    draws = draw_rows(
        queue_id,
        _with_repeats(chosen, protocol.repeats, key),
        design,
        because,
        now,
        key=key,
        shown_first=protocol.shown_first,
    )
    row = queue_row(
        name,
        ids,
        protocol,
        design=design,
        seed=seed,
        n=take,
        by=score if score is not None else by,
        audit=audit if score is not None else 1.0,
        because=because,
        created_by=created_by,
        now=now,
    )
    notes = [f"{dropped} of the ids were repetitions and count once."] if dropped else []
    if take < n:
        notes.append(f"{n} were asked for; the population has {take}, and all of them are in the queue.")
    notes += other_purpose(draws, stored, known, protocol.purpose)
    sentence = f"{take:,} of {len(ids):,} sessions drawn {how} for {name!r} (seed {seed})."
    return Queue(queue_id, name, items_of(draws), draws, row, design, len(ids), True, draws, sentence, tuple(notes))


def check_queue(*, name: str, n: int, by: str | None, score: str | None, audit: float) -> None:
    """Refuse what cannot be drawn."""
    if not name.strip():
        msg = "a queue needs a name: it is found again by it"
        raise InputError(msg)
    if n < 1:
        msg = f"n is {n}; a queue of at least 1 session can be drawn"
        raise InputError(msg)
    if by is not None and score is not None:
        msg = f"by={by!r} and score={score!r} are two designs; choose one of them"
        raise InputError(msg)
    if not LEAST_AUDIT <= audit <= 1:
        msg = f"audit is {audit}; at least {LEAST_AUDIT} (and at most 1) of the draws are random, or rates could not be trusted"
        raise InputError(msg)


def _column(frame: pl.DataFrame, name: str) -> pl.Series:
    if name not in frame.columns:
        raise UnknownNameError(name, "column of the population", frame.columns)
    return frame[name]


def _scores(frame: pl.DataFrame, score: str) -> list[float]:
    values: list[float] = _column(frame, score).cast(pl.Float64()).fill_null(0.0).fill_nan(0.0).to_list()
    for session_id, value in zip(frame["session_id"].to_list(), values, strict=True):
        if value < 0 or math.isinf(value):
            msg = f"score {score!r} is {value} for session {session_id!r}; a worth of reading is 0 or more, and finite"
            raise InputError(msg)
    return values


def _with_repeats(chosen: list[tuple[Drawn, str]], share: float, key: str) -> list[tuple[Drawn, str]]:
    shown: list[tuple[Drawn, str]] = []
    repeats = Repeats(key, share, shown)
    for one in chosen:
        again = repeats.draw()
        if again is not None:
            shown.append(again)
        shown.append(one)
    return shown


def queue_row(
    name: str,
    ids: Sequence[str],
    protocol: Protocol,
    *,
    design: str,
    seed: int,
    n: int,
    by: str | None,
    audit: float,
    because: str | None,
    created_by: str | None,
    now: dt.datetime | None,
) -> pl.DataFrame:
    """The row of `schema.QUEUES` of a new queue."""
    row = {
        "queue_id": queue_id_of(name),
        "name": name,
        "design": design,
        "seed": seed,
        "n": n,
        "pool": len(ids),
        "population": population_hash(ids),
        "by": by,
        "audit": audit,
        "because": because,
        "created_by": created_by,
        "created_at": now,
        **protocol.columns(),
    }
    return conform([row], QUEUES)


def population_hash(ids: Sequence[str]) -> str:
    """Tells two populations apart, in whatever order they are."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()
