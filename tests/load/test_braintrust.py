"""Braintrust: times in seconds, scorers beside the agent, scores of traces and spans."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from otlp_lines import write

from workbench import evidence, load

Row = dict[str, Any]

ROOT: Row = {
    "id": "row1", "_xact_id": "1000", "created": "2026-01-01T00:00:00.000Z", "project_id": "p", "log_id": "g", "span_id": "a", "root_span_id": "a", "span_parents": None, "is_root": True,
    "span_attributes": {"name": "desk", "type": "task"}, "input": "Where is 7?", "output": "Sent.", "expected": "sent", "error": None, "scores": {"right": 1, "empty": None},
    "metadata": {"thread_id": "s", "user_id": "u"}, "tags": ["beta"], "metrics": {"start": 1767225600.25, "end": 1767225603.5},
}  # fmt: skip
MODEL: Row = {
    **ROOT, "id": "row2", "span_id": "b", "span_parents": ["a"], "is_root": False, "span_attributes": {"name": "Chat Completion", "type": "llm"}, "scores": {"fluent": 0.5},
    "input": [{"role": "user", "content": "Where is 7?"}], "output": [{"index": 0, "message": {"role": "assistant", "content": "Sent."}}], "metadata": {"model": "m", "provider": "openai"},
    "metrics": {"start": 1767225601.0, "end": 1767225602.0, "prompt_tokens": 5, "completion_tokens": 2, "tokens": 7, "prompt_cached_tokens": 3, "completion_reasoning_tokens": 1},
}  # fmt: skip
SCORER: Row = {**ROOT, "id": "row3", "span_id": "c", "span_parents": ["a"], "is_root": False, "span_attributes": {"name": "right", "type": "score"}, "input": {"output": "Sent."}, "output": 1, "scores": {"right": 1}}  # fmt: skip


def test_spans_and_their_scores(tmp_path: Path) -> None:
    loaded = load.read(write(tmp_path / "logs.jsonl", ROOT, MODEL, SCORER))
    root, model, scorer = loaded.spans.to_dicts()
    assert (root["trace_id"], root["parent_id"], root["session_id"], root["user_id"], root["tags"]) == (
        "a",
        None,
        "s",
        "u",
        ["beta"],
    )
    assert (root["start"], root["end"]) == (
        datetime(2026, 1, 1, 0, 0, 0, 250000, UTC),
        datetime(2026, 1, 1, 0, 0, 3, 500000, UTC),
    )
    assert orjson.loads(root["raw"])["expected"] == "sent"
    assert [span["kind"] for span in (root, model, scorer)] == ["task", "llm", "evaluator"]
    assert [
        model[name]
        for name in ("input_tokens", "output_tokens", "total_tokens", "cache_read_tokens", "reasoning_tokens", "model")
    ] == [5, 2, 7, 3, 1, "m"]
    # A scorer and the root tell the same score of the trace: it is one.
    assert loaded.scores.select("target_kind", "target_id", "name", "value_number").rows() == [
        ("trace", "a", "right", 1.0),
        ("span", "a/b", "fluent", 0.5),
    ]


def test_scorers_are_no_steps(tmp_path: Path) -> None:
    steps = evidence.steps(load.read(write(tmp_path / "logs.jsonl", SCORER, MODEL, ROOT)).spans)
    assert steps.select("session_id", "kind", "text").rows() == [
        ("s", "user", "Where is 7?"),
        ("s", "assistant", "Sent."),
    ]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("ValueError: no", ("ValueError", "ValueError: no")),
        ({"name": "ValueError", "message": "no"}, ("ValueError", "no")),
    ],
)
def test_errors(error: Any, told: tuple[str | None, str], tmp_path: Path) -> None:
    spans = load.read(write(tmp_path / "logs.jsonl", {**ROOT, "error": error})).spans
    assert spans.select("status", "error_type", "error_message").rows() == [("error", *told)]


def test_pages_of_the_api_and_strings_of_json(tmp_path: Path) -> None:
    """What `fetch` returns, and rows whose objects are JSON text, as CSV and SQL hold them."""
    packed = {
        name: orjson.dumps(value).decode() if isinstance(value, dict | list) else value for name, value in MODEL.items()
    }
    loaded = load.read(write(tmp_path / "page.json", {"events": [ROOT, packed], "cursor": None}))
    assert loaded.spans.select("kind", "model", "input_tokens").rows() == [("task", None, None), ("llm", "m", 5)]
    assert loaded.spans["start"].null_count() == 0


def test_a_span_that_still_runs(tmp_path: Path) -> None:
    spans = load.read(
        write(tmp_path / "logs.jsonl", {**ROOT, "output": None, "metrics": {"start": 1767225600.25}})
    ).spans
    assert spans.select("status", "end").rows() == [("running", None)]
