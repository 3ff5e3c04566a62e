"""The views of a text joined into one space: meaning, shared words, structure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from workbench.cluster._embed import Embeds
from workbench.cluster._sklearn import Projection, Vocabulary, neighbours, smooth, unit_rows, weigh_columns
from workbench.cluster._terms import fragments, grams, kept_share, plain_fragments

__all__ = ["FACET_VIEWS", "Space", "Views", "fit_space", "joined_views", "reduced", "words_of"]

Floats = NDArray[np.float64]

_VIEW_DIMS: Final = 30
_MIN_SHARE: Final = 0.02
_MAX_SHARE: Final = 0.9
_TERMS: Final = 20_000
_REACTION: Final = 0.3  # that somebody minded says that something went wrong, hardly what
_MOSTLY_CODE: Final = 0.25
_STEPS: Final = 2
_DIGITS: Final = 6
_VOTES: Final = 10
_FAR: Final = 99.0  # percentile of the fitted texts' own distances beyond which nothing fits


@dataclass(frozen=True, slots=True)
class Views:
    """How much each view of a text weighs; 0 leaves it out.

    Parameters
    ----------
    meaning
        The sentence embedding: what a text is about.
    words
        Plain words and pairs of words that texts share across subjects.
    structure
        The tokens beside the text: signs, tool path, where it began.
    """

    meaning: float = 0.3
    words: float = 1.0
    structure: float = 1.0


FACET_VIEWS: Final = {
    "failure": Views(),
    "intent": Views(meaning=1.0, words=0.0, structure=0.0),
    "trajectory": Views(meaning=0.0, words=0.0, structure=1.0),
}


@dataclass(frozen=True, slots=True)
class _View:
    weight: float
    kind: str
    vocabulary: Vocabulary | None
    projection: Projection


@dataclass(frozen=True, slots=True)
class Space:
    """A fitted space: where the texts lie, and how to put others beside them.

    `joined` has shape (n, sum of the views' dimensions), `points` the smoothed and reduced shape (n, dims).
    """

    joined: Floats
    points: Floats
    views: tuple[_View, ...]
    plain: bool
    embed: Embeds | None
    reach: float

    def place(
        self, texts: Sequence[str], tokens: Sequence[Sequence[str]], progress: Callable[[int, int], None] | None = None
    ) -> Floats:
        """Other texts in the joined space, shape (m, as `joined`)."""
        rows: dict[str, Any] = {}
        for view in self.views:
            if view.kind == "meaning":
                assert self.embed is not None
                rows["meaning"] = np.asarray(self.embed(texts, progress=progress), dtype=np.float64)
            else:
                documents = tokens if view.kind == "structure" else words_of(texts, plain=self.plain)
                assert view.vocabulary is not None
                rows[view.kind] = _counted(view.vocabulary, documents)
        return _join([(view.weight, view.projection.apply(rows[view.kind])) for view in self.views], len(texts))

    def nearest(self, rows: Floats | None = None) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The nearest fitted texts of other rows (or, without rows, of each fitted text itself), and whether they are near at all."""
        if rows is None:
            index, distance = neighbours(self.joined, self.joined, _VOTES, same=True)
        else:
            index, distance = neighbours(rows, self.joined, _VOTES)
        far = distance[:, 0] if distance.shape[1] else np.full(len(index), np.inf)
        return index, far <= self.reach


def words_of(texts: Sequence[str], *, plain: bool) -> list[list[str]]:
    """The single words and pairs of words of each text."""
    return [grams(plain_fragments(text) if plain else fragments(text)) for text in texts]


def fit_space(
    texts: Sequence[str],
    tokens: Sequence[Sequence[str]],
    *,
    views: Views,
    embed: Embeds | None,
    progress: Callable[[int, int], None] | None = None,
) -> Space:
    """Fit the views on n texts, join them, pull mutual neighbours together, and reduce.

    Each view is centred and reduced by principal components to 30 dimensions, its rows are brought to length one and
    weighed. Centring matters: without it density clustering sees one cloud.
    """
    fitted, joined, plain = _fit_views(texts, tokens, views, embed, progress)
    points = reduced(joined)
    _, distance = neighbours(joined, joined, 1, same=True)
    reach = float(np.percentile(distance, _FAR)) if distance.size else np.inf
    return Space(joined, points, tuple(fitted), plain, embed, max(reach, 1e-9))


def joined_views(
    texts: Sequence[str],
    tokens: Sequence[Sequence[str]],
    *,
    views: Views,
    embed: Embeds | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Floats, bool]:
    """Where the texts lie in the joined space, shape (n, sum of the views' dimensions), and whether they are mostly code."""
    _, joined, plain = _fit_views(texts, tokens, views, embed, progress)
    return joined, plain


def _fit_views(
    texts: Sequence[str],
    tokens: Sequence[Sequence[str]],
    views: Views,
    embed: Embeds | None,
    progress: Callable[[int, int], None] | None,
) -> tuple[list[_View], Floats, bool]:
    fitted: list[_View] = []
    parts: list[tuple[float, Floats]] = []
    plain = kept_share(texts) < _MOSTLY_CODE

    def add(kind: str, weight: float, rows: Any, vocabulary: Vocabulary | None) -> None:
        projection = Projection.fit(rows, _VIEW_DIMS)
        if projection is not None:
            fitted.append(_View(weight, kind, vocabulary, projection))
            parts.append((weight, projection.apply(rows)))

    for kind, weight in (("words", views.words), ("structure", views.structure)):
        if weight <= 0:
            continue
        documents = tokens if kind == "structure" else words_of(texts, plain=plain)
        vocabulary = Vocabulary.fit(documents, min_share=_MIN_SHARE, max_share=_MAX_SHARE, limit=_TERMS)
        if vocabulary is not None:
            add(kind, weight, _counted(vocabulary, documents), vocabulary)
    if views.meaning > 0 and embed is not None:
        vectors = np.asarray(embed(texts, progress=progress), dtype=np.float64)
        add("meaning", views.meaning if fitted else 1.0, vectors, None)
    return fitted, _join(parts, len(texts)), plain


def reduced(joined: Floats) -> Floats:
    """Pull mutual neighbours together, centre, and keep the main directions; shape (n, at most 30)."""
    n = len(joined)
    if joined.shape[1] == 0 or n < 3:  # noqa: PLR2004 - two points have no neighbourhood
        return np.zeros((n, 1))
    smoothed = smooth(joined, k=int(np.clip(math.sqrt(n), 5, 30)), steps=_STEPS)
    projection = Projection.fit(smoothed, _reduced_dims(n))
    # Rounded, so that equal texts lie in one point and not in a cloud of rounding errors with densities of its own.
    return np.zeros((n, 1)) if projection is None else np.round(projection.apply(smoothed), _DIGITS)


def _reduced_dims(n: int) -> int:
    """10 dimensions for hundreds of texts, 30 for thousands: few texts do not fill many."""
    return int(np.clip(round(math.sqrt(n) / 2.5), 10, 30))


def _join(parts: Sequence[tuple[float, Floats]], n: int) -> Floats:
    return np.hstack([weight * rows for weight, rows in parts]) if parts else np.zeros((n, 0))


def _counted(vocabulary: Vocabulary, documents: Sequence[Sequence[str]]) -> Any:
    weights = np.array([_REACTION if term.startswith("reaction: ") else 1.0 for term in vocabulary.terms])
    return unit_rows(weigh_columns(vocabulary.matrix(documents), weights))
