"""Agreement of several raters, against the tables that were published."""

import math

import numpy as np
import pytest

from workbench import stats
from workbench.errors import EmptyError, InputError, UnknownNameError

NAN = math.nan
# Krippendorff (2011), reliability data D: four observers, twelve units.
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
).T


def test_alpha_and_ac1_are_the_published_ones():
    found = stats.reliability(PUBLISHED)
    assert found.alpha == pytest.approx(0.743, abs=5e-4)
    assert found.ac1 == pytest.approx(
        0.77544, abs=5e-6
    )  # Gwet (2014), Handbook of Inter-Rater Reliability, the same table
    assert found.n == 11
    assert found.alpha in found.alpha_interval
    assert found.ac1 in found.ac1_interval


def test_alpha_of_scores_is_the_published_one():
    found = stats.reliability(PUBLISHED, scale="interval")
    assert found.alpha == pytest.approx(0.849, abs=5e-4)
    assert math.isnan(found.ac1)


def test_alpha_is_nearly_kappa_for_two_raters_and_many_cases():
    rng = np.random.default_rng(1)
    truth = rng.random(4000) < 0.4
    said = np.where(rng.random(4000) < 0.85, truth, ~truth)
    found = stats.reliability(np.stack([truth, said], axis=1).astype(float))
    assert found.alpha == pytest.approx(stats.agreement(truth, said).kappa, abs=0.005)


def test_where_nearly_all_pass_alpha_is_low_and_ac1_is_not():
    found = stats.reliability([[1, 1]] * 95 + [[1, 0]] * 3 + [[0, 1]] * 2)
    assert found.alpha < 0
    assert found.ac1 > 0.9


def test_perfect_agreement_on_few_cases_is_no_certainty_and_one_kind_tells_nothing():
    few = stats.reliability([[1, 1], [0, 0], [1, 1], [0, 0]])
    assert (few.alpha, few.alpha_interval.high) == (1.0, 1.0)
    assert few.alpha_interval.low < 0.3
    assert few.ac1_interval.low < 0.3
    same = stats.reliability([[1, 1]] * 10)
    assert (same.agreed, same.alpha_interval, same.ac1_interval) == (1.0, None, None)
    assert math.isnan(same.alpha)


@pytest.mark.slow
def test_the_intervals_hold_the_truth():
    rng = np.random.default_rng(5)
    for rate, right in ((0.3, 0.85), (0.5, 0.7)):

        def draw(n, rate=rate, right=right):
            truth = rng.random((n, 1)) < rate
            return np.where(rng.random((n, 3)) < right, truth, ~truth).astype(float)

        far = stats.reliability(draw(100_000))
        found = [stats.reliability(draw(60), seed=seed) for seed in range(100)]
        assert np.mean([far.alpha in each.alpha_interval for each in found]) >= 0.88
        assert np.mean([far.ac1 in each.ac1_interval for each in found]) >= 0.88


def test_what_cannot_be_told_is_refused():
    with pytest.raises(EmptyError, match="rated by two"):
        stats.reliability([[1, NAN], [NAN, 0]])
    with pytest.raises(InputError, match="one row a case"):
        stats.reliability([1, 0])
    with pytest.raises(UnknownNameError, match="nominal"):
        stats.reliability([[1, 1]], scale="ordinal")
