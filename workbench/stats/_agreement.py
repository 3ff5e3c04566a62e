"""How well a judge agrees with a person: by class and beyond chance, not by accuracy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.errors import EmptyError, InputError
from workbench.stats._interval import Interval, quantile
from workbench.stats._rates import wilson
from workbench.stats._scipy import kappa

__all__ = ["JudgeAgreement", "agreement"]


@dataclass(frozen=True, slots=True)
class JudgeAgreement:
    """How a judge's verdicts relate to the truth.

    Parameters
    ----------
    tpr
        The share of true passes that the judge passes; NaN where there are none.
    tnr
        The share of true failures that the judge fails; NaN where there are none.
    kappa
        Agreement beyond chance, 0 where the judge always says the same; NaN where truth and judge both do.
    tpr_interval, tnr_interval, kappa_interval
        Their intervals; None where there is nothing to count.
    passes, failures
        How many true passes and failures there are.
    table
        Counts: ((both pass, only the truth), (only the judge, both fail)).
    """

    tpr: float
    tnr: float
    kappa: float
    tpr_interval: Interval | None
    tnr_interval: Interval | None
    kappa_interval: Interval | None
    passes: int
    failures: int
    table: tuple[tuple[int, int], tuple[int, int]]


def agreement(truth: npt.ArrayLike, verdict: npt.ArrayLike, *, level: float = 0.95) -> JudgeAgreement:
    """Compare a judge's pass/fail with the truth on the same rows.

    Parameters
    ----------
    truth
        True where the row really passes.
    verdict
        True where the judge passes it.
    level
        The confidence level.

    Raises
    ------
    EmptyError
        There are no rows.
    InputError
        The numbers of rows differ.

    Notes
    -----
    Cohen (1960), Educational and Psychological Measurement 20, 37-46; the interval after Fleiss, Cohen & Everitt (1969),
    Psychological Bulletin 72, 323-327; Wilson's for the rates.

    Examples
    --------
    >>> found = agreement([1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 1])
    >>> found.tpr, found.tnr, round(found.kappa, 3)
    (0.75, 0.5, 0.25)
    """
    real = np.asarray(truth, dtype=np.bool_).ravel()
    said = np.asarray(verdict, dtype=np.bool_).ravel()
    if real.size != said.size:
        msg = f"{real.size} true outcomes and {said.size} verdicts: give one of each for every row"
        raise InputError(msg)
    if not real.size:
        msg = "nothing was judged: agreement needs rows with both a truth and a verdict"
        raise EmptyError(msg)
    a, b = int((real & said).sum()), int((real & ~said).sum())
    c, d = int((~real & said).sum()), int((~real & ~said).sum())
    same_truth, same_verdict = 0 in {a + b, c + d}, 0 in {a + c, b + d}
    if same_truth or same_verdict:
        value, interval = (math.nan if same_truth and same_verdict else 0.0), None
    else:
        value, error = kappa([[a, b], [c, d]])
        half = error * quantile(level)
        interval = Interval(max(-1.0, value - half), min(1.0, value + half), level)
    return JudgeAgreement(
        tpr=a / (a + b) if a + b else math.nan,
        tnr=d / (c + d) if c + d else math.nan,
        kappa=value,
        tpr_interval=wilson(a, a + b, level=level) if a + b else None,
        tnr_interval=wilson(d, c + d, level=level) if c + d else None,
        kappa_interval=interval,
        passes=a + b,
        failures=c + d,
        table=((a, b), (c, d)),
    )
