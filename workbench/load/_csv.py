"""CSV files, row by row: every cell is text, an empty one is nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import IO, Any, Final, NamedTuple

__all__ = ["CSV_SUFFIXES", "BrokenRow", "csv_rows"]

CSV_SUFFIXES: Final = (".csv", ".tsv")
_LONGEST_CELL: Final = 2**31 - 1


class BrokenRow(NamedTuple):
    """A row that cannot be read, and why."""

    reason: str
    detail: str
    excerpt: str


def csv_rows(stream: IO[bytes]) -> Iterator[dict[str, Any] | BrokenRow]:
    """The rows, by the names in the first line; commas, semicolons and tabs separate, whichever the first line has most of."""
    csv.field_size_limit(_LONGEST_CELL)  # a cell may hold a whole conversation
    with io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="") as lines:
        first = lines.readline()
        separator = max(",;\t", key=first.count)
        names = next(csv.reader([first], delimiter=separator), list[str]())
        for row in csv.reader(lines, delimiter=separator):
            if len(row) == len(names):
                yield {name: cell or None for name, cell in zip(names, row, strict=True)}
            elif row:
                detail = f"{len(row)} cells, the first line names {len(names)} columns"
                yield BrokenRow("a row with more or fewer cells than columns", detail, separator.join(row))
