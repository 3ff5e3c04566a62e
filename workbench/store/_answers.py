"""What a model answered, by the hash of all that it was asked with: the same question is never paid for twice."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from workbench.errors import ReadOnlyError
from workbench.store._files import write_whole

__all__ = ["Answers"]


class Answers:
    """One small file an answer, so that whatever is interrupted has lost nothing that was answered.

    Parameters
    ----------
    folder
        Where the files lie; safe to delete at any time, which only costs asking again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str, /) -> bytes | None:
        """What is kept under a key of hexadecimal digits."""
        try:
            return self._file(key).read_bytes()
        except OSError:
            return None

    def __setitem__(self, key: str, value: bytes, /) -> None:
        """Keep an answer. A disk that refuses costs money later, and no result."""
        with suppress(ReadOnlyError):
            write_whole(self._file(key), lambda draft: draft.write_bytes(value))

    def _file(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"
