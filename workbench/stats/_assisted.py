"""Shares of a population from a few labels and a guess for everything else, right whatever the guess is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from workbench.errors import EmptyError, InputError
from workbench.stats._interval import Interval
from workbench.stats._samples import Share
from workbench.stats._scipy import beta_interval

__all__ = ["Sample", "assisted_shares"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

_FEWEST: Final = 5
_MOST_GAIN: Final = 4.0  # guesses are never taken to be worth more than three further labels for each one read


@dataclass(frozen=True, slots=True)
class Sample:
    """Labels that were drawn together.

    Parameters
    ----------
    eligible
        Rows of the population that could be drawn; the others were labelled before.
    rows
        Those that were drawn and labelled.
    weights
        How many eligible rows each of them stands for, up to a common factor.
    """

    eligible: _Ints
    rows: _Ints
    weights: _Floats


def assisted_shares(
    labels: npt.ArrayLike,
    guesses: npt.ArrayLike,
    labelled: npt.ArrayLike,
    samples: Sequence[Sample],
    *,
    level: float = 0.95,
) -> list[Share]:
    """The share of each of K kinds in a population of N, some of which were labelled and all of which were guessed.

    Of each sample, the guesses are summed over everything that could be drawn, and what the drawn labels say against their guesses is
    weighted back and added. The samples are averaged by their sizes.

    Parameters
    ----------
    labels
        Shape (N, K), one row of the population each: 1 for the kind of a labelled row, else 0. Rows that are not labelled are not looked at.
    guesses
        Shape (N, K), likelihoods. The guess of a labelled row must not have been learned from its own label (cross-fitting).
    labelled
        Shape (N,), booleans.
    samples
        How the labels were drawn, in the order of drawing; those of under five labels only count as known. Labels that are in none are known, and say nothing of others.
    level
        The confidence level.

    Returns
    -------
    list of Share
        One a kind, adding up to 1. `effective` says how many simple random labels would have told as much; no interval has the width zero unless
        everything was labelled.

    Raises
    ------
    EmptyError
        No sample has five labels or more.
    InputError
        The shapes differ, or a sample names rows that are not labelled or could not be drawn.

    Notes
    -----
    The difference estimator of Särndal, Swensson & Wretman (1992), with the cross-fitting of Zrnic & Candès (2024), "Cross-prediction-powered
    inference", PNAS 121, and the tuning of Angelopoulos, Duchi & Zrnic (2023), "PPI++", by one factor for all kinds. The interval is that of Korn & Graubard (1998): Clopper and
    Pearson's at the effective sample size, here the smaller of the kind's own and that of all kinds together, since few
    labels of a rare kind say little of their spread.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.zeros((40, 2)); labels[:10, 0] = 1; labels[10:, 1] = 1
    >>> read = np.arange(0, 40, 4)
    >>> drawn = Sample(np.arange(40), read, np.ones(len(read)))
    >>> found = assisted_shares(labels, np.full((40, 2), 0.5), np.isin(np.arange(40), read), [drawn])
    >>> round(found[0].share, 3), found[0].n
    (0.3, 10)
    """
    y, f = np.asarray(labels, dtype=np.float64), np.asarray(guesses, dtype=np.float64)
    known = np.asarray(labelled, dtype=np.bool_)
    if y.ndim != 2 or y.shape != f.shape or known.shape != y.shape[:1]:  # noqa: PLR2004 - a table
        msg = f"labels of shape {y.shape}, guesses of {f.shape}, labelled of {known.shape}: they have a row each, and the same kinds"
        raise InputError(msg)
    for sample in samples:
        if not known[sample.rows].all() or not np.isin(sample.rows, sample.eligible).all():
            msg = "a sample names rows that are not labelled, or that could not be drawn"
            raise InputError(msg)
    used = [sample for sample in samples if len(sample.rows) >= _FEWEST]
    if not used:
        msg = f"no {_FEWEST} labels were drawn together by chance: shares need sessions that were drawn, not picked"
        raise EmptyError(msg)
    size, read = len(y), sum(len(sample.rows) for sample in used)
    shares, variance = np.zeros(y.shape[1]), np.zeros(y.shape[1])
    for sample in used:
        part = len(sample.rows) / read
        one, spread = _estimate(y, f, known, sample)
        shares += part * one / size
        variance += part**2 * spread / size**2
    if known.all():
        shares = y.mean(axis=0)
        return [Share(float(share), Interval(float(share), float(share), level), size, np.inf) for share in shares]
    shares = np.maximum(shares, 0)
    return _with_intervals(shares / shares.sum(), variance, read, level)


def _estimate(y: _Floats, f: _Floats, known: npt.NDArray[np.bool_], sample: Sample) -> tuple[_Floats, _Floats]:
    """Totals of the population as one sample tells them, and their variances."""
    could = np.zeros(len(y), dtype=np.bool_)
    could[sample.eligible] = True
    m, reach = len(sample.rows), len(sample.eligible)
    weight = sample.weights * reach / sample.weights.sum()
    said, guessed = y[sample.rows], f[sample.rows]
    off_said, off_guessed = said - weight @ said / reach, guessed - weight @ guessed / reach
    spread = float((weight @ off_guessed**2).sum())
    factor = float(np.clip((weight @ (off_said * off_guessed)).sum() / spread, 0, 1)) if spread > 0 else 0.0
    error = said - factor * guessed
    total = y[known & ~could].sum(axis=0) + factor * f[could].sum(axis=0) + weight @ error
    off = error - weight @ error / reach
    missed = 1 - m / reach
    return total, (weight**2 @ off**2) * m / (m - 1) * missed


def _with_intervals(shares: _Floats, variance: _Floats, read: int, level: float) -> list[Share]:
    spread = shares * (1 - shares)
    most = _MOST_GAIN * read
    pooled = most if variance.sum() == 0 else float(spread.sum() / variance.sum())
    if spread.sum() == 0:  # one kind alone: nothing says how much the guesses are worth
        pooled = float(read)
    found: list[Share] = []
    for share, own_spread, own_variance in zip(shares, spread, variance, strict=True):
        own = float(own_spread / own_variance) if own_variance > 0 and own_spread > 0 else float(read)
        effective = min(own, pooled, most)
        low, high = beta_interval(float(share) * effective, effective, level)
        found.append(Share(float(share), Interval(low, high, level), read, effective))
    return found
