"""From a few labels to a likelihood for every session: which kind of failure it is, or none that was labelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from workbench.cluster._labelled_views import LabelledViews, nearest_distance, weighed
from workbench.cluster._sklearn import Classifier

__all__ = ["FOLDS", "Learned", "held_out", "learn"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FOLDS: Final = 5
_TRUSTED: Final = 0.6  # share of the unlabelled that a second round learns from, the surest first
_MOST_TRUSTED: Final = 2000
_REACH: Final = 90.0  # percentile of how far labelled sessions are from one another


@dataclass(frozen=True, slots=True)
class Learned:
    """What labels say of n sessions.

    `chance` has shape (n, kinds + groups): the likelihood of each kind that was labelled, and 1 for the group of a
    session whose group no label is near. `weights` are those of the views, `classifier` tells the kinds apart in them.
    """

    chance: Floats
    weights: Floats
    classifier: Classifier
    kept: tuple[int, ...]


def learn(views: LabelledViews, rows: Ints, kinds: Ints, *, count: int, groups: Ints) -> Learned:
    """Spread labels over all sessions.

    Parameters
    ----------
    views
        Where the n sessions lie.
    rows, kinds
        The labelled sessions and the kind of each, 0 to `count` - 1.
    count
        How many kinds there are.
    groups
        Shape (n,): the dense group of each session, 0.. and -1 for none. A group with no labelled session that is farther from every label than nine in ten labels are from
        the nearest other stays a group of its own.

    Returns
    -------
    Learned
        Deterministic. A logistic regression, and a second one that also learns from the surest of its own answers, which
        weigh as much in all as the labels.
    """
    weights = views.weights(rows, kinds)
    points = weighed(views.blocks, weights)
    first = Classifier.fit(points[rows], kinds, np.ones(len(rows)))
    chance = first.chance(points, count)
    sure = _surest(chance, rows)
    classifier = first
    if len(sure):
        classifier = Classifier.fit(
            np.vstack([points[rows], points[sure]]),
            np.concatenate([kinds, chance[sure].argmax(axis=1)]),
            np.concatenate([np.ones(len(rows)), np.full(len(sure), len(rows) / len(sure))]),
        )
        chance = classifier.chance(points, count)
    # By what the sessions show: where the groups were looked for, all of them lie apart.
    kept = _unlabelled_groups(weighed(views.blocks[:-1], weights[:-1]), rows, groups)
    beside = np.zeros((len(chance), int(groups.max(initial=-1)) + 1))
    for group in kept:
        chance[groups == group] = 0.0
        beside[groups == group, group] = 1.0
    return Learned(np.hstack([chance, beside]), weights, classifier, kept)


def held_out(views: LabelledViews, rows: Ints, kinds: Ints, *, count: int, groups: Ints) -> tuple[Ints, list[Learned]]:
    """The fold of each labelled session, and what is learned without each fold.

    Every kind is spread over the folds, so that leaving one out takes no kind away that has more than one label.
    """
    fold = np.empty(len(rows), dtype=np.int64)
    # A fixed shuffle within each kind: the order of labelling says something of how hard a session is.
    shuffled = np.random.default_rng(0).permutation(len(rows))
    fold[np.lexsort((shuffled, kinds))] = np.arange(len(rows)) % FOLDS
    learned: list[Learned] = []
    for each in range(FOLDS):
        kept = fold != each
        learned.append(learn(views, rows[kept], kinds[kept], count=count, groups=groups))
    return fold, learned


def _surest(chance: Floats, rows: Ints) -> Ints:
    rest = np.setdiff1d(np.arange(len(chance)), rows)
    order = rest[np.argsort(-chance[rest].max(axis=1), kind="stable")][: int(_TRUSTED * len(rest))]
    return order[:: max(1, -(-len(order) // _MOST_TRUSTED))]


def _unlabelled_groups(points: Floats, rows: Ints, groups: Ints) -> tuple[int, ...]:
    read = {int(group) for group in groups[rows]}
    among = nearest_distance(points[rows], points[rows], same=True)
    reach = float(np.percentile(among, _REACH))
    kept: list[int] = []
    for group in range(int(groups.max(initial=-1)) + 1):
        inside = groups == group
        if group not in read and inside.any():
            far = np.median(nearest_distance(points[inside], points[rows]))
            if far > reach:
                kept.append(group)
    return tuple(kept)
