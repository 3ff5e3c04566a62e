"""Where the rows of a load go: into memory, or, where they would not fit, into files beside the place they are meant for."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

import polars as pl

from workbench.schema import SPANS

__all__ = ["Into"]

_HELD: Final = 192 << 20  # bytes of rows in memory; then they are written


class Into:
    """Takes a load's spans as they are ready.

    Parameters
    ----------
    folder
        Where to write Parquet files once the rows are too many to hold; null: everything is held.
    keep_blob
        Takes the digest and the compressed bytes of each long payload at once; null: they are held in `blobs`.
    """

    def __init__(self, folder: Path | None = None, keep_blob: Callable[[str, bytes], object] | None = None) -> None:
        self.folder = folder
        self.parts: list[Path] = []
        self.blobs: dict[str, bytes] = {}
        self.height = 0
        self.keep_blob = keep_blob
        self._frames: list[pl.DataFrame] = []
        self._bytes = 0

    def add(self, spans: pl.DataFrame, blobs: dict[str, bytes]) -> None:
        """Take rows of SPANS, and of the blobs those that they name."""
        if not spans.height:
            return
        self.height += spans.height
        for digest in (
            spans["spilled"].explode().struct.field("sha256").drop_nulls().unique().to_list() if blobs else ()
        ):
            blob = blobs.get(digest)
            if blob is None:
                continue
            if self.keep_blob is None:
                self.blobs[digest] = blob
            else:
                self.keep_blob(digest, blob)
        self._frames.append(spans)
        self._bytes += int(spans.estimated_size())
        if self.folder is not None and self._bytes > _HELD:
            self._write()

    def _write(self) -> None:
        if self.folder is None or not self._frames:
            return
        path = self.folder / f"part-{len(self.parts):04d}-{secrets.token_hex(4)}.parquet"
        pl.concat(self._frames).write_parquet(path, compression="zstd", compression_level=1)
        self.parts.append(path)
        self._frames, self._bytes = [], 0

    def spans(self) -> pl.DataFrame:
        """The rows that are held; none where they were written."""
        if self.parts:
            self._write()
        return pl.concat([SPANS.to_frame(), *self._frames])
