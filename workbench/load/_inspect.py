"""Logs of Inspect: an `.eval` archive, or one JSON document. A record is a sample: a task tried once."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from typing import IO, Any, Final

from workbench.load._bounds import LARGEST, TOO_LONG, TooLongError, too_long
from workbench.load._inspect_sample import write_sample
from workbench.load._json import guarded
from workbench.load._sheet import Sheet
from workbench.load._source import Source, is_tar
from workbench.load._values import dumps, fields, is_array, is_object, loads

__all__ = ["Inspect", "member"]

Row = dict[str, Any]
_ZSTD: Final = 93  # the archive's number for a compression that Python's zipfile does not know before 3.14
_LOCAL: Final = struct.Struct("<4s22xHH")
_SMALLER: Final = "run with `--no-log-images --no-log-model-api`, or leave its events out"
_DAMAGED: Final = (ValueError, zlib.error, zipfile.BadZipFile, OSError, EOFError, struct.error)


def member(file: IO[bytes], info: zipfile.ZipInfo) -> bytes:
    """A member of an archive, decompressed, whether stored, deflated or compressed with zstd.

    Raises
    ------
    zipfile.BadZipFile
        It is damaged.
    TooLongError
        It is too long to be held.
    """
    if info.compress_size > LARGEST:
        raise TooLongError(too_long(info.filename, _SMALLER))
    file.seek(info.header_offset)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
        msg = f"{info.filename}: no such member where the directory points"
        raise zipfile.BadZipFile(msg)
    _, name_length, extra_length = _LOCAL.unpack(head)
    file.seek(name_length + extra_length, 1)
    unpacked = _unpacked(file.read(info.compress_size), info)
    if len(unpacked) > LARGEST:
        raise TooLongError(too_long(info.filename, _SMALLER))
    return unpacked


def _unpacked(packed: bytes, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type == zipfile.ZIP_STORED:
        return packed
    if info.compress_type == zipfile.ZIP_DEFLATED:
        return zlib.decompressobj(-15).decompress(packed, LARGEST + 1)
    if info.compress_type == _ZSTD:
        import zstandard

        try:
            with zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as stream:
                return stream.read(LARGEST + 1)
        except zstandard.ZstdError as error:
            raise zipfile.BadZipFile(str(error)) from error
    msg = f"{info.filename}: compression {info.compress_type} is not known"
    raise zipfile.BadZipFile(msg)


class Inspect:
    """Reads logs of Inspect."""

    name = "inspect"
    keys = frozenset({"eval", "samples", "plan", "status", "version"})

    def fits(self, source: Source) -> bool:
        """Whether the file is a log."""
        if source.layout == "archive":
            if is_tar(source.head):
                return False
            try:
                with source.open() as file, zipfile.ZipFile(file) as archive:
                    return any(name in ("header.json", "_journal/start.json") for name in archive.namelist())
            except zipfile.BadZipFile:
                return source.path.suffix == ".eval"
        return source.layout == "document" and _is_log(source.document())

    def read(self, source: Source, sheet: Sheet, progress: Callable[[int], None]) -> None:
        """Read all samples."""
        if source.layout == "archive":
            self._archive(source, sheet, progress)
            return
        log = source.document()
        samples = log.get("samples")
        for number, sample in enumerate(samples if is_array(samples) else [], 1):
            guarded(sheet, number, sample, partial(_sample, log, source.name))
        if not samples:
            sheet.begin(1)
            sheet.refuse("a log without samples", f"status {log.get('status')!r}", source.head[:800])

    def _archive(self, source: Source, sheet: Sheet, progress: Callable[[int], None]) -> None:
        with source.open() as file, zipfile.ZipFile(file) as archive:
            infos = {info.filename: info for info in archive.infolist()}
            header = _header(file, infos, sheet)
            samples = [info for name, info in infos.items() if name.startswith("samples/") and name.endswith(".json")]
            for number, info in enumerate(samples, 1):
                try:
                    value = loads(member(file, info))
                except TooLongError as error:
                    _refuse(sheet, number, TOO_LONG, str(error))
                    continue
                except _DAMAGED as error:
                    detail = f"{info.filename}: {error}"
                    _refuse(sheet, number, "a sample that cannot be decompressed or parsed", detail)
                    continue
                guarded(sheet, number, value, partial(_sample, header, source.name))
                progress(info.header_offset)
        if not samples:
            sheet.begin(1)
            sheet.refuse("a log without samples", f"status {header.get('status')!r}")


def _header(file: IO[bytes], infos: dict[str, zipfile.ZipInfo], sheet: Sheet) -> Row:
    """What the log says of all its samples; where that is damaged, what it said when it began, else nothing."""
    for name in ("header.json", "_journal/start.json"):
        if name not in infos:
            continue
        try:
            found = loads(member(file, infos[name]))
        except (*_DAMAGED, TooLongError) as error:
            detail = f"{name}: {error}; its samples are read without what it says of their task and model"
            _refuse(sheet, 0, "a header that cannot be decompressed or parsed", detail)
        else:
            return fields(found)
    return {}


def _refuse(sheet: Sheet, number: int, reason: str, detail: str) -> None:
    sheet.begin(number)
    sheet.refuse(reason, detail)
    sheet.done()


def _is_log(value: Any) -> bool:
    return (
        is_object(value)
        and is_object(value.get("eval"))
        and ("plan" in value or "samples" in value or "status" in value)
    )


def _sample(log: Row, file: str, sample: Row, sheet: Sheet) -> None:
    if "id" in sample:
        write_sample(sample, log, file, sheet)
    else:
        sheet.refuse("a sample without an id", f"keys: {', '.join(list(sample)[:8])}", dumps(sample))
