"""One JSON document too long to be held loads record by record to what it loads to at once."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from format_writers import WRITERS
from hypothesis import given, settings
from hypothesis import strategies as st
from otlp_lines import request, span

from workbench import load
from workbench._crew import Crew
from workbench.load import _documents, _pieces, _source
from workbench.load._documents import lines_of
from workbench.load._json import JsonReader
from workbench.load._registry import readers

PLACE = ("format", "source", "record")
SPANS = [span(f"{n:016x}", {"input.value": f'{n} \\" ]}} {{[ ' + "what was said " * 20}) for n in range(1, 300)]
REQUESTS = [request(*SPANS[at : at + 20], resource={"service.name": f"desk {at}"}) for at in range(0, len(SPANS), 20)]
MERGED = {"resourceSpans": [one for each in REQUESTS for one in each["resourceSpans"]]}
DOCUMENTS: dict[str, Any] = {
    "one resource": request(*SPANS, resource={"service.name": "desk"}),
    "many resources": MERGED,
    "requests": REQUESTS,
    "other members": {"schema": {"of": [1, 2]}, **MERGED, "resourceLogs": []},
}


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_source, "_DOCUMENT_FIRST", 50_000)
    monkeypatch.setattr(_pieces, "_PIECE", 30_000)
    monkeypatch.setattr(_documents, "_LINE", 9_000)


def rows(loaded: load.Loaded) -> list[dict[str, Any]]:
    return loaded.spans.drop(PLACE).sort("trace_id", "span_id").to_dicts()


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("packed", [False, True])
def test_a_long_document_is_read_as_a_short_one(
    name: str, indent: int | None, packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.dumps(DOCUMENTS[name], indent=indent).encode()
    file = tmp_path / "spans.json"
    file.write_bytes(gzip.compress(content) if packed else content)
    wanted = load.read(file)
    monkeypatch.setattr(_source, "_DOCUMENT_FIRST", 50_000)
    monkeypatch.setattr(_pieces, "_PIECE", 30_000)
    monkeypatch.setattr(_documents, "_LINE", 9_000)
    with Crew(1) as crew:
        loaded = load.read(file, crew=crew)
    assert loaded.sources["format"].to_list() == ["otlp"]
    assert rows(loaded) == rows(wanted)
    assert loaded.spans.height == len(SPANS)
    assert loaded.total("set_aside") == 0
    assert loaded.spans["record"].n_unique() > 1


ROWS = {
    name: [orjson.loads(line) for data in WRITERS[name]().values() for line in data.splitlines() if line[:2] == b'{"']
    for name in ("braintrust", "datadog", "langsmith", "opik", "weave")
}


@pytest.mark.parametrize("name", sorted(name for name in ROWS if len(ROWS[name]) > 1))
@pytest.mark.parametrize("page", [False, True])
def test_long_tables_are_read_row_by_row(
    name: str, page: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = next(reader for reader in readers() if reader.name == name)
    assert isinstance(reader, JsonReader)
    made: Any = ROWS[name] * (1 + 90_000 // len(orjson.dumps(ROWS[name])))
    if page and reader.pages:
        made = {"note": ["x"], reader.pages[-1]: made, "next": None}
    (tmp_path / "rows.json").write_bytes(orjson.dumps(made))
    wanted = load.read(tmp_path / "rows.json")
    monkeypatch.setattr(_source, "_DOCUMENT_FIRST", 50_000)
    monkeypatch.setattr(_pieces, "_PIECE", 30_000)
    loaded = load.read(tmp_path / "rows.json", crew=Crew(1))
    assert loaded.sources.drop("bytes").equals(wanted.sources.drop("bytes"))
    assert rows(loaded) == rows(wanted)
    assert wanted.spans.height > 1


@pytest.mark.usefixtures("little_memory")
def test_what_a_document_breaks_off_in_is_said_and_the_rest_stays(tmp_path: Path) -> None:
    content = json.dumps(DOCUMENTS["one resource"]).encode()
    (tmp_path / "spans.json").write_bytes(content[: len(content) * 2 // 3])
    loaded = load.read(tmp_path / "spans.json", crew=Crew(1))
    assert loaded.set_aside["reason"].to_list() == ["a truncated line"]
    assert loaded.spans.height >= len(SPANS) * 2 // 3 - 3


@pytest.mark.usefixtures("little_memory")
def test_what_is_no_record_is_set_aside(tmp_path: Path) -> None:
    content = json.dumps([*REQUESTS[:8], 7, {"level": "info"}, *REQUESTS[8:]]).encode()
    (tmp_path / "spans.json").write_bytes(content)
    loaded = load.read(tmp_path / "spans.json", crew=Crew(1))
    assert loaded.spans.height == len(SPANS)
    assert loaded.total("set_aside") == 2


@pytest.mark.usefixtures("little_memory")
def test_lines_stay_lines_whatever_their_length(tmp_path: Path) -> None:
    huge = request(span("000000000000ffff", {"input.value": "y" * 200_000}))
    file = tmp_path / "spans.jsonl"
    file.write_bytes(b"\n".join(map(orjson.dumps, [huge, *REQUESTS, {"level": "info"}, huge])))
    loaded = load.read(file, crew=Crew(1))
    assert loaded.spans.height == len(SPANS) + 1
    assert (loaded.total("merged"), loaded.total("set_aside")) == (1, 1)
    file.write_bytes(b'{"torn": [' + b"z" * 70_000 + b"\n" + b"\n".join(map(orjson.dumps, REQUESTS)))
    torn = load.read(file, crew=Crew(1))
    assert (torn.spans.height, torn.total("set_aside")) == (len(SPANS), 1)


@pytest.mark.usefixtures("little_memory")
def test_a_long_document_that_cannot_be_cut_is_read_whole(tmp_path: Path) -> None:
    turns = [{"role": role, "content": "x" * 300} for _ in range(200) for role in ("user", "assistant")]
    (tmp_path / "chat.json").write_bytes(orjson.dumps({"id": "c1", "messages": turns}))
    loaded = load.read(tmp_path / "chat.json", crew=Crew(1))
    assert loaded.sources["format"].to_list() == ["chat"]
    assert loaded.spans.filter(kind="llm").height == 200


def test_what_is_said_of_spans_after_them_is_not_lost_silently() -> None:
    told = b'[{"resourceSpans":[{"scopeSpans":[{"spans":[{"a":1}]}],"resource":{"late":1}}]}]'
    assert list(lines_of(io.BytesIO(told), "[{[{[{["))[1:] == [b'{"resource":{"late":1}}\n']


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('ab"\\[]{},:\n é', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"\\]', max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.dictionaries(st.text('ab"\\]{', max_size=3), _VALUES, max_size=3), max_size=6),
    block=st.integers(1, 40), indent=st.sampled_from([None, 1]), page=st.booleans(),
)  # fmt: skip
def test_any_rows_come_out_as_they_are(rows: list[Any], block: int, indent: int | None, page: bool) -> None:
    value = {"before": [1], "data": rows, "after": {"x": [{}]}} if page else rows
    content = json.dumps(value, indent=indent, ensure_ascii=False).encode()
    lines = lines_of(io.BytesIO(content), "{[" if page else "[", ["data"] if page else [], block=block)
    assert [json.loads(line) for line in lines] == rows
