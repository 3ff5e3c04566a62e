"""What goes wrong outside is one line; where it happened is shown to whoever asks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from workbench.cli._app import app
from workbench.cli._show import speaking


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied", "x.jsonl"), pl.exceptions.ComputeError("bad\nmore")]
)
def test_a_file_that_cannot_be_read_is_one_line_and_exit_code_1(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left, speaking(as_json=True):
        raise error
    assert left.value.code == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["kind"] == type(error).__name__
    assert said.err.count("\n") == 1
    assert "WORKBENCH_DEBUG=1" in said.err


def test_where_it_happened_is_shown_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DEBUG", "1")
    with pytest.raises(PermissionError), speaking(as_json=False):
        raise PermissionError


def test_a_mistake_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), speaking(as_json=False):
        raise ZeroDivisionError


def test_a_notebook_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["lab", str(tmp_path / "none.ipynb"), "--json"])
    assert done.exit_code == 1
    assert "does not exist" in json.loads(done.stdout)["error"]


@pytest.mark.slow
def test_the_lab_says_where_it_is_and_goes_on_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "jupyter_server_config.json").write_text('{"ServerApp": {"allow_root": true}}')
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    notebook = tmp_path / "a b.ipynb"
    notebook.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    command = [sys.executable, "-c", "from workbench.cli import main; main()", "lab", str(notebook), "--json"]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    about = tmp_path / "runtime" / f"jpserver-{said['pid']}.json"
    try:
        assert said["address"].startswith("http://")
        assert "/lab/tree/a%20b.ipynb?token=" in said["address"]
        assert about.exists()
    finally:
        os.kill(said["pid"], signal.SIGTERM)
    until = time.monotonic() + 20
    while about.exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert not about.exists()
