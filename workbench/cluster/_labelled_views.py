"""The views of sessions that labels weigh: words, meaning and structure, each bent towards its main directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from workbench.cluster._fit import Fit
from workbench.cluster._sklearn import Projection, Vocabulary, neighbours, unit, unit_rows, weigh_columns
from workbench.cluster._space import Space, documents_of

__all__ = ["LabelledViews", "nearest_distance", "weighed"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DIMS: Final = 60
_MIN_SHARE: Final = 0.01
_MAX_SHARE: Final = 0.95
_TERMS: Final = 20_000
_AT_ONCE: Final = 20_000  # rows at a time, so that memory does not grow with them
_ALIGNMENT: Final = 2  # power of a view's agreement with the labels that is its weight
_PRIOR: Final = 2.0  # labels of a kind that say as much as where the session lay before there were any


@dataclass(frozen=True, slots=True)
class _View:
    kind: str
    vocabulary: Vocabulary | None
    rarity: Floats
    projection: Projection
    gain: Floats

    def rows(self, texts: Sequence[str], tokens: Sequence[Sequence[str]], vectors: Any) -> Floats:
        raw: Any = unit(np.asarray(vectors, dtype=np.float64)) if self.vocabulary is None else None
        if self.vocabulary is not None:
            said = self.vocabulary.matrix(documents_of(self.kind, texts, tokens))
            raw = unit_rows(weigh_columns(said, self.rarity))
        return self.projection.spread(raw) * self.gain


@dataclass(frozen=True, slots=True)
class LabelledViews:
    """What a few labels are spread over: one block of columns a view, and one of where the groups were looked for, each of mean squared length one.

    The columns of a view are principal components whose spread is raised to the third power: a handful of labels can only say something of
    directions in which many sessions differ. The last block are the smoothed points in which density found its groups: what labels do not tell apart
    yet stays together as it was. Words are weighed by their rarity, since what all say tells nothing apart. `some` are the
    rows that the views were fitted on: all, or of very many a sample.
    """

    blocks: tuple[Floats, ...]
    views: tuple[_View, ...]
    some: Ints
    space: Space
    _middle: Floats
    _length: float

    @classmethod
    def of(cls, fit: Fit) -> LabelledViews:
        """The views that a clustering compared its n sessions by; worked out once."""
        known = fit.remembered.get("labelled views")
        if not isinstance(known, cls):
            known = fit.remembered["labelled views"] = cls._fit(fit)
        return known

    @classmethod
    def _fit(cls, fit: Fit) -> LabelledViews:
        space, some = fit.space, fit.space.rows
        texts, tokens = [item.text for item in fit.items], [item.tokens for item in fit.items]
        vectors = space.vectors(texts)
        drawn: list[int] = some.tolist()
        said, signs = [texts[i] for i in drawn], [tokens[i] for i in drawn]
        meant = None if vectors is None else vectors[some]
        kinds = sorted({view.kind for view in space.views})
        found = [_fitted(kind, said, signs, meant) for kind in kinds]
        views = tuple(view for view, _ in found if view is not None)
        if space.sampled:
            placed = _placed(views, texts, tokens, vectors)
        else:
            placed = tuple(rows for view, rows in found if view is not None)
        middle = space.points[some].mean(axis=0)
        length = max(float(np.linalg.norm(space.points[some] - middle)) / len(some) ** 0.5, 1e-12)
        blocks = (*placed, (space.points - middle) / length) if placed else ()
        return cls(blocks, views, some, space, middle, length)

    @property
    def light(self) -> LabelledViews:
        """What is needed to place other sessions, without where the compared ones lie by each view: to be sent to a worker."""
        near = self.space.own
        space = replace(self.space, own=(near[0][:0], near[1][:0]), embed=None)
        return replace(self, blocks=(), space=space)

    def place(self, texts: Sequence[str], tokens: Sequence[Sequence[str]], vectors: Any) -> tuple[Floats, ...]:
        """Other sessions in the same columns; as to the groups, in the middle of their nearest."""
        index, _ = self.space.nearest(self.space.placed(texts, tokens, vectors))
        beside = self.space.points[index].mean(axis=1) if index.shape[1] else np.tile(self._middle, (len(texts), 1))
        return (*_placed(self.views, texts, tokens, vectors), (beside - self._middle) / self._length)

    def weights(self, rows: Ints, kinds: Ints) -> Floats:
        """How much each view weighs: how far likeness in it goes with having the same label, over pairs of labelled sessions.

        That of the groups weighs the less the more labels there are of a kind.

        Notes
        -----
        Centred kernel alignment, Cortes, Mohri & Rostamizadeh (2012), JMLR 13, 795-828, here without the diagonal.
        """
        pairs = ~np.eye(len(rows), dtype=np.bool_)
        same = (kinds[:, None] == kinds[None])[pairs].astype(np.float64)
        same -= same.mean()
        found: list[float] = []
        for block in self.blocks:
            alike = (block[rows] @ block[rows].T)[pairs]
            alike -= alike.mean()
            size = np.sqrt((alike @ alike) * (same @ same))
            found.append(max(0.0, float(alike @ same / size)) if size > 0 else 0.0)
        weights = np.array(found) ** _ALIGNMENT
        weights[-1:] *= _PRIOR / (_PRIOR + len(rows) / max(1, len(np.unique(kinds))))
        return weights / weights.sum() if weights.sum() > 0 else np.full(len(found), 1 / max(1, len(found)))


def _placed(
    views: Sequence[_View], texts: Sequence[str], tokens: Sequence[Sequence[str]], vectors: Any
) -> tuple[Floats, ...]:
    out: list[Floats] = []
    for view in views:
        parts: list[Floats] = []
        for start in range(0, len(texts), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            parts.append(view.rows(texts[part], tokens[part], None if vectors is None else vectors[part]))
        out.append(np.vstack(parts))
    return tuple(out)


def _fitted(
    kind: str, texts: Sequence[str], tokens: Sequence[Sequence[str]], vectors: Any
) -> tuple[_View | None, Floats]:
    vocabulary, rarity = None, np.ones(0)
    raw: Any = unit(np.asarray(vectors, dtype=np.float64)) if kind == "meaning" else None
    if kind != "meaning":
        documents = documents_of(kind, texts, tokens)
        vocabulary = Vocabulary.fit(documents, min_share=_MIN_SHARE, max_share=_MAX_SHARE, limit=_TERMS)
        if vocabulary is None:
            return None, np.zeros((0, 0))
        said = vocabulary.matrix(documents)
        rarity = _rarity(said, len(texts)) if kind == "words" else np.ones(len(vocabulary.terms))
        raw = unit_rows(weigh_columns(said, rarity))
    projection = Projection.fit(raw, _DIMS)
    if projection is None:
        return None, np.zeros((0, 0))
    rows = projection.spread(raw)
    gain = rows.std(axis=0) ** 2
    gain /= np.linalg.norm(rows * gain) / len(rows) ** 0.5
    return _View(kind, vocabulary, rarity, projection, gain), rows * gain


def _rarity(said: Any, n: int) -> Floats:
    """The weight of each term, the larger the fewer of n texts have it."""
    many = np.zeros(int(said.shape[1]))
    np.add.at(many, np.asarray(said.indices, dtype=np.int64), 1.0)
    return np.log((1.0 + n) / (1.0 + many)) + 1.0


def weighed(blocks: Sequence[Floats], weights: Floats) -> Floats:
    """The blocks side by side, each as wide as it weighs."""
    return np.hstack([np.sqrt(weight) * block for weight, block in zip(weights, blocks, strict=True)])


def nearest_distance(of: Floats, among: Floats, *, same: bool = False) -> Floats:
    """How far the nearest row of `among` is from each of `of`; infinite where there is none."""
    _, distance = neighbours(of, among, 1, same=same)
    return distance[:, 0] if distance.shape[1] else np.full(len(of), np.inf)
