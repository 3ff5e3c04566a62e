"""What a person changed about the modes, written so that it can be done again on tomorrow's clustering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from workbench.errors import InputError

__all__ = ["Edit", "best_match"]

_KINDS: Final = ("rename", "merge", "split", "move", "together", "retire", "restore")
_OVERLAP: Final = 0.5


@dataclass(frozen=True, slots=True)
class Edit:
    """One change by hand; modes are written down by their sessions, which outlive any numbering.

    Parameters
    ----------
    kind
        ``"rename"``, ``"merge"``, ``"split"``, ``"move"`` (sessions into a mode), ``"together"`` (sessions belong into one mode), ``"retire"``
        (not a failure) or ``"restore"``.
    groups
        Session ids: of the mode that is edited, of each merged mode, of each part of a split one, or those that move;
        of ``"together"`` those that belong together, then of each mode that they brought together.
    name
        The new name, or the mode that takes the sessions; None keeps the names to the workbench.
    by
        Who made it: a person, or a model that was asked for names.
    """

    kind: Literal["rename", "merge", "split", "move", "together", "retire", "restore"]
    groups: tuple[tuple[str, ...], ...]
    name: str | None = None
    by: Literal["human", "model"] = "human"

    def to_dict(self) -> dict[str, Any]:
        """The edit as JSON takes it."""
        said = {"kind": self.kind, "groups": [list(group) for group in self.groups], "name": self.name}
        return said if self.by == "human" else {**said, "by": self.by}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Edit:
        """The edit that `to_dict` wrote.

        Raises
        ------
        InputError
            This is no edit.
        """
        kind = data.get("kind")
        groups = cast("Sequence[Sequence[object]] | None", data.get("groups"))
        if kind not in _KINDS or not isinstance(groups, Sequence):
            msg = f"not an edit of modes: kind {kind!r}, expected one of {', '.join(_KINDS)} with groups of session ids"
            raise InputError(msg)
        name = data.get("name")
        by = "model" if data.get("by") == "model" else "human"
        named = None if name is None else str(name)
        return cls(kind, tuple(tuple(str(s) for s in group) for group in groups), named, by)


def best_match(group: Sequence[str], modes: Mapping[int, frozenset[str]]) -> int | None:
    """The mode that shares at least half of all members with a group of sessions, counting only sessions known today."""
    known = frozenset(session for members in modes.values() for session in members)
    wanted = frozenset(group) & known
    scored = [
        (len(wanted & members) / len(wanted | members), -mode) for mode, members in modes.items() if wanted & members
    ]
    if not scored:
        return None
    overlap, mode = max(scored)
    return -mode if overlap >= _OVERLAP else None
