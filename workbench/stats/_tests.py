"""Tests of paired outcomes, and the correction for having looked at several."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.errors import InputError
from workbench.stats._scipy import bh, binomial_below, binomial_mass, convolve

__all__ = ["PairedTest", "benjamini_hochberg", "holm", "mcnemar", "sign_flip"]

_Array = npt.NDArray[np.float64]
_LATTICE = 5_000_000  # longest exact distribution that is worth its memory
_ENUMERATED = 16  # this many differences have 65,536 sign patterns
_GRAINS = 2520  # divisible by 1 to 10: differences of means over up to ten trials are whole multiples of 1/2520


@dataclass(frozen=True, slots=True)
class PairedTest:
    """The p-value of a paired test, and how it was computed.

    Parameters
    ----------
    p
        The two-sided p-value.
    method
        The test, in words.
    informative
        How many pairs differ; the others carry no information about a difference.
    """

    p: float
    method: str
    informative: int


def mcnemar(fixed: int, regressed: int, *, mid: bool = True) -> PairedTest:
    """McNemar's exact test of as many cases fixed as regressed.

    Parameters
    ----------
    fixed
        Cases that failed and now pass.
    regressed
        Cases that passed and now fail.
    mid
        Count the observed outcome by half, which keeps the error near the stated one instead of far below it.

    Raises
    ------
    InputError
        A count is negative.

    Notes
    -----
    Fagerland, Lydersen & Laake (2013), BMC Medical Research Methodology 13:91.

    Examples
    --------
    >>> round(mcnemar(12, 0).p, 5)
    0.00024
    """
    if fixed < 0 or regressed < 0:
        msg = f"counts of cases are not negative: fixed {fixed}, regressed {regressed}"
        raise InputError(msg)
    n = fixed + regressed
    if n == 0:
        return PairedTest(1.0, _named("McNemar", mid), 0)
    fewer = min(fixed, regressed)
    p = 2 * float(binomial_below(fewer, n, 0.5)) - (float(binomial_mass(fewer, n, 0.5)) if mid else 0.0)
    return PairedTest(min(1.0, p), _named("McNemar", mid), n)


def _named(test: str, mid: bool) -> str:
    return f"exact {test} test{', mid-p' if mid else ''}"


def sign_flip(differences: npt.ArrayLike, *, mid: bool = True, draws: int = 20_000, seed: int = 0) -> PairedTest:
    """The permutation test of paired differences, in which the arms' labels within each case are a coin flip.

    The whole distribution is computed where the differences lie on a lattice (pass rates over up to ten trials) or are
    few, else it is sampled. On single trials it is McNemar's test.

    Parameters
    ----------
    differences
        One number for each case: candidate minus baseline.
    mid
        Count the observed outcome by half where the distribution is exact.
    draws
        How many sign patterns are sampled where there are too many to compute.
    seed
        The seed of the sampling.

    Raises
    ------
    InputError
        A difference is not finite.

    Notes
    -----
    Pitman (1937), Supplement to J. R. Stat. Soc. 4, 119-130; the sampled p-value counts the observed pattern, after
    Phipson & Smyth (2010), Stat. Appl. Genet. Mol. Biol. 9:39.

    Examples
    --------
    >>> round(sign_flip([1] * 12).p, 5)
    0.00024
    """
    given = np.asarray(differences, dtype=np.float64).ravel()
    if not np.isfinite(given).all():
        msg = "a difference is not a number: drop the cases that lack an outcome in one arm first"
        raise InputError(msg)
    data = np.abs(given[np.abs(given) > 1e-12])  # noqa: PLR2004 - rounding of a difference of two means
    observed = abs(float(given.sum()))
    if data.size == 0:
        return PairedTest(1.0, _named("sign-flip", mid), 0)
    grains = np.rint(data * _GRAINS).astype(np.int64)
    if np.allclose(grains, data * _GRAINS, atol=1e-6):
        common = int(np.gcd.reduce(grains))
        sizes, counts = np.unique(grains // common, return_counts=True)
        if int(sizes @ counts) <= _LATTICE:
            p = _lattice_tail(sizes, counts, round(observed * _GRAINS / common), mid=mid)
            return PairedTest(p, _named("sign-flip", mid), int(data.size))
    if data.size <= _ENUMERATED:
        sums = np.zeros(1)
        for size in data:
            sums = np.concatenate([sums + size, sums - size])
        above, tied = _tail(np.abs(sums), observed)
        return PairedTest(above + (tied / 2 if mid else tied), _named("sign-flip", mid), int(data.size))
    rng = np.random.default_rng(seed)
    block = max(1, 4_000_000 // data.size)
    hits = 0
    for start in range(0, draws, block):
        signs = rng.integers(0, 2, size=(min(block, draws - start), data.size), dtype=np.int8)
        sums = np.abs(2 * (signs @ data) - data.sum())
        hits += int((sums >= observed - 1e-9).sum())
    return PairedTest((hits + 1) / (draws + 1), f"sign-flip test, {draws:,} patterns sampled", int(data.size))


def _tail(sums: _Array, observed: float) -> tuple[float, float]:
    near = np.abs(sums - observed) <= 1e-9  # noqa: PLR2004 - rounding of a sum
    return float((sums > observed)[~near].sum() / sums.size), float(near.mean())


def _lattice_tail(sizes: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], observed: int, *, mid: bool) -> float:
    """The two-sided tail of a sum of signed whole numbers: a convolution of stretched binomials."""
    if observed == 0:
        return 1.0
    total = np.ones(1)
    for size, count in zip(sizes, counts, strict=True):
        part = np.zeros(2 * size * count // 2 + 1)
        part[::size] = binomial_mass(np.arange(int(count) + 1), int(count), 0.5)
        total = part if total.size == 1 else convolve(total, part)
    # Index j stands for the sum 2 j - reach; both tails are alike.
    reach = total.size - 1
    first = math.ceil((reach + observed) / 2)
    tail = float(np.maximum(total[first:], 0).sum())
    exact = 2 * tail
    at = float(max(total[first], 0.0)) if 2 * first - reach == observed else 0.0
    return float(min(1.0, exact - at if mid else exact))


def holm(p: npt.ArrayLike) -> _Array:
    """p-values adjusted so that the chance of any false alarm among them stays at the level: for gates.

    Parameters
    ----------
    p
        One p-value for each thing that was tested.

    Notes
    -----
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    data = np.asarray(p, dtype=np.float64).ravel()
    order = np.argsort(data, kind="stable")
    stepped = np.maximum.accumulate(data[order] * np.arange(data.size, 0, -1))
    out = np.empty(data.size)
    out[order] = np.minimum(stepped, 1.0)
    return out


def benjamini_hochberg(p: npt.ArrayLike) -> _Array:
    """p-values adjusted so that the share of false alarms among those called stays at the level: for exploring.

    Parameters
    ----------
    p
        One p-value for each thing that was tested.

    Notes
    -----
    Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57, 289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.04, 0.04]
    """
    data = np.asarray(p, dtype=np.float64).ravel()
    return bh(data) if data.size else data
