"""What is too long to be held at once: told as such, and never read into memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final

__all__ = ["LARGEST", "TOO_LONG", "OverlongLine", "TooLongError", "bounded_lines", "skip_line", "too_long", "whole"]

LARGEST: Final = 1 << 29
"""Bytes of one JSON value; parsed, it takes several times as much memory."""
TOO_LONG: Final = "too long to be read at once"
_STEP: Final = 1 << 20
_SHOWN: Final = 4096


class TooLongError(Exception):
    """A value is longer than can be held."""


class OverlongLine(bytes):
    """The beginning of a line that is too long to be held."""

    __slots__ = ()


def too_long(what: str, advice: str) -> str:
    """Why something is not read, and what to do.

    >>> too_long("a line", "split it")
    'a line of more than 536,870,912 bytes; split it'
    """
    return f"{what} of more than {LARGEST:,} bytes; {advice}"


def whole(stream: IO[bytes]) -> bytes:
    """All of a file.

    Raises
    ------
    TooLongError
        It is longer than `LARGEST`.
    """
    parts: list[bytes] = []
    left = LARGEST
    while part := stream.read(min(left + 1, 16 * _STEP)):
        parts.append(part)
        left -= len(part)
        if left < 0:
            advice = "export it as JSON lines, or in several files; a list of records becomes lines with `jq -c '.[]'`"
            raise TooLongError(too_long("a document", advice))
    return b"".join(parts)


def bounded_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file; of one that is longer than `LARGEST` the beginning, as an `OverlongLine`."""
    while line := stream.readline(LARGEST + 1):
        if len(line) > LARGEST and not line.endswith(b"\n"):
            skip_line(stream)
            yield OverlongLine(line[:_SHOWN])
        else:
            yield line


def skip_line(stream: IO[bytes]) -> int:
    """Go on behind the end of a line; how many bytes that was."""
    skipped = 0
    while part := stream.readline(_STEP):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped
