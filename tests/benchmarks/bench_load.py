"""Loading OTLP: how long, against parsing the same lines and writing the same rows; how much memory; the sessions table.

Run it:  python tests/benchmarks/bench_load.py [--sessions 10000] [--runs 3] [--gigabytes 5] [--spans 1000000]

The peer is the least that any tool has to do: `orjson.loads` of every line and one zstd Parquet file of the same rows. Both are
warm and run in turn, A B A B; figures are medians. Machines are noisy: believe the ratios, and those only where nothing else
runs. `--gigabytes` loads one file of that size in a process of its own and prints the most memory that it and its
helpers held at once; `--spans` times the sessions table over so many spans.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "data"), str(ROOT / "tests")]

import generator  # noqa: E402 - it lies beside the sample
from otlp_lines import request, span  # noqa: E402 - a helper of the tests

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


def sample(root: Path, sessions: int) -> Path:
    generator.generate(root / "made", truth=root / "truth", sessions=sessions, seed=11, modes=25)
    return root / "made" / "baseline.jsonl"


def long_histories(path: Path, sessions: int = 60, calls: int = 60) -> Path:
    """Sessions in which every model call repeats a conversation of long messages, up to some 40,000 characters."""
    with path.open("wb") as out:
        for session in range(sessions):
            history: list[dict[str, object]] = []
            for call in range(calls):
                history.append(_message("user", f"{session}.{call} " + "what was said before matters " * 12))
                answer = _message("assistant", f"{call} " + "and so it is repeated every time " * 10)
                told = {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.request.model": "m",
                    "gen_ai.conversation.id": f"long-{session}",
                    "gen_ai.input.messages": orjson.dumps(history).decode(),
                    "gen_ai.output.messages": orjson.dumps([answer]).decode(),
                }
                made = span(f"{session:08x}{call:08x}", told, traceId=f"{session:032x}")
                out.write(orjson.dumps(request(made)) + b"\n")
                history.append(answer)
    return path


def _message(role: str, words: str) -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "content": words}]}


def against_the_peer(root: Path, file: Path, runs: int) -> None:
    whole: list[float] = []
    peer: list[float] = []
    again: list[float] = []
    spans = 0
    for run in range(runs + 1):
        ws = wb.open(root / f"{file.stem}-{run}")
        whole.append(timed(lambda ws=ws: ws.load(file)))
        again.append(timed(lambda ws=ws: ws.load(file)))
        rows = ws.scan_spans().collect()
        write = timed(lambda rows=rows: rows.write_parquet(root / "peer.parquet", compression="zstd"))
        peer.append(timed(lambda: parse(file)) + write)
        spans = rows.height
        ws.close()
    ours, theirs = statistics.median(whole[1:]), statistics.median(peer[1:])
    ratio = statistics.median(a / b for a, b in zip(whole[1:], peer[1:], strict=True))
    print(
        f"{file.name}: {file.stat().st_size / 1e6:.0f} MB, {spans:,} spans: {ours:.2f} s; orjson and one Parquet write "
        f"{theirs:.2f} s; ratio {ratio:.2f}; again {statistics.median(again[1:]) / ours:.1%} of the first"
    )


def repeated(file: Path, path: Path, size: int) -> Path:
    """The file again and again, each time with ids of its own, until it is of that size."""
    written = number = 0
    with path.open("wb") as out:
        while written < size:
            for line in _lines_with(file, b"%04x" % number):
                written += out.write(line)
                if written >= size:
                    break
            number += 1
    return path


def _lines_with(file: Path, mark: bytes) -> Iterator[bytes]:
    with file.open("rb") as lines:
        for line in lines:
            yield re.sub(rb'("traceId":"|conv-)[0-9a-f]{4}', rb"\g<1>" + mark, line)


def memory(root: Path, file: Path, gigabytes: float) -> None:
    large = repeated(file, root / "large.jsonl", int(gigabytes * 1e9))
    child = [sys.executable, __file__, "--load", str(large), "--into", str(root / "ws-large")]
    subprocess.run(child, check=True)
    large.unlink()


def load_and_watch(file: Path, folder: Path) -> None:
    """Load in this process, and say how much memory it and its helpers held at the worst moment."""
    most = 0
    over = threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(0.05):
            most = max(most, _resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    ws = wb.open(folder)
    taken = timed(lambda: ws.load(file))
    over.set()
    watcher.join()
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{file.stat().st_size / 1e9:.1f} GB: {taken:.0f} s, {ws.store.loads()['spans'].sum():,} spans; "
        f"at most {most / 1e6:,.0f} MB resident with helpers ({own:,.0f} MB in this process alone)"
    )
    print(f"again: {timed(lambda: ws.load(file)):.2f} s")
    ws.close()


def _resident() -> int:
    me = os.getpid()
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if me in {parent, int(folder.name)}:
                total += int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError, IndexError):
            continue
    return total


def roll_up(root: Path, file: Path, spans: int) -> None:
    """The sessions table over many spans: made, and read again by a new process's workspace."""
    size = int(file.stat().st_size * spans / 90_000)
    ws = wb.open(root / "ws-rolled")
    ws.load(repeated(file, root / "many.jsonl", size))
    made = timed(ws.sessions)
    ws.close()
    ws = wb.open(root / "ws-rolled")
    fresh, warm = timed(ws.sessions), timed(ws.sessions)
    print(
        f"sessions over {ws.store.loads()['spans'].sum():,} spans: rolled up in {made:.1f} s; then {fresh:.2f} s in a new process, "
        f"{warm:.2f} s in the same ({ws.sessions().height:,} sessions)"
    )
    ws.close()


def many_files(root: Path, file: Path, files: int) -> None:
    """A folder of small files, loaded twice."""
    folder = root / "many"
    folder.mkdir()
    with file.open("rb") as lines:
        for number, line in zip(range(files), lines, strict=False):
            (folder / f"{number:05d}.jsonl").write_bytes(line)
    ws = wb.open(root / "ws-many")
    first, again = timed(lambda: ws.load(folder)), timed(lambda: ws.load(folder))
    print(f"{files:,} small files: {first:.2f} s; again {again:.2f} s, {again / first:.1%} of the first")
    ws.close()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sessions", type=int, default=10_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--files", type=int, default=3_000)
    options.add_argument("--gigabytes", type=float, default=0)
    options.add_argument("--spans", type=int, default=0)
    options.add_argument("--folder", type=Path, help="where to work; a temporary folder by default")
    options.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.load is not None:
        load_and_watch(given.load, given.into)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        root = Path(folder)
        file = sample(root, given.sessions)
        if given.runs:
            against_the_peer(root, file, given.runs)
            against_the_peer(root, long_histories(root / "long.jsonl"), given.runs)
        if given.files:
            many_files(root, file, given.files)
        if given.spans:
            roll_up(root, file, given.spans)
        if given.gigabytes:
            memory(root, file, given.gigabytes)


if __name__ == "__main__":
    main()
