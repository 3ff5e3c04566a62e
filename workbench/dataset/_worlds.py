"""The worlds of a dataset version, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import final

__all__ = ["Worlds"]


@final
class Worlds(Mapping[str, bytes]):
    """Recorded worlds by id that are read on access: a table of cases costs none of them.

    Parameters
    ----------
    ids
        The `world_id` of each.
    read
        Gives the bytes of one.

    Examples
    --------
    >>> from workbench.dataset import Worlds
    >>> worlds = Worlds(["w1"], lambda world_id: world_id.encode())
    >>> list(worlds), worlds["w1"], worlds.get("w2")
    (['w1'], b'w1', None)
    """

    __slots__ = ("_ids", "_read")

    def __init__(self, ids: Collection[str], read: Callable[[str], bytes]) -> None:
        self._ids = dict.fromkeys(ids)
        self._read = read

    def __getitem__(self, world_id: str) -> bytes:
        if world_id not in self._ids:
            raise KeyError(world_id)
        return self._read(world_id)

    def __contains__(self, world_id: object) -> bool:
        return world_id in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __repr__(self) -> str:
        return f"{len(self._ids):,} worlds"
