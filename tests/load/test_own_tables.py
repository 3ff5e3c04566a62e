"""Tables of one's own: a few lines of settings, or a mapping in code, and any CSV, JSON or frame is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from otlp_lines import write

import workbench as wb
from workbench import evidence, load
from workbench.errors import InputError, UnknownNameError
from workbench.load import LoadOptions, TableMapping

Row = dict[str, Any]

SAID = TableMapping(
    "desk",
    match=["conversation", "speaker"],
    columns={"session_id": "conversation", "role": "speaker", "content": "text", "tool_name": "tool", "tool_calls": "calls", "tool_call_id": "answers", "start": "time", "user_id": "who.id"},
    words={"customer": "user", "helper": "assistant"},
    scores={"user_rating": "stars"},
)  # fmt: skip
MESSAGES: list[Row] = [
    {"conversation": "c1", "speaker": "system", "text": "Be brief.", "time": "2026-01-01 10:00:00"},
    {"conversation": "c1", "speaker": "customer", "text": "Where is 7?", "time": "2026-01-01 10:00:01", "who": '{"id": "u1"}', "shop": "north"},
    {"conversation": "c1", "speaker": "helper", "text": "", "calls": '[{"id": "k1", "name": "find", "arguments": {"order": 7}}]', "time": "2026-01-01 10:00:02"},
    {"conversation": "c1", "speaker": "tool", "text": "sent", "tool": "find", "answers": "k1", "time": "2026-01-01 10:00:03"},
    {"conversation": "c1", "speaker": "helper", "text": "It was sent.", "time": "2026-01-01 10:00:04", "stars": "5"},
    {"conversation": "c2", "speaker": "customer", "text": "Hi", "time": "2026-01-01 11:00:01"},
    {"conversation": "c2", "speaker": "helper", "text": "Hello", "time": "2026-01-01 11:00:02", "stars": "1"},
]  # fmt: skip
SETTINGS = """\
name = "desk"

[tables.desk]
match = ["conversation", "speaker"]
session_id = "conversation"
role = "speaker"
content = "text"
start = "time"

[tables.desk.words]
customer = "user"
helper = "assistant"

[tables.desk.scores]
user_rating = "stars"
"""


def whole(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None)


def steps(loaded: load.Loaded) -> list[Any]:
    return evidence.steps(loaded.spans).select("session_id", "kind", "text", "tool_name", "tool_result").rows()


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl", "m.json", "m.parquet", "frame"])
def test_a_row_a_message(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    match name:
        case "m.csv":
            file.write_bytes(whole(MESSAGES).write_csv().encode())
        case "m.jsonl":
            write(file, *MESSAGES)
        case "m.json":
            file.write_bytes(orjson.dumps(MESSAGES, option=orjson.OPT_INDENT_2))
        case "m.parquet":
            whole(MESSAGES).write_parquet(file)
        case _:
            pass
    loaded = load.read(whole(MESSAGES) if name == "frame" else file, options=LoadOptions(tables=(SAID,)))
    assert loaded.sources.select("format", "read", "loaded").rows() == [("desk", 7, 7)]
    assert steps(loaded) == [
        ("c1", "system", "Be brief.", None, None),
        ("c1", "user", "Where is 7?", None, None),
        ("c1", "tool", None, "find", "sent"),
        ("c1", "assistant", "It was sent.", None, None),
        ("c2", "user", "Hi", None, None),
        ("c2", "assistant", "Hello", None, None),
    ]
    assert loaded.spans["user_id"].drop_nulls().to_list() == ["u1"]
    assert loaded.scores.select("target_kind", "target_id", "name", "value_number", "author_kind").rows() == [
        ("session", "c1", "user_rating", 5.0, "user"),
        ("session", "c2", "user_rating", 1.0, "user"),
    ]
    assert '"shop":"north"' in str(loaded.spans["metadata"][1])  # what is not mapped is kept


CALLS = TableMapping(
    "steps",
    match=["run", "step"],
    columns={"trace_id": "run", "span_id": "step", "parent_id": "above", "kind": "type", "name": "label", "input": "given", "output": "taken", "tool_arguments": "args", "error": "failed", "start": "began", "milliseconds": "took", "input_tokens": "use.in", "total_cost": "price", "documents": "found"},
    words={"LLM_CALL": "llm", "LOOKUP": "retrieval"},
)  # fmt: skip


def test_a_row_a_span() -> None:
    rows: list[Row] = [
        {"run": "r", "step": "1", "above": None, "type": "agent", "label": "desk", "given": "Where is 7?", "taken": "Sent.", "began": 1767225600, "took": 2500},
        {"run": "r", "step": "2", "above": "1", "type": "LLM_CALL", "label": "m", "given": [{"role": "user", "content": "Where is 7?"}], "taken": "Sent.", "began": 1767225601, "took": 500, "use": {"in": "12"}, "price": "0.5"},
        {"run": "r", "step": "3", "above": "1", "type": "tool", "label": "find", "args": '{"order": 7}', "taken": "sent", "began": "1767225601.5", "failed": "too slow"},
        {"run": "r", "step": "4", "above": "1", "type": "LOOKUP", "label": "policies", "given": "returns", "found": '[{"id": "p", "text": "30 days"}]'},
    ]  # fmt: skip
    spans = load.read(rows, options=LoadOptions(tables=(CALLS,))).spans.to_dicts()
    assert [span["kind"] for span in spans] == ["agent", "llm", "tool", "retrieval"]
    assert [span["parent_id"] for span in spans] == [None, "1", "1", "1"]
    assert (spans[0]["end"] - spans[0]["start"]).total_seconds() == 2.5
    assert (spans[1]["input_tokens"], spans[1]["total_cost"]) == (12, 0.5)
    assert orjson.loads(spans[1]["output_messages"]) == [{"role": "assistant", "content": "Sent."}]
    assert (spans[2]["tool_name"], spans[2]["tool_arguments"], spans[2]["status"], spans[2]["error_message"]) == (
        "find",
        '{"order":7}',
        "error",
        "too slow",
    )
    assert spans[2]["start"].microsecond == 500_000
    assert orjson.loads(spans[3]["documents"])[0]["content"] == "30 days"


def test_equal_rows_are_told_apart_and_a_grown_file_adds_only_what_is_new(tmp_path: Path) -> None:
    """Without ids of their own, rows are known by their content and by how often it came."""
    mapping = LoadOptions(
        tables=(TableMapping("t", match=["c"], columns={"session_id": "c", "role": "r", "content": "x"}),)
    )
    rows = [
        {"c": "1", "r": "user", "x": "ok"},
        {"c": "1", "r": "assistant", "x": "fine"},
        {"c": "1", "r": "user", "x": "ok"},
    ]
    first = load.read(write(tmp_path / "a.jsonl", *rows), options=mapping)
    assert first.spans.height == 3
    grown = load.read(
        write(tmp_path / "a.jsonl", *rows, {"c": "1", "r": "assistant", "x": "fine"}),
        known=first.spans.lazy(),
        options=mapping,
    )
    assert (grown.total("read"), grown.total("merged"), grown.total("loaded")) == (4, 3, 1)


def test_a_table_of_scores_only() -> None:
    """Ratings by session, about what other files hold, make no spans."""
    mapping = TableMapping(
        "ratings",
        match=["conv", "stars"],
        columns={"session_id": "conv", "end": "day"},
        scores={"csat": "stars", "kind": "word"},
    )
    loaded = load.read(
        [
            {"conv": "c1", "stars": 2, "word": "rude", "day": "2026-01-02"},
            {"conv": "c2", "stars": None, "word": "true"},
        ],
        options=LoadOptions(tables=(mapping,)),
    )
    assert loaded.spans.height == 0
    assert loaded.scores.select("target_id", "name", "value_number", "value_text", "author_kind").rows() == [
        ("c1", "csat", 2.0, None, "user"),
        ("c1", "kind", None, "rude", "code"),
        ("c2", "kind", 1.0, None, "code"),
    ]


def test_a_mapping_goes_before_the_known_formats_and_takes_no_other_table(tmp_path: Path) -> None:
    write(tmp_path / "chat.jsonl", {"messages": [{"role": "user", "content": "Hi"}]})
    write(tmp_path / "own.jsonl", *MESSAGES)
    loaded = load.read(tmp_path, options=LoadOptions(tables=(SAID,)))
    assert loaded.sources["format"].to_list() == ["chat", "desk"]


def test_a_mapped_column_that_no_row_has_is_said() -> None:
    loaded = load.read(
        [{"c": "1", "x": "Hi"}],
        options=LoadOptions(
            tables=(TableMapping("t", match=["c"], columns={"session_id": "c", "input": "x", "output": "ansewr"}),)
        ),
    )
    assert loaded.notes == ("files of table 't' without the column 'ansewr' that it maps: 1",)


@pytest.mark.parametrize(
    ("told", "match"),
    [
        (
            {"match": ["c"], "sesion_id": "c"},
            r"column in \[tables.t\] of workbench.toml named 'sesion_id': did you mean 'session_id'",
        ),
        ({"match": [], "session_id": "c"}, "match is .*, expected the names of columns"),
        ({"match": "c", "session_id": "c"}, "match is 'c', expected the names of columns"),
        ({"match": ["c"], "session_id": 3}, "session_id is 3, expected a text"),
        ({"match": ["c"]}, "no column is mapped"),
        (
            {"match": ["c"], "session_id": "c", "words": 3},
            r"tables.t.words is 3, expected a section \[tables.t.words\]",
        ),
        (7, r"expected a section \[tables.t\]"),
    ],
)
def test_what_cannot_be_meant_is_refused(told: Any, match: str) -> None:
    with pytest.raises(InputError, match=match):
        load.table_mappings({"t": told}, "workbench.toml")


def test_a_name_of_ours_that_is_wrong_is_an_unknown_name() -> None:
    with pytest.raises(UnknownNameError):
        TableMapping("t", match=["c"], columns={"sesion_id": "c"})


def test_a_workspace_reads_by_its_settings(tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / "workbench.toml").write_text(SETTINGS)
    (tmp_path / "talks.csv").write_bytes(
        whole(MESSAGES).select("conversation", "speaker", "text", "time", "stars").write_csv().encode()
    )
    ws = wb.open(tmp_path / "ws")
    report = ws.load(tmp_path / "talks.csv")
    assert report.totals == {"read": 7, "loaded": 7, "merged": 0, "superseded": 0, "set_aside": 0}
    assert ws.sessions()["session_id"].to_list() == ["c1", "c2"]
    ws.close()
