"""What a file has no place for: found by reading it back and comparing, field by field."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from workbench.dataset._dataset import Dataset

__all__ = ["FIELDS", "Field", "Loss", "declared", "measured"]

Field = Literal[
    "case", "case_id", "input", "expected_output", "criteria", "authorship", "attributes", "split", "state",
    "selection", "provenance", "world", "version",
]  # fmt: skip

FIELDS: Final[dict[Field, str]] = {
    "case": "future and retired cases",
    "case_id": "case ids",
    "input": "messages as they were",
    "expected_output": "expected outputs",
    "criteria": "criteria",
    "authorship": "who said it, and when",
    "attributes": "attributes",
    "split": "splits",
    "state": "states",
    "selection": "selection channel and weight",
    "provenance": "session, trace, span and turn",
    "world": "recorded tool calls and results",
    "version": "version number and date",
}
"""What a format may have no place for, in words."""

_COLUMNS: Final[dict[Field, tuple[str, ...]]] = {
    "input": ("input", "prefix"),
    "authorship": ("added_at", "added_by"),
    "attributes": ("attributes",),
    "split": ("split",),
    "state": ("state",),
    "selection": ("channel", "inclusion", "weight"),
    "provenance": ("session_id", "trace_id", "span_id", "turn", "source", "world_id", "lost"),
}


@dataclass(frozen=True, slots=True)
class Loss:
    """One field that a file has no place for.

    Attributes
    ----------
    field
        One of `FIELDS`.
    what
        The same in words.
    cases
        In how many cases there was such a thing.
    """

    field: Field
    what: str
    cases: int

    def __repr__(self) -> str:
        return f"{self.what} ({self.cases:,} cases)"


def measured(dataset: Dataset, back: Dataset) -> tuple[Loss, ...]:
    """What of the dataset is not in `back`, which was read from its file."""
    then = {row["case_id"]: row for row in back.cases.iter_rows(named=True)}
    kept = [row for row in dataset.cases.iter_rows(named=True) if row["case_id"] in then]
    alike = len(then) == dataset.cases.height and not kept
    missing = dataset.cases.height - len(kept)
    counts: dict[Field, int] = {"case_id" if alike else "case": missing}
    for field, columns in _COLUMNS.items():
        counts[field] = sum(any(row[name] != then[row["case_id"]][name] for name in columns) for row in kept)
    for kind in ("expected_output", "criteria"):
        one, other = (_said(each, kind, lambda row: row["value"]) for each in (dataset, back))
        counts[kind] = sum(one.get(case_id, []) != other.get(case_id, []) for case_id in then)
    one, other = (_said(each, None, lambda row: (row["author"], row["added_at"])) for each in (dataset, back))
    same = [case_id for case_id in then if len(one.get(case_id, [])) == len(other.get(case_id, []))]
    counts["authorship"] += sum(one.get(case_id, []) != other.get(case_id, []) for case_id in same)
    counts["world"] = sum(
        row["world_id"] in dataset.worlds and row["world_id"] not in back.worlds for row in kept if row["world_id"]
    )
    stamps = [(each.name, each.version, each.created_at) for each in (dataset, back)]
    counts["version"] = 0 if stamps[0] == stamps[1] or not kept else dataset.cases.height
    return tuple(Loss(field, what, counts[field]) for field, what in FIELDS.items() if counts.get(field))


def _said(dataset: Dataset, kind: str | None, pick: Callable[[dict[str, Any]], object]) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for row in dataset.ground_truth.iter_rows(named=True):
        if kind in {None, row["kind"]}:
            found.setdefault(row["case_id"], []).append(pick(row))
    return found


def declared(dataset: Dataset, keeps: Collection[str], written: int) -> tuple[Loss, ...]:
    """What of the dataset a format without a way back says that it does not keep."""
    cases, truths = dataset.cases, dataset.ground_truth
    counts: dict[Field, int] = {
        "case": cases.height - written,
        "expected_output": truths.filter(kind="expected_output")["case_id"].n_unique(),
        "criteria": truths.filter(kind="criteria")["case_id"].n_unique(),
        "authorship": cases.filter(pl.col("added_by").is_not_null()).height,
        "attributes": cases.filter(pl.col("attributes") != "{}").height,
        "split": cases["split"].drop_nulls().len(),
        "state": cases.height,
        "selection": cases["channel"].drop_nulls().len(),
        "provenance": cases["session_id"].drop_nulls().len(),
        "world": cases["world_id"].drop_nulls().len(),
        "version": cases.height,
        "case_id": cases.height,
        "input": cases.height,
    }
    return tuple(Loss(name, what, counts[name]) for name, what in FIELDS.items() if name not in keeps and counts[name])
