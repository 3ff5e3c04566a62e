"""What sessions carry beside their text (feedback, cost, release, any column), and what of it is told of each mode."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from workbench._population import beside
from workbench.errors import InputError
from workbench.stats import wilson

__all__ = ["TOLD", "as_about", "with_told"]

TOLD: Final = pl.Schema({
    "negative_feedback": pl.Float64(),  # share of "down" among the sessions with feedback; null: nobody gave any
    "negative_feedback_low": pl.Float64(),  # Wilson, 95%
    "negative_feedback_high": pl.Float64(),
    "feedback_sessions": pl.Int64(),  # of the mode whose users gave feedback
    "cost_median": pl.Float64(),  # US dollars a session; null: known of none
    "cost_total": pl.Float64(),
    "cost_sessions": pl.Int64(),  # of the mode whose cost is known
})  # fmt: skip


def as_about(about: Any, session_ids: pl.Series) -> pl.DataFrame:
    """One row a session, in the order of `session_ids`, with what is known of it beside its text.

    Parameters
    ----------
    about
        As `beside` takes it.
    session_ids
        The sessions that are compared, each once.

    Raises
    ------
    InputError
        A session is there twice, ``cost`` holds no numbers, or ``feedback`` something else than up and down.
    UnknownNameError
        There is no column ``session_id``.
    """
    frame = beside(about, session_ids)
    _check(frame)
    return frame


def with_told(modes: pl.DataFrame, members: pl.DataFrame, about: pl.DataFrame) -> pl.DataFrame:
    """The table of modes with what the users said and what the sessions cost; null where that is not known.

    Parameters
    ----------
    modes
        One row a mode: ``mode`` and further columns.
    members
        One row a session: ``session_id, mode``.
    about
        One row a session; of its columns ``feedback`` (up, down) and ``cost`` (US dollars) are told.
    """
    known = members.select("session_id", "mode").join(about, on="session_id", how="left")
    feedback = pl.col("feedback") if "feedback" in about.columns else pl.lit(None, dtype=pl.String())
    cost = pl.col("cost").cast(pl.Float64) if "cost" in about.columns else pl.lit(None, dtype=pl.Float64())
    told = (
        known.with_columns(feedback.alias("feedback"), cost.fill_nan(None).alias("cost"))
        .drop_nulls("mode")
        .group_by("mode")
        .agg(
            (pl.col("feedback") == "down").sum().cast(pl.Int64).alias("down"),
            pl.col("feedback").count().cast(pl.Int64).alias("feedback_sessions"),
            pl.col("cost").median().alias("cost_median"),
            pl.when(pl.col("cost").count() > 0).then(pl.col("cost").sum()).alias("cost_total"),
            pl.col("cost").count().cast(pl.Int64).alias("cost_sessions"),
        )
    )
    shares = [
        (mode, down / count, *((interval := wilson(down, count)).low, interval.high))
        for mode, down, count in told.select("mode", "down", "feedback_sessions").iter_rows()
        if count
    ]
    names = ("mode", "negative_feedback", "negative_feedback_low", "negative_feedback_high")
    schema = pl.Schema({"mode": pl.Int64(), **{name: TOLD[name] for name in names[1:]}})
    told = told.join(pl.DataFrame(shares, schema=schema, orient="row"), on="mode", how="left")
    rest = [name for name in modes.columns if name not in TOLD]
    return modes.select(rest).join(told.select("mode", *TOLD), on="mode", how="left", maintain_order="left")


def _check(frame: pl.DataFrame) -> None:
    if "cost" in frame.columns and not (frame.schema["cost"].is_numeric() or frame["cost"].null_count() == len(frame)):
        msg = f"about: column 'cost' holds {frame.schema['cost']}, expected US dollars as numbers; call it something else if it is no cost"
        raise InputError(msg)
    if "feedback" in frame.columns:
        odd = [each for each in frame["feedback"].drop_nulls().unique().to_list() if each not in ("up", "down")]
        if odd:
            msg = f"about: column 'feedback' holds {min(map(str, odd))!r}, expected up, down or null; call it something else if it is no user feedback"
            raise InputError(msg)
