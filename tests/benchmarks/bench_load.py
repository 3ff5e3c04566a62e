"""Loading OTLP: how long, against parsing the same lines and writing the same rows; how much memory; the sessions table.

Run it:  python tests/benchmarks/bench_load.py [--sessions 10000] [--runs 3] [--gigabytes 5 --encodings lines prefixed] [--spans 1000000]

The peer is the least that any tool has to do: `orjson.loads` of every line and one zstd Parquet file of the same rows. Both are
warm and run in turn, A B A B; figures are medians. Machines are noisy: believe the ratios, and those only where nothing else
runs. `--gigabytes` loads one file of that size in each encoding in a process of its own and prints the most memory that it and its
helpers held at once; `--spans` times the sessions table over so many spans.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import zstandard

ENCODINGS = ["lines", "protobuf", "prefixed", "zstd each", "document", "one resource", "logs"]
ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "data"), str(ROOT / "tests")]

import generator  # noqa: E402 - it lies beside the sample
from otlp_lines import logs, request, span  # noqa: E402 - a helper of the tests
from otlp_wire import encode, prefixed  # noqa: E402

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


def units(file: Path, encoding: str) -> tuple[bytes, Iterator[bytes], bytes, bytes]:
    """The file's requests in another encoding: what stands before them, each, what stands between two, and at the end."""
    with file.open("rb") as lines:
        told = [line for line in lines if line.startswith(b'{"resourceSpans"') and _is_sound(line)]
    if encoding == "lines":
        return b"", iter(told), b"", b""
    if encoding == "document":
        return b'{"resourceSpans":[', (line.strip()[18:-2] for line in told), b",\n", b"]}"
    if encoding == "one resource":
        before = b'{"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"scope":{"name":"all"},"spans":['
        return before, (orjson.dumps(one) for line in told for one in _spans(line)), b",\n", b"]}]}]}"
    if encoding == "logs":
        return b"", (line for line in map(_as_logs, told) if line), b"", b""
    made = (encode(orjson.loads(line)) for line in told)
    if encoding == "protobuf":
        return b"", made, b"", b""
    pack = zstandard.ZstdCompressor(level=1).compress
    return b"", (prefixed(each if encoding == "prefixed" else pack(each)) for each in made), b"", b""


def _is_sound(line: bytes) -> bool:
    try:
        return all("traceId" in one and "spanId" in one for one in _spans(line))
    except orjson.JSONDecodeError:
        return False


def _spans(line: bytes) -> Iterator[dict[str, Any]]:
    for sent in orjson.loads(line)["resourceSpans"]:
        for scoped in sent["scopeSpans"]:
            yield from scoped["spans"]


def _as_logs(line: bytes) -> bytes:
    """What the model calls of a request say, as log records."""
    told = [
        {
            "traceId": one["traceId"], "spanId": one["spanId"], "timeUnixNano": one["startTimeUnixNano"],
            "eventName": "gen_ai.client.inference.operation.details", "attributes": one["attributes"],
        }
        for one in _spans(line) if any(pair["key"].endswith("messages") for pair in one["attributes"])
    ]  # fmt: skip
    return orjson.dumps(logs(*told)) + b"\n" if told else b""


def in_encoding(file: Path, path: Path, encoding: str, size: int) -> Path:
    """The file's requests again and again, each time with ids of their own, until it is of that size."""
    before, each, between, after = units(file, encoding)
    held = list(each)
    written = number = 0
    with path.open("wb") as out:
        out.write(before)
        while written < size:
            mark = b"%04x" % number
            for one in held:
                if written:
                    out.write(between)
                if encoding == "zstd each":
                    body = zstandard.ZstdDecompressor().decompress(one[4:])
                    one = prefixed(zstandard.ZstdCompressor(level=1).compress(_marked(body, mark)))  # noqa: PLW2901
                else:
                    one = _marked(one, mark)  # noqa: PLW2901
                written += out.write(one)
                if written >= size:
                    break
            number += 1
        out.write(after)
    return path


def _marked(text: bytes, mark: bytes) -> bytes:
    text = re.sub(rb'("traceId":"|conv-)[0-9a-f]{4}', rb"\g<1>" + mark, text)
    in_bytes = bytes.fromhex(mark.decode())
    return re.sub(
        rb"\x0a\x10..(.{14}\x12\x08)", lambda found: b"\x0a\x10" + in_bytes + found.group(1), text, flags=re.DOTALL
    )


def memory(root: Path, file: Path, gigabytes: float, encodings: list[str]) -> None:
    for encoding in encodings:
        large = in_encoding(file, root / "large", encoding, int(gigabytes * 1e9))
        child = [sys.executable, __file__, "--load", str(large), "--into", str(root / f"ws-{encoding}")]
        print(f"{encoding}: ", end="", flush=True)
        subprocess.run(child, check=True)
        large.unlink()
        shutil.rmtree(root / f"ws-{encoding}")


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
    options.add_argument("--encodings", nargs="+", default=ENCODINGS, choices=ENCODINGS)
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
            memory(root, file, given.gigabytes, given.encodings)


if __name__ == "__main__":
    main()
