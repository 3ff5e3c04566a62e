"""Long files of lines, read in pieces: by several processes at once, and never all of it in memory."""

from __future__ import annotations

import io
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import polars as pl

from workbench._crew import Crew
from workbench.load._json import JsonReader
from workbench.load._registry import Reader, choose
from workbench.load._sheet import LoadOptions, Sheet, Supplement
from workbench.load._source import Source

__all__ = ["Job", "Piece", "by_pieces", "read_pieces"]

_PIECE: Final = 8 << 20
_LONG: Final = 3 * _PIECE  # in shorter files there is nothing to gain
_PLAIN: Final = (b"{", b"[")


@dataclass(frozen=True, slots=True)
class Job:
    """A piece to read: so many bytes of a file from `start` on, or `data` where the file is packed."""

    path: Path
    name: str
    format: str
    options: LoadOptions
    folder: Path
    line: int  # the number of its first line
    start: int
    length: int
    data: bytes | None


@dataclass(slots=True)
class Piece:
    """What a piece held; the spans lie in a file."""

    spans: Path
    height: int
    units: int
    scores: list[dict[str, Any]]
    supplements: list[Supplement]
    refused: dict[str, list[Any]]
    unknown: Counter[str]
    notes: Counter[str]
    size: int
    blobs: dict[str, bytes] = field(default_factory=dict[str, bytes])


class _Part(Source):
    """A part of a file of lines."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.path, job.name)
        self.job = job
        self.source_id, self.layout, self.samples = "", "lines", []

    def open(self) -> IO[bytes]:
        job = self.job
        if job.data is not None:
            return io.BytesIO(job.data)
        with job.path.open("rb") as raw:
            raw.seek(job.start)
            return io.BytesIO(raw.read(job.length))

    def lines(self) -> Iterator[tuple[int, bytes]]:
        first = self.job.line - 1
        for number, line in super().lines():
            yield number + first, line


def by_pieces(source: Source, reader: Reader) -> bool:
    """Whether the file is long, and of lines that mean the same wherever they stand."""
    each = isinstance(reader, JsonReader) and reader.by_line and type(reader).read is JsonReader.read
    return each and source.layout == "lines" and source.size > _LONG


def read_pieces(
    source: Source, reader: Reader, sheet: Sheet, report: Callable[[int], None], *, folder: Path, crew: Crew
) -> None:
    """Read a file piece by piece onto the sheet."""
    done = 0
    for piece in crew.run(_read, _jobs(source, reader.name, sheet.options, folder)):
        sheet.absorb(piece)
        done += piece.size
        report(done)


def _jobs(source: Source, name: str, options: LoadOptions, folder: Path) -> Iterator[Job]:
    line, start = 1, 0
    with source.file.open("rb") as raw:
        plain = raw.read(1) in _PLAIN
    with source.open() as stream:
        while chunk := stream.read(_PIECE):
            chunk += stream.readline()
            yield Job(
                source.file, source.name, name, options, folder, line, start, len(chunk), None if plain else chunk
            )
            line += chunk.count(b"\n")
            start += len(chunk)


def _read(job: Job) -> Piece:
    sheet = Sheet(job.options)
    part = _Part(job)
    sheet.start(part, job.format)
    reader = choose(part, job.format)
    assert reader is not None
    reader.read(part, sheet, lambda _: None)
    spans = pl.concat([batch.frame() for batch in sheet.batches()])
    path = job.folder / f"{secrets.token_hex(8)}.arrow"
    spans.write_ipc(path)
    return Piece(
        path, spans.height, sheet.unit, sheet.score_rows, sheet.supplements, sheet.refused, sheet.unknown, sheet.notes, job.length, sheet.blobs
    )  # fmt: skip
