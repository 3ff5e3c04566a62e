"""Queues on disk: drawn once, also where two draw at the same time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.label import Queue
    from workbench.store import Database

__all__ = ["keep", "take_next"]


def keep(database: Database, draw: Callable[[], Queue]) -> Queue:
    """Draw and store what is new; where somebody was faster, draw again upon what they stored.

    `draw` reads the history anew each time that it is called.
    """
    drawn = draw()
    while drawn.added.height:
        tables = {"queues": drawn.row, "draws": drawn.added} if drawn.is_new else {"draws": drawn.added}
        if database.append_together(tables, unless="queues" if drawn.is_new else "draws"):
            break
        drawn = draw()
    return drawn


def take_next(database: Database, queue: Queue, reviewer: str, clock: Callable[[], datetime]) -> dict[str, Any] | None:
    """Reserve the next item for a reviewer; the reservation is on disk when this returns. None: nothing is left for her."""
    from workbench import label

    protocol = label.Protocol.of(queue.row.row(0, named=True))
    while True:
        draws = database.read("draws", queue_id=queue.queue_id)
        labels = label.current_labels(database.read("annotations"))
        held = database.read("reservations", queue_id=queue.queue_id)
        row = label.reserve(draws, held, labels, reviewer=reviewer, protocol=protocol, now=clock())
        if row is None:
            return None
        if database.append("reservations", [row]):  # else somebody was faster: look again
            item = draws.filter(draw_id=row["draw_id"]).row(0, named=True)
            return {
                "session_id": item["target_id"],
                "draw_id": row["draw_id"],
                "because": item["because"],
                "expires_at": row["expires_at"],
            }
