"""What an arm is made of: any frame of (case, trial, grader, value or passed), cleaned with every row counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.schema import OUTCOMES, conform

__all__ = ["KEY", "LOST", "MEASURES", "STATUSES", "UNNAMED", "Arm", "read"]

KEY: Final = ("case", "trial", "grader")
MEASURES: Final = ("seconds", "cost", "input_tokens", "output_tokens", "turns", "tool_calls")  # shown beside quality
UNNAMED: Final = "outcome"  # the grader of rows that name none
STATUSES: Final = ("completed", "errored", "missing", "undecidable", "inapplicable")
LOST: Final = ("errored", "missing", "undecidable")  # nobody knows the outcome: it counts neither way
_REGRADED: Final = {"grader": pl.String(), "n": pl.Int64(), "c": pl.Int64()}


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm's outcomes, one row a case, trial and grader, and what was counted on the way.

    Parameters
    ----------
    outcomes
        OUTCOMES rows with what else the source had; `passed` is filled in where a grader's values are zeros and ones.
        A grader that does not apply has status ``inapplicable`` and neither value nor pass.
    set_aside
        Why rows could not be used as they came, and how many.
    scored
        Graders that give a score and no pass: they are compared by their mean.
    regraded
        One row a trial that a grader graded more than once: `grader`, how many gradings `n`, and how many of them passed `c`.
    """

    outcomes: pl.DataFrame
    set_aside: Mapping[str, int] = field(default_factory=dict[str, int])
    scored: frozenset[str] = frozenset()
    regraded: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_REGRADED))

    @property
    def graders(self) -> list[str]:
        """The graders' names, sorted."""
        return self.outcomes["grader"].unique().sort().to_list()


def read(data: Any, *, what: str) -> Arm:
    """Bring what the caller has into an `Arm`; nothing is dropped without being counted.

    Raises
    ------
    EmptyError
        There are no rows.
    UnknownNameError
        There is no column `case`.
    InputError
        There is neither `value` nor `passed`, or a column has a wrong type or a status nobody knows.
    """
    try:
        frame = data.collect() if isinstance(data, pl.LazyFrame) else pl.DataFrame(data)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        msg = f"{what} is a {type(data).__name__}: expected an experiment, such as ws.executed('v1'), or a frame with one row a case, trial and grader"
        raise InputError(msg) from error
    if not frame.height:
        msg = f"{what} has no outcomes: run the agent on at least one case, or choose sessions that were graded"
        raise EmptyError(msg)
    if "case" not in frame.columns:
        raise UnknownNameError(
            kind="column", name="case", known=frame.columns, then=f"{what} needs one row a case, trial and grader."
        )
    if "value" not in frame.columns and "passed" not in frame.columns:
        msg = f"{what}: neither a column 'value' nor 'passed'; columns are {', '.join(frame.columns)}"
        raise InputError(msg)
    value = pl.col("value")
    rows = conform(frame, OUTCOMES, what=what).with_columns(
        pl.col("grader").fill_null(UNNAMED),
        pl.when(value.is_finite()).then(value).alias("value"),
        (value.is_not_null() & ~value.is_finite() & pl.col("passed").is_null()).alias("_odd"),
    )
    wrong = rows.filter(~pl.col("status").is_in(STATUSES))["status"]
    if wrong.len():
        raise UnknownNameError(kind="status", name=str(wrong[0]), known=STATUSES)
    unnamed = rows["case"].null_count()
    rows = rows.filter(pl.col("case").is_not_null())
    if not rows.height:
        msg = f"{what}: none of its {unnamed:,} rows names a case; fill the column 'case'"
        raise EmptyError(msg)
    if rows["trial"].null_count() == rows.height:
        rows = rows.with_columns(pl.int_range(pl.len()).over("case", "grader").cast(pl.Int64).alias("trial"))
    regraded = _regraded(rows)
    rows, repeated, against = _once(rows.with_columns(pl.col("trial").fill_null(0)))
    rows, scored = _decided(rows)
    counts = {
        "without a case": unnamed,
        "repeated": repeated,
        "contradicting": against,
        "not a number": int(rows["_odd"].sum()),
    }
    return Arm(rows.drop("_odd"), {why: n for why, n in counts.items() if n}, scored, regraded)


def _regraded(rows: pl.DataFrame) -> pl.DataFrame:
    """The trials that have several gradings which pass or fail."""
    said = pl.coalesce(pl.col("passed"), pl.when(pl.col("value").is_in([0.0, 1.0])).then(pl.col("value") == 1.0))
    told = rows.filter(pl.col("trial").is_not_null()).with_columns(said.alias("said")).drop_nulls("said")
    several = told.group_by(KEY).agg(n=pl.len().cast(pl.Int64), c=pl.col("said").sum().cast(pl.Int64))
    return several.filter(pl.col("n") > 1).select(*_REGRADED)


def _once(rows: pl.DataFrame) -> tuple[pl.DataFrame, int, int]:
    """One row for each key: equal repeats are kept once, contradicting ones have no known outcome."""
    if not rows.select(pl.struct(KEY).is_duplicated().any()).item():
        return rows, 0, 0
    said = pl.struct("value", "passed")
    marked = rows.with_columns((said.n_unique().over(KEY) > 1).alias("_against"))
    kept = marked.unique(KEY, keep="first", maintain_order=True)
    against = kept.filter("_against").height
    repeated = marked.filter(~pl.col("_against")).height - kept.filter(~pl.col("_against")).height
    unknown = pl.col("_against")
    kept = kept.with_columns(
        pl.when(~unknown).then(pl.col("value")).alias("value"),
        pl.when(~unknown).then(pl.col("passed")).alias("passed"),
        pl.when(unknown).then(pl.lit("errored")).otherwise(pl.col("status")).alias("status"),
    )
    return kept.drop("_against"), repeated, against


def _decided(rows: pl.DataFrame) -> tuple[pl.DataFrame, frozenset[str]]:
    """Fill in `passed` where the values say it, `value` where only `passed` is known, and the status."""
    value, passed, status = pl.col("value"), pl.col("passed"), pl.col("status")
    gone = status.is_in([*LOST, "inapplicable"]).fill_null(value=False)
    rows = rows.with_columns(pl.when(~gone).then(value).alias("value"), pl.when(~gone).then(passed).alias("passed"))
    some = value.is_not_null().any().over("grader")
    binary = (value.is_null() | value.is_in([0.0, 1.0])).all().over("grader") & some
    graded = passed.is_not_null().any().over("grader")
    rows = rows.with_columns(
        pl.when(passed.is_null() & binary).then(value == 1.0).otherwise(passed).alias("passed"),
        pl.coalesce(value, passed.cast(pl.Float64)).alias("value"),
        (some & ~graded & ~binary).alias("_scored"),
    )
    scored = frozenset(rows.filter("_scored")["grader"].unique().to_list())
    known = pl.when(pl.col("_scored")).then(value.is_not_null()).otherwise(passed.is_not_null())
    empty = value.is_null() & passed.is_null()
    decided = (
        pl.when(pl.col("_odd"))
        .then(pl.lit("errored"))
        .when(gone)
        .then(status)
        .when(known)
        .then(pl.lit("completed"))
        .when((status == "completed") & empty)  # the grader ran, and had nothing to say
        .then(pl.lit("inapplicable"))
        .when(status.is_null())
        .then(pl.lit("missing"))
        .when(status == "completed")  # a measure without the pass that its other rows have
        .then(pl.lit("missing"))
        .otherwise(status)
    )
    return rows.with_columns(decided.alias("status")).drop("_scored"), scored
