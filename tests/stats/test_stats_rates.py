"""Rates, differences and ratios of rates against scipy and statsmodels, and at their edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm
from scipy.stats.contingency import relative_risk
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from workbench import stats
from workbench.errors import EmptyError, InputError

counts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_is_the_interval_of_scipy_and_statsmodels(rate, level):
    k, n = rate
    ours = stats.wilson(k, n, level=level)
    theirs = binomtest(k, n).proportion_ci(level, method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert (ours.low, ours.high) == pytest.approx(proportion_confint(k, n, 1 - level, "wilson"), abs=1e-9)


def test_the_rule_of_three_is_the_exact_one_sided_bound():
    for n in (1, 10, 300, 10_000):
        exact = binomtest(0, n, alternative="less").proportion_ci(0.95, method="exact").high
        assert stats.upper_bound(n) == pytest.approx(exact)
    assert stats.upper_bound(300) == pytest.approx(3 / 300, rel=0.01)


@given(counts, counts)
def test_newcombe_is_statsmodels_interval_of_an_unpaired_difference(first, second):
    ours = stats.newcombe(*first, *second)
    theirs = confint_proportions_2indep(*second, *first, method="newcomb", compare="diff")
    assert (ours.low, ours.high) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize(
    ("a", "n_a", "b", "n_b"), [(30, 100, 10, 100), (1, 50, 3, 80), (3, 200, 100, 300), (7, 9, 40, 90)]
)
def test_lift_is_the_score_interval_of_statsmodels(a, n_a, b, n_b):
    ours = stats.lift(a, n_a, b, n_b)
    theirs = confint_proportions_2indep(a, n_a, b, n_b, compare="ratio", method="score", correction=False)
    assert (ours.interval.low, ours.interval.high) == pytest.approx(theirs, rel=1e-6)
    assert ours.ratio == pytest.approx(relative_risk(a, n_a, b, n_b).relative_risk)


def test_a_mode_that_passing_sessions_never_show_has_a_lower_bound_and_no_upper_one():
    found = stats.lift(6, 40, 0, 60)
    assert math.isinf(found.ratio)
    assert math.isinf(found.interval.high)
    assert 1 < found.interval.low < 6


def test_a_mode_that_only_passing_sessions_show_has_an_upper_bound():
    found = stats.lift(0, 40, 12, 60)
    assert found.ratio == 0
    assert found.interval.low == 0
    assert 0 < found.interval.high < 1


def test_nothing_anywhere_says_nothing_about_a_ratio():
    found = stats.lift(0, 5, 0, 5)
    assert math.isnan(found.ratio)
    assert (found.interval.low, found.interval.high) == (0, math.inf)


@given(counts, counts)
def test_lift_always_holds_its_ratio_and_is_its_own_inverse(first, second):
    forth, back = stats.lift(*first, *second), stats.lift(*second, *first)
    if math.isnan(forth.ratio):
        return
    assert forth.interval.low <= forth.ratio <= forth.interval.high
    if forth.interval.low > 0:
        assert back.interval.high == pytest.approx(1 / forth.interval.low, rel=1e-6)


def test_refusals_say_what_is_wrong():
    with pytest.raises(EmptyError, match="at least one row"):
        stats.wilson(0, 0)
    with pytest.raises(InputError, match="5 of 3"):
        stats.wilson(5, 3)
    with pytest.raises(InputError, match=r"did you mean 0\.95"):
        stats.wilson(1, 3, level=95)


def test_an_interval_knows_what_it_holds():
    interval = stats.wilson(18, 20)
    assert 0.9 in interval
    assert 0.5 not in interval
    assert interval.width == pytest.approx(interval.high - interval.low)
    assert repr(interval) == "Interval(0.699 to 0.972, 95%)"


def test_single_trials_give_agresti_and_coulls_interval_a_little_wider_which_holds_wilsons():
    for k, n in ((0, 12), (3, 20), (45, 50), (200, 400)):
        ours = stats.mean_interval([1] * k + [0] * (n - k))
        wider = 2 * norm.sf(norm.isf(0.025) * (1 + 0.3 / n))
        theirs = proportion_confint(k, n, alpha=wider, method="agresti_coull")
        assert (ours.low, ours.high) == pytest.approx(np.clip(theirs, 0, 1), abs=1e-9)
        wilson = stats.wilson(k, n)
        assert ours.low <= wilson.low + 1e-12
        assert ours.high >= wilson.high - 1e-12
