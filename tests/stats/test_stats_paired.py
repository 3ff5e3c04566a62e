"""Paired differences and their tests: published formulas, scipy and statsmodels as reference, and the edges."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, permutation_test, ttest_rel
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import tt_solve_power

from workbench import stats
from workbench.errors import EmptyError, InputError


def bonett_price(fixed, regressed, n, critical):
    gained, lost = (fixed + 1) / (n + 2), (regressed + 1) / (n + 2)
    half = critical * math.sqrt((gained + lost - (gained - lost) ** 2) / (n + 2))
    return gained - lost - half, gained - lost + half


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 200))
def test_on_single_trials_the_paired_interval_is_bonett_and_prices(fixed, regressed, same):
    n = fixed + regressed + same
    ours = stats.paired_interval([1] * fixed + [-1] * regressed + [0] * same)
    from scipy.stats import t

    assert (ours.low, ours.high) == pytest.approx(
        np.clip(bonett_price(fixed, regressed, n, t.ppf(0.975, 2 * (n + 1))), -1, 1), abs=1e-9
    )


def test_with_many_trials_and_cases_the_paired_interval_becomes_students():
    rng = np.random.default_rng(3)
    a, b = rng.binomial(20, 0.6, 2000) / 20, rng.binomial(20, 0.65, 2000) / 20
    ours, theirs = stats.paired_interval(b - a), ttest_rel(b, a).confidence_interval(0.95)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=2e-4)


def test_no_change_at_all_still_leaves_doubt():
    few, many = stats.paired_interval([0.0] * 20), stats.paired_interval([0.0] * 2000)
    assert few.low < 0 < few.high
    assert 0 < many.width < few.width / 20


def test_the_score_interval_is_students():
    rng = np.random.default_rng(1)
    a, b = rng.normal(3, 1, 30), rng.normal(3.4, 1, 30)
    ours, theirs = stats.score_interval(b - a), ttest_rel(b, a).confidence_interval(0.95)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


@given(st.integers(0, 80), st.integers(0, 80))
def test_mcnemar_is_statsmodels_exact_test(fixed, regressed):
    theirs = mcnemar([[0, regressed], [fixed, 0]], exact=True).pvalue if fixed + regressed else 1.0
    assert stats.mcnemar(fixed, regressed, mid=False).p == pytest.approx(min(1.0, theirs), abs=1e-12)


@given(st.integers(0, 40), st.integers(0, 40), st.booleans())
def test_on_single_trials_the_sign_flip_test_is_mcnemars(fixed, regressed, mid):
    flipped = stats.sign_flip([1] * fixed + [-1] * regressed + [0] * 7, mid=mid)
    assert flipped.p == pytest.approx(stats.mcnemar(fixed, regressed, mid=mid).p, abs=1e-12)
    assert flipped.informative == fixed + regressed


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=2, max_size=11), st.sampled_from([1, 3, 4]))
def test_the_exact_sign_flip_test_is_scipys_permutation_test(steps, trials):
    data = np.array(steps) / trials
    theirs = permutation_test(  # rounded, because sums of thirds that are alike differ in their last digit
        (data,),
        lambda x, axis: x.sum(axis=axis).round(9),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    ).pvalue
    assert stats.sign_flip(data, mid=False).p == pytest.approx(theirs, abs=1e-9)


def test_differences_off_the_lattice_are_enumerated_when_few_and_sampled_when_many():
    rng = np.random.default_rng(5)
    few, many = rng.normal(0.3, 1, 12), rng.normal(0.1, 1, 300)
    theirs = permutation_test(
        (few,), lambda x, axis: x.sum(axis=axis), permutation_type="samples", vectorized=True, n_resamples=np.inf
    ).pvalue
    assert stats.sign_flip(few, mid=False).p == pytest.approx(theirs, abs=1e-9)
    sampled = stats.sign_flip(many, draws=20_000)
    assert "sampled" in sampled.method
    assert sampled.p == pytest.approx(ttest_rel(many, np.zeros(300)).pvalue, abs=0.01)
    assert sampled == stats.sign_flip(many, draws=20_000)


def test_ten_thousand_cases_of_four_trials_are_tested_exactly():
    rng = np.random.default_rng(0)
    data = (rng.binomial(4, 0.52, 10_000) - rng.binomial(4, 0.5, 10_000)) / 4
    found = stats.sign_flip(data)
    assert found.method.startswith("exact")
    assert found.p == pytest.approx(ttest_rel(data, np.zeros(10_000)).pvalue, rel=0.02)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_corrections_are_those_of_statsmodels_and_scipy(p):
    assert stats.holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert stats.benjamini_hochberg(p) == pytest.approx(false_discovery_control(p))


def test_nothing_to_correct_is_nothing_corrected():
    assert stats.holm([]).size == 0
    assert stats.benjamini_hochberg([]).size == 0


def test_components_add_up_to_the_variance_of_the_differences():
    rng = np.random.default_rng(2)
    truth = rng.beta(2, 2, 4000)
    moved = np.clip(truth + rng.normal(0, 0.1, 4000), 0, 1)
    a, b = rng.binomial(4, truth) / 4, rng.binomial(8, moved) / 8
    found = stats.components(a, b, np.full(4000, 4), np.full(4000, 8))
    assert found.per_case(4, 8) == pytest.approx((b - a).var(ddof=1))
    assert found.baseline == pytest.approx((truth * (1 - truth)).mean(), abs=0.006)
    assert found.between == pytest.approx((moved - truth).var(), abs=0.006)


def test_cases_needed_and_what_they_detect_are_inverse_and_near_statsmodels():
    for variance, effect in ((0.15, 0.05), (0.3, 0.02), (0.05, 0.1)):
        needed = stats.cases_needed(variance, effect)
        assert stats.minimum_detectable(variance, needed) == pytest.approx(effect, rel=0.01)
        theirs = tt_solve_power(effect / math.sqrt(variance), alpha=0.05, power=0.8)
        assert needed == pytest.approx(theirs, abs=3)


@pytest.mark.parametrize(
    ("cases", "fixed", "regressed", "power"),
    [(100, 0.10, 0.05, 0.18), (400, 0.10, 0.05, 0.70), (800, 0.10, 0.05, 0.95), (100, 0.13, 0.03, 0.66)],
)
def test_the_power_of_single_trials_is_what_was_computed_elsewhere(cases, fixed, regressed, power):
    assert stats.paired_power(cases, fixed, regressed, mid=False) == pytest.approx(power, abs=0.006)


def test_the_power_of_nothing_is_the_error_that_is_allowed():
    assert stats.paired_power(400, 0.1, 0.1) < 0.055
    assert stats.paired_power(400, 0.0, 0.0) == 0


def test_refusals_say_what_is_wrong():
    with pytest.raises(EmptyError):
        stats.paired_interval([])
    with pytest.raises(InputError, match=r"between -1\.0 and 1\.0"):
        stats.paired_interval([0.5, float("nan")])
    with pytest.raises(InputError, match="not a number"):
        stats.sign_flip([float("nan")])
    with pytest.raises(InputError, match="difference of zero"):
        stats.cases_needed(0.1, 0)
    with pytest.raises(InputError, match="lie between 0 and 1"):
        stats.paired_power(10, 0.8, 0.4)
    with pytest.raises(EmptyError, match="nothing can be seen"):
        stats.minimum_detectable(0.1, 0)
    with pytest.raises(EmptyError, match="at least 2 cases"):
        stats.components([1], [1], [1], [1])
