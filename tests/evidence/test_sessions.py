from __future__ import annotations

import datetime as dt
from typing import Any

import orjson

from workbench import evidence
from workbench.schema import SESSIONS

BEGAN = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def span(trace: str, span_id: str, kind: str, begin: float, seconds: float, **fields: Any) -> dict[str, Any]:
    start = BEGAN + dt.timedelta(seconds=begin)
    row = {
        "trace_id": trace,
        "span_id": span_id,
        "kind": kind,
        "start": start,
        "end": start + dt.timedelta(seconds=seconds),
    }
    return {"session_id": "s", "status": "ok", **row, **fields}


def roll_up(*spans: dict[str, Any]) -> dict[str, Any]:
    frame = evidence.sessions(list(spans), evidence.steps(list(spans)))
    assert frame.schema == SESSIONS
    return frame.row(0, named=True)


def test_a_session_is_rolled_up_over_its_traces():
    said = orjson.dumps([{"role": "user", "content": "q"}]).decode()
    answer = orjson.dumps([{"role": "assistant", "content": "a"}]).decode()
    row = roll_up(
        span("t1", "r", "agent", 0, 5, agent_name="ori", consent=True, format="otlp"),
        span("t1", "l", "llm", 1, 2, parent_id="r", model="m", input_messages=said, output_messages=answer),
        span("t1", "w", "tool", 3, 1, parent_id="r", tool_name="find", status="error"),
        span("t2", "r", "agent", 60, 7, task_id="k", trial=1, consent=False, input="bye", output="end"),
        span("t2", "w", "tool", 61, 1, parent_id="r", tool_name="find"),
        span("t2", "v", "tool", 62, 1, parent_id="r", tool_name="drop"),
    )
    assert row == {
        "session_id": "s", "task_id": "k", "trial": 1, "agent_name": "ori", "agent_version": None, "environment": None,
        "user_id": None, "consent": False, "started_at": BEGAN, "ended_at": BEGAN + dt.timedelta(seconds=67), "seconds": 12.0,
        "traces": 2, "spans": 6, "turns": 2, "steps": 7, "tool_calls": 3, "tools": ["find", "drop"], "errors": 1, "status": "ok",
        "models": ["m"], "input_tokens": None, "output_tokens": None, "cost": None, "input": "q", "output": "end", "format": "otlp",
    }  # fmt: skip


def test_use_is_counted_at_the_innermost_model_calls_only():
    row = roll_up(
        span("t", "r", "agent", 0, 9, input_tokens=100, output_tokens=10, total_cost=1.0),
        span("t", "o", "llm", 1, 5, parent_id="r", input_tokens=60, output_tokens=6, total_cost=0.6),
        span("t", "c", "workflow", 1, 5, parent_id="o"),
        span("t", "i", "llm", 2, 3, parent_id="c", input_tokens=60, output_tokens=6, total_cost=0.6),
        span("t", "j", "llm", 6, 3, parent_id="r", input_tokens=40, output_tokens=4, input_cost=0.3, output_cost=0.1),
    )
    assert (row["input_tokens"], row["output_tokens"], row["cost"]) == (100, 10, 1.0)


def test_roots_are_counted_where_no_model_call_says_what_it_used():
    row = roll_up(
        span("t1", "r", "agent", 0, 9, input_tokens=100, output_tokens=10, total_cost=1.0),
        span("t1", "l", "llm", 1, 5, parent_id="r"),
        span("t2", "l", "llm", 20, 5, input_tokens=5, output_tokens=1, total_cost=0.5),
    )
    assert (row["input_tokens"], row["output_tokens"], row["cost"]) == (105, 11, 1.5)


def test_a_price_that_is_unknown_for_one_call_is_unknown_for_the_session():
    row = roll_up(
        span("t", "a", "llm", 0, 1, input_tokens=5, output_tokens=1, total_cost=0.5),
        span("t", "b", "llm", 2, 1, input_tokens=5, output_tokens=1),
    )
    assert row["cost"] is None
    assert row["input_tokens"] == 10


def test_operational_status_is_the_roots_and_the_last_model_calls():
    assert roll_up(span("t", "r", "agent", 0, 1, status="error"))["status"] == "error"
    assert roll_up(span("t", "r", "agent", 0, 1, status="running"))["status"] == "running"
    recovered = [
        span("t", "r", "agent", 0, 9, status="unset"),
        span("t", "a", "llm", 1, 1, parent_id="r", status="error"),
        span("t", "b", "llm", 3, 1, parent_id="r"),
    ]
    assert roll_up(*recovered)["status"] == "ok"
    assert roll_up(*recovered)["errors"] == 1
    assert roll_up(*recovered[:2])["status"] == "error"


def test_spans_whose_parent_was_not_exported_count_as_roots_and_evaluators_do_not():
    row = roll_up(
        span("t", "a", "llm", 0, 2, parent_id="gone"),
        span("t", "b", "tool", 3, 1, parent_id="gone", tool_name="f"),
        span("e", "e", "evaluator", 100, 50),
    )
    assert row["seconds"] == 4.0


def test_sessions_come_in_order_of_beginning_and_without_steps_too():
    spans = [span("t2", "r", "agent", 9, 1, session_id="b"), span("t1", "r", "agent", 1, 1, session_id=None)]
    frame = evidence.sessions(spans, evidence.steps(spans))
    assert frame.select("session_id", "turns", "steps", "tools").rows() == [("t1", 0, 0, []), ("b", 0, 0, [])]
    assert evidence.sessions([], evidence.steps([])).schema == SESSIONS
