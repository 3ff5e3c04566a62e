"""In simulation the intervals hold the truth: the short form of ``benchmarks/coverage.py``.

`make campaign` draws many more samples, over the whole grid.
"""

import numpy as np
import polars as pl
import pytest
from benchmarks.coverage import PROMISED, Cell, covered, grid, measure, ours, summary
from scipy.stats import binom
from simulations import FACTOR

from workbench import stats

pytestmark = pytest.mark.slow
REPEATS = 1200


def fewest_hits(promised=PROMISED, repeats=REPEATS):
    """So few that chance alone explains them in one corner of ten thousand."""
    return binom.ppf(1e-4, repeats, promised) / repeats


@pytest.fixture(scope="module")
def found():
    corners = [cell for cell in grid((stats.FEWEST, 20, 50)) if cell.trials != 16]
    return measure(corners[::3] if FACTOR == 1 else list(grid()), REPEATS * FACTOR, np.random.default_rng(1))


@pytest.mark.parametrize("what", ["difference", "rate"])
def test_intervals_hold_from_the_stated_number_of_cases_up_and_are_not_needlessly_wide(found, what):
    own = summary(found).filter((pl.col("what") == what) & (pl.col("method") == "workbench"))
    assert own["valid"].all(), own.filter(~pl.col("valid"))
    assert own["mean"].min() > 0.95
    assert own["width to the narrowest valid"].max() <= 1.15, own


@pytest.mark.parametrize("n", [*range(stats.FEWEST, 41), 60, 100, 200])
def test_on_single_trials_a_rate_holds_whatever_it_is(n):
    found = [stats.mean_interval([1.0] * k + [0.0] * (n - k)) for k in range(n + 1)]
    rates = np.linspace(0.005, 0.995, 991)[:, None]
    held = np.array([[each.low, each.high] for each in found])
    inside = (held[:, 0] <= rates) & (rates <= held[:, 1])
    assert (binom.pmf(np.arange(n + 1), n, rates) * inside).sum(axis=1).min() >= PROMISED


def test_what_is_usually_printed_does_not_hold(found):
    usual = summary(found).filter((pl.col("method") == "Student") & (pl.col("cases") <= 20))
    assert not usual["valid"].any()


@pytest.mark.parametrize("k", [2, 4])
def test_pass_hat_k_holds_where_cases_differ(k):
    rng = np.random.default_rng(3)
    held = {}
    for n in (stats.FEWEST, 30):
        for rate in (0.3, 0.7, 0.9):
            for spread in (0.3, 1.0, 3.0):
                cell = Cell(n, 4, spread, rate, rate, 0.0)
                own = [stats.pass_hat_k([4] * 5, range(5), k).per_case[int(c)] for c in range(5)]
                values = np.array(own)[np.rint(4 * cell.draw(REPEATS, rng)[0]).astype(int)]
                far, _ = Cell(100_000, 4, spread, rate, rate, 0.0).draw(3, rng)
                truth = float(np.array(own)[np.rint(4 * far).astype(int)].mean())
                held[n, rate, spread], _ = covered(ours(stats.mean_interval)(values, 4), truth)
    assert min(held.values()) >= fewest_hits(), held


def test_a_share_from_a_tilted_draw_holds():
    rng = np.random.default_rng(4)
    for share, n, tilt in ((0.12, 100, 10), (0.03, 300, 15), (0.5, 100, 3), (0.3, 40, 0.2)):
        hits = 0
        for _ in range(500):
            failing = rng.random(3000) < share
            score = np.where(failing, tilt, 1.0) * rng.uniform(0.5, 1.5, 3000)
            chance = np.minimum(1, n * (0.3 / 3000 + 0.7 * score / score.sum()))
            drawn = rng.random(3000) < chance
            hits += failing.mean() in stats.weighted_share(failing[drawn], chance[drawn]).interval
        assert hits / 500 >= fewest_hits(repeats=500)


def test_the_unseen_mass_holds_from_twenty_reads_up():
    rng = np.random.default_rng(5)
    shapes = {
        "zipf": 1 / np.arange(1, 26),
        "long": 1 / np.arange(1, 201),
        "even": np.ones(30),
        "steep": 0.7 ** np.arange(40),
    }
    for shape in shapes.values():
        share = shape / shape.sum()
        for n in (20, 40, 160):
            hits = 0
            for counts in rng.multinomial(n, share, size=800):
                hits += share[counts == 0].sum() in stats.unseen(counts).interval
            assert hits / 800 >= fewest_hits(repeats=800), (shape[:3], n)


def test_lift_holds():
    rng = np.random.default_rng(6)
    for p, q, n_a, n_b in ((0.3, 0.1, 100, 100), (0.05, 0.05, 80, 400), (0.5, 0.4, 30, 60)):
        draws = zip(rng.binomial(n_a, p, 1000), rng.binomial(n_b, q, 1000), strict=True)
        hits = sum(p / q in stats.lift(int(a), n_a, int(b), n_b).interval for a, b in draws)
        assert hits / 1000 >= fewest_hits(repeats=1000)


def test_kappa_holds_among_a_hundred_double_reads():
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(600):
        truth = rng.random(100) < 0.7
        said = np.where(rng.random(100) < 0.85, truth, ~truth)
        expected = 0.7 * (0.7 * 0.85 + 0.3 * 0.15) + 0.3 * (0.7 * 0.15 + 0.3 * 0.85)
        hits += (0.85 - expected) / (1 - expected) in stats.agreement(truth, said).kappa_interval
    assert hits / 600 >= fewest_hits(repeats=600)
