"""Queues on disk: drawn once, also where two draw at the same time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.label import Queue
    from workbench.store import Database

__all__ = ["keep"]


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
