"""Does the estimate of what is still unseen hold the truth? Worlds of Zipf modes of several sizes, read at random and by an informed order.

Run it for the full table: ``python tests/benchmarks/stopping.py [repeats]``. The tests run the short form.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from workbench.label._informed import Informed
from workbench.label._queue import draw_rows

READS = (30, 60, 120, 300)
MORE = 30


@dataclass(frozen=True)
class World:
    """So many failure modes with Zipf's exponent, and the share of sessions that fail at all."""

    modes: int
    exponent: float
    failing: float

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """Each mode's share of the failures."""
        rank = np.arange(1, self.modes + 1) ** -self.exponent
        return rank / rank.sum()

    def read(self, n: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """How often each mode is met in n reads."""
        return rng.multinomial(n, np.append(self.shares * self.failing, 1 - self.failing))[:-1]


def worlds() -> Iterator[World]:
    """Every size, slope and failure rate."""
    for size, exponent, failing in itertools.product((5, 12, 25, 60, 200), (0.5, 1.0, 1.5), (0.1, 0.25, 1.0)):
        yield World(size, exponent, failing)


def held(world: World, n: int, repeats: int, rng: np.random.Generator) -> tuple[float, float]:
    """How often the interval of the unseen share, and that of the modes in the next reads, hold the truth."""
    from workbench import stats

    mass = new = runs = 0
    for _ in range(repeats):
        counts, later = world.read(n, rng), world.read(MORE, rng)
        if not counts.sum():
            continue
        runs += 1
        left = stats.unseen(counts).interval
        mass += left.low <= world.shares[counts == 0].sum() + 1e-12 <= left.high + 1e-9
        expected = stats.discoveries(counts, n, more=MORE).interval
        new += expected.low <= np.count_nonzero((counts == 0) & (later > 0)) <= expected.high
    return mass / runs, new / runs


def held_when_informed(world: World, n: int, repeats: int, rng: np.random.Generator) -> tuple[float, float]:
    """The same where the order was informed: sessions of a kind lie together, the passing ones in the middle."""
    from workbench import label

    mass = new = runs = 0
    for seed in range(repeats):
        size = 600
        kinds = rng.choice(world.modes + 1, size, p=np.append(world.shares * world.failing, 1 - world.failing))
        centre = np.vstack([rng.normal(size=(world.modes, 3)) * 3, np.zeros(3)])
        place = centre[kinds] + rng.normal(size=(size, 3))
        frame = pl.DataFrame(
            {
                "session_id": [f"s{number:04}" for number in range(size)],
                "point": place,
                "isolation": np.linalg.norm(place, axis=1),
            },
            schema_overrides={"point": pl.Array(pl.Float64(), 3)},
        )
        state = Informed(frame, audit=0.3, key=str(seed), blind=True)
        drawn = []
        for step in range(n):
            one, component = state.draw(step)
            state.took(one.session_id)
            state.learn({one.session_id: bool(kinds[int(one.session_id[1:])] < world.modes)})
            drawn.append((one, component))
        at = np.array([int(one.session_id[1:]) for one, _ in drawn])
        failing = kinds[at] < world.modes
        labels = pl.DataFrame(
            {
                "session_id": [one.session_id for one, _ in drawn],
                "reviewer": "ana",
                "verdict": np.where(failing, "fail", "pass"),
                "failure_mode": [str(kind) if kind < world.modes else None for kind in kinds[at]],
            },
            schema_overrides={"failure_mode": pl.String()},
        )
        found = label.stopping(labels, draws=draw_rows("q", drawn, "informed", None, None), more=MORE)
        missed = ~np.isin(kinds, kinds[at]) & (kinds < world.modes)
        runs += 1
        mass += found.interval.low <= missed.sum() / max(1, (kinds < world.modes).sum()) <= found.interval.high
        rest = np.setdiff1d(np.arange(size), at)
        later = rng.choice(rest, MORE, replace=False)
        fresh = len(set(kinds[later]) - set(kinds[at]) - {world.modes})
        new += found.new.interval.low <= fresh <= found.new.interval.high
    return mass / runs, new / runs


def main(repeats: int) -> None:
    """Print the coverage of both intervals, world by world."""
    rng = np.random.default_rng(5)
    least = 1.0
    for world in worlds():
        cells = [held(world, n, repeats, rng) for n in READS]
        least = min(least, *(value for cell in cells for value in cell))
        shown = "  ".join(f"{n:>3}: {mass:.2f} {new:.2f}" for n, (mass, new) in zip(READS, cells, strict=True))
        print(
            f"{world.modes:>3} modes, exponent {world.exponent}, {world.failing:.0%} failing   "
            f"reads: unseen share, next {MORE}   {shown}",
            flush=True,
        )
    for world in (
        World(12, 1.0, 0.3),
        World(25, 1.0, 0.3),
        World(60, 1.0, 0.3),
        World(25, 0.5, 1.0),
        World(60, 1.5, 1.0),
    ):
        cells = [held_when_informed(world, n, max(1, repeats // 5), rng) for n in READS[:3]]
        least = min(least, *(value for cell in cells for value in cell))
        shown = "  ".join(f"{n:>3}: {mass:.2f} {new:.2f}" for n, (mass, new) in zip(READS, cells, strict=False))
        print(
            f"informed: {world.modes} modes, exponent {world.exponent}, {world.failing:.0%} failing   {shown}",
            flush=True,
        )
    print(f"least {least:.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
