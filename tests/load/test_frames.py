"""Frames of a live client: Polars, pandas and Arrow, read as their exports are, and known by their content."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from format_writers import WRITERS
from otlp_lines import write

import workbench as wb
from workbench import evidence, load

Row = dict[str, Any]

ROWS: dict[str, list[Row]] = {
    "weave": [orjson.loads(line) for line in WRITERS["weave"]()["calls.jsonl"].splitlines()],
    "braintrust": [orjson.loads(line) for line in WRITERS["braintrust"]()["logs.jsonl"].splitlines()],
    "phoenix": [orjson.loads(line) for line in WRITERS["phoenix"]()["spans.jsonl"].splitlines()],
    "langsmith": [orjson.loads(line) for line in WRITERS["langsmith"]()["runs.jsonl"].splitlines()],
}
PLACE = ("source", "record", "raw", "metadata")


class Level(Enum):
    """As clients hold constants."""

    ERROR = "ERROR"


class Held:
    """As clients hold objects."""

    def model_dump(self) -> Row:
        return {"input": 5, "output": 2}


def steps(loaded: load.Loaded) -> list[Any]:
    return evidence.steps(loaded.spans).select("session_id", "kind", "text", "tool_name", "tool_result", "error").rows()


@pytest.mark.parametrize("name", ROWS)
class TestFrames:
    def test_rows_of_objects(self, name: str, tmp_path: Path) -> None:
        file = load.read(write(tmp_path / "rows.jsonl", *ROWS[name]))
        assert load.read(ROWS[name]).spans.drop(PLACE).equals(file.spans.drop(PLACE))

    def test_pandas(self, name: str, tmp_path: Path) -> None:
        pandas = pytest.importorskip("pandas")
        loaded = load.read(pandas.DataFrame(ROWS[name]))
        assert steps(loaded) == steps(load.read(write(tmp_path / "rows.jsonl", *ROWS[name])))
        assert loaded.sources["format"].to_list() == [name]

    def test_polars_with_structure_as_text(self, name: str, tmp_path: Path) -> None:
        cells = [
            {key: orjson.dumps(value).decode() if isinstance(value, list) else value for key, value in row.items()}
            for row in ROWS[name]
        ]
        if name == "phoenix":  # its attributes differ from span to span: a frame holds them as columns
            cells = [{**{key: value for key, value in row.items() if key not in ("attributes", "context", "id")}, "context.trace_id": row["context"]["trace_id"], "context.span_id": row["context"]["span_id"], **{f"attributes.{key}": value for key, value in row["attributes"].items()}} for row in ROWS[name]]  # fmt: skip
        else:
            cells = [
                {key: orjson.dumps(value).decode() if isinstance(value, dict) else value for key, value in row.items()}
                for row in cells
            ]
        frame = pl.DataFrame(cells, infer_schema_length=None)
        wanted = steps(load.read(write(tmp_path / "rows.jsonl", *ROWS[name])))
        assert steps(load.read(frame)) == wanted
        assert steps(load.read(frame.lazy())) == wanted


def test_an_index_with_a_name_is_a_column() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(ROWS["braintrust"]).set_index("span_id")
    assert load.read(frame).total("loaded") == len(ROWS["braintrust"])


def test_cells_of_other_libraries() -> None:
    np = pytest.importorskip("numpy")
    pandas = pytest.importorskip("pandas")
    row = {
        "id": "o", "traceId": "t", "type": "GENERATION", "parentObservationId": pandas.NA, "startTime": pandas.Timestamp("2026-01-01T00:00:00.123456789Z"), "endTime": datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC),
        "level": Level.ERROR, "statusMessage": float("nan"), "usageDetails": Held(), "totalCost": np.float64(0.5), "tags": np.array(["a", "b"]), "input": np.array([{"role": "user", "content": "Hi", "name": None}], dtype=object), "output": b"Hello",
    }  # fmt: skip
    span = load.read([row]).spans.to_dicts()[0]
    assert span["start"] == datetime(2026, 1, 1, 0, 0, 0, 123456, UTC)
    assert (span["status"], span["error_message"], span["input_tokens"], span["total_cost"], span["tags"]) == (
        "error",
        None,
        5,
        0.5,
        ["a", "b"],
    )
    assert orjson.loads(span["input_messages"]) == [{"role": "user", "content": "Hi"}]
    assert orjson.loads(span["output_messages"]) == [{"role": "assistant", "content": "Hello"}]
    assert load.read([row]).spans["start"].dt.nanosecond().to_list() == [123456789]


def test_a_frame_is_one_source_known_by_its_content() -> None:
    first, second = load.read(ROWS["weave"]), load.read(ROWS["weave"][:-1])
    assert first.sources.height == 1
    assert first.sources["path"].to_list() == [f"frame-{first.sources['source_id'][0]}"]
    assert (
        first.sources["source_id"][0]
        == load.read(ROWS["weave"]).sources["source_id"][0]
        != second.sources["source_id"][0]
    )
    assert first.sources["bytes"][0] > 0


def test_frames_and_files_together(tmp_path: Path) -> None:
    file = write(tmp_path / "rows.jsonl", *ROWS["braintrust"])
    loaded = load.read([file, pl.DataFrame(ROWS["weave"][:1]), ROWS["weave"][1:]])
    assert loaded.sources["format"].to_list() == ["braintrust", "weave", "weave"]


def test_a_frame_that_nobody_knows_is_set_aside() -> None:
    loaded = load.read(pl.DataFrame({"a": [1, 2], "b": [3, 4]}))
    assert loaded.set_aside.select("reason", "detail").rows() == [("no reader knows this file", "it has a, b")]
    assert load.read(pl.DataFrame({"a": []})).set_aside["reason"].to_list() == ["the file is empty"]


def test_a_workspace_loads_a_frame_once(tmp_path: Path) -> None:
    ws = wb.open(tmp_path / "ws")
    assert ws.load(ROWS["weave"]).totals["loaded"] == len(ROWS["weave"])
    again = ws.load(ROWS["weave"])
    assert (again.sources.height, len(again.skipped)) == (0, 1)
    both = ws.load([write(tmp_path / "rows.jsonl", *ROWS["braintrust"]), pl.DataFrame(ROWS["phoenix"][:1])])
    assert both.sources.height == 2
    assert set(ws.sessions()["session_id"]) == {"desk-1", "desk-2"}
    ws.close()


def test_halves_of_characters_are_replaced() -> None:
    loaded = load.read([{"messages": [{"role": "user", "content": "cut \ud83d"}]}])
    assert steps(loaded)[0][2] == "cut \ufffd"
