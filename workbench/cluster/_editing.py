"""What a person does to modes: rename, merge, split, move, set aside; and the same again on another clustering."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench._words import counted
from workbench.cluster._edits import Edit, best_match
from workbench.cluster._fit import Fit
from workbench.cluster._names import name_groups
from workbench.cluster._sklearn import split_points
from workbench.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from workbench.cluster._modes import Modes

__all__ = ["Editable"]

Ints = NDArray[np.int64]


class Editable(ABC):
    """Modes that a person can edit; each edit gives modes anew and leaves these as they are."""

    __slots__ = ()

    members: pl.DataFrame
    notes: tuple[str, ...]
    events: tuple[Edit, ...]
    _fit: Fit | None
    _labels: Ints
    _names: Mapping[int, str]
    _retired: frozenset[int]
    _highest: int

    @abstractmethod
    def _again(
        self, labels: Ints, names: Mapping[int, str], edit: Edit, retired: frozenset[int] | None = None
    ) -> Modes:
        """The modes after an edit."""

    def session_ids(self, mode: int | str) -> list[str]:
        """The sessions of a mode, those that belong to it most strongly first.

        Parameters
        ----------
        mode
            Its number or its name.

        Raises
        ------
        UnknownNameError
            No such mode.
        """
        number = self._find(mode)
        return (
            self.members.filter(pl.col("mode") == number)
            .sort("strength", descending=True, maintain_order=True)["session_id"]
            .to_list()
        )

    def rename(self, mode: int | str, name: str, *, by: Literal["human", "model"] = "human") -> Modes:
        """The same modes with another name for one of them, given by a person or by a model.

        Raises
        ------
        UnknownNameError
            No such mode.
        InputError
            The name is empty, or another mode has it.
        """
        number = self._find(mode)
        self._check_name(name, besides=(number,))
        edit = Edit("rename", (tuple(self.session_ids(number)),), name, by)
        return self._again(self._labels, {**self._names, number: name}, edit)

    def merge(self, modes: Sequence[int | str], name: str | None = None) -> Modes:
        """The same modes with two or more made one, which keeps the number of the first.

        Raises
        ------
        UnknownNameError
            No such mode.
        InputError
            Fewer than two different modes, or a name that another mode has.
        """
        given: Any = modes
        if isinstance(given, int | str):
            msg = f"merge takes a list of modes, got {given!r}: merge([{given!r}, …])"
            raise InputError(msg)
        numbers = list(dict.fromkeys(self._find(mode) for mode in modes))
        if len(numbers) < 2:  # noqa: PLR2004 - it takes two
            msg = f"merge takes at least two different modes, got {list(modes)!r}"
            raise InputError(msg)
        if name is not None:
            self._check_name(name, besides=numbers)
        edit = Edit("merge", tuple(tuple(self.session_ids(number)) for number in numbers), name)
        labels = np.where(np.isin(self._labels, numbers), numbers[0], self._labels)
        names = {number: given for number, given in self._names.items() if number not in numbers[1:]}
        return self._again(labels, {**names, numbers[0]: name or self._names[numbers[0]]}, edit)

    def split(self, mode: int | str, parts: int | Sequence[Sequence[str]] = 2) -> Modes:
        """The same modes with one cut into parts, each named anew by contrast; the largest keeps the number.

        Parameters
        ----------
        mode
            Its number or its name.
        parts
            How many parts to look for; or the session ids of each part, where a person has chosen them (members that are in none
            of them are a part of their own).

        Raises
        ------
        UnknownNameError
            No such mode.
        InputError
            The mode cannot be cut so.
        """
        number = self._find(mode)
        fit = self._fitted()
        inside = np.flatnonzero(self._labels == number)
        ids = [fit.items[i].session_id for i in inside]
        if isinstance(parts, int):
            if not 2 <= parts <= len(inside):  # noqa: PLR2004 - it takes two
                msg = f"mode {self._names[number]!r} has {len(inside)} sessions: it can be split into 2 to {len(inside)} parts, not {parts}"
                raise InputError(msg)
            cut = split_points(fit.space.points[inside], parts, seed=0)
        else:
            where = {session: part for part, group in enumerate(parts) for session in group}
            unknown = sorted(set(where) - set(ids))
            if unknown:
                raise UnknownNameError(unknown[0], f"session in mode {self._names[number]!r}", ids)
            cut = np.array([where.get(session, len(parts)) for session in ids], dtype=np.int64)
            if len(np.unique(cut)) < 2:  # noqa: PLR2004 - it takes two
                msg = f"every session of mode {self._names[number]!r} is in one part: name fewer of them"
                raise InputError(msg)
        groups = sorted(
            (tuple(s for s, c in zip(ids, cut, strict=True) if c == part) for part in np.unique(cut)),
            key=lambda group: (-len(group), group),
        )
        return self._cut(number, groups, Edit("split", tuple(groups)))

    def move(self, sessions: Sequence[str], to: str) -> Modes:
        """The same modes with some sessions put into one of them, or into a new one.

        Parameters
        ----------
        sessions
            Session ids; in a mode so far, or open.
        to
            The mode's name. A name that no mode has makes a new one.

        Raises
        ------
        UnknownNameError
            A session is not among those that were compared.
        InputError
            No session is named, or the name is empty.
        """
        rows = self._rows(sessions)
        if not sessions or not to.strip():
            msg = "a move takes at least one session and the name of a mode"
            raise InputError(msg)
        known = {name: number for number, name in self._names.items()}
        number = known.get(to, self._highest + 1)
        labels = self._labels.copy()
        labels[rows] = number
        left = {n: name for n, name in {**self._names, number: to}.items() if np.any(labels == n)}
        return self._again(labels, left, Edit("move", (tuple(sessions),), to))

    def together(self, sessions: Sequence[str], name: str | None = None) -> Modes:
        """The same modes with some sessions in one of them, because they show the same failure.

        The modes that the sessions are in are merged into the one that most of them are in, and those left open join it. Where all of them
        are open they become a mode of their own. On another clustering the modes that were merged are merged again as far as they are found
        again, and of the sessions those that lie elsewhere come along alone.

        Parameters
        ----------
        sessions
            Two or more session ids.
        name
            What the mode is called then. A mode that is called so already takes them. By default the name stays, and one that is new is named by contrast.

        Raises
        ------
        UnknownNameError
            A session is not among those that were compared.
        InputError
            Fewer than two different sessions, all of them in one mode already, or an empty name.
        """
        ids = list(dict.fromkeys(sessions))
        rows = self._rows(ids)
        if len(ids) < 2:  # noqa: PLR2004 - it takes two
            msg = f"it takes at least two different sessions to belong together, got {list(sessions)!r}"
            raise InputError(msg)
        if name is not None and not name.strip():
            msg = "a mode needs a name that is not empty"
            raise InputError(msg)
        numbers = self._holding(rows)
        named = [number for number, given in self._names.items() if given == name]
        numbers = list(dict.fromkeys([*named, *numbers]))
        if len(numbers) == 1 and np.all(self._labels[rows] == numbers[0]):
            msg = f"these {len(ids)} sessions are together already, in {self._names[numbers[0]]!r}"
            raise InputError(msg)
        groups = tuple(tuple(self.session_ids(number)) for number in numbers)
        return self._joined(rows, numbers, Edit("together", (tuple(ids), *groups), name))

    def retire(self, mode: int | str) -> Modes:
        """The same modes with one marked as no failure; it stays in the table, so that it is not found again tomorrow.

        Raises
        ------
        UnknownNameError
            No such mode.
        """
        number = self._find(mode)
        edit = Edit("retire", (tuple(self.session_ids(number)),))
        return self._again(self._labels, self._names, edit, self._retired | {number})

    def restore(self, mode: int | str) -> Modes:
        """Undo `retire`.

        Raises
        ------
        UnknownNameError
            No such mode.
        """
        number = self._find(mode)
        edit = Edit("restore", (tuple(self.session_ids(number)),))
        return self._again(self._labels, self._names, edit, self._retired - {number})

    def apply(self, events: Sequence[Edit]) -> Modes:
        """Do edits again that were made on another clustering, each on the mode that shares most sessions with the edited one.

        What finds no mode with at least half of all members in common is left out, and `notes` says so.
        """
        modes = cast("Modes", self)
        lost = 0
        for edit in events:
            done = modes._apply_one(edit)  # noqa: SLF001 - of modes of this class
            lost += done is None
            modes = done or modes
        if lost:
            which = "1 edit was" if lost == 1 else f"{lost} edits were"
            note = f"{which} left out: no mode of today shares half of its sessions with the one that was edited."
            modes = replace(modes, notes=(*modes.notes, note))
        return modes

    def _find(self, mode: int | str) -> int:
        for number, name in self._names.items():
            if mode in (number, name):
                return number
        raise UnknownNameError(str(mode), "mode", self._names.values())

    def _fitted(self) -> Fit:
        assert self._fit is not None  # a mode was found, so there is a fit
        return self._fit

    def _check_name(self, name: str, *, besides: Sequence[int]) -> None:
        if not name.strip():
            msg = "a mode needs a name that is not empty"
            raise InputError(msg)
        if any(given == name for number, given in self._names.items() if number not in besides):
            msg = f"another mode is named {name!r}: merge the two, or choose another name"
            raise InputError(msg)

    def _rows(self, sessions: Sequence[str]) -> list[int]:
        row = {item.session_id: i for i, item in enumerate(self._fitted().items)}
        unknown = next((session for session in sessions if session not in row), None)
        if unknown is not None:
            raise UnknownNameError(unknown, "session", row)
        return [row[session] for session in sessions]

    def _holding(self, rows: Sequence[int]) -> list[int]:
        """The modes that hold some sessions, the one that holds most of them first; of two that hold as many the larger."""
        inside, counts = np.unique(self._labels[rows][self._labels[rows] >= 0], return_counts=True)
        pairs = zip(inside.tolist(), counts.tolist(), strict=True)
        sizes = [(-count, -int(np.sum(self._labels == number)), int(number)) for number, count in pairs]
        return [number for _, _, number in sorted(sizes)]

    def _joined(self, rows: Sequence[int], numbers: Sequence[int], edit: Edit) -> Modes:
        """Make one mode of several, which keeps the number of the first, and of single sessions."""
        into = numbers[0] if numbers else self._highest + 1
        labels = np.where(np.isin(self._labels, numbers), into, self._labels)
        labels[rows] = into
        names = {number: given for number, given in self._names.items() if np.any(labels == number)}
        if into not in names:
            fit = self._fitted()
            said = name_groups(fit.phrases, labels, tokens=[item.tokens for item in fit.items])[into][0]
            names[into] = said if said not in names.values() else f"{said} ({into})"
        if edit.name is not None:
            names[into] = edit.name
        return self._again(labels, names, edit)

    def _cut(self, number: int, groups: Sequence[Sequence[str]], edit: Edit) -> Modes:
        fit = self._fitted()
        row = {item.session_id: i for i, item in enumerate(fit.items)}
        labels = self._labels.copy()
        fresh = self._highest + 1
        for part, group in enumerate(groups):
            labels[[row[session] for session in group]] = number if part == 0 else fresh + part - 1
        parts = [number, *range(fresh, fresh + len(groups) - 1)]
        tokens = [item.tokens for item in fit.items]
        named = name_groups(fit.phrases, np.where(np.isin(labels, parts), labels, -1), tokens=tokens)
        names = {n: given for n, given in self._names.items() if n != number}
        for part in parts:
            name = named[part][0]
            names[part] = name if name not in names.values() else f"{name} (part {parts.index(part) + 1})"
        return self._again(labels, names, edit)

    def _apply_one(self, edit: Edit) -> Modes | None:  # noqa: PLR0911 - a kind, a line
        if self._fit is None or not self._names:
            return None
        today = {number: frozenset(self.session_ids(number)) for number in self._names}
        try:
            if edit.kind == "move":
                there = {item.session_id for item in self._fit.items}
                return self.move([s for s in edit.groups[0] if s in there], edit.name or "")
            if edit.kind == "together":
                return self._together_again(edit, today)
            if edit.kind == "split":
                return self._split_again(edit, today)
            found = [best_match(group, today) for group in edit.groups]
            numbers = list(dict.fromkeys(number for number in found if number is not None))
            if edit.kind == "merge":
                return self.merge(numbers, edit.name)
            if not numbers:
                return None
            if edit.kind == "rename":
                return self.rename(numbers[0], edit.name or "", by=edit.by)
            return self.retire(numbers[0]) if edit.kind == "retire" else self.restore(numbers[0])
        except InputError:
            return None

    def _together_again(self, edit: Edit, today: Mapping[int, frozenset[str]]) -> Modes | None:
        there = {item.session_id for item in self._fitted().items}
        rows = self._rows([session for session in edit.groups[0] if session in there])
        found = [best_match(group, today) for group in edit.groups[1:]]
        numbers = list(dict.fromkeys(number for number in found if number is not None))
        if len(rows) < 2 and len(numbers) < 2:  # noqa: PLR2004 - it takes two
            return None
        if not numbers and len(edit.groups) > 1:  # the modes are gone, and only the sessions are known to be alike
            done = self._joined(rows, self._holding(rows)[:1], replace(edit, name=None))
        else:
            if edit.name is not None:
                self._check_name(edit.name, besides=numbers)
            done = self._joined(rows, numbers, edit)
        gone = found.count(None)
        if not gone:
            return done
        which = f"{gone} of the {counted(len(found), 'mode')}"
        note = f"{which} that were said to belong together no longer hold the sessions of then: of those only the ones that were named came along."
        return replace(done, notes=(*done.notes, note))

    def _split_again(self, edit: Edit, today: Mapping[int, frozenset[str]]) -> Modes | None:
        number = best_match([s for group in edit.groups for s in group], today)
        if number is None:
            return None
        groups = [[s for s in group if s in today[number]] for group in edit.groups]
        return self.split(number, [group for group in groups if group])
