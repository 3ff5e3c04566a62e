"""Which files are new, and how they are batched."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from workbench.load._source import fingerprint

__all__ = ["FreshFile", "batches", "resolved", "unread"]

_BATCH_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class FreshFile:
    """A file to be read, as it was when it was looked at."""

    path: Path
    bytes: int
    modified_ns: int


def unread(paths: Iterable[Path], known: pl.DataFrame) -> tuple[list[FreshFile], list[Path]]:
    """Tell the files that are new or have changed from those that were loaded as they are.

    Parameters
    ----------
    paths
        Files.
    known
        Columns path, bytes, modified_ns, source_id of what was loaded before.

    Returns
    -------
    tuple
        Files to read, and paths to skip: same size and time as loaded, or the same content, under whatever name.
    """
    seen: set[tuple[str, int, int]] = set()
    contents: dict[int, set[str]] = {}  # by size: the same content has the same
    for path, size, modified, source_id in known.select("path", "bytes", "modified_ns", "source_id").iter_rows():
        seen.add((path, size, modified))
        contents.setdefault(size, set()).add(source_id)
    fresh: list[FreshFile] = []
    skipped: list[Path] = []
    for path in paths:
        stat = path.stat()
        same = (str(path), stat.st_size, stat.st_mtime_ns) in seen
        if same or (stat.st_size in contents and fingerprint(path) in contents[stat.st_size]):
            skipped.append(path)
        else:
            fresh.append(FreshFile(path, stat.st_size, stat.st_mtime_ns))
    return fresh, skipped


def resolved(paths: Iterable[Path]) -> Iterator[Path]:
    """The paths without links in them; each folder is looked at once, however many files it holds."""
    folders: dict[str, str] = {}
    for path in paths:
        folder, name = os.path.split(path)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        if name in ("", "..") or path.is_symlink():
            yield Path(os.path.realpath(path))
        else:
            yield path if folders[folder] == folder else Path(folders[folder], name)


def batches(files: Sequence[FreshFile]) -> Iterator[list[FreshFile]]:
    """Group files so that small ones share a batch and memory stays bounded: about 64 MB each, a larger file alone."""
    batch: list[FreshFile] = []
    for file in files:
        if batch and sum(other.bytes for other in batch) + file.bytes > _BATCH_BYTES:
            yield batch
            batch = []
        batch.append(file)
    if batch:
        yield batch
