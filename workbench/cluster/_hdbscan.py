"""The one module that knows `hdbscan`: dense groups, with guards against the ways in which it collapses."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.cluster._recent import Recent, key_of
from workbench.cluster._sklearn import most_agreed, neighbours

__all__ = ["Density", "density_groups"]

_FEW: Final = 2  # this many groups or fewer may be a collapse
_DOMINANT: Final = 0.6  # a group with this share of all points may be one, too
_MORE_NOISE: Final = 0.3  # how much more may stay open for the sake of finer groups
_MIN_SAMPLES: Final = 5
_SHAKE: Final = 0.3
_recent: Final = Recent(12)  # the groups of one place and its subsamples are looked for again with other sizes
_CONSENSUS: Final = 1500  # up to this many points single runs disagree enough, and are quick enough, to ask several
_SHAKES: Final = 5
_SAMPLES: Final = (5, 3, 8)


@dataclass(frozen=True, slots=True)
class Density:
    """Labels (-1: in no group), membership strengths 0..1, and how the groups were selected."""

    labels: NDArray[np.int64]
    strength: NDArray[np.float64]
    how: str


def density_groups(points: NDArray[np.float64], *, min_size: int, consensus: bool = False) -> Density:
    """Group points by density; where that gives hardly a group or one giant, try finer selections.

    Parameters
    ----------
    points
        Shape (n, d), distances are Euclidean.
    min_size
        The smallest group.
    consensus
        Of up to 1,500 points: group them 15 times, shaken a little and with other neighbourhoods, and keep the grouping that agrees
        best with all others. A single run groups this way or that by chance, or gives one giant.

    Returns
    -------
    Density
        Deterministic for the same points.
    """
    n = len(points)
    nothing = Density(np.full(n, -1, dtype=np.int64), np.zeros(n), "nothing to group")
    if n < max(2, min_size):
        return nothing
    if np.ptp(points, axis=0).max(initial=0.0) == 0.0:
        return Density(np.zeros(n, dtype=np.int64), np.ones(n), "all alike")
    samples = min(_MIN_SAMPLES, n - 1)
    spread = _recent.get(key_of(points), lambda: _spread(points, samples, seed=0))
    best = _agreed(points, min_size) if consensus and n <= _CONSENSUS else _fit(spread, min_size, samples, "eom")
    if not _collapsed(best):
        return best
    tries: list[tuple[int, int, Literal["eom", "leaf"]]] = [
        (min_size, samples, "leaf"),
        (max(3, min_size // 2), max(2, samples // 2), "eom"),
        (max(3, min_size // 2), max(2, samples // 2), "leaf"),
    ]
    for size, few, selection in tries:
        found = _drop_small(_fit(spread, size, few, selection), min_size)
        if _groups(found) > _groups(best) and (
            _groups(best) == 0 or np.mean(found.labels < 0) <= np.mean(best.labels < 0) + _MORE_NOISE
        ):
            best = found
        if not _collapsed(best):
            break
    return best


def _agreed(points: NDArray[np.float64], min_size: int) -> Density:
    n = len(points)
    tried = [
        _fit(_spread(points, min(samples, n - 1), seed=seed), min_size, min(samples, n - 1), "eom")
        for samples in _SAMPLES
        for seed in range(_SHAKES)
    ]
    some = [found for found in tried if _groups(found) > 1] or tried
    return some[most_agreed([found.labels for found in some])]


def _spread(points: NDArray[np.float64], k: int, *, seed: int) -> NDArray[np.float64]:
    """Move each point by a fraction of the usual distance to its neighbours, always the same way.

    Sessions with the same words lie in one point, whose density would be without bound: any handful of them would be a group
    of its own, apart from others that differ in a word.
    """
    _, distance = neighbours(points, points, k, same=True)
    usual = float(np.median(distance[:, -1]))
    noise = np.random.default_rng(seed).normal(size=points.shape) / np.sqrt(points.shape[1])
    return points + _SHAKE * usual * noise


def _fit(points: NDArray[np.float64], min_size: int, min_samples: int, selection: Literal["eom", "leaf"]) -> Density:
    hdbscan: Any = importlib.import_module("hdbscan")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # equal points divide by a distance of zero; the labels are right all the same
        fitted = hdbscan.HDBSCAN(
            min_cluster_size=min_size,
            min_samples=min_samples,
            cluster_selection_method=selection,
            core_dist_n_jobs=1,
        ).fit(points)
    return Density(
        np.asarray(fitted.labels_, dtype=np.int64),
        np.nan_to_num(np.asarray(fitted.probabilities_, dtype=np.float64), nan=1.0).clip(0.0, 1.0),
        "density" if selection == "eom" else "density, finest groups",
    )


def _groups(found: Density) -> int:
    return int(found.labels.max(initial=-1)) + 1


def _collapsed(found: Density) -> bool:
    groups = _groups(found)
    return groups <= _FEW or float(np.bincount(found.labels + 1)[1:].max(initial=0)) > _DOMINANT * len(found.labels)


def _drop_small(found: Density, min_size: int) -> Density:
    sizes = np.bincount(found.labels[found.labels >= 0], minlength=_groups(found))
    keep = np.flatnonzero(sizes >= min_size)
    renamed = np.full(len(sizes) + 1, -1, dtype=np.int64)
    renamed[keep] = np.arange(len(keep))
    labels = renamed[found.labels]  # -1 picks the last entry, which is -1
    return Density(labels, np.where(labels >= 0, found.strength, 0.0), found.how)
