"""Attributes of recorded cases: what all trials of a case agree on, and every value of a list that some trial has."""

import polars as pl
import pytest

import workbench as wb
from workbench.experiment import compare, recorded


def arm(name, turns, modes=None):
    rows = [
        {"session_id": f"{name}-{case}-{t}", "task_id": f"c{case:02d}", "trial": t, "turns": turns(case, t),
         "environment": "production", "mode": modes(case, t) if modes else None}
        for case in range(24)
        for t in range(2)
    ]  # fmt: skip
    sessions = pl.DataFrame(rows, schema_overrides={"mode": pl.List(pl.String())})
    grades = sessions.select("session_id", grader=pl.lit("right"), passed=pl.int_range(pl.len()) % 3 > 0)
    return recorded(sessions, grades, name=name)


def test_a_column_of_the_sessions_is_an_attribute_where_all_trials_agree():
    cases = arm("v1", lambda case, t: 3 if case < 12 else t).cases
    assert cases["turns"].to_list() == [3] * 12 + [None] * 12
    assert cases["environment"].to_list() == ["production"] * 24
    assert not {"session_id", "trial"} & set(cases.columns)


def test_failure_modes_of_a_case_are_those_of_all_its_trials():
    cases = arm("v1", lambda _case, _t: 1, lambda case, t: [["loop"], ["late", "loop"]][t] if case else None).cases
    assert cases["mode"].to_list() == [None] + [["late", "loop"]] * 23


def test_arms_that_differ_are_compared_by_the_baselines_value():
    old, new = arm("v1", lambda case, _t: 2 if case < 12 else 5), arm("v2", lambda case, _t: case)
    found = compare(old, new, by=["turns"]).segments
    assert found.select("segment", "cases").rows() == [("2", 12), ("5", 12)]


def test_a_case_whose_baseline_trials_disagree_is_not_sorted_by_the_candidates_value():
    old, new = arm("v1", lambda case, t: 2 if case < 12 else t), arm("v2", lambda _case, _t: 7)
    assert compare(old, new, by=["turns"]).segments.select("segment", "cases").rows() == [("(none)", 12), ("2", 12)]


def test_an_attribute_that_only_the_candidate_has_is_used():
    old = arm("v1", lambda _case, _t: 1)
    new = arm("v2", lambda _case, _t: 1, lambda case, _t: ["loop"] if case < 12 else None)
    assert set(compare(old, new, by=["mode"]).segments["segment"]) == {"(none)", "loop"}


@pytest.mark.parametrize("shared", [0, 1, 3])
def test_sessions_that_are_in_both_arms_are_said(shared):
    rows = [{"case": f"c{n}", "session_id": f"s{n}", "passed": n % 2 == 0} for n in range(20)]
    other = [row | {"session_id": row["session_id"] if n < shared else f"t{n}"} for n, row in enumerate(rows)]
    notes = " ".join(compare(rows, other).notes)
    assert ("in both arms" in notes) == (shared > 0)
    assert (f"{shared} session" in notes) == (shared > 0)


def test_the_package_compares_recorded_arms_by_turns():
    assert wb.compare(arm("v1", lambda _c, _t: 4), arm("v2", lambda _c, _t: 4), by="turns").segments[
        "segment"
    ].to_list() == ["4"]
