"""Which sessions become cases, what is known about each, and which stay out and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from workbench._population import population_frame
from workbench.errors import InputError, UnknownNameError

__all__ = ["Chosen", "chosen_sessions", "ids_of", "selection_frame"]

_UNDECIDED: Final = frozenset({"defer", "skip"})


@dataclass(frozen=True, slots=True)
class Chosen:
    """One session of the selection, with what the labels say of it."""

    session_id: str
    channel: str
    inclusion: float | None = None
    turn: int | None = None
    first_failure: str | None = None
    truths: tuple[tuple[str, str, str | None], ...] = ()  # kind, value, author
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])


def selection_frame(selection: object) -> pl.DataFrame:
    """A selection as a frame with `session_id`: ids, a frame, or anything that shows itself as one."""
    return population_frame(selection, what="selection").filter(pl.col("session_id").is_not_null())


def ids_of(selection: object) -> list[str]:
    """The session ids of a selection, each once, in order."""
    return selection_frame(selection)["session_id"].unique(maintain_order=True).to_list()


def chosen_sessions(
    selection: object, sessions: pl.DataFrame, attributes: Iterable[str]
) -> tuple[list[Chosen], list[tuple[str, str]]]:
    """The sessions to promote, and (session, reason) of those that their labels keep out."""
    frame = selection_frame(selection)
    wanted = tuple(attributes)
    for name in wanted:
        if name not in frame.columns and name not in sessions.columns:
            raise UnknownNameError(name, "attribute column", [*frame.columns, *sessions.columns])
    chosen: list[Chosen] = []
    left_out: list[tuple[str, str]] = []
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        groups.setdefault(str(row["session_id"]), []).append(row)
    for session_id, rows in groups.items():
        rows.sort(key=lambda row: str(row.get("reviewer") or ""))  # whoever comes first in the frame says no more
        verdicts = {row.get("verdict") for row in rows} - {None}
        if {"pass", "fail"} <= verdicts or any(row.get("contested") for row in rows):
            left_out.append((session_id, "reviewers' verdicts disagree"))
        elif verdicts and verdicts <= _UNDECIDED:
            left_out.append((session_id, "put off by its reviewer"))
        else:
            channel = "control" if "pass" in verdicts else "failure"
            chosen += [_one(session_id, each, channel, wanted) for each in _by_turn(rows)]
    return chosen, left_out


def _by_turn(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The rows of each turn that they name, with those that name none."""
    turns = sorted({int(row["turn"]) for row in rows if row.get("turn") is not None})
    return [[row for row in rows if row.get("turn") in {None, turn}] for turn in turns] or [rows]


def _one(session_id: str, rows: list[dict[str, Any]], channel: str, attributes: tuple[str, ...]) -> Chosen:
    def first(name: str) -> Any:
        return next((row[name] for row in rows if row.get(name) is not None), None)

    inclusion = first("inclusion")
    if inclusion is not None and not 0 < float(inclusion) <= 1:
        msg = f"inclusion is {inclusion} for session {session_id!r}; a probability of inclusion lies above 0 and at most at 1"
        raise InputError(msg)
    truths = [
        (kind, str(row[kind]), row.get("reviewer"))
        for row in rows
        for kind in ("expected_output", "criteria")
        if row.get(kind) is not None
    ]
    turn = first("turn")
    named = "mode" if first("mode") is not None else "failure_mode"
    led = sorted({str(row[named]) for row in rows if row.get(named) is not None})
    beside = sorted({str(mode) for row in rows for mode in row.get("other_modes") or ()})
    modes = list(dict.fromkeys([*led, *beside]))  # what went wrong first comes first
    known = {name: first(name) for name in attributes if first(name) is not None}
    return Chosen(
        session_id,
        channel,
        None if inclusion is None else float(inclusion),
        None if turn is None else int(turn),
        first("first_failure"),
        tuple(dict.fromkeys(truths)),
        {**({"mode": modes if len(modes) > 1 else modes[0]} if modes else {}), **known},
    )
