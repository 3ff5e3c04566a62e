"""Where sessions lie and what they show, before anybody has read them: what the choice of the next one goes by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl

from workbench.cluster._embed import Embeds
from workbench.cluster._sklearn import neighbours
from workbench.cluster._space import Views, joined_views, words_of
from workbench.cluster._texts import as_items

__all__ = ["features"]

_VIEWS: Final = Views(meaning=0.0, agent=0.0)
_NEAREST: Final = 60
_AMONG: Final = 4000  # more neighbours than these to measure by change no rank, and cost minutes


def features(
    texts: Any,
    *,
    views: Views = _VIEWS,
    embed: Embeds | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pl.DataFrame:
    """Where each session lies among the others, and the signs that it shows.

    Parameters
    ----------
    texts
        What `facet_text` returns, or rows with `session_id` and `text`.
    views
        What the place goes by; by default shared words and structure, which need no model.
    embed
        Embeds the texts, where `views` weighs their meaning.
    progress
        Told how many texts are embedded, of how many.

    Returns
    -------
    polars.DataFrame
        One row a session, in the order given: `session_id`, `point` (array of floats), `terms` (its signs; where it has
        none, its words), `isolation` (distance to its 60th nearest among at most 4,000 others: what is unusual lies alone).

    Examples
    --------
    >>> from workbench.cluster import features
    >>> features([{"session_id": "a", "text": "the tool timed out"}]).columns
    ['session_id', 'point', 'terms', 'isolation']
    """
    frame, items = as_items(texts)
    written = [item.text for item in items]
    points, plain = joined_views(written, [item.tokens for item in items], views=views, embed=embed, progress=progress)
    words = ([word for word in spoken if " " not in word] for spoken in words_of(written, plain=plain))
    terms = [list(item.tokens) or spoken for item, spoken in zip(items, words, strict=True)]
    some = points[:: max(1, -(-len(points) // _AMONG))]
    _, distance = neighbours(points, some, min(_NEAREST, max(1, len(some) // 4)))
    return pl.DataFrame(
        {
            "session_id": frame["session_id"],
            "point": points,
            "terms": terms,
            "isolation": distance[:, -1] if distance.shape[1] else np.zeros(len(points)),
        },
        schema={
            "session_id": pl.String(),
            "point": pl.Array(pl.Float64(), points.shape[1]),
            "terms": pl.List(pl.String()),
            "isolation": pl.Float64(),
        },
    )
