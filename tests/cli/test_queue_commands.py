"""Queues from the shell: drawn, filled, handed out, agreed on and settled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from workbench.cli import main as _main
from workbench.cli._app import app

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def run(*words: str, code: int = 0) -> Any:
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def w(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    assert callable(_main)
    folder = tmp_path_factory.mktemp("queues") / "ws"
    run("init", str(folder))
    run("load", str(SAMPLE / "baseline.jsonl"), str(SAMPLE / "feedback.jsonl"), "-w", str(folder))
    return ["-w", str(folder)]


def test_a_queue_goes_through_the_shell_from_the_draw_to_the_settled_session(w: list[str]) -> None:
    drawn = run("queue", "draw", "first", "-n", "3", "--where", "errors >= 0", "--reviews", "2", *w)
    assert len(drawn["items"]) == 3
    assert run("queue", "show", "first", *w)["items"] == drawn["items"]
    one = run("queue", "next", "first", "--reviewer", "ana", *w)["item"]
    assert one["session_id"] == drawn["items"][0]["session_id"]
    for reviewer, verdict in (("ana", "fail"), ("ben", "pass")):
        run("label", one["session_id"], "--verdict", verdict, "--reviewer", reviewer, *w)
    assert run("agreement", *w)["rows"][0]["cases"] == 1
    assert run("adjudicate", *w)["rows"][0]["session_id"] == one["session_id"]
    assert "pass or fail" in run("adjudicate", one["session_id"], "--reviewer", "eve", *w, code=1)["error"]
    settled = run("adjudicate", one["session_id"], "--verdict", "fail", "--reviewer", "eve", *w)
    assert (settled["contested"], settled["label"]["verdict"]) == (0, "fail")
    assert "sentence" in run("stopping", "--more", "10", *w)


def test_a_queue_is_filled_from_feedback_and_by_condition_and_an_unknown_one_is_named(w: list[str]) -> None:
    run("queue", "draw", "second", "-n", "2", *w)
    assert run("queue", "fill", "second", "--feedback", *w)["added"] > 0
    assert "errors > 0" in run("queue", "fill", "second", "--where", "errors > 0", *w)["items"][0]["because"]
    assert "did you mean 'second'" in run("queue", "show", "secnd", *w, code=1)["error"]
    assert "say in one line why" in run("queue", "fill", "second", "conv-x", *w, code=1)["error"]
