"""Damaged files of every format: no crash, no hang, no silent loss, and the totals reconcile.

`make campaign` runs the same with many more seeds: `WORKBENCH_FUZZ` is how many damaged files a format gets.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import polars as pl
import pytest
from format_writers import WRITERS
from mutants import mutant

from workbench import evidence, load
from workbench.load import _otlp
from workbench.load._registry import readers

SEEDS = int(os.environ.get("WORKBENCH_FUZZ", "12"))
COUNTS = ("loaded", "merged", "superseded", "set_aside")


def write(folder: Path, content: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("name", sorted(WRITERS))
@pytest.mark.timeout(60 + 5 * SEEDS)
def test_a_damaged_file_loads_as_far_as_it_goes_and_says_what_does_not(name: str, tmp_path: Path) -> None:
    sound = WRITERS[name]()
    for seed in range(SEEDS):
        rng = random.Random(f"{name}/{seed}")
        damaged = {file: mutant(data, rng) if rng.random() < 0.8 else data for file, data in sound.items()}
        loaded = load.read(write(tmp_path / str(seed), damaged))
        assert loaded.sources.height >= len(damaged), seed
        assert (loaded.sources["read"] == loaded.sources.select(pl.sum_horizontal(COUNTS)).to_series()).all(), seed
        # The archive around other files has no records of its own; every other file ends somewhere.
        told = loaded.sources.filter(~pl.col("format").is_in(["zip", "tar"]).fill_null(value=False))
        assert (told["read"] > 0).all(), (seed, told.rows())
        assert loaded.set_aside["reason"].null_count() == 0, seed
        steps = evidence.steps(loaded.spans)
        assert evidence.sessions(loaded.spans, steps)["session_id"].is_unique().all(), seed


def by_lines(name: str) -> list[tuple[str, bytes]]:
    """A format's files whose lines are read each by itself."""
    reader = next(reader for reader in readers() if reader.name == name)
    if not getattr(reader, "by_line", False):
        return []
    return [
        (file, data) for file, data in sorted(WRITERS[name]().items()) if data.count(b"\n{") > 1 and data[:1] == b"{"
    ]


@pytest.mark.parametrize("name", sorted(name for name in WRITERS if by_lines(name)))
def test_one_bad_line_costs_no_other(name: str, tmp_path: Path) -> None:
    for seed in range(SEEDS):
        rng = random.Random(f"{name}/line/{seed}")
        file, data = rng.choice(by_lines(name))
        lines = data.splitlines()
        number = rng.randrange(len(lines))
        bad = mutant(lines[number], rng).replace(b"\n", b" ").replace(b"\r", b" ")
        without = b"\n".join((*lines[:number], *lines[number + 1 :]))
        expected = load.read(write(tmp_path / f"{seed}-without", {file: without})).spans
        got = load.read(
            write(tmp_path / f"{seed}-with", {file: b"\n".join((*lines[:number], bad, *lines[number + 1 :]))})
        )
        missing = expected.select("trace_id", "span_id").join(got.spans, on=["trace_id", "span_id"], how="anti")
        assert missing.height == 0, (seed, missing.rows())


def test_what_is_decided_once_for_a_kind_of_span_is_what_each_span_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = WRITERS["otlp"]()
    files = [
        write(
            tmp_path / str(seed), {name: mutant(data, random.Random(f"plan/{seed}")) for name, data in content.items()}
        )
        for seed in range(2 * SEEDS)
    ]
    by_plan = [load.read(folder) for folder in files]
    monkeypatch.setattr(_otlp, "gathered", lambda *_: False)
    for seed, (folder, quick) in enumerate(zip(files, by_plan, strict=True)):
        careful = load.read(folder)
        assert quick.spans.equals(careful.spans), seed
        assert quick.unknown_attributes.sort("name").equals(careful.unknown_attributes.sort("name")), seed
        assert quick.set_aside.equals(careful.set_aside), seed
