"""How far reviewers agree on everything that was asked, with others and with themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from workbench import _html, stats
from workbench.errors import EmptyError
from workbench.label._agreement import kappa_of
from workbench.label._current import first_and_again
from workbench.label._protocol import RubricItem
from workbench.label._several import each_mode, has_mode
from workbench.stats import Interval, wilson

__all__ = ["Agreements", "agreements", "confusion", "self_agreement"]

_TABLE: Final = pl.Schema({
    "what": pl.String(),  # verdict | a failure mode | a rubric item
    "kind": pl.String(),  # verdict | failure mode | binary | categorical | score
    "cases": pl.Int64(),  # read by at least two
    "agreed": pl.Float64(),  # share of pairs of ratings that are the same
    "alpha": pl.Float64(),
    "alpha_low": pl.Float64(),
    "alpha_high": pl.Float64(),
    "ac1": pl.Float64(),
    "ac1_low": pl.Float64(),
    "ac1_high": pl.Float64(),
    "kappa": pl.Float64(),  # of two reviewers
    "kappa_low": pl.Float64(),
    "kappa_high": pl.Float64(),
})  # fmt: skip
_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class Agreements:
    """How far reviewers agree on everything that was asked.

    Attributes
    ----------
    frame
        One row a thing that was asked: `what`, `kind`, `cases` that two or more read, `agreed`, Krippendorff's `alpha`, Gwet's `ac1` and,
        where there are two reviewers, Cohen's `kappa`, each with its 95% interval. Null where nothing beyond chance can be told.
    sentence
        The verdict's in one line, and what is agreed on least.
    """

    frame: pl.DataFrame
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """The table."""
        return self.frame

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return _html.panel(self.sentence, _html.table(self.frame))


def agreements(
    labels: pl.DataFrame, *, answers: pl.DataFrame | None = None, rubric: Sequence[RubricItem] = ()
) -> Agreements:
    """Agreement beyond chance on the verdict, on each failure mode and on each rubric item, over all reviewers.

    A failure mode is asked of every session that two decided: was it this one or not.

    Parameters
    ----------
    labels
        What `current_labels` returns, or `Codebook.labels` for the names of today.
    answers
        What `rubric_answers` returns.
    rubric
        The items; those of kind `score` are compared as numbers. Free text, outputs and criteria are not compared.

    Raises
    ------
    EmptyError
        No session has verdicts of two reviewers.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench import label
    >>> said = [("s1", "ana", "fail", "loop"), ("s1", "ben", "fail", "loop"), ("s2", "ana", "pass", None), ("s2", "ben", "fail", "loop")]
    >>> labels = pl.DataFrame(said, schema=["session_id", "reviewer", "verdict", "failure_mode"], orient="row")
    >>> label.agreements(labels).frame["what"].to_list()
    ['verdict', 'loop']
    """
    decided = labels.filter(pl.col("verdict").is_in(["pass", "fail"]))
    rows = [_row("verdict", "verdict", decided, pl.col("verdict") == "pass")]
    if rows[0] is None:
        msg = "no session has verdicts of two reviewers yet; give two reviewers the same queue"
        raise EmptyError(msg)
    several = "failure_mode" in decided.columns
    modes = each_mode(decided)["failure_mode"].unique().sort().to_list() if several else []
    rows += [
        _row(
            mode,
            "failure mode",
            decided,
            has_mode(decided, mode) & (pl.col("verdict") == "fail"),
        )
        for mode in modes
    ]
    for item in rubric if answers is not None else ():
        own = answers.filter(item=item.name) if answers is not None else pl.DataFrame()
        if item.kind == "score":
            rows.append(_row(item.name, item.kind, own, pl.col("number"), scale="interval"))
        elif item.kind in {"binary", "categorical"}:
            rows.append(_row(item.name, item.kind, own, pl.col("text").rank("dense")))
    found = [row for row in rows if row is not None]
    frame = pl.DataFrame(found, schema=_TABLE, orient="row")
    return Agreements(frame, _sentence(frame, labels["reviewer"].n_unique()))


def _row(what: str, kind: str, said: pl.DataFrame, value: pl.Expr, *, scale: Any = "nominal") -> tuple[Any, ...] | None:
    long = said.select("session_id", "reviewer", value=value.cast(pl.Float64)).drop_nulls()
    if not long.height:
        return None
    table = long.pivot("reviewer", index="session_id", values="value", aggregate_function="last").drop("session_id")
    ratings = np.asarray(table.to_numpy(), dtype=np.float64)
    shared = (~np.isnan(ratings)).sum(axis=1) >= _PAIR
    if not shared.any():
        return None
    found = stats.reliability(ratings, scale=scale)
    kappa = kappa_of(ratings[shared]) if ratings.shape[1] == _PAIR and scale == "nominal" else None
    return (
        what, kind, found.n, found.agreed,
        *_numbers(found.alpha, found.alpha_interval), *_numbers(found.ac1, found.ac1_interval),
        *((None, None, None) if kappa is None else _numbers(*kappa)),
    )  # fmt: skip


def _numbers(value: float, interval: Interval | None) -> tuple[float | None, float | None, float | None]:
    if interval is None or math.isnan(value):
        return None, None, None
    return value, interval.low, interval.high


def _sentence(frame: pl.DataFrame, reviewers: int) -> str:
    first = frame.row(0, named=True)
    said = f"{reviewers} reviewers, {first['cases']:,} sessions read by two or more: {first['agreed']:.0%} of verdicts are the same"
    if first["ac1"] is None or first["alpha"] is None:
        return f"{said}; all of them say one thing, so that nothing beyond chance can be told."
    said += (
        f", alpha {first['alpha']:.2f} [{first['alpha_low']:.2f} to {first['alpha_high']:.2f}],"
        f" AC1 {first['ac1']:.2f} [{first['ac1_low']:.2f} to {first['ac1_high']:.2f}]"
    )
    rest = frame[1:].filter(pl.col("alpha").is_not_null()).sort("alpha")
    if rest.height and rest["alpha"][0] < first["alpha"]:
        said += f"; least on {rest['what'][0]!r} (alpha {rest['alpha'][0]:.2f})"
    return said + "."


def confusion(labels: pl.DataFrame, *, between: tuple[str, str], by: str = "verdict") -> pl.DataFrame:
    """Who said what where: one row a pair of answers, with the sessions in it.

    Parameters
    ----------
    labels
        What `current_labels` returns.
    between
        The two reviewers.
    by
        The column that is compared: `verdict` or `failure_mode`.

    Returns
    -------
    polars.DataFrame
        `first`, `second` (null: nothing said), `n`, `session_ids`; disagreements first, the most frequent on top.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench import label
    >>> said = [("s1", "ana", "fail"), ("s1", "ben", "pass"), ("s2", "ana", "fail"), ("s2", "ben", "fail")]
    >>> labels = pl.DataFrame(said, schema=["session_id", "reviewer", "verdict"], orient="row")
    >>> label.confusion(labels, between=("ana", "ben")).row(0)
    ('fail', 'pass', 1, ['s1'])
    """
    decided = labels.filter(pl.col("verdict").is_in(["pass", "fail"])).select("session_id", "reviewer", value=by)
    one, other = (
        decided.filter(reviewer=name).select("session_id", pl.col("value").alias(place))
        for name, place in zip(between, ("first", "second"), strict=True)
    )
    cells = (
        one.join(other, on="session_id")
        .group_by("first", "second")
        .agg(pl.len().cast(pl.Int64).alias("n"), pl.col("session_id").sort().alias("session_ids"))
    )
    return cells.sort(
        pl.col("first").eq_missing(pl.col("second")), "n", "first", "second", descending=[False, True, False, False]
    )


def self_agreement(annotations: object, *, reviewer: str) -> Agreements:
    """How far a reviewer agrees with herself, from sessions that were shown to her twice, unannounced.

    It is the most that anybody, or any model, can be expected to agree with her.

    Parameters
    ----------
    annotations
        Rows of `schema.ANNOTATIONS`.
    reviewer
        Whose.

    Raises
    ------
    EmptyError
        No session was decided twice.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    >>> change = {"operation": "op1", "session_id": "s1", "verdict": "fail"}
    >>> again = {"operation": "op2", "session_id": "s1", "verdict": "pass"}
    >>> said = label.label_annotations(change, reviewer="ana", now=now)
    >>> said += label.label_annotations(again, reviewer="ana", now=now, method=label.REPEAT)
    >>> label.self_agreement(said, reviewer="ana").frame["agreed"].item()
    0.0
    """
    twice = first_and_again(annotations, reviewer=reviewer)
    try:
        found = agreements(twice)
    except EmptyError as error:
        msg = f"{reviewer} has decided no session twice yet: draw a queue with repeats, Protocol(repeats=0.1)"
        raise EmptyError(msg) from error
    n, share = found.frame.select("cases", "agreed").row(0)
    bound = wilson(round(n * share), n)
    said = f"{reviewer} said the same again on {round(n * share)} of {n} sessions ({share:.0%} [{bound.low:.0%} to {bound.high:.0%}])"
    return Agreements(found.frame, f"{said}: nobody can be expected to agree with {reviewer} more often.")
