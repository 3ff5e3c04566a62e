"""Run graders over sessions: every session and grader ends in one row, crashes and inapplicable ones included."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import orjson
import polars as pl

from workbench._html import panel, table
from workbench.errors import EmptyError, InputError
from workbench.evidence import loops
from workbench.grade._grader import Grader
from workbench.schema import ANNOTATIONS, STEPS, conform
from workbench.stats import wilson

__all__ = ["GRADES", "Grades", "grade"]

GRADES: Final = pl.Schema({  # one row a session and grader
    "session_id": pl.String(),
    "grader": pl.String(),
    "version": pl.String(),
    "criterion": pl.String(),
    "status": pl.String(),  # completed | inapplicable | errored
    "value": pl.Float64(),
    "passed": pl.Boolean(),  # null: the grader only measures, does not apply, or crashed
    "reason": pl.String(),
    "evidence": pl.String(),  # JSON: ["trace_id/span_id", …]
    "error": pl.String(),  # how the grader crashed
    "fingerprint": pl.String(),  # content of the grader's source
})  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Grades:
    """What graders said about sessions.

    Attributes
    ----------
    frame
        Columns of `GRADES`, by session and then by grader as given.
    """

    frame: pl.DataFrame

    def summary(self) -> pl.DataFrame:
        """One row a grader: how many sessions passed, failed, were only measured, did not apply, crashed.

        Returns
        -------
        polars.DataFrame
            `grader`, `version`, `criterion`, the counts `passed`, `failed`, `measured`, `inapplicable`, `errored`, the `rate`
            of passed among passed and failed with the `low` and `high` of its 95% Wilson interval, and the `mean` value.
        """
        status, passed = pl.col("status"), pl.col("passed")
        counts = self.frame.group_by("grader", "version", "criterion", maintain_order=True).agg(
            passed.sum().cast(pl.Int64).alias("passed"),
            (~passed).sum().cast(pl.Int64).alias("failed"),
            ((status == "completed") & passed.is_null()).sum().cast(pl.Int64).alias("measured"),
            (status == "inapplicable").sum().cast(pl.Int64).alias("inapplicable"),
            (status == "errored").sum().cast(pl.Int64).alias("errored"),
            pl.col("value").mean().alias("mean"),
        )
        intervals = [
            wilson(yes, yes + no) if yes + no else None
            for yes, no in zip(counts["passed"].to_list(), counts["failed"].to_list(), strict=True)
        ]
        return counts.with_columns(
            (pl.col("passed") / (pl.col("passed") + pl.col("failed"))).fill_nan(None).alias("rate"),
            pl.Series("low", [None if i is None else i.low for i in intervals], dtype=pl.Float64()),
            pl.Series("high", [None if i is None else i.high for i in intervals], dtype=pl.Float64()),
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence a grader: rate, denominator, interval, and what does not count."""
        return tuple(_sentence(row) for row in self.summary().iter_rows(named=True))

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        sessions = self.frame["session_id"].n_unique()
        return f"{sessions:,} sessions graded. {' '.join(self.sentences)}".strip()

    def to_annotations(self, now: dt.datetime) -> pl.DataFrame:
        """The results as annotations; grading the same again gives the same ids, so that nothing is added twice.

        Parameters
        ----------
        now
            When they are recorded, with a time zone.

        Returns
        -------
        polars.DataFrame
            ANNOTATIONS rows named by their grader, `author_kind` "code". A crash is a row of its own, without a value, its `value_text`
            "errored" and its `comment` the error; where a grader does not apply the `value_text` is "inapplicable", so that later
            nobody takes the session for one that was not graded.

        Raises
        ------
        InputError
            The time has no zone.

        Examples
        --------
        >>> import datetime as dt
        >>> from workbench import grade
        >>> answers = grade.grader(criterion="the agent answers", name="answers")(lambda loop: bool(loop.final_answer))
        >>> steps = [{"session_id": "s", "number": 1, "turn": 1, "kind": "assistant", "text": "Done."}]
        >>> said = grade.grade(steps, [answers]).to_annotations(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        >>> said.select("target_id", "name", "passed").row(0)
        ('s', 'answers', True)
        """
        if now.tzinfo is None:
            msg = f"the time {now} has no zone; use datetime.now(UTC)"
            raise InputError(msg)
        rows = [
            {
                "annotation_id": _annotation_id(row),
                "target_kind": "session",
                "target_id": row["session_id"],
                "name": row["grader"],
                "value_number": row["value"],
                "value_text": None if row["status"] == "completed" else row["status"],
                "passed": row["passed"],
                "comment": row["error"] or row["reason"],
                "evidence": row["evidence"],
                "author": row["grader"],
                "author_kind": "code",
                "method": "grader",
                "method_version": f"{row['version']} ({row['fingerprint']})",
                "happened_at": now,
                "recorded_at": now,
            }
            for row in self.frame.iter_rows(named=True)
        ]
        return pl.DataFrame(rows, schema=ANNOTATIONS)

    def to_frame(self) -> pl.DataFrame:
        """The rows."""
        return self.frame

    def __repr__(self) -> str:
        return f"<Grades {self.sentence}>"

    def _repr_html_(self) -> str:
        summary = self.summary().drop("version", "mean")
        kept = [
            name
            for name in summary.columns
            if name in {"grader", "criterion"} or (summary[name].fill_null(0) != 0).any()
        ]
        heads = {"low": "95% from", "high": "to"}
        said = f"{self.frame['session_id'].n_unique():,} sessions graded"
        return panel(said, table(summary.select(kept), heads=heads), notes=self.sentences)


def _sentence(row: dict[str, Any]) -> str:
    decided = row["passed"] + row["failed"]
    if decided:
        said = (
            f"{row['grader']} passes {row['passed']:,} of {decided:,} sessions "
            f"({row['rate']:.1%}, 95% interval {row['low']:.1%} to {row['high']:.1%})"
        )
    elif row["measured"]:
        said = f"{row['grader']} measures {row['measured']:,} sessions, on average {row['mean']:.3g}"
    else:
        said = f"{row['grader']} decides no session"
    left = [
        f"{row[name]:,} {words}"
        for name, words in (
            ("measured", "measured without a verdict"),
            ("inapplicable", "not applicable"),
            ("errored", "crashed"),
        )
        if row[name] and not (name == "measured" and not decided)
    ]
    return f"{said}{'; ' + ', '.join(left) if left else ''}."


def _annotation_id(row: dict[str, Any]) -> str:
    said = [row[name] for name in GRADES if name != "criterion"]
    return "g-" + hashlib.sha256(orjson.dumps(said)).hexdigest()[:24]


def grade(steps: Any, graders: Iterable[Grader], *, progress: Callable[[int, int], None] | None = None) -> Grades:
    """Run graders over every session.

    Parameters
    ----------
    steps
        STEPS rows.
    graders
        What the decorator `grader` made, each with a name of its own.
    progress
        Called with how many sessions are done, and of how many.

    Returns
    -------
    Grades
        One row a session and grader. A grader that crashes on a session has a result of its own with its error, never a
        zero; one that returns None does not apply there, and is counted so.

    Raises
    ------
    EmptyError
        There is no grader.
    InputError
        Two graders have one name, or something is not a grader.

    Examples
    --------
    >>> from workbench import grade
    >>> answers = grade.grader(criterion="the agent answers", name="answers")(lambda loop: bool(loop.final_answer))
    >>> steps = [{"session_id": "s", "number": 1, "turn": 1, "kind": "assistant", "text": "Done."}]
    >>> grade.grade(steps, [answers]).frame.select("session_id", "grader", "value", "passed").row(0)
    ('s', 'answers', 1.0, True)
    """
    given = _checked(graders)
    frame = conform(steps, STEPS, what="steps")
    total = frame["session_id"].n_unique()
    columns: dict[str, list[Any]] = {name: [] for name in GRADES}
    for done, loop in enumerate(loops(frame), 1):
        for each in given:
            result = each.result(loop)
            row = (loop.session_id, each.name, each.version, each.criterion, *result, each.fingerprint)
            for name, value in zip(GRADES, row, strict=True):
                columns[name].append(value)
        if progress is not None:
            progress(done, total)
    return Grades(pl.DataFrame(columns, schema=GRADES))


def _checked(graders: Iterable[Grader]) -> list[Grader]:
    given: list[Any] = list(graders)
    if not given:
        msg = "no graders: give at least one function decorated with @grader(criterion=…)"
        raise EmptyError(msg)
    names: set[str] = set()
    for each in given:
        if not isinstance(each, Grader):
            msg = f"{each!r} is not a grader: decorate it with @grader(criterion=…)"
            raise InputError(msg)
        if each.name in names:
            msg = f"two graders are named {each.name!r}: give one of them another name, @grader(criterion=…, name=…)"
            raise InputError(msg)
        names.add(each.name)
    return given
