"""How far any number of raters agree beyond chance, whoever left cases out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.stats._interval import Interval, quantile
from workbench.stats._rates import wilson
from workbench.stats._scipy import kappa

__all__ = ["Reliability", "cohens_kappa", "reliability"]

Floats = npt.NDArray[np.float64]

_DRAWS: Final = 2000
_SCALES: Final = ("nominal", "interval")
_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class Reliability:
    """Agreement of several raters on the same cases.

    Parameters
    ----------
    n
        Cases with at least two ratings.
    agreed
        The share of pairs of ratings of one case that are the same.
    alpha, alpha_interval
        Krippendorff's alpha; NaN and None where all ratings are the same, since then nothing beyond chance can be told.
    ac1, ac1_interval
        Gwet's AC1, which stays high where nearly all ratings are of one kind and are the same; NaN and None for scores.
    """

    n: int
    agreed: float
    alpha: float
    alpha_interval: Interval | None
    ac1: float
    ac1_interval: Interval | None


def reliability(
    ratings: npt.ArrayLike,
    *,
    scale: Literal["nominal", "interval"] = "nominal",
    level: float = 0.95,
    seed: int = 0,
) -> Reliability:
    """How far raters agree beyond chance, by coefficients that take any number of raters and missing ratings.

    Parameters
    ----------
    ratings
        Shape (cases, raters), float: a code of the category, or a score; NaN where a rater left the case out.
    scale
        `nominal` for categories, `interval` for scores.
    level
        The confidence level.
    seed
        Of the bootstrap over cases.

    Raises
    ------
    EmptyError
        No case has two ratings.
    InputError
        It is no table of cases and raters.
    UnknownNameError
        There is no such scale.

    Notes
    -----
    Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability"; Gwet (2008), British Journal of Mathematical and Statistical
    Psychology 61, 29-48. The intervals are percentiles of 2,000 bootstrap samples of cases; where no case is disputed these
    have no width, and Wilson's bound of the share agreed stands in.

    Examples
    --------
    >>> found = reliability([[1, 1], [1, 1], [0, 0], [0, 1]])
    >>> found.agreed, round(found.alpha, 3), round(found.ac1, 3)
    (0.75, 0.533, 0.529)
    """
    if scale not in _SCALES:
        raise UnknownNameError(scale, "scale", _SCALES)
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != _PAIR:
        msg = f"ratings of shape {table.shape}: one row a case and one column a rater was expected"
        raise InputError(msg)
    # Cases that were rated alike are taken together: tables of many cases have few different rows.
    table, times = _together(table)
    given = (~np.isnan(table)).sum(axis=1)
    pairable = given >= _PAIR
    if not pairable.any():
        msg = "no case was rated by two: let two reviewers read some of the same queue"
        raise EmptyError(msg)
    known = np.unique(table[~np.isnan(table)])
    counts = np.stack([(table == value).sum(axis=1) for value in known], axis=1).astype(np.float64)
    same = np.zeros(len(table))
    own = counts[pairable]
    raters = own.sum(axis=1)
    same[pairable] = (own * (own - 1)).sum(axis=1) / (raters * (raters - 1))
    n = int(times[pairable].sum())
    agreed = float(same[pairable] @ times[pairable]) / n
    disputed = bool((same[pairable] < 1).any())
    alpha_of = _alpha_nominal(counts, pairable) if scale == "nominal" else _alpha_interval(table, given, pairable)
    everything = times[None, :].astype(np.float64)
    alpha = float(alpha_of(everything)[0])
    cases = int(times.sum())
    weights = np.random.default_rng(seed).multinomial(cases, times / cases, _DRAWS)
    drawn = weights.astype(np.float64)
    bound = wilson(n, n, level=level).low
    alpha_interval = None if math.isnan(alpha) else _interval(alpha_of(drawn), alpha, level)
    if alpha_interval is not None and not disputed and scale == "nominal":
        share = times[pairable] @ own / (times[pairable] @ own).sum()
        chance = float((share**2).sum())
        alpha_interval = Interval(max(-1.0, (bound - chance) / (1 - chance)), 1.0, level)
    if scale != "nominal" or len(known) < _PAIR:
        return Reliability(n, agreed, alpha, alpha_interval, math.nan, None)
    ac1_of = _ac1(counts, same, pairable)
    ac1 = float(ac1_of(everything)[0])
    if disputed:
        return Reliability(n, agreed, alpha, alpha_interval, ac1, _interval(ac1_of(drawn), ac1, level))
    chance = float(_chance(counts, given > 0, everything)[0])
    return Reliability(
        n, agreed, alpha, alpha_interval, ac1, Interval(max(-1.0, (bound - chance) / (1 - chance)), 1.0, level)
    )


def _together(table: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    rows, times = np.unique(np.where(np.isnan(table), np.inf, table), axis=0, return_counts=True)
    return np.where(np.isinf(rows), np.nan, rows), times


def _interval(values: Floats, centre: float, level: float) -> Interval:
    """Percentiles of the bootstrap samples in which there was anything to tell."""
    told = values[~np.isnan(values)]
    low, high = np.quantile(told, [(1 - level) / 2, (1 + level) / 2]) if told.size else (-1.0, 1.0)
    return Interval(float(min(low, centre)), float(max(high, centre)), level)


def _alpha_nominal(counts: Floats, pairable: npt.NDArray[np.bool_]) -> Callable[[Floats], Floats]:
    own = counts * pairable[:, None]
    raters = own.sum(axis=1)
    same = np.where(pairable, (own * (own - 1)).sum(axis=1) / np.maximum(raters - 1, 1), 0.0)

    def value(weights: Floats) -> Floats:
        ratings = weights @ own
        total = ratings.sum(axis=1)
        observed, expected = total - weights @ same, total**2 - (ratings**2).sum(axis=1)
        return _one_minus((total - 1) * observed, expected)

    return value


def _alpha_interval(
    table: Floats, given: npt.NDArray[np.int64], pairable: npt.NDArray[np.bool_]
) -> Callable[[Floats], Floats]:
    filled = np.where(np.isnan(table), 0.0, table) * pairable[:, None]
    raters = np.where(pairable, given, 0).astype(np.float64)
    first, second = filled.sum(axis=1), (filled**2).sum(axis=1)
    apart = np.where(pairable, (2 * raters * second - 2 * first**2) / np.maximum(raters - 1, 1), 0.0)

    def value(weights: Floats) -> Floats:
        total = weights @ raters
        expected = 2 * total * (weights @ second) - 2 * (weights @ first) ** 2
        return _one_minus((total - 1) * (weights @ apart), expected)

    return value


def _ac1(counts: Floats, same: Floats, pairable: npt.NDArray[np.bool_]) -> Callable[[Floats], Floats]:
    rated = counts.sum(axis=1) > 0

    def value(weights: Floats) -> Floats:
        pairs = weights @ pairable.astype(np.float64)
        agreed = np.divide(weights @ same, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)
        chance = _chance(counts, rated, weights)
        return np.asarray((agreed - chance) / (1 - chance), dtype=np.float64)

    return value


def _chance(counts: Floats, rated: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    used = np.maximum(weights @ rated.astype(np.float64), 1)
    share = (weights @ shares) / used[:, None]
    return np.asarray((share * (1 - share)).sum(axis=1) / (counts.shape[1] - 1), dtype=np.float64)


def _one_minus(above: Floats, below: Floats) -> Floats:
    return 1 - np.divide(above, below, out=np.full(len(below), np.nan), where=below > 1e-12 * np.maximum(1, above))


def cohens_kappa(first: npt.ArrayLike, second: npt.ArrayLike, *, level: float = 0.95) -> tuple[float, Interval] | None:
    """Cohen's kappa of two raters and any number of categories, with its asymptotic interval.

    Parameters
    ----------
    first, second
        A code of the category that each gave to each case.
    level
        The confidence level.

    Returns
    -------
    tuple, or None
        None where one of them always says the same, since then nothing beyond chance can be told.

    Raises
    ------
    InputError
        Their numbers differ, or there are none.

    Notes
    -----
    Cohen (1960), Educational and Psychological Measurement 20, 37-46; Fleiss, Cohen & Everitt (1969), Psychological Bulletin
    72, 323-327.

    Examples
    --------
    >>> round(cohens_kappa([1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0])[0], 3)
    0.667
    """
    one, other = np.asarray(first, dtype=np.float64).ravel(), np.asarray(second, dtype=np.float64).ravel()
    if one.size != other.size or not one.size:
        msg = f"{one.size} and {other.size} ratings: one of each rater for every case was expected"
        raise InputError(msg)
    if len(np.unique(one)) < _PAIR or len(np.unique(other)) < _PAIR:
        return None
    known, codes = np.unique(np.concatenate([one, other]), return_inverse=True)
    table = np.zeros((len(known), len(known)), dtype=np.int64)
    np.add.at(table, (codes[: one.size], codes[one.size :]), 1)
    value, error = kappa(table.tolist())
    half = error * quantile(level)
    return value, Interval(max(-1.0, value - half), min(1.0, value + half), level)
