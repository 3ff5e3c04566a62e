"""Parquet as a table of records: what its columns become, and that damage to the file costs no more than the file."""

from __future__ import annotations

import gzip
import io
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench import load
from workbench.load import _warden
from workbench.load._read import READER_FAILED
from workbench.load._tables import decode

ROWS: list[dict[str, Any]] = [
    {"id": "r1", "name": "call", "run_type": "llm", "trace_id": "t", "parent_run_id": None, "dotted_order": "", "status": "success", "inputs": '{"prompts": ["Hi"]}', "outputs": '{"output": "Hello"}', "start_time": datetime(2026, 1, 1, tzinfo=UTC)},
    {"id": "r2", "name": "find", "run_type": "tool", "trace_id": "t", "parent_run_id": "r1", "dotted_order": "", "status": "success", "inputs": '{"input": "{}"}', "outputs": None, "start_time": datetime(2026, 1, 1, tzinfo=UTC)},
]  # fmt: skip


def parquet(rows: list[dict[str, Any]]) -> bytes:
    packed = io.BytesIO()
    pl.DataFrame(rows).write_parquet(packed)
    return packed.getvalue()


def test_columns_become_what_the_same_record_is_in_json(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "number": [float("nan"), 1.5],
            "with zone": [datetime(2026, 1, 1, tzinfo=UTC)] * 2,
            "without": [datetime(2026, 1, 1)] * 2,  # noqa: DTZ001 - exports have such times
            "object": [{"here": 1, "there": None, "deeper": {"x": None}}, {"here": None, "there": "a", "deeper": None}],
            "list": [[{"a": 1, "b": None}], None],
            "bytes": [b"gr\xc3\xbc\xc3\x9fe", None],
        }
    )
    frame.write_parquet(tmp_path / "a.parquet")
    source = load.Source(tmp_path / "a.parquet")
    assert source.layout == "table"
    nanos = 1_767_225_600_000_000_000
    assert [row for _, row in source.rows()] == source.samples
    assert source.samples == [
        {"number": None, "with zone": nanos, "without": nanos, "object": {"here": 1}, "list": [{"a": 1}], "bytes": "grüße"},
        {"number": 1.5, "with zone": nanos, "without": nanos, "object": {"there": "a"}, "list": None, "bytes": None},
    ]  # fmt: skip


def test_packed_or_not_it_reads_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(parquet(ROWS))
    (tmp_path / "b.parquet.gz").write_bytes(gzip.compress(parquet(ROWS)))
    one, other = (load.read(tmp_path / name) for name in ("a.parquet", "b.parquet.gz"))
    assert one.total("loaded") == other.total("loaded") == 2
    assert one.spans.drop("source").equals(other.spans.drop("source"))


@pytest.mark.parametrize("end", [5, 40, -1, -9])
def test_a_file_that_breaks_off_is_set_aside(end: int, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(parquet(ROWS)[:end])
    loaded = load.read(tmp_path / "a.parquet")
    assert loaded.set_aside.select("reason", "detail").rows() == [
        ("the file breaks off or is damaged", "OSError: the Parquet file is damaged, or not all there")
    ]


def test_damage_that_would_end_the_process_ends_only_a_helper(tmp_path: Path) -> None:
    whole, draw = parquet(ROWS), random.Random(7)
    file = tmp_path / "a.parquet"
    for _ in range(120):
        damaged = bytearray(whole)
        for _ in range(draw.randint(1, 6)):
            damaged[draw.randrange(4, len(damaged))] = draw.randrange(256)
        file.write_bytes(damaged)
        loaded = load.read(file)
        assert loaded.total("read") >= 1
        assert READER_FAILED not in loaded.set_aside["reason"]


def test_the_helper_says_of_each_file_how_it_went(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sound.parquet").write_bytes(parquet(ROWS))
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1 and nothing else PAR1")
    asked = [json.dumps(str(tmp_path / name)) for name in ("sound.parquet", "damaged.parquet")]
    _warden.serve(asked, decode)
    assert capsys.readouterr().out.split() == ["taken", "fine", "taken", "broken"]


def test_where_no_process_can_be_started_the_file_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError

    monkeypatch.setattr(_warden.subprocess, "Popen", refuse)
    monkeypatch.setattr(_warden, "_warden", _warden.Warden())
    (tmp_path / "a.parquet").write_bytes(parquet(ROWS))
    assert load.read(tmp_path / "a.parquet").total("loaded") == 2
