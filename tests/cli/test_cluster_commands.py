"""`workbench cluster` shows modes, the families above them, what they are called elsewhere, and two facets crossed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import workbench as wb
from workbench.cli._app import app

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("cluster") / "ws"
    ws = wb.open(place)
    ws.load([SAMPLE / "baseline.jsonl", SAMPLE / "feedback.jsonl"])
    ws.close()
    return place


def asked(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["cluster", *words, "-w", str(folder)])


def told(folder: Path, *words: str) -> dict[str, Any]:
    done = asked(folder, *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_families_and_names_elsewhere_are_of_the_modes_that_are_shown(folder: Path) -> None:
    modes = told(folder)
    names = {mode["name"] for mode in modes["modes"]}
    families = told(folder, "--families")
    assert {name for family in families["families"] for name in family["modes"]} == names
    assert families["retired"] == 0
    codes = told(folder, "--crosswalk", "MAST")["crosswalk"]
    assert {row["taxonomy"] for row in codes} == {"MAST"}
    assert {row["name"] for row in codes} <= names
    every = {row["taxonomy"] for row in told(folder, "--crosswalk", "all")["crosswalk"]}
    assert {"MAST", "TRAIL"} <= every


def test_two_facets_are_crossed(folder: Path) -> None:
    table = told(folder, "--facet", "intent", "--facet", "failure")
    assert sum(pair["sessions"] for pair in table["pairs"]) == table["rows"]["sessions"] == table["columns"]["sessions"]
    assert "pair" in table["sentence"] or "tied to" in table["sentence"]


def test_people_get_tables_with_intervals(folder: Path) -> None:
    said = asked(folder).stdout
    assert "seen by" in said
    assert "Found again:" in said
    assert "infinite" not in said  # what no passing session shows is said by its lower end
    assert "sessions that were chosen by their feedback show little else" in " ".join(said.split())
    assert "% (" in asked(folder, "--crosswalk", "TRAIL").stdout
    assert "families" in asked(folder, "--families").stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--crosswalk", "MOST"], "did you mean 'MAST'?"),
        (["--facet", "intent", "--facet", "failure", "--families"], "name one"),
        (["--facet", "intent", "--facet", "failure", "--facet", "trajectory"], "takes two facets, got 3"),
        (["--facet", "failures"], "did you mean 'failure'?"),
        (["--families", "--crosswalk", "MAST"], "ask for one at a time"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_what_can(folder: Path, words: list[str], says: str) -> None:
    refused = asked(folder, *words)
    assert refused.exit_code == 1
    assert says in refused.stderr
