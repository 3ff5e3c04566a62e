"""A load's spans, some at a time: in memory, or in a file until they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

__all__ = ["TRACE_SEED", "Batch", "index"]

TRACE_SEED: Final = 7
_SPAN_SEED: Final = 11


@dataclass(frozen=True, slots=True)
class Batch:
    """Spans that were read together.

    Parameters
    ----------
    held
        The rows, or an Arrow file of them.
    height
        How many they are.
    units
        How many input records were read before theirs: what is to be added to `_unit`.
    source_id
        The file that they come from, where the rows do not say it.
    """

    held: pl.DataFrame | Path
    height: int
    units: int = 0
    source_id: str | None = None

    def frame(self) -> pl.DataFrame:
        """The rows."""
        frame = pl.read_ipc(self.held) if isinstance(self.held, Path) else self.held
        if self.source_id is not None:
            frame = frame.with_columns(pl.lit(self.source_id).alias("source"))
        return frame.with_columns(pl.col("_unit") + self.units) if self.units else frame

    def drop(self) -> None:
        """Let go of the file."""
        if isinstance(self.held, Path):
            self.held.unlink(missing_ok=True)


def index(batches: list[Batch]) -> pl.DataFrame:
    """What must be known of all spans at once.

    Returns
    -------
    polars.DataFrame
        One row a span, in order: `_row`; `_unit`; `_trace` and `_key`, hashes of the trace's id and of both ids; `_up`, the same of its parent, null at the top;
        `_start` in nanoseconds.
    """
    trace = pl.col("trace_id").hash(TRACE_SEED)
    span, up = (pl.col(name).hash(_SPAN_SEED) for name in ("span_id", "parent_id"))
    columns = (
        "_unit",
        trace.alias("_trace"),
        (trace ^ span).alias("_key"),
        pl.when(pl.col("parent_id").is_not_null()).then(trace ^ up).alias("_up"),
        pl.col("start").to_physical().alias("_start"),
    )
    return pl.concat([batch.frame().select(*columns) for batch in batches]).with_row_index("_row")
