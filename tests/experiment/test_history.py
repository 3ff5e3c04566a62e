"""Every case in every run: its course, its stability, and why a number moved."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from workbench.errors import EmptyError
from workbench.experiment import Experiment, history


def run(name: str, passes: dict[str, int], trials: int = 4, **about: Any) -> Experiment:
    rows = [{"case": case, "trial": t, "passed": t < n} for case, n in passes.items() for t in range(trials)]
    return Experiment(name, pl.DataFrame(rows), metadata=about)


FIRST = run("v1", {"a": 4, "b": 0, "c": 2, "d": 0}, variant="x", dataset_hash="h")
SECOND = run("v2", {"a": 4, "b": 4, "c": 2, "d": 0}, variant="y", dataset_hash="h")


def test_each_case_has_its_stability_its_flips_and_its_course() -> None:
    cases = history([FIRST, SECOND]).cases.sort("case")
    assert cases.select("case", "stability", "now", "flips", "course").rows() == [
        ("a", "always", "always", 0, [1.0, 1.0]),
        ("b", "flaky", "always", 1, [0.0, 1.0]),
        ("c", "flaky", "flaky", 0, [0.5, 0.5]),
        ("d", "never", "never", 0, [0.0, 0.0]),
    ]


def test_a_run_after_one_without_outcomes_is_compared_with_the_last_that_has_some() -> None:
    gone = [{"case": case, "trial": 0, "passed": None, "status": "errored"} for case in "abcd"]
    dead = Experiment("dead", pl.DataFrame(gone), metadata={"variant": "z", "dataset_hash": "h"})
    found = history([FIRST, dead, SECOND])
    columns = ["fixed", "regressed", "changed"]
    assert found.runs.select(columns).rows() == [(None, None, None), (None, None, None), (1, 0, "agent")]
    assert "1 fixed and 0 regressed against v1, the last run before with outcomes (changed: agent)" in found.sentence


def test_each_run_says_what_it_fixed_and_what_had_changed() -> None:
    again = run("v2 again", {"a": 4, "b": 4, "c": 2, "d": 0}, variant="y", dataset_hash="h")
    runs = history([FIRST, SECOND, again]).runs
    assert runs["changed"].to_list() == [None, "agent", "nothing: noise"]
    assert runs.row(1, named=True)["were_failing"] == 2
    assert runs.row(1, named=True)["regressed"] == 0
    other = run("v3", {"a": 4, "e": 4}, variant="y", dataset_hash="g")
    assert history([SECOND, other]).runs["changed"].to_list()[1] == "dataset, cases"


def test_every_score_is_kept_and_runs_without_a_case_in_common_are_told() -> None:
    found = history([FIRST, run("z", {"q": 1})])
    assert found.scores.height == 16 + 4
    assert found.runs["shared"].to_list() == [None, 0]
    assert "<table" in found._repr_html_()


def test_after_a_run_on_a_part_the_last_full_run_is_named() -> None:
    part = run("quick", {"a": 4}, partial="1 of 4 cases of 'refunds' version 1 were tried")
    assert "The last full run was v2" in history([FIRST, SECOND, part]).sentence
    assert "No run was on the full set" in history([part]).sentence
    with pytest.raises(EmptyError, match="no experiment yet"):
        history([])
