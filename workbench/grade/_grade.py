"""Run graders over sessions: every session and grader ends in one row, crashes and inapplicable ones included."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
import polars as pl

from workbench._html import panel, table
from workbench._words import percent, with_interval
from workbench.errors import EmptyError, InputError
from workbench.evidence import Usage, loops
from workbench.grade._grader import Grader, Result
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
    "state": pl.String(),  # what it was measured on: the session's steps, and what the grader refers to
})  # fmt: skip


_SAID: Final = 160  # characters of a crash that stand in a sentence
_TOOK: Final = pl.Schema({
    "session_id": pl.String(),
    "seconds": pl.Float64(),
    "cost": pl.Float64(),
    "input_tokens": pl.Int64(),
    "output_tokens": pl.Int64(),
})  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Grades:
    """What graders said about sessions.

    Attributes
    ----------
    frame
        Columns of `GRADES`, by session and then by grader as given.
    notes
        Which sessions were left out, and why.
    """

    frame: pl.DataFrame
    notes: tuple[str, ...] = ()

    def summary(self) -> pl.DataFrame:
        """One row a grader: how many sessions passed, failed, were only measured, did not apply, crashed.

        Returns
        -------
        polars.DataFrame
            `grader`, `version`, `criterion`, the counts `passed`, `failed`, `measured`, `inapplicable`, `errored`, the `rate`
            of passed among passed and failed with the `low` and `high` of its 95% Wilson interval, the `mean` value, and the `error` that
            most of its crashes had.
        """
        status, passed = pl.col("status"), pl.col("passed")
        counts = self.frame.group_by("grader", "version", "criterion", maintain_order=True).agg(
            passed.sum().cast(pl.Int64).alias("passed"),
            (~passed).sum().cast(pl.Int64).alias("failed"),
            ((status == "completed") & passed.is_null()).sum().cast(pl.Int64).alias("measured"),
            (status == "inapplicable").sum().cast(pl.Int64).alias("inapplicable"),
            (status == "errored").sum().cast(pl.Int64).alias("errored"),
            pl.col("value").mean().alias("mean"),
            pl.col("error").drop_nulls().mode(maintain_order=True).first().alias("error"),
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
        return f"{sessions:,} sessions graded. {' '.join((*self.sentences, *self.notes))}".strip()

    def to_annotations(self, now: dt.datetime, *, kept: pl.DataFrame | None = None) -> pl.DataFrame:
        """The results as annotations; grading the same again gives the same ids, so that nothing is added twice.

        Parameters
        ----------
        now
            When they are recorded, with a time zone.
        kept
            ANNOTATIONS rows that are there already: what the latest of them says about a session and grader is left out, and what
            differs from it follows it under an id of its own, also where it was said before.

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
        latest = _latest(kept)
        rows: list[dict[str, Any]] = [
            {
                "annotation_id": _annotation_id(row, latest.get((row["session_id"], row["grader"]))),
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
                "method_version": _method_version(row),
                "happened_at": now,
                "recorded_at": now,
            }
            for row in self.frame.iter_rows(named=True)
        ]
        new = [row for row in rows if _differs(row, latest.get((row["target_id"], row["name"])))]
        return pl.DataFrame(new, schema=ANNOTATIONS)

    def to_frame(self) -> pl.DataFrame:
        """The rows."""
        return self.frame

    def __repr__(self) -> str:
        return f"<Grades {self.sentence}>"

    def _repr_html_(self) -> str:
        summary = self.summary().drop("version", "mean")
        kept = [name for name in summary.columns if name in {"grader", "criterion"} or _tells(summary[name])]
        heads = {"low": "95% from", "high": "to"}
        said = f"{self.frame['session_id'].n_unique():,} sessions graded"
        return panel(said, table(summary.select(kept), heads=heads), notes=[*self.sentences, *self.notes])


def _sentence(row: dict[str, Any]) -> str:
    decided = row["passed"] + row["failed"]
    if decided:
        said = (
            f"{row['grader']} passes {row['passed']:,} of {decided:,} sessions, "
            f"{with_interval(row['rate'], row['low'], row['high'], percent, level=0.95)}"
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
            ("errored", f"crashed ({_cut(row['error'])})"),
        )
        if row[name] and not (name == "measured" and not decided)
    ]
    return f"{said}{'; ' + ', '.join(left) if left else ''}."


def _tells(column: pl.Series) -> bool:
    """Whether a column holds anything but nothing and zeros."""
    return column.count() > 0 if column.dtype == pl.String() else bool((column.fill_null(0) != 0).any())


def _cut(text: str | None) -> str:
    plain = " ".join((text or "").split())
    return plain if len(plain) <= _SAID else f"{plain[: _SAID - 1]}…"


def _annotation_id(row: dict[str, Any], replaced: dict[str, Any] | None) -> str:
    said = [row[name] for name in GRADES if name != "criterion"]
    if replaced is not None:
        said.append(replaced["annotation_id"])
    return "g-" + hashlib.sha256(orjson.dumps(said)).hexdigest()[:24]


def _method_version(row: dict[str, Any]) -> str:
    return f"{row['version']} ({row['fingerprint']}) on {row['state']}"


def _latest(kept: pl.DataFrame | None) -> dict[tuple[str, str], dict[str, Any]]:
    """Of annotations by code, the latest about each session and name."""
    if kept is None:
        return {}
    found = conform(kept, ANNOTATIONS, what="annotations").filter(target_kind="session", author_kind="code")
    found = found.sort("happened_at", nulls_last=False, maintain_order=True)
    return {(row["target_id"], row["name"]): row for row in found.iter_rows(named=True)}


def _differs(row: dict[str, Any], latest: dict[str, Any] | None) -> bool:
    said = ("value_number", "value_text", "passed", "comment", "evidence", "method_version")
    return latest is None or any(row[name] != latest[name] for name in said)


def _result(kept: dict[str, Any]) -> Result:
    """What a grader said, from what was kept of it."""
    if kept["value_text"] == "inapplicable":
        return Result("inapplicable")
    return Result("completed", kept["value_number"], kept["passed"], kept["comment"], kept["evidence"])


def _states(steps: pl.DataFrame) -> dict[str, str]:
    """A hash of each session's steps, in the order in which the sessions are first named."""
    ordered = steps.select(STEPS.names()).sort("number", maintain_order=True)
    hashes = {session: hashlib.sha256() for session in steps["session_id"].unique(maintain_order=True).to_list()}
    for batch in ordered.iter_slices(50_000):
        texts = batch.select("session_id", step=pl.struct(STEPS.names()).struct.json_encode())
        for session, text in texts.iter_rows():
            hashes[session].update(text.encode("utf-8", "surrogatepass") + b"\n")
    return {session: digest.hexdigest()[:16] for session, digest in hashes.items()}


def grade(
    steps: Any,
    graders: Iterable[Grader],
    *,
    usage: Any = None,
    kept: pl.DataFrame | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Grades:
    """Run graders over every session.

    Parameters
    ----------
    steps
        STEPS rows.
    graders
        What the decorator `grader` made, each with a name of its own.
    usage
        SESSIONS rows, or any of `session_id` with some of `seconds`, `cost`, `input_tokens`, `output_tokens`: what the sessions took,
        for graders that look at `loop.usage`.
    kept
        ANNOTATIONS rows of earlier results: where the latest is of the same grader (version, source, and what it refers to) on the
        same steps, it is taken over and the grader is not run. What crashed is tried again.
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
    frame = conform(steps, STEPS, what="steps").with_columns(pl.col("session_id").fill_null(""))
    took = _usage(usage)
    states = {session: _with(state, took.get(session)) for session, state in _states(frame).items()}
    rests = {each.name: each.rests_on for each in given}
    latest = _latest(kept)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    open_ones: set[str] = set()
    for session_id, state in states.items():
        for each in given:
            about = {
                "session_id": session_id,
                "grader": each.name,
                "version": each.version,
                "criterion": each.criterion,
                "fingerprint": each.fingerprint,
                "state": hashlib.sha256(f"{state} {rests[each.name]}".encode()).hexdigest()[:16],
            }
            old = latest.get((session_id, each.name))
            if old is None or old["method_version"] != _method_version(about) or old["value_text"] == "errored":
                open_ones.add(session_id)
                rows[session_id, each.name] = about
            else:
                rows[session_id, each.name] = about | _result(old)._asdict()
    done, total = len(states) - len(open_ones), len(states)
    if done and progress is not None:
        progress(done, total)
    for plain in loops(frame.filter(pl.col("session_id").is_in(open_ones))):
        loop = replace(plain, usage=took.get(plain.session_id, Usage()))
        for each in given:
            row = rows[loop.session_id, each.name]
            if "status" not in row:
                row.update(each.result(loop)._asdict())
        done += 1
        if progress is not None:
            progress(done, total)
    return Grades(pl.DataFrame(list(rows.values()), schema=GRADES))


def _usage(rows: Any) -> dict[str, Usage]:
    """What the sessions took, of those of which anything is known."""
    if rows is None:
        return {}
    frame = conform(rows, _TOOK, what="usage").select(_TOOK.names())
    known = {session: Usage(*values) for session, *values in frame.iter_rows()}
    return {session: usage for session, usage in known.items() if usage != Usage()}


def _with(state: str, usage: Usage | None) -> str:
    """The state of a session with what it took, to the twelfth digit: sums in another order differ in the last ones."""
    if usage is None:
        return state
    took = [f"{value:.12g}" if value is not None else "" for value in dataclasses.astuple(usage)]
    return hashlib.sha256(f"{state} {' '.join(took)}".encode()).hexdigest()[:16]


def _checked(graders: Iterable[Grader]) -> list[Grader]:
    given: list[Any] = list(graders)
    if not given:
        msg = "no graders: give at least one function decorated with @grader(criterion=…)"
        raise EmptyError(msg)
    names: set[str] = set()
    for each in given:
        if not isinstance(each, Grader):
            msg = f"{getattr(each, '__name__', repr(each))} is not a grader: decorate it with @grader(criterion=…)"
            raise InputError(msg)
        if each.name in names:
            msg = f"two graders are named {each.name!r}: give one of them another name, @grader(criterion=…, name=…)"
            raise InputError(msg)
        names.add(each.name)
    return given
