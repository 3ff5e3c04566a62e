"""How far two reviewers agree on the sessions that both have read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench import _html
from workbench._words import percent, plain, with_interval
from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.stats import Interval, cohens_kappa, wilson

__all__ = ["ReviewerAgreement", "agreement", "kappa_of"]


@dataclass(frozen=True, slots=True)
class ReviewerAgreement:
    """Two reviewers' verdicts on the same sessions.

    Attributes
    ----------
    reviewers
        The two names.
    n, agreed
        Sessions on which both said pass or fail, and those on which they said the same.
    share
        Interval of the share agreed (Wilson).
    kappa, kappa_interval
        Cohen's kappa: agreement beyond what their own rates of "fail" would give by chance. None where one of them always says the same,
        since then nothing beyond chance can be told.
    rows
        Frame: `session_id`, `first`, `second`, `agreed`; the disagreements come first.
    sentence
        All that in one line.
    """

    reviewers: tuple[str, str]
    n: int
    agreed: int
    share: Interval
    kappa: float | None
    kappa_interval: Interval | None
    rows: pl.DataFrame
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """The rows."""
        return self.rows

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        first, second = self.reviewers
        return _html.panel(self.sentence, _html.table(self.rows, heads={"first": first, "second": second}))


def agreement(labels: pl.DataFrame, *, between: tuple[str, str] | None = None) -> ReviewerAgreement:
    """How often two reviewers gave the same verdict, and how much of that is more than chance.

    Parameters
    ----------
    labels
        What `current_labels` returns.
    between
        The two reviewers; by default the pair with the most sessions in common.

    Returns
    -------
    ReviewerAgreement
        Counts, share and kappa with their intervals, and the sessions behind them.

    Raises
    ------
    EmptyError
        No two reviewers have decided on the same session.
    UnknownNameError
        A reviewer has no label.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench import label
    >>> said = [("s1", "ana", "fail"), ("s1", "ben", "fail"), ("s2", "ana", "pass"), ("s2", "ben", "fail")]
    >>> label.agreement(pl.DataFrame(said, schema=["session_id", "reviewer", "verdict"], orient="row")).agreed
    1
    """
    decided = labels.filter(pl.col("verdict").is_in(["pass", "fail"])).select("session_id", "reviewer", "verdict")
    first, second = between if between is not None else _most_shared(decided)
    known = labels["reviewer"].unique().drop_nulls().to_list()
    for name in (first, second):
        if name not in known:
            raise UnknownNameError(name, "reviewer", known)
    if first == second:
        msg = f"agreement is between two reviewers; both names are {first!r}"
        raise InputError(msg)
    one = decided.filter(reviewer=first).select("session_id", first="verdict")
    other = decided.filter(reviewer=second).select("session_id", second="verdict")
    rows = one.join(other, on="session_id").with_columns((pl.col("first") == pl.col("second")).alias("agreed"))
    rows = rows.sort("agreed", "session_id")
    if not rows.height:
        msg = f"{first} and {second} have no session in common; let both read some of the same queue"
        raise EmptyError(msg)
    n, agreed = rows.height, int(rows["agreed"].sum())
    share = wilson(agreed, n)
    said = f"{first} and {second} agree on {agreed} of {n} sessions, {_spoken(agreed / n, share, percent)}"
    found = kappa_of(
        np.stack([rows[name].eq("pass").to_numpy() for name in ("first", "second")], axis=1).astype(np.float64)
    )
    if found is None:
        text = f"{said}; kappa cannot be told, since one of them always says the same."
        return ReviewerAgreement((first, second), n, agreed, share, None, None, rows, text)
    kappa, interval = found
    text = f"{said}; beyond chance, kappa is {_spoken(kappa, interval, plain)}."
    return ReviewerAgreement((first, second), n, agreed, share, kappa, interval, rows, text)


def _spoken(value: float, interval: Interval, form: Callable[[float], str]) -> str:
    return with_interval(value, interval.low, interval.high, form, level=interval.level)


def _most_shared(decided: pl.DataFrame) -> tuple[str, str]:
    pairs: Counter[tuple[str, str]] = Counter()
    for names in decided.group_by("session_id").agg(pl.col("reviewer").unique().sort())["reviewer"].to_list():
        pairs.update(combinations(names, 2))
    if not pairs:
        msg = "no session has verdicts of two reviewers yet; give two reviewers the same queue"
        raise EmptyError(msg)
    return min(pairs, key=lambda pair: (-pairs[pair], pair))


def kappa_of(ratings: npt.NDArray[np.float64]) -> tuple[float, Interval] | None:
    """Cohen's kappa of two columns of codes, with its interval; None where nothing beyond chance can be told.

    Where they never differ the asymptotic interval has no width, and the share's bound stands in.
    """
    found = cohens_kappa(ratings[:, 0], ratings[:, 1])
    if found is None:
        return None
    if (ratings[:, 0] == ratings[:, 1]).all():
        n = len(ratings)
        _, counts = np.unique(ratings[:, 0], return_counts=True)
        chance = float(((counts / n) ** 2).sum())
        return 1.0, Interval((wilson(n, n).low - chance) / (1 - chance), 1.0)
    return found
