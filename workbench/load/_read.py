"""The verb: files in, rows out, every record accounted for."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from workbench._crew import Crew, shared, without_collection
from workbench.errors import LoadError, WorkbenchError
from workbench.load._archive import Member, archive_kind, members
from workbench.load._bounds import TOO_LONG, TooLongError
from workbench.load._into import Into
from workbench.load._loaded import Loaded, unknown_frame
from workbench.load._pieces import by_pieces, fingerprinted, is_long, read_pieces
from workbench.load._reconcile import reconcile, reconcile_scores
from workbench.load._registry import choose, guess
from workbench.load._sheet import LoadOptions, Sheet
from workbench.load._source import Paths, Source, gather
from workbench.load._states import SET_ASIDE_FATE, UNTOLD
from workbench.schema import SCORES, SET_ASIDE, SOURCES

__all__ = ["DAMAGED", "READER_FAILED", "read"]

DAMAGED: Final = "the file breaks off or is damaged"
READER_FAILED: Final = "the reader of the file failed"
_DAMAGED: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, UnicodeError, MemoryError)
_NOTHING: Final = -1
_DEEPEST: Final = 2  # archives within archives


@dataclass(slots=True)
class _Tally:
    """A file, and which of the load's records are its own."""

    source_id: str
    path: str
    format: str | None
    size: int
    first: int
    last: int = 0


@dataclass(slots=True)
class _Tools:
    """What long files are read with."""

    into: Into
    crew: Crew
    stack: ExitStack
    alone: bool = False  # one long file is all there is

    @property
    def folder(self) -> Path:
        """A new folder for what is on its way; it goes when the load is done."""
        return Path(self.stack.enter_context(tempfile.TemporaryDirectory(dir=self.into.folder, prefix=".load-")))


def read(
    paths: Paths,
    *,
    known: pl.LazyFrame | None = None,
    known_scores: pl.LazyFrame | None = None,
    options: LoadOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
    into: Into | None = None,
    crew: Crew | None = None,
) -> Loaded:
    r"""Read exports of any known format; say of every input record where it ended.

    Parameters
    ----------
    paths
        A path, a folder, a pattern (`exports/**/*.jsonl`), or several; gzip, zstd, ZIP and tar are opened, and each file of an
        archive counts as one. Or a frame of a live client (Polars, pandas, Arrow, a list of objects), which counts as one
        file, known by its content.
    known
        Spans of earlier loads: `trace_id`, `span_id`, `end`, `load_id` and the content columns of SPANS. What they
        hold just so is merged; what has grown since is loaded, and named in `superseded`.
    known_scores
        Scores of earlier loads, table SCORES; what they hold just so is merged.
    options
        How to read.
    progress
        Called with the bytes read and the bytes in all.
    into
        Where the spans go if they are too many to hold; null: they are held.
    crew
        The processes that read long files together; by default as many as there are processors.

    Returns
    -------
    Loaded
        Spans, scores, and where every record ended: loaded, merged with the same span elsewhere, superseded by a later
        state of its span, or set aside with a reason.

    Raises
    ------
    LoadError
        A path matches no file. (A file that cannot be read, or that no reader knows, is set aside.)

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from workbench import load
    >>> file = pathlib.Path(tempfile.mkdtemp(), "chat.jsonl")
    >>> _ = file.write_text('{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n')
    >>> load.read(file).spans["kind"].to_list()
    ['agent', 'llm']
    """
    sources = gather(paths)
    sheet = Sheet(options or LoadOptions())
    tallies: list[_Tally] = []
    names: dict[str, str] = {}
    total = sum(source.size for source in sources)
    done = 0
    with ExitStack() as stack:
        tools = _Tools(into or Into(), stack.enter_context(shared(crew)), stack)
        stack.enter_context(without_collection())
        sheet.keep_blob = tools.into.keep_blob
        tools.alone = len(sources) == 1 and is_long(sources[0]) and _is_read_as_it_comes(sources[0])
        if tools.alone:
            stack.enter_context(fingerprinted(sources[0]))
        for source in sources:
            tallies += _read_source(source, sheet, names, tools, _reporter(progress, done, total))
            done += source.size
            if progress is not None:
                progress(min(done, total), total)
        return _settle(sheet, tallies, known, known_scores, tools.into)


def _is_read_as_it_comes(source: Source) -> bool:
    try:
        return source.huge or source.layout in ("lines", "binary")
    except Exception:  # noqa: BLE001 - what is wrong with it is said where it is read
        return False


def _reporter(progress: Callable[[int, int], None] | None, done: int, total: int) -> Callable[[int], None]:
    def report(read_bytes: int) -> None:
        if progress is not None:
            progress(min(done + read_bytes, total), total)

    return report


def _read_source(
    source: Source, sheet: Sheet, names: dict[str, str], tools: _Tools, report: Callable[[int], None], *, depth: int = 0
) -> list[_Tally]:
    """Read a file, or all files of an archive; the archive itself has no records of its own."""
    tally = _Tally("", str(source.path), None, 0, sheet.unit)
    try:
        tally.size = source.size
        if not tools.alone:
            # The same content under another name: its sessions are named as before, so that they are merged.
            source.name = names.setdefault(source.source_id, source.name)
    except (LoadError, OSError) as error:
        return [_lost(source, sheet, "the file cannot be read", str(error))]
    sheet.start(source, "")
    inside: list[_Tally] = []
    try:
        if not _is_archive(source, sheet.options):
            _dispatch(source, sheet, tally, tools, report)
        else:
            tally.format = archive_kind(source)
            for member in members(source):
                inside += _read_member(member, sheet, names, tools, depth)
                report(member.offset)
            _go_on(source, sheet, tally)
            if not inside:
                _refuse(sheet, "an archive without files", "")
    except WorkbenchError:
        raise
    except Exception as error:  # noqa: BLE001 - one file, or one package's reader, must not cost the others
        if inside:
            _go_on(source, sheet, tally)
        if not sheet.open:
            sheet.begin(1)
        sheet.refuse(*_failure(error))
        sheet.done()
    tally.source_id, tally.last = source.source_id, sheet.unit
    return [*inside, tally]


def _failure(error: Exception) -> tuple[str, str]:
    """Why a file was not read to its end."""
    if isinstance(error, TooLongError):
        return TOO_LONG, str(error)
    damaged = isinstance(error, _DAMAGED) or type(error).__module__.startswith("zstandard")
    return DAMAGED if damaged else READER_FAILED, f"{type(error).__name__}: {error}"


def _go_on(source: Source, sheet: Sheet, tally: _Tally) -> None:
    """Go on with the archive itself, after its files."""
    sheet.start(source, archive_kind(source))
    tally.first = sheet.unit


def _lost(source: Source, sheet: Sheet, reason: str, detail: str) -> _Tally:
    """A file of which nothing can be read, not even its content's fingerprint."""
    source.source_id = hashlib.sha256(str(source.path).encode()).hexdigest()[:16]
    tally = _Tally(source.source_id, str(source.path), None, 0, sheet.unit)
    sheet.start(source, "")
    _refuse(sheet, reason, detail)
    tally.last = sheet.unit
    return tally


def _is_archive(source: Source, options: LoadOptions) -> bool:
    """Whether the file only holds other files; a log of Inspect is an archive too, and is read by its reader."""
    if source.layout != "archive":
        return False
    reader = choose(source, options.format, options.tables)
    return reader is None or not reader.fits(source)


def _read_member(member: Member, sheet: Sheet, names: dict[str, str], tools: _Tools, depth: int) -> list[_Tally]:
    source = member.source
    if source is None:
        return [_lost(Source(member.path), sheet, member.reason, member.detail)]
    if depth >= _DEEPEST and _is_archive(source, sheet.options):
        return [_lost(source, sheet, "an archive within archives", f"more than {_DEEPEST} deep; unpack it by hand")]
    return _read_source(source, sheet, names, tools, lambda _: None, depth=depth + 1)


def _dispatch(source: Source, sheet: Sheet, tally: _Tally, tools: _Tools, report: Callable[[int], None]) -> None:
    if source.layout == "empty":
        _refuse(sheet, "the file is empty", "")
        return
    reader = choose(source, sheet.options.format, sheet.options.tables)
    if reader is None:
        broken = source.layout == "lines" and not source.samples
        begun = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
        if broken and begun:
            _refuse(sheet, "JSON that breaks off or is damaged", "export it again", source.head[:800])
            return
        what = "no line of it is JSON" if broken else guess(source)
        _refuse(sheet, "no reader knows this file", what, source.head[:800])
        return
    tally.format = reader.name
    sheet.start(source, reader.name)
    if by_pieces(source, reader):
        read_pieces(source, reader, sheet, report, folder=tools.folder, crew=tools.crew)
    else:
        reader.read(source, sheet, report)
    if sheet.unit == tally.first:
        _refuse(sheet, "nothing in the file to load", f"read as {reader.name}", source.head[:800])


def _refuse(sheet: Sheet, reason: str, detail: str, excerpt: str | bytes = "") -> None:
    sheet.begin(1)
    sheet.refuse(reason, detail, excerpt)
    sheet.done()


def _settle(
    sheet: Sheet, tallies: list[_Tally], known: pl.LazyFrame | None, known_scores: pl.LazyFrame | None, into: Into
) -> Loaded:
    reconciled = reconcile(sheet, known, into)
    scores = reconcile_scores(sheet, known_scores, reconciled.fates)
    fate = reconciled.fates.ended
    fate[fate == UNTOLD] = _NOTHING
    fate[sheet.refused["_unit"]] = SET_ASIDE_FATE
    _refuse_silent(sheet, fate, tallies)
    counted: list[dict[str, Any]] = []
    for tally in tallies:
        own = fate[tally.first + 1 : tally.last + 1]
        ends = np.bincount(own, minlength=4).tolist() if own.size else [0, 0, 0, 0]
        counted.append({
            "source_id": tally.source_id, "path": tally.path, "format": tally.format, "bytes": tally.size,
            "read": int(own.size), "loaded": ends[0], "superseded": ends[1], "merged": ends[2], "set_aside": ends[3],
        })  # fmt: skip
    refused = {name: column for name, column in sheet.refused.items() if name in SET_ASIDE}
    return Loaded(
        spans=into.spans(),
        scores=scores.select(*SCORES),
        sources=pl.DataFrame(counted, schema=SOURCES),
        set_aside=pl.DataFrame(refused, schema=SET_ASIDE),
        superseded=reconciled.superseded,
        blobs=into.blobs,
        unknown_attributes=unknown_frame(sheet),
        notes=tuple(f"{sentence}: {count:,}" for sentence, count in sheet.notes.items()),
        parts=tuple(into.parts),
    )


def _refuse_silent(sheet: Sheet, fate: Any, tallies: list[_Tally]) -> None:
    """A record of which a reader made nothing, and gave no reason, is set aside all the same."""
    silent: list[int] = (np.flatnonzero(fate[1:] == _NOTHING) + 1).tolist()
    for unit in silent:
        tally = next(t for t in tallies if t.first < unit <= t.last)
        row = (tally.source_id, tally.path, unit - tally.first, "nothing in the record to load", None, None, unit)
        for column, value in zip(sheet.refused.values(), row, strict=True):
            column.append(value)
    fate[silent] = SET_ASIDE_FATE
