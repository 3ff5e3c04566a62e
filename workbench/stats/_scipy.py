"""The few functions of scipy and statsmodels that are used, with the types that they do not ship."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["beta_interval", "bh", "binomial_below", "binomial_mass", "convolve", "kappa", "student"]

_Array = npt.NDArray[np.float64]


def binomial_mass(k: npt.ArrayLike, n: int, p: float) -> _Array:
    """The chance of each of `k` successes in `n` tries."""
    from scipy.stats import binom

    return np.asarray(binom.pmf(k, n, p), dtype=np.float64)


def binomial_below(k: npt.ArrayLike, n: int, p: float) -> _Array:
    """The chance of at most each of `k` successes in `n` tries."""
    from scipy.stats import binom

    return np.asarray(binom.cdf(k, n, p), dtype=np.float64)


def convolve(a: _Array, b: _Array) -> _Array:
    """The distribution of a sum, by Fourier transform."""
    from scipy.signal import fftconvolve

    return np.asarray(fftconvolve(a, b), dtype=np.float64)


def bh(p: _Array) -> _Array:
    """Benjamini and Hochberg's adjusted p-values."""
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p, method="bh"), dtype=np.float64)


def student(level: float, freedom: float) -> float:
    """The two-sided quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + level) / 2))


def kappa(table: list[list[int]]) -> tuple[float, float]:
    """Cohen's kappa of a table of counts, and its standard error."""
    from statsmodels.stats.inter_rater import cohens_kappa

    found = cohens_kappa(np.asarray(table))
    return float(found.kappa), float(found.std_kappa)


def beta_interval(successes: float, n: float, level: float) -> tuple[float, float]:
    """Clopper and Pearson's interval, also for numbers that are no integers."""
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = float(betaincinv(successes, n - successes + 1, tail)) if successes > 0 else 0.0
    high = float(betaincinv(successes + 1, n - successes, 1 - tail)) if successes < n else 1.0
    return low, high
