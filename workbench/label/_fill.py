"""What people and rules add to a queue, and the conditions by which rules choose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, get_args

import polars as pl

from workbench import _html
from workbench.errors import InputError, UnknownNameError
from workbench.label._queue import items_of, other_purpose
from workbench.schema import DRAWS, QUEUES, conform

__all__ = ["Filled", "Filling", "fill_queue", "filled_draws", "matching"]

Filling = Literal["hand", "rule", "cluster", "feedback"]

_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Filled:
    """What was added to a queue.

    Attributes
    ----------
    rows
        The new rows of `schema.DRAWS`; they have no chance, and are in no rate.
    sentence
        How many, of how many, and how.
    notes
        Which of them serve another purpose too.
    """

    rows: pl.DataFrame
    sentence: str
    notes: tuple[str, ...] = ()

    @property
    def added(self) -> int:
        """How many were new to the queue."""
        return self.rows.height

    def to_frame(self) -> pl.DataFrame:
        """What was added, as items."""
        return items_of(self.rows)

    def __repr__(self) -> str:
        return " ".join([self.sentence, *self.notes])

    def _repr_html_(self) -> str:
        body = _html.table(self.to_frame().drop("draw_id"), limit=20) if self.added else ""
        return _html.panel(self.sentence, body, notes=self.notes)


def fill_queue(
    sessions: Collection[str],
    *,
    queue_id: str,
    how: Filling,
    because: str,
    history: object,
    queues: object,
    due_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> Filled:
    """Add sessions to a queue, and say which of them were drawn for another purpose before.

    Parameters
    ----------
    sessions, queue_id, how, because, due_at, now
        See `filled_draws`.
    history, queues
        Rows of `schema.DRAWS` and `schema.QUEUES` that are already stored.

    Raises
    ------
    UnknownNameError
        There is no such queue, or no such way of filling.

    Examples
    --------
    >>> from workbench import label
    >>> queue = label.draw_queue(["s1"], name="q", n=1)
    >>> label.fill_queue(["s1", "s2"], queue_id=queue.queue_id, how="hand", because="a customer called",
    ...                  history=queue.draws, queues=queue.row)
    1 of 2 sessions added to 'q' by hand; 1 was there already.
    """
    stored = conform(history, DRAWS, what="history")
    known = conform(queues, QUEUES, what="queues")
    own = known.filter(queue_id=queue_id)
    if not own.height:
        raise UnknownNameError(queue_id, "queue", known["queue_id"].to_list())
    rows = filled_draws(stored, sessions, queue_id=queue_id, how=how, because=because, due_at=due_at, now=now)
    name, purpose = own.select("name", "purpose").row(0)
    given = len(set(sessions))
    there = given - rows.height
    sentence = f"{rows.height:,} of {given:,} sessions added to {name!r} by {how}"
    sentence += f"; {there:,} {'was' if there == 1 else 'were'} there already." if there else "."
    return Filled(rows, sentence, tuple(other_purpose(rows, stored, known, purpose)))


def matching(sessions: pl.DataFrame, condition: str) -> pl.DataFrame:
    """The sessions that a condition holds of now.

    A condition is text, so that it can be kept and asked again. Polars reads it as SQL: it compares columns, and can neither run
    code nor open files.

    Parameters
    ----------
    sessions
        Any frame.
    condition
        For example ``errors > 2 AND agent_version = '1.5.0'``.

    Raises
    ------
    InputError
        It is no condition on single rows.
    UnknownNameError
        It names a column that is not there; the message suggests the nearest.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench import label
    >>> sessions = pl.DataFrame({"session_id": ["a", "b"], "errors": [0, 3]})
    >>> label.matching(sessions, "errors > 2")["session_id"].to_list()
    ['b']
    """
    hint = "write one as in SQL, such as \"errors > 2 AND agent_version = '1.5.0'\""
    if len(condition) > _LONGEST:
        msg = f"the condition has {len(condition):,} characters, and {_LONGEST:,} at most are read"
        raise InputError(msg)
    try:
        expression = pl.sql_expr(condition)
        unknown = [name for name in expression.meta.root_names() if name not in sessions.columns]
        if not unknown:
            holds = sessions.select(expression.alias("holds"))["holds"]
            if holds.dtype == pl.Boolean and holds.len() == sessions.height:
                return sessions.filter(holds)
    except pl.exceptions.PolarsError as error:
        msg = f"the condition {condition!r} cannot be read: {error}; {hint}"
        raise InputError(msg) from error
    if unknown:
        raise UnknownNameError(unknown[0], "column of the sessions", sessions.columns)
    msg = f"{condition!r} does not say of each session whether it is meant: {hint}"
    raise InputError(msg)


def filled_draws(
    draws: object,
    sessions: Collection[str],
    *,
    queue_id: str,
    how: Filling,
    because: str,
    due_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> pl.DataFrame:
    """Sessions that people or rules add to a queue, as draws without a chance: evidence, and in no rate.

    Parameters
    ----------
    draws
        Rows of `schema.DRAWS` that are already stored.
    sessions
        What is added; sessions that the queue has already are passed over.
    queue_id
        The queue.
    how
        `hand`, `rule` (a saved filter), `cluster` or `feedback`.
    because
        One line that is shown beside each.
    due_at
        Until when they are to be read.
    now
        When they are added.

    Returns
    -------
    polars.DataFrame
        Rows of `schema.DRAWS`.

    Raises
    ------
    UnknownNameError
        There is no such way of filling.

    Examples
    --------
    >>> from workbench import label
    >>> label.filled_draws([], ["s1"], queue_id="q", how="hand", because="a customer called")["component"].item()
    'hand'
    """
    if how not in get_args(Filling):
        raise UnknownNameError(how, "way to fill a queue", get_args(Filling))
    before = conform(draws, DRAWS, what="draws").filter(queue_id=queue_id)
    last = before["position"].max()
    start = 0 if not isinstance(last, int) else last + 1
    there = set(before["target_id"].to_list())
    new = [session for session in dict.fromkeys(sessions) if session not in there]
    rows = [
        {
            "draw_id": f"{queue_id}.{position}",
            "queue_id": queue_id,
            "position": position,
            "target_kind": "session",
            "target_id": session,
            "design": "filled",
            "because": because,
            "drawn_at": now,
            "component": how,
            "due_at": due_at,
        }
        for position, session in enumerate(new, start)
    ]
    return pl.DataFrame(rows, schema=DRAWS)
