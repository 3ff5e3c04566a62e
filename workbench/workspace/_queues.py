"""Queues on disk: drawn once, also where two draw at the same time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from workbench.label import Filled, Filling, Protocol, Queue
    from workbench.store import Database

__all__ = ["add", "keep", "take_next"]


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


def add(
    database: Database, queue: Queue, sessions: list[str], *, how: Filling, because: str, due_at: datetime | None
) -> Filled:
    """Fill a queue and store what is new; where somebody was faster, look again."""
    from workbench import label

    while True:
        filled = label.fill_queue(
            sessions,
            queue_id=queue.queue_id,
            how=how,
            because=because,
            due_at=due_at,
            history=database.read("draws"),
            queues=database.read("queues"),
            now=datetime.now(UTC),
        )
        if not filled.rows.height or database.append_together({"draws": filled.rows}, unless="draws"):
            return filled


def take_next(database: Database, queue: Queue, reviewer: str, clock: Callable[[], datetime]) -> dict[str, Any] | None:
    """Reserve the next item for a reviewer; the reservation is on disk when this returns. None: nothing is left for her."""
    from workbench import label

    protocol = label.Protocol.of(queue.row.row(0, named=True))
    while True:
        draws = database.read("draws", queue_id=queue.queue_id)
        said = database.read("annotations")
        labels, again = (_finished(said, protocol, again=shown_again) for shown_again in (False, True))
        held = database.read("reservations", queue_id=queue.queue_id)
        row = label.reserve(draws, held, labels, reviewer=reviewer, protocol=protocol, now=clock(), again=again)
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


def _finished(annotations: pl.DataFrame, protocol: Protocol, *, again: bool) -> pl.DataFrame:
    """The labels that lack no required answer."""
    from workbench import label

    labels = label.current_labels(annotations, again=again)
    if not any(item.required for item in protocol.rubric):
        return labels
    drafts = label.unfinished(labels, label.rubric_answers(annotations, again=again), protocol)
    return labels.join(drafts, on=["session_id", "reviewer"], how="anti")
