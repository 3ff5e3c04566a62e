"""Weave: kinds, usage and costs of calls, statuses, feedback of every kind, frames with dotted columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from format_writers import write_weave
from otlp_lines import write

from workbench import load

Row = dict[str, Any]

CALL: Row = {
    "id": "c1", "project_id": "e/p", "op_name": "weave:///e/p/op/openai.chat.completions.create:abc", "display_name": None, "trace_id": "t", "parent_id": None,
    "thread_id": "s", "turn_id": "u", "started_at": "2026-01-01T00:00:00.000001Z", "ended_at": "2026-01-01T00:00:02Z", "attributes": {"weave": {"client_version": "0.54"}, "tier": "gold"},
    "inputs": {"self": "weave:///e/p/object/Completions:x", "model": "m", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0},
    "output": {"id": "r", "model": "m-2026", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}}]}, "exception": None,
    "summary": {"usage": {"m-2026": {"requests": 1, "input_tokens": 5, "output_tokens": 2}}, "weave": {"status": "success", "costs": {"m-2026": {"prompt_tokens_total_cost": 0.01, "completion_tokens_total_cost": 0.02}}}},
}  # fmt: skip


def call(**fields: Any) -> Row:
    return {**CALL, **fields}


def test_a_model_call(tmp_path: Path) -> None:
    span = load.read(write(tmp_path / "calls.jsonl", CALL)).spans.to_dicts()[0]
    assert (span["kind"], span["name"], span["model"], span["session_id"], span["status"]) == (
        "llm",
        "openai.chat.completions.create",
        "m-2026",
        "s",
        "ok",
    )
    assert (span["input_tokens"], span["output_tokens"], span["total_cost"]) == (5, 2, pytest.approx(0.03))
    assert orjson.loads(span["input_messages"]) == [{"role": "user", "content": "Hi"}]
    assert orjson.loads(span["metadata"]) == {"tier": "gold"}
    assert orjson.loads(span["raw"])["inputs.beside"] == {
        "model": "m",
        "self": "weave:///e/p/object/Completions:x",
        "temperature": 0,
    }


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"attributes": {"weave": {"kind": "tool"}}}, "tool"),
        ({"attributes": {"weave": {"kind": "search"}}}, "retrieval"),
        ({"op_name": "weave:///e/p/op/anthropic.Messages.create:1", "inputs": {}}, "llm"),
        ({"op_name": "own", "inputs": {"question": "Hi"}}, "agent"),
        ({"op_name": "own", "inputs": {"question": "Hi"}, "parent_id": "x"}, "task"),
        ({"op_name": "weave:///e/p/op/Exact.score:1", "inputs": {"output": "Hi"}}, "evaluator"),
    ],
)
def test_kinds(fields: Row, kind: str, tmp_path: Path) -> None:
    assert load.read(write(tmp_path / "c.jsonl", call(**fields))).spans["kind"].to_list() == [kind]


def test_use_is_summed_up_in_parents_and_counted_in_model_calls_only(tmp_path: Path) -> None:
    parent = call(id="c0", op_name="own", inputs={"q": 1}, output="Hello")
    spans = load.read(write(tmp_path / "c.jsonl", parent, call(parent_id="c0"))).spans
    assert spans.sort("span_id")["input_tokens"].to_list() == [None, 5]


def test_failed_running_and_deleted_calls(tmp_path: Path) -> None:
    rows = [
        call(id="a", exception="ValueError: no such order", summary={}),
        call(id="b", ended_at=None, summary={}),
        call(id="d", deleted_at="2026-01-02T00:00:00Z"),
        call(id="e", summary={"weave": {"status": "descendant_error"}}),
    ]
    loaded = load.read(write(tmp_path / "c.jsonl", *rows))
    assert loaded.spans.select("span_id", "status", "error_type", "error_message").rows() == [
        ("a", "error", "ValueError", "no such order"),
        ("b", "running", None, None),
        ("e", "unset", None, None),
    ]
    assert loaded.set_aside.select("record", "reason").rows() == [(3, "a call that was deleted")]


def test_feedback_of_every_kind(tmp_path: Path) -> None:
    told: list[Row] = [
        {
            "feedback_type": "wandb.reaction.1",
            "payload": {"emoji": "👎", "alias": ":-1:", "detoned": "👎"},
            "creator": "ana",
        },
        {"feedback_type": "wandb.note.1", "payload": {"note": "wrong order"}, "creator": "ana"},
        {"feedback_type": "wandb.annotation.grade", "payload": {"value": "C"}, "creator": "ben"},
        {
            "feedback_type": "wandb.runnable.judge",
            "payload": {"output": {"correct": False, "score": 0.2, "why": "late"}},
        },
        {"feedback_type": "custom", "payload": {"value": 3}},
    ]
    feedback = [{"id": f"f{number}", "created_at": "2026-01-03T00:00:00Z", **one} for number, one in enumerate(told)]
    loaded = load.read(write(tmp_path / "c.jsonl", call(summary={"weave": {"feedback": feedback}})))
    assert loaded.scores.select(
        "target_id", "name", "value_number", "value_text", "passed", "comment", "author", "author_kind"
    ).rows() == [
        ("t/c1", "reaction", None, "👎", False, ":-1:", "ana", "human"),
        ("t/c1", "note", None, None, None, "wrong order", "ana", "human"),
        ("t/c1", "grade", None, "C", None, None, "ben", "human"),
        ("t/c1", "judge.correct", 0.0, None, None, None, None, "model"),
        ("t/c1", "judge.score", 0.2, None, None, None, None, "model"),
        ("t/c1", "judge.why", None, "late", None, None, None, "model"),
        ("t/c1", "custom", 3.0, None, None, None, None, "code"),
    ]


def test_a_frame_of_the_client_has_dotted_columns() -> None:
    def flat(value: Any, name: str) -> Row:
        if not isinstance(value, dict) or not value:
            return {name: value}
        return {inner: one for key, below in value.items() for inner, one in flat(below, f"{name}.{key}").items()}

    row = {name: value for key, below in CALL.items() for name, value in flat(below, key).items()}
    row = {name.replace("m-2026", "gpt-4.1"): value for name, value in row.items()}
    whole = {name: value for name, value in row.items() if not name.startswith("summary.usage.")}
    whole["summary.usage"] = orjson.dumps(CALL["summary"]["usage"]).decode()
    for told in (row, whole):
        spans = load.read(pl.DataFrame([told])).spans
        assert spans.select("kind", "model", "total_cost", "input_tokens").rows() == [
            ("llm", "m-2026", pytest.approx(0.03), 5)
        ]


def test_a_list_of_calls_and_a_page_of_them_read_the_same(tmp_path: Path) -> None:
    rows = [orjson.loads(line) for line in write_weave()["calls.jsonl"].splitlines()]
    one = load.read(write(tmp_path / "list.json", rows)).spans
    other = load.read(write(tmp_path / "page.json", {"calls": rows})).spans
    assert one.drop("source").equals(other.drop("source"))
    assert one["record"].to_list() == list(range(1, len(rows) + 1))
