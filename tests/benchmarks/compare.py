"""How long a comparison takes, and what others say of the same data.

``python tests/benchmarks/compare.py [cases] [trials]`` prints medians, A B A B in one process, all warm: ours does everything that a
comparison does (integrity, 12 segments, flips, pass@k and pass^k with 10,000 bootstrap draws); beside it the parts that statsmodels
and scipy have, as a careful person would put them together. Below it: how often each calls a difference that is not there.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[np.float64]
SEGMENTS = 12


def draw(cases: int, trials: int, gain: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Outcomes of two arms, cases by trials: cases differ, and the candidate gains everywhere the same."""
    rates = rng.beta(2, 1, cases)[:, None]
    old = rng.random((cases, trials)) < rates
    new = rng.random((cases, trials)) < np.clip(rates + gain, 0, 1)
    return old.astype(np.float64), new.astype(np.float64)


def frame(outcomes: Array) -> pl.DataFrame:
    """An arm as `compare` takes it."""
    cases, trials = outcomes.shape
    return pl.DataFrame(
        {
            "case": np.repeat([f"case-{n:05d}" for n in range(cases)], trials),
            "trial": np.tile(np.arange(trials), cases),
            "grader": "right",
            "passed": outcomes.ravel() > 0,
            "segment": np.repeat([f"segment {n % SEGMENTS}" for n in range(cases)], trials),
        }
    )


def ours(old: pl.DataFrame, new: pl.DataFrame) -> object:
    """Everything."""
    from workbench.experiment import compare

    return compare(old, new, by=["segment"], margin=0.02)


def peers(old: Array, new: Array) -> list[float]:
    """Student's t of case means and a bootstrap of pass^k, by scipy; Holm by statsmodels: whole and 12 segments."""
    from scipy.stats import bootstrap, ttest_rel
    from statsmodels.stats.multitest import multipletests

    a, b = old.mean(axis=1), new.mean(axis=1)
    part = np.arange(a.size) % SEGMENTS
    p = [float(ttest_rel(b[part == n], a[part == n]).pvalue) for n in range(SEGMENTS)]
    for arm in (old, new):
        every = arm.all(axis=1).astype(np.float64)
        bootstrap((every,), np.mean, method="percentile", n_resamples=10_000, batch=200, rng=0)
    return [float(ttest_rel(b, a).pvalue), *multipletests(p, method="holm")[1]]


def medians(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each way, taking turns, after one unmeasured round."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if turn:
                took[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in took.items()}


def false_alarms(runs: int, cases: int, trials: int) -> dict[str, float]:
    """How often each way calls a difference between two runs of the same agent: on the whole, or in any of 12 segments."""
    from scipy.stats import binomtest, ttest_ind, ttest_rel

    from workbench.experiment._difference import decide, difference
    from workbench.experiment._segments import by_segment

    rng = np.random.default_rng(5)
    names = [f"c{n}" for n in range(cases)]
    parts = pl.DataFrame({"case": names, "part": [f"s{n % SEGMENTS}" for n in range(cases)]})
    part = np.arange(cases) % SEGMENTS
    ways = ("workbench: whole", "workbench: any of 12 segments", "McNemar over all trials, cases ignored",
            "unpaired t over all trials", "paired t of case means", "paired t in any segment, uncorrected")  # fmt: skip
    calls = dict.fromkeys(ways, 0)
    for _ in range(runs):
        kinds = rng.beta(0.4, 0.4, cases // 5).repeat(5)[:cases]  # requests come in families of five
        old, new = ((rng.random((cases, trials)) < kinds[:, None]).astype(np.float64) for _ in "ab")
        a, b = old.mean(axis=1), new.mean(axis=1)
        paired = pl.DataFrame({
            "case": names, "n_a": np.full(cases, trials), "c_a": old.sum(axis=1).astype(int), "mean_a": a,
            "n_b": np.full(cases, trials), "c_b": new.sum(axis=1).astype(int), "mean_b": b,
        })  # fmt: skip
        calls[ways[0]] += decide(difference(paired, level=0.95, seed=0), None, 0.95) != "cannot tell"
        table = by_segment(paired, parts, ["part"], margin=None, level=0.95, seed=0)
        calls[ways[1]] += table["verdict"].is_in(["better", "worse"]).any()
        gained, lost = int((new > old).sum()), int((new < old).sum())
        calls[ways[2]] += gained + lost > 0 and binomtest(gained, gained + lost).pvalue < 0.05
        calls[ways[3]] += ttest_ind(new.ravel(), old.ravel()).pvalue < 0.05
        calls[ways[4]] += ttest_rel(b, a).pvalue < 0.05
        apart = b - a
        calls[ways[5]] += any(
            apart[part == n].any() and ttest_rel(b[part == n], a[part == n]).pvalue < 0.05 for n in range(SEGMENTS)
        )
    return {name: n / runs for name, n in calls.items()}


def main(cases: int, trials: int) -> None:
    """Print both tables."""
    old, new = draw(cases, trials, 0.01, np.random.default_rng(0))
    arms = frame(old), frame(new)
    took = medians({"workbench": lambda: ours(*arms), "scipy + statsmodels": lambda: peers(old, new)}, rounds=5)
    print(f"{cases:,} cases x {trials} trials x 2 arms x {SEGMENTS} segments, 10,000 bootstrap draws")
    for name, seconds in took.items():
        print(f"  {name:<24}{seconds:8.3f} s")
    print(f"  ratio {took['workbench'] / took['scipy + statsmodels']:.3f}\n{ours(*arms)}\n")
    print("called a difference where there is none, 300 runs of 120 cases x 4 trials")
    for name, share in false_alarms(300, 120, 4).items():
        print(f"  {name:<42}{share:6.1%}")


if __name__ == "__main__":
    sys.path.insert(0, ".")
    main(*([int(n) for n in sys.argv[1:]] or [10_000, 4]))
