"""The sample's two releases, from their traces alone: what was fixed and what broke is found by mode."""

from pathlib import Path

import polars as pl
import pytest
from graders import GRADERS

from workbench import evidence, experiment, grade, load

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def comparison():
    arms = []
    for release in ("baseline", "candidate"):
        spans = load.read([SAMPLE / f"{release}.jsonl"]).spans
        steps = evidence.steps(spans)
        sessions = evidence.sessions(spans, steps)
        arms.append(experiment.recorded(sessions, grade.grade(steps, GRADERS).frame, name=release))
    return experiment.compare(*arms, margin=0.02)


def test_three_modes_are_found_fixed_and_one_broken(comparison):
    found = comparison.graders.filter(pl.col("verdict").is_in(["better", "worse"]))
    assert dict(found.select("grader", "verdict").iter_rows()) == {
        "current_document": "better",
        "refund_to_named_order": "better",
        "tool_errors_admitted": "better",
        "within_policy": "worse",
    }


def test_the_gain_on_the_whole_does_not_hide_the_mode_that_broke(comparison):
    assert comparison.verdict == "better"
    assert "But it is worse for grader 'within_policy'" in comparison.sentence


def test_every_trial_of_both_releases_is_accounted_for(comparison):
    assert comparison.integrity["attempted"].to_list() == [600, 600]
    assert comparison.overall.cases == 600
