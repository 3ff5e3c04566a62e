"""Judges against the truth, shares of samples drawn with unequal chances, and what is still unseen."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_data import shared
from sklearn.metrics import cohen_kappa_score

from workbench import stats
from workbench.errors import EmptyError, InputError


@pytest.mark.parametrize(
    ("name", "tpr", "tnr", "kappa"),
    [
        ("airline-multi-judge-full.json.summary_quick_triage_v1.json", 0.957, 0.111, 0.063),
        ("airline-multi-judge-full.json.summary_policy_conversation_v1.json", 0.783, 0.593, 0.368),
        ("retail-multi-judge-full.json.summary_quick_triage_v1.json", 1.0, 0.043, 0.051),
        ("retail-multi-judge-full.json.summary_customer_outcome_v1.json", 0.897, 0.261, 0.174),
    ],
)
def test_tau2_judges_have_the_rates_and_kappa_that_were_computed(name, tpr, tnr, kappa):
    entries = json.loads(shared(f"tau2-judge/{name}").read_text())["entries"]
    found = stats.agreement(
        [entry["tau2_success"] for entry in entries],
        [entry["judge_verdict"].strip().lower() in {"pass", "passed", "success"} for entry in entries],
    )
    assert (round(found.tpr, 3), round(found.tnr, 3), round(found.kappa, 3)) == (tpr, tnr, kappa)
    assert found.kappa in found.kappa_interval
    assert found.tpr in found.tpr_interval


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=80))
def test_kappa_is_scikit_learns_where_both_ever_differ(rows):
    truth, said = zip(*rows, strict=True)
    found = stats.agreement(truth, said)
    if len(set(truth)) == len(set(said)) == 2:
        assert found.kappa == pytest.approx(cohen_kappa_score(truth, said))
    assert sum(map(sum, found.table)) == len(rows)


def test_a_judge_that_always_passes_agrees_no_more_than_chance():
    found = stats.agreement([True] * 18 + [False] * 2, [True] * 20)
    assert (found.tpr, found.tnr, found.kappa) == (1, 0, 0)
    assert found.kappa_interval is None


def test_without_failures_nothing_is_said_of_how_they_are_judged():
    found = stats.agreement([True, True], [True, True])
    assert math.isnan(found.tnr)
    assert math.isnan(found.kappa)
    assert found.tnr_interval is None


def test_a_tilted_draw_is_weighted_back_to_the_truth():
    rng = np.random.default_rng(7)
    failing = rng.random(5000) < 0.12
    chance = 100 * (0.3 / 5000 + 0.7 * np.where(failing, 5, 1) / np.where(failing, 5, 1).sum())
    estimates, naive = [], []
    for _ in range(200):
        drawn = rng.random(5000) < chance
        estimates.append(stats.weighted_share(failing[drawn], chance[drawn]).share)
        naive.append(failing[drawn].mean())
    assert np.mean(estimates) == pytest.approx(failing.mean(), abs=0.006)
    assert np.mean(naive) > 0.25


def test_equal_chances_give_the_plain_share_and_its_agresti_coull_interval():
    values = [1] * 6 + [0] * 34
    found = stats.weighted_share(values, [1e-9] * 40)
    plain = stats.mean_interval(values)
    assert found.share == pytest.approx(0.15)
    assert found.effective == pytest.approx(39, abs=1)
    assert (found.interval.low, found.interval.high) == pytest.approx((plain.low, plain.high), abs=0.003)


def test_reading_everything_leaves_no_doubt():
    found = stats.weighted_share([1, 0, 0, 0], [1.0] * 4)
    assert (found.interval.low, found.interval.high) == (0.25, 0.25)


def test_none_seen_among_few_reads_is_not_none():
    found = stats.weighted_share([0] * 30, [0.01] * 30)
    assert found.share == 0
    assert 0.05 < found.interval.high < 0.2


def test_the_unseen_mass_is_singletons_over_things_seen():
    found = stats.unseen([14, 9, 5, 3, 1, 1, 1, 0])
    assert (found.mass, found.n, found.singletons) == (3 / 34, 34, 3)
    assert found.mass in found.interval


def test_no_singletons_still_leave_something_unseen():
    found = stats.unseen([50, 30, 20])
    assert found.mass == 0
    assert 0 < found.interval.high < 0.05


def test_too_few_reads_say_nothing_of_what_is_unseen():
    found = stats.unseen([3, 1, 1])
    assert (found.interval.low, found.interval.high) == (0, 1)


def test_refusals_say_what_is_wrong():
    with pytest.raises(EmptyError, match="label a random handful"):
        stats.unseen([])
    with pytest.raises(InputError, match="-1 times"):
        stats.unseen([3, -1])
    with pytest.raises(EmptyError, match="drawn with a known chance"):
        stats.weighted_share([], [])
    with pytest.raises(InputError, match="chosen by hand"):
        stats.weighted_share([1, 0], [0.5, 0.0])
    with pytest.raises(InputError, match="2 true outcomes and 1 verdicts"):
        stats.agreement([1, 0], [1])
    with pytest.raises(EmptyError, match="nothing was judged"):
        stats.agreement([], [])
