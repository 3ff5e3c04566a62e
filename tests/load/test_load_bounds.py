"""A load far larger than memory: what is held at once stays small, and what is found is the same."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from otlp_lines import TRACE, attributes, logs, request, span, write

from workbench import load
from workbench._crew import Crew
from workbench.load import _bounds, _inspect, _parted, _pieces, _sheet, _supplements

KEY = ["trace_id", "span_id"]
SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "baseline.jsonl"


def trace(number: int) -> str:
    return f"{number:032x}"


def log(number: int, text: str, trace_id: str, at: int) -> dict[str, object]:
    told = {
        "gen_ai.input.messages": orjson.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}]).decode()
    }
    return {
        "traceId": trace_id, "spanId": f"{number:016x}", "timeUnixNano": str(at),
        "eventName": "gen_ai.client.inference.operation.details", "attributes": attributes(told),
    }  # fmt: skip


def mixed(path: Path) -> Path:
    """Spans, repeated and grown ones, circles, log records before, after and without their spans, and the same log record twice."""
    lines: list[object] = []
    for number in range(1, 121):
        own = {"traceId": trace(number)}
        lines.append(request(span("00000000000000aa", {"input.value": f"{number} " + "x" * 300}, **own)))
        lines.append(request(span("00000000000000bb", parentSpanId="00000000000000cc", **own)))
        lines.append(request(span("00000000000000cc", parentSpanId="00000000000000bb", **own)))
        if number % 3 == 0:
            lines.append(request(span("00000000000000aa", {"input.value": f"{number} " + "x" * 900}, **own)))
        if number % 4 == 0:
            lines.append(logs(log(0xBB, f"said late {number}", trace(121 - number), 7)))
            lines.append(logs(log(0xDD, f"of no span {number}", trace(number), 9)))
        if number % 8 == 0:
            lines.append(logs(log(0xDD, f"of no span {number}", trace(number), 9)))
            lines.append(logs(log(0xDD, f"and again {number}", trace(number), 8)))
    return write(path, *lines)


def counts(loaded: load.Loaded) -> list[tuple[int, ...]]:
    return loaded.sources.select("read", "loaded", "merged", "superseded", "set_aside").rows()


@pytest.mark.parametrize("known", [False, True])
def test_a_load_in_parts_is_the_load_at_once(known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = mixed(tmp_path / "a.jsonl")
    earlier = None
    if known:
        before = load.read(write(tmp_path / "before.jsonl", request(span(f"{0xDD:016x}", traceId=trace(8)))))
        earlier = before.spans.with_columns(pl.lit("load-1").alias("load_id")).lazy()
    at_once = load.read(file, known=earlier)
    monkeypatch.setattr(_pieces, "_PIECE", 9_000)
    monkeypatch.setattr(_pieces, "_LONG", 10_000)
    monkeypatch.setattr(_pieces, "_HELD", 20_000)
    monkeypatch.setattr(_sheet, "_HELD", 20_000)
    monkeypatch.setattr(_parted, "_AT_ONCE", 37)
    monkeypatch.setattr(_parted, "HELD", 1_000)
    monkeypatch.setattr(_supplements, "_AT_ONCE", 1_500)
    with Crew(1) as crew:
        parted = load.read(file, known=earlier, crew=crew, into=load.Into(tmp_path))
    assert counts(parted) == counts(at_once)
    assert parted.spans.sort(KEY).drop("source").equals(at_once.spans.sort(KEY).drop("source"))
    assert parted.superseded.equals(at_once.superseded)
    assert sorted(parted.notes) == sorted(at_once.notes)
    assert at_once.total("merged") == 15
    assert at_once.superseded.height == int(known)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_log_records_of_a_load_in_parts_reach_the_span_of_another_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_supplements, "_AT_ONCE", 200)
    spans = [request(span(f"{n:016x}")) for n in range(1, 60)]
    told = [logs(log(n, f"number {n}", TRACE, n)) for n in range(59, 0, -1)]
    found = load.read(write(tmp_path / "a.jsonl", *told, *spans)).spans.sort("span_id")
    said = [orjson.loads(text)[0]["content"] for text in found["input_messages"].to_list()]
    assert said == [f"number {n}" for n in range(1, 60)]


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (_bounds, _inspect, _pieces):
        monkeypatch.setattr(module, "LARGEST", 5_000)


def refusals(loaded: load.Loaded) -> list[tuple[Any, ...]]:
    return loaded.set_aside.select("record", "reason", "detail").rows()


LINE = "a line of more than 5,000 bytes; write its records on lines of their own"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("long", [False, True])
@pytest.mark.usefixtures("little_memory")
def test_a_line_too_long_to_be_held_costs_no_other(
    packed: bool, long: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if long:
        monkeypatch.setattr(_pieces, "_PIECE", 2_000)
        monkeypatch.setattr(_pieces, "_LONG", 100)
    lines = [request(span(f"{n:016x}")) for n in range(1, 20)]
    file = write(
        tmp_path / "a.jsonl", *lines[:9], request(span("00000000000000ff", {"input.value": "x" * 20_000})), *lines[9:]
    )
    if packed:
        file = tmp_path / "b.jsonl.gz"
        file.write_bytes(gzip.compress((tmp_path / "a.jsonl").read_bytes()))
    with Crew(1) as crew:
        found = load.read(file, crew=crew)
    assert refusals(found) == [(10, "too long to be read at once", LINE)]
    assert found.spans["span_id"].to_list() == [f"{n:016x}" for n in range(1, 20)]
    assert found.spans["record"].to_list() == [*range(1, 10), *range(11, 21)]


@pytest.mark.usefixtures("little_memory")
def test_a_document_too_long_to_be_held_is_refused_with_what_to_do(tmp_path: Path) -> None:
    samples = [{"id": n, "messages": [{"role": "user", "content": "x" * 900}]} for n in range(9)]
    (tmp_path / "log.json").write_text(
        json_over_lines({"eval": {"task": "t"}, "status": "success", "samples": samples})
    )
    (tmp_path / "wide.json").write_bytes("x".encode("utf-16") * 9_000)
    for name in ("log.json", "wide.json"):
        ((record, reason, detail),) = refusals(load.read(tmp_path / name))
        assert (record, reason) == (1, "too long to be read at once")
        assert "more than 5,000 bytes; export it as JSON lines" in detail


def json_over_lines(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def inspect_log(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/") + ".json", data)
    return path


def sample(number: int, text: str) -> bytes:
    return orjson.dumps({"id": number, "epoch": 1, "messages": [{"role": "user", "content": text}]})


@pytest.mark.usefixtures("little_memory")
def test_a_sample_of_gigabytes_costs_no_other_sample_of_its_log(tmp_path: Path) -> None:
    header = orjson.dumps({"eval": {"task": "t", "model": "m"}, "status": "success"})
    members = {
        "header": header,
        "samples__1": sample(1, "Hi"),
        "samples__2": sample(2, "x" * 9_000),
        "samples__3": sample(3, "Ho"),
    }
    found = load.read(inspect_log(tmp_path / "a.eval", **members))
    assert refusals(found) == [
        (2, "too long to be read at once",
         "samples/2.json of more than 5,000 bytes; run with `--no-log-images --no-log-model-api`, or leave its events out")
    ]  # fmt: skip
    assert (found.total("read"), found.total("loaded")) == (3, 2)


def test_a_damaged_header_is_named_and_its_samples_are_read(tmp_path: Path) -> None:
    started = orjson.dumps({"eval": {"task": "t", "model": "m"}})
    torn = inspect_log(tmp_path / "a.eval", header=b'{"eval": {', _journal__start=started, samples__1=sample(1, "Hi"))
    bare = inspect_log(tmp_path / "b.eval", header=b'{"eval": {', samples__1=sample(2, "Ho"))
    for file in (torn, bare):
        found = load.read(file)
        ((record, reason, detail),) = refusals(found)
        assert (record, reason) == (0, "a header that cannot be decompressed or parsed")
        assert detail.startswith("header.json: ")
        assert (found.total("read"), found.total("loaded")) == (2, 1)
