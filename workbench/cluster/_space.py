"""The views of a text joined into one space: meaning, shared words, structure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from workbench.cluster._embed import Embeds
from workbench.cluster._recent import Recent, key_of
from workbench.cluster._sklearn import Projection, Vocabulary, neighbours, smooth, unit_rows
from workbench.cluster._terms import form_of, fragments, grams, kept_share, plain_fragments
from workbench.errors import InputError

__all__ = ["FACET_VIEWS", "Space", "Views", "documents_of", "fit_space", "joined_views", "reduced", "words_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_VIEW_DIMS: Final = 30
_MEANING_DIMS: Final = 50  # measured on labelled intents: beyond these agreement falls again
_SHARES: Final = {
    "words": (0.02, 0.9),
    "names": (0.02, 0.9),
    "form": (0.02, 0.9),
    "structure": (0.004, 0.9),  # a sign that few sessions show may be the whole of a mode
    "agent": (0.0, 1.0),
}
_TERMS: Final = 20_000
_MEANS_LESS: Final = {"reaction": 0.3, "ended": 0.6}  # both say that something went wrong, hardly what
_AGENT: Final = "agent: "
_LIFT: Final = (0.05, 20.0)
_MOSTLY_CODE: Final = 0.25  # of the letters are plain words: a text is code, JSON or calls
_MOSTLY_PROSE: Final = 0.4
_HARDLY_A_WORD: Final = 0.1
_STEPS: Final = 2
_PULLED: Final = 0.36  # measured on long-tailed draws of labelled intents
_DIGITS: Final = 6
_VOTES: Final = 10
_WHOLE: Final = 25_000  # up to this many texts the groups are looked for among all of them
_SAMPLED: Final = 20_000
_recent: Final = Recent(4)
_READ: Final = 50_000  # characters of a text
_AT_ONCE: Final = 20_000  # rows that are placed at a time, so that memory does not grow with them
_FAR: Final = 99.0  # percentile of the fitted texts' own distances beyond which nothing fits


@dataclass(frozen=True, slots=True)
class Views:
    """How much each view of a text weighs; 0 leaves it out.

    Parameters
    ----------
    meaning
        The sentence embedding: what a text is about.
    words
        Plain words and pairs of words that texts share across subjects. The less of the texts is plain words, as in calls, JSON and
        code, the more count the words inside names, too, and the form: which signs, values and names stand beside one another.
    structure
        The tokens beside the text: signs, tool path, where it began, how it ended.
    agent
        Which agent it was, where the tools tell several apart.
    """

    meaning: float = 0.3
    words: float = 1.0
    structure: float = 1.0
    agent: float = 2.0


FACET_VIEWS: Final = {
    "failure": Views(),
    "intent": Views(meaning=1.0, words=0.0, structure=0.0, agent=0.0),
    "trajectory": Views(meaning=0.0, words=0.0, structure=1.0, agent=0.0),
}


@dataclass(frozen=True, slots=True)
class _View:
    weight: float
    kind: str
    vocabulary: Vocabulary | None
    projection: Projection

    def apply(self, texts: Sequence[str], tokens: Sequence[Sequence[str]], vectors: Any) -> Floats:
        """Rows of this view, weighed, shape (n, its dimensions)."""
        if self.vocabulary is None:
            return self.weight * self.projection.apply(np.asarray(vectors, dtype=np.float64))
        documents = documents_of(self.kind, texts, tokens)
        return self.weight * self.projection.apply(unit_rows(self.vocabulary.matrix(documents)))


@dataclass(frozen=True, slots=True)
class Space:
    """A fitted space: where the texts lie, and how to put others beside them.

    `rows` are the texts that it was fitted on: all, or of very many a sample (`sampled`). `joined` has shape (rows, sum of the views'
    dimensions), `points`, for every text, the smoothed and reduced shape (n, dims); `own` holds every text's nearest fitted ones
    (as rows of the texts, shape (n, 10)) and whether these are near.
    """

    joined: Floats
    rows: Ints
    points: Floats
    own: tuple[Ints, NDArray[np.bool_]]
    views: tuple[_View, ...]
    plain: bool
    embed: Embeds | None
    reach: float
    sampled: bool = False
    key: str = ""  # of what it was fitted on; empty: it is not kept

    @property
    def meant(self) -> bool:
        """Whether texts lie by their meaning alone."""
        return all(view.kind == "meaning" for view in self.views)

    def vectors(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> Any:
        """The texts embedded, where the space has a view of their meaning."""
        if not any(view.kind == "meaning" for view in self.views):
            return None
        assert self.embed is not None
        return self.embed(texts, progress=progress)

    def placed(self, texts: Sequence[str], tokens: Sequence[Sequence[str]], vectors: Any) -> Floats:
        """Other texts in the joined space, shape (m, as `joined`)."""
        return _apply(self.views, texts, tokens, vectors)

    def nearest(self, rows: Floats) -> tuple[Ints, NDArray[np.bool_]]:
        """The nearest fitted texts of other rows, and whether they are near at all."""
        # Half the digits are enough to say who of many is near, and twice as fast.
        digits = np.float32 if self.sampled else np.float64
        index, distance = neighbours(rows.astype(digits), self.joined.astype(digits), _VOTES)
        far = distance[:, 0] if distance.shape[1] else np.full(len(index), np.inf)
        return self.rows[index], far <= self.reach


def words_of(texts: Sequence[str], *, plain: bool) -> list[list[str]]:
    """The single words and pairs of words of each text, of a very long one those that it begins with."""
    return [grams(plain_fragments(text[:_READ]) if plain else fragments(text[:_READ])) for text in texts]


def fit_space(
    texts: Sequence[str],
    tokens: Sequence[Sequence[str]],
    *,
    views: Views,
    embed: Embeds | None,
    progress: Callable[[int, int], None] | None = None,
    passing: Sequence[Sequence[str]] = (),
) -> Space:
    """Fit the views on n texts, join them, pull mutual neighbours together, and reduce.

    Each view is centred and reduced by principal components, its rows are brought to length one and weighed. Centring matters:
    without it density clustering sees one cloud. Beyond 25,000 texts the space is fitted on 20,000 drawn at random, always the
    same ones, and the others are put where their nearest among these are. Where the tokens of passing sessions are given, a token
    weighs the more the rarer it is and the fewer of them have it.
    """
    n = len(texts)
    vectors = embed(texts, progress=progress) if views.meaning > 0 and embed is not None else None
    if vectors is not None and not np.isfinite(vectors).all():
        msg = "the vectors of some texts are no finite numbers: look at what `embed` gives for them"
        raise InputError(msg)
    key = key_of(texts, tokens, views, vectors, passing) if n <= _WHOLE else ""
    return replace(_recent.get(key, lambda: _fitted(texts, tokens, views, vectors, key, passing=passing)), embed=embed)


def _fitted(
    texts: Sequence[str],
    tokens: Sequence[Sequence[str]],
    views: Views,
    vectors: Any,
    key: str,
    *,
    passing: Sequence[Sequence[str]],
) -> Space:
    n = len(texts)
    rows = np.arange(n) if n <= _WHOLE else np.sort(np.random.default_rng(0).choice(n, size=_SAMPLED, replace=False))
    fitted, joined, plain = _fit_views(
        _at(texts, rows), _at(tokens, rows), views, None if vectors is None else vectors[rows], passing=passing
    )
    meant = all(view.kind == "meaning" for view in fitted)
    index, distance = neighbours(joined, joined, max(_VOTES, _pulled(len(rows), meant=meant)), same=True)
    reach = max(float(np.percentile(distance[:, :1], _FAR)) if distance.size else np.inf, 1e-9)
    points = reduced(joined, index, meant=meant)
    near = distance[:, 0] <= reach if distance.shape[1] else np.zeros(len(rows), dtype=np.bool_)
    own = rows[index[:, :_VOTES]], near
    space = Space(joined, rows, points, own, tuple(fitted), plain, None, reach, sampled=len(rows) < n, key=key)
    return _extended(space, texts, tokens, vectors) if space.sampled else space


def _extended(space: Space, texts: Sequence[str], tokens: Sequence[Sequence[str]], vectors: Any) -> Space:
    """The space of a sample with all other texts put beside it, each in the middle of its nearest."""
    n = len(texts)
    points = np.zeros((n, space.points.shape[1]))
    index, near = np.zeros((n, space.own[0].shape[1]), dtype=np.int64), np.zeros(n, dtype=np.bool_)
    points[space.rows], index[space.rows], near[space.rows] = space.points, *space.own
    others = np.setdiff1d(np.arange(n), space.rows, assume_unique=True)
    for start in range(0, len(others), _AT_ONCE):
        some = others[start : start + _AT_ONCE]
        placed = space.placed(_at(texts, some), _at(tokens, some), None if vectors is None else vectors[some])
        index[some], near[some] = space.nearest(placed)
        points[some] = points[index[some]].mean(axis=1)
    return replace(space, points=points, own=(index, near))


def joined_views(
    texts: Sequence[str],
    tokens: Sequence[Sequence[str]],
    *,
    views: Views,
    embed: Embeds | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Floats, bool]:
    """Where the texts lie in the joined space, shape (n, sum of the views' dimensions), and whether they are mostly code."""
    vectors = embed(texts, progress=progress) if views.meaning > 0 and embed is not None else None
    _, joined, plain = _fit_views(texts, tokens, views, vectors)
    return joined, plain


def _fit_views(
    texts: Sequence[str],
    tokens: Sequence[Sequence[str]],
    views: Views,
    vectors: Any,
    *,
    passing: Sequence[Sequence[str]] = (),
) -> tuple[list[_View], Floats, bool]:
    fitted: list[_View] = []
    parts: list[Floats] = []
    kept = kept_share([text[:_READ] for text in texts[:: max(1, len(texts) // 300)]])
    plain = kept < _MOSTLY_CODE

    def add(kind: str, weight: float, rows: Any, vocabulary: Vocabulary | None, dims: int) -> None:
        projection = Projection.fit(rows, dims)
        if projection is not None:
            fitted.append(_View(weight, kind, vocabulary, projection))
            parts.append(weight * projection.apply(rows))

    for kind, weight in _weighed(views, kept):
        if weight <= 0:
            continue
        documents = documents_of(kind, texts, tokens)
        low, high = _SHARES[kind]
        vocabulary = Vocabulary.fit(documents, min_share=low, max_share=high, limit=_TERMS)
        if vocabulary is not None:
            if kind == "structure":
                vocabulary = vocabulary.weighed(_weights(vocabulary, documents, passing))
            add(kind, weight, unit_rows(vocabulary.matrix(documents)), vocabulary, _VIEW_DIMS)
    if vectors is not None:
        alone = not fitted
        rows = np.asarray(vectors, dtype=np.float64)
        add("meaning", 1.0 if alone else views.meaning, rows, None, _MEANING_DIMS if alone else _VIEW_DIMS)
    return fitted, np.hstack(parts) if parts else np.zeros((len(texts), 0)), plain


def _weighed(views: Views, kept: float) -> list[tuple[str, float]]:
    """What each view weighs where this share of the letters is in plain words."""
    odd = _share_of_way(kept, _MOSTLY_PROSE, _MOSTLY_CODE)
    named = _share_of_way(kept, _MOSTLY_CODE, _HARDLY_A_WORD) / 2
    return [
        ("words", views.words * math.sqrt(1 - named)),
        ("names", views.words * math.sqrt(named)),
        ("form", views.words * odd),
        ("structure", views.structure),
        ("agent", views.agent),
    ]


def _share_of_way(value: float, start: float, end: float) -> float:
    return float(np.clip((start - value) / (start - end), 0.0, 1.0))


def _apply(views: Sequence[_View], texts: Sequence[str], tokens: Sequence[Sequence[str]], vectors: Any) -> Floats:
    if not views:
        return np.zeros((len(texts), 0))
    parts: list[Floats] = []
    for start in range(0, len(texts), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        some = None if vectors is None else vectors[part]
        parts.append(np.hstack([view.apply(texts[part], tokens[part], some) for view in views]))
    return np.vstack(parts) if parts else np.zeros((0, sum(view.projection.dims for view in views)))


def reduced(joined: Floats, index: Ints | None = None, *, meant: bool) -> Floats:
    """Pull mutual neighbours together, centre, and keep the main directions; shape (n, at most 30).

    `index` holds each row's nearest other rows where they are known, at least as many as are pulled; `meant`: the rows say
    what texts mean, and nothing else.
    """
    n = len(joined)
    if joined.shape[1] == 0 or n < 3:  # noqa: PLR2004 - two points have no neighbourhood
        return np.zeros((n, 1))
    smoothed = smooth(joined, k=_pulled(n, meant=meant), steps=_STEPS, index=index)
    projection = Projection.fit(smoothed, _reduced_dims(n))
    # Rounded, so that equal texts lie in one point and not in a cloud of rounding errors with densities of its own.
    return np.zeros((n, 1)) if projection is None else np.round(projection.apply(smoothed), _DIGITS)


def _pulled(n: int, *, meant: bool) -> int:
    """How many neighbours may pull at a text: where texts lie by meaning about as many as a small group has; by words, which are coarser, more."""
    return int(np.clip(round(_PULLED * math.sqrt(n)), 5, 40) if meant else np.clip(math.sqrt(n), 5, 30))


def _reduced_dims(n: int) -> int:
    """10 dimensions for hundreds of texts, 30 for thousands: few texts do not fill many."""
    return int(np.clip(round(math.sqrt(n) / 2.5), 10, 30))


def _at(values: Sequence[Any], rows: Ints) -> Sequence[Any]:
    return values if len(rows) == len(values) else [values[i] for i in rows.tolist()]


def documents_of(kind: str, texts: Sequence[str], tokens: Sequence[Sequence[str]]) -> list[list[str]]:
    """The terms of each text in the view of that kind."""
    if kind in {"words", "names"}:
        return words_of(texts, plain=kind == "names")
    if kind == "form":
        return [form_of(text) for text in texts]
    return [[token for token in row if token.startswith(_AGENT) == (kind == "agent")] for row in tokens]


def _weights(vocabulary: Vocabulary, documents: Sequence[Sequence[str]], passing: Sequence[Sequence[str]]) -> Floats:
    """√(times as common as in passing sessions · log of how rare) for each term; less for what says little of the failure."""
    means = np.array([_MEANS_LESS.get(term.split(": ", 1)[0], 1.0) for term in vocabulary.terms])
    if not passing:
        return means
    here, there = vocabulary.matrix(documents), vocabulary.matrix(passing)
    count = np.asarray(here.sum(axis=0), dtype=np.float64).ravel()
    share = (count + 1) / (len(documents) + 2)
    lift = share / ((np.asarray(there.sum(axis=0), dtype=np.float64).ravel() + 1) / (len(passing) + 2))
    return means * np.sqrt(np.clip(lift, *_LIFT) * (np.log(len(documents) / np.maximum(count, 1)) + 0.1))
