"""Results that other tools ran are compared as one's own: a benchmark's files, and exports with their scores, one file a run."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from shared_data import shared
from typer.testing import CliRunner

import workbench as wb
from workbench.cli._app import app

TAU2 = "tau2-experiments/"
TUNED = TAU2 + "ft_gpt-4.1-2025-04-14_sierra_tau2-full-sft_BzrYdMNm_airline_default_gpt-4.1_1trials.json"


def test_two_tau2_files_are_compared_and_a_flip_opens_both_conversations(tmp_path: Path) -> None:
    ws = wb.open(tmp_path / "ws")
    ws.load([shared(TAU2 + "gpt-4.1_airline_default_gpt-4.1_1trials.json"), shared(TUNED)])
    arms = [
        ws.recorded(name, pl.col("agent_version").str.starts_with(name), graders=["reward"])
        for name in ("gpt-4.1", "ft:gpt-4.1")
    ]
    found = wb.compare(*arms)
    assert (found.overall.baseline, found.overall.candidate) == (0.5, 0.65)
    assert (len(found.fixed), len(found.regressed), found.verdict) == (6, 3, "cannot tell")
    told = found.flip(found.regressed[0], ws.session)
    assert told.first is not None
    assert told.sentence.startswith("They part at step ")
    assert told._repr_html_().count("Here they part") == 1
    ws.close()


def test_langfuse_scores_are_compared(tmp_path: Path) -> None:
    for name, wrong in (("v1", {0, 1, 2, 3, 4, 5}), ("v2", {5})):
        rows = [
            {"id": f"{name}-{n}", "name": "run", "timestamp": f"2026-01-0{1 + (name == 'v2')}T10:00:{n:02d}.000Z", "version": name,
             "release": name, "sessionId": f"{name}-{n}", "input": f"Question {n}", "output": "Answer", "metadata": {"task_id": f"q{n}"},
             "observations": [],
             "scores": [{"id": f"s-{name}-{n}", "traceId": f"{name}-{n}", "name": "correct", "value": float(n not in wrong),
                         "dataType": "BOOLEAN", "source": "EVAL", "timestamp": "2026-01-03T10:00:00.000Z"}]}
            for n in range(30)
        ]  # fmt: skip
        (tmp_path / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    ws = wb.open(tmp_path / "ws")
    ws.load([tmp_path / "v1.json", tmp_path / "v2.json"])
    sessions = ws.sessions()
    assert sessions.height == 60
    arms = [
        ws.recorded(name, pl.col("session_id").str.starts_with(name), graders=["correct"], case="input")
        for name in ("v1", "v2")
    ]
    found = wb.compare(*arms, margin=0.1)
    assert (len(found.fixed), len(found.regressed), found.overall.cases) == (5, 0, 30)
    assert found.verdict in {"better", "not worse"}
    ws.close()


Row = dict[str, Any]
WRONG = {"v1": {0, 1, 2, 3, 4, 5}, "v2": {5, 6}}
"""Which of thirty questions each version gets wrong: five are fixed, one regresses."""


def lines(path: Path, rows: list[Row]) -> None:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")


def inspect_log(name: str, folder: Path) -> None:
    """Two epochs of fifteen samples: the second epoch of a sample is another trial of the same case."""
    samples = [
        {"id": n // 2, "epoch": n % 2 + 1, "input": f"Question {n // 2}", "target": "yes",
         "messages": [{"role": "user", "content": f"Question {n // 2}"}, {"role": "assistant", "content": "yes"}],
         "output": {"model": "m", "choices": [{"message": {"role": "assistant", "content": "yes"}, "stop_reason": "stop"}]},
         "scores": {"match": {"value": "I" if n in WRONG[name] else "C", "answer": "yes"}}}
        for n in range(30)
    ]  # fmt: skip
    about = {
        "run_id": f"r-{name}",
        "created": "2026-01-01T00:00:00Z",
        "task": "desk",
        "task_id": f"t-{name}",
        "model": "m",
        "dataset": {},
        "config": {},
    }
    log = {"version": 2, "status": "success", "eval": about, "plan": {}, "results": {}, "stats": {}, "samples": samples}
    (folder / f"{name}.json").write_text(json.dumps(log), encoding="utf-8")


def langsmith_runs(name: str, folder: Path) -> None:
    rows: list[Row] = []
    for n in range(30):
        run_id = f"01a1f7db-{name}00-715c-b5dd-{n:012d}"
        shared = {"trace_id": run_id, "session_id": f"project-{name}"}
        rows += [
            {**shared, "id": run_id, "name": "desk", "run_type": "chain", "parent_run_id": None, "dotted_order": f"20260101T120000000000Z{run_id}",
             "start_time": "2026-01-01T12:00:00", "end_time": "2026-01-01T12:00:01", "status": "success", "reference_example_id": f"example-{n}",
             "inputs": {"question": f"Question {n}"}, "outputs": {"answer": "yes"}, "extra": {}, "error": None},
            {**shared, "id": f"f-{name}-{n}", "run_id": run_id, "key": "correct", "score": float(n not in WRONG[name]), "value": None,
             "created_at": "2026-01-01T13:00:00", "modified_at": "2026-01-01T13:00:00", "feedback_source": {"type": "model"}},
        ]  # fmt: skip
    lines(folder / f"{name}.jsonl", rows)


def braintrust_rows(name: str, folder: Path) -> None:
    """The record of the dataset stands at the row itself in one, and as its origin in the other."""
    where = [
        {"dataset_record_id": f"d{n}"}
        if name == "v1"
        else {"origin": {"object_type": "dataset", "object_id": "set", "id": f"d{n}"}}
        for n in range(30)
    ]
    lines(
        folder / f"{name}.jsonl",
        [
            {"id": f"{name}-{n}", "_xact_id": "1000", "created": "2026-01-01T00:00:00.000Z", "experiment_id": name, "span_id": f"{name}-{n}",
             "root_span_id": f"{name}-{n}", "span_parents": None, "is_root": True, "span_attributes": {"name": "eval", "type": "eval"},
             "input": f"Question {n}", "output": "yes", "expected": "yes", "scores": {"correct": float(n not in WRONG[name])}, "metadata": {},
             "metrics": {"start": 1767225600.0, "end": 1767225601.0}, **where[n]}
            for n in range(30)
        ],
    )  # fmt: skip


def mlflow_traces(name: str, folder: Path) -> None:
    """What `mlflow.genai.evaluate` leaves: traces whose assessments a scorer gave, without the name of a case."""
    rows: list[Row] = []
    for n in range(30):
        digits = f"{n + 1 + 100 * (name == 'v2'):032x}"
        trace_id = f"tr-{digits}"
        said = {"trace_id": trace_id, "assessment_name": "correct", "source": {"source_type": "LLM_JUDGE", "source_id": "judge"},
                "create_time": "2026-01-01T00:00:01Z", "last_update_time": "2026-01-01T00:00:01Z",
                "feedback": {"value": n not in WRONG[name]}, "valid": True}  # fmt: skip
        told = {"mlflow.traceRequestId": trace_id, "mlflow.spanType": "AGENT", "mlflow.spanInputs": {"question": f"Question {n}"}, "mlflow.spanOutputs": "yes"}  # fmt: skip
        span = {"trace_id": base64.b64encode(bytes.fromhex(digits)).decode(), "span_id": base64.b64encode(bytes.fromhex(digits[16:])).decode(),
                "parent_span_id": None, "name": "desk", "start_time_unix_nano": 10**18, "end_time_unix_nano": 10**18 + 10**9, "events": [],
                "status": {"code": "STATUS_CODE_OK", "message": ""}, "attributes": {key: json.dumps(value) for key, value in told.items()}, "links": []}  # fmt: skip
        about = {"trace_id": trace_id, "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}},
                 "request_time": "2026-01-01T00:00:00Z", "execution_duration_ms": 1000, "state": "OK",
                 "trace_metadata": {"mlflow.sourceRun": name}, "tags": {"mlflow.traceName": "desk"}, "assessments": [said]}  # fmt: skip
        rows.append({"info": about, "data": {"spans": [span]}})
    lines(folder / f"{name}.jsonl", rows)


TOOLS: list[tuple[Callable[[str, Path], None], str, str, str]] = [
    (inspect_log, "json", "match", "task_id"),
    (langsmith_runs, "jsonl", "correct", "task_id"),
    (braintrust_rows, "jsonl", "correct", "task_id"),
    (mlflow_traces, "jsonl", "correct", "input"),
]


@pytest.mark.parametrize(("write", "ending", "grader", "case"), TOOLS, ids=[each[0].__name__ for each in TOOLS])
def test_two_runs_of_another_tool_are_compared_and_ruled_from_notebook_and_shell(
    write: Callable[[str, Path], None], ending: str, grader: str, case: str, tmp_path: Path
) -> None:
    for name in ("v1", "v2"):
        write(name, tmp_path)
    names = [f"{name}.{ending}" for name in ("v1", "v2")]
    ws = wb.open(tmp_path / "ws")
    ws.load([tmp_path / name for name in names])
    arms = [ws.recorded(name, pl.col("file") == name, case=case) for name in names]
    assert [arm.graders for arm in arms] == [[grader], [grader]]
    assert [arm.outcomes["value"].sum() for arm in arms] == [24.0, 28.0]
    found = wb.compare(*arms, margin=0.1)
    trials = 2 if write is inspect_log else 1
    assert (found.overall.cases, max(found.overall.trials)) == (30 // trials, trials)
    assert found.integrity["completed"].to_list() == [30, 30]
    if trials == 1:
        assert (len(found.fixed), len(found.regressed)) == (5, 1)
    ws.close()
    (tmp_path / "gate.toml").write_text("margin = 0.1\n", encoding="utf-8")
    words = [
        "--baseline",
        names[0],
        "--candidate",
        names[1],
        "--arm",
        "file",
        "--case",
        case,
        "-w",
        str(tmp_path / "ws"),
        "--json",
    ]
    told = CliRunner().invoke(app, ["compare", *words, "--margin", "0.1"], catch_exceptions=False)
    assert json.loads(told.stdout)["sentence"] == found.sentence
    ruled = CliRunner().invoke(app, ["gate", "--policy", str(tmp_path / "gate.toml"), *words], catch_exceptions=False)
    assert ruled.exit_code in {0, 2}
    assert json.loads(ruled.stdout)["comparison"]["cases"] == 30 // trials
    missed = ["v9.json" if word == names[1] else word for word in words]
    refused = CliRunner().invoke(app, ["compare", *missed])
    assert refused.exit_code == 1
    assert names[1] in refused.output


def test_inspect_logs_of_others_are_arms_with_samples_as_cases_and_epochs_as_trials(tmp_path: Path) -> None:
    ws = wb.open(tmp_path / "ws")
    ws.load(
        [
            shared("native/inspect_ai/log/test_eval_log/log_streaming.eval"),
            shared("native/inspect_ai/scorer/logs/2025-02-11T15-18-04-05-00_popularity_mj7khqpMM4GBCfVQozKgzB.eval"),
        ]
    )
    epochs = ws.recorded("epochs", pl.col("file") == "log_streaming.eval")
    assert epochs.outcomes.sort("case", "trial").select("case", "trial", "grader", "value").rows() == [
        ("popularity/1", 0, "match", 0.0),
        ("popularity/1", 1, "match", 1.0),
        ("popularity/2", 0, "match", 1.0),
        ("popularity/2", 1, "match", 1.0),
    ]
    scored = ws.recorded("scored", pl.col("file").str.ends_with("ozKgzB.eval"))
    found = wb.compare(epochs, scored)
    assert (found.overall.cases, found.verdict) == (2, "cannot tell")
    assert found.sentence.endswith("so add 8 or more.")
    assert any("8 cases of scored not tried by epochs" in note for note in found.notes)
    ws.close()
