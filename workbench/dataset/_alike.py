"""Which texts are nearly the same, without a model: shingles, MinHash to find candidates, the exact overlap to decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["THRESHOLD", "Alike", "alike", "joined"]

THRESHOLD: Final = 0.8
"""The share of shingles in common from which two texts are nearly the same."""

_SHINGLE: Final = 5  # characters, within words
_BANDS: Final = 25  # 25 bands of 5: a pair with 0.8 in common is missed with a chance below 1 in 10,000
_ROWS: Final = 5
_PRIME: Final = (1 << 31) - 1
_FEATURES: Final = 1 << 20

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Alike:
    """Texts in groups.

    Attributes
    ----------
    group
        Array (n,) of int: texts with the same number are nearly the same, directly or through others.
    nearest
        Array (n,) of int: the earlier text that each is most like, -1 where there is none.
    similarity
        Array (n,) of float: how much of their shingles those two have in common (Jaccard), 0 to 1.
    """

    group: _Ints
    nearest: _Ints
    similarity: npt.NDArray[np.float64]


def alike(texts: Sequence[str], threshold: float = THRESHOLD) -> Alike:
    """Group texts that have most of their 5-character shingles in common.

    Candidates come from MinHash signatures in bands (Broder 1997; Leskovec, Rajaraman and Ullman, *Mining of Massive Datasets*,
    section 3.4); each candidate is then decided by the exact Jaccard overlap. Case and white space do not count.

    Parameters
    ----------
    texts
        n texts.
    threshold
        The least overlap, above 0 and at most 1.

    Returns
    -------
    Alike
        Groups, and for each text the nearest earlier one.

    Examples
    --------
    >>> found = alike(["Where is my parcel?", "where is my  parcel?", "Cancel the order."])
    >>> found.group.tolist(), found.nearest.tolist()
    ([0, 0, 1], [-1, 0, -1])
    """
    plain = [" ".join(text.casefold().split()) for text in texts]
    number = {text: place for place, text in enumerate(dict.fromkeys(plain))}
    of = np.array([number[text] for text in plain], dtype=np.int64)
    first = np.full(len(number), -1, dtype=np.int64)
    for place in range(len(plain) - 1, -1, -1):
        first[of[place]] = place
    left, right, overlap = _pairs(list(number), threshold)
    nearest = np.where(first[of] < np.arange(len(plain)), first[of], -1) if plain else np.empty(0, dtype=np.int64)
    similarity = np.where(nearest >= 0, 1.0, 0.0)
    for one, other, share in zip(first[left].tolist(), first[right].tolist(), overlap.tolist(), strict=True):
        early, late = min(one, other), max(one, other)
        if share > similarity[late]:
            nearest[late], similarity[late] = early, share
    return Alike(joined(len(number), left, right)[of] if plain else of, nearest, similarity)


def joined(n: int, left: _Ints, right: _Ints) -> _Ints:
    """The group of each of n things of which pairs belong together, numbered as they come."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components  # pyright: ignore[reportUnknownVariableType]

    if not n:
        return np.empty(0, dtype=np.int64)
    edges = coo_matrix((np.ones(len(left)), (left, right)), shape=(n, n))
    found: _Ints = np.asarray(connected_components(edges, directed=False)[1], dtype=np.int64)  # pyright: ignore[reportUnknownArgumentType]
    _, places, group = np.unique(found, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(places))[group].astype(np.int64)


def _pairs(texts: list[str], threshold: float) -> tuple[_Ints, _Ints, npt.NDArray[np.float64]]:
    """Pairs of different texts with at least that overlap; within a large group not every pair, but enough to join it."""
    none = np.empty(0, dtype=np.int64)
    if len(texts) < 2 or not any(text.strip() for text in texts):  # noqa: PLR2004 - a pair takes two
        return none, none, np.empty(0)
    from sklearn.feature_extraction.text import HashingVectorizer

    options: Any = {"norm": None}  # its own types leave out that there may be none
    vectorizer: Any = HashingVectorizer(
        analyzer="char_wb", ngram_range=(_SHINGLE, _SHINGLE), n_features=_FEATURES, binary=True,
        alternate_sign=False, lowercase=False, **options,
    )  # fmt: skip
    shingles: csr_matrix = vectorizer.transform(texts).tocsr()
    candidates = np.unique(np.concatenate(_candidates(shingles)))
    left, right = candidates // len(texts), candidates % len(texts)
    overlap = _overlap(shingles, left, right)
    near = overlap >= threshold
    return left[near], right[near], overlap[near]


def _candidates(shingles: Any) -> list[_Ints]:
    """For every band, which texts to compare: neighbours and firsts among those with the same signature."""
    n = int(shingles.shape[0])
    sizes = np.diff(shingles.indptr)
    known = np.flatnonzero(sizes)
    starts = shingles.indptr[:-1][known]
    columns = shingles.indices.astype(np.int64)
    random = np.random.default_rng(0)
    found: list[_Ints] = [np.empty(0, dtype=np.int64)]
    for _ in range(_BANDS):
        signature = np.zeros(len(known), dtype=np.uint64)
        for _ in range(_ROWS):
            factor, shift = (int(each) for each in random.integers(1, _PRIME, 2))
            least = np.minimum.reduceat((columns * factor + shift) % _PRIME, starts)
            signature = signature * np.uint64(0x9E3779B97F4A7C15) + least.astype(np.uint64)
        order = np.argsort(signature, kind="stable")
        same = signature[order][1:] == signature[order][:-1]
        head = np.maximum.accumulate(np.where(np.concatenate(([False], same)), 0, np.arange(len(order))))
        after = np.flatnonzero(np.concatenate(([False], same)))
        one = known[order[after]]
        others = (known[order[after - 1]], known[order[head[after]]])
        found += [np.minimum(one, other) * n + np.maximum(one, other) for other in others]
    return found


def _overlap(shingles: Any, left: _Ints, right: _Ints) -> npt.NDArray[np.float64]:
    sizes = np.diff(shingles.indptr).astype(np.float64)
    common = np.empty(len(left))
    for start in range(0, len(left), 20_000):
        part = slice(start, start + 20_000)
        common[part] = np.asarray(shingles[left[part]].multiply(shingles[right[part]]).sum(axis=1)).ravel()
    total = sizes[left] + sizes[right] - common
    return np.divide(common, total, out=np.zeros_like(common), where=(total > 0) & (left != right))
