"""How fast each backend of this machine embeds, how far its vectors are from those of fp32, and whether the groups are others.

Run it:  python tests/benchmarks/backends.py [--sessions 600]

Texts are the sample's sessions, rendered: texts per second of processor time, mean and smallest cosine to fp32, and the ARI of the groups found in the
vectors with those found in fp32's.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import polars as pl

ROOT = Path(__file__).parents[2]
sys.path[:] = [str(ROOT), *(path for path in sys.path if Path(path) != Path(__file__).parent)]

from workbench import evidence, load  # noqa: E402 - this tree, wherever it lies
from workbench.cluster import Embedder, Views, cluster  # noqa: E402
from workbench.cluster._backends import available_backends  # noqa: E402


def main() -> None:
    from sklearn.metrics import adjusted_rand_score

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sessions", type=int, default=600)
    steps = evidence.steps(load.read([str(ROOT / "data" / "sample" / "baseline.jsonl")]).spans)
    loops = list(evidence.loops(steps))[: options.parse_args().sessions]
    texts = [evidence.render(loop, budget=4000).text for loop in loops]
    rows = pl.DataFrame({"session_id": [loop.session_id for loop in loops], "text": texts})
    at_hand = available_backends()
    print(f"{len(texts)} texts of {sum(map(len, texts)) // len(texts):,} characters; auto takes {Embedder().backend}")
    exact, groups = Embedder(backend="fp32")(texts), None
    for backend in ("fp32", *(each for each in (*at_hand, "int8") if each != "fp32")):
        embed = Embedder(backend=backend)
        embed(["warm up"])
        started = time.process_time()
        vectors = embed(texts)
        speed = len(texts) / (time.process_time() - started)
        cosine = (vectors * exact).sum(axis=1)
        found = cluster(rows, embed=embed, views=Views(1, 0, 0)).members["nearest"].fill_null(-1).to_numpy()
        groups = found if groups is None else groups
        print(
            f"  {backend:<9} {speed:6.1f} texts/s of processor, cosine {cosine.mean():.5f} (least {cosine.min():.5f}), "
            f"groups as with fp32: ARI {adjusted_rand_score(groups, found):.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
