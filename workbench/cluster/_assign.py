"""Other sessions into modes that were found before, here or on other processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.cluster._fit import Fit, Votes, vote
from workbench.cluster._space import Space
from workbench.cluster._spread import MakesExecutor, spread
from workbench.cluster._texts import as_items

__all__ = ["assigned", "in_parts", "placed_votes"]

_AT_ONCE: Final = 5000  # the same with and without an executor, so that the last digits are


def assigned(
    fit: Fit | None,
    labels: NDArray[np.int64],
    names: Mapping[int, str],
    texts: Any,
    *,
    executor: MakesExecutor | None,
    progress: Callable[[int, int], None] | None,
) -> pl.DataFrame:
    """``session_id, mode, name, strength`` in the order of `texts`; null where no mode fits."""
    frame, items = as_items(texts)
    modes: list[int | None] = [None] * len(items)
    strength = [0.0] * len(items)
    rows = [i for i, item in enumerate(items) if item.text.strip()]
    if fit is not None and rows and names:
        votes = placed_votes(
            fit.space,
            [items[i].text for i in rows],
            [items[i].tokens for i in rows],
            executor=executor,
            progress=progress,
        )
        found, share = vote(votes, labels)
        for i, mode, support in zip(rows, found.tolist(), share.tolist(), strict=True):
            modes[i] = mode if mode >= 0 else None
            strength[i] = support if mode >= 0 else 0.0
    return pl.DataFrame(
        {
            "session_id": frame["session_id"],
            "mode": pl.Series(modes, dtype=pl.Int64),
            "name": pl.Series([names[m] if m is not None else None for m in modes], dtype=pl.String),
            "strength": pl.Series(strength, dtype=pl.Float64),
        }
    )


def placed_votes(
    space: Space,
    texts: Sequence[str],
    tokens: Sequence[Sequence[str]],
    *,
    executor: MakesExecutor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Votes:
    """The nearest fitted texts of others, looked up in parts; an `executor` takes the parts, the meaning is embedded as ever."""
    vectors = space.vectors(texts, progress)
    light = replace(space, points=space.points[:0], own=(space.own[0][:0], space.own[1][:0]), embed=None)
    found = in_parts(_nearest, light, texts, tokens, vectors, executor=executor)
    return Votes(np.vstack([index for index, _ in found]), np.concatenate([near for _, near in found]))


def in_parts(
    function: Callable[..., Any],
    by: Any,
    texts: Sequence[str],
    tokens: Sequence[Sequence[str]],
    vectors: Any,
    *,
    executor: MakesExecutor | None,
) -> list[Any]:
    """A function's results over parts of the sessions, in their order, each with what it places them `by`; an `executor` takes the parts."""
    parts = [slice(start, start + _AT_ONCE) for start in range(0, len(texts), _AT_ONCE)]
    jobs = [(by, texts[part], tokens[part], None if vectors is None else vectors[part]) for part in parts]
    if executor is None:
        return [function(*job) for job in jobs]
    with closing(spread(function, jobs, executor)) as results:
        return [result for _, result in sorted(results, key=lambda pair: pair[0])]


def _nearest(
    space: Space, texts: Sequence[str], tokens: Sequence[Sequence[str]], vectors: Any
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    return space.nearest(space.placed(texts, tokens, vectors))
