"""Files, opened: found by path or pattern, decompressed, told apart as lines, documents, tables or archives."""

from __future__ import annotations

import glob
import gzip
import hashlib
import io
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, Literal, cast

from workbench.errors import LoadError
from workbench.load._bounds import bounded_lines, whole
from workbench.load._csv import CSV_SUFFIXES, BrokenRow, csv_rows
from workbench.load._documents import lines_of
from workbench.load._frames import frame_rows, is_frame
from workbench.load._tables import PARQUET, parquet_rows, parquet_sample
from workbench.load._values import dumps, is_object, loads

__all__ = ["Layout", "Paths", "Source", "expand", "fingerprint", "gather", "is_tar"]

Layout = Literal["empty", "lines", "blocks", "document", "table", "archive", "binary"]
Paths = Any
"""A path, a folder, a pattern, a frame, or several of them."""

_HEAD: Final = 1 << 16
_DOCUMENT_FIRST: Final = 1 << 26  # below this many bytes, a file that may be one document is tried as one
_OUTLINED: Final = 5  # records of a long document by which its format is told
_BETWEEN: Final = re.compile(rb"\n\},?\r?\n\{")  # where one object over several lines ends and the next one begins
_LOOKED_AT: Final = 50  # lines read to find one that is JSON
_MAGIC: Final = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip"}


_WORKSPACE: Final = frozenset({"workbench.toml", "workbench.db"})  # where both lie, a workspace does
_KEPT: Final = frozenset({"traces", "blobs", "derived", "cache", "redaction.key"})  # what it keeps there


def expand(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The files that paths, folders and patterns stand for.

    Parameters
    ----------
    paths
        A path, a pattern (`exports/**/*.jsonl`), or several. A folder stands for every file below it, except hidden ones and
        what a workspace keeps of its own.

    Returns
    -------
    list of Path
        Sorted within each argument, each file once.

    Raises
    ------
    LoadError
        One of them matches no file.

    Examples
    --------
    >>> from workbench.load import expand
    >>> [path.name for path in expand(__file__)]
    ['_source.py']
    """
    found: dict[Path, None] = {}
    several = [paths] if isinstance(paths, str | os.PathLike) else paths
    for wanted in (str(Path(item).expanduser()) for item in several):
        found_here = sorted(glob.glob(wanted, recursive=True))  # noqa: PTH207 - a pattern may be absolute
        matches = [Path(wanted)] if Path(wanted).exists() else [Path(match) for match in found_here]
        files = [file for match in matches for file in _files(match)]
        if not files:
            where = Path(wanted).absolute()
            msg = f"nothing to load: {wanted!r} matches no file (looked for {where}); give a file, a folder or a pattern like 'exports/**/*.jsonl'"
            raise LoadError(msg)
        found.update(dict.fromkeys(files))
    if not found:
        msg = "nothing to load: no path was given; give a file, a folder or a pattern like 'exports/**/*.jsonl'"
        raise LoadError(msg)
    return list(found)


def _files(path: Path) -> Iterator[Path]:
    """The file, or all files below the folder: those of a folder before those of the folders in it, each by name."""
    if not path.is_dir():
        if path.is_file():
            yield path
        return
    with os.scandir(path) as entries:
        shown = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
    if {entry.name for entry in shown} >= _WORKSPACE:
        shown = [entry for entry in shown if not entry.name.startswith("workbench.") and entry.name not in _KEPT]
    for entry in shown:
        if entry.is_file():
            yield Path(entry.path)
    for entry in shown:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))


def fingerprint(path: str | os.PathLike[str]) -> str:
    """What a file's content is known by: the first 16 hex digits of its SHA-256.

    Raises
    ------
    LoadError
        The file cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from workbench.load import fingerprint
    >>> file = pathlib.Path(tempfile.mkdtemp(), "empty.jsonl")
    >>> _ = file.write_bytes(b"")
    >>> fingerprint(file)
    'e3b0c44298fc1c14'
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - any path-like
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        msg = f"cannot read {os.fspath(path)!r}: {error.strerror or error}"
        raise LoadError(msg) from error


def _lenient(line: bytes) -> Any:
    """The value on a line, also where its text is not UTF-8 or the disk left zeros behind it."""
    try:
        return loads(line)
    except UnicodeDecodeError:
        return loads(line.decode("utf-8", "replace").encode())
    except ValueError:
        if b"\x00" not in line:
            raise
        return loads(line.strip(b"\x00\r\n"))


def _is_json(text: bytes) -> bool:
    try:
        loads(text)
    except ValueError:
        return False
    return True


def is_tar(head: bytes) -> bool:
    """Whether a file that begins so is a tar archive."""
    return head[257:262] == b"ustar"


def _packed(head: bytes) -> str | None:
    return next((name for mark, name in _MAGIC.items() if head.startswith(mark)), None)


@dataclass
class Source:
    """One file to read.

    Parameters
    ----------
    path
        Where it lies.
    name
        What its sessions are named after: the file's name without folder and suffixes.
    held
        Where its content lies, where `path` is a place within an archive.
    given
        The rows themselves, where it is a frame and no file.
    kind
        How its reader calls the way in which it is built, where that is known before it is read.
    """

    path: Path
    name: str = ""
    read_bytes: int = 0
    held: Path | None = None
    given: list[dict[str, Any]] | None = None
    kind: str = ""

    def __post_init__(self) -> None:
        """Name it after its file."""
        self.name = (
            self.name or self.path.name.split(".json")[0].removesuffix(".gz").removesuffix(".zst") or self.path.name
        )

    @classmethod
    def of_frame(cls, frame: Any) -> Source:
        """A frame of a live client, known by its content."""
        rows = frame_rows(frame)
        digest, size = hashlib.sha256(), 0
        for row in rows:
            written = dumps(row).encode() + b"\n"
            digest.update(written)
            size += len(written)
        source_id = digest.hexdigest()[:16]
        made = cls(Path(f"frame-{source_id}"), given=rows)
        made.source_id, made.size = source_id, size
        return made

    @property
    def file(self) -> Path:
        """Where the content lies."""
        return self.held or self.path

    @cached_property
    def source_id(self) -> str:
        """The fingerprint of the content."""
        return fingerprint(self.file)

    @cached_property
    def size(self) -> int:
        """Bytes on disk."""
        return self.file.stat().st_size

    def open(self) -> IO[bytes]:
        """The content, decompressed; UTF-16 becomes UTF-8."""
        if self.given is not None:
            return io.BytesIO(b"".join(dumps(row).encode() + b"\n" for row in self.given))
        raw = self.file.open("rb")
        head = raw.read(4)
        raw.seek(0)
        packed = _packed(head)
        if packed == "gzip":
            raw.close()
            return cast("IO[bytes]", gzip.open(self.file))
        if packed == "zstd":
            import zstandard

            unpacked = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
            return cast("IO[bytes]", io.BufferedReader(cast("io.RawIOBase", unpacked), _HEAD))
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            with raw:
                return io.BytesIO(whole(raw).decode("utf-16", "replace").encode())
        return raw

    @cached_property
    def head(self) -> bytes:
        """The first bytes, decompressed."""
        if self.given is not None:
            return dumps(self.given[:1]).encode()[:_HEAD] if self.given else b""
        with self.open() as stream:
            return stream.read(_HEAD)

    @cached_property
    def layout(self) -> Layout:
        """How the file is built."""
        return "document" if self.huge else self._sniffed[0]

    @cached_property
    def huge(self) -> bool:
        """Whether it begins with a JSON value too long to be held; until `choose` finds no reader that takes it record by record."""
        head = self.head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if is_tar(self.head) or len(self.head) < _HEAD or head[:1] not in (b"{", b"[") or b"\x00" in head[:1024]:
            return False
        if self.given is not None or self.is_csv or _is_json(head.partition(b"\n")[0]):
            return False
        with self.open() as stream:
            begun = stream.read(_DOCUMENT_FIRST)
            if not stream.read(1):
                return False
        # Lines, or objects written over several lines, come to an end before that.
        lines = begun.split(b"\n", _LOOKED_AT)[:_LOOKED_AT]
        return _BETWEEN.search(begun) is None and not any(line.strip()[:1] == b"{" and _is_json(line) for line in lines)

    def outline(self, path: str, names: tuple[str, ...]) -> list[Any]:
        """The first records of a document that is too long to be held, if they stand where `path` says (`lines_of`)."""
        if self.head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != path[:1].encode():
            return []
        with self.open() as stream:
            lines = lines_of(stream, path, names, block=_HEAD, most=_DOCUMENT_FIRST)
            first = list(islice(lines, _OUTLINED))
        return [loads(line) for line in first if _is_json(line)]

    @cached_property
    def samples(self) -> list[Any]:
        """The first values in the file: what a reader looks at to know it."""
        return self._sniffed[1]

    def document(self) -> Any:
        """The whole file as one JSON value."""
        return self._sniffed[1][0]

    def rows(self) -> Iterator[tuple[int, dict[str, Any] | BrokenRow]]:
        """The number of each row of a table, from 1, and what it holds.

        Raises
        ------
        OSError
            The file is damaged.
        """
        if self.given is not None:
            yield from enumerate(self.given, 1)
        elif self.is_csv:
            yield from enumerate(csv_rows(self.open()), 1)
        else:
            yield from enumerate(parquet_rows(self._table), 1)

    @cached_property
    def is_csv(self) -> bool:
        """Whether it is a CSV file, by its name and its beginning."""
        if self.given is not None:
            return False
        named = any(suffix.lower() in CSV_SUFFIXES for suffix in self.path.suffixes[-2:])
        return named and not self.head.startswith(PARQUET) and self.head.lstrip()[:1] not in (b"{", b"[")

    @property
    def _table(self) -> Path | bytes:
        with self.file.open("rb") as raw:
            if raw.read(4) == PARQUET:
                return self.file
        with self.open() as stream:
            return whole(stream)

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Objects written over several lines, one after another: the number of each one's first line, and its text.

        What stands between them is handed on line by line.
        """
        first, held = 0, list[bytes]()
        for number, line in self.lines():
            if held and line.rstrip() != b"{":
                held.append(line)
            elif held or line.rstrip() == b"{":
                if held:
                    yield first, b"".join(held)
                first, held = number, [line]
            else:
                yield number, line
            if held and line.rstrip() in (b"}", b"},"):
                yield first, b"".join(held).rstrip().removesuffix(b",")
                held = []
        if held:
            yield first, b"".join(held)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The number of each line, from 1, and what is on it; empty lines are no records."""
        with self.open() as stream:
            for number, line in enumerate(bounded_lines(stream), 1):
                self.read_bytes += len(line)
                if number == 1 and line.startswith(b"\xef\xbb\xbf"):
                    line = line[3:]  # noqa: PLW2901 - the mark says only that it is UTF-8
                if not line.isspace():
                    yield number, line

    @cached_property
    def _sniffed(self) -> tuple[Layout, list[Any]]:
        head = self.head
        if not head.strip(b"\xef\xbb\xbf \t\r\n"):
            return "empty", []
        if self.given is not None or self.is_csv:
            return "table", [row for _, row in islice(self.rows(), _LOOKED_AT) if is_object(row)]
        if _packed(head) == "zip" or is_tar(head):
            return "archive", []
        if head.startswith(PARQUET):
            return "table", list[Any](parquet_sample(self._table))
        if b"\x00" in head[:1024] and not head.startswith((b'{"', b"[{")):
            return "binary", []
        return self._told_by_lines()

    def _told_by_lines(self) -> tuple[Layout, list[Any]]:
        first: list[bytes] = []
        values: list[Any] = []
        for _, line in self.lines():
            first.append(line)
            try:
                values.append(_lenient(line))
            except ValueError:
                if len(first) == 1 and line.lstrip()[:1] in (b"{", b"[") and self.size < _DOCUMENT_FIRST:
                    document = self._whole()
                    if document:
                        return "document", document
            if len(first) == _LOOKED_AT or (len(first) > 1 and self.read_bytes > _DOCUMENT_FIRST):
                break
        self.read_bytes = 0
        if len(first) == 1 and values:
            return "document", values
        if any(is_object(value) for value in values):
            return "lines", [value for value in values if is_object(value)]
        document = self._whole() if first and first[0].lstrip()[:1] in (b"{", b"[") else []
        if document:
            return "document", document
        several = self._several() if any(line.rstrip() == b"{" for line in first) else []
        return ("blocks", several) if several else ("lines", [])

    def _several(self) -> list[Any]:
        found: list[Any] = []
        for _, block in islice(self.blocks(), _LOOKED_AT):
            try:
                found.append(loads(block))
            except ValueError:
                continue
        self.read_bytes = 0
        return [value for value in found if is_object(value)]

    def _whole(self) -> list[Any]:
        with self.open() as stream:
            text = whole(stream)
        try:
            return [loads(text)]
        except ValueError:
            return []


def gather(paths: Paths) -> list[Source]:
    """What paths, patterns and frames stand for, ready to be read.

    Parameters
    ----------
    paths
        A path, a pattern, a frame of a live client, or several of them in a list; sources are taken as they are.

    Raises
    ------
    LoadError
        A path matches no file.

    Examples
    --------
    >>> from workbench.load import gather
    >>> [source.layout for source in gather([{"messages": [{"role": "user", "content": "Hi"}]}])]
    ['table']
    """
    if isinstance(paths, Source) or is_frame(paths):
        return [paths if isinstance(paths, Source) else Source.of_frame(paths)]
    if not isinstance(paths, list | tuple):
        return [Source(file) for file in expand(paths)]
    held: list[Source] = []
    files: list[Any] = []
    for item in cast("list[Any]", paths):
        if isinstance(item, Source) or is_frame(item):
            held.append(item if isinstance(item, Source) else Source.of_frame(item))
        else:
            files.append(item)
    return [*(Source(file) for file in (expand(files) if files or not held else [])), *held]
