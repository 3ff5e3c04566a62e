"""What reviewers say now, or said at a time: the view of append-only annotations."""

from __future__ import annotations

import datetime as dt
from typing import Final

import polars as pl

from workbench.label._several import first_leads
from workbench.label._tables import ANSWER, LABEL_NAMES, LABELS, REPEAT
from workbench.schema import ANNOTATIONS, conform

__all__ = [
    "OPERATION",
    "contested",
    "current_labels",
    "first_and_again",
    "last_operation",
    "log_of",
    "rubric_answers",
    "settled",
    "standing_of",
]

_ID, _LENGTH = pl.col("annotation_id"), pl.col("name").str.len_chars().cast(pl.Int64) + 1
# The save that wrote an annotation; what came from a file stands for itself.
OPERATION: Final = (
    pl.when(_ID.str.ends_with(pl.concat_str(pl.lit("."), "name")))
    .then(_ID.str.head(_ID.str.len_chars().cast(pl.Int64) - _LENGTH))
    .otherwise(_ID)
)


def current_labels(
    annotations: object, *, reviewer: str | None = None, as_of: dt.datetime | None = None, again: bool = False
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
    again
        What was said when a session was shown again, unannounced, instead of the first time.

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
    log = log_of(annotations, reviewer=reviewer, as_of=as_of, repeats=again)
    standing = standing_of(log).filter(pl.col("retracts").is_null(), pl.col("name").is_in(LABEL_NAMES))
    if not standing.height:
        return LABELS.to_frame()
    keys = ["target_id", "author"]
    standing = standing.with_columns(operation=OPERATION)
    values = (
        standing.group_by(*keys, "name", maintain_order=True)
        .agg(pl.col("value_text").last())
        .pivot("name", index=keys, values="value_text")
    )
    about = standing.group_by(keys, maintain_order=True).agg(
        pl.col("author_role").drop_nulls().last().alias("role"),
        pl.col("queue_id").drop_nulls().last(),
        # what was seen before the verdict; suggestions show after it, and a note that follows it says nothing of that
        pl.coalesce(pl.col("blind").filter(pl.col("name") == "verdict").last(), pl.col("blind").last()),
        pl.col("happened_at").last(),
        pl.col("operation").last(),
        pl.col("operation").n_unique().cast(pl.Int64).alias("revision"),
    )
    joined = about.join(values, on=keys).rename({"target_id": "session_id", "author": "reviewer"})
    said_something = pl.any_horizontal(pl.col(name).is_not_null() for name in values.columns if name not in keys)
    if "failure_mode" not in joined.columns or "other_modes" not in joined.columns:
        absent = [name for name in ("failure_mode", "other_modes") if name not in joined.columns]
        joined = joined.with_columns(pl.lit(None, dtype=pl.String()).alias(name) for name in absent)
    labels = conform(first_leads(joined.filter(said_something)), LABELS).select(LABELS.names())
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
    standing = standing_of(log_of(annotations, reviewer=reviewer, repeats=None)).filter(
        pl.col("retracts").is_null(), pl.col("queue_id").eq_missing(pl.lit(queue_id, dtype=pl.String()))
    )
    if not standing.height:
        return None
    row = standing.with_columns(operation=OPERATION).row(-1, named=True)
    return row["target_id"], row["operation"]


def log_of(
    annotations: object, *, reviewer: str | None = None, as_of: dt.datetime | None = None, repeats: bool | None = False
) -> pl.DataFrame:
    """What people said of sessions, each annotation once, from the earliest to the latest.

    What was said when a session was shown again is left out, alone there (`repeats`), or there too (None).
    """
    said = (
        conform(annotations, ANNOTATIONS, what="annotations")
        .filter(
            pl.col("target_kind") == "session",
            pl.col("author_kind") == "human",
            pl.col("target_id").is_not_null(),
            pl.col("name").is_in(LABEL_NAMES) | pl.col("name").str.starts_with(ANSWER),
        )
        .unique("annotation_id", keep="first", maintain_order=True)
        .with_row_index("_order")
        .sort("happened_at", "_order", nulls_last=False)
        .with_row_index("_rank")
    )
    if reviewer is not None:
        said = said.filter(author=reviewer)
    if repeats is not None:
        said = said.filter(pl.col("method").eq_missing(pl.lit(REPEAT)) == repeats)
    return said if as_of is None else said.filter(pl.col("happened_at") <= as_of)


def standing_of(said: pl.DataFrame) -> pl.DataFrame:
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
    decided = settled(labels).filter(pl.col("verdict").is_in(["pass", "fail"]))
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


def settled(labels: pl.DataFrame) -> pl.DataFrame:
    """The labels that count: where an adjudicator has decided a session, hers alone.

    Parameters
    ----------
    labels
        What `current_labels` returns.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench import label
    >>> said = [("s1", "ana", "fail", "general"), ("s1", "ben", "pass", "general"), ("s1", "eve", "pass", "adjudicator")]
    >>> labels = pl.DataFrame(said, schema=["session_id", "reviewer", "verdict", "role"], orient="row")
    >>> label.settled(labels)["reviewer"].to_list()
    ['eve']
    """
    if "role" not in labels.columns:
        return labels
    decides = (pl.col("role") == "adjudicator").fill_null(value=False) & pl.col("verdict").is_in(["pass", "fail"])
    return labels.filter(decides | ~decides.any().over("session_id"))


def first_and_again(annotations: object, *, reviewer: str) -> pl.DataFrame:
    """A reviewer's labels of the sessions that were shown to her twice, as if two had read them.

    Parameters
    ----------
    annotations
        Rows of `schema.ANNOTATIONS`.
    reviewer
        Whose.

    Returns
    -------
    polars.DataFrame
        Columns of `LABELS`; the second reading is by "<reviewer>, again".
    """
    first = current_labels(annotations, reviewer=reviewer)
    again = current_labels(annotations, reviewer=reviewer, again=True)
    again = again.with_columns(pl.format("{}, again", "reviewer").alias("reviewer"))
    return pl.concat([first.join(again, on="session_id", how="semi"), again])


def rubric_answers(annotations: object, *, reviewer: str | None = None, again: bool = False) -> pl.DataFrame:
    """The answers to rubric items as they stand.

    Parameters
    ----------
    annotations
        Rows of `schema.ANNOTATIONS`.
    reviewer
        Only this reviewer's.
    again
        What was answered when a session was shown again, instead of the first time.

    Returns
    -------
    polars.DataFrame
        `session_id`, `reviewer`, `role`, `item`, `number`, `text`, `passed`; one row an answer.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    >>> tone = label.RubricItem("tone", "score", values=(1, 5))
    >>> change = {"operation": "op1", "session_id": "s1", "answers": {"tone": "4"}}
    >>> said = label.label_annotations(change, reviewer="ana", now=now, rubric=[tone])
    >>> label.rubric_answers(said).select("item", "number").row(0)
    ('tone', 4.0)
    """
    standing = standing_of(log_of(annotations, reviewer=reviewer, repeats=again)).filter(
        pl.col("retracts").is_null(), pl.col("name").str.starts_with(ANSWER)
    )
    latest = standing.unique(["target_id", "author", "name"], keep="last", maintain_order=True)
    given = latest.filter(pl.any_horizontal(pl.col("value_number", "value_text").is_not_null()))
    return given.select(
        session_id="target_id", reviewer="author", role="author_role",
        item=pl.col("name").str.strip_prefix(ANSWER), number="value_number", text="value_text", passed="passed",
    ).sort("session_id", "reviewer", "item")  # fmt: skip
