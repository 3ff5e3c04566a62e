"""What an export format is, and what an export says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from workbench import _html
from workbench.dataset._dataset import Dataset
from workbench.dataset._loss import Loss
from workbench.dataset._record import Record, dataset_of, records_of
from workbench.dataset._rows import read_rows, write_document, write_lines

__all__ = ["TRIED", "Exported", "Exporter", "exchange"]

TRIED: Final = ("candidate", "accepted")
"""The states of cases that an agent is tried on."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """A format that a dataset can be written in and read from: one file that makes one of these, and one line in the registry.

    Attributes
    ----------
    name
        What users call it.
    suffix
        The ending that chooses it where no format is named; empty: it has to be named.
    write
        Writes the dataset to a path that nobody reads yet; it is moved into its place afterwards.
    read
        Reads such a file back; None: there is no way back. What is not in the dataset that it gives is reported as lost.
    keeps
        Without a way back: the fields that the format has a place for, by their names in `FIELDS`.
    states
        The states of cases that the format has a place for; by default those that an agent is tried on.
    signs
        Members that the first record of such a file has, by which a file is known where no format is named.
    """

    name: str
    suffix: str
    write: Callable[[Dataset, Path], None]
    read: Callable[[Path], Dataset] | None = None
    keeps: frozenset[str] = frozenset()
    states: tuple[str, ...] = TRIED
    signs: frozenset[str] = frozenset()


def exchange(
    name: str,
    *,
    row: Callable[[Record], dict[str, Any]],
    back: Callable[[dict[str, Any]], Record],
    signs: Sequence[str],
    document: Callable[[Dataset, list[dict[str, Any]]], object] | None = None,
    states: tuple[str, ...] = TRIED,
) -> Exporter:
    """A format that holds one record a case, from how a record is written and how it is read.

    Parameters
    ----------
    name
        What users call it.
    row
        A case as the other tool has it.
    back
        The other way round; it takes what anybody may have written there.
    signs
        Members by which a record is known.
    document
        The whole file around the rows; by default each row is a line.
    states
        The states of cases that it has a place for.
    """

    def write(dataset: Dataset, path: Path) -> None:
        rows = (row(record) for record in records_of(dataset, states))
        if document is None:
            write_lines(path, rows)
        else:
            write_document(path, document(dataset, list(rows)))

    def read(path: Path) -> Dataset:
        about, rows = read_rows(path)
        return dataset_of((back(_named(each, about)) for each in rows), path)

    return Exporter(name, "", write, read, states=states, signs=frozenset(signs))


def _named(row: dict[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """The row, which knows what the document calls the dataset."""
    name = about.get("name")
    return row if not isinstance(name, str) or "dataset_name" in row else {**row, "dataset_name": name}


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written, and what it has no place for.

    Attributes
    ----------
    path, format, bytes
        The file, its format, and its size.
    cases
        How many cases are in it.
    losses
        The fields that the format has no place for, each with the number of cases that had such a thing.
    sentence
        All that in one line.
    """

    path: Path
    format: str
    bytes: int
    cases: int
    losses: tuple[Loss, ...]
    sentence: str

    @property
    def lost(self) -> pl.DataFrame:
        """What was lost: `field`, `what` it is in words, and in how many `cases` there was such a thing."""
        rows = [(loss.field, loss.what, loss.cases) for loss in self.losses]
        schema = {"field": pl.String(), "what": pl.String(), "cases": pl.Int64()}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def to_frame(self) -> pl.DataFrame:
        """What was lost."""
        return self.lost

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return _html.panel(self.sentence, _html.table(self.lost) if self.losses else "")
