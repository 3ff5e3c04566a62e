"""What further reads will show: the Good-Toulmin sum, and in simulation its interval holds the truth."""

import numpy as np
import pytest
from benchmarks.stopping import MORE, World, held
from simulations import FACTOR

from workbench import stats
from workbench.errors import InputError


def test_fishers_butterflies_are_told_as_good_and_toulmin_did():
    # Fisher, Corbet & Williams (1943): Malayan butterflies by how often each species was trapped, 1 to 24 times in 1942-43.
    trapped = [118, 74, 44, 24, 29, 22, 20, 19, 20, 15, 12, 14, 6, 12, 6, 9, 9, 6, 10, 10, 11, 5, 3, 3]
    counts = np.repeat(np.arange(1, 25), trapped)
    found = stats.discoveries(counts, int(counts.sum()), more=int(counts.sum()))
    # Efron & Thisted (1976): the alternating sum 118 - 74 + 44 - … is 75 new species in a second stay as long.
    assert found.expected == pytest.approx(75)
    assert 75 in found.interval


def test_no_singletons_do_not_mean_that_nothing_is_left():
    found = stats.discoveries([10, 8, 6], 60)
    assert found.expected == 0
    assert found.interval.low == 0
    assert found.interval.high >= 1


def test_before_anything_was_met_anything_can_come():
    found = stats.discoveries([], 12, more=30)
    assert (found.interval.low, found.interval.high) == (0, 30)


def test_far_beyond_what_was_read_the_estimate_stays_finite_and_between_its_ends():
    found = stats.discoveries([5, 4, 3, 2, 1, 1], 20, more=400)
    assert found.interval.low <= found.expected <= found.interval.high <= 400


@pytest.mark.parametrize(("counts", "read", "more"), [([-1], 3, 5), ([4], 3, 5), ([1], 3, 0)])
def test_what_cannot_be_is_refused(counts, read, more):
    with pytest.raises(InputError, match="at most one thing a read"):
        stats.discoveries(counts, read, more=more)


@pytest.mark.slow
@pytest.mark.parametrize("modes", [5, 12, 25, 60, 200])
def test_the_intervals_of_what_is_unseen_hold_the_truth_in_zipf_worlds(modes):
    rng = np.random.default_rng(modes)
    repeats = 150 * FACTOR
    for exponent in (0.5, 1.0, 1.5):
        for failing in (0.25, 1.0):
            for n in (30, 120):
                mass, new = held(World(modes, exponent, failing), n, repeats, rng)
                least = 0.95 - 3.5 * (0.05 * 0.95 / repeats) ** 0.5
                assert min(mass, new) >= min(0.9, least), (exponent, failing, n, mass, new)
    assert MORE == 30
