"""Payloads too large for a table, and recorded worlds: by content, compressed, once each."""

from __future__ import annotations

import hashlib
from pathlib import Path

import zstandard

from workbench.errors import StoreError
from workbench.store._files import write_whole

__all__ = ["Blobs"]

_LENGTH = 64


class Blobs:
    """A folder of bytes under the sha256 of their content.

    Parameters
    ----------
    folder
        Where they lie; made when the first one is put.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> blobs = Blobs(pathlib.Path(tempfile.mkdtemp()))
    >>> blobs.get(blobs.put(b"what the agent saw"))
    b'what the agent saw'
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Keep the content; return its sha256 in hex. The same content again costs nothing."""
        return self.put_compressed(hashlib.sha256(content).hexdigest(), zstandard.compress(content))

    def put_compressed(self, sha256: str, compressed: bytes) -> str:
        """Keep zstd-compressed content under the sha256 of what it expands to."""
        path = self._path(sha256)
        if not path.exists():
            write_whole(path, lambda draft: draft.write_bytes(compressed))
        return sha256

    def get(self, sha256: str) -> bytes:
        """The content.

        Raises
        ------
        StoreError
            There is none, or it is not what it was.
        """
        path = self._path(sha256)
        if not path.exists():
            msg = f"no blob {sha256} in {self._folder}: the workspace was copied without its blobs/ folder"
            raise StoreError(msg)
        content = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
        if hashlib.sha256(content).hexdigest() != sha256:
            msg = f"{path} was altered: its content no longer has the hash that it is named by"
            raise StoreError(msg)
        return content

    def __contains__(self, sha256: str) -> bool:
        return self._path(sha256).exists()

    def _path(self, sha256: str) -> Path:
        if len(sha256) != _LENGTH or not set(sha256) <= set("0123456789abcdef"):
            msg = f"not a sha256: {sha256[:80]!r}"
            raise StoreError(msg)
        return self._folder / sha256[:2] / f"{sha256}.zst"
