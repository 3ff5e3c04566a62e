"""How executed experiments are kept: the plan before the first trial, each trial as it finishes, its conversation beside it."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import polars as pl

from workbench.errors import InputError, UnknownNameError
from workbench.schema import STEPS

if TYPE_CHECKING:
    from workbench.evidence import AgentLoop
    from workbench.experiment import GraderLike, Trial
    from workbench.store import Store

__all__ = ["PREFIX", "Journal", "Keeper", "conversation", "differences", "experiment_id_of"]

PREFIX: Final = "trial:"
"""How the id of a session begins that is a trial's conversation: the blob that holds it and its name there follow."""

_WORDS: Final = {"agent": "agent", "dataset": "dataset", "cases": "selection of cases"}


def experiment_id_of(name: str) -> str:
    """One name, one experiment."""
    return "e-" + hashlib.sha256(name.encode()).hexdigest()[:16]


def differences(kept: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """What of an experiment is not what it was, in words."""
    said = [
        f"{word} ({_short(kept.get(key))}, now {_short(asked.get(key))})"
        for key, word in _WORDS.items()
        if kept.get(key) != asked.get(key)
    ]
    old: dict[str, str] = kept["graders"]
    new: dict[str, str] = asked["graders"]
    changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return said + [f"grader {name!r} ({old.get(name, 'none')}, now {new.get(name, 'none')})" for name in changed]


def _short(value: Any) -> str:
    return "all" if value is None else " ".join(map(str, value)) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


class Journal:
    """Which trials began, written before each does: after a kill it tells what was under way. Safe to delete."""

    def __init__(self, folder: Path, experiment_id: str) -> None:
        self.path = folder / "derived" / f"{experiment_id}.began"
        self._file = -1

    def open(self) -> None:
        """Ready to write."""
        from workbench.store import make_folder

        make_folder(self.path.parent)
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def began(self, trial_id: str) -> None:
        """A trial begins; from any thread."""
        os.write(self._file, f"{trial_id}\n".encode())

    def close(self) -> None:
        """Nothing begins any more."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def again(self) -> int:
        """How many trials began more than once: they were under way when the run was interrupted."""
        lines = self.path.read_text(encoding="utf-8").split("\n") if self.path.exists() else []
        return sum(times > 1 for line, times in Counter(lines).items() if line)


class Keeper:
    """Keeps the trials of one experiment.

    Parameters
    ----------
    store
        Where.
    experiment_id
        Whose.
    graders
        In the order of the trials' results.
    earlier
        By case and trial, how many rows there are that are tried anew.
    """

    def __init__(
        self, store: Store, experiment_id: str, graders: Sequence[GraderLike], earlier: Mapping[tuple[str, int], int]
    ) -> None:
        self._store = store
        self._experiment_id = experiment_id
        self._graders = graders
        self._earlier = earlier

    def trial_id(self, case: str, trial: int) -> str:
        """The same trial has the same id whoever runs it, so that it cannot be there twice."""
        about = orjson.dumps([self._experiment_id, case, trial, self._earlier.get((case, trial), 0)])
        return "t-" + hashlib.sha256(about).hexdigest()[:24]

    def save(self, lot: Sequence[Trial]) -> None:
        """Conversations first, then the rows that name them, all or none; when this returns they are on disk."""
        try:
            self._save(lot)
        except KeyboardInterrupt:
            self._save(lot)  # what is finished is kept: the same ids again change nothing
            raise

    def _save(self, lot: Sequence[Trial]) -> None:
        from workbench.experiment import result_rows, trial_rows

        spoken = {
            each.namespace: _steps(each.loop) for each in lot if each.loop is not None and each.session_id is None
        }
        blob = self._store.blobs.put(orjson.dumps(spoken)) if spoken else ""
        now = datetime.now(UTC)
        about = {"experiment_id": self._experiment_id, "recorded_at": now}
        trials: list[dict[str, Any]] = []
        results: list[dict[str, Any]] = []
        for each in lot:
            trial_id = self.trial_id(each.case, each.trial)
            where = f"{PREFIX}{blob}:{each.namespace}" if each.namespace in spoken else each.session_id
            trials += [{**row, **about, "session_id": where} for row in trial_rows(each, trial_id=trial_id)]
            results += [{**row, "recorded_at": now} for row in result_rows(each, self._graders, trial_id=trial_id)]
        self._store.database.append_together({"results": results, "trials": trials})


def _steps(loop: AgentLoop) -> list[dict[str, Any]]:
    frame = loop.to_frame().drop("session_id", "trace_id", "span_id", "at", "seconds", "model")
    return frame.to_dicts()


def conversation(store: Store, session_id: str) -> AgentLoop:
    """The conversation of a trial.

    Raises
    ------
    UnknownNameError
        There is no such trial.
    InputError
        The id is cut.
    """
    from workbench import evidence

    parts = session_id.removeprefix(PREFIX).split(":", 1)
    if len(parts) != 2:  # noqa: PLR2004 - the blob, and the name in it
        msg = f"{session_id!r} is a part of a trial's id: copy the whole of it from the experiment's rows"
        raise InputError(msg)
    blob, name = parts
    held: dict[str, Any] = orjson.loads(store.blobs.get(blob)) if blob in store.blobs else {}
    if name not in held:
        raise UnknownNameError(session_id, "trial", held)
    frame = pl.DataFrame(
        held[name], schema_overrides={key: STEPS[key] for key in ("number", "turn")}, infer_schema_length=None
    )
    return evidence.loop(frame.with_columns(session_id=pl.lit(session_id)), session_id)
