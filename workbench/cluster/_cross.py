"""Two facets at once: which failure meets which request, more often than chance would have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from workbench import _html
from workbench._words import percent, times, with_interval
from workbench.cluster._modes import Modes
from workbench.errors import UnknownNameError
from workbench.stats import lift, wilson

__all__ = ["CrossTable", "cross"]

_OPEN: Final = "(in no mode)"
_WRONG: Final = 0.05  # chance that any of the intervals of `lift` misses, shared out among the pairs (Bonferroni)
_SCHEMA: Final = pl.Schema({
    "row": pl.String(),
    "column": pl.String(),
    "sessions": pl.Int64(),
    "of": pl.Int64(),  # sessions of the row
    "share": pl.Float64(),  # of the row's sessions that are in the column
    "low": pl.Float64(),
    "high": pl.Float64(),
    "lift": pl.Float64(),  # times as common as among the sessions of all other rows
    "lift_low": pl.Float64(),
    "lift_high": pl.Float64(),
})  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class CrossTable:
    """How the modes of two facets meet in the same sessions.

    Parameters
    ----------
    frame
        One row for every pair that shares a session, those that meet most beyond chance first: ``row, column, sessions, of, share, low, high, lift,
        lift_low, lift_high``. `share` is of the row's sessions; `lift` compares it with the sessions of all other rows.
        The intervals of `share` are of 95% each, those of `lift` of 95% for all pairs together.
    rows, columns
        The modes of the one facet and of the other.
    sentence
        The pair that stands out most, in words.
    """

    frame: pl.DataFrame
    rows: Modes
    columns: Modes
    sentence: str

    def __repr__(self) -> str:
        return self.sentence

    def to_frame(self) -> pl.DataFrame:
        """The pairs, one row each."""
        return self.frame

    def session_ids(self, row: str, column: str) -> list[str]:
        """The sessions that are in a row's mode and in a column's.

        Raises
        ------
        UnknownNameError
            No such row or column.
        """
        pairs = _pairs(self.rows, self.columns)
        for name, kind in ((row, "row"), (column, "column")):
            if name not in set(pairs[kind]):
                raise UnknownNameError(name, kind, pairs[kind].unique(maintain_order=True).to_list())
        return pairs.filter(pl.col("row") == row, pl.col("column") == column)["session_id"].to_list()

    def _by_size(self, side: str) -> dict[str, int]:
        """The modes of one side and their sessions, the largest first and what is in none last."""
        sizes = self.frame.group_by(side).agg(pl.col("sessions").sum()).iter_rows()
        return dict(sorted(sizes, key=lambda pair: (pair[0] == _OPEN, -pair[1], pair[0])))

    def _repr_html_(self) -> str:
        columns, rows = self._by_size("column"), self._by_size("row")
        cells = {(row, column): cell for row, column, *cell in self.frame.iter_rows()}
        table = [
            {"": name, "sessions": rows[name]} | {column: _cell(cells.get((name, column))) for column in columns}
            for name in rows
        ]
        # The first phrase says enough at the head of a narrow column.
        heads = {name: name.split(" · ")[0] for name in columns}
        body = _html.table(pl.DataFrame(table), heads=heads, html_columns=tuple(columns)) if table else ""
        note = "In each cell: sessions, and their share of the row; bold where it is higher than in all other rows, beyond chance in any of the pairs (95%)."
        return _html.panel(self.sentence, body, notes=(note,))


def cross(rows: Modes, columns: Modes) -> CrossTable:
    """Set the modes of one facet against those of another.

    Parameters
    ----------
    rows, columns
        Modes of the same sessions, such as their intents and their failures.

    Returns
    -------
    CrossTable
        Sessions that are in no mode of a facet stand in a row, or column, of their own.

    Examples
    --------
    >>> from workbench.cluster import cluster, cross
    >>> texts = [{"session_id": str(i), "text": "refund" if i % 2 else "address"} for i in range(40)]
    >>> print(cross(cluster(texts), cluster(texts)).frame["sessions"].to_list())
    [20, 20]
    """
    pairs = _pairs(rows, columns)
    total = pairs.height
    of_row = dict(pairs.group_by("row").len().iter_rows())
    of_column = dict(pairs.group_by("column").len().iter_rows())
    found: list[dict[str, Any]] = []
    known = pairs.filter(pl.col("row") != _OPEN, pl.col("column") != _OPEN)
    together = 1 - _WRONG / max(1, known.select("row", "column").unique().height)
    for row, column, count in pairs.group_by("row", "column", maintain_order=True).len().iter_rows():
        interval = wilson(count, of_row[row])
        line: dict[str, Any] = {
            "row": row,
            "column": column,
            "sessions": count,
            "of": of_row[row],
            "share": count / of_row[row],
            "low": interval.low,
            "high": interval.high,
        }
        if of_row[row] < total:
            ratio = lift(count, of_row[row], of_column[column] - count, total - of_row[row], level=together)
            line |= {"lift": ratio.ratio, "lift_low": ratio.interval.low, "lift_high": ratio.interval.high}
        found.append(line)
    frame = pl.DataFrame(found, schema=_SCHEMA).sort("lift_low", "sessions", "row", "column", descending=[True, True, False, False], nulls_last=True)  # fmt: skip
    return CrossTable(frame, rows, columns, _sentence(frame, total))


def _pairs(rows: Modes, columns: Modes) -> pl.DataFrame:
    return _named(rows, "row").join(_named(columns, "column"), on="session_id", how="inner", maintain_order="left")


def _named(modes: Modes, column: str) -> pl.DataFrame:
    names = modes.frame.select("mode", pl.col("name").alias(column))
    members = modes.members.select("session_id", "mode").join(names, on="mode", how="left", maintain_order="left")
    return members.select("session_id", pl.col(column).fill_null(_OPEN))


def _sentence(frame: pl.DataFrame, total: int) -> str:
    known = frame.filter(pl.col("row") != _OPEN, pl.col("column") != _OPEN)
    beyond, among = known.filter(pl.col("lift_low") > 1), known.height
    if beyond.is_empty():
        return f"No pair of {among:,} is shown to be more common than elsewhere, among {total:,} sessions."
    first = beyond.row(0, named=True)
    share = with_interval(first["share"], first["low"], first["high"], percent, level=0.95)
    return (
        f"\u201c{first['column']}\u201d is most tied to \u201c{first['row']}\u201d: {first['sessions']:,} of its {first['of']:,} sessions, {share}, "
        f"at least {times(first['lift_low'])} times as common as among the others; {beyond.height:,} of {among:,} pairs are more common than elsewhere."
    )


def _cell(values: Sequence[Any] | None) -> str:
    if values is None:
        return ""
    count, _, share, _, _, _, low, _ = values
    said = f"{count:,} ({percent(share)})"
    return f"<b>{said}</b>" if low is not None and low > 1 else said
