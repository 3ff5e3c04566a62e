"""How often the intervals hold the truth, and how wide they are: a grid of cases, trials, correlations and base rates.

Run it for the full table: ``python tests/benchmarks/coverage.py [repeats]``. The tests run the short form.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[np.float64]
CASES = (10, 15, 20, 30, 50, 100, 200)
TRIALS = ((1, 1.0), (2, 1.0), (4, 0.3), (4, 1.0), (4, np.inf), (8, 3.0), (16, 1.0))  # trials, how much cases differ
RATES = ((0.5, 0.5), (0.5, 0.7), (0.9, 0.9), (0.9, 0.97), (0.97, 0.97), (0.3, 0.9), (0.02, 0.06), (0.1, 0.1))
CORRELATIONS = (0.0, 0.7, 1.0)


@dataclass(frozen=True)
class Cell:
    """One corner of the grid: the true rates of two arms whose cases' propensities are correlated."""

    cases: int
    trials: int
    spread: float
    baseline: float
    candidate: float
    correlation: float

    def draw(self, repeats: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Pass rates of every case in both arms: a probit of a shared and an own normal part."""
        shared = rng.standard_normal((repeats, self.cases))
        own = rng.standard_normal((repeats, self.cases))
        second = self.correlation * shared + np.sqrt(1 - self.correlation**2) * own
        return self._arm(shared, self.baseline, rng), self._arm(second, self.candidate, rng)

    def _arm(self, propensity: Array, rate: float, rng: np.random.Generator) -> Array:
        from scipy.special import ndtr

        at = NormalDist().inv_cdf(rate)
        if np.isinf(self.spread):  # every case always passes or always fails
            return (propensity < at).astype(np.float64)
        chance = ndtr(at * np.sqrt(1 + self.spread**2) + self.spread * propensity)
        return rng.binomial(self.trials, chance) / self.trials


def grid(cases: tuple[int, ...] = CASES) -> Iterator[Cell]:
    """Every corner; the correlation matters to differences only."""
    for n, (trials, spread), (a, b), correlation in itertools.product(cases, TRIALS, RATES, CORRELATIONS):
        yield Cell(n, trials, spread, a, b, correlation)


def covered(interval: Callable[[Array], tuple[float, float]], samples: Array, truth: float) -> tuple[float, float]:
    """The share of samples whose interval holds the truth, and the median width."""
    ends = np.array([interval(sample) for sample in samples])
    held = (ends[:, 0] <= truth + 1e-12) & (truth <= ends[:, 1] + 1e-12)
    return float(held.mean()), float(np.median(ends[:, 1] - ends[:, 0]))


def student(sample: Array) -> tuple[float, float]:
    """Student's t over cases: what most tools print."""
    from scipy.special import stdtrit

    half = stdtrit(sample.size - 1, 0.975) * sample.std(ddof=1) / np.sqrt(sample.size)
    return sample.mean() - half, sample.mean() + half


def normal_bonett_price(sample: Array) -> tuple[float, float]:
    """Bonett and Price with normal quantiles and the same imagined changes: the narrowest that nearly holds."""
    squares, changed, n = sample @ sample, np.count_nonzero(sample), sample.size + 2
    mean = sample.sum() / n
    half = 1.959964 * np.sqrt(((squares + 2 * (1 + squares) / (1 + changed)) / n - mean**2) / n)
    return mean - half, mean + half


def main(repeats: int) -> None:
    """Print the least coverage and the median width relative to ours, by number of cases."""
    from workbench import stats

    def paired(sample: Array) -> tuple[float, float]:
        found = stats.paired_interval(sample)
        return found.low, found.high

    def rate(sample: Array) -> tuple[float, float]:
        found = stats.mean_interval(sample)
        return found.low, found.high

    rng = np.random.default_rng(11)
    rows = []
    methods = {"ours": paired, "normal Bonett-Price": normal_bonett_price, "Student": student}
    for cell in grid():
        a, b = cell.draw(repeats, rng)
        for name, method in methods.items():
            held, width = covered(method, b - a, cell.candidate - cell.baseline)
            rows.append(("difference", name, cell.cases, held, width))
        if cell.correlation == 0:
            for name, method in {"ours": rate, "Student": student}.items():
                rows.append(("rate", name, cell.cases, *covered(method, a, cell.baseline)))
    frame = pl.DataFrame(rows, schema=["what", "method", "cases", "coverage", "width"], orient="row")
    table = frame.group_by("what", "method", "cases").agg(
        pl.col("coverage").min().alias("least"),
        pl.col("coverage").mean().alias("mean"),
        pl.col("width").mean(),
        pl.len().alias("corners"),
    )
    with pl.Config(tbl_rows=-1, float_precision=3):
        print(table.sort("what", "cases", "method"))


if __name__ == "__main__":
    sys.path.insert(0, ".")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
