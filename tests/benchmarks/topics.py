"""How long it takes from a frame of failing sessions to named modes, beside BERTopic with the same model in the same run, both warm.

Run it:  python tests/benchmarks/topics.py [--sessions 10000] [--tokens 400]

Sessions are generated, each about as many tokens long as asked, none twice. "facet": what went wrong is read off the steps, embedded and grouped, as
`ws.cluster` does; "same texts": the whole sessions embedded and grouped here, as BERTopic does it. BERTopic runs with its defaults on the rendered
sessions, the same weights through sentence-transformers in fp32. Models are loaded and compilers have run before the clock starts. Seconds of
the wall and of the processor: on a busy machine only the second says something. BERTopic is left out where it is not installed.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import polars as pl

ROOT = Path(__file__).parents[2]
sys.path[:] = [str(ROOT), str(ROOT / "data"), *(path for path in sys.path if Path(path) != Path(__file__).parent)]

import generator  # noqa: E402 - it lies beside the sample

from workbench import evidence, load  # noqa: E402
from workbench.cluster import Embedder, Views, cluster, facet_text  # noqa: E402
from workbench.cluster._transformer import bundled_path  # noqa: E402

Result = TypeVar("Result")
_CHARACTERS = 4  # a token, about


def made(sessions: int, tokens: int) -> pl.DataFrame:
    """Steps of sessions that are lengthened by an agent's remarks of other sessions until they are long enough."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        generator.generate(out / "sample", truth=out / "truth", sessions=sessions, seed=3, modes=25)
        steps = evidence.steps(load.read([str(out / "sample" / "baseline.jsonl")]).spans)
    kept = steps["session_id"].unique(maintain_order=True).head(sessions)
    steps = steps.filter(pl.col("session_id").is_in(kept.to_list()))
    long = (pl.col("text").str.len_chars().fill_null(0) + pl.col("tool_result").str.len_chars().fill_null(0)).sum()
    length = dict(steps.group_by("session_id").agg(long).iter_rows())
    said = steps.filter(pl.col("kind") == "assistant")["text"].drop_nulls().to_list()
    first = pl.col("number") == pl.col("number").min().over("session_id")
    more = {
        session: " ".join(said[(7 * i + j) % len(said)] for j in range(max(0, (tokens * _CHARACTERS - size)) // 120))
        for i, (session, size) in enumerate(length.items())
    }
    added = pl.col("session_id").replace_strict(more, return_dtype=pl.String)
    return steps.with_columns(pl.when(first).then(pl.col("text") + " " + added).otherwise(pl.col("text")).alias("text"))


def clocked(what: str, run: Callable[[], Result]) -> tuple[Result, float]:
    wall, processor = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = run()
    spent = time.process_time() - processor
    print(f"  {what:<58} {time.perf_counter() - wall:7.1f} s, {spent:7.1f} s of processor", flush=True)
    return result, spent


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sessions", type=int, default=10_000)
    options.add_argument("--tokens", type=int, default=400)
    asked = options.parse_args()
    steps = made(asked.sessions, asked.tokens)
    sessions = [loop.session_id for loop in evidence.loops(steps)]
    whole = [evidence.render(loop, budget=12_000).text for loop in evidence.loops(steps)]
    rows = pl.DataFrame({"session_id": sessions, "text": whole})
    print(f"{len(whole):,} sessions of about {sum(map(len, whole)) // len(whole) // _CHARACTERS} tokens")
    embed = Embedder()
    embed(["warm up"] * 2)
    texts, reading = clocked("facet", lambda: facet_text(steps, "failure"))
    _, grouping = clocked("facet: embed, group, name", lambda: cluster(texts, embed=embed))
    clocked("facet: the same cell again", lambda: cluster(texts, embed=embed))
    clocked("facet: another min_size", lambda: cluster(texts, embed=embed, min_size=17))
    print(f"  facet, from steps to named modes: {reading + grouping:.1f} s of processor")
    _, same = clocked("same texts: embed, group, name", lambda: cluster(rows, embed=embed, views=Views(1, 0, 0, 0)))
    clocked("same texts, vectors known", lambda: cluster(rows, embed=embed, views=Views(1, 0, 0, 0), seed=1))
    try:
        bertopic = importlib.import_module("bertopic").BERTopic
    except ModuleNotFoundError as error:
        print(f"  BERTopic is left out: {error.name} is not installed")
        return
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(bundled_path()), device="cpu")
    bertopic(embedding_model=model).fit_transform(whole[:200])
    _, theirs = clocked(
        "BERTopic, from rendered sessions to named topics", lambda: bertopic(embedding_model=model).fit_transform(whole)
    )
    vectors = embed(whole)
    clocked("BERTopic, vectors known", lambda: bertopic().fit_transform(whole, vectors))
    print(
        f"  BERTopic takes {theirs / (reading + grouping):.1f} times as long as the facet, {theirs / same:.1f} times as long on the same texts"
    )


if __name__ == "__main__":
    main()
