"""How far a few labels bend the map, and how right the shares are that follow: on traces and reasons with known failures.

Run it:  python tests/benchmarks/bending.py [--sets swebench,tau2,sample,candidate,large,agentrx] [--seeds 12] [--simulate 40]

Labels are the known failure of a session, shown to the map for the sessions that it asks for, a handful at a time; AMI is that with the known failures on sessions whose label
was never shown, the mean over seeds with its 95% interval. "chosen": `modes.next()`; "random": as many at random; "words left out": where the texts are somebody's
reasons, chosen again after the words of the kinds' own names were taken out of them. Beside stand the map without labels, and k-means on TF-IDF, which is told the true number.
Then, labels chosen anew in each simulation: total variation between the estimated and the true shares of the kinds, and how often their
intervals hold the true share, over all kinds and over those that were met; beside, the labels' own shares, random labels with Clopper and Pearson's
intervals, and random labels with the plain prediction-powered estimate (likelihoods and labels, normal intervals).
Last, how much of the map (ARI) stays when one label is left out, or is wrong.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

import cluster as unlabelled

from workbench.cluster import Embedder, Modes, cluster, facet_text
from workbench.stats import wilson

Floats = NDArray[np.float64]
Estimate = tuple[Floats, Floats, Floats, NDArray[np.bool_]]
_STEP = 5
_READ = 60


def agentrx() -> unlabelled.Truth:
    """Each failure that people marked, by their own reason, and its category."""
    sessions = json.loads((unlabelled.SHARED / "agentrx" / "ground_truth" / "tau_retail.json").read_text())
    rows = [
        (
            f"{each['trajectory_id']}-{failure['failure_id']}",
            failure["step_reason"],
            failure["failure_category"].lower(),
        )
        for each in sessions
        for failure in each["failures"]
    ]
    texts = pl.DataFrame(rows, schema=["session_id", "text", "mode"], orient="row")
    mode = dict(texts.select("session_id", "mode").iter_rows())
    return unlabelled.Truth("agentrx reasons", None, texts.drop("mode"), mode, dict.fromkeys(mode, ""))


def sets(names: list[str], sessions: int) -> Iterator[tuple[str, pl.DataFrame, dict[str, str], bool]]:
    """Name, texts and known failures of each set, and whether the texts are somebody's reasons."""
    for name in names:
        if name == "agentrx" and not unlabelled.SHARED.is_dir():
            print("agentrx: the shared traces are not at hand, left out")
            continue
        for truth in [agentrx()] if name == "agentrx" else unlabelled.sets([name], sessions):
            texts = facet_text(truth.steps, "failure") if truth.texts is None else truth.texts
            failing = texts.filter(pl.col("session_id").is_in(list(truth.mode)))
            yield truth.name, failing, truth.mode, truth.texts is not None


def without_label_words(texts: pl.DataFrame, kinds: set[str]) -> pl.DataFrame:
    """The texts without words that share their stem with a word of a kind's name."""
    stems = {word[:5] for kind in kinds for word in re.findall(r"[^\W\d_]{4,}", kind.lower())}

    def kept(text: str) -> str:
        return re.sub(r"[^\W\d_]+", lambda word: "" if word[0].lower()[:5] in stems else word[0], text)

    columns: list[Any] = [pl.col("text").map_elements(kept, return_dtype=pl.String)]
    if "tokens" in texts.columns:
        columns.append(
            pl.col("tokens").list.eval(
                pl.element().filter(~pl.element().str.contains("(?i)" + "|".join(sorted(stems))))
            )
        )
    return texts.with_columns(columns)


class Reader:
    """Somebody who knows, and labels what the map asks for."""

    def __init__(self, modes: Modes, truth: dict[str, str]) -> None:
        self.unbent = self.modes = modes
        self.truth = truth
        self.rows: list[dict[str, Any]] = []

    def read(self, n: int, *, seed: int, chosen: bool = True) -> None:
        """Label n more: at first half of what is wanted in all, then a handful at a time."""
        if chosen:
            picked = self.modes.next(n, seed=seed, without=[row["session_id"] for row in self.rows])
        else:
            ids = np.random.default_rng(seed).permutation(self.unbent.texts["session_id"].to_list())[:n]
            picked = pl.DataFrame({"session_id": ids, "inclusion": [n / self.unbent.texts.height] * n})
        turn = len({row["turn"] for row in self.rows})
        for session, inclusion in picked.select("session_id", "inclusion").iter_rows():
            self.rows.append(
                {
                    "session_id": session,
                    "failure_mode": self.truth[session],
                    "queue_id": f"q{turn}",
                    "weight": 1 / inclusion,
                    "turn": turn,
                }
            )
        self.modes = self.modes.bend(self.rows)

    def read_all(self, n: int, *, seed: int, chosen: bool = True) -> Reader:
        if not chosen:
            self.read(n, seed=seed, chosen=False)
            return self
        self.read(n // 2, seed=seed)
        while len(self.rows) < n:
            self.read(min(_STEP, n - len(self.rows)), seed=seed + 1000 * len(self.rows))
        return self

    def agreement(self) -> float:
        """AMI on sessions that were never labelled."""
        return agreement(self.modes, self.truth, {row["session_id"] for row in self.rows})


def agreement(modes: Modes, truth: dict[str, str], labelled: set[str]) -> float:
    from sklearn.metrics import adjusted_mutual_info_score

    rest = modes.members.filter(~pl.col("session_id").is_in(list(labelled)))
    return float(
        adjusted_mutual_info_score([truth[s] for s in rest["session_id"]], rest["nearest"].fill_null(-1).to_list())
    )


def said(values: list[float]) -> str:
    half = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return f"{np.mean(values):.3f} ({np.mean(values) - half:.3f} to {np.mean(values) + half:.3f})"


def curve(name: str, texts: pl.DataFrame, truth: dict[str, str], embed: Embedder, seeds: int, *, reasons: bool) -> None:
    modes = cluster(texts, embed=embed)
    plain = agreement(modes, truth, set())
    ways: dict[str, tuple[Modes, bool]] = {"chosen": (modes, True), "random": (modes, False)}
    if reasons:
        bare = cluster(without_label_words(texts, set(truth.values())), embed=embed)
        ways["words left out"] = bare, True
    kmeans = unlabelled.kmeans(texts, unlabelled.Truth(name, None, texts, truth, {}))
    from sklearn.metrics import adjusted_mutual_info_score

    told = adjusted_mutual_info_score([truth[s] for s in texts["session_id"]], kmeans)
    print(
        f"{name}: {texts.height:,} sessions of {len(set(truth.values()))} kinds; AMI without labels {plain:.3f}, k-means at true k {told:.3f}"
        + (f", without labels and words left out {agreement(bare, truth, set()):.3f}" if reasons else ""),
        flush=True,
    )
    for n in (12, 30, 60, 120):
        if n > texts.height // 2 or (n == 12 and texts.height > 60):
            continue
        found = {
            what: [Reader(start, truth).read_all(n, seed=seed, chosen=chosen).agreement() for seed in range(seeds)]
            for what, (start, chosen) in ways.items()
        }
        print(f"  {n:>4} labels: " + "   ".join(f"{what} {said(values)}" for what, values in found.items()), flush=True)


def shares(name: str, texts: pl.DataFrame, truth: dict[str, str], embed: Embedder, simulations: int) -> None:
    """Total variation and coverage over simulated readings."""
    n = _READ
    if texts.height < 2 * n:
        return
    modes = cluster(texts, embed=embed)
    kinds = sorted(set(truth.values()))
    true = np.array([np.mean([truth[s] == kind for s in texts["session_id"]]) for kind in kinds])
    ways: dict[str, tuple[bool, Callable[[Reader, list[str]], Estimate]]] = {
        "chosen, prevalence()": (True, estimated),
        "random, prevalence()": (False, estimated),
        "random, own shares": (False, raw),
        "random, prediction-powered": (False, powered),
        "chosen, own shares": (True, raw),
    }
    print(f"{name}: shares of {len(kinds)} kinds after {n} labels, {simulations} simulations", flush=True)
    read: dict[str, list[Estimate]] = {what: [] for what in ways}
    for seed in range(simulations):
        readers = {
            chosen: Reader(modes, truth).read_all(n, seed=10_000 + seed, chosen=chosen) for chosen in (True, False)
        }
        for what, (chosen, way) in ways.items():
            read[what].append(way(readers[chosen], kinds))
    for what, estimates in read.items():
        off, inside, met = [], [], []
        width: list[float] = []
        for share, low, high, seen in estimates:
            off.append(float(np.abs(share - true).sum() / 2))
            held = (low <= true + 1e-12) & (true <= high + 1e-12)
            inside.append(held.mean())
            met.append(held[seen].mean())
            width.append(float((high - low)[true > 0.05].mean()))
        held_by = wilson(sum(inside) * len(kinds), simulations * len(kinds))
        print(
            f"  {what:<28} total variation {said(off)}, worst tenth {np.quantile(off, 0.9):.3f}   coverage {np.mean(inside):.3f} "
            f"({held_by.low:.3f} to {held_by.high:.3f}), of kinds met {np.mean(met):.3f}   width {np.mean(width):.3f}",
            flush=True,
        )


def estimated(reader: Reader, kinds: list[str]) -> Estimate:
    frame = reader.modes.prevalence().frame
    by_name = {row["name"]: row for row in frame.iter_rows(named=True)}
    nothing = {"share": 0.0, "low": 0.0, "high": 1 - 0.025 ** (1 / len(reader.rows))}
    rows = [by_name.get(kind, nothing) for kind in kinds]
    share, low, high = (np.array([row[end] for row in rows], dtype=np.float64) for end in ("share", "low", "high"))
    return share, low, high, np.array([kind in by_name for kind in kinds])


def raw(reader: Reader, kinds: list[str]) -> Estimate:
    from scipy.stats import beta

    n = len(reader.rows)
    counts = np.array([sum(row["failure_mode"] == kind for row in reader.rows) for kind in kinds], dtype=np.float64)
    low = np.nan_to_num(beta.ppf(0.025, counts, n - counts + 1))
    high = np.nan_to_num(beta.ppf(0.975, counts + 1, n - counts), nan=1.0)
    return counts / n, low, high, counts > 0


def powered(reader: Reader, kinds: list[str]) -> Estimate:
    """Angelopoulos et al. (2023), equation 3: the mean guess of the unlabelled and the mean error of labelled ones, held out."""
    assert reader.modes._bent is not None
    bent = reader.modes._bent
    chance = bent.held_out_chance()[:, : len(bent.kind_names)]
    truth = np.eye(len(bent.kind_names))[bent.kinds]
    rest = np.setdiff1d(np.arange(len(chance)), bent.rows)
    error = truth - chance[bent.rows]
    share = chance[rest].mean(axis=0) + error.mean(axis=0)
    half = 1.96 * np.sqrt(chance[rest].var(axis=0) / len(rest) + error.var(axis=0, ddof=1) / len(error))
    at = {kind: place for place, kind in enumerate(bent.kind_names)}

    def of(values: Floats) -> Floats:
        return np.array([values[at[kind]] if kind in at else 0.0 for kind in kinds])

    return of(share), of(share - half), of(share + half), np.array([kind in at for kind in kinds])


def one_label(name: str, texts: pl.DataFrame, truth: dict[str, str], embed: Embedder) -> None:
    from sklearn.metrics import adjusted_rand_score

    n = _READ
    if texts.height < 2 * n:
        return
    reader = Reader(cluster(texts, embed=embed), truth).read_all(n, seed=1)
    kinds = sorted({row["failure_mode"] for row in reader.rows})
    whole = reader.modes.members["mode"].fill_null(-1).to_list()
    left_out, wrong = [], []
    for i, row in enumerate(reader.rows):
        fewer = reader.modes.bend(reader.rows[:i] + reader.rows[i + 1 :])
        other = kinds[(kinds.index(row["failure_mode"]) + 1) % len(kinds)]
        changed = reader.modes.bend([*reader.rows[:i], {**row, "failure_mode": other}, *reader.rows[i + 1 :]])
        left_out.append(float(adjusted_rand_score(whole, fewer.members["mode"].fill_null(-1).to_list())))
        wrong.append(float(adjusted_rand_score(whole, changed.members["mode"].fill_null(-1).to_list())))
    print(
        f"{name}: ARI of the map with that after one of {n} labels is left out: median {np.median(left_out):.3f}, least {min(left_out):.3f}; "
        f"is another kind's: median {np.median(wrong):.3f}, least {min(wrong):.3f}",
        flush=True,
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sets", default="swebench,tau2,sample,candidate,agentrx,large")
    options.add_argument("--sessions", type=int, default=4000, help="sessions of the large set")
    options.add_argument("--seeds", type=int, default=12)
    options.add_argument("--simulate", type=int, default=40, help="simulations of the shares; 0 leaves them out")
    asked = options.parse_args()
    embed = Embedder()
    for name, texts, truth, reasons in sets(asked.sets.split(","), asked.sessions):
        curve(name, texts, truth, embed, asked.seeds, reasons=reasons)
        if asked.simulate:
            shares(name, texts, truth, embed, asked.simulate)
            one_label(name, texts, truth, embed)


if __name__ == "__main__":
    main()
