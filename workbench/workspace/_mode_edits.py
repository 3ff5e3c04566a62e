"""What people change about modes on the map: kept as events, and done again on the next clustering."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import polars as pl

from workbench.cluster import Edit, Modes
from workbench.errors import InputError
from workbench.store import Database
from workbench.workspace._base import author_of

__all__ = ["ModeEdits", "keep_names", "standing", "undo_names"]


def standing(rows: pl.DataFrame) -> list[Edit]:
    """The edits that were not undone, in the order in which they were made."""
    undone = set(rows["retracts"].drop_nulls().to_list())
    kept = rows.filter(~pl.col("edit_id").is_in(undone), pl.col("kind") != "undo")
    return [Edit.from_dict(orjson.loads(body)) for body in kept["body"].to_list()]


def keep_names(database: Database, facet: str, edits: Sequence[Edit], *, model: str) -> None:
    """Keep the names that a model gave."""
    rows = [_row(uuid4().hex, facet, "rename", author=model, body=_body(edit)) for edit in edits]
    if rows:
        database.append("mode_edits", rows)


def undo_names(database: Database, facet: str) -> int:
    """Take back every name that a model gave and that still stands; how many these were."""
    rows = database.read("mode_edits", facet=facet)
    undone = set(rows["retracts"].drop_nulls().to_list())
    given = [
        edit_id
        for edit_id, body in rows.filter(kind="rename").select("edit_id", "body").iter_rows()
        if edit_id not in undone and orjson.loads(body).get("by") == "model"
    ]
    if given:
        back = [_row(uuid4().hex, facet, "undo", author=author_of(), retracts=edit_id) for edit_id in given]
        database.append("mode_edits", back)
    return len(given)


def _body(edit: Edit) -> str:
    return orjson.dumps(edit.to_dict()).decode()


def _row(
    operation: str, facet: str, kind: str, *, author: str, body: str | None = None, retracts: str | None = None
) -> dict[str, Any]:
    return {
        "edit_id": operation,
        "facet": facet,
        "kind": kind,
        "body": body,
        "author": author,
        "happened_at": datetime.now(UTC),
        "retracts": retracts,
    }


class ModeEdits:
    """Keeps the edits of one clustering, and reads its sessions.

    Parameters
    ----------
    modes
        The modes as they are shown.
    facet
        What the sessions were compared by: edits count for clusterings of the same facet.
    database
        Where the events go.
    read
        Gives a session as the widgets show it.
    """

    def __init__(self, modes: Modes, facet: str, database: Database, read: Callable[[str], Mapping[str, Any]]) -> None:
        self._modes, self._facet, self._database, self._read = modes, facet, database, read
        self._before: dict[str, Modes] = {}

    def read(self, session_id: str, /) -> Mapping[str, Any]:
        """A session as the widgets show it."""
        return self._read(session_id)

    def of(self, modes: Modes, /) -> ModeEdits:
        """The same for modes that were made of these in code."""
        return ModeEdits(modes, self._facet, self._database, self._read)

    def save(self, event: Mapping[str, Any], /) -> None:
        """Keep one edit; on disk when this returns.

        Raises
        ------
        InputError
            The edit cannot be made; nothing was kept.
        """
        operation, undone = str(event["operation"]), event.get("undo")
        if undone is not None:
            after, body = self._before[undone], None
        else:
            after = self._edited(event)
            body = _body(after.events[-1])
        row = _row(operation, self._facet, event["kind"], author=author_of(), body=body, retracts=undone)
        self._database.append("mode_edits", [row])
        self._before[operation], self._modes = self._modes, after

    def _edited(self, event: Mapping[str, Any]) -> Modes:
        kind, mode, into = event["kind"], str(event.get("mode", "")), str(event.get("into", ""))
        if kind == "rename":
            return self._modes.rename(mode, into)
        if kind == "merge":
            return self._modes.merge([into, mode], into)
        if kind == "move":
            return self._modes.move(list(event["session_ids"]), into)
        if kind == "together":
            return self._modes.together(list(event["session_ids"]), into)
        if kind in ("retire", "restore"):
            return self._modes.retire(mode) if kind == "retire" else self._modes.restore(mode)
        msg = f"an edit of kind {kind!r} is not known"
        raise InputError(msg)
