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
    lines
        How many lines of their file came before: what is to be added to `record`.
    source_id
        The file that they come from, where the rows do not say it.
    """

    held: pl.DataFrame | Path
    height: int
    units: int = 0
    lines: int = 0
    source_id: str | None = None

    def frame(self) -> pl.DataFrame:
        """The rows."""
        return self._placed(self.held if isinstance(self.held, pl.DataFrame) else pl.read_ipc(self.held))

    def keys(self, *columns: pl.Expr) -> pl.DataFrame:
        """What is made of the rows' ids; nothing of it lies in the file, which can be let go of."""
        names = ["_unit", "record", "trace_id", "span_id", "parent_id", "start"]
        if isinstance(self.held, pl.DataFrame):
            return self._placed(self.held.select(names)).select(*columns)
        return self._placed(pl.read_ipc(self.held, columns=names)).select(*columns)

    def _placed(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self.source_id is None:
            return frame
        source = pl.lit(self.source_id, pl.String()).alias("source")
        return frame.with_columns(pl.col("_unit") + self.units, pl.col("record") + self.lines, source)

    def taken_in(self) -> Batch:
        """The same, in memory."""
        frame = self.frame()
        self.drop()
        return Batch(frame, self.height)

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
        pl.col("_unit"),
        trace.alias("_trace"),
        (trace ^ span).alias("_key"),
        pl.when(pl.col("parent_id").is_not_null()).then(trace ^ up).alias("_up"),
        (pl.col("start").to_physical() + 0).alias("_start"),
    )
    return pl.concat([batch.keys(*columns) for batch in batches]).with_row_index("_row")
