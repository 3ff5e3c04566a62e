"""What every part of the facade stands on: the folder, the settings, and frames that follow from the traces."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench._config import FILE_NAME, Config, read_config, write_config
from workbench._population import population_frame
from workbench.errors import InputError, UnknownNameError
from workbench.progress import Progress, notebook

if TYPE_CHECKING:
    from workbench.label import Queue
    from workbench.model import Model
    from workbench.redact import Redactor

__all__ = ["Base", "author_of", "concat_ids", "ids_of"]


class Base:
    """An open folder."""

    def __init__(
        self, folder: Path, *, database: str | None = None, progress: Progress = notebook, model: Model | None = None
    ) -> None:
        from workbench.store import Store

        self.store = Store(folder, database=database)
        self._address = database
        write_config(self.store.folder, Config(name=self.store.folder.name))
        self.config = read_config(self.store.folder)
        self._progress = progress
        self._model = model
        if model is not None:
            model.keep_in(self.store.answers)
        self._frames: dict[str, tuple[str, pl.DataFrame]] = {}
        self._going_on: dict[str, Callable[[], Queue]] = {}  # how a queue that was opened here draws more

    def __repr__(self) -> str:
        loads = self.store.loads()
        said = f"Workspace {self.config.name!r}: {loads['spans'].sum():,} spans from {loads.height} loads in {self.store.folder}"
        return said if self.other_settings is None else f"{said}. {self.other_settings}"

    @property
    def other_settings(self) -> str | None:
        """Which loads were made with other settings than `workbench.toml` has now, and what to do; None where there are none."""
        loads = self.store.loads()
        other = loads.filter(pl.col("config") != self.config.fingerprint).height
        if not other:
            return None
        was = "was" if other == 1 else "were"
        return (
            f"{other} of {loads.height} loads {was} made with other settings than workbench.toml has now, and what was read then stays as it"
            " was: to read it with these, copy workbench.toml into a new folder and load the files there."
        )

    def _derived(self, name: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """A frame that follows from the traces: kept in memory and in `derived/` until they change."""
        state = self.store.state()
        held = self._frames.get(name)
        if held is None or held[0] != state:
            from workbench import evidence

            held = self._frames[name] = (state, self.store.derived(name, evidence.VERSION, make))
        return held[1]

    def _redactor(self) -> Redactor:
        """What takes secrets and personal data out of whatever leaves the workspace."""
        from workbench.redact import Redactor, key_of

        return Redactor(key_of(self.store.folder), own=self.config.recognisers)

    @property
    def model(self) -> Model:
        """The language model that `workbench.toml` names, or the one that the workspace was opened with; what it answers is kept in `cache/`.

        Raises
        ------
        InputError
            None is configured: nothing is sent anywhere before one is.
        """
        if self._model is None:
            from workbench.model import Model

            told = dict(self.config.model)
            if not told:
                msg = (
                    f'no model is configured, and nothing is sent anywhere before one is: write [model] and name = "openai:gpt-5-mini" into '
                    f"{self.store.folder / FILE_NAME}, set its key in the environment, and open the workspace again"
                )
                raise InputError(msg)
            self._model = Model(**told, cache=self.store.answers)
        return self._model

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()


def author_of(given: str | None = None) -> str:
    """Who decides: the name that was given, else the one that the system has.

    Raises
    ------
    InputError
        The system knows no name, as in a container whose user has no entry.
    """
    if given:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        name = os.environ.get("JUPYTERHUB_USER")
        if name:
            return name
        msg = "the system knows no name for you: set the environment variable USER, or pass author='…'"
        raise InputError(msg) from error


def ids_of(population: Any, sessions: pl.DataFrame) -> pl.DataFrame:
    """Those of the workspace's sessions that a caller means: a selection, a frame with `session_id`, or ids.

    Raises
    ------
    InputError
        It names no sessions.
    UnknownNameError
        It names one that is not there; the message suggests the nearest.
    """
    found = population_frame(population)
    unknown = found.drop_nulls("session_id").join(sessions, on="session_id", how="anti")
    if unknown.height:
        then = f"{unknown.height:,} of {found.height:,} ids are unknown." if unknown.height > 1 else ""
        raise UnknownNameError(unknown["session_id"][0], "session", sessions["session_id"], then=then)
    return found


def concat_ids(*frames: pl.DataFrame) -> pl.DataFrame:
    """The sessions of several frames, each once."""
    return pl.concat([frame.select("session_id") for frame in frames]).unique(maintain_order=True)
