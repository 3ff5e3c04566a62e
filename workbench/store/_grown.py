"""Tables as frames; those that labelling reads again and again are kept, since they only grow."""

from __future__ import annotations

import threading
from typing import Any, Final, cast

import polars as pl
import sqlalchemy as sa

from workbench.store._tables import TABLES

__all__ = ["GROWING", "Grown", "frame_of", "plain_rows"]

GROWING: Final = frozenset({"annotations", "draws", "queues", "reservations", "exposures", "codebook_events"})
"""Tables that `Grown` keeps."""

_PIECES: Final = 32  # a frame of more is put together again


class Grown:
    """What was read of tables whose rows are never changed or taken out; only what came since is read again.

    SQLite numbers the rows of a table in the order in which they were committed, also those of other processes, so that what is not
    there yet has a higher number than all that is.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._held: dict[str, tuple[int, pl.DataFrame]] = {}

    def read(self, connection: sa.Connection, table: sa.Table) -> pl.DataFrame:
        """All rows of a table."""
        number = sa.column("rowid", sa.BigInteger())
        query = plain_rows(table, number).select_from(table).order_by(number)
        with self._turn:
            last, held = self._held.get(table.name, (0, TABLES[table.name].to_frame()))
            if held.height and not self._is_there(connection, table, last, held):
                last, held = 0, held.clear()  # somebody put another file there, or took rows out
            rows = connection.execute(query.where(number > last))
            fresh = frame_of(rows, TABLES[table.name], number.name)
            if fresh.height:
                last = fresh[number.name][-1]
                held = pl.concat([held, fresh.drop(number.name)])
                if held.n_chunks() > _PIECES:
                    held = held.rechunk()
                self._held[table.name] = (last, held)
            return held.clone()

    def _is_there(self, connection: sa.Connection, table: sa.Table, last: int, held: pl.DataFrame) -> bool:
        keys, number = list(table.primary_key.columns), sa.column("rowid", sa.BigInteger())
        found = connection.execute(sa.select(*keys).where(number == last)).first()
        if found is None or tuple(found) != held.select(key.name for key in keys).row(-1):
            return False
        return connection.scalar(sa.select(sa.func.count()).select_from(table).where(number <= last)) == held.height


def plain_rows(table: sa.Table, *more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """All columns of a table as the database has them: frames make times and lists of them faster than row by row."""
    return sa.select(
        *more, *(sa.type_coerce(column, sa.types.NullType()).label(column.name) for column in table.columns)
    )


def frame_of(rows: sa.CursorResult[Any], schema: pl.Schema, *more: str) -> pl.DataFrame:
    """Plain rows as a frame of a schema, behind columns of whole numbers."""
    wanted = {**dict.fromkeys(more, pl.Int64()), **schema}
    columns = list(zip(*cast("Any", rows).cursor.fetchall(), strict=True)) or [()] * len(wanted)
    return pl.DataFrame(
        [_series(name, values, kind) for (name, kind), values in zip(wanted.items(), columns, strict=True)]
    )


def _series(name: str, values: tuple[Any, ...], kind: pl.DataType) -> pl.Series:
    if isinstance(kind, pl.Datetime):
        return pl.Series(name, values, pl.Int64()).cast(pl.Datetime("us", "UTC")).cast(kind)
    if isinstance(kind, pl.List):
        return pl.Series(name, values, pl.String()).str.json_decode(kind)
    if isinstance(kind, pl.Boolean):  # SQLite has 0 and 1 in their place
        return pl.Series(name, [None if value is None else bool(value) for value in values], kind)
    return pl.Series(name, values, kind)
