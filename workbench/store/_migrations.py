"""Bring the tables of an older workspace up to date, one version after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from workbench.errors import VersionError
from workbench.store._tables import METADATA, VERSION

__all__ = ["STEPS", "is_current", "migrate"]


def _tokens(connection: sa.Connection) -> None:
    """Trials tell their tokens."""
    for name in ("input_tokens", "output_tokens"):
        connection.execute(sa.DDL(f"ALTER TABLE trials ADD COLUMN {name} BIGINT"))


def _queues(connection: sa.Connection) -> None:
    """Draws tell what chose them and until when they are to be read; queues who reads them; items can be reserved."""
    added = {
        "draws": {"component": "TEXT", "due_at": "BIGINT"},
        "queues": {
            "filter": "TEXT",
            "reviewers": "TEXT",
            "reviews": "BIGINT",
            "hold_minutes": "DOUBLE PRECISION",
            "repeats": "DOUBLE PRECISION",
        },
    }
    for table, columns in added.items():
        for name, kind in columns.items():
            connection.execute(sa.DDL(f"ALTER TABLE {table} ADD COLUMN {name} {kind}"))
    METADATA.tables["reservations"].create(connection)


def _worlds(connection: sa.Connection) -> None:
    """Trials tell how many of their calls a recorded world answered."""
    for name in ("replayed", "unrecorded"):
        connection.execute(sa.DDL(f"ALTER TABLE trials ADD COLUMN {name} BIGINT"))


def _tags(connection: sa.Connection) -> None:
    """Versions of datasets can have names."""
    METADATA.tables["dataset_tags"].create(connection, checkfirst=True)


def _shown_first(connection: sa.Connection) -> None:
    """Queues tell with which chance suggestions are shown first, and draws where they were."""
    connection.execute(sa.DDL("ALTER TABLE queues ADD COLUMN shown_first DOUBLE PRECISION"))
    connection.execute(sa.DDL("ALTER TABLE draws ADD COLUMN shown_first BOOLEAN"))


STEPS: Final[dict[int, Callable[[sa.Connection], None]]] = {
    1: _tokens,
    2: _queues,
    3: _worlds,
    4: _tags,
    5: _shown_first,
}
"""`STEPS[n]` changes tables of version n into those of version n + 1."""


def migrate(connection: sa.Connection) -> None:
    """Make the tables where there are none, or change older ones, within the caller's transaction.

    Raises
    ------
    VersionError
        A newer workbench wrote the workspace.
    """
    meta = METADATA.tables["meta"]
    if not sa.inspect(connection).has_table("meta"):
        METADATA.create_all(connection)
        connection.execute(meta.insert().values(key="version", value=str(VERSION)))
        return
    found = int(connection.execute(sa.select(meta.c.value).where(meta.c.key == "version")).scalar_one())
    if found > VERSION:
        msg = (
            f"this workspace has tables of version {found}, this workbench knows {VERSION}: "
            "update it with `pip install -U trace-workbench`"
        )
        raise VersionError(msg)
    for version in range(found, VERSION):
        STEPS[version](connection)
    if found < VERSION:
        connection.execute(meta.update().where(meta.c.key == "version").values(value=str(VERSION)))


def is_current(connection: sa.Connection) -> bool:
    """Whether the tables are of this version, so that they can be read as they are."""
    meta = METADATA.tables["meta"]
    return connection.execute(sa.select(meta.c.value).where(meta.c.key == "version")).scalar_one() == str(VERSION)
