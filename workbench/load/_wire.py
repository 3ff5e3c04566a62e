"""Files of OTLP protobuf: how their messages follow one another, and where a long file can be cut.

A file is one request, or several one after another (the bytes are the same), or each with its length in four bytes
before it, as the collector writes them. A message too long to be held is handed on as several of the same kind, each
with the resource and scope of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from workbench.load._protobuf import WireError, pieces, varint

__all__ = ["PLAIN", "PREFIXED", "ZSTD", "Cut", "cuts", "framing", "messages"]

Cut = tuple[int, int, bytes | None]
"""Where a piece begins, how many bytes of the file it is, and its content, where that is not just these bytes."""

PLAIN: Final = "plain"
PREFIXED: Final = "prefixed"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
_RESOURCE: Final = 0x0A  # the tag of the only field that a request has
_CHUNK: Final = 1 << 24
_LARGEST: Final = 1 << 28  # of a message that cannot be cut, and of what is kept of one that breaks off
_RESOURCE_FIELDS: Final = frozenset({1, 2, 3, 1000})
_LENGTH: Final = 2
_SHORTEST: Final = 4  # bytes of a message that holds anything
_PREFIX: Final = 4  # bytes of a length
_BROKEN: Final = b"\x0a\x01"  # a field whose value is missing
# What a request, a resource and a scope hold many of, and what they say of all of these.
_ITEMS: Final = (frozenset({1}), frozenset({2, 1000}), frozenset({2}))
_ABOUT: Final = (frozenset[int](), frozenset({1}), frozenset({1}))


def framing(head: bytes) -> str | None:
    """How a file that begins so is built; null where it is no OTLP protobuf."""
    if _is_plain(head):
        return PLAIN
    size, body = int.from_bytes(head[:_PREFIX], "big"), head[_PREFIX:]
    if size < _SHORTEST or len(body) < _SHORTEST:
        return None
    body = body[:size]
    return PREFIXED if body.startswith((ZSTD, b'{"resource')) or _is_plain(body) else None


def messages(stream: IO[bytes], kind: str) -> Iterator[tuple[bytes, bool]]:
    """Each message of a file, and whether it is all there: of a plain file what each resource sent."""
    while lead := stream.read(1) if kind == PLAIN else _exactly(stream, _PREFIX):
        if kind == PLAIN:
            size, _ = _size(stream)
            fine = lead[0] == _RESOURCE
        else:
            size, fine = int.from_bytes(lead, "big"), len(lead) == _PREFIX
        message = _exactly(stream, min(size, _LARGEST)) if fine or kind == PLAIN else lead
        yield message, fine and len(message) == size
        if not fine or (len(message) < size and kind == PLAIN):
            return
        _skip(stream, size - len(message))


def cuts(stream: IO[bytes], kind: str, piece: int, size: int | None) -> Iterator[Cut]:
    """Cut a file into pieces of about so many bytes, each of them a file of the same kind.

    Parameters
    ----------
    stream
        The content, unpacked.
    kind
        `PLAIN` or `PREFIXED`.
    piece
        Bytes.
    size
        Bytes of the file, where the content lies in it as it is: then nothing of it is read but lengths.
    """
    start = at = 0
    held: list[bytes] = []
    while True:
        lead, length, fine = _lead(stream, kind)
        large = fine and length > piece and _can_be_cut(stream, kind, seekable=size is not None)
        if at > start and (not lead or large or at - start >= piece):
            yield start, at - start, b"".join(held) if size is None else None
            start, held = at, []
        if not lead:
            return
        if large:
            cutter = _Cutter(stream, piece)
            for one in cutter.smaller(length, int(kind == PLAIN)):
                yield at, 0, _framed(one, kind)
            yield at, len(lead) + length, b""
            at += len(lead) + length
            start = at
            if cutter.broken:
                return
        elif size is None:
            body = _exactly(stream, min(length, _LARGEST))
            held.append(lead + body)
            _skip(stream, length - len(body))
            at += len(lead) + length
        else:
            at = min(at + len(lead) + length, size)
            stream.seek(at)
        if not fine:
            yield start, at - start, b"".join(held) if size is None else None
            return


def _lead(stream: IO[bytes], kind: str) -> tuple[bytes, int, bool]:
    """What stands before a message, how long that is, and whether a message can follow."""
    if kind == PREFIXED:
        lead = _exactly(stream, _PREFIX)
        return lead, int.from_bytes(lead, "big") if len(lead) == _PREFIX else 0, len(lead) == _PREFIX
    tag = stream.read(1)
    size, written = _size(stream) if tag else (0, b"")
    return tag + written, size, tag[:1] == bytes([_RESOURCE])


def _can_be_cut(stream: IO[bytes], kind: str, *, seekable: bool) -> bool:
    """Whether a long message is one of protobuf, and neither packed nor JSON."""
    if kind == PLAIN:
        return True
    if not seekable:
        peek = getattr(stream, "peek", None)
        return peek is not None and peek(1)[:1] == bytes([_RESOURCE])
    before = stream.tell()
    first = stream.read(1)
    stream.seek(before)
    return first == bytes([_RESOURCE])


@dataclass(slots=True)
class _Cutter:
    """Hands a message on as several of its kind."""

    stream: IO[bytes]
    piece: int
    broken: bool = False  # it breaks off, and that was said

    def smaller(self, size: int, level: int) -> Iterator[bytes]:
        """Cut a message of so many bytes: `level` 0 is a request, 1 what a resource sent, 2 what a scope sent."""
        about = b""
        held: list[bytes] = []
        taken = 0
        while size > 0 and not self.broken:
            lead, number, wire, length = _field(self.stream)
            size -= len(lead) + length
            if wire != _LENGTH or not lead:
                # No field begins here: the reader says so of what is left.
                self.broken = True
                yield about + b"".join(held) + (lead or _BROKEN)
                return
            if number in _ITEMS[level] and length > self.piece and level + 1 < len(_ITEMS):
                if held:
                    yield about + b"".join(held)
                    held, taken = [], 0
                tag = lead[: len(lead) - len(_written(length))]
                for one in self.smaller(length, level + 1):
                    yield about + tag + _written(len(one)) + one
                continue
            body = _exactly(self.stream, min(length, _LARGEST))
            self.broken = len(body) < length
            if number in _ABOUT[level]:
                about += lead + body
            elif number in _ITEMS[level]:
                held.append(lead + body)
                taken += len(lead) + length
            if taken >= self.piece or self.broken:
                yield about + b"".join(held)
                held, taken = [], 0
        if held:
            yield about + b"".join(held)


def _framed(message: bytes, kind: str) -> bytes:
    if kind == PLAIN:
        return bytes([_RESOURCE]) + _written(len(message)) + message
    return len(message).to_bytes(_PREFIX, "big") + message


def _field(stream: IO[bytes]) -> tuple[bytes, int, int, int]:
    """What stands before a field's value; its number, its kind, and how long it is."""
    tag, written = _size(stream)
    if not written:
        return b"", 0, 0, 0
    if tag & 7 != _LENGTH:
        return written, tag >> 3, tag & 7, 0
    length, more = _size(stream)
    return written + more, tag >> 3, _LENGTH, length


def _size(stream: IO[bytes]) -> tuple[int, bytes]:
    """A number in groups of seven bits, and its bytes."""
    size = shift = 0
    written = b""
    while more := stream.read(1):
        written += more
        size |= (more[0] & 0x7F) << shift
        shift += 7
        if more[0] < 0x80 or shift > 63:  # noqa: PLR2004 - the bit that says that more follows; bits of a length
            break
    return size, written


def _written(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


def _exactly(stream: IO[bytes], size: int) -> bytes:
    """That many bytes, or what there is: a length that is no length must not take the memory."""
    held: list[bytes] = []
    while size > 0:
        chunk = stream.read(min(size, _CHUNK))
        if not chunk:
            break
        held.append(chunk)
        size -= len(chunk)
    return b"".join(held)


def _skip(stream: IO[bytes], size: int) -> None:
    while size > 0:
        chunk = stream.read(min(size, _CHUNK))
        if not chunk:
            return
        size -= len(chunk)


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
