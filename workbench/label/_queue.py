"""Drawing a queue: which sessions are read, in which order, and how likely each of them was."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

import polars as pl

from workbench import _html
from workbench._population import population_frame
from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.label._designs import Drawn, mixed, simple, stratified
from workbench.label._tables import Purpose
from workbench.schema import DRAWS, QUEUES, conform

__all__ = ["Queue", "draw_queue", "queue_id_of"]

_LEAST_AUDIT: Final = 0.3


@dataclass(frozen=True, slots=True)
class Queue:
    """Sessions to be read, in order, with how each of them was drawn.

    Attributes
    ----------
    queue_id, name
        The id follows from the name: one name, one queue.
    items
        Frame: `position` (0-based order of reading), `session_id`, `because` (one line).
    draws
        Rows of `schema.DRAWS`.
    row
        One row of `schema.QUEUES`.
    design
        `random`, `stratified` or `mixed`.
    pool
        How many sessions were eligible.
    is_new
        False: the queue was in the history and is handed back as it was drawn; nothing is to be stored.
    sentence
        What was drawn, and how.
    notes
        What else is to be known: repeated ids, sessions that also serve another purpose.
    """

    queue_id: str
    name: str
    items: pl.DataFrame
    draws: pl.DataFrame
    row: pl.DataFrame
    design: str
    pool: int
    is_new: bool
    sentence: str
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pl.DataFrame:
        """The items."""
        return self.items

    def __len__(self) -> int:
        return self.items.height

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return _html.panel(self.sentence, _html.table(self.items), notes=self.notes)


def queue_id_of(name: str) -> str:
    """The id of the queue of that name."""
    return f"q-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def draw_queue(
    population: object,
    *,
    name: str,
    n: int,
    seed: int = 0,
    by: str | None = None,
    score: str | None = None,
    audit: float = _LEAST_AUDIT,
    because: str | None = None,
    history: object = None,
    queues: object = None,
    purpose: Purpose = "dataset",
    blind: bool = True,
    rubric: Sequence[Mapping[str, object]] = (),
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
    purpose
        `align` (a grader) or `dataset` (ground truth). Sessions that were drawn before for the other purpose are counted in `notes`.
    blind
        Suggestions stay hidden until the verdict.
    rubric
        What is asked of each session, as `{"name", "kind", "required", "expert_only"}`.
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
    _check(name=name, n=n, by=by, score=score, audit=audit, purpose=purpose)
    queue_id = queue_id_of(name)
    stored = conform(history if history is not None else [], DRAWS, what="history")
    known = conform(queues if queues is not None else [], QUEUES, what="queues")
    if stored.filter(queue_id=queue_id).height:
        return _as_drawn(queue_id, name, n, stored, known)
    frame, dropped = _population(population)
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
    draws = _draw_rows(queue_id, drawn, design, because, now)
    row = conform(
        [
            {
                "queue_id": queue_id,
                "name": name,
                "purpose": purpose,
                "design": design,
                "seed": seed,
                "n": take,
                "pool": len(ids),
                "population": hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest(),
                "by": score if score is not None else by,
                "audit": audit if score is not None else 1.0,
                "blind": blind,
                "rubric": json.dumps(list(rubric), sort_keys=True),
                "because": because,
                "created_by": created_by,
                "created_at": now,
            }
        ],
        QUEUES,
    )
    notes = [f"{dropped} of the ids were repetitions and count once."] if dropped else []
    if take < n:
        notes.append(f"{n} were asked for; the population has {take}, and all of them are in the queue.")
    notes += _other_purpose(draws, stored, known, purpose)
    sentence = f"{take:,} of {len(ids):,} sessions drawn {how} for {name!r} (seed {seed})."
    return Queue(queue_id, name, _items(draws), draws, row, design, len(ids), True, sentence, tuple(notes))


def _check(*, name: str, n: int, by: str | None, score: str | None, audit: float, purpose: str) -> None:
    if not name.strip():
        msg = "a queue needs a name: it is found again by it"
        raise InputError(msg)
    if n < 1:
        msg = f"n is {n}; a queue of at least 1 session can be drawn"
        raise InputError(msg)
    if by is not None and score is not None:
        msg = f"by={by!r} and score={score!r} are two designs; choose one of them"
        raise InputError(msg)
    if not _LEAST_AUDIT <= audit <= 1:
        msg = f"audit is {audit}; at least {_LEAST_AUDIT} (and at most 1) of the draws are random, or rates could not be trusted"
        raise InputError(msg)
    if purpose not in get_args(Purpose):
        raise UnknownNameError(purpose, "purpose", get_args(Purpose))


def _population(population: object) -> tuple[pl.DataFrame, int]:
    if isinstance(population, str):
        msg = "the population is one text; hand in a list of session ids or a frame with the column 'session_id'"
        raise InputError(msg)
    frame = population_frame(population)
    whole = frame.filter(pl.col("session_id").is_not_null())
    single = whole.unique("session_id", keep="first", maintain_order=True)
    if not single.height:
        msg = "the population is empty: nothing can be drawn from it. Widen the filter that it comes from."
        raise EmptyError(msg)
    return single.sort("session_id"), whole.height - single.height


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


def _draw_rows(
    queue_id: str, drawn: Sequence[Drawn], design: str, because: str | None, now: dt.datetime | None
) -> pl.DataFrame:
    prefix = f"{because}: " if because else ""
    rows = [
        {
            "draw_id": f"{queue_id}.{position}",
            "queue_id": queue_id,
            "position": position,
            "target_kind": "session",
            "target_id": one.session_id,
            "design": design,
            "pool": one.pool,
            "probability": one.probability,
            "inclusion": one.inclusion,
            "because": prefix + one.because,
            "drawn_at": now,
        }
        for position, one in enumerate(drawn)
    ]
    return conform(pl.DataFrame(rows, schema_overrides=DRAWS), DRAWS)


def _items(draws: pl.DataFrame) -> pl.DataFrame:
    return draws.sort("position").select("position", pl.col("target_id").alias("session_id"), "because")


def _other_purpose(draws: pl.DataFrame, stored: pl.DataFrame, known: pl.DataFrame, purpose: str) -> list[str]:
    """Sessions that were drawn before for another purpose, said queue by queue."""
    others = known.filter(pl.col("purpose") != purpose).select("queue_id", "name", "purpose")
    both = (
        stored.join(others, on="queue_id")
        .filter(pl.col("target_id").is_in(draws["target_id"].to_list()))
        .group_by("name", "purpose")
        .len()
        .sort("name")
    )
    return [
        f"{row['len']} of them were drawn for {row['purpose']!r} in {row['name']!r} too: what tunes a grader cannot also test it."
        for row in both.iter_rows(named=True)
    ]


def _as_drawn(queue_id: str, name: str, n: int, stored: pl.DataFrame, known: pl.DataFrame) -> Queue:
    draws = stored.filter(queue_id=queue_id).select(DRAWS.names()).unique("draw_id", keep="first").sort("position")
    row = known.filter(queue_id=queue_id).select(QUEUES.names()).head(1)
    first = draws.row(0, named=True)
    when = f", drawn on {first['drawn_at']:%Y-%m-%d}" if first["drawn_at"] is not None else ""
    sentence = (
        f"Queue {name!r} is as it was{when}: {draws.height:,} of {first['pool']:,} sessions; nothing was drawn again."
    )
    if n != draws.height:
        sentence += f" For {n} others take another name."
    return Queue(queue_id, name, _items(draws), draws, row, first["design"], first["pool"], False, sentence)
