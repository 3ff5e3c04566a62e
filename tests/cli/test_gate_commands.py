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


def test_history_why_and_flip_tell_what_moved(folder: Path) -> None:
    w = ["-w", str(folder / "ws")]
    told = run("history", "mixed", *w)
    assert (told["runs"][1]["experiment"], told["runs"][1]["changed"]) == ("bad", "agent")
    assert len(told["cases"]) == 40
    moved = run("why", "good", "bad", *w)
    assert sum(row["change"] for row in moved["parts"]) == pytest.approx(moved["after"] - moved["before"])
    assert moved["parts"][0]["source"] == "agent"
    arms = ["--baseline", "good", "--candidate", "bad", *w]
    changed = run("flip", *arms)["changed"]
    assert {row["kind"] for row in changed} == {"regressed"}
    one = run("flip", changed[0]["case"], *arms)
    assert one["sentence"].startswith("They part at step ")
    assert (one["rows"][-1]["baseline"], one["rows"][-1]["candidate"]) == ("assistant: Done.", "assistant: no")
    assert "case" in run("flip", "nonsense", *arms, code=1)["error"]
    for words in (
        ["history", "mixed"],
        ["history", "mixed", "--cases"],
        ["why", "good", "bad"],
        ["flip", changed[0]["case"], *arms[:4]],
    ):
        assert CliRunner().invoke(app, [*words, *w], catch_exceptions=False).exit_code == 0


def test_a_dataset_is_tagged_split_revised_and_told_apart(folder: Path) -> None:
    import shutil

    w = ["-w", str(shutil.copytree(folder / "ws", folder / "another"))]
    assert run("dataset", "tag", "mixed", "first", *w)["version"] == 1
    made = run("dataset", "split", "mixed", "train=0.5", "test=0.5", "--author", "ana", *w)
    assert (made["version"], made["cases"]) == (2, 40)
    case = run("dataset", "show", "mixed", "--version", "first", *w)["cases"][0]["case_id"]
    retired = run("dataset", "states", "mixed", "--case", case, "--to", "retired", "--reason", "the shop is closed", *w)
    assert retired["version"] == 3
    told = run("dataset", "states", "mixed", *w)
    assert told["counts"]["retired"] == 1
    assert told["rows"][-1]["reason"] == "the shop is closed"
    changed = run("dataset", "diff", "mixed", "first", *w)
    assert {row["field"] for row in changed["fields"]} >= {"split", "state"}
    assert run("dataset", "diff", "mixed", "2", "2", *w)["rows"] == []
    run("export", "mixed", str(folder / "mixed.jsonl"), *w)
    assert set(run("looks", "mixed", *w)["counts"]) == {"train", "test"}
    assert "expected name=share" in run("dataset", "split", "mixed", "train", *w, code=1)["error"]
    assert "all three" in run("dataset", "states", "mixed", "--to", "retired", *w, code=1)["error"]
    assert (
        "state"
        in run("dataset", "states", "mixed", "--case", case, "--to", "gone", "--reason", "x", *w, code=1)["error"]
    )
    assert "did you mean 'mixed'" in run("looks", "mixde", *w, code=1)["error"]
    for words in (
        ["dataset", "show", "mixed"],
        ["dataset", "states", "mixed"],
        ["dataset", "diff", "mixed", "1"],
        ["looks", "mixed"],
    ):
        assert CliRunner().invoke(app, [*words, *w], catch_exceptions=False).exit_code == 0
