"""The failure modes of one label: the first thing that went wrong, and what else did."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

__all__ = ["each_mode", "first_leads", "has_mode", "lines_of", "modes_in"]


def lines_of(modes: Iterable[str]) -> str | None:
    """Names as they are written into one annotation, one a line, each once; None where there are none."""
    names = [name.strip() for each in modes for name in each.splitlines()]
    return "\n".join(dict.fromkeys(name for name in names if name)) or None


def modes_in(text: str | None) -> list[str]:
    """The names in such a text."""
    return [] if text is None else (lines_of([text]) or "").split("\n") if text.strip() else []


def first_leads(labels: pl.DataFrame) -> pl.DataFrame:
    """The labels with `other_modes` as a list without the first mode; where only others are named, the first of these leads."""
    texts: list[str | None] = labels["other_modes"].to_list()
    first: list[str | None] = labels["failure_mode"].to_list()
    others: list[list[str] | None] = [None] * len(texts)
    for at, text in enumerate(texts):
        if text is not None:
            names = modes_in(text)
            lead = first[at] = first[at] or next(iter(names), None)
            others[at] = [name for name in names if name != lead] or None
    return labels.with_columns(
        pl.Series("failure_mode", first, pl.String()), pl.Series("other_modes", others, pl.List(pl.String()))
    )


def each_mode(labels: pl.DataFrame) -> pl.DataFrame:
    """One row a label and failure mode, with `leads`: whether it is what went wrong first.

    Parameters
    ----------
    labels
        What `current_labels` returns, or `Codebook.labels`; labels without a failure mode are left out.

    Returns
    -------
    polars.DataFrame
        The columns of the labels but `other_modes`, and `leads`.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench import label
    >>> labels = pl.DataFrame({"session_id": ["a"], "failure_mode": ["wrong refund"], "other_modes": [["rude", "loop"]]})
    >>> label.each_mode(labels).select("failure_mode", "leads").rows()
    [('wrong refund', True), ('rude', False), ('loop', False)]
    """
    named = labels.drop_nulls("failure_mode")
    if "other_modes" not in named.columns:
        return named.with_columns(leads=pl.lit(value=True))
    first = named.drop("other_modes").with_columns(leads=pl.lit(value=True))
    others = named.drop_nulls("other_modes").with_columns(failure_mode="other_modes").drop("other_modes")
    others = others.explode("failure_mode").with_columns(leads=pl.lit(value=False))
    order = [*dict.fromkeys([*named.drop("other_modes").columns, "leads"])]
    return pl.concat([first.select(order), others.select(order)])


def has_mode(labels: pl.DataFrame, mode: str) -> pl.Expr:
    """Whether a label names a mode, first or beside another."""
    first = pl.col("failure_mode").eq_missing(pl.lit(mode))
    if "other_modes" not in labels.columns:
        return first
    return first | pl.col("other_modes").list.contains(mode).fill_null(value=False)
