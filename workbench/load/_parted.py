"""Rows that must be looked at over a whole load, in parts: in memory while they are few, in files where they are many."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import polars as pl

__all__ = ["HELD", "Parted", "parts_of"]

_AT_ONCE: Final = 500_000  # rows
HELD: Final = 16 << 20
"""Bytes of rows that wait in memory until they are written."""
_PART: Final = "_part"


def parts_of(rows: int) -> int:
    """Into how many parts so many rows are to be cut, so that one of them is little to hold."""
    return rows // _AT_ONCE + 1


class Parted:
    """A table in parts: rows of equal hash are in one part, and keep their order there.

    Parameters
    ----------
    by
        The column of the hash, whole numbers from 0.
    parts
        How many. One: everything is held.
    folder
        Where the files go, asked for only when there is one to write; they are not taken away.
    held
        Bytes of rows that wait in memory until they are written; `HELD` by default.
    """

    def __init__(self, by: str, parts: int, folder: Callable[[], Path], *, held: int | None = None) -> None:
        self.parts = parts
        self.height = 0
        self._by, self._folder, self._most = by, folder, held or HELD
        self._frames: list[pl.DataFrame] = []
        self._held = 0
        self._files: dict[int, list[Path]] = {}

    def add(self, frame: pl.DataFrame) -> None:
        """Take more rows."""
        if not frame.height:
            return
        self.height += frame.height
        self._frames.append(frame)
        if self.parts > 1:
            self._held += int(frame.estimated_size())
            if self._held > self._most:
                self._write()

    def _write(self) -> None:
        if not self._frames:
            return
        folder = self._folder()
        marked = pl.concat(self._frames).with_columns((pl.col(self._by) % self.parts).alias(_PART))
        self._frames, self._held = [], 0
        for (part,), rows in marked.partition_by(_PART, as_dict=True, include_key=False).items():
            path = folder / f"{secrets.token_hex(8)}.part"
            rows.write_ipc(path)
            self._files.setdefault(int(part), []).append(path)

    def part(self, number: int) -> pl.DataFrame | None:
        """The rows of a part, or null where it has none."""
        if self.parts == 1:
            return pl.concat(self._frames) if self._frames else None
        self._write()
        files = self._files.get(number)
        return pl.concat([pl.read_ipc(file) for file in files]) if files else None

    def pieces(self, number: int) -> Iterator[pl.DataFrame]:
        """The rows of a part, as they were written."""
        self._write()
        for file in self._files.get(number, ()):
            yield pl.read_ipc(file)

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Each part that has rows."""
        for number in range(self.parts):
            rows = self.part(number)
            if rows is not None:
                yield rows
