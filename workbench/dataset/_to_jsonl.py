"""JSON Lines that describe themselves and read back equal.

The first line is the header::

    {"format": "workbench.dataset/1", "dataset", "version", "content_hash", "created_at", "cases", "ground_truth", "worlds"}

with the numbers of cases, pieces of ground truth and distinct worlds. Each further line is one case::

    {"case": {the columns of schema.CASES}, "ground_truth": [{the columns of schema.GROUND_TRUTH}], "world": {…} | null}

Times are ISO 8601 with their zone. `prefix`, `attributes` and `world` are JSON values where writing them canonically (sorted members, no
white space, ASCII) gives the stored text again, and that text as a string otherwise. An agent under test is handed nothing of a
line but `case.prefix`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any, Final

import polars as pl

from workbench.dataset._content import content_hash_of, dumps, row_id_of, truth_id_of
from workbench.dataset._dataset import Dataset
from workbench.dataset._exporter import Exporter
from workbench.dataset._rows import line_of
from workbench.dataset._tables import CASES, GROUND_TRUTH, STATES
from workbench.errors import InputError
from workbench.schema import conform

__all__ = ["FORMAT", "JSONL", "header_of", "verified"]

FORMAT: Final = "workbench.dataset/1"

_STRUCTURED: Final = ("prefix", "attributes")


def header_of(dataset: Dataset) -> dict[str, Any]:
    """What a file says of itself."""
    return {
        "format": FORMAT,
        "dataset": dataset.name,
        "version": dataset.version,
        "content_hash": dataset.content_hash,
        "created_at": None if dataset.created_at is None else dataset.created_at.isoformat(),
        "cases": dataset.cases.height,
        "ground_truth": dataset.ground_truth.height,
        "worlds": len(dataset.worlds),
    }


def _write(dataset: Dataset, path: Path) -> None:
    truths: dict[str, list[dict[str, Any]]] = {}
    for row in dataset.ground_truth.iter_rows(named=True):
        truths.setdefault(row["case_id"], []).append(_timed(row))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(line_of(header_of(dataset)))
        for row in dataset.cases.iter_rows(named=True):
            case = _timed(row) | {name: _opened(row[name]) for name in _STRUCTURED}
            world = dataset.worlds.get(row["world_id"])
            line = {
                "case": case,
                "ground_truth": truths.get(row["case_id"], []),
                "world": None if world is None else _opened(world.decode()),
            }
            file.write(line_of(line))


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, dt.datetime) else value for name, value in row.items()}


def _opened(text: str | None) -> object:
    """The value of JSON text where it can be told from the value how the text was spelled, else the text."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if not isinstance(value, str) and value is not None and dumps(value) == text else text


def _closed(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else dumps(value)


def _read(path: Path) -> Dataset:
    try:
        return _read_text(path)
    except UnicodeDecodeError as error:
        msg = (
            f"{path}: not text in UTF-8 ({error.reason}); only files that the format {FORMAT!r} wrote can be read back"
        )
        raise InputError(msg) from error


def _read_text(path: Path) -> Dataset:
    cases, truths, worlds = list[dict[str, Any]](), list[dict[str, Any]](), dict[str, bytes]()
    with path.open(encoding="utf-8", newline="\n") as file:
        header = _parsed(file.readline(), path, 1)
        if header.get("format") != FORMAT:
            msg = (
                f"{path}: the first line is no header of {FORMAT!r}; only files that this format wrote can be read back"
            )
            raise InputError(msg)
        for number, text in enumerate(file, 2):
            line = _parsed(text, path, number)
            try:
                case = dict(line["case"])
                cases.append(case | {name: _closed(case[name]) for name in _STRUCTURED})
                truths += line["ground_truth"]
                world = _closed(line["world"])
                if world is not None:
                    worlds[case["world_id"]] = world.encode()
            except (KeyError, TypeError, ValueError) as error:
                msg = f"{path}, line {number}: not a case of a dataset ({error})"
                raise InputError(msg) from error
    return verified(path, header, _frame(cases, CASES), _frame(truths, GROUND_TRUTH), worlds)


def _parsed(text: str, path: Path, number: int) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"{path}, line {number}: no JSON object ({error}); the file may have been cut off: export it again"
        raise InputError(msg) from error
    if not isinstance(value, dict):
        msg = f"{path}, line {number}: a JSON object was expected, not {type(value).__name__}"
        raise InputError(msg)
    return value  # pyright: ignore[reportUnknownVariableType]  # keys of JSON objects are strings


def _frame(rows: list[dict[str, Any]], schema: pl.Schema) -> pl.DataFrame:
    timed = [name for name, kind in schema.items() if isinstance(kind, pl.Datetime)]
    opened = [row | {name: dt.datetime.fromisoformat(row[name]) for name in timed if row.get(name)} for row in rows]
    return conform(pl.DataFrame(opened, schema_overrides=schema), schema).select(schema.names())


def verified(
    path: Path, header: dict[str, Any], cases: pl.DataFrame, truths: pl.DataFrame, worlds: dict[str, bytes]
) -> Dataset:
    """The dataset that the header promises.

    Raises
    ------
    InputError
        Rows are missing, or were changed after the export.
    """
    for what, found in (("cases", cases.height), ("ground_truth", truths.height), ("worlds", len(worlds))):
        if header.get(what) != found:
            msg = f"{path}: the header promises {header.get(what)} {what}, the file has {found}; export it again"
            raise InputError(msg)
    for row in cases.iter_rows(named=True):
        if row["row_id"] != row_id_of(row):
            msg = f"{path}: case {row['case_id']} was changed after the export; change it in the workbench and export again"
            raise InputError(msg)
    for row in truths.iter_rows(named=True):
        if row["truth_id"] != truth_id_of(row):
            msg = f"{path}: the ground truth of case {row['case_id']} was changed after the export; change it in the workbench"
            raise InputError(msg)
    for world_id, content in worlds.items():
        if hashlib.sha256(content).hexdigest() != world_id:
            msg = f"{path}: the world {world_id[:12]} was changed after the export; a world is a record and stays as it was"
            raise InputError(msg)
    digest = content_hash_of(cases["row_id"].to_list(), truths["truth_id"].to_list())
    if header.get("content_hash") != digest:
        msg = f"{path}: the content is not what the header's hash says; export it again"
        raise InputError(msg)
    at = header.get("created_at")
    made = None if at is None else dt.datetime.fromisoformat(str(at))
    return Dataset(str(header["dataset"]), int(header["version"]), digest, cases, truths, worlds, made)


JSONL: Final = Exporter("jsonl", ".jsonl", _write, _read, states=STATES, signs=frozenset({"format", "content_hash"}))
