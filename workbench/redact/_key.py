"""The secret that a workspace's tokens are made with."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from workbench.errors import ReadOnlyError

__all__ = ["FILE_NAME", "key_of"]

FILE_NAME: Final = "redaction.key"
_BYTES: Final = 32


def key_of(folder: Path) -> bytes:
    """The workspace's secret, made when absent: who does not have it cannot try which value a token stands for.

    Parameters
    ----------
    folder
        The workspace. The file in it is for its owner alone, and belongs into no pack or export.

    Raises
    ------
    ReadOnlyError
        It cannot be made.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> key_of(folder) == key_of(folder)
    True
    """
    path = folder / FILE_NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    except OSError as error:
        msg = f"{path}: the disk refused ({error.strerror or error}); free space or fix its permissions, then try again"
        raise ReadOnlyError(msg) from error
    with os.fdopen(descriptor, "wb") as file:
        made = secrets.token_bytes(_BYTES)
        file.write(made)
    return made
