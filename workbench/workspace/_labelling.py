"""Between the labeller and the store: what is shown of a session, and how a label gets onto the disk."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import polars as pl

from workbench import label
from workbench.errors import InputError, UnknownNameError
from workbench.schema import ANNOTATIONS
from workbench.store import Database

__all__ = ["at_spans", "labels_by_item", "labels_of", "reveal", "save_change"]

_SAID: Final = (
    "verdict",
    "note",
    "failure_mode",
    "other_modes",
    "first_failure",
    "root_cause",
    "expected_output",
    "flag",
)
_KEYS: Final = ("operation", "session_id", "undo", "blind", "revision", "draw_id", "answers", "draft", *_SAID)
_OPEN: Final = label.Protocol()


def save_change(
    database: Database,
    change: Mapping[str, Any],
    *,
    reviewer: str,
    role: str = "general",
    queue_id: str | None = None,
    method: str = "widget",
    whole: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> dict[str, Any] | None:
    """Append what a change says; return the label as it then stands, or None where there was nothing to undo.

    When this returns, the change is on disk. But to undo the last save, only the rows of one session are read, so that the
    time it takes does not grow with the workspace. An operation that comes again writes nothing, and is answered with the label of the
    session that it touched. What is said of a draw that shows a session again is kept apart, and answered alone. With `whole` a verdict
    that lacks required answers is refused, unless the change says that it is a draft; without it the answer names what is `missing`.
    """
    given = dict(change)
    for key in given:
        if key not in _KEYS:
            raise UnknownNameError(str(key), "field of a label", _KEYS)
    given.setdefault("operation", f"{method}-{uuid.uuid4().hex}")
    drawn = {} if given.get("draw_id") is None else _draw(database, str(given["draw_id"]), given.get("session_id"))
    queue_id = queue_id or drawn.get("queue_id")
    if given.get("undo") == "last":
        all_said = database.read("annotations", author=reviewer)
        last = _touched_by(given.get("operation"), all_said) or label.last_operation(
            all_said, reviewer=reviewer, queue_id=queue_id
        )
        if last is None:
            return None
        given["session_id"], given["undo"] = last
    session_id = str(given.get("session_id") or drawn.get("target_id"))
    before = database.read("annotations", target_id=session_id, author=reviewer).to_dicts()
    operation = given["operation"]
    repeats = drawn.get("component") == label.REPEAT or _was_repeat(before, operation, given.get("undo"))
    protocol = _protocol(database, queue_id, needed=bool(given.get("answers")))
    about = _About(session_id, reviewer, queue_id, repeats, protocol)
    if any(row["annotation_id"] == f"{operation}.{row['name']}" for row in before if row["target_kind"] == "session"):
        return _standing(database, before, about)
    said = {name: given[name] for name in ("operation", "undo", "answers", *_SAID) if name in given}
    rows = label.label_annotations(
        {**said, "session_id": session_id},  # pyright: ignore[reportArgumentType] - checked there
        reviewer=reviewer,
        role=role,  # pyright: ignore[reportArgumentType]
        queue_id=queue_id,
        now=clock(),
        blind=bool(given.get("blind", True)),
        method=label.REPEAT if repeats else method,
        said=before,
        rubric=protocol.rubric,
    )
    if whole and "undo" not in given and not given.get("draft"):
        _refuse_parts(before, rows, about, decides=given.get("verdict") in ("pass", "fail"))
    database.append("annotations", rows)
    after = database.read("annotations", target_id=session_id, author=reviewer)
    return _standing(database, after.to_dicts(), about)


def at_spans(change: Mapping[str, Any], steps: pl.DataFrame, spans: Callable[[], pl.DataFrame]) -> dict[str, Any]:
    """The change with its first failure and root cause as `trace_id/span_id`, where they were given by step or span.

    Parameters
    ----------
    change
        What is said of a session.
    steps
        The steps of that session.
    spans
        Gives the session's spans, `trace_id` and `span_id`: also what is no step can be to blame.

    Raises
    ------
    UnknownNameError
        The session has no such step or span.
    """
    placed = dict(change)
    for name in ("first_failure", "root_cause"):
        said = "" if placed.get(name) is None else str(placed[name]).strip()
        if not said:
            continue
        at = pl.concat_str("trace_id", "span_id", separator="/")
        held = steps.filter((at == said) | (pl.col("span_id") == said) | (pl.col("number").cast(pl.String) == said))
        if not held.height:
            held = spans().filter((at == said) | (pl.col("span_id") == said))
        if not held.height:
            numbers = steps["number"].cast(pl.String).to_list()
            then = f"It has steps {numbers[0]} to {numbers[-1]}." if numbers else ""
            raise UnknownNameError(said, f"step or span of session {change.get('session_id')!r}", numbers, then=then)
        placed[name] = held.select(at)[0, 0]
    return placed


_Rows = Sequence[Mapping[str, Any]]


class _About(NamedTuple):
    """What a change is about."""

    session_id: str
    reviewer: str
    queue_id: str | None
    repeats: bool  # the session is shown again: what was said the first time is not to be seen
    protocol: label.Protocol


def _draw(database: Database, draw_id: str, session_id: object) -> dict[str, Any]:
    found = database.read("draws", draw_id=draw_id)
    if not found.height:
        raise UnknownNameError(draw_id, "draw", database.read("draws")["draw_id"].to_list())
    row = found.row(0, named=True)
    if session_id is not None and session_id != row["target_id"]:
        msg = f"draw {draw_id!r} shows session {row['target_id']!r}, not {session_id!r}: leave one of the two out"
        raise InputError(msg)
    return row


def _was_repeat(before: _Rows, operation: object, undone: object) -> bool:
    """Whether an operation that comes again, or that is to be undone, spoke of a session that was shown again."""
    named = tuple(f"{each}." for each in (operation, undone) if isinstance(each, str))
    return any(row["annotation_id"].startswith(named) for row in before if row["method"] == label.REPEAT)


def _protocol(database: Database, queue_id: str | None, *, needed: bool) -> label.Protocol:
    rows = database.read("queues", queue_id=queue_id) if queue_id is not None else None
    if rows is not None and rows.height:
        return label.Protocol.of(rows.row(0, named=True))
    if needed:
        msg = "answers are answers to the rubric of a queue: give queue_id, or save verdict and note alone"
        raise InputError(msg)
    return _OPEN


def _refuse_parts(before: _Rows, rows: _Rows, about: _About, *, decides: bool) -> None:
    """Refuse a verdict without the answers that go with it; what was open before stays open."""
    missing = _missing([*before, *({**dict.fromkeys(ANNOTATIONS), **row} for row in rows)], about)
    new = missing if decides else [name for name in missing if name not in _missing(before, about)]
    if new:
        msg = (
            f"not saved: this queue asks for {', '.join(map(repr, missing))} with a verdict on {about.session_id!r}."
            f" Give answers={{{missing[0]!r}: …}} in the same change, or 'draft': True to keep what there is and finish it later."
        )
        raise InputError(msg)


def _missing(annotations: _Rows, about: _About) -> list[str]:
    return label.said_of(annotations, reviewer=about.reviewer, again=about.repeats).missing(about.protocol)


def _standing(database: Database, annotations: _Rows, about: _About) -> dict[str, Any]:
    """The label as it stands; `missing` names the required answers that it lacks, `draw_id` the draw that showed it again."""
    said = label.said_of(annotations, reviewer=about.reviewer, again=about.repeats)
    standing: dict[str, Any] = {"revision": said.revision, **said.fields, "session_id": about.session_id}
    if said.answers:
        standing["answers"] = {name: _plain(answer) for name, answer in said.answers.items()}
    if not about.repeats:  # suggestions that were shown once stay shown
        seen = any(row["blind"] is False for row in annotations)
        if seen or said.fields or said.answers:
            standing["blind"] = not seen
    missing = said.missing(about.protocol)
    if missing:
        standing["missing"] = missing
    if about.repeats:
        standing["again"] = True
    if about.repeats and about.queue_id is not None:
        shown = database.read("draws", queue_id=about.queue_id, target_id=about.session_id, component=label.REPEAT)
        if shown.height:
            standing["draw_id"] = shown["draw_id"][0]
    return standing


def _plain(answer: float | str) -> str:
    return answer if isinstance(answer, str) else f"{answer:g}"


def _touched_by(operation: object, annotations: pl.DataFrame) -> tuple[str, str] | None:
    """The session that an operation has written to, and what it took back; None where it has written nothing yet."""
    own = annotations.filter(
        pl.col("annotation_id") == pl.concat_str(pl.lit(f"{operation}."), "name"), pl.col("target_kind") == "session"
    )
    return None if not own.height else (own["target_id"][0], "last")


def labels_of(
    annotations: pl.DataFrame,
    reviewer: str,
    exposures: pl.DataFrame | None = None,
    draws: pl.DataFrame | None = None,
) -> dict[str, dict[str, Any]]:
    """A reviewer's labels by session, as the labeller takes them; with `draws`, by draw id what was said when they showed a session again.

    Suggestions that were shown once stay shown, whatever was taken back since: the next label of that session is not
    blind either.
    """
    seen = set(annotations.filter(pl.col("author") == reviewer, pl.col("blind") == False)["target_id"].to_list())  # noqa: E712 - null is not known
    if exposures is not None:
        seen |= set(exposures.filter(author=reviewer, use="shown", target_kind="session")["target_id"].to_list())
    labels: dict[str, dict[str, Any]] = {session_id: {"revision": 0, "blind": False} for session_id in seen}
    for session_id, said in _said_of(annotations, reviewer, again=False).items():
        labels[session_id] = {**said, "blind": session_id not in seen}
    if draws is not None:
        again = draws.filter(component=label.REPEAT)
        here = annotations.filter(pl.col("queue_id").is_in(again["queue_id"].unique().to_list()))
        said_again = _said_of(here, reviewer, again=True)
        for draw_id, session_id in again.select("draw_id", "target_id").iter_rows():
            if session_id in said_again:
                labels[draw_id] = {**said_again[session_id], "blind": session_id not in seen}
    return labels


def labels_by_item(database: Database, reviewer: str, draws: pl.DataFrame | None = None) -> dict[str, dict[str, Any]]:
    """A reviewer's labels as the labeller takes them: by session, and by draw for what was said of a session shown again."""
    annotations = database.read("annotations", author=reviewer)
    return labels_of(annotations, reviewer, database.read("exposures", author=reviewer), draws)


def _said_of(annotations: pl.DataFrame, reviewer: str, *, again: bool) -> dict[str, dict[str, Any]]:
    """What stands of a reviewer's labels, by session: revision, fields, and answers to the rubric."""
    labels: dict[str, dict[str, Any]] = {}
    for row in label.current_labels(annotations, reviewer=reviewer, again=again).iter_rows(named=True):
        row["other_modes"] = label.lines_of(row["other_modes"] or ())
        said = {name: row[name] for name in _SAID if row[name] is not None}
        labels[row["session_id"]] = {"revision": row["revision"], **said}
    for row in label.rubric_answers(annotations, reviewer=reviewer, again=again).iter_rows(named=True):
        answer = _plain(row["text"] if row["number"] is None else row["number"])
        labels.setdefault(row["session_id"], {"revision": 0}).setdefault("answers", {})[row["item"]] = answer
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
