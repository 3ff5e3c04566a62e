"""Archives of exports: each file in a ZIP or a tar is a source of its own, unpacked to disk one at a time, within bounds."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Any, Final, cast

from workbench.load._source import Source, is_tar

__all__ = ["Member", "TooLargeError", "archive_kind", "members"]

_ZSTD: Final = 93  # the archive's number for a compression that Python's zipfile does not know before 3.14
_LOCAL: Final = struct.Struct("<4s22xHH")
_PIECE: Final = 1 << 20
_FREE: Final = 1 << 26  # so much may come out of the smallest archive
_RATIO: Final = 200  # traces shrink to a tenth or a fiftieth; what grows more than this is made to fill a disk
_ENCRYPTED: Final = 0x1
_DAMAGED: Final = (
    OSError, RuntimeError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
    tarfile.TarError,
)  # fmt: skip


_File = tuple[
    str, int, "Callable[[], AbstractContextManager[IO[bytes]]] | None"
]  # name, where it begins, how to open it


class TooLargeError(ValueError):
    """What comes out of an archive is out of proportion to the archive."""


@dataclass(slots=True)
class Member:
    """A file in an archive: open to be read, or why it cannot be."""

    path: Path
    offset: int
    source: Source | None
    reason: str = ""
    detail: str = ""


def archive_kind(source: Source) -> str:
    """`tar` or `zip`."""
    return "tar" if is_tar(source.head) else "zip"


def members(source: Source) -> Iterator[Member]:
    """The files of an archive in turn; each lies on disk until the next one is asked for.

    Raises
    ------
    zipfile.BadZipFile, tarfile.TarError
        The archive is damaged.
    """
    budget = _FREE + _RATIO * source.size
    with source.open() as file:
        each = _tar_files(file) if is_tar(source.head) else _zip_files(file)
        for written, offset, opened in each:
            name = PurePosixPath(written)
            if name.name.startswith(".") or "__MACOSX" in name.parts:
                continue
            # The name only says where it came from; nothing is ever opened by it.
            path = Path(f"{source.path}!/{written}")
            if opened is None:
                yield Member(path, offset, None, "a link or device in an archive", "only files are read")
                continue
            with TemporaryDirectory(prefix="workbench-") as folder:
                held = Path(folder, "member")
                try:
                    budget -= _unpack(opened, held, budget)
                except TooLargeError as error:
                    budget = 0
                    yield Member(path, offset, None, "a file in an archive that unpacks to too much", str(error))
                except _DAMAGED as error:
                    detail = f"{type(error).__name__}: {error}"
                    yield Member(path, offset, None, "a file in an archive that cannot be unpacked", detail)
                else:
                    yield Member(path, offset, Source(path, held=held))


def _zip_files(file: IO[bytes]) -> Iterator[_File]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield info.filename, info.header_offset, partial(_opened, file, archive, info)


def _tar_files(file: IO[bytes]) -> Iterator[_File]:
    """A tar is read from front to back, as it comes out of what it is packed with."""
    with tarfile.open(fileobj=file, mode="r|") as archive:
        for info in archive:
            if info.isfile():
                yield info.name, info.offset, partial(_from_tar, archive, info)
            elif not info.isdir():
                yield info.name, info.offset, None


@contextmanager
def _from_tar(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Generator[IO[bytes]]:
    stream = archive.extractfile(info)
    assert stream is not None
    with stream:
        yield stream


def _unpack(opened: Callable[[], AbstractContextManager[IO[bytes]]], to: Path, budget: int) -> int:
    """Write a member to disk; how many bytes it has."""
    written = 0
    with opened() as stream, to.open("wb") as out:
        while piece := stream.read(_PIECE):
            written += len(piece)
            if written > budget:
                msg = f"more than {budget:,} bytes; unpack the archive by hand if that is right"
                raise TooLargeError(msg)
            out.write(piece)
    return written


@contextmanager
def _opened(file: IO[bytes], archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Generator[IO[bytes]]:
    if info.compress_type != _ZSTD:
        with archive.open(info) as stream:
            yield stream
        return
    import zstandard

    if info.flag_bits & _ENCRYPTED:
        msg = "it is encrypted"
        raise RuntimeError(msg)
    file.seek(info.header_offset)
    mark, name_length, extra_length = _LOCAL.unpack(file.read(_LOCAL.size))
    if mark != b"PK\x03\x04":
        msg = "no such member where the directory points"
        raise zipfile.BadZipFile(msg)
    file.seek(name_length + extra_length, 1)
    part = cast("Any", _Part(file, info.compress_size))
    try:
        with zstandard.ZstdDecompressor().stream_reader(part, read_across_frames=True) as stream:
            yield cast("IO[bytes]", stream)
    except zstandard.ZstdError as error:
        raise zipfile.BadZipFile(str(error)) from error


class _Part:
    """So many bytes of a file, from where it stands."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        return piece
