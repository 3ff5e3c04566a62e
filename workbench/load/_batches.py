"""A load's rows, some at a time: in memory, or in a file until they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from workbench.load._parted import Parted

__all__ = ["KEY_HASH", "TRACE_SEED", "Batch", "keys_of", "placed"]

TRACE_SEED: Final = 7
_SPAN_SEED: Final = 11
_TRACE: Final = pl.col("trace_id").hash(TRACE_SEED)
KEY_HASH: Final = _TRACE ^ pl.col("span_id").hash(_SPAN_SEED)
"""A hash of a span's trace and its own id."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that were read together: spans, or what log records say of spans.

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
    size
        Bytes of text in them, where that was counted.
    """

    held: pl.DataFrame | Path
    height: int
    units: int = 0
    lines: int = 0
    source_id: str | None = None
    size: int = 0

    @property
    def bytes(self) -> int:
        """How much memory the rows take; none where they lie in a file."""
        return int(self.held.estimated_size()) if isinstance(self.held, pl.DataFrame) else 0

    def frame(self) -> pl.DataFrame:
        """The rows."""
        return self._placed(self.held if isinstance(self.held, pl.DataFrame) else pl.read_ipc(self.held))

    def keys(self, *columns: pl.Expr) -> pl.DataFrame:
        """What is made of the rows' ids; nothing of it lies in the file, which can be let go of."""
        names = ["trace_id", "span_id", "parent_id", "start"]
        if isinstance(self.held, pl.DataFrame):
            return self.held.select(*columns)
        return pl.read_ipc(self.held, columns=names).select(*columns)

    def _placed(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self.source_id is None:
            return frame
        source = pl.lit(self.source_id, pl.String()).alias("source")
        return frame.with_columns(pl.col("_unit") + self.units, pl.col("record") + self.lines, source)

    def taken_in(self) -> Batch:
        """The same, in memory."""
        frame = self.frame()
        self.drop()
        return Batch(frame, self.height, size=self.size)

    def drop(self) -> None:
        """Let go of the file."""
        if isinstance(self.held, Path):
            self.held.unlink(missing_ok=True)


def keys_of(batches: list[Batch], keys: Parted) -> None:
    """Put what must be known of all spans at once into parts by trace.

    Returns nothing; `keys` has one row a span, in order: `_row`; `_trace` and `_key`, hashes of the trace's id and of both
    ids; `_up`, the same of its parent, null at the top; `_start` in nanoseconds.
    """
    up = _TRACE ^ pl.col("parent_id").hash(_SPAN_SEED)
    columns = (
        _TRACE.alias("_trace"),
        KEY_HASH.alias("_key"),
        pl.when(pl.col("parent_id").is_not_null()).then(up).alias("_up"),
        (pl.col("start").to_physical() + 0).alias("_start"),
    )
    for batch, first in placed(batches):
        keys.add(batch.keys(*columns).with_row_index("_row", first))


def placed(batches: list[Batch]) -> Iterator[tuple[Batch, int]]:
    """Each batch, and the place of its first row."""
    first = 0
    for batch in batches:
        yield batch, first
        first += batch.height
