"""Long files of lines or messages, read in pieces: by several processes at once, and never all of it in memory."""

from __future__ import annotations

import io
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Protocol, runtime_checkable

import polars as pl

from workbench._crew import Crew, helping, without_collection
from workbench.load._batches import Batch
from workbench.load._bounds import LARGEST, bounded_lines, skip_line
from workbench.load._documents import lines_of
from workbench.load._json import JsonReader
from workbench.load._registry import Reader, choose
from workbench.load._sheet import LoadOptions, Sheet
from workbench.load._source import Source
from workbench.load._wire import Cut

__all__ = ["Job", "Piece", "by_pieces", "fingerprinted", "is_long", "read_pieces"]

_PIECE: Final = 8 << 20
_FIRST: Final = 1 << 20  # the first piece is short: it tells how long the others will take
_WORTH: Final = 0.7  # seconds of work
_HELD: Final = 32 * _PIECE  # bytes of rows in memory; what comes later in a file waits on disk
_LONG: Final = 3 * _PIECE  # in shorter files there is nothing to gain


@dataclass(frozen=True, slots=True)
class Job:
    """A piece to read: so many bytes of a file from `start` on, or `data` where the file is packed."""

    path: Path
    name: str
    format: str
    options: LoadOptions
    folder: Path
    start: int
    length: int
    data: bytes | None
    kind: str = ""


@dataclass(slots=True)
class Piece:
    """What a piece held; the rows lie in files, where they are many or come from another process."""

    spans: Batch
    told: Batch | None
    units: int
    lines: int
    scores: list[dict[str, Any]]
    refused: dict[str, list[Any]]
    unknown: Counter[str]
    notes: Counter[str]
    size: int
    replaced: Counter[str] = field(default_factory=Counter[str])
    blobs: dict[str, bytes] = field(default_factory=dict[str, bytes])


class _Part(Source):
    """A part of a file of lines."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.path, job.name, kind=job.kind)
        self.job = job
        self.number = 0
        self.source_id, self.layout, self.samples, self.huge = "", "lines", [], False

    def open(self) -> IO[bytes]:
        job = self.job
        if job.data is not None:
            return io.BytesIO(job.data)
        with job.path.open("rb") as raw:
            raw.seek(job.start)
            return io.BytesIO(raw.read(min(job.length, _PIECE + LARGEST + 1)))

    def lines(self) -> Iterator[tuple[int, bytes]]:
        with self.open() as stream:
            for line in bounded_lines(stream):
                self.number += 1
                if self.number == 1 and self.job.start == 0:
                    line = line.removeprefix(b"\xef\xbb\xbf")  # noqa: PLW2901 - the mark says only that it is UTF-8
                if not line.isspace():
                    yield self.number, line


@contextmanager
def fingerprinted(source: Source) -> Generator[None]:
    """Make the fingerprint of a long file while it is being read."""
    thread = threading.Thread(target=getattr, args=(source, "source_id", ""), daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def is_long(source: Source) -> bool:
    """Whether a file is long enough to be read in pieces."""
    return source.given is None and source.size > _LONG


@runtime_checkable
class Cuts(Protocol):
    """A reader that knows where its files can be cut."""

    def cuts(self, source: Source, piece: int, *, in_place: bool) -> Iterator[Cut]:
        """Where the pieces of a file begin and how long they are, each about so many bytes; what each holds, if not just these bytes."""
        ...

    def kind(self, source: Source) -> str:
        """How the file is built; each piece is built in the same way."""
        ...


def by_pieces(source: Source, reader: Reader) -> bool:
    """Whether the file is long, and of lines or messages that mean the same wherever they stand."""
    if isinstance(reader, Cuts):
        return is_long(source)
    if not isinstance(reader, JsonReader) or not reader.by_line or type(reader).read is not JsonReader.read:
        return False
    return source.kind in reader.splits or (source.layout == "lines" and is_long(source))


def read_pieces(
    source: Source, reader: Reader, sheet: Sheet, report: Callable[[int], None], *, folder: Path, crew: Crew
) -> None:
    """Read a file piece by piece onto the sheet."""
    done = 0
    share = source.size / _FIRST

    def worth(seconds: float) -> bool:
        return seconds * share > _WORTH

    pieces: list[Piece] = []
    try:
        for piece in crew.run(_read, _jobs(source, reader, sheet.options, folder), worth=worth):
            pieces.append(piece)
            done += piece.size
            report(done)
    finally:
        for piece in pieces:
            sheet.absorb(piece)


def _jobs(source: Source, reader: Reader, options: LoadOptions, folder: Path) -> Iterator[Job]:
    kind = reader.kind(source) if isinstance(reader, Cuts) else ""
    for start, length, data in _cuts(source, reader):
        yield Job(source.path, source.name, reader.name, options, folder, start, length, data, kind)


def _cuts(source: Source, reader: Reader) -> Iterator[Cut]:
    start, plain = 0, _is_the_file(source)
    if isinstance(reader, Cuts):
        yield from reader.cuts(source, _PIECE, in_place=plain)
        return
    if source.kind and isinstance(reader, JsonReader):
        yield from _documents(source, reader)
        return
    with source.open() as stream:
        while True:
            size = min(_PIECE, _FIRST) if start == 0 else _PIECE
            if plain:
                stream.seek(start + size)
                skip_line(stream)
                data, length = None, min(stream.tell(), source.size) - start
            else:
                data = stream.read(size)
                data += stream.readline(LARGEST + 1)
                length = len(data)
                if length > LARGEST and not data.endswith(b"\n"):
                    length += skip_line(stream)
            if not length:
                return
            yield start, length, data
            start += length


def _documents(source: Source, reader: JsonReader) -> Iterator[Cut]:
    """A long document, as pieces of lines."""
    held: list[bytes] = []
    size = number = 0
    with source.open() as stream:
        for line in lines_of(stream, source.kind, reader.pages):
            held.append(line)
            size += len(line)
            if size >= _PIECE:
                yield number, size, b"".join(held)
                held, size, number = [], 0, number + size
    if held:
        yield number, size, b"".join(held)


def _is_the_file(source: Source) -> bool:
    """Whether the content lies in the file as it is: not packed, in no archive, in UTF-8."""
    if source.held is not None or source.given is not None:
        return False
    with source.path.open("rb") as raw, source.open() as content:
        return raw.read(64) == content.read(64)


def _read(job: Job) -> Piece:
    sheet = Sheet(job.options)
    part = _Part(job)
    sheet.start(part, job.format)
    reader = choose(part, job.format)
    assert reader is not None
    with without_collection():
        reader.read(part, sheet, lambda _: None)
    told = sheet.told()
    return Piece(
        spans=_kept(sheet.batches(), job),
        told=_kept(told, job) if told else None,
        units=sheet.unit,
        lines=part.number or sheet.record,
        scores=sheet.score_rows,
        refused=sheet.refused,
        unknown=sheet.unknown,
        notes=sheet.notes,
        size=job.length,
        replaced=Counter() if job.options.redact is None else job.options.redact.take(),
        blobs=sheet.blobs,
    )


def _kept(batches: list[Batch], job: Job) -> Batch:
    rows = pl.concat([batch.frame() for batch in batches])
    kept: pl.DataFrame | Path = rows
    # Up to here about so many rows as the file's part before it holds, however it is packed.
    if helping() or job.start * int(rows.estimated_size()) > _HELD * max(job.length, 1):
        kept = job.folder / f"{secrets.token_hex(8)}.arrow"
        rows.write_ipc(kept)
    return Batch(kept, rows.height, size=sum(batch.size for batch in batches))
