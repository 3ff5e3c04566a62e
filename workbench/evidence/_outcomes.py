"""Which sessions fail: the signals side by side, one rule over them, and a sentence that says which were there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

import polars as pl

from workbench._html import panel, table
from workbench._words import percent, with_interval
from workbench.errors import UnknownNameError
from workbench.evidence._said import VERDICT, Said, about
from workbench.stats import wilson

__all__ = ["OUTCOME_COLUMNS", "Outcome", "Outcomes", "Selection", "Signal", "outcomes"]

Outcome = Literal["failing", "passing", "unknown"]
Signal = Literal["human", "grader", "feedback"]

OUTCOME_COLUMNS: Final = pl.Schema({  # one row a session
    "session_id": pl.String(),
    "outcome": pl.String(),  # failing | passing | unknown
    "human": pl.String(),  # pass | fail | contested | null: nobody decided
    "grader": pl.String(),  # pass | fail | null: no grader decided
    "graders_failed": pl.List(pl.String()),
    "grader_reasons": pl.List(pl.String()),  # what these said of it
    "feedback": pl.String(),  # up | down | null: the user said nothing
    "feedback_comment": pl.String(),
    "status": pl.String(),  # ok | error | running: operational, no outcome
})  # fmt: skip

_OUTCOMES: Final = get_args(Outcome)


@dataclass(frozen=True, slots=True, repr=False)
class Selection:
    """Some sessions, and how they were chosen.

    Examples
    --------
    >>> from workbench.evidence import Selection
    >>> len(Selection(("a", "b"), "two by hand"))
    2
    """

    session_ids: tuple[str, ...]
    sentence: str

    def __len__(self) -> int:
        return len(self.session_ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self.session_ids)

    def __contains__(self, session_id: object) -> bool:
        return session_id in self.session_ids

    def to_frame(self) -> pl.DataFrame:
        """One column, `session_id`."""
        return pl.DataFrame({"session_id": self.session_ids}, schema={"session_id": pl.String()})

    def __repr__(self) -> str:
        return f"<Selection {self.sentence}>"

    def _repr_html_(self) -> str:
        return panel(self.sentence, table(self.to_frame(), limit=10))


@dataclass(frozen=True, slots=True, repr=False)
class Outcomes:
    """Which sessions fail, pass, or are unknown, with the signals that say so beside one another.

    Attributes
    ----------
    frame
        Columns of `OUTCOME_COLUMNS`, in the order of the sessions.
    basis
        The signals that were there and used: human, grader, feedback; empty in degraded mode, where only operational errors are known.
    unmatched
        How many scores and annotations name no known session.
    unread
        The names of users' ratings that were not used, since they may be thumbs as well as stars.
    graders
        The names of the graders and exported scores that were used; also of graders that nobody runs any more.
    """

    frame: pl.DataFrame
    basis: tuple[Signal, ...]
    unmatched: int
    unread: tuple[str, ...] = ()
    graders: tuple[str, ...] = ()

    @property
    def degraded(self) -> bool:
        """Whether no human verdict, grader result or feedback is there, so that only operational errors are known."""
        return not self.basis

    def _count(self, outcome: Outcome) -> int:
        return self.frame.filter(outcome=outcome).height

    @property
    def sentence(self) -> str:
        """How many sessions fail, pass, and are unknown, and by which signals."""
        failing, passing, unknown = (self._count(outcome) for outcome in _OUTCOMES)
        total = self.frame.height
        if not total:
            return "There is no session."
        if self.degraded:
            return (
                "Degraded mode: there is no human verdict, grader result or user feedback, only operational status. "
                f"{failing:,} of {_sessions(total)} had an operational error; whether the other {unknown:,} served their users is unknown."
            )
        said = [
            f"{words} ({self.frame[name].is_not_null().sum():,})"
            for name, words in _WORDS.items()
            if name in self.basis
        ]
        by = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
        contested = self.frame.filter(human="contested").height
        verb, known = ("fails" if failing == 1 else "fail"), ("is" if unknown == 1 else "are")
        return (
            f"{failing:,} of {_sessions(total)} {verb}, {passing:,} {'passes' if passing == 1 else 'pass'}, {unknown:,} {known} unknown, by {by}"
            f"{f'; {contested:,} contested' if contested else ''}"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """The failing rate with its interval, which signals are absent, and what could not be matched."""
        notes: list[str] = []
        failing, passing = self._count("failing"), self._count("passing")
        if not self.degraded and failing + passing:
            interval = wilson(failing, failing + passing)
            notes.append(
                f"Of the {_sessions(failing + passing)} with a known outcome "
                f"{with_interval(failing / (failing + passing), interval.low, interval.high, percent, level=0.95)} fail, were they a"
                " random sample."
            )
        if self.graders:
            notes.append(
                f"By the latest results of: {', '.join(self.graders)}. Others are left out by naming those to use."
            )
        absent = [words for name, words in _WORDS.items() if name not in self.basis]
        if absent:
            notes.append(f"Absent or not used: {', '.join(absent)}. Their absence says nothing of a session.")
        if self.unmatched:
            notes.append(
                f"{self.unmatched:,} scores or annotations were not used: they name no session that is known, nor a trace of one."
            )
        if self.unread:
            notes.append(
                f"Not used, since all their numbers are 1, which is the best thumb and the worst star: {', '.join(self.unread)}. "
                "Call them stars or thumbs, or say which pass."
            )
        return tuple(notes)

    def _select(self, outcome: Outcome, verb: str) -> Selection:
        chosen = self.frame.filter(outcome=outcome)["session_id"].to_list()
        how = "by operational status only" if self.degraded else f"by {_listed([_WORDS[name] for name in self.basis])}"
        unknown = self._count("unknown")
        left = f"; {unknown:,} {'is' if unknown == 1 else 'are'} unknown" if unknown and outcome != "unknown" else ""
        return Selection(tuple(chosen), f"{len(chosen):,} of {_sessions(self.frame.height)} {verb}, {how}{left}")

    @property
    def failing(self) -> Selection:
        """The sessions that fail."""
        return self._select("failing", "with an operational error" if self.degraded else "failing")

    @property
    def passing(self) -> Selection:
        """The sessions that pass; none in degraded mode, where nothing says that a session served its user."""
        return self._select("passing", "passing")

    @property
    def unknown(self) -> Selection:
        """The sessions of which nothing is known, the contested ones among them."""
        return self._select("unknown", "with unknown outcome")

    def among(self, sessions: Any) -> Outcomes:
        """The outcomes of some of the sessions.

        Parameters
        ----------
        sessions
            A frame with `session_id`; what it names besides is ignored.
        """
        wanted = pl.DataFrame(sessions).select(pl.col("session_id").cast(pl.String()))
        return replace(self, frame=self.frame.join(wanted, on="session_id", how="semi", maintain_order="left"))

    def crosstab(self) -> pl.DataFrame:
        """Operational status against outcome: a session can run without error and fail its user, and the reverse.

        Returns
        -------
        polars.DataFrame
            One row a status (`ok`, `error`, and `running` where there is any) with the counts `failing`, `passing`, `unknown`, `sessions`.
        """
        outcome = pl.col("outcome")
        counts = self.frame.group_by(pl.col("status").fill_null("ok")).agg(
            *((outcome == name).sum().cast(pl.Int64).alias(name) for name in _OUTCOMES),
            pl.len().cast(pl.Int64).alias("sessions"),
        )
        wanted = pl.DataFrame({"status": ["ok", "error", "running"]})
        whole = wanted.join(counts, on="status", how="left", maintain_order="left")
        return whole.with_columns(pl.exclude("status").fill_null(0)).filter(
            (pl.col("status") != "running") | (pl.col("sessions") > 0)
        )

    def to_frame(self) -> pl.DataFrame:
        """The rows."""
        return self.frame

    def __repr__(self) -> str:
        return f"<Outcomes {self.sentence}>"

    def _repr_html_(self) -> str:
        return panel(self.sentence, table(self.crosstab(), heads={"status": "operational status"}), notes=self.notes)


_WORDS: Final[dict[Signal, str]] = {"human": "human verdicts", "grader": "graders", "feedback": "user feedback"}


def _sessions(number: int) -> str:
    return f"{number:,} session{'' if number == 1 else 's'}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def outcomes(
    sessions: Any,
    scores: Any,
    annotations: Any,
    *,
    signals: Sequence[Signal] | None = None,
    graders: Sequence[str] | None = None,
    steps: Any = None,
) -> Outcomes:
    """Which sessions fail, by what people, graders and users said of them.

    A human verdict decides where there is one; people who disagree leave the session contested, neither failing nor passing. Else a failed grader or
    negative feedback makes a session failing; else a passed grader or positive feedback makes it passing; else it is unknown. The
    signals stay beside one another. Where there is none at all in the data, sessions with an operational error count as
    failing and all others as unknown: that nothing was said is no praise.

    Parameters
    ----------
    sessions
        SESSIONS rows.
    scores
        SCORES rows that came with the export, or None. Of scores by people, code and models those count that say what passes.
    annotations
        ANNOTATIONS rows, or None. The latest of each author counts, where it was not retracted.
    signals
        Which signals to use: human, grader, feedback. All by default.
    graders
        The names of the graders and exported scores to use, such as those that are run today. All by default.
    steps
        STEPS or SPANS rows: which session a trace belongs to. Needed where scores speak of spans or traces of sessions with an id of their own.

    Returns
    -------
    Outcomes
        A row a session, the sentence, and the failing, passing and unknown sessions.

    Raises
    ------
    UnknownNameError
        There is no such signal, or no result of such a grader.
    InputError
        A column cannot become what its table says it is, or a session is there twice.

    Examples
    --------
    >>> from workbench import evidence
    >>> sessions = [{"session_id": "a", "status": "ok"}, {"session_id": "b", "status": "ok"}]
    >>> said = {"target_kind": "session", "author_kind": "human", "author": "ana", "name": "verdict"}
    >>> evidence.outcomes(sessions, None, [{**said, "annotation_id": "1", "target_id": "a", "passed": False}])
    <Outcomes 1 of 2 sessions fails, 0 pass, 1 is unknown, by human verdicts (1)>
    """
    used = get_args(Signal) if signals is None else tuple(signals)
    for name in used:
        if name not in get_args(Signal):
            raise UnknownNameError(name, "signal", get_args(Signal))
    rows, said = about(sessions, scores, annotations, steps)
    frame = rows.select("session_id", "status", "errors")
    decided = _decided(said)
    known = decided["name"].drop_nulls().unique().sort().to_list()
    for name in graders or ():
        if name not in known:
            raise UnknownNameError(name, "grader with results", known)
    if graders is not None:
        decided = decided.filter(pl.col("name").is_in(list(graders)))
    for signal in (_human(said), _graders(decided), _feedback(said)):
        frame = frame.join(signal, on="session_id", how="left", maintain_order="left")
    basis = tuple(name for name in get_args(Signal) if name in used and frame[name].is_not_null().any())
    frame = frame.with_columns(
        pl.col("graders_failed", "grader_reasons").fill_null(pl.lit([], dtype=pl.List(pl.String()))),
        outcome=_rule(basis),
    )
    return Outcomes(
        frame.select(OUTCOME_COLUMNS.names()),
        basis,
        said.unmatched,
        said.unread,
        tuple(name for name in known if "grader" in basis and (graders is None or name in graders)),
    )


def _rule(basis: Sequence[str]) -> pl.Expr:
    failing, passing, unknown = (pl.lit(outcome) for outcome in _OUTCOMES)
    if not basis:
        failed = (pl.col("status") == "error") | (pl.col("errors").fill_null(0) > 0)
        return pl.when(failed).then(failing).otherwise(unknown)
    human, grader, feedback = (
        pl.col(name) if name in basis else pl.lit(None, dtype=pl.String()) for name in ("human", "grader", "feedback")
    )
    return (
        pl.when(human == "contested")
        .then(unknown)
        .when(human == "fail")
        .then(failing)
        .when(human == "pass")
        .then(passing)
        .when((grader == "fail") | (feedback == "down"))
        .then(failing)
        .when((grader == "pass") | (feedback == "up"))
        .then(passing)
        .otherwise(unknown)
    )


def _word(failed: pl.Expr) -> pl.Expr:
    return pl.when(failed).then(pl.lit("fail")).otherwise(pl.lit("pass"))


def _human(said: Said) -> pl.DataFrame:
    """One verdict a session: each reviewer's own first, then whether the reviewers agree."""
    people = said.frame.filter(pl.col("author_kind") == "human", pl.col("passed").is_not_null())
    people = people.filter((pl.col("name") == VERDICT) | pl.col("exported"))
    own = pl.col("name") == VERDICT
    each = people.group_by("session_id", "author").agg(
        pl.when(own.any()).then(pl.col("passed").filter(own).last()).otherwise(pl.col("passed").all()).alias("passed")
    )
    agreed = (
        pl.when(pl.col("passed").n_unique() > 1).then(pl.lit("contested")).otherwise(_word(~pl.col("passed").all()))
    )
    return each.group_by("session_id").agg(agreed.alias("human"))


def _decided(said: Said) -> pl.DataFrame:
    """What graders and exported scores say of passing."""
    return said.frame.filter(pl.col("author_kind").is_in(["code", "model"]), pl.col("passed").is_not_null())


def _graders(results: pl.DataFrame) -> pl.DataFrame:
    return results.group_by("session_id").agg(
        _word(~pl.col("passed").all()).alias("grader"),
        pl.col("name").filter(~pl.col("passed")).unique().sort().alias("graders_failed"),
        pl.col("comment").filter(~pl.col("passed")).drop_nulls().unique().sort().alias("grader_reasons"),
    )


def _feedback(said: Said) -> pl.DataFrame:
    users = said.frame.filter(pl.col("author_kind") == "user")
    up, comment = pl.col("up"), pl.col("comment")
    return users.group_by("session_id").agg(
        pl.when(up.is_not_null().any())
        .then(pl.when((~up).any()).then(pl.lit("down")).otherwise(pl.lit("up")))
        .alias("feedback"),
        # What was said with a complaint says more than what was said with praise.
        pl.coalesce(comment.filter(~up).drop_nulls().last(), comment.drop_nulls().last()).alias("feedback_comment"),
    )
