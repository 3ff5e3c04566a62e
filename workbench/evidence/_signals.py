"""Sessions with every signal in a column of its own."""

from __future__ import annotations

from typing import Any

import polars as pl

from workbench.evidence._outcomes import outcomes
from workbench.evidence._said import VERDICT, Said, about

__all__ = ["signals"]


def signals(sessions: Any, scores: Any, annotations: Any, *, steps: Any = None) -> pl.DataFrame:
    """The sessions with what was said of each beside it, nothing merged.

    Parameters
    ----------
    sessions
        SESSIONS rows.
    scores
        SCORES rows that came with the export, or None.
    annotations
        ANNOTATIONS rows, or None.
    steps
        STEPS or SPANS rows: which session a trace belongs to, where scores speak of spans or traces.

    Returns
    -------
    polars.DataFrame
        The sessions' columns, then `feedback` (up, down), `feedback_comment`, `verdict` (pass, fail, contested), `failure_mode`, `note`,
        `reviewer`; then `grader:<name>` of each grader in annotations and `score:<name>` of each exported score: true or false
        where every result says what passes, else its number, else its words. Of several results on one session the latest.

    Raises
    ------
    InputError
        A column cannot become what its table says it is, or a session is there twice.

    Examples
    --------
    >>> from workbench import evidence
    >>> sessions = [{"session_id": "a"}, {"session_id": "b"}]
    >>> scores = [{"target_kind": "session", "target_id": "a", "name": "thumb", "value_number": 0.0, "author_kind": "user"}]
    >>> evidence.signals(sessions, scores, None).select("session_id", "feedback", "score:thumb").rows()
    [('a', 'down', 0.0), ('b', None, None)]
    """
    rows, said = about(sessions, scores, annotations, steps)
    found = outcomes(sessions, scores, annotations, steps=steps).frame
    frame = rows.join(
        found.select("session_id", "feedback", "feedback_comment", verdict="human"),
        on="session_id",
        how="left",
        maintain_order="left",
    )
    frame = frame.join(_reviews(said), on="session_id", how="left", maintain_order="left")
    graders = said.frame.filter(~pl.col("exported"), pl.col("author_kind").is_in(["code", "model"]))
    for prefix, results in (("grader", graders), ("score", said.frame.filter("exported"))):
        for name in results["name"].drop_nulls().unique().sort().to_list():
            column = _column(results.filter(name=name), f"{prefix}:{name}")
            if column is not None:
                frame = frame.join(column, on="session_id", how="left", maintain_order="left")
    return frame


def _reviews(said: Said) -> pl.DataFrame:
    people = said.frame.filter(pl.col("author_kind") == "human", ~pl.col("exported"))
    name, text = pl.col("name"), pl.col("value_text")
    author = pl.col("author").filter(name.is_in([VERDICT, "failure_mode", "note"])).drop_nulls().unique().sort()
    return people.group_by("session_id").agg(
        text.filter(name == "failure_mode").last().alias("failure_mode"),
        pl.coalesce(text, pl.col("comment")).filter(name == "note").last().alias("note"),
        pl.when(author.len() > 0).then(author.str.join(", ")).alias("reviewer"),
    )


def _column(results: pl.DataFrame, name: str) -> pl.DataFrame | None:
    """The latest result of each session, in the type that holds them all; null where a grader crashed."""
    latest = results.group_by("session_id").last()
    valued = latest.filter(pl.any_horizontal(pl.col("passed", "value_number", "value_text").is_not_null()))
    decided = valued.filter(pl.col("passed").is_not_null() | pl.col("value_number").is_not_null())
    if decided.is_empty():
        value = pl.col("value_text")
    elif decided["passed"].null_count() == 0:
        value = pl.col("passed")
    else:
        value = pl.col("value_number")
    return None if valued.is_empty() else latest.select("session_id", value.alias(name))
