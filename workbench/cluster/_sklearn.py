"""The one module that knows scikit-learn and sparse matrices: counting, centred projection, neighbours."""

from __future__ import annotations

import importlib
import itertools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Classifier",
    "Projection",
    "Vocabulary",
    "agreement",
    "linked",
    "most_agreed",
    "neighbours",
    "smooth",
    "split_points",
    "unit",
    "unit_rows",
    "weigh_columns",
]

Floats = NDArray[np.float64]
_MORE: Final = 10  # directions beside those that are kept, so that these are right
_ROUNDS: Final = 10
_LOOSE: Final = 10.0  # inverse strength of the regularisation
_NARROW: Final = 1200  # up to this many columns the covariance is quicker to take apart than the rows


def unit(rows: Floats) -> Floats:
    """Rows of length one; zero rows stay zero."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which terms of texts are kept, and the binary matrix of who says what.

    `terms` are sorted as the columns of the matrix.
    """

    terms: tuple[str, ...]
    _counter: Any
    _weights: Floats | None = None

    @classmethod
    def fit(
        cls, documents: Sequence[Sequence[str]], *, min_share: float, max_share: float, limit: int | None = None
    ) -> Vocabulary | None:
        """Keep terms in at least max(3, `min_share`·n) and at most `max_share`·n documents; None when none is."""
        text: Any = importlib.import_module("sklearn.feature_extraction.text")
        n = len(documents)
        low, high = max(3, int(min_share * n)), max_share * n
        if n == 0 or low > high:
            return None
        counter = text.CountVectorizer(
            analyzer=_same, min_df=low, max_df=int(high), max_features=limit, binary=True, dtype=np.float64
        )
        try:
            counter.fit(documents)
        except ValueError:  # the library's way to say that no term is left
            return None
        return cls(tuple(str(term) for term in counter.get_feature_names_out()), counter)

    def matrix(self, documents: Sequence[Sequence[str]]) -> Any:
        """A sparse matrix, one row a document, one column a term: its weight (1, where none was given) where the document has it."""
        counted = self._counter.transform(documents)
        return counted if self._weights is None else weigh_columns(counted, self._weights)

    def weighed(self, weights: Floats) -> Vocabulary:
        """The same terms, each with a weight, shape (terms,)."""
        return replace(self, _weights=weights)


def _same(document: Sequence[str]) -> Sequence[str]:
    return document


@dataclass(frozen=True, slots=True)
class Projection:
    """Centred principal components, rows of the result brought to length one."""

    _mean: Floats
    _components: Floats

    @property
    def dims(self) -> int:
        """How many directions are kept."""
        return self._components.shape[1]

    @classmethod
    def fit(cls, rows: Any, dims: int) -> Projection | None:
        """Fit on a dense or sparse matrix of shape (n, d); None where the rows do not differ."""
        sparse: Any = importlib.import_module("scipy.sparse")
        n, width = rows.shape
        keep = min(dims, n - 1, width)
        if keep < 1:
            return None
        is_sparse = bool(sparse.issparse(rows))
        if is_sparse and keep >= min(n, width) - 1:
            rows, is_sparse = rows.toarray(), False
        if not is_sparse and not np.any(rows - rows[[0]]):
            return None
        mean = np.asarray(rows.mean(axis=0), dtype=np.float64).ravel()
        if is_sparse:
            found = _main_directions(rows, mean, keep)
        elif width <= _NARROW:
            found = _widest(rows.T @ rows / n - np.outer(mean, mean), keep)[1]
        else:
            found = np.linalg.svd(rows - mean, full_matrices=False)[2][:keep].T
        # A direction has no sign of its own: its largest entry is made positive.
        largest = found[np.argmax(np.abs(found), axis=0), np.arange(keep)]
        return cls(mean, found * np.where(largest < 0, -1.0, 1.0))

    def apply(self, rows: Any) -> Floats:
        """Rows of length one in the fitted space, shape (n, at most dims)."""
        return unit(self.spread(rows))

    def spread(self, rows: Any) -> Floats:
        """Rows in the fitted space with their lengths kept."""
        return np.asarray(rows @ self._components, dtype=np.float64) - self._mean @ self._components


def _main_directions(rows: Any, mean: Floats, keep: int) -> Floats:
    """The main directions of a sparse matrix whose mean is taken away, shape (d, keep), the widest first.

    By the covariance of columns or of rows where that is small, else by repeated multiplication from a fixed start. ARPACK draws anew
    where directions are equally wide, and the same texts would lie elsewhere every time.
    """
    n, width = rows.shape

    def across(found: Floats) -> Floats:
        return np.asarray(rows.T @ found, dtype=np.float64) - mean[:, None] * found.sum(axis=0)

    if width <= _NARROW:
        return _widest((rows.T @ rows).toarray() / n - np.outer(mean, mean), keep)[1]
    if n <= _NARROW:
        beside = np.asarray(rows @ mean, dtype=np.float64)
        of_rows = (rows @ rows.T).toarray() - beside[:, None] - beside[None, :] + mean @ mean
        strength, found = _widest(of_rows, keep)
        return across(found) / np.sqrt(strength.clip(1e-12))
    basis = np.random.default_rng(0).normal(size=(width, min(keep + _MORE, width)))
    for _ in range(_ROUNDS):
        basis, _ = np.linalg.qr(across(np.asarray(rows @ basis) - mean @ basis))
    turned = np.linalg.svd(np.asarray(rows @ basis) - mean @ basis, full_matrices=False)[2]
    return basis @ turned[:keep].T


def _widest(square: Any, keep: int) -> tuple[Floats, Floats]:
    """The largest eigenvalues of a symmetric matrix, and their vectors as columns."""
    values, vectors = np.linalg.eigh(square)
    return np.asarray(values[::-1][:keep], dtype=np.float64), np.asarray(vectors[:, ::-1][:, :keep], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Classifier:
    """A logistic regression over kinds; where it was shown one kind alone, that one."""

    _model: Any
    _only: int | None = None

    @classmethod
    def fit(cls, rows: Floats, kinds: NDArray[np.int64], weights: Floats) -> Classifier:
        """Fit on rows of shape (m, d)."""
        if len(np.unique(kinds)) == 1:
            return cls(None, int(kinds[0]))
        linear: Any = importlib.import_module("sklearn.linear_model")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it may stop before the last digit
            return cls(linear.LogisticRegression(C=_LOOSE, max_iter=300).fit(rows, kinds, sample_weight=weights))

    def chance(self, rows: Floats, count: int) -> Floats:
        """The likelihood of each of `count` kinds, shape (n, count); 0 for kinds that it was not fitted on."""
        out = np.zeros((len(rows), count))
        if self._only is not None:
            out[:, self._only] = 1.0
            return out
        out[:, self._model.classes_] = self._model.predict_proba(rows)
        return out


def neighbours(of: Any, among: Any, k: int, *, same: bool = False) -> tuple[NDArray[np.int64], Floats]:
    """The k nearest rows of `among` for every row of `of`, and their distances, each of shape (n, k).

    With `same` the two are one set, and a row is not its own neighbour.
    """
    module: Any = importlib.import_module("sklearn.neighbors")
    k = max(0, min(k, len(among) - (1 if same else 0)))
    if k == 0 or len(of) == 0 or of.shape[1] == 0:
        return np.zeros((len(of), 0), dtype=np.int64), np.zeros((len(of), 0))
    finder = module.NearestNeighbors(n_neighbors=k, algorithm="brute").fit(among)
    distances, index = finder.kneighbors(None if same else of)
    return np.asarray(index, dtype=np.int64), np.asarray(distances, dtype=np.float64)


def smooth(rows: Floats, *, k: int, steps: int, index: NDArray[np.int64] | None = None) -> Floats:
    """Replace each row by the mean of itself and its mutual k nearest neighbours, `steps` times.

    `index` holds each row's nearest others, the nearest first, where they are known.
    """
    sparse: Any = importlib.import_module("scipy.sparse")
    n = len(rows)
    index = neighbours(rows, rows, k, same=True)[0] if index is None else index[:, :k]
    width = index.shape[1]
    near = sparse.csr_matrix((np.ones(n * width), (np.repeat(np.arange(n), width), index.ravel())), shape=(n, n))
    mutual = near.multiply(near.T) + sparse.eye(n)
    mean = sparse.diags(1.0 / np.asarray(mutual.sum(axis=1)).ravel()) @ mutual
    for _ in range(steps):
        rows = np.asarray(mean @ rows)
    return rows


def linked(centres: Floats) -> NDArray[np.int64]:
    """Families of n centres, 1..: joined by mean distance, cut at the widest step that leaves 2 to n / 2 of them."""
    hierarchy: Any = importlib.import_module("scipy.cluster.hierarchy")
    tree = hierarchy.linkage(centres, method="average")
    heights: Floats = tree[:, 2]
    n = len(centres)
    left = np.arange(2, max(2, n // 2) + 1)  # families that remain
    steps = heights[n - left] - heights[n - left - 1]
    return np.asarray(hierarchy.fcluster(tree, int(left[np.argmax(steps)]), criterion="maxclust"), dtype=np.int64)


def agreement(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Adjusted mutual information of two labellings: 1 the same, 0 what chance gives."""
    module: Any = importlib.import_module("sklearn.metrics")
    return float(module.adjusted_mutual_info_score(one, other))


def most_agreed(labelings: Sequence[NDArray[np.int64]]) -> int:
    """The labelling that agrees best with all others, by mean adjusted Rand index; the first of equals.

    What is in no group (-1) counts as a group.
    """
    module: Any = importlib.import_module("sklearn.metrics")
    agreement: Floats = np.eye(len(labelings))
    for one, other in itertools.combinations(range(len(labelings)), 2):
        score = float(module.adjusted_rand_score(labelings[one], labelings[other]))
        agreement[one, other] = agreement[other, one] = score
    mean: Floats = agreement.sum(axis=1) / len(labelings)
    return int(np.argmax(np.round(mean, 9)))


def split_points(points: Floats, parts: int, *, seed: int) -> NDArray[np.int64]:
    """Cut a set of points into `parts` compact ones; labels 0.. by falling size."""
    module: Any = importlib.import_module("sklearn.cluster")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labels = np.asarray(module.KMeans(parts, n_init=10, random_state=seed).fit_predict(points), dtype=np.int64)
    order = np.argsort(-np.bincount(labels, minlength=parts), kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(parts)
    return rank[labels]


def unit_rows(matrix: Any) -> Any:
    """A sparse matrix with rows of length one; empty rows stay empty."""
    sparse: Any = importlib.import_module("scipy.sparse")
    scale = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.diags(np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)) @ matrix


def weigh_columns(matrix: Any, weights: Floats) -> Any:
    """A sparse matrix with each column multiplied by its weight."""
    sparse: Any = importlib.import_module("scipy.sparse")
    return matrix @ sparse.diags(weights)
