"""The last few results by what they were made of, so that the same cell again, or with one number changed, starts from there."""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

import polars as pl

__all__ = ["Recent", "key_of"]

_Made = TypeVar("_Made")


class Recent:
    """Keeps the results that were asked for last, in this process.

    Parameters
    ----------
    size
        How many.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, make: Callable[[], _Made]) -> _Made:
        """What is kept under the key; where nothing is, what `make` makes. No key: it is made and not kept."""
        if not key:
            return make()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made


def key_of(*parts: Any) -> str:
    """A key that two calls share where everything that is handed in is equal: frames, arrays, sequences of texts, plain values."""
    said = hashlib.blake2b(digest_size=20)
    for part in parts:
        for piece in _bytes(part):
            said.update(len(piece).to_bytes(8, "little"))
            said.update(piece)
    return said.hexdigest()


def _bytes(part: Any) -> Iterable[bytes]:
    if isinstance(part, pl.DataFrame):
        written = io.BytesIO()
        part.write_ipc(written)
        yield written.getvalue()
    elif hasattr(part, "tobytes"):
        yield f"{part.shape} {part.dtype}".encode()
        yield part.tobytes()
    elif isinstance(part, Sequence) and not isinstance(part, str):
        several = cast("Sequence[Any]", part)
        yield len(several).to_bytes(8, "little")
        for each in several:
            yield each.encode("utf-8", "surrogatepass") if isinstance(each, str) else key_of(each).encode()
    else:
        yield repr(part).encode("utf-8", "surrogatepass")
