"""How well requests are grouped by what is wanted, on labelled intents, beside other ways to group the same vectors.

Run it:  python tests/benchmarks/intents.py [--clinc FILE] [--banking FOLDER] [--only LT10,LT11] [--seeds 10,11]

Sets: CLINC150 (22,500 requests, 150 intents), 60 of its intents (C60), long-tailed draws of 60 intents, 150 to 12 requests each, with 200
requests that belong to none (LT and the draw's seed), and banking77 (13,083 requests, 77 intents). Where no files are named they are
looked for beside the project; without any, the sample's requests are grouped by their planted intent, which says less.

Columns: ARI / AMI with the intents; "incl." counts what was left open as a group of its own, "fill" puts it to its nearest group. Every row but
the first groups the same vectors: "smoothed, PCA, HDBSCAN" is mutual-neighbour smoothing of the whole vectors, 30 components and HDBSCAN; BERTopic and
EVoC with their defaults, where they are installed; k-means is told the true number of intents, and so is no competitor but a yardstick.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "clustering"
# Not the folder of this file: its coverage.py would be taken for the package of that name, which numba looks for.
sys.path[:] = [str(ROOT), *(path for path in sys.path if Path(path) != Path(__file__).parent)]

from tests.benchmarks.peers import bertopic, evoc, filled  # noqa: E402
from workbench.cluster import Embedder, cluster, facet_text  # noqa: E402

Ints = NDArray[np.int64]
Requests = list[tuple[str, str]]  # text and intent


def clinc(file: Path) -> tuple[Requests, Requests]:
    """Requests with an intent, and those that have none."""
    data = json.loads(file.read_text(encoding="utf-8"))
    parts = ("train", "val", "test")
    return (
        [(text, intent) for part in parts for text, intent in data[part]],
        [(text, "none") for part in parts for text, _ in data[f"oos_{part}"]],
    )


def banking(folder: Path) -> Requests:
    found: Requests = []
    for part in ("train", "test"):
        with (folder / f"{part}.csv").open(encoding="utf-8", newline="") as file:
            found += [(row["text"], row["category"]) for row in csv.DictReader(file)]
    return found


def sixty(requests: Requests, seed: int) -> list[str]:
    intents = sorted({intent for _, intent in requests})
    return [intents[i] for i in np.random.default_rng(seed).choice(len(intents), 60, replace=False)]


def long_tailed(requests: Requests, strays: Requests, seed: int) -> Requests:
    random = np.random.default_rng(seed)
    found: Requests = []
    for rank, intent in enumerate(sixty(requests, seed)):
        of = [request for request in requests if request[1] == intent]
        found += [of[i] for i in random.choice(len(of), round(150 * (1 + rank) ** -0.6), replace=False)]
    return found + [strays[i] for i in random.choice(len(strays), 200, replace=False)]


def sets(options: argparse.Namespace) -> Iterator[tuple[str, Requests]]:
    if options.clinc.is_file():
        requests, strays = clinc(options.clinc)
        for seed in options.seeds.split(","):
            yield f"LT{seed}", long_tailed(requests, strays, int(seed))
        some = set(sixty(requests, 0))
        yield "C60", [request for request in requests if request[1] in some]
        yield "CLINC", requests
    if options.banking.is_dir():
        yield "banking77", banking(options.banking)
    if not options.clinc.is_file() and not options.banking.is_dir():
        print("neither CLINC150 nor banking77 is at hand (--clinc, --banking): the sample's requests instead")
        yield "sample", sample()


def sample() -> Requests:
    from workbench import evidence, load

    steps = evidence.steps(load.read([str(ROOT / "data" / "sample" / "baseline.jsonl")]).spans)
    truth = pl.read_ndjson(ROOT / "data" / "truth" / "sessions.jsonl", infer_schema_length=None)
    intents = dict(truth.select("session_id", "intent").iter_rows())
    texts = facet_text(steps, "intent").filter(pl.col("text") != "")
    return [(text, intents[session]) for session, text in texts.select("session_id", "text").iter_rows()]


def default(texts: Sequence[str], vectors: NDArray[np.float32]) -> tuple[Ints, Ints]:
    """What `ws.cluster(…, facet="intent")` does, with its open ones apart and in their nearest mode."""
    rows = pl.DataFrame({"session_id": [str(i) for i in range(len(texts))], "text": texts, "facet": "intent"})
    modes = cluster(rows, embed=lambda _, **_progress: vectors)
    apart, nearest = (modes.members[name].fill_null(-1).to_numpy() for name in ("mode", "nearest"))
    return apart, nearest


def recipe(_: Sequence[str], vectors: NDArray[np.float32]) -> tuple[Ints, Ints]:
    from hdbscan import HDBSCAN

    from workbench.cluster._sklearn import Projection, smooth

    smoothed = smooth(vectors.astype(np.float64), k=30, steps=2)
    projection = Projection.fit(smoothed, 30)
    assert projection is not None
    points = projection.spread(smoothed)
    least = int(np.clip(round(np.sqrt(len(points)) / 3), 5, 50))
    return filled(points, HDBSCAN(min_cluster_size=least, min_samples=5, core_dist_n_jobs=1).fit(points).labels_)


def kmeans(k: int) -> Callable[[Sequence[str], NDArray[np.float32]], tuple[Ints, Ints]]:
    def run(_: Sequence[str], vectors: NDArray[np.float32]) -> tuple[Ints, Ints]:
        from sklearn.cluster import KMeans

        found = np.asarray(KMeans(k, n_init=3, random_state=0).fit_predict(vectors), dtype=np.int64)
        return found, found

    return run


def measure(name: str, requests: Requests, embed: Embedder) -> None:
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    texts = [text for text, _ in requests]
    truth = np.unique([intent for _, intent in requests], return_inverse=True)[1]
    vectors = embed(texts)
    print(f"{name}: {len(texts):,} requests, {len(set(truth))} intents")
    ways: dict[str, Callable[[Sequence[str], NDArray[np.float32]], tuple[Ints, Ints]]] = {
        "workbench, intent": default,
        "smoothed, PCA, HDBSCAN": recipe,
        "BERTopic": bertopic,
        "EVoC": evoc,
        "k-means at the true k": kmeans(len(set(truth))),
    }
    for what, way in ways.items():
        started = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                apart, nearest = way(texts, vectors)
        except ModuleNotFoundError as error:
            print(f"  {what:<24} left out: {error.name} is not installed")
            continue
        took = time.process_time() - started
        scores = " ".join(
            f"{said} {adjusted_rand_score(truth, found):.3f} / {adjusted_mutual_info_score(truth, found):.3f}  "
            for said, found in (("incl.", apart), ("fill", nearest))
        )
        groups, left = len(np.unique(nearest)), float(np.mean(apart < 0))
        print(f"  {what:<24} {scores} {groups} groups, {left:.0%} open, {took:.1f} s of processor", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--clinc", type=Path, default=SHARED / "clinc150_full.json", help="CLINC150, data_full.json")
    options.add_argument("--banking", type=Path, default=SHARED / "banking77", help="a folder with train.csv, test.csv")
    options.add_argument("--seeds", default="10,11", help="of the long-tailed draws")
    options.add_argument("--only", default="", help="names of sets, separated by commas")
    options.add_argument("--vectors", type=Path, help="a folder to keep vectors in, for the next time")
    asked = options.parse_args()
    embed = Embedder()
    if asked.vectors is not None:
        from workbench.store._vectors import Vectors

        embed = Embedder(cache=Vectors(asked.vectors), choices=asked.vectors / "backends.json")
    for name, requests in sets(asked):
        if not asked.only or name in asked.only.split(","):
            measure(name, requests, embed)


if __name__ == "__main__":
    main()
