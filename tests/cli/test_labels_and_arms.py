"""Labels and comparisons from the shell: what was said before stands, and segments are columns of the sessions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from workbench.cli._app import app

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample"


def run(*words: str, code: int = 0) -> Any:
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graded") / "ws"
    run("init", str(folder))
    run(
        "load",
        *[str(SAMPLE / name) for name in ("baseline.jsonl", "candidate.jsonl", "feedback.jsonl")],
        "-w",
        str(folder),
    )
    run("grade", str(ROOT / "notebooks" / "graders.py"), "-w", str(folder))
    return folder


@pytest.fixture
def w(graded: Path, tmp_path: Path) -> list[str]:
    return ["-w", str(shutil.copytree(graded, tmp_path / "ws"))]


def session(w: list[str]) -> str:
    return run("sessions", "--limit", "1", *w)["rows"][0]["session_id"]


def test_a_verdict_leaves_the_earlier_note_and_mode_as_they_were(w: list[str]) -> None:
    one, by = session(w), ["--reviewer", "ana"]
    run("label", one, "--verdict", "fail", "--note", "asks twice", "--mode", "loop", *by, *w)
    again = run("label", one, "--verdict", "fail", *by, *w)["label"]
    assert (again["note"], again["failure_mode"]) == ("asks twice", "loop")
    assert run("label", *w)["labels"][0]["note"] == "asks twice"


def test_several_modes_are_given_one_after_the_other(w: list[str]) -> None:
    one, by = session(w), ["--reviewer", "ana"]
    said = run("label", one, "--mode", "loop", "--mode", "rude", "--mode", "curt", *by, *w)["label"]
    assert (said["verdict"], said["failure_mode"], said["other_modes"]) == ("fail", "loop", "rude\ncurt")
    assert run("label", *w)["labels"][0]["other_modes"] == ["rude", "curt"]
    made = run("promote", "--to", "rude ones", "--mode", "rude", *w)
    assert made["cases"] == 1


def test_a_note_without_a_verdict_is_kept(w: list[str]) -> None:
    one, by = session(w), ["--reviewer", "ana"]
    noted = run("label", one, "--note", "asks twice", *by, *w)
    assert noted["label"]["note"] == "asks twice"
    assert "not decided yet" in noted["sentence"]
    moded = run("label", one, "--mode", "loop", *by, *w)["label"]
    assert (moded["note"], moded["failure_mode"]) == ("asks twice", "loop")


def test_words_about_no_session_and_draws_of_no_file_are_refused(w: list[str]) -> None:
    assert "which session" in run("label", "--note", "asks twice", "--reviewer", "ana", *w, code=1)["error"]
    assert "--file" in run("label", "--draws", str(SAMPLE / "draws.jsonl"), *w, code=1)["error"]


def test_a_file_of_labels_comes_with_its_draws(w: list[str]) -> None:
    run("label", "--file", str(SAMPLE / "labels.jsonl"), "--draws", str(SAMPLE / "draws.jsonl"), *w)
    import workbench as wb

    assert wb.open(w[1]).store.database.read("draws").height > 0


def test_arms_are_compared_by_columns_of_the_sessions_and_by_failure_mode(w: list[str]) -> None:
    run("label", "--file", str(SAMPLE / "labels.jsonl"), *w)
    arms = ["--baseline", "1.4.0", "--candidate", "1.5.0", "--grader", "no_loops"]
    found = run("compare", *arms, "--by", "turns", "--by", "environment", "--by", "mode", *w)
    segments = found["segments"]
    assert {row["by"] for row in segments} == {"turns", "environment", "mode"}
    assert sum(row["cases"] for row in segments if row["by"] == "turns") == 600
    assert {"production", "(none)"} & {row["segment"] for row in segments}
    assert "context lost" in " ".join(row["segment"] for row in segments if row["by"] == "mode")


def test_an_unknown_column_of_arms_or_segments_is_named_with_those_that_there_are(w: list[str]) -> None:
    arms = ["--baseline", "1.4.0", "--candidate", "1.5.0"]
    refused = run("compare", *arms, "--arm", "agent_versoin", *w, code=1)
    assert refused["kind"] == "UnknownNameError"
    assert "agent_version" in refused["error"]
    assert "turns" in run("compare", *arms, "--by", "turn", *w, code=1)["error"]


def test_arms_that_share_sessions_say_so(w: list[str]) -> None:
    both = ["--baseline", "1.4.0", "--candidate", "1.4.0", "--grader", "no_loops"]
    assert "sessions are in both arms" in " ".join(run("compare", *both, *w)["notes"])
