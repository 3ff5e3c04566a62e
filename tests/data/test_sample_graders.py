"""The notebooks' graders on the shipped sample: useful, and honest about being heuristics."""

from __future__ import annotations

import graders
import polars as pl
import pytest

from workbench.grade import Grader, grade

MEASURES = {
    "tool_errors_admitted": "tool_error_as_success",
    "refund_to_named_order": "wrong_order_refund",
    "no_loops": "loop",
    "within_policy": "policy_broken",
    "current_document": "stale_document",
    "not_asked_twice": "lost_context",
}


@pytest.fixture(scope="module")
def graded(sample) -> pl.DataFrame:
    found = [one for one in vars(graders).values() if isinstance(one, Grader)]
    return grade(sample.steps, found).to_frame().join(sample.truth, on="session_id", how="inner")


def test_no_grader_crashes_and_each_applies_somewhere(graded):
    assert set(graded["grader"]) == set(MEASURES)
    assert set(graded["status"]) == {"completed", "inapplicable"}
    assert graded.filter(pl.col("passed").is_not_null())["grader"].n_unique() == len(MEASURES)


def test_each_grader_finds_most_of_its_mode_in_the_baseline_and_is_not_perfect(graded):
    for name, mode in MEASURES.items():
        rows = graded.filter(pl.col("grader") == name, pl.col("release") == "1.4.0")
        failed = rows.filter(~pl.col("passed"))
        hits = failed.filter(pl.col("mode") == mode).height
        precision, recall = hits / failed.height, hits / rows.filter(pl.col("mode") == mode).height
        print(f"{name}: precision {precision:.2f}, recall {recall:.2f}, applies to {rows['passed'].count()}")
        assert precision > 0.5, name
        assert recall > 0.4, name
        assert precision < 1 or recall < 1, name


def test_two_modes_have_no_grader(sample):
    modes = set(sample.truth["mode"].drop_nulls())
    assert modes - set(MEASURES.values()) == {"wrong_question", "combination"}


def test_the_graders_see_what_the_candidate_fixed_and_broke(graded):
    rates = dict(
        graded.filter(pl.col("passed").is_not_null())
        .group_by("grader", "release")
        .agg((~pl.col("passed")).mean().alias("failed"))
        .select(pl.concat_str("grader", "release", separator=" "), "failed")
        .rows()
    )
    for name in ("tool_errors_admitted", "refund_to_named_order", "current_document"):
        assert rates[f"{name} 1.5.0"] < rates[f"{name} 1.4.0"] * 0.6
    assert rates["within_policy 1.5.0"] > rates["within_policy 1.4.0"] * 1.8
