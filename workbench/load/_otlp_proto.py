"""OTLP as protobuf: one request, or the collector's stream of length-prefixed ones, plain or compressed one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any, Final

from workbench.load._json import SHAPE_ERRORS, UNKNOWN_SHAPE
from workbench.load._otlp import Otlp
from workbench.load._protobuf import Request, WireError, add_request, add_resource, pieces, varint
from workbench.load._sheet import Sheet
from workbench.load._source import Source
from workbench.load._values import is_object, loads

__all__ = ["OtlpProto"]

_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_RESOURCE: Final = 0x0A  # the tag of the only field that a request has
_CHUNK: Final = 1 << 24
_RESOURCE_FIELDS: Final = frozenset({1, 2, 3, 1000})
_LENGTH: Final = 2
_SHORTEST: Final = 4  # bytes of a message that holds anything

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
        return not source.samples and (_is_plain(source.head) or _is_stream(source.head))

    def read(self, source: Source, sheet: Sheet, progress: Callable[[int], None]) -> None:
        """Read the file."""
        plain = _is_plain(source.head)
        with source.open() as stream:
            for number, (message, complete) in enumerate(_resources(stream) if plain else _messages(stream), 1):
                source.read_bytes += len(message)
                self._take(message, number, sheet, plain=plain, complete=complete)
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
    if not message.startswith(_ZSTD):
        return message
    import zstandard

    with zstandard.ZstdDecompressor().stream_reader(message, read_across_frames=True) as stream:
        return stream.read()


def _exactly(stream: IO[bytes], size: int) -> bytes:
    """That many bytes, or what there is: a length that is no length must not take the memory."""
    held: list[bytes] = []
    while size:
        chunk = stream.read(min(size, _CHUNK))
        if not chunk:
            break
        held.append(chunk)
        size -= len(chunk)
    return b"".join(held)


def _messages(stream: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Messages, each after its length in four bytes, and whether they are all there."""
    while prefix := _exactly(stream, 4):
        size = int.from_bytes(prefix, "big")
        message = _exactly(stream, size) if len(prefix) == 4 else prefix  # noqa: PLR2004 - bytes of the length
        yield message, len(prefix) == 4 and len(message) == size  # noqa: PLR2004


def _resources(stream: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """What each resource sent, of one request or of several written one after another."""
    while tag := stream.read(1):
        size = shift = 0
        while more := stream.read(1):
            size |= (more[0] & 0x7F) << shift
            shift += 7
            if more[0] < 0x80 or shift > 63:  # noqa: PLR2004 - the bit that says that more follows; bits of a length
                break
        message = _exactly(stream, size)
        yield message, tag[0] == _RESOURCE and len(message) == size
        if tag[0] != _RESOURCE:
            return


def _is_stream(head: bytes) -> bool:
    size, body = int.from_bytes(head[:4], "big"), head[4:]
    if size < _SHORTEST or len(body) < _SHORTEST:
        return False
    body = body[:size]
    return body.startswith((_ZSTD, b'{"resource')) or _is_plain(body)


def _is_plain(head: bytes) -> bool:
    """Whether the bytes begin as a request does: a resource, scopes, and nothing else."""
    if head[:1] != b"\n":
        return False
    try:
        size, at = varint(head, 1)
    except WireError:
        return False
    scopes = told = 0
    try:
        for number, wire, value, _ in pieces(head[at : at + size]):
            if number not in _RESOURCE_FIELDS or wire != _LENGTH:
                return False
            told += number == 1 and _are(value, {1, 2, 3})
            scopes += number in (2, 1000) and _are(value, {1, 2, 3})
    except WireError:
        pass  # the head ends somewhere
    return told + scopes > 0


def _are(value: bytes, numbers: set[int]) -> bool:
    try:
        for number, _, _, _ in pieces(value):
            if number not in numbers:
                return False
    except WireError as error:
        return "missing" in str(error)
    return True
