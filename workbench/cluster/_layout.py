"""Two coordinates a session, so that a person sees the modes apart from one another and can draw around one."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from workbench.cluster._sklearn import Projection

__all__ = ["layout"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_ROUNDS: Final = 300
_FILLED: Final = 1.1  # room of modes, of a map as wide as the farthest two are apart
_NEAR: Final = 3  # centres between which an open session lies
_AT_ONCE: Final = 20_000


def layout(points: Floats, labels: Ints) -> Floats:
    """Where each session is drawn, shape (n, 2).

    Each mode is a disc as large as its share, inside which its sessions lie by their two widest directions. Discs lie so that distances
    between modes come as near as they can to those in the space (stress majorisation, De Leeuw 1977), and are pushed apart where they
    would cover one another. What is open lies between the modes that it is nearest to. Nothing is random.

    Parameters
    ----------
    points
        Shape (n, dims).
    labels
        Shape (n,); -1: in no mode.
    """
    n = len(points)
    modes = np.unique(labels[labels >= 0])
    if len(modes) < 2:  # noqa: PLR2004 - nothing to be kept apart
        return _flat(points)
    centres = np.stack([points[labels == mode].mean(axis=0) for mode in modes])
    share: Floats = np.bincount(np.searchsorted(modes, labels[labels >= 0])) / n
    places, radius = _apart(centres, share)
    drawn = np.zeros((n, 2))
    for mode, place, reach in zip(modes, places, radius, strict=True):
        inside = np.flatnonzero(labels == mode)
        local = _flat(points[inside])
        far = np.linalg.norm(local, axis=1, keepdims=True)
        usual = max(float(np.median(far)), 1e-9)
        # Half of the sessions lie in the inner half of the disc, and none outside it.
        drawn[inside] = place + reach * local / (usual + far)
    left = np.flatnonzero(labels < 0)
    for start in range(0, len(left), _AT_ONCE):
        some = left[start : start + _AT_ONCE]
        drawn[some] = _between(points[some], centres, places)
    return drawn


def _flat(points: Floats) -> Floats:
    flat = Projection.fit(points, 2) if len(points) > 1 else None
    if flat is None:
        return np.zeros((len(points), 2))
    wide = flat.spread(points)
    return np.hstack([wide, np.zeros((len(points), 2 - wide.shape[1]))])


def _apart(centres: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Places and radii of discs."""
    count = len(centres)
    wanted = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    wanted /= max(float(wanted.max()), 1e-9)
    # A circle to begin with, in the order of the first direction, where the widest two do not tell the modes apart.
    angle = 2 * np.pi * np.argsort(np.argsort(_flat(centres)[:, 0], kind="stable"), kind="stable") / count
    start = _flat(centres)
    places = start / max(float(np.abs(start).max()), 1e-9) + 1e-3 * np.column_stack([np.cos(angle), np.sin(angle)])
    radius = np.sqrt(share * _FILLED / np.pi)
    radius = np.maximum(radius, 0.2 * radius.max())
    least = (radius[:, None] + radius[None]) * 1.15
    # Until the last third distances are followed alone, then none may be shorter than two discs need.
    for turn in range(_ROUNDS):
        aim = wanted if 3 * turn < 2 * _ROUNDS else np.maximum(np.maximum(wanted, _distances(places)), least)
        places = _majorised(places, aim)
    return places, radius


def _distances(places: Floats) -> Floats:
    return np.linalg.norm(places[:, None] - places[None], axis=2)


def _majorised(places: Floats, aim: Floats) -> Floats:
    """One step of SMACOF with equal weights (the Guttman transform)."""
    now = _distances(places)
    ratio = np.divide(aim, now, out=np.zeros_like(aim), where=now > 1e-12)  # noqa: PLR2004 - two in one place pull nowhere
    pull = -ratio
    np.fill_diagonal(pull, 0.0)
    np.fill_diagonal(pull, -pull.sum(axis=1))
    return pull @ places / len(places)


def _between(points: Floats, centres: Floats, places: Floats) -> Floats:
    distance = np.sqrt(
        np.maximum((points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)[None], 1e-12)
    )
    near = np.argsort(distance, axis=1, kind="stable")[:, :_NEAR]
    weight = 1 / np.take_along_axis(distance, near, axis=1)
    weight /= weight.sum(axis=1, keepdims=True)
    return (weight[:, :, None] * places[near]).sum(axis=1)
