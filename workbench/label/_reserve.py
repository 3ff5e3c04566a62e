"""Who reads which item of a queue: reservations that expire, and items that people or rules add."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Final, Literal, get_args

import polars as pl

from workbench.errors import InputError, UnknownNameError
from workbench.label._protocol import Protocol
from workbench.label._tables import REPEAT
from workbench.schema import DRAWS, RESERVATIONS, conform

__all__ = ["Filling", "filled_draws", "reserve"]

Filling = Literal["hand", "rule", "cluster", "feedback"]

_DONE: Final = ("pass", "fail", "skip")


def reserve(
    draws: object,
    reservations: object,
    labels: pl.DataFrame,
    *,
    reviewer: str,
    protocol: Protocol,
    now: dt.datetime,
) -> dict[str, Any] | None:
    """The next item of a queue for a reviewer, as a reservation to be appended; None where nothing is left for her.

    What expires first comes first, then the order of the draws. An item is taken while fewer reviewers than the protocol asks for
    have decided it or hold it; who holds one gets it again. Nobody is told who else reads.

    Parameters
    ----------
    draws
        Rows of `schema.DRAWS` of one queue.
    reservations
        Rows of `schema.RESERVATIONS` of it.
    labels
        What `current_labels` returns.
    reviewer
        Who reads.
    protocol
        How the queue is to be read.
    now
        The time, with a zone.

    Returns
    -------
    dict, or None
        A row of `schema.RESERVATIONS`. Its id is the same for all who take this item at once: only one of them can append it, and the
        others ask again.

    Raises
    ------
    UnknownNameError
        The queue is not assigned to that reviewer.
    InputError
        The time has no zone.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> queue = label.draw_queue(["s1", "s2"], name="q", n=2)
    >>> now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    >>> row = label.reserve(queue.draws, [], label.LABELS.to_frame(), reviewer="ana", protocol=label.Protocol(), now=now)
    >>> row["draw_id"] == queue.items["draw_id"][0]
    True
    """
    if now.tzinfo is None:
        msg = f"the time {now} has no zone; use datetime.now(UTC)"
        raise InputError(msg)
    if protocol.reviewers and reviewer not in protocol.reviewers:
        raise UnknownNameError(reviewer, "reviewer of this queue", protocol.reviewers)
    items = conform(draws, DRAWS, what="draws").filter(pl.col("component").ne_missing(REPEAT))
    log = conform(reservations, RESERVATIONS, what="reservations")
    done: dict[str, set[str]] = {}
    decided = labels.filter(pl.col("verdict").is_in(_DONE)).select("session_id", "reviewer")
    for session, by in decided.iter_rows():
        done.setdefault(session, set()).add(by)
    holders: dict[str, dict[str, dt.datetime]] = {}
    takes: dict[str, int] = {}
    for row in log.iter_rows(named=True):
        held = holders.setdefault(row["draw_id"], {})
        held.pop(row["reviewer"], None)
        if row["kind"] == "take":
            takes[row["draw_id"]] = takes.get(row["draw_id"], 0) + 1
            if row["expires_at"] > now:
                held[row["reviewer"]] = row["expires_at"]
    own = pl.col("draw_id").is_in([draw for draw, held in holders.items() if reviewer in held])
    for row in items.sort(~own, "due_at", "position", nulls_last=True).iter_rows(named=True):
        finished, held = done.get(row["target_id"], set()), set(holders.get(row["draw_id"], {}))
        others = (finished | held) - {reviewer}
        if reviewer in finished or len(others) >= protocol.reviews:
            continue
        return {
            "reservation_id": f"{row['draw_id']}.{takes.get(row['draw_id'], 0)}",
            "queue_id": row["queue_id"],
            "draw_id": row["draw_id"],
            "reviewer": reviewer,
            "kind": "take",
            "happened_at": now,
            "expires_at": now + dt.timedelta(minutes=protocol.hold_minutes),
        }
    return None


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
