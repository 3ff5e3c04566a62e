"""What MLflow, evalsig and statsmodels say of the same outcomes, how often each is wrong, and how long each takes.

``python tests/benchmarks/compare.py [cases] [trials] [runs]``. The peers are no dependencies: install those that are to take part into an
environment of its own, ``python -m venv peers && peers/bin/pip install mlflow evalsig polars orjson statsmodels``, and start this with
that environment's Python. Who is missing is named and left out.

MLflow is asked through its public ``compare_evaluations``; only the loading of a run's rows from its tracking store is replaced, so that
its time and its answers are those of the comparison alone. evalsig is asked through ``compare`` and ``gate``.
"""

from __future__ import annotations

import importlib.util
import logging
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[np.float64]
SEGMENTS = 12
SLOTS = ("workbench", "mlflow", "evalsig", "statsmodels")


def present() -> list[str]:
    """Who can take part here."""
    return [name for name in SLOTS if name == "workbench" or importlib.util.find_spec(name) is not None]


def draw(cases: int, trials: int, gain: float, rng: np.random.Generator, shift: float = 0.0) -> tuple[Array, Array]:
    """Outcomes of two arms, cases by trials: cases differ; the candidate gains everywhere the same, and each case is `shift`ed up or down."""
    rates = rng.uniform(0.3, 0.7, cases)[:, None]
    moved = rates + gain + shift * rng.choice([-1.0, 1.0], cases)[:, None]
    old = rng.random((cases, trials)) < rates
    new = rng.random((cases, trials)) < np.clip(moved, 0, 1)
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


def workbench(old: Array, new: Array, margin: float | None = None) -> Any:
    """The whole comparison: integrity, 12 segments, flips, pass@k and pass^k with 10,000 bootstrap draws."""
    from workbench.experiment import compare

    return compare(frame(old), frame(new), by=["segment"], margin=margin)


def mlflow_arms(arms: dict[str, dict[str, dict[str, float | bool]]]) -> Any:
    """MLflow's comparison of two runs, given by row key and scorer; rows of one key are told apart by what follows a '#'."""
    from mlflow.entities import Feedback
    from mlflow.genai import compare_evaluations
    from mlflow.genai.evaluation.comparison import comparison
    from mlflow.genai.evaluation.comparison.utils import _EvalRow

    def rows(run: str) -> list[Any]:
        return [
            _EvalRow(
                key,
                key.split("#")[0],
                None,
                inputs_hash_unstable=False,
                feedbacks={k: [Feedback(name=k, value=v)] for k, v in said.items()},
            )
            for key, said in arms[run].items()
        ]

    comparison._load_eval_rows = rows
    return compare_evaluations(candidate_run_id="new", baseline_run_id="old", log_results=False)


def _keyed(outcomes: Array, key: Callable[[int, int], str]) -> dict[str, dict[str, float | bool]]:
    return {key(n, t): {"right": bool(value)} for n, row in enumerate(outcomes) for t, value in enumerate(row)}


def mlflow(old: Array, new: Array, how: str) -> Any:
    """MLflow with each trial a row of its case's key, a row of its own key, or averaged to one row a case."""
    if how == "case means":
        return mlflow_arms(
            {
                run: {f"{n}": {"right": float(m)} for n, m in enumerate(arm.mean(axis=1))}
                for run, arm in (("old", old), ("new", new))
            }
        )
    key: Callable[[int, int], str] = (lambda n, t: f"{n}-{t}") if how == "rows" else (lambda n, t: f"{n}#{t}")
    return mlflow_arms({run: _keyed(arm, key) for run, arm in (("old", old), ("new", new))})


def evalsig_runs(old: Array, new: Array, how: str) -> tuple[Any, Any]:
    """evalsig's frames: trials as its epochs, or as items with or without their case as the cluster."""
    from evalsig import ItemResult, RunFrame

    def run(name: str, arm: Array) -> Any:
        items = [
            ItemResult(str(n), float(value), epoch=t)
            if how == "epochs"
            else ItemResult(f"{n}-{t}", float(value), cluster_id=str(n) if how == "clusters" else None)
            for n, row in enumerate(arm)
            for t, value in enumerate(row)
        ]
        return RunFrame(name, name, "task", "right", items)

    return run("old", old), run("new", new)


def evalsig(old: Array, new: Array, how: str, draws: int = 10_000) -> Any:
    """evalsig's comparison."""
    import evalsig

    runs = evalsig_runs(old, new, how)
    return evalsig.compare(*runs, cluster="case" if how == "clusters" else None, n_resamples=draws)


def statsmodels(old: Array, new: Array, how: str) -> float:
    """The p-value of statsmodels' McNemar test over all trials, or of its regression with clustered errors."""
    import statsmodels.api as sm
    from statsmodels.stats.contingency_tables import mcnemar

    if how == "rows":
        table = [[0, int((new < old).sum())], [int((new > old).sum()), 0]]
        return float(mcnemar(table, exact=sum(map(sum, table)) < 25).pvalue)
    apart = (new - old).ravel()
    if not apart.any():
        return 1.0
    fit = sm.OLS(apart, np.ones(apart.size)).fit(
        cov_type="cluster", cov_kwds={"groups": np.repeat(np.arange(old.shape[0]), old.shape[1])}, use_t=True
    )
    return float(fit.pvalues[0])


def ways() -> dict[str, Callable[[Array, Array], bool]]:
    """Each way's answer to: is there a difference?"""
    found: dict[str, Callable[[Array, Array], bool]] = {
        "workbench": lambda a, b: workbench(a, b).verdict in {"better", "worse"},
        "mlflow: each trial a row": lambda a, b: mlflow(a, b, "rows").scorers["right"].p_value < 0.05,
        "mlflow: case means": lambda a, b: mlflow(a, b, "case means").scorers["right"].p_value < 0.05,
        "evalsig: trials as epochs": lambda a, b: evalsig(a, b, "epochs").significant,
        "evalsig: each trial an item": lambda a, b: evalsig(a, b, "items").significant,
        "evalsig: clusters declared": lambda a, b: evalsig(a, b, "clusters", 1000).significant,
        "statsmodels: McNemar over trials": lambda a, b: statsmodels(a, b, "rows") < 0.05,
        "statsmodels: OLS, clustered errors": lambda a, b: statsmodels(a, b, "clusters") < 0.05,
    }
    here = present()
    return {name: way for name, way in found.items() if name.split(":")[0] in here}


def called(runs: int, cases: int, trials: int, *, gain: float, shift: float, seed: int) -> dict[str, float]:
    """How often each way calls a difference; the cases are drawn anew in every run."""
    rng = np.random.default_rng(seed)
    counts = dict.fromkeys(ways(), 0)
    for _ in range(runs):
        old, new = draw(cases, trials, gain, rng, shift)
        for name, way in ways().items():
            counts[name] += bool(way(old, new))
    return {name: n / runs for name, n in counts.items()}


def any_of_twelve(runs: int, cases: int, seed: int) -> dict[str, float]:
    """How often each way calls some of 12 segments, or 12 scorers, different where none is."""
    rng = np.random.default_rng(seed)
    here = present()
    counts: dict[str, int] = {}

    def add(name: str, hit: object) -> None:
        counts[name] = counts.get(name, 0) + bool(hit)

    for _ in range(runs):
        old, new = draw(cases * SEGMENTS, 1, 0.0, rng)
        add("workbench: segments", workbench(old, new).segments["verdict"].is_in(["better", "worse"]).any())
        parts = [(old[n::SEGMENTS], new[n::SEGMENTS]) for n in range(SEGMENTS)]
        if "evalsig" in here:
            add("evalsig: a comparison each", any(evalsig(a, b, "epochs").significant for a, b in parts))
        if "statsmodels" in here:
            add("statsmodels: McNemar each", any(statsmodels(a, b, "rows") < 0.05 for a, b in parts))
        if "mlflow" in here:
            arms = {
                run: {str(n): {f"s{k:02d}": bool(parts[k][side][n, 0]) for k in range(SEGMENTS)} for n in range(cases)}
                for side, run in enumerate(("old", "new"))
            }
            add("mlflow: 12 scorers", any(s.p_value < 0.05 for s in mlflow_arms(arms).scorers.values()))
    return {name: n / runs for name, n in counts.items()}


def medians(sides: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each side, taking turns, after one unmeasured round."""
    took: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(rounds + 1):
        for name, side in sides.items():
            start = time.perf_counter()
            side()
            if turn:
                took[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in took.items()}


def speed(cases: int, trials: int) -> dict[str, float]:
    """The whole and 12 segments, 10,000 draws each, from frames that are ready."""
    old, new = draw(cases, trials, 0.01, np.random.default_rng(0))
    ready = frame(old), frame(new)
    parts = [(old, new), *((old[n::SEGMENTS], new[n::SEGMENTS]) for n in range(SEGMENTS))]
    from workbench.experiment import compare

    sides: dict[str, Callable[[], object]] = {"workbench": lambda: compare(*ready, by=["segment"], margin=0.02)}
    if "mlflow" in present():
        sides["mlflow: case means"] = lambda: [mlflow(a, b, "case means") for a, b in parts]
    if "evalsig" in present():
        import evalsig as peer

        pair = evalsig_runs(old, new, "clusters")
        sides["evalsig: clusters, whole only"] = lambda: peer.compare(*pair, cluster="case", n_resamples=10_000)
    return medians(sides, rounds=1 if cases > 2000 else 3)


def shown(title: str, found: dict[str, float], form: str = "{:8.1%}") -> None:
    """A small table."""
    print(f"\n{title}")
    for name, value in found.items():
        print(f"  {name:<38}{form.format(value)}")


def repeats(cases: int, trials: int) -> None:
    """What becomes of repeated trials, and of a candidate that is the same agent."""
    rng = np.random.default_rng(3)
    old, new = draw(cases, trials, 0.1, rng)
    print(f"\nOne data set, a true gain of 10 points: {cases:,} cases, each tried {trials} times in both arms")
    print(f"  workbench                             {workbench(old, new)}")
    if "mlflow" in present():
        found = mlflow(old, new, "one key").scorers["right"]
        print(f"  mlflow, trials of one case's key      {found.status}, {found.n_paired} of {old.size:,} rows paired")
    if "evalsig" in present():
        found = evalsig(old, new, "epochs")
        print(
            f"  evalsig, trials as epochs             {found.delta:+.3f}, p {found.p_value:.3f}: {found.n_pairs} of {old.size:,} rows used"
        )
        import evalsig as peer

        old, new = draw(4000, trials, 0.0, rng)
        ruled = peer.gate(*evalsig_runs(old, new, "clusters"), min_delta=0.05, cluster="case", n_resamples=1000)
        print(
            f"\nThe same agent twice, 4,000 cases: evalsig's gate says {ruled.verdict.value}; workbench: {workbench(old, new, 0.05)}"
        )


def main(cases: int, trials: int, runs: int) -> None:
    """Print everything."""
    logging.disable(logging.WARNING)
    for name in SLOTS:
        if name not in present():
            print(f"{name} is not installed here and takes no part: see the top of this file")
    repeats(60, 4)
    shown(
        f"Called a difference where there is none on average: half of 100 cases x 8 trials gain 20 points, half lose them; {runs} runs",
        called(runs, 100, 8, gain=0.0, shift=0.2, seed=1),
    )
    shown(
        f"Called a difference where nothing changed: one agent twice, 100 cases x 4 trials; {runs} runs",
        called(runs, 100, 4, gain=0.0, shift=0.0, seed=4),
    )
    shown(
        f"Found a true gain of 10 points: 100 cases x 4 trials; {runs} runs",
        called(runs, 100, 4, gain=0.1, shift=0.0, seed=2),
    )
    shown(
        f"Called any of 12 different where none is: 60 cases each, one trial; {runs} runs", any_of_twelve(runs, 60, 3)
    )
    title = f"Seconds, warm, taking turns: {cases:,} cases x {trials} trials x 2 arms, the whole and {SEGMENTS} segments, 10,000 draws"
    shown(title, speed(cases, trials), "{:8.2f}")


if __name__ == "__main__":
    sys.path.insert(0, ".")
    main(*([int(n) for n in sys.argv[1:]] or [10_000, 4, 200]))
