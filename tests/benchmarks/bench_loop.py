"""From files to named modes on 10,000 sessions with 25 planted kinds of failure; and what importing costs.

Run it:  python tests/benchmarks/bench_loop.py [--sessions 10000] [--runs 3]

Beside each stage stands the nearest that any tool has to do: parsing every line with orjson and writing the same rows as one
zstd Parquet file. Figures are medians; machines are noisy, so believe the ratios.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import polars as pl

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "data"))

import generator  # noqa: E402 - it lies beside the sample

import workbench as wb  # noqa: E402


def timed(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def parse(path: Path) -> None:
    with path.open("rb") as lines:
        for line in lines:
            try:
                orjson.loads(line)
            except orjson.JSONDecodeError:
                continue


def import_seconds(runs: int) -> tuple[float, float]:
    """Median seconds of a bare interpreter, and of one that imports the workbench."""

    def start(code: str) -> float:
        return statistics.median(
            timed(lambda: subprocess.run([sys.executable, "-c", code], check=True)) for _ in range(runs)
        )

    return start("pass"), start("import workbench")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sessions", type=int, default=10_000)
    options.add_argument("--runs", type=int, default=3)
    given = options.parse_args()

    bare, imported = import_seconds(given.runs * 2 + 1)
    print(f"import workbench: {imported - bare:.3f} s more than a bare interpreter ({bare:.3f} s)")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        generator.generate(root / "made", truth=root / "truth", sessions=given.sessions, seed=11, modes=25)
        file = root / "made" / "baseline.jsonl"
        print(f"{given.sessions:,} sessions, {file.stat().st_size / 1e6:.0f} MB of OTLP")
        load(root, file, given.runs)
        cluster(root, file)


def load(root: Path, file: Path, runs: int) -> None:
    """File to sessions table, and a second load, in turn with the peer."""
    whole: list[float] = []
    peer: list[float] = []
    again: list[float] = []
    for run in range(runs + 1):
        ws = wb.open(root / f"ws-{run}")
        whole.append(timed(lambda ws=ws: ws.load(file)))
        rolled = timed(ws.sessions)
        again.append(timed(lambda ws=ws: ws.load(file)))
        rows = ws.scan_spans().collect()
        peer.append(
            timed(lambda: parse(file))
            + timed(lambda rows=rows: rows.write_parquet(root / "peer.parquet", compression="zstd"))
        )
        spans, sessions = rows.height, ws.sessions().height
        ws.close()
    ours, theirs = statistics.median(whole[1:]), statistics.median(peer[1:])
    print(
        f"load: {ours:.2f} s for {spans:,} spans; orjson + one Parquet write of the same rows: {theirs:.2f} s; ratio {ours / theirs:.2f}"
    )
    print(f"load again: {statistics.median(again[1:]):.3f} s, {statistics.median(again[1:]) / ours:.1%} of the first")
    print(f"steps and sessions table: {rolled:.2f} s for {sessions:,} sessions")


def cluster(root: Path, file: Path) -> None:
    """Failing sessions, by the truth, to named modes: first and second time."""
    from sklearn.metrics import adjusted_mutual_info_score

    truth = pl.read_ndjson(root / "truth" / "sessions.jsonl").filter(pl.col("release") == "1.4.0")
    failing = truth.filter(pl.col("mode").is_not_null())
    passing = truth.filter(pl.col("mode").is_null())
    ws = wb.open(root / "ws-cluster")
    ws.load(file)
    ws.steps()
    for name in ("cold", "warm"):
        started = time.perf_counter()
        modes = ws.cluster(failing, against=passing)
        print(
            f"cluster {name}: {time.perf_counter() - started:.1f} s for {failing.height:,} failing against {passing.height:,} passing sessions"
        )
    joined = modes.members.join(failing.select("session_id", truth="mode"), on="session_id")
    score = adjusted_mutual_info_score(joined["truth"].to_list(), joined["nearest"].fill_null(-1).to_list())
    print(
        f"{len(modes)} modes named, {failing['mode'].n_unique()} planted; AMI with the planted ones {score:.2f} (open sessions put to the nearest mode)"
    )
    ws.close()


if __name__ == "__main__":
    main()
