"""A queue: which sessions are read, in which order, and how likely each of them was."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from workbench import _html
from workbench._population import population_frame
from workbench.errors import EmptyError, InputError
from workbench.label._designs import Drawn, uniform
from workbench.label._tables import REPEAT
from workbench.schema import DRAWS

__all__ = [
    "Queue",
    "Repeats",
    "as_population",
    "draw_rows",
    "handed_back",
    "items_of",
    "other_purpose",
    "queue_id_of",
]

_APART: Final = 10  # reads between a session and its repetition, so that it is not known again at once


@dataclass(frozen=True, slots=True)
class Queue:
    """Sessions to be read, in order, with how each of them was drawn.

    Attributes
    ----------
    queue_id, name
        The id follows from the name: one name, one queue.
    items
        Frame: `position` (0-based order of reading), `session_id`, `because` (one line), `draw_id` (a session that is
        shown again has another), `due_at`.
    draws
        Rows of `schema.DRAWS`.
    row
        One row of `schema.QUEUES`.
    design
        `random`, `stratified`, `mixed`, `informed` or `filled`.
    pool
        How many sessions were eligible.
    is_new
        False: the queue was in the history; its row is not to be stored again.
    added
        Those of the draws that are not stored yet.
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
    added: pl.DataFrame
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
        return _html.panel(self.sentence, _html.table(self.items.drop("draw_id", "due_at")), notes=self.notes)


def queue_id_of(name: str) -> str:
    """The id of the queue of that name."""
    return f"q-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def as_population(population: object) -> tuple[pl.DataFrame, int]:
    """The sessions that may be drawn, each once and sorted, and how many repetitions were dropped."""
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


def draw_rows(
    queue_id: str,
    drawn: Sequence[tuple[Drawn, str]],
    design: str,
    because: str | None,
    now: dt.datetime | None,
    *,
    start: int = 0,
    key: str = "",
    shown_first: float = 0.0,
) -> pl.DataFrame:
    """Draws with what chose each, as rows of `schema.DRAWS` from a position on; `key` fixes which suggestions are shown first."""
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
            "probability": None if component == REPEAT else one.probability,
            "inclusion": None if component == REPEAT else one.inclusion,
            "because": prefix + one.because,
            "drawn_at": now,
            "component": component,
            "shown_first": uniform(key, "shown first", one.session_id) < shown_first
            if shown_first > 0 and component != REPEAT
            else None,
        }
        for position, (one, component) in enumerate(drawn, start)
    ]
    return pl.DataFrame(rows, schema=DRAWS)


class Repeats:
    """Which session is shown once more, and when; each once.

    Parameters
    ----------
    key
        Fixes chance.
    share
        Share of places that show one again.
    shown
        The draws so far with what chose each; the caller appends to it.
    """

    def __init__(self, key: str, share: float, shown: Sequence[tuple[Drawn, str]]) -> None:
        self._key, self._share, self._shown = key, share, shown
        self._looked = 0  # draws of `shown` that were looked at
        self._again = {one.session_id for one, component in shown if component == REPEAT}
        self._ready: list[Drawn] = []

    def draw(self) -> tuple[Drawn, str] | None:
        """The draw that is shown once more at the next position; None where none is.

        It says the same reason as the first time: that it comes again is not to be seen.
        """
        position = len(self._shown)
        if self._share <= 0 or uniform(self._key, "repeat", position) >= self._share:
            return None
        for one, component in self._shown[self._looked : max(position - _APART, self._looked)]:
            self._looked += 1
            if component != REPEAT and one.session_id not in self._again:
                self._ready.append(one)
        if not self._ready:
            return None
        again = self._ready.pop(int(uniform(self._key, "which", position) * len(self._ready)))
        self._again.add(again.session_id)
        return again, REPEAT


def items_of(draws: pl.DataFrame) -> pl.DataFrame:
    """What a reader is shown, in order."""
    return draws.sort("position").select(
        "position", pl.col("target_id").alias("session_id"), "because", "draw_id", "due_at"
    )


def other_purpose(draws: pl.DataFrame, stored: pl.DataFrame, known: pl.DataFrame, purpose: str) -> list[str]:
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


def handed_back(queue_id: str, name: str, n: int, stored: pl.DataFrame, known: pl.DataFrame) -> Queue:
    """A queue that is in the history, as it was drawn."""
    draws = stored.filter(queue_id=queue_id).select(DRAWS.names()).unique("draw_id", keep="first").sort("position")
    row = known.filter(queue_id=queue_id).select(known.columns).head(1)
    first = draws.row(0, named=True)
    when = f", drawn on {first['drawn_at']:%Y-%m-%d}" if first["drawn_at"] is not None else ""
    sentence = (
        f"Queue {name!r} is as it was{when}: {draws.height:,} of {first['pool']:,} sessions; nothing was drawn again."
    )
    if n != draws.filter(pl.col("component").ne_missing(REPEAT)).height:
        sentence += f" For {n} others take another name."
    return Queue(
        queue_id, name, items_of(draws), draws, row, first["design"], first["pool"], False, draws.clear(), sentence
    )
