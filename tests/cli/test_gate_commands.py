"""Experiments and the gate from the shell, with exit codes that a build server can trust."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

import workbench as wb
from workbench.cli._app import app

SAMPLE = Path(__file__).parents[2] / "data" / "sample"

CODE = """
from workbench.grade import grader

def good(task):
    return {"output": "Done.", "cost": 0.01}

def bad(task):
    return "no" if int(task["case_id"], 16) % 2 else "Done."

@grader(criterion="the agent says that it is done")
def done(loop):
    return loop.final_answer == "Done."
"""


def run(*words: str, code: int = 0) -> Any:
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shell")
    ws = wb.open(folder / "ws")
    ws.load(SAMPLE / "baseline.jsonl")
    ids = ws.sessions()["session_id"].head(40)
    ws.promote(pl.DataFrame({"session_id": ids, "failure_mode": ["late", "rude"] * 20}), to="mixed")
    ws.close()
    (folder / "code.py").write_text(CODE, encoding="utf-8")
    (folder / "gate.toml").write_text('margin = 0.1\nsegments = ["mode"]\n', encoding="utf-8")
    shared = ["--graders", f"{folder / 'code.py'}:done", "-w", str(folder / "ws"), "--trials", "2"]
    for name in ("good", "bad"):
        run(
            "experiment", f"{folder / 'code.py'}:{name}", "mixed", "--name", name, "--variant", f"model={name}", *shared
        )
    return folder


def gate(folder: Path, baseline: str, candidate: str, *more: str) -> list[str]:
    arms = ["--baseline", baseline, "--candidate", candidate]
    return ["gate", "--policy", str(folder / "gate.toml"), *arms, "-w", str(folder / "ws"), *more]


def test_the_exit_code_is_the_ruling(folder: Path, tmp_path: Path) -> None:
    files = [
        "--junit",
        str(tmp_path / "j.xml"),
        "--markdown",
        str(tmp_path / "m.md"),
        "--json-file",
        str(tmp_path / "g.json"),
    ]
    failed = run(*gate(folder, "good", "bad", *files), code=1)
    assert failed["ruling"] == "fail"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g.json", "j.xml", "m.md"]
    assert run(*gate(folder, "bad", "good"), code=0)["ruling"] == "pass"
    (folder / "strict.toml").write_text("margin = 0.1\nminimum_cases = 500\n", encoding="utf-8")
    words = [
        word if word != str(folder / "gate.toml") else str(folder / "strict.toml")
        for word in gate(folder, "bad", "good")
    ]
    assert run(*words, code=2)["ruling"] == "inconclusive"


def test_a_gate_that_cannot_be_asked_is_no_answer(folder: Path) -> None:
    assert "did you mean 'good'" in run(*gate(folder, "goood", "bad"), code=3)["error"]
    assert CliRunner().invoke(app, ["gate", "--policy", "x.toml"]).exit_code == 3
    assert CliRunner().invoke(app, [*gate(folder, "good", "bad"), "--nonsense"]).exit_code == 3
    assert "no policy there" in run("gate", "--policy", "none.toml", "--baseline", "a", "--candidate", "b", "-w", str(folder / "ws"), code=3)["error"]  # fmt: skip


def test_experiments_are_listed_and_told_over_time(folder: Path) -> None:
    w = ["-w", str(folder / "ws")]
    assert [row["name"] for row in run("experiments", *w)["experiments"]] == ["good", "bad"]
    told = run("experiments", "--dataset", "mixed", *w)
    assert told["runs"][1]["changed"] == "agent"
    assert "2 runs of 40 cases" in told["sentence"]


def test_two_experiments_are_compared_by_name(folder: Path) -> None:
    found = run("compare", "--baseline", "good", "--candidate", "bad", "--by", "mode", "-w", str(folder / "ws"))
    assert found["verdict"] == "worse"
    assert {row["segment"] for row in found["segments"]} == {"late", "rude"}
    wrong = ["compare", "--baseline", "good", "--candidate", "bad", "--grader", "dune", "-w", str(folder / "ws")]
    assert "did you mean 'done'" in run(*wrong, code=1)["error"]


def test_the_same_experiment_again_returns_and_another_agent_is_refused(folder: Path) -> None:
    shared = ["--graders", f"{folder / 'code.py'}:done", "-w", str(folder / "ws"), "--trials", "2", "--name", "good"]
    agent = f"{folder / 'code.py'}:good"
    again = run("experiment", agent, "mixed", "--variant", "model=good", *shared)
    assert again["outcomes"] == {"completed": 80}
    assert "another agent" in run("experiment", agent, "mixed", *shared, code=1)["error"]
    assert "expected key=value" in run("experiment", agent, "mixed", "--variant", "model", *shared, code=1)["error"]
