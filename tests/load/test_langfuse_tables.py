"""Langfuse's tables: what its pages and its blob storage write, in every file format, with score columns and comments."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from otlp_lines import write

from workbench import evidence, load

Row = dict[str, Any]

OBSERVATION: Row = {
    "id": "o1", "traceId": "t1", "traceName": "desk", "type": "GENERATION", "name": "chat", "startTime": "2026-01-01T00:00:00.000Z", "endTime": "2026-01-01T00:00:01.500Z",
    "completionStartTime": "2026-01-01T00:00:00.500Z", "environment": "prod", "version": None, "userId": "u", "sessionId": "s", "level": "DEFAULT", "statusMessage": None,
    "providedModelName": "m", "modelParameters": {"temperature": 0}, "usageDetails": {"input": 5, "output": 2, "total": 7, "input_cached_tokens": 3}, "costDetails": {"input": 0.1, "output": 0.2, "total": 0.3}, "totalCost": 0.3,
    "input": [{"role": "user", "content": "Hi"}], "output": {"role": "assistant", "content": "Hello"}, "metadata": {"k": "v"}, "latencyMs": 1500, "tags": ["beta"], "release": "r2", "parentObservationId": None,
}  # fmt: skip
TRACE: Row = {
    "id": "t1", "timestamp": "2026-01-01T00:00:00.000Z", "name": "desk", "userId": "u", "sessionId": "s", "release": "r2", "version": None, "environment": "prod", "tags": ["beta"], "bookmarked": False, "public": False,
    "input": {"question": "Hi"}, "output": "Hello", "metadata": {"k": "v"}, "helpful": [0.5, 1.0], "tone": ["kind"], "right": [True], "unused": [],
    "comments": [{"id": "c1", "content": "look again", "author_email": "ana@example.com", "created_at": "2026-01-02T00:00:00Z"}],
}  # fmt: skip
SCORES: list[Row] = [
    {"id": "x1", "traceId": "t1", "sessionId": None, "observationId": "o1", "timestamp": "2026-01-02T00:00:00Z", "source": "ANNOTATION", "name": "quality", "dataType": "CATEGORICAL", "value": 1, "stringValue": "good", "comment": "yes", "authorUserName": "Ana"},
    {"id": "x2", "traceId": "t1", "sessionId": None, "observationId": None, "timestamp": "2026-01-02T00:00:00Z", "source": "EVAL", "name": "right", "dataType": "BOOLEAN", "value": 0, "stringValue": "False", "comment": None, "authorUserName": None},
    {"id": "x3", "traceId": None, "sessionId": "s", "observationId": None, "timestamp": "2026-01-02T00:00:00Z", "source": "API", "name": "user-feedback", "dataType": "NUMERIC", "value": 1, "stringValue": None, "comment": None, "authorUserName": None},
    {"id": "x4", "traceId": "t1", "sessionId": None, "observationId": None, "timestamp": "2026-01-02T00:00:00Z", "source": "API", "name": "note", "dataType": "TEXT", "value": 0, "stringValue": "long words", "comment": None, "authorUserName": None},
]  # fmt: skip


def snake(row: Row) -> Row:
    """As blob storage writes it."""

    def name(camel: str) -> str:
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in camel)

    def cell(key: str, value: Any) -> Any:
        if key.endswith("Time") or key == "timestamp":
            return None if value is None else value.replace("T", " ").rstrip("Z") + "000"
        return orjson.dumps(value).decode() if isinstance(value, dict | list) else value

    return {name(key): cell(key, value) for key, value in row.items()}


def as_csv(rows: list[Row]) -> bytes:
    cells = [
        {key: orjson.dumps(value).decode() if isinstance(value, dict | list) else value for key, value in row.items()}
        for row in rows
    ]
    return pl.DataFrame(cells, infer_schema_length=None).write_csv().encode()


def as_parquet(rows: list[Row]) -> bytes:
    held = io.BytesIO()
    pl.DataFrame([snake(row) for row in rows]).write_parquet(held)
    return held.getvalue()


FILES: dict[str, Callable[[list[Row]], bytes]] = {
    "rows.json": orjson.dumps,
    "rows.jsonl": lambda rows: b"".join(orjson.dumps(row) + b"\n" for row in rows),
    "blob.jsonl.gz": lambda rows: gzip.compress(b"".join(orjson.dumps(snake(row)) + b"\n" for row in rows)),
    "blob.json": lambda rows: orjson.dumps([snake(row) for row in rows]),
    "blob.csv": lambda rows: as_csv([snake(row) for row in rows]),
    "blob.csv.gz": lambda rows: gzip.compress(as_csv([snake(row) for row in rows])),
    "rows.csv": as_csv,
    "blob.parquet": as_parquet,
}


@pytest.mark.parametrize("name", FILES)
class TestEveryFile:
    def test_observations(self, name: str, tmp_path: Path) -> None:
        file = tmp_path / name
        file.write_bytes(
            FILES[name](
                [
                    OBSERVATION,
                    {
                        **OBSERVATION,
                        "id": "o2",
                        "type": "TOOL",
                        "name": "find",
                        "level": "ERROR",
                        "statusMessage": "too slow",
                        "parentObservationId": "o1",
                        "input": {"order": 7},
                        "output": None,
                    },
                ]
            )
        )
        loaded = load.read(file)
        assert loaded.sources.select("format", "read", "loaded").rows() == [("langfuse-tables", 2, 2)]
        model, tool = loaded.spans.to_dicts()
        assert (
            model["kind"],
            model["model"],
            model["session_id"],
            model["user_id"],
            model["agent_version"],
            model["tags"],
        ) == ("llm", "m", "s", "u", "r2", ["beta"])
        assert (model["start"], model["end"]) == (
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 1, 1, 0, 0, 1, 500000, UTC),
        )
        assert [
            model[key] for key in ("input_tokens", "output_tokens", "total_tokens", "cache_read_tokens", "total_cost")
        ] == [5, 2, 7, 3, 0.3]
        assert orjson.loads(model["input_messages"]) == OBSERVATION["input"]
        assert orjson.loads(model["output_messages"]) == [OBSERVATION["output"]]
        assert (
            tool["kind"],
            tool["tool_name"],
            orjson.loads(tool["tool_arguments"]),
            tool["status"],
            tool["error_message"],
        ) == ("tool", "find", {"order": 7}, "error", "too slow")
        assert loaded.scores.height == 0

    def test_scores(self, name: str, tmp_path: Path) -> None:
        file = tmp_path / name
        file.write_bytes(FILES[name](SCORES))
        loaded = load.read(file)
        assert (loaded.total("read"), loaded.total("loaded")) == (4, 4)
        assert loaded.scores.select(
            "score_id",
            "target_kind",
            "target_id",
            "value_number",
            "value_text",
            "passed",
            "comment",
            "author",
            "author_kind",
        ).rows() == [
            ("x1", "span", "t1/o1", None, "good", True, "yes", "Ana", "human"),
            ("x2", "trace", "t1", 0.0, None, None, None, None, "model"),
            ("x3", "session", "s", 1.0, None, True, None, None, "user"),
            ("x4", "trace", "t1", None, "long words", None, None, None, "code"),
        ]

    def test_traces_with_a_column_for_every_score(self, name: str, tmp_path: Path) -> None:
        file = tmp_path / name
        file.write_bytes(FILES[name]([TRACE]))
        loaded = load.read(file)
        span = loaded.spans.to_dicts()[0]
        assert (span["trace_id"], span["span_id"], span["kind"], span["session_id"], span["agent_version"]) == (
            "t1",
            "t1",
            "agent",
            "s",
            "r2",
        )
        assert loaded.scores.select("name", "value_number", "value_text", "comment", "author_kind").rows() == [
            ("helpful", 0.5, None, None, "code"),
            ("helpful", 1.0, None, None, "code"),
            ("tone", None, "kind", None, "code"),
            ("right", 1.0, None, None, "code"),
            ("comment", None, None, "look again", "human"),
        ]


def test_the_tables_of_one_project_are_one_workspace(tmp_path: Path) -> None:
    write(tmp_path / "traces.jsonl", TRACE)
    write(tmp_path / "observations.jsonl", OBSERVATION)
    write(tmp_path / "scores.jsonl", *SCORES)
    loaded = load.read(tmp_path)
    steps = evidence.steps(loaded.spans)
    assert steps.select("session_id", "kind", "text").rows() == [("s", "user", "Hi"), ("s", "assistant", "Hello")]
    assert loaded.scores.height == 9


def test_a_broken_row_of_a_csv_is_set_aside(tmp_path: Path) -> None:
    content = as_csv([snake(OBSERVATION), snake(OBSERVATION | {"id": "o2"})])
    (tmp_path / "o.csv").write_bytes(content[:-40])
    loaded = load.read(tmp_path / "o.csv")
    assert (loaded.total("read"), loaded.total("loaded")) == (2, 1)
    assert loaded.set_aside["reason"].to_list() == ["a row with more or fewer cells than columns"]


def test_cells_that_are_not_utf_8_are_read_and_said(tmp_path: Path) -> None:
    content = as_csv([snake({**OBSERVATION, "name": "Größe"})])
    (tmp_path / "latin.csv").write_bytes(content.decode().encode("latin-1"))
    (tmp_path / "excel.csv").write_bytes(content.decode().encode("utf-16"))
    latin, excel = load.read(tmp_path / "latin.csv"), load.read(tmp_path / "excel.csv")
    assert latin.spans["name"].to_list() == ["Gr\ufffd\ufffde"]
    assert latin.notes == ("rows that were not UTF-8, read with \ufffd in place of the broken characters: 1",)
    assert (excel.spans["name"].to_list(), excel.notes) == (["Größe"], ())


def test_lists_of_traces_as_the_interface_returns_them(tmp_path: Path) -> None:
    """They name their observations and scores, and do not hold them."""
    listed = {
        **TRACE,
        "observations": ["o1", "o2"],
        "scores": ["x1"],
        "latency": 1.5,
        "totalCost": 0.3,
        "htmlPath": "/x",
    }
    loaded = load.read(write(tmp_path / "traces.json", {"data": [listed], "meta": {"page": 1}}))
    assert loaded.sources.select("format", "read", "loaded").rows() == [("langfuse-tables", 1, 1)]
    assert (loaded.spans["end"] - loaded.spans["start"]).dt.total_milliseconds().to_list() == [1500]
