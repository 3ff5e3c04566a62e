"""Everything about a clustering that does not change when a person edits its modes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from workbench.cluster._hdbscan import Density, density_groups
from workbench.cluster._sklearn import Projection
from workbench.cluster._space import Space, reduced

__all__ = ["Draw", "Fit", "Item", "Votes", "draw_again", "layout", "stability", "vote"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_DRAWS: Final = 5
_DRAWN: Final = 0.8
_MOST_DRAWN: Final = 4000  # beyond this a draw of 80% tells no more and costs minutes
_MAJORITY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Item:
    """One session as it was compared: its text, the words that the text is made of, and its structure tokens."""

    session_id: str
    text: str
    quotes: tuple[dict[str, Any], ...]
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Votes:
    """For each of m sessions its nearest fitted ones, shape (m, k), and whether these are near at all."""

    index: Ints
    near: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Draw:
    """A subsample of the fitted sessions and the groups that were found in it alone."""

    index: Ints
    labels: Ints


@dataclass(frozen=True, slots=True)
class Fit:
    """The sessions, where they lie, how strongly they hold together, and what subsamples say.

    `items` are those with a text, row by row as in `space`; `silent` those without.
    """

    items: tuple[Item, ...]
    silent: tuple[Item, ...]
    space: Space
    strength: Floats
    phrases: tuple[set[str], ...]
    own: Votes
    against: Votes | None
    draws: tuple[Draw, ...]
    map: Floats
    how: str
    min_size: int
    facet: str

    @property
    def total(self) -> int:
        """All sessions that were handed in: what shares are shares of."""
        return len(self.items) + len(self.silent)


def vote(votes: Votes, labels: Ints) -> tuple[Ints, Floats]:
    """The label that at least half of a session's neighbours have, -1 where none has; and the share that has it.

    Parameters
    ----------
    votes
        Neighbours of m sessions among the n fitted ones.
    labels
        Shape (n,), -1: in no mode.
    """
    if votes.index.shape[1] == 0:
        return np.full(len(votes.index), -1, dtype=np.int64), np.zeros(len(votes.index))
    said = labels[votes.index]
    best = np.full(len(said), -1, dtype=np.int64)
    share = np.zeros(len(said))
    for label in np.unique(labels[labels >= 0]):
        mine = np.mean(said == label, axis=1)
        better = mine > share
        best[better], share[better] = label, mine[better]
    best[(share < _MAJORITY) | ~votes.near] = -1
    return best, share


def draw_again(space: Space, *, min_size: int, seed: int) -> tuple[Draw, ...]:
    """Group a handful of 80% subsamples (at most 4,000 sessions each) without looking at the rest."""
    n = len(space.joined)
    size = min(round(_DRAWN * n), _MOST_DRAWN)
    random = np.random.default_rng(seed)
    least = max(3, round(min_size * size / n))
    draws: list[Draw] = []
    for _ in range(_DRAWS):
        index = np.sort(random.choice(n, size=size, replace=False)).astype(np.int64)
        found: Density = density_groups(reduced(space.joined[index]), min_size=least)
        draws.append(Draw(index, found.labels))
    return tuple(draws)


def stability(draws: Sequence[Draw], members: NDArray[np.bool_]) -> float:
    """Mean over draws of the best Jaccard overlap between a mode's drawn members and any group of the draw."""
    scores: list[float] = []
    for draw in draws:
        mine = members[draw.index]
        if not mine.any():
            continue
        best = 0.0
        for label in np.unique(draw.labels[mine]):
            if label >= 0:
                other = draw.labels == label
                best = max(best, float(np.sum(mine & other) / np.sum(mine | other)))
        scores.append(best)
    return float(np.mean(scores)) if scores else float("nan")


def layout(space: Space) -> Floats:
    """Two coordinates a session for a map, shape (n, 2): the two widest directions of the smoothed space."""
    n = len(space.points)
    flat = Projection.fit(space.points, 2) if n > 1 else None
    if flat is None:
        return np.zeros((n, 2))
    wide = flat.spread(space.points)
    return np.hstack([wide, np.zeros((n, 2 - wide.shape[1]))])
