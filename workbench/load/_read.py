"""The verb: files in, rows out, every record accounted for."""

from __future__ import annotations

import gc
import hashlib
import zipfile
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from workbench.errors import LoadError, WorkbenchError
from workbench.load._loaded import Loaded, unknown_frame
from workbench.load._reconcile import SET_ASIDE_FATE, reconcile, reconcile_scores
from workbench.load._registry import choose, guess
from workbench.load._sheet import LoadOptions, Sheet
from workbench.load._source import Paths, Source, expand
from workbench.schema import SCORES, SET_ASIDE, SOURCES

__all__ = ["DAMAGED", "READER_FAILED", "read"]

DAMAGED: Final = "the file breaks off or is damaged"
READER_FAILED: Final = "the reader of the file failed"
_DAMAGED: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, UnicodeError, MemoryError)
_NOTHING: Final = -1


@dataclass(slots=True)
class _Tally:
    """A file, and which of the load's records are its own."""

    source_id: str
    path: str
    format: str | None
    size: int
    first: int
    last: int = 0


def read(
    paths: Paths,
    *,
    known: pl.LazyFrame | None = None,
    known_scores: pl.LazyFrame | None = None,
    options: LoadOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Loaded:
    r"""Read exports of any known format; say of every input record where it ended.

    Parameters
    ----------
    paths
        A path, a folder, a pattern (`exports/**/*.jsonl`), or several; gzip and zstd are opened.
    known
        Spans of earlier loads: `trace_id`, `span_id`, `end`, `load_id` and the content columns of SPANS. What they
        hold just so is merged; what has grown since is loaded, and named in `superseded`.
    known_scores
        Scores of earlier loads, table SCORES; what they hold just so is merged.
    options
        How to read.
    progress
        Called with the bytes read and the bytes in all.

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
    files = expand(paths)
    sheet = Sheet(options or LoadOptions())
    tallies: list[_Tally] = []
    names: dict[str, str] = {}
    total = sum(file.stat().st_size for file in files)
    done = 0
    with _no_collection():
        for file in files:
            tally = _read_file(file, sheet, names, _reporter(progress, done, total))
            tallies.append(tally)
            done += tally.size
            if progress is not None:
                progress(min(done, total), total)
        return _settle(sheet, tallies, known, known_scores)


@contextmanager
def _no_collection() -> Generator[None]:
    """Parsed JSON has no cycles: looking for them again and again costs a quarter of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _reporter(progress: Callable[[int, int], None] | None, done: int, total: int) -> Callable[[int], None]:
    def report(read_bytes: int) -> None:
        if progress is not None:
            progress(min(done + read_bytes, total), total)

    return report


def _read_file(file: Path, sheet: Sheet, names: dict[str, str], report: Callable[[int], None]) -> _Tally:
    source = Source(file)
    tally = _Tally("", str(file), None, 0, sheet.unit)
    try:
        tally.size, tally.source_id = source.size, source.source_id
    except (LoadError, OSError) as error:
        source.source_id = tally.source_id = hashlib.sha256(str(file).encode()).hexdigest()[:16]
        sheet.start(source, "")
        _refuse(sheet, "the file cannot be read", str(error))
        tally.last = sheet.unit
        return tally
    # The same content under another name: its sessions are named as before, so that they are merged.
    source.name = names.setdefault(source.source_id, source.name)
    sheet.start(source, "")
    try:
        _dispatch(source, sheet, tally, report)
    except WorkbenchError:
        raise
    except Exception as error:  # noqa: BLE001 - one file, or one package's reader, must not cost the others
        damaged = isinstance(error, _DAMAGED) or type(error).__module__.startswith("zstandard")
        if not sheet.open:
            sheet.begin(1)
        sheet.refuse(DAMAGED if damaged else READER_FAILED, f"{type(error).__name__}: {error}")
        sheet.done()
    tally.last = sheet.unit
    return tally


def _dispatch(source: Source, sheet: Sheet, tally: _Tally, report: Callable[[int], None]) -> None:
    if source.layout == "empty":
        _refuse(sheet, "the file is empty", "")
        return
    reader = choose(source, sheet.options.format)
    if reader is None:
        broken = source.layout == "lines" and not source.samples
        what = "no line of it is JSON" if broken else guess(source)
        _refuse(sheet, "no reader knows this file", what, source.head[:800])
        return
    tally.format = reader.name
    sheet.start(source, reader.name)
    reader.read(source, sheet, report)
    if sheet.unit == tally.first:
        _refuse(sheet, "nothing in the file to load", f"read as {reader.name}", source.head[:800])


def _refuse(sheet: Sheet, reason: str, detail: str, excerpt: str | bytes = "") -> None:
    sheet.begin(1)
    sheet.refuse(reason, detail, excerpt)
    sheet.done()


def _settle(
    sheet: Sheet, tallies: list[_Tally], known: pl.LazyFrame | None, known_scores: pl.LazyFrame | None
) -> Loaded:
    reconciled = reconcile(sheet, known)
    scores, score_fates = reconcile_scores(sheet, known_scores)
    fate = np.full(sheet.unit + 1, _NOTHING, dtype=np.int8)
    rows = pl.concat([*reconciled.fates, *score_fates]).group_by("_unit").agg(pl.col("_fate").min())
    fate[rows["_unit"].to_numpy()] = rows["_fate"].to_numpy()
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
        spans=reconciled.spans,
        scores=scores.select(*SCORES),
        sources=pl.DataFrame(counted, schema=SOURCES),
        set_aside=pl.DataFrame(refused, schema=SET_ASIDE),
        superseded=reconciled.superseded,
        blobs=reconciled.blobs,
        unknown_attributes=unknown_frame(sheet),
        notes=tuple(f"{sentence}: {count:,}" for sentence, count in sheet.notes.items()),
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
