"""Logs of Inspect: an `.eval` archive, or one JSON document. A record is a sample: a task tried once."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from typing import IO, Any, Final

from workbench.load._inspect_sample import write_sample
from workbench.load._json import guarded
from workbench.load._sheet import Sheet
from workbench.load._source import Source, is_tar
from workbench.load._values import dumps, is_array, is_object, loads

__all__ = ["Inspect", "member"]

Row = dict[str, Any]
_ZSTD: Final = 93  # the archive's number for a compression that Python's zipfile does not know before 3.14
_LOCAL: Final = struct.Struct("<4s22xHH")
_LARGEST: Final = 1 << 33  # a bomb ends here, not in the machine's memory


def member(file: IO[bytes], info: zipfile.ZipInfo) -> bytes:
    """A member of an archive, decompressed, whether stored, deflated or compressed with zstd."""
    file.seek(info.header_offset)
    mark, name_length, extra_length = _LOCAL.unpack(file.read(_LOCAL.size))
    if mark != b"PK\x03\x04":
        msg = f"{info.filename}: no such member where the directory points"
        raise zipfile.BadZipFile(msg)
    file.seek(name_length + extra_length, 1)
    packed = file.read(info.compress_size)
    if info.compress_type == zipfile.ZIP_STORED:
        return packed
    if info.compress_type == zipfile.ZIP_DEFLATED:
        return zlib.decompressobj(-15).decompress(packed, _LARGEST)
    if info.compress_type == _ZSTD:
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as stream:
            return stream.read(_LARGEST)
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
            header: Row = {}
            for name in ("header.json", "_journal/start.json"):
                if name in infos:
                    found = loads(member(file, infos[name]))
                    header = found if is_object(found) else {}
                    break
            samples = [info for name, info in infos.items() if name.startswith("samples/") and name.endswith(".json")]
            for number, info in enumerate(samples, 1):
                try:
                    value = loads(member(file, info))
                except (ValueError, zlib.error, zipfile.BadZipFile, OSError) as error:
                    sheet.begin(number)
                    sheet.refuse("a sample that cannot be decompressed or parsed", f"{info.filename}: {error}")
                    continue
                guarded(sheet, number, value, partial(_sample, header, source.name))
                progress(info.header_offset)
        if not samples:
            sheet.begin(1)
            sheet.refuse("a log without samples", f"status {header.get('status')!r}")


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
