"""What people and programs decide, as SQL tables: each is one of the schemas, with a key."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import orjson
import polars as pl
import sqlalchemy as sa

from workbench import schema

__all__ = ["METADATA", "TABLES", "VERSION", "UtcTime"]

VERSION: Final = 6
"""The version of the tables below; `_migrations` brings older workspaces up to it."""


class UtcTime(sa.types.TypeDecorator[dt.datetime]):
    """Microseconds since 1970 in UTC: the same number on every database, and no time zone to lose."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002
        """Refuse a time without a zone: nobody could say later which one was meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"a time without a zone: {value}"
            raise ValueError(msg)
        return (value - _EPOCH) // dt.timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> dt.datetime | None:  # noqa: ARG002
        """A UTC time."""
        return None if value is None else _EPOCH + dt.timedelta(microseconds=value)


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class _Names(sa.types.TypeDecorator[list[str]]):
    """A list of strings as JSON text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: list[str] | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """JSON text."""
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> list[str] | None:  # noqa: ARG002
        """The list again."""
        return None if value is None else orjson.loads(value)


def _sql_type(kind: pl.DataType) -> sa.types.TypeEngine[Any]:
    if isinstance(kind, pl.Datetime):
        return UtcTime()
    if isinstance(kind, pl.Int64):
        return sa.BigInteger()
    if isinstance(kind, pl.Float64):
        return sa.Double()
    if isinstance(kind, pl.Boolean):
        return sa.Boolean()
    if isinstance(kind, pl.List):
        return _Names()
    return sa.Text()


@dataclass(frozen=True, slots=True)
class _Table:
    schema: pl.Schema
    key: tuple[str, ...]
    index: tuple[str, ...] = ()


_DESCRIBED: Final[dict[str, _Table]] = {
    "loads": _Table(schema.LOADS, ("load_id",)),
    "sources": _Table(
        pl.Schema({"load_id": pl.String(), **schema.SOURCES, "modified_ns": pl.Int64()}),
        ("load_id", "source_id", "path"),
    ),
    "set_aside": _Table(
        pl.Schema({"load_id": pl.String(), **schema.SET_ASIDE, "ordinal": pl.Int64()}), ("load_id", "ordinal")
    ),
    "annotations": _Table(schema.ANNOTATIONS, ("annotation_id",), ("target_id",)),
    "queues": _Table(schema.QUEUES, ("queue_id",)),
    "draws": _Table(schema.DRAWS, ("draw_id",), ("queue_id",)),
    "reservations": _Table(schema.RESERVATIONS, ("reservation_id",), ("queue_id",)),
    "exposures": _Table(schema.EXPOSURES, ("exposure_id",)),
    "codebook_events": _Table(schema.CODEBOOK_EVENTS, ("event_id",)),
    "mode_edits": _Table(schema.MODE_EDITS, ("edit_id",)),
    "proposals": _Table(schema.PROPOSALS, ("proposal_id",)),
    "decisions": _Table(schema.DECISIONS, ("decision_id",)),
    "dataset_versions": _Table(schema.DATASET_VERSIONS, ("dataset", "version")),
    "dataset_tags": _Table(schema.DATASET_TAGS, ("tag_id",), ("dataset",)),
    "cases": _Table(schema.CASES, ("row_id",), ("dataset",)),
    "ground_truth": _Table(schema.GROUND_TRUTH, ("truth_id",), ("case_id",)),
    "experiments": _Table(schema.EXPERIMENTS, ("experiment_id",), ("name",)),
    "trials": _Table(schema.TRIALS, ("trial_id",), ("experiment_id",)),
    "results": _Table(schema.RESULTS, ("result_id",), ("trial_id",)),
}

METADATA: Final = sa.MetaData()
sa.Table("meta", METADATA, sa.Column("key", sa.Text(), primary_key=True), sa.Column("value", sa.Text(), nullable=False))
for _name, _table in _DESCRIBED.items():
    sa.Table(
        _name,
        METADATA,
        *(
            sa.Column(column, _sql_type(kind), primary_key=column in _table.key, index=column in _table.index)
            for column, kind in _table.schema.items()
        ),
    )

TABLES: Final[dict[str, pl.Schema]] = {name: table.schema for name, table in _DESCRIBED.items()}
"""The frame that each SQL table is read as."""
