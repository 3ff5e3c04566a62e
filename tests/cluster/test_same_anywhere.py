"""The same sessions give the same modes, names and quotes to the letter in another process, with other threads and other hashes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import json, sys
from workbench import evidence, load
from workbench.cluster import cluster, facet_text

steps = evidence.steps(load.read([sys.argv[1]]).spans)
steps = steps.filter(steps["session_id"].is_in(steps["session_id"].unique(maintain_order=True).head(400).to_list()))
every = facet_text(steps, "failure")
failing = every["text"].str.contains("error|claimed|nowhere|asked again|missing")
modes = cluster(every.filter(failing), against=every.filter(~failing))
told = modes.to_json() | {
    "texts": every.to_dicts(),
    "points": modes.points.to_dicts(),
    "families": modes.families().to_frame().to_dicts(),
    "crosswalk": modes.crosswalk().to_dicts(),
    "assigned": modes.assign(every.head(100)).to_frame().to_dicts(),
}
json.dump(told, sys.stdout)
"""


def started(hashes: str, threads: str) -> subprocess.Popen[str]:
    count = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(ROOT / "data" / "sample" / "baseline.jsonl")],
        env={**os.environ, **count, "PYTHONHASHSEED": hashes, "POLARS_MAX_THREADS": threads},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_two_processes_with_other_hashes_and_threads_find_the_same_to_the_letter() -> None:
    said: list[dict[str, Any]] = []
    for process in [started("1", "1"), started("2", "2")]:
        out, _ = process.communicate(timeout=300)
        assert process.returncode == 0
        said.append(json.loads(out))
    one, other = said
    assert len(one["modes"]) > 1
    for part in one:
        assert one[part] == other[part], part
