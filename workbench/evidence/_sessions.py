"""From spans and steps to one row a session: what it was, how long, how much, and its operational status."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from workbench._crew import Crew
from workbench.evidence._belong import in_order
from workbench.evidence._steps import STEP_COLUMNS, steps_of
from workbench.schema import SESSIONS, SPANS, STEPS, conform

__all__ = ["ROLL_UP_COLUMNS", "SESSION_COLUMNS", "roll_up", "sessions"]

SESSION_COLUMNS: Final = (
    "trace_id", "span_id", "parent_id", "session_id", "task_id", "trial", "kind", "start", "end", "status", "model", "input_tokens",
    "output_tokens", "total_tokens", "input_cost", "output_cost", "total_cost", "agent_name", "agent_version", "environment",
    "user_id", "consent", "format", "source", "record",
)  # fmt: skip
"""The columns of SPANS that `sessions` reads; what was said is read from the steps."""

ROLL_UP_COLUMNS: Final = tuple(dict.fromkeys((*STEP_COLUMNS, *SESSION_COLUMNS)))
"""The columns of SPANS that `roll_up` reads."""

_DEPTH: Final = 64  # levels of spans; also ends the climb where spans name one another as parents


def sessions(spans: Any, steps: Any) -> pl.DataFrame:
    """One row a session, rolled up from its spans and steps.

    Tokens and cost are summed over model calls that hold no other model call, and only where a session has none that
    counts, over its outermost spans that do: agents and chains repeat what their calls used. Seconds are the durations of the
    traces' roots, summed: what the user waited. Status is operational: running where a root still ran when it was exported, error where
    a trace's root or its last model call failed; a tool's error that the agent went on from counts in `errors` only. Cost is null
    where a counted call has no known price.

    Parameters
    ----------
    spans
        SPANS rows.
    steps
        STEPS rows of the same spans, from `steps`.

    Returns
    -------
    polars.DataFrame
        SESSIONS rows, in order of beginning.

    Raises
    ------
    InputError
        A column cannot become what its table says it is.

    Examples
    --------
    >>> from workbench import evidence
    >>> spans = [{"trace_id": "t", "span_id": "a", "kind": "agent", "input": "Hello?", "output": "Good day."}]
    >>> evidence.sessions(spans, evidence.steps(spans)).select("session_id", "turns", "steps", "output").rows()
    [('t', 1, 2, 'Good day.')]
    """
    ordered = in_order(conform(spans, SPANS, what="spans").select(SESSION_COLUMNS))
    return _sessions(ordered, conform(steps, STEPS, what="steps").sort("session_id", "number"))


def roll_up(spans: Any, *, crew: Crew | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The steps and the sessions of the same spans, which are put in order once: as `steps` and `sessions`.

    Parameters
    ----------
    spans
        SPANS rows; of the columns, those in `ROLL_UP_COLUMNS` are read.
    crew
        As for `steps`.

    Returns
    -------
    tuple of polars.DataFrame
        STEPS rows and SESSIONS rows.

    Raises
    ------
    InputError
        A column cannot become what SPANS says it is.

    Examples
    --------
    >>> from workbench import evidence
    >>> steps, sessions = evidence.roll_up([{"trace_id": "t", "span_id": "a", "kind": "agent", "input": "Hi", "output": "Hello"}])
    >>> steps.height, sessions["output"].to_list()
    (2, ['Hello'])
    """
    ordered = in_order(conform(spans, SPANS, what="spans").select(ROLL_UP_COLUMNS))
    steps = steps_of(ordered, crew)
    return steps, _sessions(ordered.select(*SESSION_COLUMNS, "began"), steps)


def _sessions(spans: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Spans and steps are in order."""
    known = spans.select("trace_id", pl.col("span_id").alias("parent_id")).unique().with_columns(inside=True)
    spans = spans.join(known, on=["trace_id", "parent_id"], how="left", maintain_order="left").with_columns(
        root=pl.col("inside").is_null() & pl.col("kind").ne_missing("evaluator"),
    )
    first = ("task_id", "trial", "agent_name", "agent_version", "environment", "user_id")
    whole = spans.group_by("session_id", maintain_order=True).agg(
        *(pl.col(name).drop_nulls().first() for name in first),
        pl.col("consent").min(),
        pl.col("start").min().alias("started_at"),
        pl.col("end").max().alias("ended_at"),
        pl.col("trace_id").n_unique().cast(pl.Int64).alias("traces"),
        pl.len().cast(pl.Int64).alias("spans"),
        (pl.col("status") == "error").sum().cast(pl.Int64).alias("errors"),
        pl.col("model").filter(pl.col("kind") == "llm").drop_nulls().unique(maintain_order=True).alias("models"),
        pl.col("format").drop_nulls().first(),
    )
    joined = whole.join(_traces(spans), on="session_id", how="left", maintain_order="left").join(
        _said(steps), on="session_id", how="left", maintain_order="left"
    )
    counts = [pl.col(name).fill_null(0) for name in ("turns", "steps", "tool_calls")]
    empty = pl.lit([], dtype=pl.List(pl.String()))
    return conform(joined.with_columns(*counts, pl.col("tools").fill_null(empty)), SESSIONS, what="sessions")


def _said(steps: pl.DataFrame) -> pl.DataFrame:
    kind, text = pl.col("kind"), pl.col("text")
    tool = pl.col("tool_name")
    return steps.group_by("session_id").agg(
        pl.col("turn").max().alias("turns"),
        pl.len().cast(pl.Int64).alias("steps"),
        (kind == "tool").sum().cast(pl.Int64).alias("tool_calls"),
        tool.filter(kind == "tool").drop_nulls().unique(maintain_order=True).alias("tools"),
        text.filter(kind == "user").first().alias("input"),
        text.filter(kind == "assistant").last().alias("output"),
    )


def _traces(spans: pl.DataFrame) -> pl.DataFrame:
    """Time, status and use of each trace, summed to sessions."""
    failed = pl.col("status") == "error"
    model_call = pl.col("kind") == "llm"
    counted = _model_calls_with_use(spans)
    root = pl.col("root")
    price = pl.coalesce("total_cost", pl.col("input_cost") + pl.col("output_cost"))

    def use(amount: pl.Expr) -> pl.Expr:
        """The sum over the counted calls; where there is none, over the roots."""
        called = pl.col("counted")
        return (
            pl.when((called & amount.is_not_null()).any())
            .then(amount.filter(called).sum())
            .when((root & amount.is_not_null()).any())
            .then(amount.filter(root).sum())
        )

    tokens = pl.col("input_tokens").is_not_null() | pl.col("output_tokens").is_not_null()
    unpriced = (pl.col("counted") & tokens & price.is_null()).any() & (pl.col("counted") & price.is_not_null()).any()
    ended = pl.coalesce(pl.col("end").filter(root).max(), pl.col("end").max())
    each = (
        spans.with_columns(counted=counted)
        .group_by("session_id", "trace_id")
        .agg(
            ((ended - pl.col("start").filter(root).min()).dt.total_nanoseconds() / 1e9).alias("seconds"),
            (root & (pl.col("status") == "running")).any().alias("running"),
            ((root & failed).any() | failed.filter(model_call).last().fill_null(value=False)).alias("failed"),
            use(pl.col("input_tokens")).alias("input_tokens"),
            use(pl.col("output_tokens")).alias("output_tokens"),
            pl.when(~unpriced).then(use(price)).alias("cost"),
            (unpriced | (pl.col("counted") & tokens).any() & use(price).is_null()).alias("unpriced"),
        )
    )
    return each.group_by("session_id").agg(
        *(_sum(name) for name in ("seconds", "input_tokens", "output_tokens")),
        pl.when(~pl.col("unpriced").any()).then(_sum("cost")).alias("cost"),
        pl.when(pl.col("running").any())
        .then(pl.lit("running"))
        .when(pl.col("failed").any())
        .then(pl.lit("error"))
        .otherwise(pl.lit("ok"))
        .alias("status"),
    )


def _sum(name: str) -> pl.Expr:
    """A sum that is null where nothing is known."""
    return pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)


def _model_calls_with_use(spans: pl.DataFrame) -> pl.Series:
    """Which spans are model calls that say what they used and hold no other such call."""
    says = pl.any_horizontal(
        pl.col("input_tokens", "output_tokens", "total_tokens", "total_cost", "input_cost").is_not_null()
    )
    place = spans.select(
        "trace_id", "span_id", "parent_id", calls=(pl.col("kind") == "llm") & says
    ).with_row_index("row")  # fmt: skip
    above = place.select("trace_id", pl.col("span_id").alias("parent_id"), up="parent_id", holds="row", held="calls")
    frontier = place.filter("calls").select("trace_id", "parent_id")
    wrappers: set[int] = set()
    for _ in range(_DEPTH):
        frontier = frontier.filter(pl.col("parent_id").is_not_null()).unique()
        if frontier.is_empty():
            break
        met = frontier.join(above, on=["trace_id", "parent_id"])
        wrappers.update(met.filter("held")["holds"].to_list())
        frontier = met.select("trace_id", pl.col("up").alias("parent_id"))
    return place.select(pl.col("calls") & ~pl.col("row").is_in(sorted(wrappers))).to_series()
