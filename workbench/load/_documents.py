"""One JSON document too long to be held, read as the lines that it might have been.

A document is a path of brackets down to the array that holds its records: `[` of rows, `{[` of a page of rows, `{[{[{[` of the spans of
an OTLP request. Brackets outside strings are found in blocks of the file at once; what stands between two of them is
copied as it is, so that each line is a small document of the same kind, to be read by whoever has time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import IO, Any, Final

import numpy as np

__all__ = ["lines_of"]

_BLOCK: Final = 4 << 20
_LINE: Final = 1 << 18  # spans of one scope share a line up to so many bytes
_LARGEST: Final = 1 << 29  # of one record; what goes on for longer has lost its end
_SHOWN: Final = 4096
_KEY: Final = re.compile(rb'("(?:[^"\\]|\\.)*")\s*:\s*$')
_BLANK: Final = b" \t\r\n,\xef\xbb\xbf"
_QUOTE: Final = ord('"')
_STEPS: Final = np.zeros(256, dtype=np.int8)
_STEPS[[ord("{"), ord("[")]] = 1
_STEPS[[ord("}"), ord("]")]] = -1


@dataclass(slots=True)
class _Open:
    """A bracket on the path that is not closed yet, and what stood in it before the next one."""

    bracket: bytes
    members: list[bytes] = field(default_factory=list[bytes])
    key: bytes = b""


@dataclass(slots=True)
class _Splitter:
    """Goes through the text from bracket to bracket."""

    path: bytes
    names: Collection[str]
    text: bytearray = field(default_factory=bytearray)
    base: int = 0  # where the text begins that is still held
    last: int = 0  # up to where everything was handed on
    begun: int = -1  # where the record begins that is not closed yet
    stack: list[_Open] = field(default_factory=list[_Open])
    depth: int = 0
    quoted: bool = False
    ready: list[bytes] = field(default_factory=list[bytes])
    held: list[bytes] = field(default_factory=list[bytes])  # records of one scope
    size: int = 0

    def feed(self, block: bytes) -> Iterator[bytes]:
        """Take more of the file; the lines that it completes."""
        at = self.base + len(self.text)
        self.text += block
        for place, bracket, depth in self._brackets(block):
            if bracket in b"{[":
                self._opened(at + place, bracket, depth)
            else:
                self._closed(at + place, depth)
        keep = self.last if self.begun < 0 else self.begun
        del self.text[: keep - self.base]
        self.base = keep
        yield from self._handed()

    def over(self) -> Iterator[bytes]:
        """The file ends; what is left is no whole record."""
        self._flush()
        left = bytes(self.text).strip(_BLANK)
        if left or self.stack or self.begun >= 0:
            self.ready.append(left[:_LARGEST] or b"[")
        yield from self._handed()

    @property
    def lost(self) -> bool:
        """Whether a record goes on for so long that its end will not come."""
        return len(self.text) > _LARGEST

    def _handed(self) -> Iterator[bytes]:
        ready, self.ready = self.ready, []
        for line in ready:
            yield line.replace(b"\n", b" ").replace(b"\r", b" ") + b"\n"

    def _brackets(self, block: bytes) -> list[tuple[int, bytes, int]]:
        """The brackets outside strings that matter: where, which, and how deep."""
        plain = block.replace(b"\\\\", b"__").replace(b'\\"', b"__")
        letters = np.frombuffer(plain, dtype=np.uint8)
        quotes = np.flatnonzero(letters == _QUOTE)
        steps = _STEPS[letters]
        places = np.flatnonzero(steps)
        outside = (np.searchsorted(quotes, places) & 1) == int(self.quoted)
        self.quoted ^= bool(len(quotes) & 1)
        places = places[outside]
        step = steps[places].astype(np.int64)
        after = self.depth + np.cumsum(step)
        if after.size:
            # What closes more than was opened begins anew at the top.
            after -= np.minimum(np.minimum.accumulate(after), 0)
            self.depth = int(after[-1])
        deep = np.where(step > 0, after, after + 1)
        near = np.flatnonzero(deep <= len(self.path) + 1)
        return [
            (place, block[place : place + 1], level)
            for place, level in zip(places[near].tolist(), deep[near].tolist(), strict=True)
        ]

    def _between(self, end: int) -> bytes:
        return bytes(self.text[self.last - self.base : end - self.base]).strip(_BLANK)

    def _opened(self, place: int, bracket: bytes, depth: int) -> None:
        matched = len(self.stack)
        if self.begun >= 0 or depth != matched + 1:
            return
        expected = self.path[matched : matched + 1]
        inside = self.stack[-1] if self.stack else None
        if inside is not None and inside.bracket == b"{":
            if bracket == expected:
                self._step_into_member(inside, place, bracket)
            return
        self._foreign(place)
        if bracket == expected:
            self.stack.append(_Open(bracket))
            self.last = place + 1
        else:
            self.begun = place

    def _step_into_member(self, inside: _Open, place: int, bracket: bytes) -> None:
        between = self._between(place)
        key = _KEY.search(between)
        last = len(self.stack) + 1 == len(self.path)
        if key is None or (last and self.names and key.group(1)[1:-1].decode("utf-8", "replace") not in self.names):
            return
        before = between[: key.start()].strip(_BLANK)
        if before:
            inside.members.append(before)
        inside.key = key.group(1) + b":"
        self.stack.append(_Open(bracket))
        self.last = place + 1

    def _closed(self, place: int, depth: int) -> None:
        matched = len(self.stack)
        if self.begun >= 0:
            if depth == matched + 1:
                record = bytes(self.text[self.begun - self.base : place + 1 - self.base])
                self.begun, self.last = -1, place + 1
                if matched == len(self.path):
                    self._record(record)
                else:
                    self.ready.append(record)
            return
        if depth != matched or not matched:
            return
        if self.stack[-1].bracket == b"[":
            self._foreign(place)
        self._flush()
        closed = self.stack.pop()
        if closed.bracket == b"{":
            after = self._between(place)
            too_late = closed.key and (b'"resource"' in after or b'"scope"' in after)
            if too_late or (not closed.key and len(self.stack) == self.path.find(b"{")):
                # What stands after the records, and must be known before them; or an object that holds none of them.
                self.ready.append(b"{" + after + b"}")
        self.last = place + 1

    def _foreign(self, end: int) -> None:
        """What stands between records and is none becomes a line of its own."""
        between = self._between(end)
        if between:
            self._flush()
            self.ready.append(between)

    def _record(self, record: bytes) -> None:
        if len(self.path) <= 2:  # noqa: PLR2004 - rows, or a page of them: each by itself
            self.ready.append(record)
            return
        self.held.append(record)
        self.size += len(record)
        if self.size > _LINE:
            self._flush()

    def _flush(self) -> None:
        """Write the records of one scope with everything that stands around them."""
        if not self.held:
            return
        before, after = b"", b""
        for one in self.stack:
            before += one.bracket + b",".join([*one.members, one.key] if one.key else [])
            after = (b"}" if one.bracket == b"{" else b"]") + after
        self.ready.append(before + b",".join(self.held) + after)
        self.held, self.size = [], 0


def lines_of(
    stream: IO[bytes], path: str, names: Collection[str] = (), *, block: int = _BLOCK, most: int | None = None
) -> Iterator[bytes]:
    r"""The records of a document, or of several one after another, each as a line; of OTLP as many as fit on one.

    Parameters
    ----------
    stream
        The document.
    path
        The brackets down to the array of records.
    names
        Under which of these names the array stands, where it is a member; any, where none is given.
    block
        Bytes that are taken at a time.
    most
        Bytes after which to stop.

    Yields
    ------
    bytes
        A line. What stands among the records and is none, and what breaks off, is a line too, for the reader to refuse.

    Examples
    --------
    >>> import io
    >>> list(lines_of(io.BytesIO(b'{"data": [{"a": 1},\n {"a": 2}], "next": null}'), "{[", ["data"]))
    [b'{"a": 1}\n', b'{"a": 2}\n']
    """
    splitter = _Splitter(path.encode(), names)
    taken, carried = 0, b""
    while fresh := stream.read(block):
        taken += len(fresh)
        piece: Any = carried + fresh
        odd = (len(piece) - len(piece.rstrip(b"\\"))) & 1
        carried = piece[len(piece) - odd :]  # a backslash says nothing without the next character
        yield from splitter.feed(piece[: len(piece) - odd])
        if splitter.lost:
            yield bytes(splitter.text[:_SHOWN]).replace(b"\n", b" ") + b"\n"
            return
        if most is not None and taken >= most:
            return
    splitter.text += carried
    yield from splitter.over()
