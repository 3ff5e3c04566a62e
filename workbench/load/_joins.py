"""Feedback that names no span, trace or session, only a key of the application's: joined with what the key turns out to mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from workbench.load._scores import SUMMARY
from workbench.load._values import is_array, is_object, parsed

__all__ = ["find_targets", "join_scores", "loose_keys", "waiting", "without_summaries"]

_FOUND: Final = pl.Schema({"join_key": pl.String(), "_kind": pl.String(), "_target": pl.String()})
_LOOSE: Final = pl.col("target_id").is_null() & pl.col("join_key").is_not_null()


def join_scores(scores: pl.DataFrame, spans: pl.LazyFrame, found: pl.DataFrame | None = None) -> pl.DataFrame:
    """Give scores, or annotations, their target that so far have only a join key.

    Parameters
    ----------
    scores
        Table SCORES or ANNOTATIONS.
    spans
        SPANS rows that may be meant; `trace_id` and `span_id`, and `raw`, `metadata` where keys may lie there.
    found
        What `find_targets` gave, where it is at hand.

    Returns
    -------
    DataFrame
        The scores, in their order. Where the key is the id of one span, or an id that one span carries (its response, its
        message), that span is the target; where several spans of one trace carry it, the trace; where it is nobody's, or in several
        traces, the score stays as it is.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench.load import join_scores
    >>> scores = pl.DataFrame({"target_kind": [None], "target_id": [None], "join_key": ["b"]}, schema=dict.fromkeys(["target_kind", "target_id", "join_key"], pl.String))
    >>> join_scores(scores, pl.LazyFrame({"trace_id": ["t"], "span_id": ["b"]})).row(0)
    ('span', 't/b', 'b')
    """
    keys = loose_keys(scores)
    if not keys.len():
        return scores
    targets = find_targets(keys, spans) if found is None else found
    joined = scores.join(targets, on="join_key", how="left", maintain_order="left")
    meant = _LOOSE & pl.col("_target").is_not_null()
    return joined.with_columns(
        target_kind=pl.when(meant).then("_kind").otherwise("target_kind"),
        target_id=pl.when(meant).then("_target").otherwise("target_id"),
    ).drop("_kind", "_target")


def without_summaries(scores: pl.DataFrame) -> pl.DataFrame:
    """Scores without those that sum up what is there by itself: of the same name, about the same target.

    Parameters
    ----------
    scores
        Table SCORES, joined.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench.load import without_summaries
    >>> about = {"target_kind": "trace", "target_id": "t", "name": "right"}
    >>> without_summaries(pl.DataFrame([{"score_id": "summary:1", **about}, {"score_id": "a", **about}]))["score_id"].to_list()
    ['a']
    """
    sums = pl.col("score_id").str.starts_with(SUMMARY)
    # A root that has its trace's id, and its trace, are one target.
    root = pl.col("target_id").str.splitn("/", 2)
    first = root.struct.field("field_0")
    one = pl.when(first == root.struct.field("field_1")).then(first).otherwise("target_id").alias("_target")
    marked = scores.with_columns(one)
    single = marked.filter(~sums).select("_target", "name", _single=pl.lit(value=True)).unique()
    joined = marked.join(single, on=["_target", "name"], how="left", maintain_order="left")
    return joined.filter(~(sums & pl.col("_single").is_not_null())).drop("_single", "_target")


def loose_keys(scores: pl.DataFrame) -> pl.Series:
    """The keys of scores that have no target yet, each once, in order."""
    return scores.filter(_LOOSE)["join_key"].unique().sort()


def find_targets(keys: pl.Series, spans: pl.LazyFrame) -> pl.DataFrame:
    """What keys mean: `join_key`, `_kind` (span or trace) and `_target`; without those that mean nothing, or several things."""
    by_id = spans.filter(pl.col("span_id").is_in(keys.implode())).select("trace_id", "span_id", join_key="span_id")
    found = _only(by_id.collect())
    left = keys.filter(~keys.is_in(found["join_key"].implode()))
    columns = [name for name in ("raw", "metadata") if name in spans.collect_schema().names()]
    if not left.len() or not columns:
        return found
    holds = pl.any_horizontal(pl.col(name).str.contains_any(left.to_list()).fill_null(value=False) for name in columns)
    wanted = set(left.to_list())
    rows = [
        (row["trace_id"], row["span_id"], key)
        for row in spans.filter(holds).select("trace_id", "span_id", *columns).collect().iter_rows(named=True)
        for key in {text for name in columns for text in _texts(parsed(row[name]))} & wanted
    ]
    schema = {"trace_id": pl.String(), "span_id": pl.String(), "join_key": pl.String()}
    return pl.concat([found, _only(pl.DataFrame(rows, schema=schema, orient="row"))])


def _only(carried: pl.DataFrame) -> pl.DataFrame:
    """Of keys that lie in one trace the span, or, where several spans carry the key, the trace."""
    each = carried.unique().group_by("join_key", maintain_order=True).agg("trace_id", "span_id")
    trace, alone = pl.col("trace_id").list.first(), pl.col("span_id").list.len() == 1
    span = trace + "/" + pl.col("span_id").list.first()
    return each.filter(pl.col("trace_id").list.n_unique() == 1).select(
        "join_key",
        pl.when(alone).then(pl.lit("span")).otherwise(pl.lit("trace")).alias("_kind"),
        pl.when(alone).then(span).otherwise(trace).alias("_target"),
    ).cast(_FOUND)  # fmt: skip


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_object(value) or is_array(value):
        for inner in value.values() if is_object(value) else value:
            yield from _texts(inner)


def waiting(scores: pl.DataFrame, spans: pl.LazyFrame) -> int:
    """How many scores or annotations speak of no span, trace or session that is there; they may still come.

    Parameters
    ----------
    scores
        Joined rows of SCORES or ANNOTATIONS; those about cases and trials do not count.
    spans
        SPANS rows: `trace_id` and `session_id`.
    """
    about = scores.filter(pl.col("target_kind").is_null() | pl.col("target_kind").is_in(["span", "trace", "session"]))
    if not about.height:
        return 0
    known = spans.select("trace_id", "session_id").unique().collect()
    named = pl.coalesce("target_id", "join_key")
    key = pl.when(pl.col("target_kind") == "span").then(named.str.split("/").list.first()).otherwise(named)
    ids = pl.concat([known["trace_id"], known["session_id"].drop_nulls()]).unique()
    return about.select((~key.is_in(ids.implode()).fill_null(value=False)).sum()).item()
