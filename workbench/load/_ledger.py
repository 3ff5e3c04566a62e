"""Which files are new, how they are batched, and what became of every record in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from workbench._html import panel, table
from workbench.load._source import fingerprint

__all__ = ["FreshFile", "LoadReport", "batches", "resolved", "unread"]

_BATCH_BYTES: Final = 64 << 20
_COUNTS: Final = ("read", "loaded", "merged", "superseded", "set_aside")


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
        yield Path(os.path.realpath(path) if name in ("", "..") or path.is_symlink() else f"{folders[folder]}/{name}")


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


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of every record of a load.

    Parameters
    ----------
    sources
        SOURCES rows of the files that were read now.
    set_aside
        SET_ASIDE rows: what was not loaded, with the reason.
    skipped
        Files that were loaded before and have not changed.
    signals
        How many rows of each outcome signal the workspace has now: what can be concluded from it.
    settings
        Which loads were made with other settings than those of now, and what to do; null where there are none.
    replaced
        Kind → how many secrets and personal data were replaced; null where the settings ask for none.
    waiting
        How many scores and annotations of the workspace speak of no span, trace or session that is there yet.
    retired
        A sentence a dataset in which cases were retired, because their users have refused since.
    """

    sources: pl.DataFrame
    set_aside: pl.DataFrame
    skipped: tuple[str, ...] = ()
    signals: dict[str, int] = field(default_factory=dict[str, int])
    settings: str | None = None
    replaced: dict[str, int] | None = None
    waiting: int = 0
    retired: tuple[str, ...] = ()

    @property
    def totals(self) -> dict[str, int]:
        """Records read, and where they ended: read = loaded + merged + superseded + set_aside."""
        return {name: int(self.sources[name].sum()) for name in _COUNTS}

    @property
    def sentence(self) -> str:
        """The totals in words."""
        totals = self.totals
        parts = [f"{totals['loaded']:,} loaded"]
        parts += [f"{totals[name]:,} {name.replace('_', ' ')}" for name in _COUNTS[2:] if totals[name]]
        files = f"{self.sources.height} file{'s' * (self.sources.height != 1)}"
        said = (
            f"{totals['read']:,} records read from {files}: {', '.join(parts)}."
            if self.sources.height
            else "Nothing new to read."
        )
        if self.skipped:
            said += f" {len(self.skipped)} file{'s' * (len(self.skipped) != 1)} unchanged since the last load."
        return " ".join([said, *self.retired, *([] if self.settings is None else [self.settings])])

    def by_format(self) -> pl.DataFrame:
        """One row a format: files, and where their records ended."""
        return (
            self.sources.group_by("format")
            .agg(pl.len().alias("files"), *(pl.col(name).sum() for name in _COUNTS))
            .sort("format")
        )

    def reasons(self) -> pl.DataFrame:
        """One row a reason for setting records aside: how many, and the first place where it happened."""
        return (
            self.set_aside.group_by("reason", maintain_order=True)
            .agg(
                records=pl.len(),
                first=pl.format("{}:{}", pl.col("path").first(), pl.col("record").first().fill_null(0)),
            )
            .sort("records", "reason", descending=[True, False])
        )

    def to_frame(self) -> pl.DataFrame:
        """The sources, one row a file."""
        return self.sources

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        body = table(self.by_format()) if self.sources.height else ""
        if self.set_aside.height:
            body += "<p>Set aside:</p>" + table(self.reasons())
        notes = [f"Signals: {', '.join(f'{name} {count:,}' for name, count in self.signals.items() if count)}."]
        if not any(self.signals.values()):
            notes = ["No feedback, scores or labels yet: only operational errors can be told from these traces."]
        if self.waiting:
            notes.append(
                f"{self.waiting:,} scores or annotations speak of no span, trace or session that was loaded; they join once it is."
            )
        if self.replaced is not None:
            kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.replaced.items()))
            notes.append(f"Secrets and personal data replaced before anything was kept: {kinds or 'none found'}.")
        return panel(self.sentence, body, notes=notes)
