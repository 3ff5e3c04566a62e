"""Agreement is counted on shared sessions, and chance is taken out of it."""

from __future__ import annotations

import polars as pl
import pytest

from workbench import label
from workbench.errors import EmptyError, InputError, UnknownNameError


def labels(**verdicts: str) -> pl.DataFrame:
    """Verdicts by reviewer, one letter a session: p(ass), f(ail), d(efer), or - for none."""
    words = {"p": "pass", "f": "fail", "d": "defer"}
    rows = [
        (f"s{number:02}", reviewer, words[letter])
        for reviewer, letters in verdicts.items()
        for number, letter in enumerate(letters)
        if letter != "-"
    ]
    return pl.DataFrame(rows, schema=["session_id", "reviewer", "verdict"], orient="row")


def test_kappa_takes_out_what_chance_would_give() -> None:
    """Cohen's table of 20, 5, 10, 15: agreement 0.70, by chance 0.50, kappa 0.40."""
    found = label.agreement(labels(ana="p" * 25 + "f" * 25, ben="p" * 20 + "f" * 5 + "p" * 10 + "f" * 15))
    assert (found.n, found.agreed) == (50, 35)
    assert found.kappa == pytest.approx(0.4)
    assert found.kappa_interval is not None
    assert found.kappa_interval.low == pytest.approx(0.4 - 1.96 * 0.1273, abs=0.01)
    assert found.sentence.startswith("ana and ben agree on 35 of 50 sessions, 70.0% (95% interval 56.2% to 80.9%)")


def test_disagreements_come_first() -> None:
    found = label.agreement(labels(ana="pfpf", ben="pfff"))
    assert found.rows.row(0) == ("s02", "pass", "fail", False)
    assert "ana" in found._repr_html_()


def test_perfect_agreement_on_few_sessions_is_not_certainty() -> None:
    found = label.agreement(labels(ana="pfpf", ben="pfpf"))
    assert found.kappa == 1.0
    assert found.kappa_interval is not None
    assert found.kappa_interval.low < 0.1


def test_a_reviewer_who_always_says_the_same_leaves_kappa_open() -> None:
    found = label.agreement(labels(ana="pppp", ben="pppf"))
    assert (found.kappa, found.kappa_interval) == (None, None)
    assert "kappa cannot be told" in found.sentence


def test_the_pair_with_most_in_common_is_taken_unless_one_is_named() -> None:
    frame = labels(ana="pfpf--", ben="--pfpf", cy="pfpd-f")
    assert label.agreement(frame).reviewers == ("ana", "cy")
    assert label.agreement(frame, between=("ben", "cy")).n == 2


def test_without_common_sessions_the_next_step_is_said() -> None:
    with pytest.raises(EmptyError, match="same queue"):
        label.agreement(labels(ana="pf--", ben="--pf"))
    with pytest.raises(EmptyError, match="have no session in common"):
        label.agreement(labels(ana="pf--", ben="--pf"), between=("ana", "ben"))
    with pytest.raises(UnknownNameError, match="did you mean 'ben'"):
        label.agreement(labels(ana="pf", ben="pf"), between=("ana", "benn"))
    with pytest.raises(InputError, match="both names"):
        label.agreement(labels(ana="pf"), between=("ana", "ana"))


@pytest.mark.parametrize("name", ["agreed", "session_id", "second", "<b>"])
def test_reviewers_may_be_called_anything(name: str) -> None:
    shown = label.agreement(labels(**{name: "pfpf", "ana": "pfff"}), between=(name, "ana"))._repr_html_()
    assert "ana" in shown
    assert "<b>" not in shown
