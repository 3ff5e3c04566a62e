"""What an exporter is, and what an export says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from workbench import _html
from workbench.dataset._dataset import Dataset

__all__ = ["FEATURES", "Exported", "Exporter", "chat_messages", "losses", "tried", "truth_of"]

FEATURES: Final = {
    "world": "recorded tool calls and results",
    "state": "future and retired cases",
    "second": "ground truth of further authors",
    "version": "version number and content hash",
    "weight": "selection channel and weight",
}
"""What a target may have no place for, by the name that an exporter's `keeps` uses."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """A format that a dataset can be written in: one file that makes one of these, and one line in the registry.

    Attributes
    ----------
    name
        What users call it.
    suffix
        The ending that chooses it where no format is named; empty: it has to be named.
    write
        Writes the dataset to a path that nobody reads yet; it is moved into its place afterwards.
    read
        Reads such a file back equal; None: there is no way back.
    keeps
        The `FEATURES` that the format has a place for.
    """

    name: str
    suffix: str
    write: Callable[[Dataset, Path], None]
    read: Callable[[Path], Dataset] | None = None
    keeps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written, and what it has no place for.

    Attributes
    ----------
    path, format, bytes
        The file, its format, and its size.
    cases
        How many cases are in it.
    lost
        Frame: `what` has no place in the format, and in how many `cases` there was such a thing.
    sentence
        All that in one line.
    """

    path: Path
    format: str
    bytes: int
    cases: int
    lost: pl.DataFrame
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """What was lost."""
        return self.lost

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return _html.panel(self.sentence, _html.table(self.lost) if self.lost.height else "")


def losses(dataset: Dataset, keeps: frozenset[str]) -> pl.DataFrame:
    """What of this dataset a format that keeps only these features has no place for."""
    cases, truths = dataset.cases, dataset.ground_truth
    several = truths.group_by("case_id", "kind").len().filter(pl.col("len") > 1)["case_id"].n_unique()
    counts = {
        "world": cases["world_id"].drop_nulls().len(),
        "state": cases.height - tried(dataset).height,
        "second": several,
        "version": cases.height,
        "weight": cases["channel"].drop_nulls().len(),
    }
    rows = [(text, counts[name]) for name, text in FEATURES.items() if name not in keeps and counts[name]]
    return pl.DataFrame(rows, schema={"what": pl.String(), "cases": pl.Int64()}, orient="row")


def tried(dataset: Dataset) -> pl.DataFrame:
    """The cases that an agent is tried on: neither future nor retired ones."""
    return dataset.cases.filter(pl.col("case_id").is_in(dataset.inputs()["case_id"].to_list()))


def truth_of(dataset: Dataset) -> dict[str, dict[str, str]]:
    """For each case and kind the ground truth of the first author."""
    found: dict[str, dict[str, str]] = {}
    for row in dataset.ground_truth.iter_rows(named=True):
        found.setdefault(row["case_id"], {}).setdefault(row["kind"], row["value"])
    return found


def chat_messages(prefix: str) -> list[dict[str, Any]]:
    """A prefix as chat messages in the shape that model providers take: tool calls as functions, arguments as text."""
    messages: list[dict[str, Any]] = orjson.loads(prefix)
    return [_chat(message) for message in messages]


def _chat(message: dict[str, Any]) -> dict[str, Any]:
    calls: list[dict[str, Any]] | None = message.get("tool_calls")
    if not calls:
        return message
    return {
        **message,
        "tool_calls": [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": _text(call["arguments"])},
            }
            for call in calls
        ],
    }


def _text(arguments: object) -> str:
    return arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
