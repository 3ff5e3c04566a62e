"""Does the estimate of what is still unseen hold the truth? Worlds of Zipf modes of several sizes, read at random and by an informed order.

Run it for the full table: ``python tests/benchmarks/stopping.py [repeats]``. The tests run the short form.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    print(f"least {least:.3f}")


if __name__ == "__main__":
    sys.path.insert(0, ".")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
