"""Bring what is to be clustered into one shape."""

from __future__ import annotations

from typing import Any

import polars as pl

from workbench.cluster._fit import Item
from workbench.errors import InputError

__all__ = ["as_items", "facet_of"]


def as_items(texts: Any) -> tuple[pl.DataFrame, list[Item]]:
    """The frame as handed in, and one item a session.

    Raises
    ------
    InputError
        There is no ``session_id`` or ``text`` column, or a session is there twice.
    """
    frame = texts.collect() if isinstance(texts, pl.LazyFrame) else pl.DataFrame(texts)
    if frame.is_empty() and not frame.columns:
        frame = pl.DataFrame(schema={"session_id": pl.String(), "text": pl.String()})
    for name in ("session_id", "text"):
        if name not in frame.columns:
            msg = f"texts: no column {name!r}, expected session_id and text as `facet_text` gives them; found {', '.join(frame.columns)}"
            raise InputError(msg)
    frame = frame.with_columns(pl.col("session_id").cast(pl.String), pl.col("text").cast(pl.String).fill_null(""))
    twice = frame.filter(pl.col("session_id").is_duplicated() | pl.col("session_id").is_null())
    if twice.height:
        msg = f"texts: session {twice['session_id'][0]!r} is there more than once; a session has one text of a facet"
        raise InputError(msg)
    rows = frame.with_columns(
        frame["quotes"] if "quotes" in frame.columns else pl.lit(None).alias("quotes"),
        frame["tokens"] if "tokens" in frame.columns else pl.lit(None).alias("tokens"),
    ).select("session_id", "text", "quotes", "tokens")
    return frame, [
        Item(session, text, tuple(tokens or ()), tuple(quotes or ()))
        for session, text, quotes, tokens in rows.iter_rows()
    ]


def facet_of(frame: pl.DataFrame) -> str:
    """The facet that the texts show; ``"failure"`` where they do not say."""
    names = frame["facet"].drop_nulls().unique().to_list() if "facet" in frame.columns else []
    return str(names[0]) if len(names) == 1 else "failure"
