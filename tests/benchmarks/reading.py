"""How many kinds of failure fifty reads find: the informed order, a random one, and the lowest score first.

Run it:  python tests/benchmarks/reading.py [--sets large,sample,swebench,agentrx] [--seeds 60]

The reader is the truth: it names the kind of each session that it reads, and nothing else of the truth is seen. "lowest score
first" reads the sessions with negative feedback, then those with most errors, as the sorted table of any tool would (ties by chance);
where a set has no score it is left out. Means over seeds with 95% intervals (bootstrap over seeds; ratios over pairs of one seed). The failure rate is
the weighted one of what was read; "held" is how often its 95% interval holds the truth.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
sys.path[:0] = [str(ROOT), str(ROOT / "data")]

import generator  # noqa: E402 - it lies beside the sample

from workbench import evidence, label, load  # noqa: E402
from workbench.cluster import facet_text, features  # noqa: E402
from workbench.label._informed import Informed  # noqa: E402
from workbench.label._queue import draw_rows, items_of  # noqa: E402
from workbench.stats import weighted_share  # noqa: E402

Floats = NDArray[np.float64]
READS = 50
WANTED = 1.3  # times as many kinds as a random order finds, wherever that finds under half of them
HALF = 0.5


@dataclass(frozen=True)
class Pool:
    """Sessions to read: what is known of them beforehand, what each one's failure is (null: passes), and a score, the lowest the worst."""

    name: str
    frame: pl.DataFrame
    mode: dict[str, str | None]
    score: dict[str, float] | None

    @property
    def modes(self) -> int:
        """How many kinds there are."""
        return len({mode for mode in self.mode.values() if mode is not None})

    @property
    def failing(self) -> float:
        """The share of sessions that fail."""
        return sum(mode is not None for mode in self.mode.values()) / len(self.mode)


def planted(name: str, folder: Path, truth: Path, *, failing: bool = False) -> Pool:
    """The baseline of a generated sample, with its feedback."""
    rows = pl.read_ndjson(truth / "sessions.jsonl", infer_schema_length=None)
    rows = rows.filter(pl.col("release") == rows["release"].min())
    read = load.read([str(folder / "baseline.jsonl"), str(folder / "feedback.jsonl")])
    steps = evidence.steps(read.spans)
    sessions = evidence.sessions(read.spans, steps)
    sessions = sessions.join(rows.select("session_id", "mode"), on="session_id")
    feedback = evidence.signals(sessions, load.join_scores(read.scores, read.spans), None, steps=steps)
    texts = facet_text(steps, "failure").join(sessions, on="session_id", how="semi", maintain_order="left")
    if failing:
        texts = texts.join(sessions.filter(pl.col("mode").is_not_null()), on="session_id", how="semi")
    frame = features(texts).join(feedback.select("session_id", "feedback", "errors"), on="session_id", how="left")
    thumb = pl.col("feedback").replace_strict({"down": -1.0, "up": 1.0}, default=0.0)
    score = frame.select("session_id", thumb - pl.col("errors") / 1000)
    mode = dict(sessions.select("session_id", "mode").iter_rows())
    return Pool(name, frame.drop("errors"), {s: mode[s] for s in frame["session_id"]}, dict(score.iter_rows()))


def swebench() -> Pool:
    """Failed coding sessions, by the reason that was written down for each; all of them fail."""
    rows = pl.read_csv(SHARED / "swebench-pro" / "gpt4o.csv")
    texts = rows.select(pl.col("instance_id").alias("session_id"), pl.col("rationale").alias("text"))
    return Pool("swebench-pro", features(texts), dict(rows.select("instance_id", "category").iter_rows()), None)


def agentrx() -> Pool:
    """Retail sessions, failed and passing, by the category of the root cause."""
    marks = json.loads((SHARED / "agentrx" / "ground_truth" / "tau_retail.json").read_text())
    read = load.read([str(SHARED / "agentrx" / "tau_retail" / "tau_dataset_full.json")])
    steps = evidence.steps(read.spans)
    ids = read.spans.select("session_id", "task_id").unique().drop_nulls()
    mode: dict[str, str | None] = dict.fromkeys(ids["session_id"].to_list())
    session = {str(task): each for each, task in ids.iter_rows()}
    for one in marks:
        cause = one["root_cause"]["failure_id"]
        category = next((f["failure_category"] for f in one["failures"] if f["failure_id"] == cause), None)
        first = category or one["failures"][0]["failure_category"]
        if str(one["trajectory_id"]) in session:
            mode[session[str(one["trajectory_id"])]] = first.strip().lower()
    texts = facet_text(steps, "failure").filter(pl.col("session_id").is_in(list(mode)))
    return Pool("agentrx", features(texts), mode, None)


def pools(names: list[str], sessions: int) -> Iterator[Pool]:
    for name in names:
        if name == "large":
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder)
                generator.generate(out / "sample", truth=out / "truth", sessions=sessions, seed=3, modes=25)
                yield planted(f"{sessions:,} sessions, 25 modes", out / "sample", out / "truth")
                yield planted("the same, failing only", out / "sample", out / "truth", failing=True)
        elif name == "sample":
            yield planted("sample", ROOT / "data" / "sample", ROOT / "data" / "truth")
        elif name in {"swebench", "agentrx"}:
            if SHARED.is_dir():
                yield swebench() if name == "swebench" else agentrx()
            else:
                print(f"{name}: the shared traces are not at hand, left out")
        else:
            sys.exit(f"no set named {name!r}: large, sample, swebench, agentrx")


def informed(pool: Pool, seed: int, reads: int = READS) -> label.Queue:
    """Read one session after another: each is drawn when those before it have their verdict."""
    state = Informed(pool.frame.sort("session_id"), audit=0.3, key=f"{seed}\x1fbenchmark", blind=True)
    drawn, said = [], dict[str, bool]()
    for step in range(reads):
        one, component = state.draw(step)
        state.took(one.session_id)
        said[one.session_id] = pool.mode[one.session_id] is not None
        state.learn(said)
        drawn.append((one, component))
    draws = draw_rows("q", drawn, "informed", None, None)
    return label.Queue("q", "benchmark", items_of(draws), draws, draws.clear(), "informed", 0, True, draws, "")


def found(pool: Pool, read: list[str]) -> int:
    """How many kinds those sessions show."""
    return len({pool.mode[session] for session in read} - {None})


def lowest(score: dict[str, float], seed: int) -> list[str]:
    """The worst first; ties by chance."""
    chance = dict(zip(sorted(score), np.random.default_rng(seed).random(len(score)), strict=True))
    return sorted(score, key=lambda each: (score[each], chance[each]))


def rate(pool: Pool, queue: label.Queue) -> tuple[float, bool]:
    """The weighted failure rate of what was read, and whether its interval holds the truth."""
    chances = label.draw_weights(queue.draws)
    fails = [pool.mode[session] is not None for session in chances["session_id"]]
    share = weighted_share(fails, chances["inclusion"].to_numpy())
    return share.share, share.interval.low - 1e-9 <= pool.failing <= share.interval.high + 1e-9


def between(values: Floats, *, over: Floats | None = None) -> str:
    """The mean, or the ratio of means, with its 95% bootstrap interval over seeds."""
    random = np.random.default_rng(0)
    picks = random.integers(len(values), size=(2000, len(values)))
    means = values[picks].mean(axis=1) / (1 if over is None else over[picks].mean(axis=1))
    value = values.mean() / (1 if over is None else over.mean())
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def measure(pool: Pool, seeds: int) -> tuple[float, float, float, float]:
    """Print the figures of a set; return kinds found informed and at random, the rate's bias and its standard error."""
    reads = min(READS, len(pool.mode) // 2)
    print(f"{pool.name}: {len(pool.mode):,} sessions, {pool.failing:.0%} fail, {pool.modes} kinds; {reads} reads")
    first, second, rates, held = [], [], [], []
    ids = sorted(pool.mode)
    for seed in range(seeds):
        plain = label.draw_queue(ids, name="benchmark", n=reads, seed=seed)
        queue = informed(pool, seed, reads)
        first.append(found(pool, plain.items["session_id"].to_list()))
        second.append(found(pool, queue.items["session_id"].to_list()))
        value, holds = rate(pool, queue)
        rates.append(value)
        held.append(holds)
    random, ours, shares = np.array(first, float), np.array(second, float), np.array(rates)
    print(f"  random               {between(random)} kinds found")
    if pool.score is not None:
        worst = np.array([found(pool, lowest(pool.score, seed)[:reads]) for seed in range(seeds)], float)
        print(f"  lowest score first   {between(worst)} kinds found")
    print(f"  informed             {between(ours)} kinds found: {between(ours, over=random)} times random's")
    part = random.mean() / pool.modes
    print(
        f"  asked for            {f'{WANTED} times random' if part < HALF else 'nothing'}, which finds {part:.0%} of the kinds"
    )
    print(
        f"  failure rate         {between(shares)}, truth {pool.failing:.2f}; interval held in {np.mean(held):.0%} of {seeds}",
        flush=True,
    )
    return ours.mean(), random.mean(), shares.mean() - pool.failing, shares.std() / np.sqrt(seeds)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sets", default="large,sample,swebench,agentrx")
    options.add_argument("--sessions", type=int, default=4000, help="sessions of the large set")
    options.add_argument("--seeds", type=int, default=60)
    asked = options.parse_args()
    for pool in pools(asked.sets.split(","), asked.sessions):
        ours, random, bias, error = measure(pool, asked.seeds)
        if pool.name != "agentrx" and random < HALF * pool.modes and ours < WANTED * random:
            sys.exit(f"{pool.name}: {ours / random:.2f} times as many kinds as at random; {WANTED} were promised")
        if abs(bias) > 4 * error + 0.005:
            sys.exit(f"{pool.name}: the weighted failure rate is off by {bias:.3f} (standard error {error:.3f})")


if __name__ == "__main__":
    main()
