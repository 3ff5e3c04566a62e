"""Who reads which item of a queue: reservations that expire."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import polars as pl

from workbench.errors import InputError, UnknownNameError
from workbench.label._protocol import Protocol
from workbench.label._tables import REPEAT
from workbench.schema import DRAWS, RESERVATIONS, conform

__all__ = ["reserve"]

_DONE: Final = ("pass", "fail", "skip")


def reserve(
    draws: object,
    reservations: object,
    labels: pl.DataFrame,
    *,
    reviewer: str,
    protocol: Protocol,
    now: dt.datetime,
    again: pl.DataFrame | None = None,
) -> dict[str, Any] | None:
    """The next item of a queue for a reviewer, as a reservation to be appended; None where nothing is left for her.

    What expires first comes first, then the order of the draws. An item is taken while fewer reviewers than the protocol asks for
    have decided it or hold it; who holds one gets it again. Nobody is told who else reads. A draw that shows a session again is
    for those who decided the session the first time, and for nobody else.

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
    again
        What `current_labels` returns of the sessions that were shown again.

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
    items = conform(draws, DRAWS, what="draws")
    log = conform(reservations, RESERVATIONS, what="reservations")
    done, repeated = _decided(labels), {} if again is None else _decided(again)
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
        if row["component"] == REPEAT:
            if reviewer not in finished:
                continue
            finished, held = repeated.get(row["target_id"], set()) & {reviewer}, set[str]()
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


def _decided(labels: pl.DataFrame) -> dict[str, set[str]]:
    """Who has decided each session."""
    done: dict[str, set[str]] = {}
    for session, by in labels.filter(pl.col("verdict").is_in(_DONE)).select("session_id", "reviewer").iter_rows():
        done.setdefault(session, set()).add(by)
    return done
