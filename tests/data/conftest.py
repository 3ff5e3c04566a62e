"""The shipped sample, read once for all tests that look into it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson
import polars as pl
import pytest

from workbench import evidence, load

DATA = Path(__file__).parents[2] / "data"


@dataclass(frozen=True)
class Sample:
    """The sample as the product sees it, and the truth beside it."""

    loaded: load.Loaded
    steps: pl.DataFrame
    truth: pl.DataFrame
    planted: list[dict[str, object]]


@pytest.fixture(scope="session")
def sample() -> Sample:
    files = [DATA / "sample" / name for name in ("baseline.jsonl", "candidate.jsonl", "feedback.jsonl")]
    loaded = load.read(files)
    lines = (DATA / "truth" / "planted.jsonl").read_bytes().splitlines()
    truth = pl.read_ndjson(DATA / "truth" / "sessions.jsonl", infer_schema_length=None)
    return Sample(loaded, evidence.steps(loaded.spans), truth, [orjson.loads(line) for line in lines])
