"""What a reviewer says about a session: append-only annotations, and the view of what they say now."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Final, Literal, TypedDict, get_args

import polars as pl

from workbench.errors import InputError, UnknownNameError
from workbench.label._tables import LABEL_NAMES, LABELS, VERDICTS
from workbench.schema import ANNOTATIONS, conform

__all__ = ["Change", "Role", "contested", "current_labels", "label_annotations", "last_operation"]

Role = Literal["general", "expert"]

_SPANS: Final = ("first_failure", "root_cause")
_LONGEST_ID: Final = 200

_ID, _LENGTH = pl.col("annotation_id"), pl.col("name").str.len_chars().cast(pl.Int64) + 1
# The save that wrote an annotation; what came from a file stands for itself.
_OPERATION: Final = (
    pl.when(_ID.str.ends_with(pl.concat_str(pl.lit("."), "name")))
    .then(_ID.str.head(_ID.str.len_chars().cast(pl.Int64) - _LENGTH))
    .otherwise(_ID)
)


class Change(TypedDict, total=False):
    """One operation on one session: a save, or the undo of one.

    A field that is absent stays as it was; a field that is null or blank is cleared.
    """

    operation: str  # an id that the caller coined; sent again after a lost acknowledgement, it makes no double
    session_id: str
    verdict: str | None
    note: str | None
    failure_mode: str | None
    first_failure: str | None  # "trace_id/span_id"
    root_cause: str | None
    expected_output: str | None
    undo: str  # the operation that is taken back; alone with `operation` and `session_id`


def label_annotations(
    change: Change | Mapping[str, object],
    *,
    reviewer: str,
    role: Role = "general",
    queue_id: str | None = None,
    now: dt.datetime,
    blind: bool = True,
    method: str = "widget",
    method_version: str | None = None,
    said: object = None,
) -> list[dict[str, Any]]:
    """Turn one operation into the annotations that are to be appended.

    The ids are `<operation>.<name>`, so that a delivery that is repeated gives the same rows, and a store that knows an id
    ignores it. Nothing is ever edited: a later save supersedes by its time, an undo retracts by id.

    Parameters
    ----------
    change
        See `Change`. Undoing an undo brings the save back.
    reviewer, role
        Who says it, and as what: `general` or `expert`.
    queue_id
        The queue that the session was read in.
    now
        When, with a time zone.
    blind
        False where a suggestion was shown before the verdict.
    method, method_version
        How it came about (`widget`, `command`, `file`), and the version of the rubric.
    said
        Rows of `schema.ANNOTATIONS` on this session. An undo takes back those that the undone operation wrote, whatever their
        ids: a row that came from a file is an operation of its own, named by its id. Without them the operation is taken to
        be a save with ids `<operation>.<name>`.

    Returns
    -------
    list of dict
        Rows of `schema.ANNOTATIONS`; none where everything of the undone operation was taken back before.

    Raises
    ------
    InputError
        The reviewer made no operation that is to be undone; no operation id, no session, nothing to say, an unknown field or verdict, a time without a zone.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    >>> change = {"operation": "op1", "session_id": "s1", "verdict": "fail"}
    >>> rows = label.label_annotations(change, reviewer="ana", now=now)
    >>> rows[0]["annotation_id"], rows[0]["passed"]
    ('op1.verdict', False)
    """
    given = dict(change)
    operation, session_id = _text(given.pop("operation", None)), _text(given.pop("session_id", None))
    _check(operation, session_id, reviewer, role, now)
    base: dict[str, Any] = {
        **dict.fromkeys(ANNOTATIONS.names()),
        "target_kind": "session",
        "target_id": session_id,
        "author": reviewer,
        "author_kind": "human",
        "author_role": role,
        "method": method,
        "method_version": method_version,
        "queue_id": queue_id,
        "blind": blind,
        "happened_at": now,
        "recorded_at": now,
    }
    undone = _text(given.pop("undo", None))
    if undone is not None:
        if given:
            msg = f"operation {operation!r} undoes {undone!r} and says {', '.join(sorted(given))} as well; send two operations"
            raise InputError(msg)
        written = (
            [(name, f"{undone}.{name}") for name in LABEL_NAMES]
            if said is None
            else _written_by(undone, said, session_id, reviewer)
        )
        return [
            {**base, "annotation_id": f"{operation}.{name}", "name": name, "retracts": retracted}
            for name, retracted in written
        ]
    unknown = sorted(set(given) - set(LABEL_NAMES))
    if unknown:
        raise UnknownNameError(unknown[0], "field of a label", LABEL_NAMES)
    if not given:
        msg = f"operation {operation!r} says nothing about session {session_id!r}: give at least one of {', '.join(LABEL_NAMES)}"
        raise InputError(msg)
    return [_row(base, f"{operation}.{name}", name, _text(given[name])) for name in LABEL_NAMES if name in given]


def _written_by(operation: str, said: object, session_id: str | None, reviewer: str) -> list[tuple[str, str]]:
    """The annotations of an operation that still stand, as (name, id)."""
    log = _log(said, reviewer=reviewer).filter(target_id=session_id).with_columns(operation=_OPERATION)
    if operation not in log["operation"].to_list():
        msg = f"{reviewer} made no operation {operation!r} on session {session_id!r}: there is nothing to take back"
        raise InputError(msg)
    return _standing(log).filter(operation=operation).select("name", "annotation_id").rows()


def _check(operation: str | None, session_id: str | None, reviewer: str, role: str, now: dt.datetime) -> None:
    if operation is None or len(operation) > _LONGEST_ID:
        msg = f"an operation needs an id of 1 to {_LONGEST_ID} characters, so that its repetition can be told"
        raise InputError(msg)
    if session_id is None:
        msg = f"operation {operation!r} names no session_id"
        raise InputError(msg)
    if not reviewer.strip():
        msg = "a label needs a reviewer: reviewer='ana'"
        raise InputError(msg)
    if role not in get_args(Role):
        raise UnknownNameError(role, "role", get_args(Role))
    if now.tzinfo is None:
        msg = f"the time {now} has no zone; use datetime.now(UTC)"
        raise InputError(msg)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        msg = f"a label's fields are text, not {type(value).__name__}"
        raise InputError(msg)
    return value if value.strip() else None


def _row(base: dict[str, Any], annotation_id: str, name: str, value: str | None) -> dict[str, Any]:
    row = {**base, "annotation_id": annotation_id, "name": name, "value_text": value}
    if name == "verdict" and value is not None:
        if value not in VERDICTS:
            raise UnknownNameError(value, "verdict", VERDICTS)
        row["passed"] = {"pass": True, "fail": False}.get(value)
    elif name == "failure_mode" and value is not None:
        row["value_text"] = value.strip()
    elif name in _SPANS and value is not None:
        row["evidence"] = json.dumps([value])
    return row


def current_labels(
    annotations: object, *, reviewer: str | None = None, as_of: dt.datetime | None = None
) -> pl.DataFrame:
    """What the reviewers' annotations say now, or said at a time: one row a session and reviewer.

    Of each field the latest annotation that was not retracted counts. Only its own author can retract one. Who names a
    failure mode and gives no verdict says that the session fails.

    Parameters
    ----------
    annotations
        Rows of `schema.ANNOTATIONS`; those of people about sessions are used, whatever else is there.
    reviewer
        Only this reviewer's.
    as_of
        Only what had happened by then.

    Returns
    -------
    polars.DataFrame
        Columns of `LABELS`, sorted by session and reviewer. Sessions of which nothing stands are not there.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> said = label.label_annotations(
    ...     {"operation": "op1", "session_id": "s1", "verdict": "fail", "note": "refunded the wrong order"},
    ...     reviewer="ana", now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    >>> label.current_labels(said).select("session_id", "reviewer", "verdict", "note").row(0)
    ('s1', 'ana', 'fail', 'refunded the wrong order')
    """
    standing = _standing(_log(annotations, reviewer=reviewer, as_of=as_of)).filter(pl.col("retracts").is_null())
    if not standing.height:
        return LABELS.to_frame()
    keys = ["target_id", "author"]
    standing = standing.with_columns(operation=_OPERATION)
    values = (
        standing.group_by(*keys, "name", maintain_order=True)
        .agg(pl.col("value_text").last())
        .pivot("name", index=keys, values="value_text")
    )
    about = standing.group_by(keys, maintain_order=True).agg(
        pl.col("author_role").drop_nulls().last().alias("role"),
        pl.col("queue_id").drop_nulls().last(),
        pl.col("blind").last(),
        pl.col("happened_at").last(),
        pl.col("operation").last(),
        pl.col("operation").n_unique().cast(pl.Int64).alias("revision"),
    )
    joined = about.join(values, on=keys).rename({"target_id": "session_id", "author": "reviewer"})
    said_something = pl.any_horizontal(pl.col(name).is_not_null() for name in values.columns if name not in keys)
    labels = conform(joined.filter(said_something), LABELS).select(LABELS.names())
    implied = pl.when(pl.col("failure_mode").is_not_null()).then(pl.lit("fail"))
    return labels.with_columns(pl.coalesce("verdict", implied).alias("verdict")).sort("session_id", "reviewer")


def last_operation(annotations: object, *, reviewer: str, queue_id: str | None = None) -> tuple[str, str] | None:
    """A reviewer's last save that still stands, as (session, operation): what "undo the last" takes back.

    Parameters
    ----------
    annotations
        Rows of `schema.ANNOTATIONS`, all of the reviewer's.
    reviewer
        Whose.
    queue_id
        Only saves made in this queue; by default those made in none.

    Returns
    -------
    tuple of str, or None
        None where nothing stands.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> said = label.label_annotations({"operation": "op1", "session_id": "s1", "verdict": "fail"}, reviewer="ana",
    ...                                now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    >>> label.last_operation(said, reviewer="ana")
    ('s1', 'op1')
    """
    standing = _standing(_log(annotations, reviewer=reviewer)).filter(
        pl.col("retracts").is_null(), pl.col("queue_id").eq_missing(pl.lit(queue_id, dtype=pl.String()))
    )
    if not standing.height:
        return None
    row = standing.with_columns(operation=_OPERATION).row(-1, named=True)
    return row["target_id"], row["operation"]


def _log(annotations: object, *, reviewer: str | None = None, as_of: dt.datetime | None = None) -> pl.DataFrame:
    """What people said of sessions, each annotation once, from the earliest to the latest."""
    said = (
        conform(annotations, ANNOTATIONS, what="annotations")
        .filter(
            pl.col("target_kind") == "session",
            pl.col("author_kind") == "human",
            pl.col("target_id").is_not_null(),
            pl.col("name").is_in(LABEL_NAMES),
        )
        .unique("annotation_id", keep="first", maintain_order=True)
        .with_row_index("_order")
        .sort("happened_at", "_order", nulls_last=False)
        .with_row_index("_rank")
    )
    if reviewer is not None:
        said = said.filter(author=reviewer)
    return said if as_of is None else said.filter(pl.col("happened_at") <= as_of)


def _standing(said: pl.DataFrame) -> pl.DataFrame:
    """The annotations that no later standing one of the same author retracts; a retracted retraction retracts nothing."""
    links = said.filter(pl.col("retracts").is_not_null()).select("annotation_id", "retracts", "author", "_rank")
    if not links.height:
        return said
    author: dict[str, str | None] = dict(zip(said["annotation_id"].to_list(), said["author"].to_list(), strict=True))
    rank: dict[str, int] = dict(zip(said["annotation_id"].to_list(), said["_rank"].to_list(), strict=True))
    gone: set[str] = set()
    for one in links.sort("_rank", descending=True).iter_rows(
        named=True
    ):  # from the last: it cannot be retracted any more
        target = one["retracts"]
        later = target in rank and rank[target] < one["_rank"]
        if one["annotation_id"] not in gone and later and author[target] == one["author"]:
            gone.add(target)
    return said.filter(~pl.col("annotation_id").is_in(list(gone)))


def contested(labels: pl.DataFrame) -> pl.DataFrame:
    """Sessions on which reviewers' verdicts disagree: they count in no rate until somebody settles them.

    Parameters
    ----------
    labels
        What `current_labels` returns.

    Returns
    -------
    polars.DataFrame
        Columns `session_id`, `passed_by` and `failed_by` (lists of reviewers), sorted by session.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench import label
    >>> said = [("s1", "ana", "fail"), ("s1", "ben", "pass"), ("s2", "ana", "fail")]
    >>> label.contested(pl.DataFrame(said, schema=["session_id", "reviewer", "verdict"], orient="row")).rows()
    [('s1', ['ben'], ['ana'])]
    """
    decided = labels.filter(pl.col("verdict").is_in(["pass", "fail"]))
    names = {"pass": "passed_by", "fail": "failed_by"}
    return (
        decided.group_by("session_id")
        .agg(
            pl.col("reviewer").filter(pl.col("verdict") == verdict).sort().alias(name)
            for verdict, name in names.items()
        )
        .filter(pl.col("passed_by").list.len() > 0, pl.col("failed_by").list.len() > 0)
        .sort("session_id")
    )
