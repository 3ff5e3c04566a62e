"""Other ways to group texts, with their defaults, where they are installed."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def evoc(_: Sequence[str], vectors: NDArray[np.float32]) -> tuple[Ints, Ints]:
    found = importlib.import_module("evoc").EVoC(random_state=0).fit_predict(vectors)
    return filled(vectors, np.asarray(found))


def bertopic(texts: Sequence[str], vectors: NDArray[np.float32]) -> tuple[Ints, Ints]:
    umap = importlib.import_module("umap").UMAP(
        n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0
    )  # its defaults, and a seed
    found, _ = importlib.import_module("bertopic").BERTopic(umap_model=umap).fit_transform(list(texts), vectors)
    return filled(vectors, np.asarray(found))


def filled(points: NDArray[Any], labels: Ints) -> tuple[Ints, Ints]:
    """The labels, and the same with what is open at its nearest centre."""
    groups = np.unique(labels[labels >= 0])
    if not len(groups):
        return labels, np.zeros_like(labels)
    centres = np.stack([points[labels == group].mean(axis=0) for group in groups])
    nearest = groups[np.argmin((centres**2).sum(axis=1) - 2 * points @ centres.T, axis=1)]
    return labels, np.where(labels < 0, nearest, labels)
