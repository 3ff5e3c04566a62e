"""Shares from a few labels and a guess for everything else: right without a good guess, sharper with one."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.errors import EmptyError, InputError
from workbench.stats import Sample, Share, assisted_shares

N, KINDS = 600, np.array([0.45, 0.3, 0.2, 0.05])


def population(seed: int, *, right: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels of N rows, and guesses that put `right` on the label and the rest anywhere."""
    random = np.random.default_rng(seed)
    kinds = np.repeat(np.arange(4), np.round(N * KINDS).astype(int))
    labels = np.eye(4)[kinds]
    guesses = labels * right + random.dirichlet(np.ones(4), size=N) * (1 - right)
    return labels, guesses


def drawn(labels: np.ndarray, guesses: np.ndarray, seed: int, n: int = 60) -> list[Share]:
    """Half at random, then half with chances that grow with the doubt."""
    random = np.random.default_rng(seed)
    first = np.sort(random.choice(N, n // 2, replace=False))
    rest = np.setdiff1d(np.arange(N), first)
    doubt = 1.2 - guesses[rest].max(axis=1)
    chance = n // 2 * doubt / doubt.sum()
    order = random.permutation(len(rest))
    summed = np.cumsum(chance[order])
    start = random.random()
    hit = np.floor(summed - start) > np.floor(np.concatenate([[0], summed[:-1]]) - start)
    second, weight = rest[order[hit]], 1 / chance[order[hit]]
    known = np.isin(np.arange(N), [*first, *second])
    samples = [Sample(np.arange(N), first, np.ones(len(first))), Sample(rest, second, weight)]
    return assisted_shares(labels, guesses, known, samples)


@pytest.mark.parametrize("right", [0.0, 0.8])
def test_intervals_hold_the_true_share_whatever_the_guesses_are_worth(right: float) -> None:
    labels, guesses = population(0, right=right)
    true = labels.mean(axis=0)
    held = [
        share.interval.low <= p <= share.interval.high
        for seed in range(150)
        for share, p in zip(drawn(labels, guesses, seed), true, strict=True)
    ]
    assert np.mean(held) >= 0.93


def test_good_guesses_make_the_shares_sharper() -> None:
    off: dict[float, float] = {}
    width: dict[float, float] = {}
    for right in (0.0, 0.8):
        labels, guesses = population(0, right=right)
        found = [drawn(labels, guesses, seed) for seed in range(40)]
        off[right] = float(
            np.mean([abs(share.share - p) for some in found for share, p in zip(some, KINDS, strict=True)])
        )
        width[right] = float(np.mean([share.interval.width for some in found for share in some]))
    assert off[0.8] < 0.6 * off[0.0]
    assert width[0.8] < 0.8 * width[0.0]


def test_shares_add_up_and_no_interval_has_the_width_zero() -> None:
    labels = np.zeros((50, 3))
    labels[:, 0] = 1
    read = np.arange(0, 50, 5)
    found = assisted_shares(
        labels, np.full((50, 3), 1 / 3), np.isin(np.arange(50), read), [Sample(np.arange(50), read, np.ones(10))]
    )
    assert sum(share.share for share in found) == pytest.approx(1)
    assert all(share.interval.width > 0.1 for share in found)  # three kinds, two of which nobody met in ten


def test_where_everything_is_labelled_nothing_is_uncertain() -> None:
    labels, guesses = population(0, right=0.0)
    every = np.arange(N)
    found = assisted_shares(labels, guesses, np.ones(N, dtype=bool), [Sample(every, every, np.ones(N))])
    assert [share.share for share in found] == pytest.approx(labels.mean(axis=0))
    assert all(share.interval.width == 0 for share in found)


def test_labels_that_nobody_drew_say_nothing_of_others() -> None:
    labels, guesses = population(0, right=0.5)
    with pytest.raises(EmptyError, match="drawn, not picked"):
        assisted_shares(labels, guesses, np.isin(np.arange(N), np.arange(40)), [])


def test_a_sample_has_to_fit_what_is_known() -> None:
    labels, guesses = population(0, right=0.5)
    unread = Sample(np.arange(N), np.arange(10), np.ones(10))
    with pytest.raises(InputError, match="not labelled"):
        assisted_shares(labels, guesses, np.zeros(N, dtype=bool), [unread])
    with pytest.raises(InputError, match="same kinds"):
        assisted_shares(labels, guesses[:, :2], np.zeros(N, dtype=bool), [])
