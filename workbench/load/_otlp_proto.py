"""OTLP as protobuf: one request, or the collector's stream of length-prefixed ones, plain or compressed one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from workbench.load._json import SHAPE_ERRORS, UNKNOWN_SHAPE
from workbench.load._otlp import Otlp
from workbench.load._protobuf import Request, WireError, add_request, add_resource
from workbench.load._sheet import Sheet
from workbench.load._source import Source
from workbench.load._values import is_object, loads
from workbench.load._wire import PLAIN, PREFIXED, ZSTD, Cut, cuts, framing, messages

__all__ = ["OtlpProto"]

_FREE: Final = 1 << 26  # so much may come out of the smallest message
_RATIO: Final = 200  # what grows more than this is made to fill the memory
_SHRUNK: Final = 4  # so much shorter are messages that are compressed one by one
_CUT: Final = "a truncated message"


class OtlpProto:
    """Reads OTLP protobuf, and JSON where the collector prefixed it with its length."""

    name = "otlp-protobuf"
    keys = frozenset[str]()

    def __init__(self) -> None:
        """Read the requests as those of OTLP's JSON."""
        self._json = Otlp()

    def fits(self, source: Source) -> bool:
        """Whether the file is a request, or a stream of them."""
        return not source.samples and framing(source.head) is not None

    def cuts(self, source: Source, piece: int, *, in_place: bool) -> Iterator[Cut]:
        """Cut a long file into pieces that are files of the same kind."""
        if source.head[4:8] == ZSTD:
            piece //= _SHRUNK
        with source.open() as stream:
            yield from cuts(stream, self.kind(source), piece, source.size if in_place else None)

    def kind(self, source: Source) -> str:
        """How the messages follow one another."""
        return source.kind or framing(source.head) or PREFIXED

    def read(self, source: Source, sheet: Sheet, progress: Callable[[int], None]) -> None:
        """Read the file."""
        kind = self.kind(source)
        with source.open() as stream:
            for number, (message, complete) in enumerate(messages(stream, kind), 1):
                source.read_bytes += len(message)
                self._take(message, number, sheet, plain=kind == PLAIN, complete=complete)
                progress(source.read_bytes)

    def _take(self, message: bytes, number: int, sheet: Sheet, *, plain: bool, complete: bool) -> None:
        if plain:
            request = Request()
            add_resource(request, message)
        else:
            try:
                body = _unpacked(message)
            except Exception as error:  # noqa: BLE001 - whatever the decompressor raises, this message is damaged
                _refuse(sheet, number, "a damaged message", str(error))
                return
            if body[:1] in (b"{", b"["):
                self._take_json(body, number, sheet)
                return
            request = Request()
            add_request(request, body)
        before = sheet.unit
        value = request.value()
        if value:
            self._json.take(value, number, sheet)
        if request.metrics:
            _refuse(sheet, number, "metrics are no traces", f"{request.metrics} in the message")
        for detail in request.damaged:
            _refuse(sheet, number, "a damaged message" if complete else _CUT, detail)
        if not complete and not request.damaged:
            _refuse(sheet, number, _CUT, "the file ends within it")
        if sheet.unit == before:
            _refuse(sheet, number, "a message without spans or log records", f"{len(message):,} bytes")

    def _take_json(self, body: bytes, number: int, sheet: Sheet) -> None:
        try:
            value: Any = loads(body)
            if not self._json.knows(value):
                shown = f"keys: {', '.join(map(str, list(value)[:8]))}" if is_object(value) else type(value).__name__
                _refuse(sheet, number, "no record of its file's format (otlp)", shown)
                return
            self._json.take(value, number, sheet)
        except SHAPE_ERRORS as error:
            _refuse(sheet, number, UNKNOWN_SHAPE, f"{type(error).__name__}: {error}")


def _refuse(sheet: Sheet, number: int, reason: str, detail: str) -> None:
    sheet.begin(number)
    sheet.refuse(reason, detail)
    sheet.done()


def _unpacked(message: bytes) -> bytes:
    if not message.startswith(ZSTD):
        return message
    import zstandard

    most = _FREE + _RATIO * len(message)
    with zstandard.ZstdDecompressor().stream_reader(message, read_across_frames=True) as stream:
        body = stream.read(most + 1)
    if len(body) > most:
        error = f"it unpacks to more than {most:,} bytes"
        raise WireError(error)
    return body
