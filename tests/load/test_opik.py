"""Opik: exported traces, their CSV as Python prints it, and what its client returns."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
from format_writers import write_opik
from otlp_lines import write

from workbench import load
from workbench.load._read import READER_FAILED

Row = dict[str, Any]

TRACE: Row = {
    "id": "0192a", "project_id": "p", "name": "desk", "start_time": "2026-01-02 03:04:05+00:00", "end_time": "2026-01-02 03:04:07.250000+00:00",
    "input": {"question": "Hi"}, "output": {"output": "Hello"}, "metadata": {"user_id": "u1"}, "tags": ["beta"], "error_info": None, "thread_id": "conv", "environment": "prod",
    "feedback_scores": [
        {"name": "tone", "value": 0.5, "category_name": "ok", "reason": "two voices", "source": "ui", "created_by": "ana",
         "value_by_author": {"ana": {"value": 1.0, "reason": "kind", "source": "ui"}, "ben": {"value": 0.0, "reason": "cold", "category_name": "bad", "source": "ui"}}},
        {"name": "hallucination", "value": 0.1, "source": "online_scoring", "value_by_author": None},
    ],
    "comments": [{"id": "c1", "text": "look again", "created_by": "ana", "created_at": "2026-01-03 00:00:00+00:00"}],
}  # fmt: skip
MODEL: Row = {
    "id": "0192b", "trace_id": "0192a", "parent_span_id": None, "type": "llm", "name": "chat", "start_time": "2026-01-02 03:04:05+00:00", "end_time": None,
    "model": "m", "provider": "openai", "input": {"messages": [{"role": "user", "content": "Hi"}], "temperature": 0}, "output": {"choices": [{"message": {"role": "assistant", "content": "Hello"}}]},
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7, "original_usage.prompt_tokens_details.cached_tokens": 3}, "total_estimated_cost": 0.002,
    "error_info": {"exception_type": "RateLimit", "message": "slow down", "traceback": "…"}, "feedback_scores": [{"name": "user_feedback", "value": 0.0, "source": "sdk", "created_by": "app"}],
}  # fmt: skip
EXPORT = {
    "trace": TRACE,
    "spans": [MODEL],
    "attachments": [],
    "downloaded_at": "2026-01-04T00:00:00",
    "project_name": "p",
}


def test_the_trace_is_the_root_and_its_thread_the_session(tmp_path: Path) -> None:
    spans = load.read(write(tmp_path / "trace_0192a.json", EXPORT)).spans
    root, model = spans.to_dicts()
    assert (root["span_id"], root["parent_id"], root["kind"], root["session_id"]) == ("0192a", None, "agent", "conv")
    assert (root["user_id"], root["environment"], root["tags"]) == ("u1", "prod", ["beta"])
    assert (root["end"] - root["start"]).total_seconds() == 2.25
    assert (root["input"], root["output"]) == ('{"question":"Hi"}', "Hello")
    assert (model["parent_id"], model["kind"], model["model"], model["total_cost"]) == ("0192a", "llm", "m", 0.002)
    assert (model["input_tokens"], model["output_tokens"], model["total_tokens"], model["cache_read_tokens"]) == (
        5,
        2,
        7,
        3,
    )
    assert (model["status"], model["error_type"], model["error_message"]) == ("error", "RateLimit", "slow down")
    assert orjson.loads(model["raw"])["input.beside"] == {"temperature": 0}


def test_reviewers_are_told_apart(tmp_path: Path) -> None:
    scores = load.read(write(tmp_path / "t.json", EXPORT)).scores
    told = scores.select(
        "target_id", "name", "value_number", "value_text", "comment", "author", "author_kind", "passed"
    ).rows()
    assert told == [
        ("0192a", "tone", 1.0, "ok", "kind", "ana", "human", None),
        ("0192a", "tone", 0.0, "bad", "cold", "ben", "human", False),
        ("0192a", "hallucination", 0.1, None, None, None, "model", None),
        ("0192a", "comment", None, None, "look again", "ana", "human", None),
        ("0192a/0192b", "user_feedback", 0.0, None, None, "app", "user", False),
    ]


def flattened(item: Row, prefix: str) -> Row:
    """As Opik spreads objects over columns."""
    row: Row = {}
    for name, value in item.items():
        if isinstance(value, dict):
            row |= flattened(value, f"{prefix}_{name}")
        else:
            row[f"{prefix}_{name}"] = value
    return row


def test_its_csv_holds_what_python_prints(tmp_path: Path) -> None:
    """Lists are printed by Python, times in them as `datetime.datetime(…)`."""
    timed = {**TRACE, "comments": [{**TRACE["comments"][0], "created_at": datetime(2026, 1, 3, tzinfo=UTC)}]}
    other = {**MODEL, "id": "0192c", "error_info": None}
    rows = [{**flattened(timed, "trace"), **flattened(span, "span")} for span in (MODEL, other)]
    held = io.StringIO()
    out = csv.DictWriter(held, list(rows[0]), extrasaction="ignore")
    out.writeheader()
    out.writerows(rows)
    file = tmp_path / "trace_0192a.csv"
    file.write_text(held.getvalue())
    loaded = load.read(file)
    assert (loaded.total("read"), loaded.total("loaded"), loaded.sources["format"][0]) == (2, 2, "opik")
    assert loaded.spans["span_id"].to_list() == ["0192a", "0192b", "0192c"]
    asked = orjson.loads(loaded.spans["input_messages"][1])
    assert asked == [{"role": "user", "content": "Hi"}]
    assert loaded.spans["error_message"].to_list() == [None, "slow down", None]
    comment = loaded.scores.filter(pl.col("name") == "comment")
    assert comment["happened_at"].to_list() == [datetime(2026, 1, 3, tzinfo=UTC)]
    assert sorted(loaded.scores.filter(pl.col("name") == "tone")["author"].to_list()) == ["ana", "ben"]


def test_what_the_client_returns_is_read_too() -> None:
    """Rows of `search_traces` and `search_spans`, with times as times."""
    at = datetime(2026, 1, 2, tzinfo=UTC)
    traces = load.read([{**TRACE, "start_time": at, "end_time": at}])
    spans = load.read([{**MODEL, "project_id": "p", "start_time": at}])
    assert traces.spans.select("kind", "start").rows() == [("agent", at)]
    assert spans.spans.select("kind", "parent_id", "start").rows() == [("llm", "0192a", at)]


def test_what_lacks_an_id_is_set_aside(tmp_path: Path) -> None:
    broken = {**EXPORT, "trace": {**TRACE, "id": None}, "spans": [MODEL, {**MODEL, "trace_id": None}, 7]}
    loaded = load.read(write(tmp_path / "t.json", broken))
    reasons = loaded.set_aside["reason"].to_list()
    assert reasons == ["a trace without an id", "a span without an id", "a record of an unknown shape"]
    assert (loaded.total("read"), loaded.total("loaded")) == (4, 1)


def test_every_shortened_export_ends_with_a_reason(tmp_path: Path) -> None:
    content = next(iter(write_opik().values()))
    file = tmp_path / "t.json"
    for end in range(0, len(content), max(1, len(content) // 60)):
        file.write_bytes(content[:end])
        loaded = load.read(file)
        assert loaded.total("read") >= 1
        assert READER_FAILED not in loaded.set_aside["reason"]
