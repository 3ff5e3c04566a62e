"""One Parquet file: a row a case, its ground truth as a list beside it, its world as bytes; the header as file metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import polars as pl

from workbench.dataset._dataset import Dataset
from workbench.dataset._exporter import Exporter
from workbench.dataset._tables import CASES, GROUND_TRUTH, STATES
from workbench.dataset._to_jsonl import header_of, verified
from workbench.errors import InputError

__all__ = ["PARQUET"]

_KEY: Final = "workbench.dataset"


def _write(dataset: Dataset, path: Path) -> None:
    truths = dataset.ground_truth.select("case_id", pl.struct(GROUND_TRUTH.names()).alias("ground_truth"))
    grouped = truths.group_by("case_id", maintain_order=True).agg("ground_truth")
    worlds = pl.DataFrame(
        {"world_id": list(dataset.worlds), "world": list(dataset.worlds.values())},
        schema={"world_id": pl.String(), "world": pl.Binary()},
    )
    frame = dataset.cases.join(grouped, on="case_id", how="left", maintain_order="left")
    frame = frame.join(worlds, on="world_id", how="left", maintain_order="left")
    frame.write_parquet(path, metadata={_KEY: json.dumps(header_of(dataset))})


def _read(path: Path) -> Dataset:
    try:
        header: dict[str, Any] = json.loads(pl.read_parquet_metadata(path)[_KEY])
        frame = pl.read_parquet(path)
        cases = frame.select(CASES.names()).cast(CASES)
        truths = frame.select("ground_truth").explode("ground_truth").drop_nulls().unnest("ground_truth")
        truths = truths.select(GROUND_TRUTH.names()).cast(GROUND_TRUTH)
        pairs = frame.select("world_id", "world").drop_nulls().iter_rows()
    except (KeyError, ValueError, pl.exceptions.PolarsError) as error:
        msg = f"{path}: no Parquet file of a dataset ({error}); only files that the workbench exported can be read back"
        raise InputError(msg) from error
    return verified(path, header, cases, truths, dict(pairs))


PARQUET: Final = Exporter("parquet", ".parquet", _write, _read, states=STATES)
