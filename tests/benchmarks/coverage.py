"""How often the intervals hold the truth, and how wide they are beside other methods' on the same samples.

The grid is one of case counts, trials, how much cases differ, correlations between the arms, and base rates. Run it for the whole
table: ``python tests/benchmarks/coverage.py [repeats]`` (also part of ``make campaign``); the tests run the short form.

A method is valid for a number of cases when it covers 93 % in every corner of the grid, less what chance takes from the worst of so many
corners. Our width is given as a ratio to that of the narrowest valid method, corner by corner. The bootstrap-t is run on a tenth of
the samples.
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
Ends = tuple[Array, Array]
Method = Callable[[Array, int], "Ends | None"]  # samples by cases, and trials a case; None: not meant for such data
CASES = (10, 15, 20, 30, 50, 100, 200)
TRIALS = ((1, 1.0), (2, 1.0), (4, 0.3), (4, 1.0), (4, np.inf), (8, 3.0), (16, 1.0))  # trials, how much cases differ
RATES = ((0.5, 0.5), (0.5, 0.7), (0.9, 0.9), (0.9, 0.97), (0.97, 0.97), (0.3, 0.9), (0.02, 0.06), (0.1, 0.1))
CORRELATIONS = (0.0, 0.7, 1.0)
PROMISED = 0.93
Z = NormalDist().inv_cdf(0.975)


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

    @property
    def seen_trials(self) -> int:
        """Trials that can tell something: 1 where a case always does the same."""
        return 1 if np.isinf(self.spread) else self.trials


def grid(cases: tuple[int, ...] = CASES) -> Iterator[Cell]:
    """Every corner; the correlation matters to differences only."""
    for n, (trials, spread), (a, b), correlation in itertools.product(cases, TRIALS, RATES, CORRELATIONS):
        yield Cell(n, trials, spread, a, b, correlation)


def fewest(repeats: int, corners: int = 1) -> float:
    """The lowest coverage that a method which covers 93 % shows in its worst corner, but for one time in a hundred."""
    from scipy.stats import binom

    return float(binom.ppf(0.01 / corners, repeats, PROMISED)) / repeats


def covered(ends: Ends, truth: float) -> tuple[float, float]:
    """The share of samples whose interval holds the truth, and the median width."""
    low, high = ends
    held = (low <= truth + 1e-12) & (truth <= high + 1e-12)
    return float(held.mean()), float(np.median(high - low))


def ours(interval: Callable[[Array], object]) -> Method:
    """One of the package's intervals, sample by sample."""

    def method(samples: Array, _: int) -> Ends:
        found = [interval(sample) for sample in samples]
        return np.array([x.low for x in found]), np.array([x.high for x in found])

    return method


def student(samples: Array, _: int) -> Ends:
    """Student's t over cases, which is the cluster-robust interval of balanced trials."""
    from scipy.special import stdtrit

    n = samples.shape[1]
    half = stdtrit(n - 1, 0.975) * samples.std(axis=1, ddof=1) / np.sqrt(n)
    return samples.mean(axis=1) - half, samples.mean(axis=1) + half


def bonett_price(samples: Array, _: int) -> Ends:
    """Bonett and Price with normal quantiles, its imagined changes as large as those seen."""
    squares, changed, n = (samples**2).sum(axis=1), (samples != 0).sum(axis=1), samples.shape[1] + 2
    mean = samples.sum(axis=1) / n
    half = Z * np.sqrt(((squares + 2 * (1 + squares) / (1 + changed)) / n - mean**2) / n)
    return np.maximum(mean - half, -1), np.minimum(mean + half, 1)


def tango(samples: Array, trials: int) -> Ends | None:
    """Tango's score interval for a paired difference of single trials."""
    if trials > 1:
        return None
    n = samples.shape[1]
    fixed, regressed = (samples > 0).sum(axis=1).astype(np.float64), (samples < 0).sum(axis=1).astype(np.float64)

    def score(delta: Array) -> Array:
        b = (2 * n - fixed + regressed) * delta - fixed - regressed
        c = -regressed * delta * (1 - delta)
        rate = (np.sqrt(np.maximum(b * b - 8 * n * c, 0)) - b) / (4 * n)
        spread = n * (2 * rate + delta * (1 - delta))
        return (fixed - regressed - n * delta) / np.sqrt(np.maximum(spread, 1e-300))

    return tuple(_crossing(score, (fixed - regressed) / n, end) for end in (-1.0, 1.0))  # pyright: ignore[reportReturnType]


def _crossing(score: Callable[[Array], Array], inside: Array, end: float) -> Array:
    outside = np.full(inside.shape, end * (1 - 1e-9))
    for _ in range(40):
        middle = (inside + outside) / 2
        rejected = np.abs(score(middle)) > Z
        inside, outside = np.where(rejected, inside, middle), np.where(rejected, middle, outside)
    return outside


def _wilson(rate: Array, n: Array) -> Ends:
    centre, half = rate + Z**2 / 2 / n, Z * np.sqrt(rate * (1 - rate) / n + Z**2 / 4 / n**2)
    return (centre - half) / (1 + Z**2 / n), (centre + half) / (1 + Z**2 / n)


def _effective(samples: Array, trials: int) -> Array:
    n, rate, variance = samples.shape[1], samples.mean(axis=1), samples.var(axis=1, ddof=1)
    known = (variance > 0) & (rate > 0) & (rate < 1)
    size = np.where(known, rate * (1 - rate) / np.where(known, variance, 1) * n, n)
    return np.clip(size, n, n * trials)


def wilson(samples: Array, trials: int) -> Ends:
    """Wilson's score interval, with trials at the effective number of rows (Korn and Graubard)."""
    return _wilson(samples.mean(axis=1), _effective(samples, trials))


def clopper_pearson(samples: Array, trials: int) -> Ends:
    """The exact interval, with trials at the effective number of rows."""
    from scipy.special import betaincinv

    n = _effective(samples, trials)
    x = samples.mean(axis=1) * n
    low = np.where(x > 0, betaincinv(np.maximum(x, 1e-9), n - x + 1, 0.025), 0)
    return low, np.where(x < n, betaincinv(x + 1, np.maximum(n - x, 1e-9), 0.975), 1)


def mover(first: Array, second: Array, trials: int) -> Ends:
    """Newcombe's square-and-add for paired rates, from Wilson's intervals at their effective numbers (MOVER)."""
    p, q = first.mean(axis=1), second.mean(axis=1)
    (a, b), (c, d) = (wilson(arm, trials) for arm in (first, second))
    spread = first.std(axis=1) * second.std(axis=1)
    together = ((first - p[:, None]) * (second - q[:, None])).mean(axis=1)
    r = np.where(spread > 0, together / np.where(spread > 0, spread, 1), 0)

    def reach(up: Array, down: Array) -> Array:
        return np.sqrt(np.maximum(up**2 + down**2 - 2 * r * up * down, 0))

    return q - p - reach(q - c, b - p), q - p + reach(d - q, p - a)


def bootstrap_t(samples: Array, draws: int = 499) -> Ends:
    """The studentised bootstrap over cases; Student's where a sample does not vary."""
    rng = np.random.default_rng(0)
    n, low, high = samples.shape[1], *student(samples, 1)
    for row in np.flatnonzero(samples.std(axis=1) > 0):
        again = samples[row][rng.integers(n, size=(draws, n))]
        errors = again.std(axis=1, ddof=1) / np.sqrt(n)
        kept = errors > 0
        t = np.quantile((again.mean(axis=1)[kept] - samples[row].mean()) / errors[kept], [0.025, 0.975])
        error = samples[row].std(ddof=1) / np.sqrt(n)
        low[row], high[row] = samples[row].mean() - t[1] * error, samples[row].mean() - t[0] * error
    return low, high


def methods() -> tuple[dict[str, Method], dict[str, Method]]:
    """Methods for a paired difference (but `mover`, which takes both arms), and for a rate."""
    from workbench import stats

    differences: dict[str, Method] = {
        "workbench": ours(stats.paired_interval),
        "Student": student,
        "Bonett-Price": bonett_price,
        "Tango": tango,
    }
    rates: dict[str, Method] = {
        "workbench": ours(stats.mean_interval),
        "Student": student,
        "Wilson": wilson,
        "Clopper-Pearson": clopper_pearson,
    }
    return differences, rates


def measure(corners: list[Cell], repeats: int, rng: np.random.Generator, *, slow: bool = False) -> pl.DataFrame:
    """One row a corner, quantity and method: coverage, median width, and from how many samples."""
    differences, rates = methods()
    rows: list[tuple[object, ...]] = []
    for number, cell in enumerate(corners):
        a, b = cell.draw(repeats, rng)
        trials, truth = cell.seen_trials, cell.candidate - cell.baseline
        few = max(repeats // 10, 1)
        drawn = {name: (method(b - a, trials), truth, repeats) for name, method in differences.items()}
        drawn["MOVER"] = mover(a, b, trials), truth, repeats
        if slow:
            drawn["bootstrap-t"] = bootstrap_t((b - a)[:few]), truth, few
        told = [("difference", name, *each) for name, each in drawn.items()]
        if cell.correlation == 0:
            told += [("rate", name, method(a, trials), cell.baseline, repeats) for name, method in rates.items()]
        key = cell.cases, "single" if trials == 1 else "repeated"
        rows += [
            (number, what, *key, name, *covered(ends, true), n)
            for what, name, ends, true, n in told
            if ends is not None
        ]
    names = ["corner", "what", "cases", "trials", "method", "coverage", "width", "repeats"]
    return pl.DataFrame(rows, schema=names, orient="row")


def summary(found: pl.DataFrame) -> pl.DataFrame:
    """By number of cases: each method's least and mean coverage, whether it is valid, and our width beside the narrowest valid one."""
    keys = ["what", "cases", "trials"]
    told = (
        found.group_by(*keys, "method")
        .agg(
            pl.col("coverage").min().alias("least"),
            pl.col("coverage").mean().alias("mean"),
            pl.len().alias("corners"),
            pl.col("repeats").first(),
        )
        .with_columns(
            pl.struct("least", "repeats", "corners")
            .map_elements(lambda x: x["least"] >= fewest(x["repeats"], x["corners"]), return_dtype=pl.Boolean)
            .alias("valid")
        )
    )
    joined = found.join(told.select(*keys, "method", "valid"), on=[*keys, "method"])
    best = joined.filter(pl.col("valid")).group_by("corner", "what").agg(pl.col("width").min().alias("best"))
    ratios = joined.join(best, on=["corner", "what"]).group_by(*keys, "method").agg(
        (pl.col("width") / pl.col("best")).median().alias("width to the narrowest valid")
    )  # fmt: skip
    return told.join(ratios, on=[*keys, "method"], how="left").sort(*keys, "method")


def main(repeats: int) -> None:
    """Print the whole table."""
    found = measure(list(grid()), repeats, np.random.default_rng(11), slow=True)
    with pl.Config(tbl_rows=-1, tbl_cols=-1, float_precision=3, tbl_width_chars=140, tbl_hide_dataframe_shape=True):
        print(summary(found).drop("corners", "repeats"))


if __name__ == "__main__":
    sys.path.insert(0, ".")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
