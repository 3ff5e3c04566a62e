"""What makes one state of a span the same as another, or a later one."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from workbench.load._spill import PAYLOADS
from workbench.schema import SPANS

__all__ = [
    "CONTENT",
    "KEY",
    "LOADED",
    "MERGED",
    "ORDER",
    "PLACE",
    "SET_ASIDE_FATE",
    "SUPERSEDED",
    "UNTOLD",
    "Fates",
    "digest",
    "earlier_rows",
    "later",
]

LOADED, SUPERSEDED, MERGED, SET_ASIDE_FATE = 0, 1, 2, 3
UNTOLD: Final = 127

KEY: Final = ["trace_id", "span_id"]
PLACE: Final = frozenset({"format", "source", "record", "spilled"})  # where a row was found says nothing of what it is
CONTENT: Final = [name for name in SPANS if name not in PLACE]
ORDER: Final = ["_ended", "_end", "_length"]


class Fates:
    """Where each input record of a load ended; of several ends the first of these: loaded, superseded, merged.

    Parameters
    ----------
    units
        How many records there are.
    """

    def __init__(self, units: int) -> None:
        self.ended = np.full(units + 1, UNTOLD, dtype=np.int8)

    def add(self, rows: pl.DataFrame, ended: int) -> None:
        """The records (`_unit`) of these rows ended so."""
        np.minimum.at(self.ended, rows["_unit"].to_numpy(), np.int8(ended))


def later(columns: list[str]) -> list[pl.Expr]:
    """What makes one state of a span later than another: it ended, it ended later, it says more."""
    length = pl.sum_horizontal(pl.col(name).str.len_bytes().cast(pl.Int64()) for name in PAYLOADS)
    if "spilled" in columns:
        cut = pl.col("spilled").list.eval(pl.element().struct.field("characters")).list.sum()
        length = length + cut.fill_null(0)
    return [pl.col("end").is_not_null().alias("_ended"), pl.col("end").alias("_end"), length.alias("_length")]


def digest(frame: pl.DataFrame, columns: list[str]) -> pl.Series:
    """A hash of each row's content."""
    return frame.select(columns).hash_rows(seed=7).alias("_digest")


def earlier_rows(keys: pl.DataFrame, known: pl.LazyFrame) -> pl.DataFrame:
    """The rows of earlier loads that this load holds too."""
    names = known.collect_schema().names()
    kinds = {**SPANS, "load_id": pl.String()}
    wanted = [pl.col(name).cast(kind) for name, kind in kinds.items() if name in names]
    if "load_id" not in names:
        wanted.append(pl.lit(None, pl.String()).alias("load_id"))
    missing = [pl.lit(None, SPANS[name]).alias(name) for name in (*PAYLOADS, "end") if name not in names]
    # Traces first: one column of short text, so that the scan of the whole store stays small.
    traces = known.filter(pl.col("trace_id").is_in(keys["trace_id"].unique().implode()))
    return traces.select(*wanted, *missing).join(keys.lazy(), on=KEY, how="semi").collect()
