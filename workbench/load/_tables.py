"""Parquet files, row by row, as the objects that the same export would hold as JSON."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import polars as pl

from workbench.load._values import is_array, is_object
from workbench.load._warden import can_be_decoded

__all__ = ["PARQUET", "decode", "parquet_rows", "parquet_sample"]

PARQUET: Final = b"PAR1"
_BATCH: Final = 500  # rows may be traces of many megabytes
_SAMPLE: Final = 5
_DAMAGE: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
# Some damage makes the library panic, which is no `Exception`.
_DAMAGED: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


def parquet_sample(file: Path | bytes) -> list[dict[str, Any]]:
    """The first rows.

    Raises
    ------
    OSError
        The file is damaged.
    """
    _hold_sound(file)
    try:
        return [_row(row) for row in _scan(file).head(_SAMPLE).collect().to_dicts()]
    except _DAMAGE as error:
        raise OSError(str(error)) from error


def parquet_rows(file: Path | bytes) -> Iterator[dict[str, Any]]:
    """Every row as an object: times as nanoseconds in UTC, nothing where a value is missing.

    Raises
    ------
    OSError
        The file is damaged.
    """
    _hold_sound(file)
    try:
        for frame in _scan(file).collect_batches(chunk_size=_BATCH, lazy=True):
            for row in frame.iter_rows(named=True):
                yield _row(row)
    except _DAMAGED as error:
        raise OSError(str(error)) from error


def decode(path: str) -> None:
    """Take a file apart as it is taken apart for reading, for nothing but to see whether that can be done."""
    rows = _scan(Path(path))
    rows.head(_SAMPLE).collect().to_dicts()
    for _ in rows.collect_batches(chunk_size=_BATCH, lazy=True):
        pass


def _hold_sound(file: Path | bytes) -> None:
    if not _is_sound(file):
        msg = "the Parquet file is damaged, or not all there"
        raise OSError(msg)


def _is_sound(file: Path | bytes) -> bool:
    """Whether the file begins and ends as one does, and can be decoded."""
    if isinstance(file, bytes):
        with NamedTemporaryFile(suffix=".parquet") as copy:
            copy.write(file)
            copy.flush()
            return _is_sound(Path(copy.name))
    with file.open("rb") as raw:
        raw.seek(0, os.SEEK_END)
        if raw.tell() < 2 * len(PARQUET):
            return False
        raw.seek(-len(PARQUET), os.SEEK_END)
        return raw.read() == PARQUET and can_be_decoded(file)


def _scan(file: Path | bytes) -> pl.LazyFrame:
    rows = pl.scan_parquet(
        io.BytesIO(file) if isinstance(file, bytes) else file, hive_partitioning=False, glob=False, low_memory=True
    )
    return rows.with_columns(
        pl.col(name).cast(pl.Datetime("ns", "UTC" if kind.time_zone else None)).to_physical()
        for name, kind in rows.collect_schema().items()
        if isinstance(kind, pl.Datetime)
    )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    if is_object(value):
        # A table gives every object the fields of all others.
        return {name: made for name, inner in value.items() if (made := _value(inner)) is not None} or None
    if is_array(value):
        return [_value(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value
