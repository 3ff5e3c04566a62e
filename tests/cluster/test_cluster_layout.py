"""The map: modes apart from one another, near ones near, every session in its mode's disc, the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from workbench.cluster._layout import layout

Floats = NDArray[np.float64]


def spread(modes: int, *, each: int = 60, open_: int = 20, seed: int = 0) -> tuple[Floats, NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    centres = random.normal(size=(modes, 12))
    labels = np.repeat(np.arange(modes), each)
    points = np.vstack([centres[labels] + 0.2 * random.normal(size=(len(labels), 12)), random.normal(size=(open_, 12))])
    return points, np.concatenate([labels, np.full(open_, -1)]).astype(np.int64)


@pytest.mark.parametrize("modes", [2, 3, 12, 60])
def test_modes_do_not_cover_one_another(modes: int) -> None:
    points, labels = spread(modes)
    drawn = layout(points, labels)
    inside = labels >= 0
    nearest = np.linalg.norm(drawn[inside][:, None] - drawn[inside][None], axis=2)
    np.fill_diagonal(nearest, np.inf)
    assert np.mean(labels[inside][nearest.argmin(axis=1)] == labels[inside]) > 0.98


def test_modes_that_are_alike_lie_side_by_side() -> None:
    points, labels = spread(8)
    middle = points[labels == 0].mean(axis=0)
    points[labels == 5] += middle + 0.8 * np.eye(12)[0] - points[labels == 5].mean(axis=0)
    drawn = layout(points, labels)
    places = np.stack([drawn[labels == mode].mean(axis=0) for mode in range(8)])
    distance = np.linalg.norm(places - places[0], axis=1)
    assert np.argsort(distance)[1] == 5


def test_a_larger_mode_takes_more_room_and_what_is_open_lies_among_the_modes() -> None:
    points, labels = spread(4)
    points, labels = np.vstack([points, points[labels == 0] + 0.01]), np.concatenate([labels, labels[labels == 0]])
    drawn = layout(points, labels)
    width = [np.ptp(drawn[labels == mode], axis=0).max() for mode in range(4)]
    assert width[0] > max(width[1:])
    low, high = drawn[labels >= 0].min(axis=0), drawn[labels >= 0].max(axis=0)
    assert ((drawn[labels < 0] >= low) & (drawn[labels < 0] <= high)).all()


def test_it_is_the_same_every_time_and_takes_any_points() -> None:
    points, labels = spread(5)
    assert np.array_equal(layout(points, labels), layout(points.copy(), labels.copy()))
    for odd in (np.zeros((10, 3)), np.ones((1, 1)), np.repeat(np.eye(2), 5, axis=0)):
        for groups in (np.full(len(odd), -1), np.zeros(len(odd), dtype=np.int64), np.arange(len(odd)) // 5):
            assert np.isfinite(layout(odd, groups)).all()
            assert layout(odd, groups).shape == (len(odd), 2)
