"""Embeddings by content hash: whatever was computed once is never computed again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl

from workbench.errors import ReadOnlyError
from workbench.store._files import write_whole

__all__ = ["Vectors"]

_MANY_SHARDS = 64


class Vectors:
    """A cache of float32 vectors in named spaces (a model and the backend that ran it).

    Each `put` is a file of its own, so a process killed between two of them loses nothing of the first.

    Parameters
    ----------
    folder
        Where the files lie; safe to delete at any time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, space: str, keys: Sequence[str]) -> dict[str, np.ndarray]:
        """The vectors that are known among `keys`, each of shape (d,) and dtype float32."""
        shards = sorted(self._space(space).glob("*.parquet"))
        if not shards or not keys:
            return {}
        wanted = pl.LazyFrame({"key": list(dict.fromkeys(keys))})
        found = pl.scan_parquet(shards).join(wanted, on="key", how="semi").unique("key").collect()
        if len(shards) > _MANY_SHARDS:
            self._merge(space, shards)
        return dict(zip(found["key"].to_list(), found["vector"].to_numpy(), strict=True))

    def put(self, space: str, keys: Sequence[str], vectors: np.ndarray) -> None:
        """Keep one vector a key; `vectors` has shape (len(keys), d). A disk that refuses costs time later, and no result."""
        if len(keys):
            with suppress(ReadOnlyError):
                self._write(space, keys, vectors)

    def _write(self, space: str, keys: Sequence[str], vectors: np.ndarray) -> None:
        values = np.ascontiguousarray(vectors, dtype=np.float32)
        frame = pl.DataFrame(
            {
                "key": list(keys),
                "vector": pl.Series(values, dtype=pl.Array(pl.Float32, values.shape[1])),
            }
        )
        name = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]
        write_whole(self._space(space) / f"{name}.parquet", frame.write_parquet)

    def _merge(self, space: str, shards: list[Path]) -> None:
        merged = pl.read_parquet(shards).unique("key", maintain_order=True)
        with suppress(ReadOnlyError):
            self._write(space, merged["key"].to_list(), merged["vector"].to_numpy())
            for shard in shards:
                shard.unlink(missing_ok=True)

    def _space(self, space: str) -> Path:
        # A model's name may hold slashes or anything else: it is hashed, never used as a path.
        return self._folder / hashlib.sha256(space.encode()).hexdigest()[:16]
