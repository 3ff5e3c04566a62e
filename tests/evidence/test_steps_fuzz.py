from __future__ import annotations

import datetime as dt
import random
from typing import Any

import orjson
import polars as pl
import pytest

from workbench import evidence
from workbench.schema import SPAN_KINDS, STEP_KINDS

BEGAN = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
TEXTS = (
    None,
    "",
    "yes",
    "null",
    "{",
    '{"error": "x"}',
    '{"query": {"input": "deep"}}',
    "[1, 2]",
    '"quoted"',
    "\u202e<b>",
    '{"messages": []}',
)


def message(rng: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {
        "role": rng.choice(["system", "user", "assistant", "tool", "developer", "odd"]),
        "content": rng.choice(TEXTS),
    }
    if rng.random() < 0.4:
        made["tool_calls"] = [
            {
                "id": rng.choice([None, "a", "b"]),
                "name": rng.choice(["f", "g"]),
                "arguments": rng.choice([{}, {"n": 1}, "no json", None]),
            }
            for _ in range(rng.randrange(3))
        ]
    if rng.random() < 0.4:
        made["tool_call_id"] = rng.choice(["a", "b", None])
    return made


def messages(rng: random.Random) -> str | None:
    if rng.random() < 0.3:
        return rng.choice([None, "", "{}", "nonsense"])
    return orjson.dumps([message(rng) for _ in range(rng.randrange(5))]).decode()


def spans(seed: int) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for i in range(rng.randrange(1, 25)):
        begin = BEGAN + dt.timedelta(milliseconds=i * 10 + rng.randrange(200) * 100)
        rows.append(
            {
                "trace_id": f"t{rng.randrange(3)}",
                "span_id": f"s{i}",
                "parent_id": rng.choice([None, *(f"s{n}" for n in range(25))]),
                "session_id": rng.choice([None, "A", "B"]),
                "kind": rng.choice(SPAN_KINDS),
                "name": rng.choice([None, "execute_tool f", "n"]),
                "start": begin,
                "end": rng.choice([None, begin + dt.timedelta(seconds=rng.randrange(5))]),
                "status": rng.choice(["ok", "error", "unset", "running"]),
                "error_message": rng.choice([None, "broken"]),
                **{
                    name: rng.choice(TEXTS)
                    for name in ("input", "output", "tool_arguments", "tool_result", "documents")
                },
                "input_messages": messages(rng),
                "output_messages": messages(rng),
                "tool_name": rng.choice([None, "f", "g"]),
                "tool_call_id": rng.choice([None, "a", "b"]),
            }
        )
    return rows


@pytest.mark.parametrize("seed", range(150))
def test_spans_of_any_shape_become_orderly_steps_that_can_be_read(seed: int):
    rows = spans(seed)
    frame = evidence.steps(rows)
    assert set(frame["kind"]) <= set(STEP_KINDS)
    numbers = frame.group_by("session_id").agg(
        pl.col("number").min().alias("low"), pl.col("number").max().alias("high"), pl.len()
    )
    assert numbers.filter((pl.col("low") != 1) | (pl.col("high") != pl.col("len"))).is_empty()
    assert frame.select(pl.col("turn").diff().over("session_id")).to_series().drop_nulls().is_between(0, 1).all()
    tools = {(row["trace_id"], row["span_id"]) for row in rows if row["kind"] == "tool"}
    ran = frame.filter(kind="tool").select("trace_id", "span_id").rows()
    assert all(ran.count(each) <= 1 for each in tools)
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    assert evidence.steps(shuffled).equals(frame)
    rolled = evidence.sessions(rows, frame)
    assert rolled["steps"].sum() == frame.height
    assert rolled["spans"].sum() == len(rows)
    for loop in evidence.loops(frame):
        assert loop._repr_html_()  # pyright: ignore[reportPrivateUsage]
        assert [m["role"] for m in loop.messages()].count("user") == len(loop.user_messages)
        for budget in (300, 1_000, 5_000):
            rendering = evidence.render(loop, budget=budget)
            assert len(rendering.text) <= max(budget, 200)
            assert rendering.complete == (rendering.characters <= budget)
