"""Which session is in which mode, and what an edit makes of that: plain arrays and names, no widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import InputError, UnknownNameError

__all__ = ["Atlas"]

Members = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Atlas:
    """Modes by number: their names, which are said to be no failure, and the number of each session (-1: none)."""

    names: tuple[str, ...]
    retired: frozenset[int]
    members: Members

    @classmethod
    def of(
        cls, membership: Sequence[int | None] | NDArray[Any], names: Sequence[str], retired: Sequence[str] = ()
    ) -> Atlas:
        """Check what was handed in."""
        twice = next((name for name in names if name and list(names).count(name) > 1), None)
        if twice is not None:
            msg = f"two modes are called {twice!r}: rename one before exploring them"
            raise InputError(msg)
        members = np.array([-1 if each is None else int(each) for each in membership], dtype=np.int32)
        if members.size and not -1 <= int(members.min()) <= int(members.max()) < len(names):
            msg = f"membership has numbers from {members.min()} to {members.max()}, expected -1 (no mode) to {len(names) - 1}"
            raise InputError(msg)
        return cls(tuple(names), frozenset(list(names).index(name) for name in retired if name in names), members)

    def number(self, name: str) -> int:
        """The number of a mode that is still there."""
        if name not in self.names:
            raise UnknownNameError(kind="failure mode", name=name, known=[each for each in self.names if each])
        return self.names.index(name)

    def edit(self, kind: str, *, mode: str | None, into: str | None, rows: Sequence[int]) -> Atlas:
        """Give the atlas after one edit; `rows` are the sessions that a move takes, or that belong together."""
        if kind == "move":
            return self._move(rows, _named(into))
        if kind == "together":
            return self._together(rows, _named(into))
        number = self.number(_named(mode))
        if kind == "rename":
            return self._rename(number, _named(into))
        if kind == "merge":
            return self._merge(number, self.number(_named(into)))
        if kind in ("retire", "restore"):
            retired = self.retired | {number} if kind == "retire" else self.retired - {number}
            return replace(self, retired=retired)
        kinds = ("rename", "merge", "move", "together", "retire", "restore", "undo")
        raise UnknownNameError(kind="edit", name=kind, known=kinds)

    def _rename(self, number: int, name: str) -> Atlas:
        if name in self.names and self.names.index(name) != number:
            msg = f"another mode is called {name!r} already: merge the two, or choose another name"
            raise InputError(msg)
        return replace(self, names=(*self.names[:number], name, *self.names[number + 1 :]))

    def _merge(self, number: int, into: int) -> Atlas:
        if number == into:
            msg = f"{self.names[number]!r} cannot be merged with itself: choose another mode"
            raise InputError(msg)
        members = np.where(self.members == number, into, self.members)
        # the numbers of the others stay, so that their colours do; an emptied mode has no name to be found by
        names = (*self.names[:number], "", *self.names[number + 1 :])
        return Atlas(names, self.retired - {number}, members.astype(np.int32))

    def _move(self, rows: Sequence[int], name: str) -> Atlas:
        if not len(rows):
            msg = "no session is selected: draw around some on the map first"
            raise InputError(msg)
        names = self.names if name in self.names else (*self.names, name)
        members = self.members.copy()
        members[np.asarray(rows, dtype=np.int64)] = names.index(name)
        return Atlas(names, self.retired, members)

    def _together(self, rows: Sequence[int], name: str) -> Atlas:
        if len(rows) < 2:  # noqa: PLR2004 - it takes two
            msg = (
                "it takes two or more sessions to belong together: draw around some on the map, or pick them one by one"
            )
            raise InputError(msg)
        if name in self.names and np.all(self.members[list(rows)] == self.names.index(name)):
            msg = f"these {len(rows)} sessions are together already, in {name!r}"
            raise InputError(msg)
        held = sorted({int(number) for number in self.members[list(rows)] if number >= 0})
        after = self._move(rows, name)
        into = after.names.index(name)
        gone = [number for number in held if number != into]
        members = np.where(np.isin(after.members, gone), into, after.members)
        names = tuple("" if number in gone else given for number, given in enumerate(after.names))
        return Atlas(names, self.retired - set(gone), members.astype(np.int32))

    def rows(self, name: str) -> list[int]:
        """The sessions of a mode, by their place."""
        return np.flatnonzero(self.members == self.number(name)).tolist()

    def sizes(self) -> list[int]:
        """How many sessions each mode has."""
        return np.bincount(self.members[self.members >= 0], minlength=len(self.names)).tolist()


def _named(name: str | None) -> str:
    if name is None or not name.strip():
        msg = "a mode needs a name"
        raise InputError(msg)
    return name.strip()
