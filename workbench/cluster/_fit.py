"""Everything about a clustering that does not change when a person edits its modes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from workbench.cluster._hdbscan import Density, density_groups
from workbench.cluster._mask import sentences
from workbench.cluster._names import Phrases
from workbench.cluster._recent import Recent
from workbench.cluster._space import Space, reduced

__all__ = ["Draw", "Fit", "Item", "Votes", "draw_again", "grouped", "least_of", "stability", "vote"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_DRAWS: Final = 5
_DRAWN: Final = 0.8
_MOST_DRAWN: Final = 4000  # beyond this a draw of 80% tells no more and costs minutes
_MAJORITY: Final = 0.5
_READ: Final = 50_000  # characters of a text in which quotes are looked for
_LONGEST: Final = 300  # characters of a quote
_recent: Final = Recent(4)
_LEAST: Final = 5  # of a sample, however few of all that is


@dataclass(frozen=True, slots=True)
class Item:
    """One session as it was compared: its text, the words that the text is made of, and its structure tokens."""

    session_id: str
    text: str
    tokens: tuple[str, ...]
    said: tuple[dict[str, Any], ...] = ()

    @property
    def quotes(self) -> Sequence[Mapping[str, Any]]:
        """The words that the text is made of; where nobody said which, its sentences."""
        return self.said or [
            {"step": None, "signal": "", "text": part[:_LONGEST]} for part in sentences(self.text[:_READ])
        ]


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
    phrases: Phrases
    own: Votes
    against: Votes | None
    draws: tuple[Draw, ...]
    alone: Mapping[str, Draw]  # the groups of each view without the others
    map: Floats
    how: str
    min_size: int
    facet: str
    remembered: dict[str, Any] = field(
        default_factory=dict[str, Any], compare=False
    )  # what takes long to work out again

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
    count = np.zeros(said.shape, dtype=np.int64)
    for place in range(said.shape[1]):
        count += said == said[:, [place]]
    # Of labels that are equally many the smallest; those in no mode have no say.
    order = np.where(said >= 0, count * (int(labels.max(initial=0)) + 2) - said, -1)
    first = np.argmax(order, axis=1)[:, None]
    best = np.take_along_axis(said, first, axis=1)[:, 0]
    share = np.where(best >= 0, np.take_along_axis(count, first, axis=1)[:, 0] / said.shape[1], 0.0)
    return np.where((share < _MAJORITY) | ~votes.near, -1, best), share


def grouped(space: Space, *, min_size: int) -> Density:
    """Dense groups of the texts that the space was fitted on; of very many texts the others go where their neighbours are."""
    if not space.sampled:
        return density_groups(space.points, min_size=min_size, consensus=True)
    rows = space.rows
    found = density_groups(space.points[rows], min_size=least_of(space, min_size))
    labels = np.full(len(space.points), -1, dtype=np.int64)
    labels[rows] = found.labels
    voted, share = vote(Votes(*space.own), labels)
    strength = np.where(voted >= 0, share, 0.0)
    voted[rows], strength[rows] = found.labels, found.strength
    return Density(voted, strength, found.how)


def least_of(space: Space, min_size: int) -> int:
    """The fewest fitted sessions that are called a group: of a sample as few as stand for `min_size`, but no handful."""
    return max(_LEAST, round(min_size * len(space.rows) / len(space.points))) if space.sampled else min_size


def draw_again(space: Space, *, min_size: int, seed: int) -> tuple[Draw, ...]:
    """Group a handful of 80% subsamples (at most 4,000 sessions each) without looking at the rest."""
    drawn = _recent.get(f"{space.key} {seed}" if space.key else "", lambda: _drawn(space, seed))
    least = max(3, round(min_size * len(drawn[0][0]) / len(space.points)))
    return tuple(Draw(space.rows[index], density_groups(points, min_size=least).labels) for index, points in drawn)


def _drawn(space: Space, seed: int) -> list[tuple[Ints, Floats]]:
    """The subsamples, and where their texts lie when the others are not there."""
    n = len(space.rows)
    size = min(round(_DRAWN * n), _MOST_DRAWN)
    random = np.random.default_rng(seed)
    some = [np.sort(random.choice(n, size=size, replace=False)).astype(np.int64) for _ in range(_DRAWS)]
    return [(index, reduced(space.joined[index], meant=space.meant)) for index in some]


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
