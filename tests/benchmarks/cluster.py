"""How well failure modes are found, and how fast: beside simpler ways, on made-up and on real traces with known failures.

Run it:  python tests/benchmarks/cluster.py [--sets sample,candidate,large,tau2,agentrx,swebench] [--speed 10000]

Columns: AMI and ARI with the known failures, each session that was left open in its nearest mode ("filled"), with 95% intervals
from half samples of the sessions; AMI with the open ones as a group of their own ("open apart"); AMI with the *subject* (request, domain or
repository), which should be low; modes found, of those that exist: at least half of one of ours, and at least 30% of theirs.
"whole sessions": the rendered session, embedded, the same clusterer. BERTopic and EVoC: with their defaults on the same vectors of whole
sessions, where they are installed. "TF-IDF + k-means" is told the true number of modes, and so is no
competitor but a yardstick. Failing sessions are those of the truth, so that nothing but the grouping is measured.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
# Not the folder of this file: its coverage.py would be taken for the package of that name, which numba looks for.
sys.path[:] = [str(ROOT), str(ROOT / "data"), *(path for path in sys.path if Path(path) != Path(__file__).parent)]

import generator  # noqa: E402 - it lies beside the sample

from tests.benchmarks.peers import bertopic, evoc  # noqa: E402
from workbench import evidence, load  # noqa: E402
from workbench.cluster import Embedder, Modes, Views, cluster, facet_text  # noqa: E402

_BUDGET = 12_000
_DRAWS = 300
Result = TypeVar("Result")


@dataclass(frozen=True)
class Truth:
    """Failing sessions of one agent: their steps (with passing ones beside), what failed, and what they were about."""

    name: str
    steps: pl.DataFrame | None
    texts: pl.DataFrame | None
    mode: dict[str, str]
    subject: dict[str, str]


def planted(name: str, folder: Path, file: str, truth: Path) -> Truth:
    release = {"baseline": 0, "candidate": 1}[file]
    rows = pl.read_ndjson(truth / "sessions.jsonl", infer_schema_length=None)
    rows = rows.filter(pl.col("release") == rows["release"].unique().sort()[release])
    steps = evidence.steps(load.read([str(folder / f"{file}.jsonl")]).spans)
    steps = steps.filter(pl.col("session_id").is_in(rows["session_id"].to_list()))
    mode = {session: mode for session, mode in rows.select("session_id", "mode").iter_rows() if mode is not None}
    return Truth(name, steps, None, mode, dict(rows.select("session_id", "intent").iter_rows()))


def large(sessions: int) -> Truth:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        generator.generate(out / "sample", truth=out / "truth", sessions=sessions, seed=3, modes=25)
        return planted(f"{sessions:,} sessions, 25 modes", out / "sample", "baseline", out / "truth")


def tau2() -> Truth:
    """Failed τ² sessions by how they ended and which part of the reward was lost."""
    files = [*sorted((SHARED / "tau2-experiments").glob("*.json")), SHARED / "tau2-judge" / "azure-airline-full.json"]
    steps, mode, subject = [], {}, {}
    for file in files:
        data = json.loads(file.read_text())
        spans = load.read([str(file)]).spans
        here = evidence.steps(spans)
        steps.append(here)
        by_task = {
            (str(task), trial): session
            for session, task, trial in spans.select("session_id", "task_id", "trial").unique().iter_rows()
        }
        for run in data["simulations"]:
            session = by_task[str(run["task_id"]), run["trial"]]
            reward = run["reward_info"] or {}
            subject[session] = data["info"]["environment_info"]["domain_name"]
            if (reward.get("reward") or 0) < 1:
                lost = sorted(part for part, value in (reward.get("reward_breakdown") or {}).items() if value < 1)
                mode[session] = f"{run['termination_reason']} {'+'.join(lost)}"
    return Truth("τ² failures", pl.concat(steps), None, mode, subject)


def agentrx() -> Truth:
    """Failed retail sessions, by the category of the root cause; all of one subject."""
    marks = json.loads((SHARED / "agentrx" / "ground_truth" / "tau_retail.json").read_text())
    spans = load.read([str(SHARED / "agentrx" / "tau_retail" / "tau_dataset_full.json")]).spans
    ids = spans.select("session_id", "task_id").unique().drop_nulls()
    session = {str(task): each for each, task in ids.iter_rows()}
    mode: dict[str, str] = {}
    for one in marks:
        causes = {failure["failure_id"]: failure["failure_category"] for failure in one["failures"]}
        category = causes.get(one["root_cause"]["failure_id"]) or one["failures"][0]["failure_category"]
        if str(one["trajectory_id"]) in session:
            mode[session[str(one["trajectory_id"])]] = category.strip().lower()
    return Truth("agentrx (too few to conclude from)", evidence.steps(spans), None, mode, dict.fromkeys(mode, "retail"))


def swebench() -> Truth:
    rows = pl.read_csv(SHARED / "swebench-pro" / "gpt4o.csv")
    texts = rows.select(pl.col("instance_id").alias("session_id"), pl.col("rationale").alias("text"))
    repository = {i: re.sub(r"^instance_", "", i).split("__")[0] for i in rows["instance_id"]}
    return Truth(
        "swebench-pro reasons", None, texts, dict(rows.select("instance_id", "category").iter_rows()), repository
    )


def sets(names: list[str], sessions: int) -> Iterator[Truth]:
    for name in names:
        if name in {"sample", "candidate"}:
            file = "baseline" if name == "sample" else name
            yield planted(f"sample, {file}", ROOT / "data" / "sample", file, ROOT / "data" / "truth")
        elif name == "large":
            yield large(sessions)
        elif name in (real := {"tau2": tau2, "agentrx": agentrx, "swebench": swebench}):
            if SHARED.is_dir():
                yield real[name]()
            else:
                print(f"{name}: the shared traces are not at hand, left out")
        else:
            sys.exit(f"no set named {name!r}: sample, candidate, large, tau2, agentrx, swebench")


Score = Callable[[NDArray[np.int64], NDArray[np.int64]], float]


def interval(score: Score, truth: NDArray[np.int64], found: NDArray[np.int64]) -> str:
    """The score and its 95% interval from half samples without replacement, whose spread is the score's standard error.

    (Samples with replacement would hold sessions twice, which agree with themselves and lift every score.)
    """
    value = score(truth, found)
    spread = 1.96 * float(np.std([score(truth[half], found[half]) for half in halves(len(truth))]))
    return f"{value:.3f} ({value - spread:.2f} to {value + spread:.2f})"


def above(score: Score, truth: NDArray[np.int64], ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> str:
    """By how much ours is above theirs, with the 95% interval of the difference over the same half samples."""
    value = score(truth, ours) - score(truth, theirs)
    apart = [score(truth[half], ours[half]) - score(truth[half], theirs[half]) for half in halves(len(truth))]
    spread = 1.96 * float(np.std(apart))
    return f"{value:+.3f} ({value - spread:+.2f} to {value + spread:+.2f})"


def halves(n: int) -> list[NDArray[np.int64]]:
    random = np.random.default_rng(0)
    return [random.permutation(n)[: n // 2] for _ in range(_DRAWS)]


def report(
    what: str, truth: Truth, sessions: list[str], found_by: Modes | NDArray[np.int64], note: str = ""
) -> NDArray[np.int64]:
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    filled, apart = labels(found_by) if isinstance(found_by, Modes) else (found_by, found_by)
    modes = np.unique([truth.mode[s] for s in sessions], return_inverse=True)[1]
    subjects = np.unique([truth.subject[s] for s in sessions], return_inverse=True)[1]
    inside = apart >= 0
    exist, found = np.bincount(modes), set[int]()
    for group in np.unique(apart[inside]):
        shares = np.bincount(modes[apart == group], minlength=len(exist))
        best = int(shares.argmax())
        if shares[best] >= 0.5 * shares.sum() and shares[best] >= 0.3 * exist[best]:
            found.add(best)
    print(
        f"  {what:<36} AMI {interval(adjusted_mutual_info_score, modes, filled)}  "
        f"ARI {interval(adjusted_rand_score, modes, filled)}  "
        f"open apart {adjusted_mutual_info_score(modes, apart):.3f}  subject {adjusted_mutual_info_score(subjects, filled):.3f}  "
        f"groups {len(np.unique(apart[inside]))}, open {1 - inside.mean():.0%}, found {len(found)} of {len(exist)}  {note}",
        flush=True,
    )
    return filled


def labels(modes: Modes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    filled = modes.members["nearest"].fill_null(-1).to_numpy()
    return filled, modes.members["mode"].fill_null(-1).to_numpy()


def measure(truth: Truth) -> None:
    embed = Embedder()
    embed(["warm up"])
    started = time.perf_counter()
    if truth.steps is not None:
        every = facet_text(truth.steps, "failure")
        failing = pl.col("session_id").is_in(list(truth.mode))
        texts, passing = every.filter(failing), every.filter(~failing)
    else:
        assert truth.texts is not None
        texts, passing = truth.texts, None
    facet = time.perf_counter() - started
    sessions = texts["session_id"].to_list()
    print(f"{truth.name}: {len(sessions):,} failing sessions, {passing.height if passing is not None else 0:,} passing")
    started = time.perf_counter()
    modes = cluster(texts, against=passing, embed=embed)
    cold = time.perf_counter() - started
    started = time.perf_counter()
    modes = cluster(texts, against=passing, embed=embed)
    warm = time.perf_counter() - started
    note = f"facet {facet:.1f} s, cold {cold:.1f} s, warm {warm:.1f} s"
    ours = report("workbench, default", truth, sessions, modes, note)
    for what, views in {
        "  words and structure only": Views(0, 1, 1),
        "  structure only": Views(0, 0, 1),
        "  words only": Views(0, 1, 0),
        "  meaning of the same text only": Views(1, 0, 0),
    }.items():
        if truth.texts is not None and not views.words and not views.meaning:
            continue
        report(what, truth, sessions, cluster(texts, embed=embed, views=views))
    whole = texts.select("session_id", "text")
    if truth.steps is not None:
        wanted = truth.steps.filter(pl.col("session_id").is_in(sessions))
        rendered = {loop.session_id: evidence.render(loop, budget=_BUDGET).text for loop in evidence.loops(wanted)}
        whole = pl.DataFrame({"session_id": sessions, "text": [rendered[s] for s in sessions]})
        theirs = {"whole sessions, embedded": cluster(whole, embed=embed, views=Views(1, 0, 0))}
        compared(ours, truth, sessions, {**theirs, **peers(whole, embed)})
    report("TF-IDF + k-means at true k, whole", truth, sessions, kmeans(whole, truth))
    report("TF-IDF + k-means at true k, facet", truth, sessions, kmeans(texts, truth))


def compared(
    ours: NDArray[np.int64], truth: Truth, sessions: list[str], theirs: Mapping[str, Modes | NDArray[np.int64]]
) -> None:
    from sklearn.metrics import adjusted_mutual_info_score

    modes = np.unique([truth.mode[s] for s in sessions], return_inverse=True)[1]
    for what, found in theirs.items():
        other = report(what, truth, sessions, found)
        print(f"    the default is above it by AMI {above(adjusted_mutual_info_score, modes, ours, other)}")


def peers(whole: pl.DataFrame, embed: Embedder) -> dict[str, NDArray[np.int64]]:
    texts, found = whole["text"].to_list(), dict[str, NDArray[np.int64]]()
    vectors = embed(texts)
    for what, way in {"BERTopic, whole sessions": bertopic, "EVoC, whole sessions": evoc}.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found[what] = way(texts, vectors)[1]
        except (ModuleNotFoundError, ValueError) as error:
            print(f"  {what:<36} left out: {error}")
    return found


def kmeans(texts: pl.DataFrame, truth: Truth) -> NDArray[np.int64]:
    from sklearn.cluster import KMeans
    from sklearn.feature_extraction.text import TfidfVectorizer

    matrix = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english").fit_transform(texts["text"].to_list())
    k = len({truth.mode[s] for s in texts["session_id"]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(KMeans(k, n_init=5, random_state=0).fit_predict(matrix), dtype=np.int64)


def speed(sessions: int) -> None:
    """Every session of a large export as if it failed: from steps to named modes."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        generator.generate(out / "sample", truth=out / "truth", sessions=sessions, seed=3, modes=25)
        steps = evidence.steps(load.read([str(out / "sample" / "baseline.jsonl")]).spans)
    embed = Embedder()
    embed(["warm up"])
    texts = clocked("facet", lambda: facet_text(steps, "failure"))
    length = int(texts["text"].str.len_chars().mean() or 0)
    print(f"  {texts.height:,} sessions of {steps.height / texts.height:.1f} steps, {length} characters a text")
    clocked("cluster, cold (vectors computed)", lambda: cluster(texts, embed=embed))
    print(f"  {clocked('cluster, warm (vectors known)', lambda: cluster(texts, embed=embed))}")
    clocked("cluster, warm, another min_size", lambda: cluster(texts, embed=embed, min_size=20))


def clocked(what: str, run: Callable[[], Result]) -> Result:
    """Wall and processor seconds: on a busy machine only the second says something."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    print(f"  {what}: {time.perf_counter() - wall:.1f} s ({time.process_time() - cpu:.1f} s of processor)", flush=True)
    return result


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sets", default="sample,candidate,large,tau2,agentrx,swebench")
    options.add_argument("--sessions", type=int, default=4000, help="sessions of the large set")
    options.add_argument("--speed", type=int, default=0, help="time this many sessions, and measure nothing else")
    asked = options.parse_args()
    if asked.speed:
        speed(asked.speed)
        return
    for truth in sets(asked.sets.split(","), asked.sessions):
        measure(truth)


if __name__ == "__main__":
    main()
