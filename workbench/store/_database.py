"""Annotations, datasets, experiments …: on disk before they are acknowledged, from any thread."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from workbench.errors import ReadOnlyError, StoreError, UnknownNameError
from workbench.store import _migrations
from workbench.store._grown import GROWING, Grown, frame_of, plain_rows
from workbench.store._tables import METADATA, TABLES

__all__ = ["Database"]

_FEW = 16  # rows that go into one statement


class Database:
    """The SQL side of a workspace.

    JupyterLab delivers widget messages on another thread than the cells', so no connection is bound to a thread and
    every write takes a lock; two processes on one file take turns through SQLite's own.

    Parameters
    ----------
    url
        A SQLAlchemy address, `sqlite:////path/workbench.db` or `postgresql+psycopg://…`.

    Raises
    ------
    StoreError
        The address, its driver or the file cannot be used.
    VersionError
        A newer workbench wrote the tables.
    """

    def __init__(self, url: str) -> None:
        self._writing = threading.RLock()
        self._grown: Grown | None = None
        try:
            self._engine = sa.create_engine(url)
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _prepare_sqlite)
                event.listen(self._engine, "begin", _begin_sqlite)
            try:
                with self._write() as connection:
                    _migrations.migrate(connection)
            except ReadOnlyError:
                self._engine.dispose()
                if (readable := _readable(sa.make_url(url))) is None:
                    raise
                self._engine = readable  # what was kept can be read; a write says that the disk refuses
            if self._engine.dialect.name == "sqlite":
                self._grown = Grown()
        except ImportError as error:
            msg = f"the database's driver is not installed ({error}): `pip install 'trace-workbench[postgresql]'` for PostgreSQL"
            raise StoreError(msg) from error
        except (SQLAlchemyError, sqlite3.Error) as error:
            msg = f"{_shown(url)}: cannot be opened as the workspace's database ({error}); expected a SQLite file or postgresql+psycopg://…"
            raise StoreError(msg) from error

    def append(self, table: str, rows: pl.DataFrame | Sequence[Mapping[str, Any]]) -> int:
        """Add rows that are not there yet; a row whose key exists is left as it is.

        Parameters
        ----------
        table
            A name of `TABLES`.
        rows
            A frame or dicts; columns that are missing become null.

        Returns
        -------
        int
            How many rows were new. When this returns they are on disk.

        Raises
        ------
        ReadOnlyError
            The disk refused; nothing of this call was kept.
        """
        with self._write() as connection:
            return self._add(connection, table, rows, count=True)

    def append_together(
        self, tables: Mapping[str, pl.DataFrame | Sequence[Mapping[str, Any]]], *, unless: str | None = None
    ) -> bool:
        """As `append`, for rows of several tables: either all of them are on disk afterwards or none.

        Parameters
        ----------
        tables
            The rows by the table's name.
        unless
            A table of these: where a row of it is there already, somebody was faster, and nothing is kept.

        Returns
        -------
        bool
            False where somebody was faster.

        Raises
        ------
        ReadOnlyError
            The disk refused; nothing of this call was kept.
        """
        with self._write() as connection:
            if unless is not None:
                first = tables[unless]
                height = first.height if isinstance(first, pl.DataFrame) else len(first)
                if self._add(connection, unless, first, count=True) < height:
                    connection.rollback()
                    return False
            for table, rows in tables.items():
                if table != unless:
                    self._add(connection, table, rows, count=False)
        return True

    def _add(
        self, connection: sa.Connection, table: str, rows: pl.DataFrame | Sequence[Mapping[str, Any]], *, count: bool
    ) -> int:
        target = self._table(table)
        named = rows.to_dicts() if isinstance(rows, pl.DataFrame) else [dict(row) for row in rows]
        if not named:
            return 0
        columns = [column.name for column in target.columns]
        complete = [{name: row.get(name) for name in columns} for row in named]
        insert = self._insert(target)
        if len(complete) <= _FEW:
            return connection.execute(insert.values(complete).on_conflict_do_nothing()).rowcount
        # Compiling thousands of values into one statement costs more than writing them; one by one nobody counts the new.
        rows_of = sa.select(sa.func.count()).select_from(target)
        before = connection.execute(rows_of).scalar_one() if count else 0
        connection.execute(insert.on_conflict_do_nothing(), complete)
        return connection.execute(rows_of).scalar_one() - before if count else 0

    def read(self, table: str, **equal: object) -> pl.DataFrame:
        """The rows of a table, in the order in which they were written, as a frame of its schema.

        Parameters
        ----------
        table
            A name of `TABLES`.
        equal
            Column names and the value that each must have.
        """
        source = self._table(table)
        # An index finds the few rows of a key or a target; a queue may be most of its table.
        quick = [name for name in equal if source.c[name].primary_key or (source.c[name].index and name != "queue_id")]
        if self._grown is None or table not in GROWING or quick:
            return self._read(table, *(source.c[name] == value for name, value in equal.items()))
        with self._reading() as connection:
            frame = self._grown.read(connection, source)
        same = [pl.col(name).eq_missing(pl.lit(value)) for name, value in equal.items()]
        return frame.filter(*same) if same else frame

    def read_of(self, table: str, parent: str, by: str, **equal: object) -> pl.DataFrame:
        """As `read`, for rows that belong to some rows of another table; the database picks them, so that no other is read.

        Parameters
        ----------
        table
            A name of `TABLES`.
        parent
            The table that the rows belong to.
        by
            The column of both that says to which row.
        equal
            Columns of the parent and the value that each must have.
        """
        source, other = self._table(table), self._table(parent)
        wanted = sa.select(other.c[by]).where(*(other.c[name] == value for name, value in equal.items()))
        return self._read(table, source.c[by].in_(wanted))

    def _read(self, table: str, *conditions: sa.ColumnElement[bool]) -> pl.DataFrame:
        query = plain_rows(self._table(table)).where(*conditions)
        if self._engine.dialect.name == "sqlite":
            query = query.order_by(sa.text("rowid"))
        with self._reading() as connection:
            return frame_of(connection.execute(query), TABLES[table])

    def count(self, table: str) -> int:
        """How many rows a table has."""
        with self._reading() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(self._table(table))).scalar_one()

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def _table(self, name: str) -> sa.Table:
        if name not in TABLES:
            raise UnknownNameError(name, "table", TABLES)
        return METADATA.tables[name]

    def _insert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        return sqlite.insert(table) if self._engine.dialect.name == "sqlite" else postgresql.insert(table)

    @contextmanager
    def _write(self) -> Generator[sa.Connection]:
        try:
            with (
                self._writing,
                self._engine.connect().execution_options(workbench_writes=True) as connection,
                connection.begin(),
            ):
                yield connection
        except OperationalError as error:
            raise _explain(error, self._engine.url) from error

    @contextmanager
    def _reading(self) -> Generator[sa.Connection]:
        try:
            with self._engine.connect() as connection, connection.begin():
                yield connection
        except OperationalError as error:
            raise _explain(error, self._engine.url) from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy says when a transaction begins, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    # Network homes cannot share WAL's memory file: SQLite then answers with the mode it kept.
    cursor.execute("PRAGMA journal_mode = WAL")
    # A label is acknowledged only when it would outlive a power cut.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _readable(url: sa.URL) -> sa.Engine | None:
    """A SQLite file on a disk that refuses writes, for reading: None where there is none, or where its tables are of another version."""
    path = Path(url.database or "")
    if url.get_backend_name() != "sqlite" or not path.is_file():
        return None
    # Where not even the log's shared memory can be made, the file is taken as it stands; a log that was left beside it would be missed.
    logged = path.with_name(f"{path.name}-wal")
    ways = ["mode=ro", *([] if logged.exists() and logged.stat().st_size else ["immutable=1"])]
    for way in ways:
        engine = sa.create_engine(f"sqlite:///file:{quote(str(path))}?{way}&uri=true")
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "connect", _prepare_reading)
        try:
            with engine.connect() as connection:
                current = _migrations.is_current(connection)
        except OperationalError:
            engine.dispose()
            continue
        if current:
            return engine
        engine.dispose()
    return None


def _prepare_reading(connection: Any, _record: object) -> None:
    connection.isolation_level = None


def _begin_sqlite(connection: sa.Connection) -> None:
    # A writer takes its turn at once: upgrading a read lock later can fail instead of waiting.
    writes = connection.get_execution_options().get("workbench_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _explain(error: OperationalError, url: sa.URL) -> StoreError:
    text = str(error.orig)
    where = url.database or str(url)
    if any(sign in text for sign in ("readonly", "read-only", "unable to open", "disk is full", "disk I/O")):
        folder = Path(where).parent
        return ReadOnlyError(
            f"{where}: the disk refused ({text}); nothing of this was saved. Free space or fix the permissions of {folder}, then save again."
        )
    return StoreError(f"{where}: {text}. Another program may hold the file: close it and try again.")


def _shown(url: str) -> str:
    """The address without its password."""
    return url.rsplit("@", maxsplit=1)[-1]
