"""What is promised of the verdict: how often it is wrong, and how often it finds what is there."""

import numpy as np
import polars as pl
import pytest
from simulations import FACTOR

from workbench import stats
from workbench.errors import InputError
from workbench.experiment import plan
from workbench.experiment._difference import decide, difference

pytestmark = pytest.mark.slow
RUNS = 500 * FACTOR
ALLOWED = 0.05 + 2 * np.sqrt(0.05 * 0.95 / RUNS)


def verdicts(draw, *, margin=None, runs=RUNS):
    return [decide(difference(draw(), level=0.95, seed=0), margin, 0.95) for _ in range(runs)]


def paired(n, c_a, c_b, trials):
    return pl.DataFrame({
        "n_a": np.full(n, trials), "c_a": c_a, "mean_a": c_a / trials,
        "n_b": np.full(n, trials), "c_b": c_b, "mean_b": c_b / trials,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("n", "trials", "a", "b"), [(10, 1, 1, 1), (20, 4, 0.5, 0.5), (50, 1, 8, 1), (100, 2, 1, 3), (30, 8, 9, 1)]
)
def test_nothing_changed_is_called_better_at_most_once_in_twenty(n, trials, a, b):
    rng = np.random.default_rng(n)

    def draw():
        rates = rng.beta(a, b, n)
        return paired(n, rng.binomial(trials, rates), rng.binomial(trials, rates), trials)

    said = verdicts(draw)
    assert said.count("better") / RUNS <= 0.05
    assert said.count("worse") / RUNS <= 0.05


@pytest.mark.parametrize(
    ("n", "trials", "rate", "margin"), [(100, 1, 0.9, 0.05), (400, 1, 0.7, 0.03), (60, 4, 0.8, 0.1)]
)
def test_a_candidate_worse_by_the_margin_is_let_through_at_most_once_in_twenty(n, trials, rate, margin):
    rng = np.random.default_rng(n)

    def draw():
        own = rng.random(n)
        chance = rng.beta(20 * rate, 20 * (1 - rate), n) if trials > 1 else None
        if chance is not None:
            worse = np.clip(chance - margin, 0, 1)
            return paired(n, rng.binomial(trials, chance), rng.binomial(trials, worse), trials)
        broken = own < margin + 0.02
        fixed = (own >= margin + 0.02) & (own < margin + 0.04)
        steady = rng.random(n) < rate
        return paired(
            n, np.where(broken, 1, np.where(fixed, 0, steady)), np.where(broken, 0, np.where(fixed, 1, steady)), 1
        )

    said = verdicts(draw, margin=margin)
    assert (said.count("not worse") + said.count("better")) / RUNS <= ALLOWED


@pytest.mark.parametrize(
    ("n", "fixed", "regressed"), [(100, 0.10, 0.05), (400, 0.10, 0.05), (100, 0.13, 0.03), (40, 0.3, 0.0)]
)
def test_the_power_shown_beforehand_is_the_power_found(n, fixed, regressed):
    rng = np.random.default_rng(n)

    def draw():
        u = rng.random(n)
        return paired(n, (u >= fixed).astype(int), ((u < fixed) | (u >= fixed + regressed)).astype(int), 1)

    said = verdicts(draw, runs=2 * RUNS)
    shown = stats.paired_power(n, fixed, regressed)
    assert (said.count("better") + said.count("worse")) / (2 * RUNS) == pytest.approx(shown, abs=0.05)


def test_the_power_that_millers_formula_shows_for_trials_is_the_power_found():
    rng = np.random.default_rng(9)
    n, trials = 120, 4
    rates = rng.beta(3, 2, 200_000)
    moved = np.clip(rates + 0.06, 0, 1)
    variance = stats.Variance((moved - rates).var(), (rates * (1 - rates)).mean(), (moved * (1 - moved)).mean())
    effect = (moved - rates).mean()
    needed = stats.cases_needed(variance.per_case(trials), effect)
    assert n / 2 < needed < 4 * n

    def draw():
        chosen = rng.integers(0, rates.size, needed)
        return paired(needed, rng.binomial(trials, rates[chosen]), rng.binomial(trials, moved[chosen]), trials)

    assert verdicts(draw).count("better") / RUNS == pytest.approx(0.8, abs=0.05)


def test_the_power_that_a_plan_shows_for_flaky_cases_is_the_power_found():
    rng = np.random.default_rng(21)
    n, trials = 150, 3
    shown = plan(n, fixed=0.15, regressed=0.04, trials=trials, flip_rate=0.18)

    def draw():
        u, steady = rng.random(n), rng.random(n) < 0.6
        before = np.where(u < 0.15, 0.1, np.where(u < 0.19, 0.9, np.where(steady, 0.9, 0.1)))
        after = np.where(u < 0.15, 0.9, np.where(u < 0.19, 0.1, before))
        return paired(n, rng.binomial(trials, before), rng.binomial(trials, after), trials)

    # A case that is fixed goes from one pass in ten to nine in ten: eight tenths of a whole one.
    weaker = plan(n, fixed=0.12, regressed=0.032, trials=trials, flip_rate=0.18)
    found = verdicts(draw).count("better") / RUNS
    assert weaker.power - 0.05 < found < shown.power + 0.05


def test_a_plan_says_how_many_cases_it_takes():
    small = plan(100, fixed=0.10, regressed=0.05)
    assert small.power == pytest.approx(0.24, abs=0.01)
    assert plan(small.needed, fixed=0.10, regressed=0.05).power == pytest.approx(0.8, abs=0.02)
    assert repr(small).startswith(
        "100 cases of 1 trial find a change that fixes 10.0% and breaks 5.0% of them 24% of the time"
    )


def test_a_plan_without_a_change_is_refused():
    with pytest.raises(InputError, match="no difference to find"):
        plan(100, fixed=0.05, regressed=0.05)
    with pytest.raises(InputError, match="a plan needs cases"):
        plan(0, fixed=0.05)
