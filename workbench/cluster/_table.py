"""The tables of a clustering, made from its fit, the labels of the day, and the names given to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.cluster._alone import SEEN, seen
from workbench.cluster._fit import Fit, stability, vote
from workbench.cluster._terms import STOP
from workbench.stats import lift, wilson

__all__ = ["MEMBERS", "MODES", "members_table", "modes_table"]

Ints = NDArray[np.int64]

MODES: Final = pl.Schema({
    "mode": pl.Int64(),  # 1.. by falling size when found; stays with the mode through edits
    "name": pl.String(),
    "size": pl.Int64(),
    "share": pl.Float64(),  # of all sessions handed in
    "low": pl.Float64(),  # Wilson, 95%
    "high": pl.Float64(),
    "lift": pl.Float64(),  # how many times as common as among the passing sessions; null: nothing to compare with
    "lift_low": pl.Float64(),
    "lift_high": pl.Float64(),
    "stability": pl.Float64(),  # 0..1: mean best-match Jaccard over subsamples
    **SEEN,
    "representatives": pl.List(pl.String()),  # session ids
    "quotes": pl.List(
        pl.Struct({"session_id": pl.String(), "step": pl.Int64(), "signal": pl.String(), "text": pl.String()})
    ),
    "phrases": pl.List(pl.String()),  # what sets the mode apart, best first
    "retired": pl.Boolean(),  # a person said that it is no failure
})  # fmt: skip

MEMBERS: Final = pl.Schema({
    "session_id": pl.String(),
    "mode": pl.Int64(),  # null: left open
    "strength": pl.Float64(),  # 0..1: of membership; where left open, of the offer in `nearest`
    "nearest": pl.Int64(),  # the mode, or where left open the one that most neighbours are in
})  # fmt: skip

# The same passing sessions weighed the signs by which the groups were found: where nothing differs, 95% intervals lay above 1 in 19 of 84
# groups of made-up sessions, these in 4.
_LIFT_LEVEL: Final = 0.999
_REPRESENTATIVES: Final = 3
_QUOTES: Final = 2
_AT_ONCE: Final = 20_000  # rows, so that memory does not grow with sessions times modes


def members_table(fit: Fit, labels: Ints) -> pl.DataFrame:
    """One row a session: its mode, how strongly it belongs, and for those left open the mode that comes nearest."""
    near, share = nearest_mode(fit, labels)
    inside = labels >= 0
    rows = {
        "session_id": [item.session_id for item in (*fit.items, *fit.silent)],
        "mode": [int(m) if m >= 0 else None for m in labels] + [None] * len(fit.silent),
        "strength": [float(s) for s in np.where(inside, fit.strength, share)] + [0.0] * len(fit.silent),
        "nearest": [int(m) if m >= 0 else None for m in np.where(inside, labels, near)] + [None] * len(fit.silent),
    }
    return pl.DataFrame(rows, schema=MEMBERS)


def nearest_mode(fit: Fit, labels: Ints) -> tuple[Ints, NDArray[np.float64]]:
    """For every session the mode whose centre is nearest, and the share of its neighbours that are in that mode."""
    modes, which = np.unique(labels[labels >= 0], return_inverse=True)
    n = len(labels)
    if len(modes) == 0:
        return np.full(n, -1, dtype=np.int64), np.zeros(n)
    points = fit.space.points
    order = np.argsort(which, kind="stable")
    sizes = np.bincount(which)
    sums = np.add.reduceat(points[labels >= 0][order], np.cumsum(sizes) - sizes, axis=0)
    centres = sums / sizes[:, None]
    near = np.empty(n, dtype=np.int64)
    for start in range(0, n, _AT_ONCE):
        some = points[start : start + _AT_ONCE]
        near[start : start + _AT_ONCE] = modes[np.argmin((centres**2).sum(axis=1) - 2 * some @ centres.T, axis=1)]
    width = fit.own.index.shape[1]
    share = np.mean(labels[fit.own.index] == near[:, None], axis=1) if width else np.zeros(n)
    return near, share


def modes_table(
    fit: Fit,
    labels: Ints,
    names: Mapping[int, str],
    phrases: Mapping[int, Sequence[str]],
    retired: frozenset[int] = frozenset(),
) -> pl.DataFrame:
    """One row a mode, the largest first."""
    sizes = {int(mode): int(np.sum(labels == mode)) for mode in np.unique(labels[labels >= 0])}
    own, _ = vote(fit.own, labels)
    other = vote(fit.against, labels)[0] if fit.against is not None and len(fit.against.index) else None
    rows: list[dict[str, Any]] = []
    for mode, size in sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0])):
        interval = wilson(size, fit.total)
        row: dict[str, Any] = {
            "mode": mode,
            "name": names[mode],
            "size": size,
            "share": size / fit.total,
            "low": interval.low,
            "high": interval.high,
            "stability": stability(fit.draws, labels == mode) if fit.draws else None,
            **seen(fit.alone, labels == mode),
            "phrases": list(phrases.get(mode, ())),
            "retired": mode in retired,
        }
        if other is not None:
            found = lift(int(np.sum(own == mode)), fit.total, int(np.sum(other == mode)), len(other), level=_LIFT_LEVEL)
            row |= {"lift": found.ratio, "lift_low": found.interval.low, "lift_high": found.interval.high}
        chosen = _representatives(fit, labels == mode)
        row["representatives"] = [fit.items[i].session_id for i in chosen]
        row["quotes"] = _each_once(quote for i in chosen for quote in _quotes(fit, i, row["phrases"]))
        rows.append(row)
    return pl.DataFrame(rows, schema=MODES)


def _representatives(fit: Fit, members: NDArray[np.bool_]) -> list[int]:
    """The members nearest to the middle, each with a text of its own as far as there are such."""
    inside = np.flatnonzero(members)
    points = fit.space.points[inside]
    distance = ((points - points.mean(axis=0)) ** 2).sum(axis=1) - 1e-3 * fit.strength[inside]
    order = [int(inside[i]) for i in np.argsort(distance, kind="stable")]
    chosen: list[int] = []
    texts: set[str] = set()
    for i in order:
        if fit.items[i].text not in texts:
            chosen.append(i)
            texts.add(fit.items[i].text)
        if len(chosen) == _REPRESENTATIVES:
            return chosen
    return (chosen + [i for i in order if i not in chosen])[:_REPRESENTATIVES]


def _each_once(quotes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The quotes whose words were not quoted before."""
    return list({quote["text"]: quote for quote in reversed(list(quotes))}.values())[::-1]


def _quotes(fit: Fit, row: int, phrases: Sequence[str]) -> list[dict[str, Any]]:
    """The two quotes of a session that say most of what sets its mode apart."""
    item = fit.items[row]
    words = [{word for word in phrase.lower().split() if word not in STOP} for phrase in phrases]

    def weight(quote: Mapping[str, Any]) -> float:
        text = f"{quote['signal']} {quote['text']}".lower()
        told = sum(1.0 / (1 + i) for i, some in enumerate(words) if some and all(word in text for word in some))
        return told + sum(2.0 / (1 + i) for i, phrase in enumerate(phrases) if phrase == quote["signal"])

    order = sorted(range(len(item.quotes)), key=lambda i: (-weight(item.quotes[i]), i))[:_QUOTES]
    return [{"session_id": item.session_id, **item.quotes[i]} for i in sorted(order)]
