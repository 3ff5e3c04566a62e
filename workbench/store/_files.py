"""Files that are either whole or not there: written beside their place, then moved into it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import ReadOnlyError

__all__ = ["make_folder", "move_whole", "write_whole"]


@contextmanager
def _refusals(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        msg = f"{path}: the disk refused ({error.strerror or error}); free space or fix its permissions, then try again"
        raise ReadOnlyError(msg) from error


def make_folder(path: Path) -> Path:
    """The folder, made where it was absent.

    Raises
    ------
    ReadOnlyError
        It cannot be made.
    """
    with _refusals(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


def move_whole(draft: Path, path: Path) -> Path:
    """Bring a finished file to its place in one step, once it would outlive a power cut.

    Raises
    ------
    ReadOnlyError
        The disk refused.
    """
    make_folder(path.parent)
    with _refusals(path):
        _sync(draft)
        draft.replace(path)
        _sync(path.parent)  # the name, too, has to outlive a power cut
    return path


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` make a file under another name, then move it to `path` in one step.

    A process that is killed leaves either the old file or the new one, never a part.

    Raises
    ------
    ReadOnlyError
        The disk refused; `path` is as it was.
    """
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with _refusals(path):
        try:
            write(draft)
            move_whole(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    return path
