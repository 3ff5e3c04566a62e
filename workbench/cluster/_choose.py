"""Which sessions to label next: at first one of each region, then those that the labels cannot tell, each by a known chance."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench._words import percent
from workbench.cluster._bend import Bent
from workbench.cluster._fit import Fit, Item
from workbench.cluster._labelled_views import LabelledViews, weighed
from workbench.cluster._sklearn import neighbours, split_points
from workbench.errors import EmptyError, InputError

__all__ = ["CHOSEN", "choose"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CHOSEN: Final = pl.Schema({
    "session_id": pl.String(),
    "inclusion": pl.Float64(),  # the chance of being among the chosen
    "because": pl.String(),
    "component": pl.String(),  # spread | hard to tell
})  # fmt: skip

_UNIFORM: Final = 0.2  # share of the chance that is the same for all, so that no label stands for too many
_CUT: Final = 20_000
_SHARPNESS: Final = 2  # power of the doubt


def choose(fit: Fit, bent: Bent | None, n: int, *, without: Collection[str] = (), seed: int = 0) -> pl.DataFrame:
    """Choose sessions to label, in random order.

    Without labels the sessions are cut into `n` regions, and one of each is drawn. With labels each is drawn with a chance that grows with the
    doubt about its kind, along the regions.

    Parameters
    ----------
    fit
        The clustering.
    bent
        What the labels so far made of it.
    n
        How many.
    without
        Sessions that are not to be chosen, beside those with a label.
    seed
        Another seed draws others.

    Returns
    -------
    polars.DataFrame
        Columns of `CHOSEN`; sessions that have a label are not among them.

    Raises
    ------
    InputError
        `n` is below 1.
    EmptyError
        Everything has a label.

    Notes
    -----
    Chances in proportion to the doubt are those of active inference, Zrnic & Candès (2024); the draw is systematic, so that
    each chance is exact.
    """
    if n < 1:
        msg = f"n is {n}; at least 1 session can be chosen"
        raise InputError(msg)
    items: list[Item] = [*fit.items, *fit.silent]
    labelled = {*without, *([] if bent is None else bent.labels["session_id"].to_list())}
    open_ = np.array([item.session_id not in labelled for item in items])
    left = int(open_.sum())
    if not left:
        msg = f"all {len(items):,} sessions were read: load more, or see `prevalence()`"
        raise EmptyError(msg)
    random = np.random.default_rng(seed)
    take = min(n, left)
    regions = _regions(fit, take, open_)
    if take == left:
        chosen, chance = np.flatnonzero(open_), open_.astype(np.float64)
    elif bent is None:
        chosen, chance = _one_of_each(regions, random)
    else:
        chosen, chance = _by_doubt(_doubt(bent, len(items)), open_, regions, take, random)
    sizes = np.bincount(regions[open_])
    shuffled: list[int] = random.permutation(chosen).tolist()
    rows = [
        {
            "session_id": items[i].session_id,
            "inclusion": float(min(1.0, chance[i])),
            "because": f"one of {sizes[regions[i]]:,} sessions that are like one another, of {left:,}"
            if bent is None
            else _why(bent, i, len(fit.items)),
            "component": "spread" if bent is None else "hard to tell",
        }
        for i in shuffled
    ]
    return pl.DataFrame(rows, schema=CHOSEN)


def _regions(fit: Fit, parts: int, open_: NDArray[np.bool_]) -> Ints:
    """`parts` regions of like sessions among those that may be chosen, -1 for the others; those without a text share one."""
    key = ("regions", parts, open_.tobytes())
    if fit.remembered.get("regions of") != key:
        fit.remembered["regions"] = _cut(fit, parts, open_)
        fit.remembered["regions of"] = key
    return fit.remembered["regions"]


def _cut(fit: Fit, parts: int, open_: NDArray[np.bool_]) -> Ints:
    views = LabelledViews.of(fit)
    known = {view.kind: view.weight for view in fit.space.views}
    weights = np.array([known[view.kind] ** 2 for view in views.views])  # a length counts squared
    spoken = np.flatnonzero(open_[: len(fit.items)])
    out = np.full(len(open_), -1, dtype=np.int64)
    quiet = np.flatnonzero(open_[len(fit.items) :]) + len(fit.items)
    silent = 1 if len(quiet) and parts > 1 else 0
    if views.blocks and len(spoken):
        points = weighed(views.blocks[: len(weights)], weights / weights.sum())[spoken]
        # Of very many a part is cut, and the others go where their nearest are.
        some = np.arange(0, len(points), -(-len(points) // _CUT))
        distinct = len(np.unique(np.round(points[some], 9), axis=0))
        cut = split_points(points[some], max(1, min(parts - silent, distinct)), seed=0)
        out[spoken] = cut if len(some) == len(points) else cut[neighbours(points, points[some], 1)[0][:, 0]]
    else:
        out[spoken] = 0
    out[quiet] = max(0, int(out.max()) + silent)
    return out


def _one_of_each(regions: Ints, random: np.random.Generator) -> tuple[Ints, Floats]:
    sizes = np.bincount(regions[regions >= 0])
    chosen = [int(random.choice(np.flatnonzero(regions == region))) for region in np.flatnonzero(sizes)]
    return np.array(chosen, dtype=np.int64), np.where(regions >= 0, 1.0 / np.maximum(sizes[regions], 1), 0.0)


def _doubt(bent: Bent, total: int) -> Floats:
    """How hard each session is to tell, 0 to 1: how little the likeliest kind is ahead; what is in a group without labels is unknown."""
    chance = np.sort(bent.learned.chance[:, : len(bent.kind_names)], axis=1)
    doubt = 1 - (chance[:, -1] - chance[:, -2])
    doubt[bent.learned.chance[:, len(bent.kind_names) :].any(axis=1)] = 1.0
    return np.concatenate([doubt**_SHARPNESS, np.zeros(total - len(doubt))])


def _by_doubt(
    doubt: Floats, open_: NDArray[np.bool_], regions: Ints, n: int, random: np.random.Generator
) -> tuple[Ints, Floats]:
    """Systematic sampling with chances in proportion to the doubt and a part that is the same for all, along the regions."""
    size = doubt * open_
    uniform = open_ / open_.sum()
    wanted = uniform if size.sum() == 0 else (1 - _UNIFORM) * size / size.sum() + _UNIFORM * uniform
    chance = np.zeros(len(wanted))
    sure = np.zeros(len(wanted), dtype=np.bool_)
    while True:  # what would be drawn more than once is drawn for certain
        rest = np.where(sure, 0.0, wanted)
        chance = np.where(sure, 1.0, (n - sure.sum()) * rest / rest.sum() if rest.sum() > 0 else 0.0)
        more = (chance > 1) & ~sure
        if not more.any():
            break
        sure |= more
    order = np.lexsort((random.random(len(chance)), regions))
    summed = np.cumsum(chance[order])
    summed[-1] = n  # a sum of fractions: exact at its end
    start = random.random()
    hit = np.floor(summed - start) > np.floor(np.concatenate([[0.0], summed[:-1]]) - start)
    return order[hit], chance


def _why(bent: Bent, i: int, spoken: int) -> str:
    if i >= spoken:
        return "drawn at random: it shows nothing of this facet"
    kinds = len(bent.kind_names)
    chance = bent.learned.chance[i]
    if chance[kinds:].any():
        return "because it is in a group that no label is near"
    first, second = np.argsort(-chance[:kinds], kind="stable")[:2]
    one, other = (bent.kind_names[int(k)] for k in (first, second))
    return f"because {one!r} ({percent(chance[first])}) and {other!r} ({percent(chance[second])}) are hard to tell apart here"
