"""LangSmith: one trace in each of its exports reads the same; projects are no conversations; feedback finds its run."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from otlp_lines import write

from workbench import load

Run = dict[str, Any]

ROOT, MODEL, TOOL, SEARCH = (f"01a1f7db-5db{i}-715c-b5dd-74684a64f2d2" for i in range(4))
PROJECT = "0f0f0f0f-0000-4000-8000-000000000001"
CALL = {"name": "find", "args": {"order": 7}, "id": "c1", "type": "tool_call"}


def lc(kind: str, **kwargs: Any) -> Run:
    """A message as LangChain serialises it."""
    return {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", kind], "kwargs": kwargs}


ANSWER = lc(
    "AIMessage",
    content="",
    type="ai",
    tool_calls=[CALL],
    invalid_tool_calls=[],
    response_metadata={"model_name": "m-1"},
    usage_metadata={
        "input_tokens": 12,
        "output_tokens": 3,
        "total_tokens": 15,
        "input_token_details": {"cache_read": 4},
    },
)
ASKED = [lc("SystemMessage", content="Be brief."), lc("HumanMessage", content="Where is order 7?")]
RESULT = {"content": "sent", "type": "tool", "name": "find", "tool_call_id": "c1", "status": "success"}


def stamp(second: int) -> str:
    return f"20260101T1200{second:02d}123456Z"


def run(run_id: str, parent: str | None, name: str, run_type: str, seconds: tuple[int, int], **fields: Any) -> Run:
    order = f"{stamp(0)}{ROOT}" + (f".{stamp(seconds[0])}{run_id}" if parent else "")
    return {
        "id": run_id, "name": name, "run_type": run_type, "trace_id": ROOT, "parent_run_id": parent, "dotted_order": order,
        "start_time": f"2026-01-01T12:00:{seconds[0]:02d}.123456", "end_time": f"2026-01-01T12:00:{seconds[1]:02d}.123456",
        "error": None, "status": "success", "session_id": PROJECT, "tags": [], "events": [{"name": "start", "time": "2026"}],
        "extra": {"metadata": {"thread_id": "th1", "user_id": "u1"}, "runtime": {"sdk": "langsmith-py"}}, **fields,
    }  # fmt: skip


RUNS = [
    run(ROOT, None, "support", "chain", (0, 9), inputs={"question": "Where is order 7?"}, outputs={"output": "It was sent."},
        prompt_tokens=12, completion_tokens=3, total_tokens=15, total_cost="0.0075", tags=["beta"]),
    run(MODEL, ROOT, "ChatModel", "llm", (1, 2), inputs={"messages": [ASKED]},
        outputs={"generations": [[{"text": "", "type": "ChatGeneration", "message": ANSWER}]], "llm_output": None},
        prompt_tokens=12, completion_tokens=3, total_tokens=15, prompt_cost="0.0025", completion_cost="0.005", total_cost="0.0075"),
    run(TOOL, ROOT, "find", "tool", (3, 4), inputs={"input": "{'order': 7}"}, outputs={"output": RESULT}),
    run(SEARCH, ROOT, "policies", "retriever", (5, 6), inputs={"query": "refunds"}, status="error", error="ValueError('no index')Traceback (most recent call last):\n  File x\nValueError: no index",
        outputs={"documents": [{"page_content": "30 days", "metadata": {"source": "p.md"}, "type": "Document"}]}),
]  # fmt: skip
RUNS[1]["extra"] = {"metadata": {"thread_id": "th1", "user_id": "u1", "ls_provider": "openai", "ls_model_name": "m-1"}, "invocation_params": {"model": "m-1", "temperature": 0}}  # fmt: skip


def v2() -> list[Run]:
    """As `client.runs.query` gives them."""
    found: list[Run] = []
    for one in RUNS:
        made = {name: value for name, value in one.items() if name not in ("parent_run_id", "session_id")}
        made |= {
            "project_id": PROJECT,
            "parent_run_ids": [ROOT] if one["parent_run_id"] else [],
            "is_root": one["id"] == ROOT,
        }
        made |= {"status": one["status"].upper(), "metadata": one["extra"]["metadata"], "extra": {k: v for k, v in one["extra"].items() if k != "metadata"}}  # fmt: skip
        for name in ("start_time", "end_time"):
            made[name] += "Z"
        for name in ("total_cost", "prompt_cost", "completion_cost"):
            if name in made:
                made[name] = float(made[name])
        found.append(made)
    return found


def bulk() -> bytes:
    """Columns of the bulk export: structure as JSON text, times as times."""
    rows: list[Run] = []
    for one in RUNS:
        row = {**one, "tenant_id": PROJECT, "is_root": one["id"] == ROOT, "parent_run_ids": [ROOT] if one["parent_run_id"] else [], "trace_tier": "longlived"}  # fmt: skip
        for name in ("inputs", "outputs", "extra", "events", "feedback_stats"):
            row[name] = orjson.dumps(row.get(name)).decode()
        rows.append(row)
    times = pl.col("start_time", "end_time").str.to_datetime(time_unit="us", time_zone="UTC")
    packed = io.BytesIO()
    pl.DataFrame(rows, infer_schema_length=None).with_columns(times).write_parquet(packed, compression="zstd")
    return packed.getvalue()


def command_line() -> list[Run]:
    found: list[Run] = []
    for one in RUNS:
        made = {name: one[name] for name in ("trace_id", "name", "run_type", "parent_run_id", "start_time", "end_time", "status", "inputs", "outputs", "error", "tags")}  # fmt: skip
        made |= {"run_id": one["id"], "duration_ms": 1000, "custom_metadata": one["extra"]["metadata"]}
        if "prompt_tokens" in one:
            made["token_usage"] = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
            made["costs"] = {"prompt_cost": one.get("prompt_cost"), "completion_cost": one.get("completion_cost"), "total_cost": "0.0075"}  # fmt: skip
        found.append(made)
    return found


def lines(values: list[Run]) -> bytes:
    return b"".join(orjson.dumps(value) + b"\n" for value in values)


def table() -> bytes:
    """The runs in a dataframe, as `to_csv` writes it: structure as Python prints it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for one in RUNS for name in one)))
    writer.writeheader()
    writer.writerows(RUNS)
    return text.getvalue().encode()


SHAPES = {
    "list_runs": lines(RUNS),
    "REST, a page": orjson.dumps({"runs": RUNS, "cursors": {"next": None}}),
    "children inside": orjson.dumps({**RUNS[0], "child_runs": RUNS[1:]}),
    "without parents": lines(
        [{k: v for k, v in one.items() if k not in ("parent_run_id", "trace_id")} for one in RUNS]
    ),
    "v2": lines(v2()),
    "bulk Parquet": bulk(),
    "command line": lines(command_line()),
    "dataframe as CSV": table(),
}
WANTED: list[Run] = [
    {"span_id": ROOT, "parent_id": None, "name": "support", "kind": "agent", "status": "ok", "input": '{"question":"Where is order 7?"}', "output": "It was sent.", "tags": ["beta"], "seconds": 9},
    {"span_id": MODEL, "parent_id": ROOT, "name": "ChatModel", "kind": "llm", "status": "ok", "model": "m-1", "provider": "openai", "input_tokens": 12, "output_tokens": 3, "total_tokens": 15, "cache_read_tokens": 4, "input_cost": 0.0025, "output_cost": 0.005, "total_cost": 0.0075, "seconds": 1},
    {"span_id": TOOL, "parent_id": ROOT, "name": "find", "kind": "tool", "status": "ok", "tool_name": "find", "tool_call_id": "c1", "tool_arguments": '{"order":7}', "tool_result": "sent", "seconds": 1},
    {"span_id": SEARCH, "parent_id": ROOT, "name": "policies", "kind": "retrieval", "status": "error", "error_type": "ValueError", "error_message": "ValueError('no index')", "input": "refunds", "seconds": 1},
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_trace_reads_the_same_in_every_export(shape: str, tmp_path: Path) -> None:
    file = tmp_path / ("runs.csv" if "CSV" in shape else "runs")
    file.write_bytes(SHAPES[shape])
    loaded = load.read(file)
    assert loaded.sources["format"].to_list() == ["langsmith"]
    assert (loaded.total("loaded"), loaded.total("read")) == (4, 4)
    spans = loaded.spans.with_columns(seconds=(pl.col("end") - pl.col("start")).dt.total_seconds()).sort("span_id")
    columns = sorted({name for wanted in WANTED for name in wanted} - {"output"})
    assert spans.select(columns).to_dicts() == [{name: wanted.get(name) for name in columns} for wanted in WANTED]
    assert spans["output"][0] == "It was sent."
    for name, value in (("trace_id", ROOT), ("session_id", "th1"), ("user_id", "u1")):
        assert spans[name].unique().to_list() == [value]
    assert str(spans["start"][0]) == "2026-01-01 12:00:00.123456+00:00"
    model, search = spans.row(1, named=True), spans.row(3, named=True)
    assert orjson.loads(model["input_messages"]) == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where is order 7?"}]  # fmt: skip
    assert orjson.loads(model["output_messages"]) == [{"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "name": "find", "arguments": {"order": 7}}]}]  # fmt: skip
    assert orjson.loads(search["documents"])[0]["content"] == "30 days"
    assert loaded.unknown_attributes.height == 0


SAID = {"role": "assistant", "content": "It was sent."}
MODEL_PAYLOADS: dict[str, tuple[Any, Any]] = {
    "OpenAI": ({"messages": [{"role": "user", "content": "Where?"}], "model": "m"}, {"choices": [{"message": SAID}]}),
    "OpenAI Responses": ({"input": "Where?", "model": "m"}, {"output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It was sent."}]}]}),
    "Anthropic": ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Where?"}]}]}, {"role": "assistant", "content": [{"type": "text", "text": "It was sent."}]}),
    "one message": ({"messages": [{"role": "user", "content": "Where?"}]}, SAID),
    "LangChain, flattened": ({"prompts": ["Human: Where?"]}, {"generations": [[{"text": "It was sent.", "message": lc("AIMessage", content="It was sent.")}]]}),
    "LangChain, completion": ({"prompts": ["Where?"]}, {"generations": [[{"text": "It was sent.", "generation_info": {}}]]}),
    "plain function": ({"input": "Where?"}, {"output": "It was sent."}),
}  # fmt: skip


@pytest.mark.parametrize("shape", MODEL_PAYLOADS)
def test_a_model_call_reads_the_same_in_every_makers_form(shape: str, tmp_path: Path) -> None:
    given, taken = MODEL_PAYLOADS[shape]
    one = run(MODEL, ROOT, "call", "llm", (1, 2), inputs=given, outputs=taken)
    row = load.read(write(tmp_path / "runs.jsonl", one)).spans.row(0, named=True)
    assert orjson.loads(row["input_messages"]) == [{"role": "user", "content": "Where?"}]
    assert orjson.loads(row["output_messages"]) == [SAID]


def test_a_flattened_chat_is_told_by_its_speakers(tmp_path: Path) -> None:
    prompt = "System: Be brief.\nHuman: Where is\norder 7?\nAI: Wait.\nTool: sent"
    one = run(MODEL, ROOT, "call", "llm", (1, 2), inputs={"prompts": [prompt]}, outputs=None)
    row = load.read(write(tmp_path / "runs.jsonl", one)).spans.row(0, named=True)
    assert [(message["role"], message["content"]) for message in orjson.loads(row["input_messages"])] == [
        ("system", "Be brief."),
        ("user", "Where is\norder 7?"),
        ("assistant", "Wait."),
        ("tool", "sent"),
    ]


def test_a_tool_that_answers_with_an_error_failed(tmp_path: Path) -> None:
    answer = lc("ToolMessage", content="no such order", tool_call_id="c1", status="error")
    one = run(TOOL, ROOT, "find", "tool", (1, 2), inputs={"order": 7}, outputs={"output": answer})
    row = load.read(write(tmp_path / "runs.jsonl", one)).spans.row(0, named=True)
    assert (row["status"], row["error_message"], row["tool_result"]) == ("error", "no such order", "no such order")


def test_a_run_that_goes_on_is_running_and_grows(tmp_path: Path) -> None:
    going = {**RUNS[0], "end_time": None, "outputs": None, "status": "pending"}
    first = load.read(write(tmp_path / "1.jsonl", going))
    assert first.spans["status"].to_list() == ["running"]
    known = first.spans.with_columns(pl.lit("load-1").alias("load_id")).lazy()
    again = load.read(write(tmp_path / "2.jsonl", RUNS[0]), known=known)
    assert again.superseded.rows() == [(ROOT, ROOT, "load-1")]


def test_what_was_tried_is_the_task(tmp_path: Path) -> None:
    one = {**RUNS[0], "reference_example_id": "example-1"}
    assert load.read(write(tmp_path / "runs.jsonl", one)).spans["task_id"].to_list() == ["example-1"]


def feedback(**fields: Any) -> Run:
    return {"id": "f1", "run_id": ROOT, "trace_id": ROOT, "session_id": PROJECT, "key": "user_score", "score": 0.0, "value": None, "comment": "wrong order", "correction": None, "created_at": "2026-01-01T13:00:00.000001", "modified_at": "2026-01-01T13:00:00.000001", "feedback_source": {"type": "api", "metadata": {}, "user_id": None}, "extra": None, **fields}  # fmt: skip


def test_feedback_finds_its_run_its_trace_or_its_thread(tmp_path: Path) -> None:
    app = {"type": "app", "user_id": "u9", "user_name": "Ana"}
    judge = {"type": "evaluator", "metadata": {"__run": {"run_id": "r"}}}
    given = [
        feedback(),
        feedback(id="f2", run_id=MODEL, key="tone", score=None, value="rude", feedback_source=app, correction={"tone": "kind"}),
        feedback(id="f3", run_id=MODEL, trace_id=None, key="correct", score=True, feedback_source=judge),
        feedback(id="f4", run_id=None, trace_id=None, key="resolved", score=1, thread_id="th1", feedback_source={"type": "model"}),
    ]  # fmt: skip
    loaded = load.read(write(tmp_path / "feedback.jsonl", *given))
    columns = ["target_kind", "target_id", "join_key", "name", "value_number", "value_text", "author_kind", "author"]
    assert loaded.scores.select(columns).rows() == [
        ("trace", ROOT, None, "user_score", 0.0, None, "user", None),
        ("span", f"{ROOT}/{MODEL}", None, "tone", None, "rude", "human", "Ana"),
        ("span", f"{ROOT}/{MODEL}", None, "tone.correction", None, '{"tone":"kind"}', "human", "Ana"),
        (None, None, MODEL, "correct", 1.0, None, "model", None),
        ("session", "th1", None, "resolved", 1.0, None, "model", None),
    ]
    assert str(loaded.scores["happened_at"][0]) == "2026-01-01 13:00:00.000001+00:00"
    assert (loaded.total("read"), loaded.total("loaded")) == (4, 4)


def test_feedback_that_a_run_sums_up(tmp_path: Path) -> None:
    stats: Run = {"user_score": {"n": 2, "avg": 0.5, "comments": ["wrong", None], "sources": ['{"type": "api"}']}, "topic": {"n": 1, "avg": None, "values": {"refund": 1}, "sources": []}, "none": {"n": 0}}  # fmt: skip
    loaded = load.read(write(tmp_path / "runs.jsonl", {**RUNS[0], "feedback_stats": stats}))
    assert loaded.scores.select("target_id", "name", "value_number", "value_text", "comment", "author_kind").rows() == [
        (ROOT, "user_score", 0.5, None, "wrong", "user"),
        (ROOT, "topic", None, "refund", None, "code"),
    ]
    assert loaded.total("loaded") == 1


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    nameless = {**RUNS[1], "id": None, "dotted_order": ""}
    lost = {**RUNS[1], "trace_id": None, "dotted_order": None}
    loaded = load.read(
        write(tmp_path / "runs.jsonl", RUNS[0], nameless, lost, feedback(run_id=None, trace_id=None), {"level": 1})
    )
    assert loaded.set_aside.select("record", "reason").rows() == [
        (2, "a run without an id"),
        (3, "a run without a trace"),
        (4, "feedback on nothing"),
        (5, "no record of its file's format (langsmith)"),
    ]
    assert loaded.total("loaded") == 1


def test_numbers_that_are_none_are_unknown(tmp_path: Path) -> None:
    line = orjson.dumps({**RUNS[1], "total_cost": 0.5, "prompt_cost": None, "completion_cost": "0", "acme": 1})
    loaded = load.read(write(tmp_path / "runs.jsonl", line.replace(b"0.5", b"NaN")))
    row = loaded.spans.row(0, named=True)
    assert (row["total_cost"], row["output_cost"], row["input_tokens"]) == (None, None, 12)
    assert loaded.unknown_attributes.rows() == [("acme", 1)]
