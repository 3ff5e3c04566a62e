"""Between the labeller and the store: what is shown of a session, and how a label gets onto the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from workbench import label
from workbench.store import Database

__all__ = ["labels_of", "save_change"]

_SAID: Final = ("verdict", "note", "failure_mode", "first_failure", "root_cause", "expected_output")


def save_change(
    database: Database,
    change: Mapping[str, Any],
    *,
    reviewer: str,
    role: str = "general",
    queue_id: str | None = None,
    method: str = "widget",
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> dict[str, Any] | None:
    """Append what a change says; return the label as it then stands, or None where there was nothing to undo.

    When this returns, the change is on disk. Only the rows of one session are read, so that the time it takes does
    not grow with the workspace.
    """
    given = dict(change)
    if given.get("undo") == "last":
        last = _last_operation(database, reviewer=reviewer, queue_id=queue_id)
        if last is None:
            return None
        given["session_id"], given["undo"] = last
    session_id = str(given["session_id"])
    said = {name: given[name] for name in ("operation", "session_id", "undo", *_SAID) if name in given}
    rows = label.label_annotations(
        said,  # pyright: ignore[reportArgumentType] - checked there
        reviewer=reviewer,
        role=role,  # pyright: ignore[reportArgumentType]
        queue_id=queue_id,
        now=clock(),
        blind=bool(given.get("blind", True)),
        method=method,
    )
    database.append("annotations", rows)
    standing = labels_of(database.read("annotations", target_id=session_id, author=reviewer), reviewer)
    return {"revision": 0, **standing.get(session_id, {}), "session_id": session_id}


def labels_of(annotations: pl.DataFrame, reviewer: str) -> dict[str, dict[str, Any]]:
    """A reviewer's labels by session, as the labeller takes them."""
    current = label.current_labels(annotations, reviewer=reviewer)
    return {
        row["session_id"]: {
            "revision": row["revision"],
            # Suggestions that were shown once stay shown: the next label of this session is not blind either.
            "revealed": row["blind"] is False,
            **{name: row[name] for name in _SAID if row[name] is not None},
        }
        for row in current.iter_rows(named=True)
    }


def _last_operation(database: Database, *, reviewer: str, queue_id: str | None) -> tuple[str, str] | None:
    """The reviewer's last save in a queue that still stands, and its session."""
    rows = database.read("annotations", author=reviewer, queue_id=queue_id)
    current = label.current_labels(rows, reviewer=reviewer)
    if not current.height:
        return None
    row = current.sort("happened_at", maintain_order=True).row(-1, named=True)
    return row["session_id"], row["operation"]
