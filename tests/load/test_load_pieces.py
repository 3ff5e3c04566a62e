"""A long file, read in pieces by several processes and laid down in parts, loads to what it loads to at once."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from otlp_lines import attributes, logs, request, span, write

from workbench import load
from workbench._crew import Crew
from workbench.load import _into, _pieces
from workbench.redact import Redactor
from workbench.store import Store

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "baseline.jsonl"


@pytest.fixture
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pieces, "_PIECE", 40_000)
    monkeypatch.setattr(_pieces, "_LONG", 50_000)


def same(one: load.Loaded, other: load.Loaded) -> None:
    assert one.spans.drop("source").equals(other.spans.drop("source"))
    assert one.scores.drop("source").equals(other.scores.drop("source"))
    places = ("record", "reason", "detail", "excerpt")
    assert one.set_aside.select(places).equals(other.set_aside.select(places))
    counts = ("read", "loaded", "merged", "superseded", "set_aside")
    assert one.sources.select(counts).equals(other.sources.select(counts))
    assert one.blobs == other.blobs
    assert one.unknown_attributes.equals(other.unknown_attributes)


@pytest.mark.parametrize("helpers", [1, 2])
@pytest.mark.usefixtures("short_pieces")
def test_pieces_are_the_whole(helpers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with Crew(helpers) as crew:
        pieces = load.read(SAMPLE, crew=crew)
    monkeypatch.setattr(_pieces, "_LONG", 1 << 40)
    same(pieces, load.read(SAMPLE))


@pytest.mark.usefixtures("short_pieces")
def test_packed_files_are_read_in_pieces_too_and_a_torn_one_keeps_what_was_whole(tmp_path: Path) -> None:
    packed = gzip.compress(SAMPLE.read_bytes())
    (tmp_path / "whole.jsonl.gz").write_bytes(packed)
    (tmp_path / "torn.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    with Crew(2) as crew:
        same(load.read(tmp_path / "whole.jsonl.gz", crew=crew), load.read(SAMPLE, crew=crew))
        torn = load.read(tmp_path / "torn.jsonl.gz", crew=crew)
    assert torn.total("loaded") > 0
    assert "the file breaks off or is damaged" in torn.set_aside["reason"].to_list()


@pytest.mark.usefixtures("short_pieces")
def test_what_belongs_together_meets_across_pieces(tmp_path: Path) -> None:
    filler = [request(span(f"{n:016x}", {"input.value": "x" * 400})) for n in range(1, 300)]
    said = {"gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"late"}]}]'}
    late = logs({
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": f"{1:016x}", "timeUnixNano": "1700000000000000001",
        "eventName": "gen_ai.client.inference.operation.details", "attributes": attributes(said),
    })  # fmt: skip
    circle = [request(span("ff000000000000f1", parentSpanId="ff000000000000f2"))]
    file = write(
        tmp_path / "a.jsonl", *circle, *filler, late, request(span("ff000000000000f2", parentSpanId="ff000000000000f1")),
        filler[0], b'{"torn', request(span(f"{2:016x}", {"input.value": "x" * 900})),
    )  # fmt: skip
    with Crew(2) as crew:
        found = load.read(file, crew=crew)
    assert (found.total("merged"), found.total("superseded"), found.total("set_aside")) == (1, 1, 1)
    assert found.set_aside["record"].to_list() == [304]
    by_id = {row["span_id"]: row for row in found.spans.iter_rows(named=True)}
    assert "late" in by_id[f"{1:016x}"]["input_messages"]
    assert len(by_id[f"{2:016x}"]["input"]) == 900
    assert [name for name in ("ff000000000000f1", "ff000000000000f2") if by_id[name]["parent_id"] is None]


@pytest.mark.usefixtures("short_pieces")
def test_a_load_too_large_for_memory_is_committed_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_into, "_HELD", 100_000)
    store = Store(tmp_path / "ws")
    with store.incoming() as incoming, Crew(2) as crew:
        read = load.read(SAMPLE, into=load.Into(incoming, store.blobs.put_compressed), crew=crew)
        assert read.spans.height == 0
        assert len(read.parts) > 1
        assert store.scan_spans().collect().height == 0
        store.add_load(
            spans=read.spans, scores=read.scores, sources=read.sources, set_aside=read.set_aside, superseded=read.superseded,
            blobs=read.blobs, modified_ns={}, config="", parts=read.parts,
        )  # fmt: skip
    whole = load.read(SAMPLE).spans
    key = ["trace_id", "span_id"]
    assert store.scan_spans().drop("load_id").collect().sort(key).equals(whole.sort(key))
    assert store.loads()["spans"].to_list() == [whole.height]
    assert list((tmp_path / "ws" / "traces").glob(".incoming*")) == []
    store.close()


@pytest.mark.usefixtures("short_pieces")
def test_redaction_reaches_every_process_and_every_count_comes_home(tmp_path: Path) -> None:
    told = [request(span(f"{n:016x}", {"input.value": f"from ana@example.org {'x' * 300}"})) for n in range(1, 400)]
    file = write(tmp_path / "a.jsonl", *told, b'{"torn": "bo@example.org')
    redactor = Redactor(b"key")
    with Crew(2) as crew:
        found = load.read(file, crew=crew, options=load.LoadOptions(redact=redactor))
    assert redactor.counts == {"mail": 400}
    assert found.spans["input"].str.contains("ana@").sum() == 0
    assert found.spans["input"].str.extract(r"(\[mail:\w+\])").n_unique() == 1
    assert "bo@" not in (found.set_aside["excerpt"][0] or "")


def test_a_script_without_a_main_guard_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import pathlib, sys\n"
        "from workbench import load\n"
        "from workbench.load import _pieces\n"
        "print('begun')\n"
        "_pieces._PIECE, _pieces._LONG = 40_000, 50_000\n"
        "from workbench._crew import Crew\n"
        f"print(load.read({str(SAMPLE)!r}, crew=Crew(2)).spans.height > 0)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
                          env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""})  # fmt: skip
    assert done.stdout.split() == ["begun", "True"]


def test_the_same_history_read_in_one_go_and_call_by_call() -> None:
    spans = load.read(SAMPLE).spans.filter(pl.col("input_messages").is_not_null())
    again = spans.select(pl.col("input_messages").map_elements(load_again, return_dtype=pl.String).alias("again"))
    assert again["again"].to_list() == spans["input_messages"].to_list()


def load_again(text: str) -> str:
    from workbench.load._messages import messages
    from workbench.load._values import dumps

    return dumps(messages(text))
