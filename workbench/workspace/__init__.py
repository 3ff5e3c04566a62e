"""The one facade: each method fetches what a verb needs from the folder, calls it, and keeps or shows the result."""

from __future__ import annotations

from pathlib import Path

from workbench.model import Model
from workbench.workspace._experiments import Experiments

__all__ = ["Workspace", "open"]


def open(folder: str | Path, *, database: str | None = None, model: Model | None = None) -> Workspace:  # noqa: A001 - `wb.open` is how it reads
    """Open a workspace, made when absent.

    Parameters
    ----------
    folder
        Where everything is kept.
    database
        A SQLAlchemy address for a team, in place of the folder's SQLite file.
    model
        A language model (`workbench.model.Model`) in place of the one that `workbench.toml` may name.

    Raises
    ------
    StoreError
        The folder or its database cannot be opened.
    InputError
        `workbench.toml` cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> import workbench as wb
    >>> wb.open(tempfile.mkdtemp()).sessions().height
    0
    """
    return Workspace(Path(folder), database=database, model=model)


class Workspace(Experiments):
    """A folder of traces, and everything that was decided about them.

    Parameters
    ----------
    folder
        Where it is kept; made when absent.
    database
        A SQLAlchemy address in place of the folder's SQLite file.
    progress
        How long work shows itself; bars in a notebook by default.
    model
        A language model in place of the one that `workbench.toml` may name.
    """
