"""The verbs from the shell: one JSON object on stdout, progress on stderr, exit codes that mean what they say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from workbench.cli._app import app
from workbench.cli._show import table

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample"
COMMANDS = (
    "init",
    "load",
    "grade",
    "sessions",
    "cluster",
    "label",
    "promote",
    "export",
    "import",
    "check",
    "compare",
    "report",
    "lab",
    "experiment",
    "experiments",
    "gate",
    "history",
    "why",
    "flip",
    "looks",
)


def run(*words: str, code: int = 0) -> Any:
    """A command with --json: its one object."""
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == code, done.output
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def test_every_command_is_listed_and_helps_with_an_example() -> None:
    listed = CliRunner().invoke(app, ["--help"]).output
    for command in COMMANDS:
        assert re.search(rf"^  {command}\b", listed, re.MULTILINE)
        assert f"Example:  workbench {command}" in CliRunner().invoke(app, [command, "--help"]).output


def test_the_whole_loop_from_the_shell(tmp_path: Path) -> None:
    w = ["--workspace", str(tmp_path / "ws")]
    assert Path(run("init", str(tmp_path / "ws"))["folder"]).is_dir()
    files = [str(SAMPLE / name) for name in ("baseline.jsonl", "candidate.jsonl", "feedback.jsonl")]
    loaded = run("load", *files, *w)
    assert loaded["read"] == loaded["loaded"] + loaded["merged"] + loaded["superseded"] + loaded["set_aside"] > 0
    assert run("load", *files, *w)["read"] == 0
    graded = run("grade", str(ROOT / "notebooks" / "graders.py"), *w)
    assert "no_loops" in {row["grader"] for row in graded["graders"]}
    assert run("label", "--file", str(SAMPLE / "labels.jsonl"), *w)["new"] > 0
    session = run("sessions", "--outcome", "failing", "--limit", "3", *w)["rows"][0]["session_id"]
    assert session in run("label", session, *w)["sentence"]
    saved = run("label", session, "--verdict", "fail", "--mode", "refund to another order", "--reviewer", "ana", *w)
    assert saved["label"]["failure_mode"] == "refund to another order"
    promoted = run("promote", "--to", "refunds", "--mode", "refund to another order", "--controls", "3", *w)
    assert (promoted["version"], promoted["cases"]) == (1, 4)
    out = tmp_path / "refunds.jsonl"
    assert run("export", "refunds", str(out), *w)["cases"] == 4
    lost = run("export", "refunds", str(tmp_path / "x.jsonl"), "--format", "inspect", *w)["lost"]
    assert [row["field"] for row in lost] == ["world"]
    assert run("import", str(tmp_path / "x.jsonl"), *w)["version"] == 1
    assert run("import", str(tmp_path / "x.jsonl"), "--to", "copy", *w)["cases"] == 4
    assert run("check", "refunds", "--version", "1", *w)["cases"] == 4
    assert out.stat().st_size > 0
    compared = run("compare", "--baseline", "1.4.0", "--candidate", "1.5.0", "--margin", "0.02", *w)
    assert "1.5.0" in compared["sentence"]


def test_people_get_a_sentence_and_a_table(tmp_path: Path) -> None:
    CliRunner().invoke(app, ["init", str(tmp_path)])
    CliRunner().invoke(
        app, ["load", str(SAMPLE / "feedback.jsonl"), str(SAMPLE / "baseline.jsonl"), "-w", str(tmp_path)]
    )
    said = CliRunner().invoke(app, ["sessions", "-w", str(tmp_path), "--limit", "2"]).stdout
    assert "by user feedback" in said.splitlines()[0]
    assert "session id" in said
    grouped = CliRunner().invoke(app, ["cluster", "-w", str(tmp_path)]).stdout
    assert re.search(r"negative feedback +cost median", grouped)
    assert "100.0%" in grouped


def test_a_folder_that_is_no_workspace_is_refused_with_what_to_do(tmp_path: Path) -> None:
    refused = run("sessions", "--workspace", str(tmp_path / "none"), code=1)
    assert "workbench init" in refused["error"]
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["load", "nothing-here-*.jsonl"], "nothing-here"),
        (["export", "refnds", "x.jsonl"], "refnds"),
        (["sessions", "--outcome", "good"], "expected failing, passing or unknown"),
        (["label", "s-1", "--verdict", "fail", "--reviewer", "ana"], "s-1"),
        (["compare", "--baseline", "1", "--candidate", "2"], "no experiment or release named"),
        (["report", "r.html", "--baseline", "1"], "both"),
        (["cluster", "--facet", "written"], "no model is configured"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_1(tmp_path: Path, words: list[str], message: str) -> None:
    run("init", str(tmp_path))
    refused = run(*words, "--workspace", str(tmp_path), code=1)
    assert message in refused["error"]
    assert refused["kind"].endswith("Error")


def test_a_wrong_command_line_has_exit_code_2() -> None:
    assert CliRunner().invoke(app, ["load"]).exit_code == 2
    assert CliRunner().invoke(app, ["sessions", "--limit", "0"]).exit_code == 2


def test_escape_sequences_of_a_trace_never_reach_the_terminal(tmp_path: Path) -> None:
    chat = tmp_path / "chat.jsonl"
    words = "\x1b]0;owned\x07\x1b[31mred"
    chat.write_text(
        json.dumps({"messages": [{"role": "user", "content": words}, {"role": "assistant", "content": words}]})
    )
    CliRunner().invoke(app, ["init", str(tmp_path / "ws")])
    CliRunner().invoke(app, ["load", str(chat), "-w", str(tmp_path / "ws")])
    listed = CliRunner().invoke(app, ["sessions", "-w", str(tmp_path / "ws")]).stdout
    session = re.search(r"^(\S+)", listed.splitlines()[2])
    assert session
    shown = CliRunner().invoke(app, ["label", session[1], "-w", str(tmp_path / "ws")]).stdout
    assert "red" in listed
    assert "\x1b" not in listed + shown


@pytest.mark.parametrize("words", ["10\u202f000\u00a0€", "東京\u3000駅", "می\u200cشود", "👩\u200d👧"])
def test_french_japanese_and_persian_words_are_shown_as_they_were_written(words: str) -> None:
    assert words in table(pl.DataFrame({"said": [words]}))
    assert words + "\ufffd" in table(pl.DataFrame({"said": [words + "\u202e"]}))


def test_the_installed_command_keeps_stdout_for_the_result(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from workbench.cli import main; main()"]
    subprocess.run([*command, "init", str(tmp_path)], check=True, capture_output=True)
    done = subprocess.run(
        [*command, "load", str(SAMPLE / "feedback.jsonl"), "-w", str(tmp_path), "--json"], check=True, capture_output=True, text=True
    )  # fmt: skip
    assert json.loads(done.stdout)["loaded"] > 0
