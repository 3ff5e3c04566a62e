"""What repeated tries of a case say: pass@k, pass^k, how often a case flips by itself, and the bootstrap over cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.errors import EmptyError, InputError
from workbench.stats._interval import Interval, quantile

__all__ = ["OfK", "bootstrap", "flip_rate", "pass_at_k", "pass_hat_k"]

_Array = npt.NDArray[np.float64]
_Counts = npt.NDArray[np.int64]
_BLOCK = 4_000_000  # random numbers drawn at a time


@dataclass(frozen=True, slots=True)
class OfK:
    """pass@k or pass^k over cases.

    Parameters
    ----------
    value
        The mean over the cases that were tried at least `k` times; NaN where there is none.
    k
        How many tries are meant.
    cases
        How many cases were tried at least `k` times.
    dropped
        How many cases were tried fewer than `k` times, and are not in the mean.
    per_case
        Each kept case's own estimate, in the order given.
    """

    value: float
    k: int
    cases: int
    dropped: int
    per_case: _Array


def pass_at_k(n: npt.ArrayLike, c: npt.ArrayLike, k: int) -> OfK:
    """The chance that at least one of `k` tries of a case passes, without bias, as a mean over cases.

    Parameters
    ----------
    n
        Each case's number of tries; cases may differ.
    c
        Each case's number of passes.
    k
        How many tries are meant.

    Raises
    ------
    InputError
        `k` is below 1, the lengths differ, or a case has more passes than tries.

    Notes
    -----
    Chen et al. (2021), "Evaluating Large Language Models Trained on Code", equation 1: ``1 - C(n-c, k) / C(n, k)``.

    Examples
    --------
    >>> pass_at_k([5, 5], [2, 0], 3).value
    0.45
    """
    tries, passes, kept = _checked(n, c, k)
    own = 1 - _all_within(tries - passes, tries, k)
    return _of_k(own, k, kept)


def pass_hat_k(n: npt.ArrayLike, c: npt.ArrayLike, k: int) -> OfK:
    """The chance that all of `k` tries of a case pass, without bias, as a mean over cases.

    Parameters
    ----------
    n
        Each case's number of tries; cases may differ.
    c
        Each case's number of passes.
    k
        How many tries are meant.

    Raises
    ------
    InputError
        `k` is below 1, the lengths differ, or a case has more passes than tries.

    Notes
    -----
    Yao et al. (2024), "τ-bench", section 3: ``C(c, k) / C(n, k)``, here with each case's own `n`.

    Examples
    --------
    >>> round(pass_hat_k([4, 4], [4, 2], 2).value, 4)
    0.5833
    """
    tries, passes, kept = _checked(n, c, k)
    return _of_k(_all_within(passes, tries, k), k, kept)


def flip_rate(n: npt.ArrayLike, c: npt.ArrayLike) -> float:
    """How often two tries of the same case disagree, as a mean over the cases with at least two; NaN where there is none.

    Parameters
    ----------
    n, c
        Each case's number of tries and of passes.

    Examples
    --------
    >>> flip_rate([2, 2, 1], [1, 2, 1])
    0.5
    """
    tries, passes, _ = _checked(n, c, 2)
    if not tries.size:
        return float("nan")
    return float((2 * passes * (tries - passes) / (tries * (tries - 1))).mean())


def _checked(n: npt.ArrayLike, c: npt.ArrayLike, k: int) -> tuple[_Counts, _Counts, npt.NDArray[np.bool_]]:
    tries = np.asarray(n, dtype=np.int64).ravel()
    passes = np.asarray(c, dtype=np.int64).ravel()
    if k < 1:
        msg = f"k counts tries and starts at 1, not {k}"
        raise InputError(msg)
    if tries.shape != passes.shape:
        msg = f"{tries.size} cases have tries and {passes.size} have passes: give one of each for every case"
        raise InputError(msg)
    if tries.size and ((passes < 0) | (passes > tries)).any():
        worst = int(np.flatnonzero((passes < 0) | (passes > tries))[0])
        msg = f"case {worst} has {passes[worst]} passes in {tries[worst]} tries"
        raise InputError(msg)
    kept = tries >= k
    return tries[kept], passes[kept], kept


def _all_within(chosen: _Counts, n: _Counts, k: int) -> _Array:
    """``C(chosen, k) / C(n, k)``, as a product that neither overflows nor cancels."""
    share = np.ones(n.shape, dtype=np.float64)
    for step in range(k):
        share *= np.maximum(chosen - step, 0) / (n - step)
    return share


def _of_k(own: _Array, k: int, kept: npt.NDArray[np.bool_]) -> OfK:
    value = float(own.mean()) if own.size else float("nan")
    return OfK(value, k, int(kept.sum()), int((~kept).sum()), own)


def bootstrap(values: npt.ArrayLike, *, draws: int = 10_000, level: float = 0.95, seed: int = 0) -> list[Interval]:
    """Percentile intervals of column means, from resampling whole rows.

    Rows that are alike are drawn together: the number of times that each distinct row appears is multinomial, so that
    thousands of cases with a handful of different outcomes cost as little as a handful of cases.

    Parameters
    ----------
    values
        One row for each independent unit (a case), one column for each mean that is wanted.
    draws
        How many resamples.
    level
        The confidence level.
    seed
        The seed of the resampling.

    Raises
    ------
    EmptyError
        There are no rows.

    Notes
    -----
    Efron & Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13.

    Examples
    --------
    >>> bootstrap([0, 1, 1, 0, 1, 1, 1, 0, 1, 1])
    [Interval(0.400 to 1.000, 95%)]
    """
    data = np.asarray(values, dtype=np.float64)
    data = data[:, None] if data.ndim == 1 else data
    n = data.shape[0]
    if n == 0:
        msg = "there is nothing to resample: no case has an outcome"
        raise EmptyError(msg)
    quantile(level)
    rows, counts = np.unique(data, axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    block = max(1, _BLOCK // max(rows.shape[0], 1))
    means = np.concatenate(
        [rng.multinomial(n, counts / n, size=min(block, draws - start)) @ rows / n for start in range(0, draws, block)]
    )
    ends = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return [Interval(float(a), float(b), level) for a, b in ends.T]
