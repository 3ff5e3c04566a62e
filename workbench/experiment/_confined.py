"""Start a program that can read neither some folders nor other processes; run as a script, in front of the program.

Linux alone has this for an ordinary user (Landlock, since 5.13). What is there is asked for; where it is not there, the program starts all the same.
This is started for every trial: nothing is imported that takes long.
"""
# pathlib takes longer to import than all of this to run
# ruff: noqa: PTH112, PTH114, PTH118, PTH208

from __future__ import annotations

import ctypes
import os
import sys

__all__ = ["can_confine", "confine", "main"]

# https://docs.kernel.org/userspace-api/landlock.html; the numbers are the same on all architectures
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_BENEATH = 1
_WRITE, _READ, _REMOVE, _REFER, _TRUNCATE = 1 << 1, 1 << 2, 1 << 5, 1 << 13, 1 << 14
_OF_FILES = _WRITE | _READ | _TRUNCATE
_REFERS, _TRUNCATES = 2, 3  # the versions from which on these can be asked for
_NO_NEW_PRIVILEGES, _DROP = 38, 24
_SEES_ALL = (2, 19, 21, 38)  # a superuser's rights to read everything, to trace, to administer, to watch


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


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # what cannot be listed cannot be allowed either
        return []


def _beside(folder: str) -> set[str]:
    """Everything that is not on the way to a folder: its siblings, its parents' siblings, and so on."""
    found: set[str] = set()
    while folder != "/":
        parent, _, own = folder.rpartition("/")
        parent = parent or "/"
        found.update(os.path.join(parent, name) for name in _names(parent) if name != own)
        folder = parent
    return found


def confine(hidden: list[str], needed: list[str]) -> bool:
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
    secret = [os.path.realpath(folder) for folder in hidden if os.path.isdir(folder)]
    allowed = set[str]() if secret else {"/"}
    for folder in secret:
        # What lies beside one hidden folder may be another, or lead to it: then its own siblings stand for it.
        allowed |= {path for path in _beside(folder) if not any(_within(each, path) for each in secret)}
    for path in (*allowed, *needed):
        if os.path.islink(path):
            continue  # where it leads to is allowed or not by itself
        try:
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        rights = handled if os.path.isdir(path) else handled & _OF_FILES
        libc.syscall(_ADD, ruleset, _BENEATH, ctypes.byref(_Beneath(rights, opened)), 0)
        os.close(opened)
    for right in _SEES_ALL:
        libc.prctl(_DROP, right, 0, 0, 0)  # refused to who is no superuser, and has none of them
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    return libc.syscall(_RESTRICT, ruleset, 0) == 0


def main() -> None:
    """Confine this process, then become the program: so many hidden folders, so many needed files, those, the words."""
    folders, files = int(sys.argv[1]), int(sys.argv[2])
    rest = sys.argv[3:]
    confine(rest[:folders], rest[folders : folders + files])
    words = rest[folders + files :]
    try:
        os.execvp(words[0], words)  # noqa: S606 - the user's own agent, never a shell
    except OSError as error:
        sys.exit(f"{words[0]!r} cannot be started: {error.strerror or error}")


if __name__ == "__main__":
    main()
