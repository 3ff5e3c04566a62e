"""Inspect Scout: transcripts as rows of Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from format_writers import write_scout

from workbench import load

Row = dict[str, Any]

MESSAGES = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [{"type": "reasoning", "reasoning": "greet"}, {"type": "text", "text": "Hello"}]}]  # fmt: skip


def transcript(**fields: Any) -> Row:
    told = {
        "transcript_id": "t",
        "source_type": "weave",
        "source_id": "p",
        "date": "2026-01-01T00:00:00+00:00",
        "task_set": "desk",
        "task_id": "7",
        "task_repeat": 2,
        "agent": "react",
        "model": "m",
    }
    return {**told, "total_time": 2.5, "total_tokens": 9, "messages": orjson.dumps(MESSAGES).decode(), **fields}


def read(tmp_path: Path, *rows: Row) -> load.Loaded:
    pl.DataFrame(list(rows), infer_schema_length=None).write_parquet(tmp_path / "t.parquet")
    return load.read(tmp_path / "t.parquet")


def test_a_transcript(tmp_path: Path) -> None:
    loaded = read(tmp_path, transcript(customer="gold"))
    root, model = loaded.spans.to_dicts()
    assert (root["session_id"], root["task_id"], root["trial"], root["agent_name"], root["total_tokens"]) == (
        "t",
        "desk/7",
        1,
        "react",
        9,
    )
    assert (root["end"] - root["start"]).total_seconds() == 2.5
    assert orjson.loads(root["metadata"]) == {"customer": "gold", "source_id": "p", "source_type": "weave"}
    assert orjson.loads(model["output_messages"]) == [{"role": "assistant", "content": "Hello", "reasoning": "greet"}]


@pytest.mark.parametrize(
    ("score", "success", "told"),
    [
        ('"C"', True, [("score", 1.0, "C", True)]),
        ("C", None, [("score", 1.0, "C", None)]),
        ("0.25", False, [("score", 0.25, None, False)]),
        ('{"right": "I", "tone": 3}', True, [("right", 0.0, "I", None), ("tone", 3.0, None, None)]),
        (None, True, [("score", None, None, True)]),
        (None, None, []),
    ],
)
def test_scores(score: str | None, success: bool | None, told: list[Any], tmp_path: Path) -> None:
    loaded = read(tmp_path, transcript(score=score, success=success, score_explanation="because"))
    assert loaded.scores.select("name", "value_number", "value_text", "passed").rows() == told
    assert set(loaded.scores["comment"]) <= {"because"}


def test_a_transcript_without_messages_is_set_aside(tmp_path: Path) -> None:
    loaded = read(
        tmp_path,
        transcript(messages=None),
        transcript(messages="[]"),
        transcript(messages="[[", transcript_id="u"),
        transcript(),
    )
    assert loaded.set_aside["reason"].to_list() == ["a transcript without messages"] * 3
    assert (loaded.total("read"), loaded.total("loaded")) == (4, 1)


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    content = write_scout()["transcripts.parquet"]
    (tmp_path / "t.parquet").write_bytes(content[: len(content) // 2])
    loaded = load.read(tmp_path / "t.parquet")
    assert (loaded.total("read"), loaded.total("set_aside")) == (1, 1)


def test_every_scorer_of_an_inspect_log_has_a_score(tmp_path: Path) -> None:
    row = {
        "transcript_id": "t", "source_type": "eval_log", "messages": '[{"role": "user", "content": "Rain?"}]', "score": "I", "success": False,
        "score_explanation": "It rained.", "score_exact": "I", "score_parts": '{"a": 1, "b": "C"}', "score_unused": None,
    }  # fmt: skip
    path = tmp_path / "transcripts.jsonl"
    path.write_bytes(orjson.dumps(row))
    scores = load.read(path).scores
    assert scores.select("name", "value_number", "value_text", "passed", "comment").sort("name").rows() == [
        ("exact", 0.0, "I", False, "It rained."), ("parts.a", 1.0, None, None, None), ("parts.b", 1.0, "C", True, None)
    ]  # fmt: skip
