"""Between the labeller and the store: what is shown of a session, and how a label gets onto the disk."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from workbench import label
from workbench.errors import InputError, UnknownNameError
from workbench.store import Database

__all__ = ["labels_by_item", "labels_of", "reveal", "save_change"]

_SAID: Final = ("verdict", "note", "failure_mode", "first_failure", "root_cause", "expected_output", "flag")
_KEYS: Final = ("operation", "session_id", "undo", "blind", "revision", "draw_id", "answers", *_SAID)


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

    When this returns, the change is on disk. But to undo the last save, only the rows of one session are read, so that the
    time it takes does not grow with the workspace. An operation that comes again writes nothing, and is answered with the label of the
    session that it touched. What is said of a draw that shows a session again is kept apart, and answered alone.
    """
    given = dict(change)
    for key in given:
        if key not in _KEYS:
            raise UnknownNameError(str(key), "field of a label", _KEYS)
    given.setdefault("operation", f"{method}-{uuid.uuid4().hex}")
    drawn = {} if given.get("draw_id") is None else _draw(database, str(given["draw_id"]))
    if drawn.get("component") == label.REPEAT:
        method = label.REPEAT
    rubric = _rubric(database, queue_id) if given.get("answers") else ()
    if given.get("undo") == "last":
        all_said = database.read("annotations", author=reviewer)
        last = _touched_by(given.get("operation"), all_said) or label.last_operation(
            all_said, reviewer=reviewer, queue_id=queue_id
        )
        if last is None:
            return None
        given["session_id"], given["undo"] = last
        if _again(all_said, last):
            method = label.REPEAT
    session_id = str(given["session_id"])
    repeats = method == label.REPEAT
    before = database.read("annotations", target_id=session_id, author=reviewer)
    if _touched_by(given.get("operation"), before) is not None:
        return _standing(before, session_id, reviewer, repeats=repeats)
    said = {name: given[name] for name in ("operation", "session_id", "undo", "answers", *_SAID) if name in given}
    rows = label.label_annotations(
        said,  # pyright: ignore[reportArgumentType] - checked there
        reviewer=reviewer,
        role=role,  # pyright: ignore[reportArgumentType]
        queue_id=queue_id,
        now=clock(),
        blind=bool(given.get("blind", True)),
        method=method,
        said=before,
        rubric=rubric,
    )
    database.append("annotations", rows)
    after = database.read("annotations", target_id=session_id, author=reviewer)
    return _standing(after, session_id, reviewer, repeats=repeats)


def _draw(database: Database, draw_id: str) -> dict[str, Any]:
    found = database.read("draws", draw_id=draw_id)
    if not found.height:
        raise UnknownNameError(draw_id, "draw", database.read("draws")["draw_id"].to_list())
    return found.row(0, named=True)


def _rubric(database: Database, queue_id: str | None) -> tuple[label.RubricItem, ...]:
    rows = database.read("queues", queue_id=queue_id) if queue_id is not None else None
    if rows is None or not rows.height:
        msg = "answers are answers to the rubric of a queue: give queue_id, or save verdict and note alone"
        raise InputError(msg)
    return label.Protocol.of(rows.row(0, named=True)).rubric


def _standing(annotations: pl.DataFrame, session_id: str, reviewer: str, *, repeats: bool) -> dict[str, Any]:
    if repeats:  # what was said the first time is not to be seen
        annotations = _said_again(annotations)
    standing = {"revision": 0, **labels_of(annotations, reviewer).get(session_id, {}), "session_id": session_id}
    return {**standing, "again": True} if repeats else standing


def _said_again(annotations: pl.DataFrame) -> pl.DataFrame:
    """What was said when sessions were shown again, as if that were all."""
    return annotations.filter(pl.col("method") == label.REPEAT).with_columns(method=pl.lit("widget"))


def _again(annotations: pl.DataFrame, last: tuple[str, str]) -> bool:
    """Whether an operation was made when a session was shown again."""
    own = annotations.filter(
        pl.col("annotation_id") == pl.concat_str(pl.lit(f"{last[1]}."), "name"), pl.col("target_id") == last[0]
    )
    return (own["method"] == label.REPEAT).any()


def _touched_by(operation: object, annotations: pl.DataFrame) -> tuple[str, str] | None:
    """The session that an operation has written to, and what it took back; None where it has written nothing yet."""
    own = annotations.filter(
        pl.col("annotation_id") == pl.concat_str(pl.lit(f"{operation}."), "name"), pl.col("target_kind") == "session"
    )
    return None if not own.height else (own["target_id"][0], "last")


def labels_of(
    annotations: pl.DataFrame, reviewer: str, exposures: pl.DataFrame | None = None
) -> dict[str, dict[str, Any]]:
    """A reviewer's labels by session, as the labeller takes them.

    Suggestions that were shown once stay shown, whatever was taken back since: the next label of that session is not
    blind either.
    """
    seen = set(annotations.filter(pl.col("author") == reviewer, pl.col("blind") == False)["target_id"].to_list())  # noqa: E712 - null is not known
    if exposures is not None:
        seen |= set(exposures.filter(author=reviewer, use="shown", target_kind="session")["target_id"].to_list())
    current = label.current_labels(annotations, reviewer=reviewer)
    labels: dict[str, dict[str, Any]] = {session_id: {"revision": 0, "blind": False} for session_id in seen}
    for row in current.iter_rows(named=True):
        said = {name: row[name] for name in _SAID if row[name] is not None}
        labels[row["session_id"]] = {"revision": row["revision"], "blind": row["session_id"] not in seen, **said}
    for session, item, number, text in (
        label.rubric_answers(annotations, reviewer=reviewer).select("session_id", "item", "number", "text").iter_rows()
    ):
        own = labels.setdefault(session, {"revision": 0, "blind": session not in seen})
        own.setdefault("answers", {})[item] = text if number is None else f"{number:g}"
    return labels


def labels_by_item(database: Database, reviewer: str, draws: pl.DataFrame | None = None) -> dict[str, dict[str, Any]]:
    """A reviewer's labels as the labeller takes them: by session, and by draw for what was said of a session shown again."""
    annotations = database.read("annotations", author=reviewer)
    labels = labels_of(annotations, reviewer, database.read("exposures", author=reviewer))
    repeats = None if draws is None else draws.filter(pl.col("component").eq_missing(label.REPEAT))
    if repeats is not None and repeats.height:
        again = labels_of(_said_again(annotations), reviewer)
        labels |= {
            draw: again[session]
            for draw, session in repeats.select("draw_id", "target_id").iter_rows()
            if session in again
        }
    return labels


def reveal(
    database: Database,
    session_id: str,
    *,
    reviewer: str,
    queue_id: str,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Put on record that a reviewer is shown the suggestions of a session before the verdict; once a queue and session."""
    key = hashlib.sha256(f"shown\x1f{queue_id}\x1f{reviewer}\x1f{session_id}".encode()).hexdigest()
    row = {"target_kind": "session", "target_id": session_id, "use": "shown", "by": queue_id, "author": reviewer}
    database.append("exposures", [{"exposure_id": f"e-{key[:24]}", **row, "happened_at": clock()}])
