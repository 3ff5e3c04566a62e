"""Whether a mode is found again by one view of the sessions alone: by their words, their structure or their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.cluster._fit import Draw, stability
from workbench.cluster._hdbscan import density_groups
from workbench.cluster._recent import Recent
from workbench.cluster._space import Space, reduced

__all__ = ["SEEN", "alone", "seen", "seen_note"]

SEEN: Final = pl.Schema({
    "seen_by": pl.List(pl.String()),  # views that alone find it again; empty: only together; null: there is one view
    "overlaps": pl.List(pl.Struct({"view": pl.String(), "overlap": pl.Float64()})),  # best-match Jaccard with each view's groups
})  # fmt: skip
_AGAIN: Final = 0.5  # overlap from which on a mode counts as found again

# Which agent it was is no view of what went wrong: it only keeps agents apart.
_VIEW_OF: Final = {"words": "words", "names": "words", "form": "words", "structure": "structure", "meaning": "meaning"}
_MOST: Final = 2500  # sessions: more tell no more, and another min_size would take seconds
_LEAST: Final = 3
_recent: Final = Recent(4)


def alone(space: Space, *, min_size: int, seed: int) -> dict[str, Draw]:
    """The dense groups that each view gives when the others are not looked at.

    Parameters
    ----------
    space
        The views, joined.
    min_size
        The fewest sessions of a mode.
    seed
        Of the sample of at most 2,500 sessions.

    Returns
    -------
    dict
        View → the sampled sessions and their groups; empty where sessions are compared by one view only.
    """
    index, views = _recent.get(f"{space.key} {seed}" if space.key else "", lambda: _laid_out(space, seed))
    least = max(_LEAST, round(min_size * len(index) / len(space.points)))
    return {
        view: Draw(space.rows[index], density_groups(points, min_size=least).labels) for view, points in views.items()
    }


def _laid_out(space: Space, seed: int) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float64]]]:
    """The sampled sessions, and where they lie by each view."""
    n = len(space.rows)
    index = np.arange(n)
    if n > _MOST:
        index = np.sort(np.random.default_rng(seed).choice(n, size=_MOST, replace=False)).astype(np.int64)
    columns: dict[str, list[NDArray[np.float64]]] = {}
    start = 0
    for view in space.views:
        end = start + view.projection.dims
        if view.kind in _VIEW_OF:
            columns.setdefault(_VIEW_OF[view.kind], []).append(space.joined[index, start:end])
        start = end
    if len(columns) == 1:
        return index, {}
    return index, {view: reduced(np.hstack(parts), meant=view == "meaning") for view, parts in columns.items()}


def seen(views: Mapping[str, Draw], members: NDArray[np.bool_]) -> dict[str, Any]:
    """Which views alone find a mode again, and by how much; columns of `SEEN`.

    Parameters
    ----------
    views
        What `alone` gives.
    members
        Shape (n,): which of the sessions are in the mode.
    """
    if not views:
        return dict.fromkeys(SEEN)
    overlaps = {view: stability((draw,), members) for view, draw in views.items()}
    known = {view: overlap for view, overlap in overlaps.items() if not np.isnan(overlap)}
    return {
        "seen_by": [view for view, overlap in known.items() if overlap >= _AGAIN] if known else None,
        "overlaps": [{"view": view, "overlap": overlap} for view, overlap in known.items()] if known else None,
    }


def seen_note(modes: pl.DataFrame) -> tuple[str, ...]:
    """What the columns of `SEEN` say of these modes, and what not; nothing where sessions are compared by one view only."""
    told = modes.drop_nulls("seen_by")
    if told.is_empty():
        return ()
    views = sorted({str(each["view"]) for row in told["overlaps"].to_list() for each in row})
    single = int((told["seen_by"].list.len() > 0).sum())
    said = (
        f"Found again: {single} of {told.height} modes share half of their sessions or more with a group that {' or '.join(views)} alone "
        "gives (best-match overlap, among at most 2,500 sessions). Views that agree say that a mode does not hang on how sessions are "
        "compared; \u201conly together\u201d says that no view shows it by itself, not that it is not there. Neither says that it is a failure."
    )
    return (said,)
