"""An experiment: an agent tried on cases, and what every grader said about every trial."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from workbench._html import panel, table
from workbench._words import plain, with_interval
from workbench.errors import EmptyError, UnknownNameError
from workbench.experiment._arms import decided_nothing, deciding, idle, overall, per_case
from workbench.experiment._errors_said import went_wrong
from workbench.experiment._outcomes import MEASURES, STATUSES, read
from workbench.experiment._pass_k import pass_k_table
from workbench.experiment._say import count, percent
from workbench.schema import OUTCOMES
from workbench.stats import FEWEST, Interval, mean_interval

__all__ = ["Experiment", "recorded"]

_IDENTITY: Final = ("agent_name", "agent_version", "environment")
# What differs from trial to trial, or is the outcome itself: a case has no such attribute.
_NOT_ATTRIBUTES: Final = frozenset({
    "session_id", "trial", "started_at", "ended_at", "seconds", "cost", "input_tokens", "output_tokens", "input", "output",
    *(name for name in OUTCOMES if name != "status"), "error",
})  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Experiment:
    """An agent tried on a set of cases, `trials` times a case.

    Parameters
    ----------
    name
        What to call it, such as the release.
    outcomes
        OUTCOMES rows, one a case, trial and grader; seconds, cost and other measures of the trial may stand behind.
    cases
        One row a case: `case` and attributes to segment by, such as mode, intent, difficulty, channel.
    metadata
        What was tried: agent, version, model, prompt, code revision.
    counted
        Rows that could not be used as they came, by reason.
    looked
        Told of every comparison that reads it; answers how often its holdout was looked at.

    Examples
    --------
    >>> rows = [{"case": c, "trial": t, "grader": "right", "passed": c == "a"} for c in "ab" for t in (0, 1)]
    >>> Experiment("v1", pl.DataFrame(rows))
    v1: a pass rate of 50.0% over 2 cases, 2 trials a case, 1 grader; an interval needs 10 cases, 8 more.
    """

    name: str
    outcomes: pl.DataFrame
    cases: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={"case": pl.String()}))
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    counted: Mapping[str, int] = field(default_factory=dict[str, int])
    looked: Callable[[str], str] | None = field(default=None, compare=False)

    @property
    def fingerprint(self) -> str:
        """A digest of what was tried and what came out, to tell whether two experiments are the same."""
        rows = self.outcomes.sort("case", "trial", "grader").select(*OUTCOMES).write_csv()
        about = repr(sorted((key, str(value)) for key, value in self.metadata.items()))
        return hashlib.sha256(f"{self.name}\n{about}\n{rows}".encode()).hexdigest()[:16]

    @property
    def graders(self) -> list[str]:
        """The graders' names, sorted."""
        return read(self.outcomes, what=self.name).graders

    @property
    def per_case(self) -> pl.DataFrame:
        """One row a case over all graders: `case`, `trials` that were graded, `passes`, `rate`."""
        arm = deciding(read(self.outcomes, what=self.name))
        graded = per_case(overall(arm, None)).filter(pl.col("n") > 0).sort("case")
        return graded.select(
            "case", pl.col("n").alias("trials"), pl.col("c").alias("passes"), pl.col("mean").alias("rate")
        )

    @property
    def pass_rate(self) -> float:
        """The mean over cases of each case's share of passing trials; NaN where nothing was graded."""
        rates = self.per_case["rate"]
        return float(rates.to_numpy().mean()) if rates.len() else float("nan")

    @property
    def interval(self) -> Interval | None:
        """The 95% interval of `pass_rate`, with the cases as the independent units; None below `stats.FEWEST` cases."""
        rates = self.per_case["rate"]
        return mean_interval(rates.to_numpy()) if rates.len() >= FEWEST else None

    @property
    def pass_k(self) -> pl.DataFrame:
        """pass@k and pass^k for every k that some case was tried: `k`, `pass_at_k`, `pass_hat_k` with intervals, `cases`, `dropped`."""
        return pass_k_table(self.per_case["trials"].to_numpy(), self.per_case["passes"].to_numpy())

    @property
    def sentence(self) -> str:
        """What came out, in one line."""
        rates = self.per_case
        if not rates.height:
            why = went_wrong(self.outcomes) or "see .outcomes for the reasons"
            return f"{self.name}: no trial has an outcome that passes or fails; {why}."
        fewest, most = int(rates["trials"].to_numpy().min()), int(rates["trials"].to_numpy().max())
        trials = f"{fewest} to {most} trials" if fewest != most else count(most, "trial")
        interval = self.interval
        ends = (None, None) if interval is None else (interval.low, interval.high)
        arm = read(self.outcomes, what=self.name)
        unused = idle(arm.outcomes)
        scored = not frozenset(arm.graders) - arm.scored - {*unused}
        rate = with_interval(self.pass_rate, *ends, plain if scored else percent, level=0.95)
        few = "" if interval else f"; an interval needs {FEWEST} cases, {FEWEST - rates.height} more"
        cases = count(rates.height, "case")
        said = f"{rate} of {cases} pass" if most == 1 else f"a pass rate of {rate} over {cases}"
        said = f"{rate} on average over {cases}" if scored else said
        nothing = f" {decided_nothing(unused, self.metadata)}." if unused else ""
        wrong = went_wrong(self.outcomes)
        nothing += f" {wrong}." if wrong else ""
        return f"{self.name}: {said}, {trials} a case, {count(len(arm.graders) - len(unused), 'grader')}{few}.{nothing}"

    def to_frame(self) -> pl.DataFrame:
        """The outcomes with the cases' attributes beside them."""
        extra = [name for name in self.cases.columns if name == "case" or name not in self.outcomes.columns]
        return self.outcomes.join(self.cases.select(extra), on="case", how="left")

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        ran = (
            read(self.outcomes, what=self.name)
            .outcomes.group_by("grader", maintain_order=True)
            .agg(
                *[(pl.col("status") == status).sum().alias(status) for status in STATUSES],
                pl.col("passed").sum().cast(pl.Int64).alias("passed"),
            )
        )
        notes = [f"{n:,} rows {why}" for why, n in self.counted.items()]
        return panel(self.sentence, table(ran), notes=notes)


def recorded(
    sessions: Any,
    grades: Any,
    *,
    name: str,
    case: str = "task_id",
    graders: Sequence[str] | None = None,
    cases: Any = None,
) -> Experiment:
    """Make an experiment of sessions that were already run: each is a trial of its case.

    A session that a grader did not see is missing for it, a crash is errored, and a grader that does not apply says so;
    none of them is a failure of the agent, and none is dropped.

    Parameters
    ----------
    sessions
        SESSIONS rows, one a session, and columns beside. A column on which all trials of a case agree is an attribute of the case,
        to compare by; of lists, such as failure modes or tools, it is every value that some trial has.
    grades
        One row a session and grader: `session_id`, `grader`, `value` or `passed`, and `error` or `status` where known.
    name
        What to call the experiment.
    case
        The column of the sessions that names the case.
    graders
        Which graders; all by default.
    cases
        One row a case, `case` and attributes, instead of those that the sessions carry.

    Returns
    -------
    Experiment
        With one row for every session that has a case and every grader.

    Raises
    ------
    EmptyError
        No session names a case, or no grade belongs to a session.
    UnknownNameError
        There is no such column or grader.

    Examples
    --------
    >>> sessions = pl.DataFrame({"session_id": ["s", "t"], "task_id": ["a", "b"], "trial": [0, 0]})
    >>> grades = pl.DataFrame({"session_id": ["s"], "grader": ["right"], "passed": [True]})
    >>> recorded(sessions, grades, name="v1").outcomes["status"].to_list()
    ['completed', 'missing']
    """
    ran = sessions.collect() if isinstance(sessions, pl.LazyFrame) else pl.DataFrame(sessions)
    said = grades.collect() if isinstance(grades, pl.LazyFrame) else pl.DataFrame(grades)
    for column, frame in ((case, ran), ("session_id", ran), ("session_id", said), ("grader", said)):
        if column not in frame.columns:
            raise UnknownNameError(kind="column", name=column, known=frame.columns)
    trials = _trials(ran, case)
    if not trials.height:
        msg = f"no session of {name!r} names a case in {case!r}: choose the column that tells what was tried, such as case='input'"
        raise EmptyError(msg)
    wanted = sorted(said["grader"].drop_nulls().unique().to_list()) if graders is None else list(graders)
    known = set(said["grader"].to_list())
    for grader in wanted:
        if grader not in known:
            raise UnknownNameError(kind="grader", name=grader, known=(g for g in known if g))
    if not wanted:
        msg = f"no grades belong to {name!r}: grade its sessions first"
        raise EmptyError(msg)
    said = _said(said.filter(pl.col("grader").is_in(wanted)))
    unmatched = said.join(trials, on="session_id", how="anti").height
    expected = trials.join(pl.DataFrame({"grader": wanted}), how="cross")
    outcomes = expected.join(said, on=["session_id", "grader"], how="left").with_columns(
        pl.col("status").fill_null("missing")
    )
    if not outcomes["value"].count() and not outcomes["passed"].count():
        msg = f"no grade of {', '.join(wanted)} belongs to a session of {name!r}: grade its sessions first"
        raise EmptyError(msg)
    about = {
        key: ran[key].drop_nulls().unique().sort().to_list()
        for key in _IDENTITY
        if key in ran.columns and ran[key].count()
    }
    counted = {"of sessions without a case": ran.height - trials.height, "of grades of other sessions": unmatched}
    measures = [measure for measure in MEASURES if measure in outcomes.columns]
    return Experiment(
        name,
        outcomes.select(*(name for name in OUTCOMES), *measures),
        _attributes(ran, case) if cases is None else pl.DataFrame(cases).with_columns(pl.col("case").cast(pl.String())),
        {key: values[0] if len(values) == 1 else values for key, values in about.items()},
        {why: n for why, n in counted.items() if n},
    )


def _trials(ran: pl.DataFrame, case: str) -> pl.DataFrame:
    """The sessions that have a case; where no trial is given, in order of their start."""
    order = [name for name in ("started_at", "session_id") if name in ran.columns]
    named = ran.filter(pl.col(case).is_not_null()).with_columns(pl.col(case).cast(pl.String()).alias("case"))
    if "trial" not in named.columns or not named["trial"].count():
        named = named.sort(order).with_columns(pl.int_range(pl.len()).over("case").cast(pl.Int64).alias("trial"))
    measures = [measure for measure in MEASURES if measure in named.columns]
    return named.select("case", pl.col("trial").cast(pl.Int64), "session_id", *measures)


def _said(said: pl.DataFrame) -> pl.DataFrame:
    """Grades with a status: what crashed, what did not apply, what was said."""
    missing = [
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in {
            "value": pl.Float64(),
            "passed": pl.Boolean(),
            "error": pl.String(),
            "status": pl.String(),
        }.items()
        if name not in said.columns
    ]
    value = pl.col("value").cast(pl.Float64)
    empty = value.is_null() & pl.col("passed").is_null()
    status = (
        pl.when(pl.col("status").is_not_null() & (pl.col("status") != "completed"))
        .then(pl.col("status"))
        .when(pl.col("error").is_not_null())
        .then(pl.lit("errored"))
        .when(empty)
        .then(pl.lit("inapplicable"))
        .otherwise(pl.col("status"))
    )
    return said.with_columns(*missing).select(
        "session_id", "grader", value.alias("value"), "passed", status.fill_null("completed").alias("status")
    )


def _attributes(ran: pl.DataFrame, case: str) -> pl.DataFrame:
    """What the sessions say about their case: what all its trials agree on, and of lists what any of them holds."""
    wanted = {name: kind for name, kind in ran.schema.items() if name not in _NOT_ATTRIBUTES and name != case}
    agreed = [
        pl.when(pl.col(name).n_unique() == 1).then(pl.col(name).first()).alias(name)
        for name, kind in wanted.items()
        if not kind.is_nested()
    ]
    held = [
        pl.col(name).explode().drop_nulls().unique().sort().alias(name)
        for name, kind in wanted.items()
        if isinstance(kind, pl.List) and not kind.inner.is_nested()
    ]
    named = ran.filter(pl.col(case).is_not_null()).with_columns(pl.col(case).cast(pl.String()).alias("case"))
    found = named.group_by("case", maintain_order=True).agg(*agreed, *held)
    lists = [name for name, kind in found.schema.items() if isinstance(kind, pl.List)]
    found = found.with_columns(pl.when(pl.col(name).list.len() > 0).then(pl.col(name)).alias(name) for name in lists)
    return found.select("case", *(name for name in wanted if name in found.columns))
