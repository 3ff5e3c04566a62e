"""What can go wrong, as one tree: catch `WorkbenchError` for all of it.

WorkbenchError
├── InputError            an argument is not what a verb takes
│   ├── UnknownNameError  no such column, mode, dataset, format …; the message suggests the nearest
│   └── EmptyError        nothing left to work on; the message says what emptied it and what to do
├── LoadError             a source cannot be read at all (single records are set aside, never raised)
├── StoreError            the workspace on disk cannot be opened, read or written
│   ├── ReadOnlyError     the disk refuses writes; nothing was acknowledged
│   └── VersionError      the workspace was written by a newer workbench
├── ModelError            a language model cannot be asked: its key, its name, its quota, or nothing answers
├── InfrastructureError   what an agent stands on failed, not the agent: the trial is tried again
└── AssetError            a part that ships with the package is missing or was altered
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "AssetError",
    "EmptyError",
    "InfrastructureError",
    "InputError",
    "LoadError",
    "ModelError",
    "ReadOnlyError",
    "StoreError",
    "UnknownNameError",
    "VersionError",
    "WorkbenchError",
]


class WorkbenchError(Exception):
    """The base of every error that the workbench raises on purpose."""


class InputError(WorkbenchError):
    """An argument is not what the verb takes."""


class UnknownNameError(InputError):
    """A name is not among those that exist."""

    def __init__(self, name: str, kind: str, known: Iterable[str], *, then: str = "") -> None:
        """Say which `name` is unknown, what `kind` of thing it should name, and the nearest of the `known` ones."""
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=1)
        known_text = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")  # noqa: PLR2004 - a line's worth
        hint = f"did you mean {near[0]!r}?" if near else f"known: {known_text or 'none yet'}."
        super().__init__(f"no {kind} named {name!r}: {hint}{' ' + then if then else ''}")
        self.name = name


class EmptyError(InputError):
    """Nothing is left to work on."""


class LoadError(WorkbenchError):
    """A source cannot be read at all."""


class StoreError(WorkbenchError):
    """The workspace on disk cannot be opened, read or written."""


class ReadOnlyError(StoreError):
    """The disk refuses writes; nothing was acknowledged."""


class VersionError(StoreError):
    """The workspace was written by a newer workbench."""


class ModelError(WorkbenchError):
    """A language model cannot be asked; what it answered before is kept."""


class InfrastructureError(WorkbenchError):
    """What an agent stands on failed (a network, a quota), not the agent; agents may raise it, and are tried again.

    Parameters
    ----------
    message
        What happened.
    retry_after
        Seconds to wait before the next try, where that is known.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AssetError(WorkbenchError):
    """A part that ships with the package is missing or was altered."""
