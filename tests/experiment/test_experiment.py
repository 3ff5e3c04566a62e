"""Experiments of sessions that were already run: what counts as a trial, and where every row ends."""

import datetime as dt

import polars as pl
import pytest

from workbench.errors import EmptyError, UnknownNameError
from workbench.experiment import Experiment, compare, recorded

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SESSIONS = pl.DataFrame(
    {
        "session_id": ["s1", "s2", "s3", "s4", "s5"],
        "task_id": ["a", "a", "b", "b", None],
        "trial": [0, 1, 0, 1, 0],
        "agent_version": ["1.4"] * 5,
        "seconds": [1.0, 2.0, 3.0, 4.0, 5.0],
        "cost": [0.1, 0.2, 0.3, None, 0.5],
        "intent": ["refund", "refund", "order", "order", "order"],
        "mood": ["fine", "cross", "fine", "fine", "fine"],
    }
)
GRADES = pl.DataFrame(
    {
        "session_id": ["s1", "s2", "s3", "s9"],
        "grader": ["right"] * 4,
        "passed": [True, False, None, True],
        "error": [None, None, "KeyError: 'order'", None],
    }
)


def test_every_session_with_a_case_and_every_grader_has_one_row():
    made = recorded(SESSIONS, GRADES, name="1.4")
    assert made.outcomes.select("case", "trial", "status").rows() == [
        ("a", 0, "completed"),
        ("a", 1, "completed"),
        ("b", 0, "errored"),
        ("b", 1, "missing"),
    ]
    assert made.counted == {"of sessions without a case": 1, "of grades of other sessions": 1}
    assert made.pass_rate == 0.5
    assert made.metadata == {"agent_version": "1.4"}


def test_a_grader_that_does_not_apply_is_neither_missing_nor_failed():
    grades = pl.DataFrame(
        {"session_id": ["s1", "s2"], "grader": ["right"] * 2, "passed": [True, None], "value": [None, None]}
    )
    made = recorded(SESSIONS.head(2), grades, name="1.4")
    assert made.outcomes["status"].to_list() == ["completed", "inapplicable"]


def test_columns_beyond_the_sessions_are_attributes_of_the_case_where_its_trials_agree():
    made = recorded(SESSIONS, GRADES, name="1.4")
    assert made.cases.select("case", "intent", "mood").rows() == [("a", "refund", None), ("b", "order", "fine")]


def test_what_the_trials_took_stays_beside_them():
    made = recorded(SESSIONS, GRADES, name="1.4")
    assert made.outcomes["seconds"].to_list() == [1.0, 2.0, 3.0, 4.0]
    assert made.outcomes["cost"].to_list() == [0.1, 0.2, 0.3, None]


def test_sessions_without_a_trial_number_are_trials_in_order_of_their_start():
    sessions = pl.DataFrame({
        "session_id": ["late", "early"], "task_id": ["a", "a"], "trial": pl.Series([None, None], dtype=pl.Int64),
        "started_at": [NOW + dt.timedelta(hours=1), NOW],
    })  # fmt: skip
    made = recorded(sessions, pl.DataFrame({"session_id": ["early"], "grader": ["g"], "passed": [True]}), name="v")
    assert made.outcomes.select("trial", "session_id").rows() == [(0, "early"), (1, "late")]


def test_another_column_can_name_the_case():
    made = recorded(SESSIONS, GRADES, name="1.4", case="intent")
    assert made.cases["case"].to_list() == ["refund", "order"]


def test_refusals_say_what_to_do():
    with pytest.raises(UnknownNameError, match="did you mean 'task_id'"):
        recorded(SESSIONS, GRADES, name="1.4", case="task")
    with pytest.raises(EmptyError, match="names a case in 'task_id'"):
        recorded(SESSIONS.tail(1), GRADES, name="1.4")
    with pytest.raises(UnknownNameError, match="did you mean 'right'"):
        recorded(SESSIONS, GRADES, name="1.4", graders=["righ"])
    with pytest.raises(EmptyError, match="grade its sessions first"):
        recorded(SESSIONS, GRADES.tail(1), name="1.4")
    with pytest.raises(EmptyError, match="grade its sessions first"):
        recorded(SESSIONS, GRADES.clear(), name="1.4")


def test_the_fingerprint_is_of_what_was_tried_and_what_came_out():
    first, again = (recorded(SESSIONS, GRADES, name="1.4") for _ in range(2))
    other = recorded(SESSIONS, GRADES.with_columns(passed=~pl.col("passed")), name="1.4")
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_an_experiment_says_what_came_out_in_one_line():
    rows = [{"case": f"c{n}", "trial": t, "grader": "right", "passed": n % 2 == 0} for n in range(20) for t in range(3)]
    made = Experiment("v1", pl.DataFrame(rows))
    assert (
        repr(made) == "v1: a pass rate of 50.0% (95% interval 29.7% to 70.3%) over 20 cases, 3 trials a case, 1 grader."
    )
    assert made.pass_k["pass_hat_k"].to_list() == [0.5] * 3
    assert '<table class="wb-table">' in made._repr_html_()
    assert made.to_frame().height == 60


def test_recorded_experiments_compare_by_the_attributes_of_their_sessions():
    def sessions(prefix):
        return pl.DataFrame(
            {
                "session_id": [f"{prefix}{n}" for n in range(40)],
                "task_id": [f"t{n}" for n in range(40)],
                "intent": ["refund", "order"] * 20,
            }
        )

    def grades(prefix, passing):
        return pl.DataFrame({
            "session_id": [f"{prefix}{n}" for n in range(40)], "grader": "right", "passed": [passing(n) for n in range(40)],
        })  # fmt: skip

    old = recorded(sessions("a"), grades("a", lambda n: n >= 20), name="1.4")
    new = recorded(sessions("b"), grades("b", lambda n: n >= 4), name="1.5")
    found = compare(old, new, by=["intent"])
    assert found.sentence.startswith("1.5 is better than 1.4 on 'right': 90.0% against 50.0% of 40 cases pass")
    assert found.segments["segment"].to_list() == ["order", "refund"]
    assert found.rows("t7")["session_id"].to_list() == ["a7", "b7"]


def test_scores_that_neither_pass_nor_fail_are_said_as_an_average():
    rows = [{"case": f"c{n}", "grader": "closeness", "value": 0.25 + n % 2 / 2} for n in range(20)]
    said = repr(Experiment("v1", pl.DataFrame(rows)))
    assert said.startswith("v1: 0.5 (95% interval 0.")
    assert "on average over 20 cases" in said
    assert "%" not in said.replace("95% interval", "")
