"""Start a program that can read neither some folders nor other processes; run as a script, in front of the program.

Linux alone has this for an ordinary user (Landlock, since 5.13). What is there is asked for; where it is not there, the program starts all the same.
Nothing but the standard library is imported: this is started for every trial.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["can_confine", "confine", "main"]

# https://docs.kernel.org/userspace-api/landlock.html; the numbers are the same on all architectures
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_BENEATH: Final = 1
_WRITE, _READ, _REMOVE, _REFER, _TRUNCATE = 1 << 1, 1 << 2, 1 << 5, 1 << 13, 1 << 14
_OF_FILES: Final = _WRITE | _READ | _TRUNCATE
_NO_NEW_PRIVILEGES: Final = 38
_DROP: Final = 24
_SEES_ALL: Final = (2, 19, 21, 38)  # a superuser's rights to read everything, to trace, to administer, to watch
_REFERS, _TRUNCATES = 2, 3  # the versions from which on these can be asked for


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled", ctypes.c_uint64),)


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def _version() -> int:
    """Which version the kernel has; 0 or less: none."""
    if not sys.platform.startswith("linux"):
        return 0
    return int(ctypes.CDLL(None).syscall(_CREATE, None, 0, 1))


def can_confine() -> bool:
    """Whether this machine can keep a program from reading what it should not."""
    return _version() > 0


def _beside(folder: Path) -> Iterator[Path]:
    """Everything that is not on the way to a folder: its siblings, its parents' siblings, and so on."""
    for part in (folder, *folder.parents):
        if part == part.parent:
            return
        with contextlib.suppress(OSError):
            yield from (each for each in part.parent.iterdir() if each != part)


def confine(hidden: list[Path], needed: list[Path]) -> bool:
    """Keep this process and all that it starts from the files in some folders, and from looking into other processes.

    Parameters
    ----------
    hidden
        The folders. Files that are made later beside them or beside one of their parents cannot be read either.
    needed
        Files in them that may be read all the same.

    Returns
    -------
    bool
        False where the machine cannot.
    """
    version = _version()
    if version <= 0:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    handled = (
        _WRITE | _READ | _REMOVE | (_REFER if version >= _REFERS else 0) | (_TRUNCATE if version >= _TRUNCATES else 0)
    )
    ruleset = libc.syscall(_CREATE, ctypes.byref(_Ruleset(handled)), ctypes.sizeof(_Ruleset), 0)
    if ruleset < 0:
        return False
    secret = [folder.resolve() for folder in hidden if folder.exists()]
    allowed: set[Path] = set() if secret else {Path("/")}
    for folder in secret:
        # What lies beside one hidden folder may be another, or lead to it: then its own siblings stand for it.
        allowed |= {
            path for path in _beside(folder) if not any(path == each or path in each.parents for each in secret)
        }
    for path in (*allowed, *needed):
        if path.is_symlink():
            continue  # where it leads to is allowed or not by itself
        with contextlib.suppress(OSError):
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rights = handled if path.is_dir() else handled & _OF_FILES
            libc.syscall(_ADD, ruleset, _BENEATH, ctypes.byref(_Beneath(rights, opened)), 0)
            os.close(opened)
    for right in _SEES_ALL:
        libc.prctl(_DROP, right, 0, 0, 0)  # refused to who is no superuser, and has none of them
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    return libc.syscall(_RESTRICT, ruleset, 0) == 0


def main() -> None:
    """Confine this process, then become the program."""
    about = json.loads(sys.argv[1])
    confine([Path(folder) for folder in about["hidden"]], [Path(file) for file in about["needed"]])
    words = sys.argv[2:]
    try:
        os.execvp(words[0], words)  # noqa: S606 - the user's own agent, never a shell
    except OSError as error:
        sys.exit(f"{words[0]!r} cannot be started: {error.strerror or error}")


if __name__ == "__main__":
    main()
