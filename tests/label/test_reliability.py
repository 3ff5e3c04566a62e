"""Agreement on everything that was asked, with others, with oneself, and with what was shown first."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from workbench import evidence, label
from workbench.errors import EmptyError, InputError, UnknownNameError

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
TONE = label.RubricItem("tone", "score", values=(1, 5))
CITED = label.RubricItem("cites a source", expert_only=True)


def labels(**said: str) -> pl.DataFrame:
    """One letter a session: p(ass), l(oop), r(efund), - for none."""
    words = {"p": ("pass", None), "l": ("fail", "loop"), "r": ("fail", "refund")}
    rows = [
        (f"s{at:02}", reviewer, *words[letter])
        for reviewer, letters in said.items()
        for at, letter in enumerate(letters)
        if letter != "-"
    ]
    return pl.DataFrame(rows, schema=["session_id", "reviewer", "verdict", "failure_mode"], orient="row")


def save(number: int, session: str, reviewer: str = "ana", method: str = "widget", role: label.Role = "general", **said: object) -> list[dict]:  # fmt: skip
    change = {"operation": f"op{number}", "session_id": session, **said}
    now = NOW + dt.timedelta(minutes=number)
    return label.label_annotations(change, reviewer=reviewer, role=role, now=now, method=method, rubric=[TONE, CITED])


def test_verdict_and_modes_are_compared_over_all_reviewers_and_the_weakest_is_named() -> None:
    found = label.agreements(labels(ana="pppplllrrr", ben="pppplllrrr", eve="pppprrrlll"))
    rows = {row["what"]: row for row in found.frame.iter_rows(named=True)}
    assert (rows["verdict"]["cases"], rows["verdict"]["agreed"], rows["verdict"]["alpha"]) == (10, 1.0, 1.0)
    assert rows["verdict"]["alpha_low"] < 0.8  # ten sessions are few
    assert rows["verdict"]["kappa"] is None  # of two reviewers only
    assert rows["loop"]["alpha"] < 0.4
    assert "3 reviewers, 10 sessions read by two or more: 100% of verdicts are the same" in found.sentence
    assert "least on 'loop'" in found.sentence


def test_two_reviewers_have_kappa_too() -> None:
    found = label.agreements(labels(ana="p" * 25 + "l" * 25, ben="p" * 20 + "l" * 5 + "p" * 10 + "l" * 15))
    assert found.frame["kappa"][0] == pytest.approx(0.4)
    assert found.frame["kappa_low"][0] < 0.4 < found.frame["kappa_high"][0]


def test_rubric_items_are_compared_as_what_they_are() -> None:
    said = []
    for number, (ana, ben) in enumerate([("1", "1"), ("5", "4"), ("3", "3"), ("2", "2")]):
        said += save(2 * number, f"s{number}", "ana", verdict="pass", answers={"tone": ana})
        said += save(2 * number + 1, f"s{number}", "ben", verdict="pass" if number else "fail", answers={"tone": ben})
    found = label.agreements(label.current_labels(said), answers=label.rubric_answers(said), rubric=[TONE, CITED])
    tone = found.frame.filter(what="tone").row(0, named=True)
    assert (tone["kind"], tone["cases"], tone["ac1"]) == ("score", 4, None)
    assert 0.8 < tone["alpha"] < 1


def test_answers_are_no_verdict_are_checked_and_can_be_taken_back() -> None:
    said = save(1, "s1", role="expert", answers={"tone": "4", "cites a source": "fail"})
    assert label.rubric_answers(said)["passed"].to_list() == [False, None]
    assert label.current_labels(said).height == 0
    assert evidence.outcomes([{"session_id": "s1"}], None, said).frame["human"].item() is None
    back = label.label_annotations(
        {"operation": "op2", "session_id": "s1", "undo": "op1"},
        reviewer="ana",
        now=NOW + dt.timedelta(hours=1),
        said=said,
    )
    assert label.rubric_answers([*said, *back]).height == 0
    with pytest.raises(InputError, match="number from 1 to 5"):
        save(3, "s1", answers={"tone": "9"})
    with pytest.raises(UnknownNameError, match="did you mean 'tone'"):
        save(3, "s1", answers={"tne": "3"})
    with pytest.raises(InputError, match="only role='expert'"):
        save(3, "s1", answers={"cites a source": "pass"})


def test_the_cells_of_the_confusion_hold_their_sessions_and_disagreements_come_first() -> None:
    cells = label.confusion(labels(ana="ppllr-", ben="pllplp"), between=("ana", "ben"))
    assert cells.rows() == [
        ("fail", "pass", 1, ["s03"]),
        ("pass", "fail", 1, ["s01"]),
        ("fail", "fail", 2, ["s02", "s04"]),
        ("pass", "pass", 1, ["s00"]),
    ]
    modes = label.confusion(labels(ana="ppllr-", ben="pllplp"), between=("ana", "ben"), by="failure_mode")
    assert ("refund", "loop", 1, ["s04"]) in modes.rows()


def test_a_second_reading_measures_oneself_and_counts_in_nothing_else() -> None:
    said = []
    for number in range(20):
        said += save(number, f"s{number}", verdict="fail", failure_mode="loop")
        said += save(100 + number, f"s{number}", method=label.REPEAT, verdict="fail" if number else "pass")
    found = label.self_agreement(said, reviewer="ana")
    assert found.sentence.startswith("ana said the same again on 19 of 20 sessions (95% [76% to 99%])")
    assert label.current_labels(said)["verdict"].to_list() == ["fail"] * 20
    outcomes = evidence.outcomes([{"session_id": "s0"}], None, said)
    assert outcomes.frame["human"].to_list() == ["fail"]
    with pytest.raises(EmptyError, match="draw a queue with repeats"):
        label.self_agreement(said, reviewer="ben")


def test_an_adjudicator_settles_what_is_contested_and_nobody_is_outvoted_silently() -> None:
    said = save(1, "s1", "ana", verdict="fail", failure_mode="loop") + save(2, "s1", "ben", verdict="pass")
    before = label.codebook(said, [])
    assert (before.read, label.contested(label.current_labels(said)).height) == (0, 1)
    said += save(3, "s1", "eve", role="adjudicator", verdict="pass")
    after = label.codebook(said, [])
    assert (after.read, after.failing, label.contested(label.current_labels(said)).height) == (1, 0, 0)
    assert evidence.outcomes([{"session_id": "s1"}], None, said).frame["human"].item() == "pass"
    assert label.current_labels(said).height == 3
