"""Whether a suggestion that is shown first sways the verdict: measured where chance decided what was shown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import polars as pl

from workbench import _html
from workbench._words import points, with_interval
from workbench.errors import EmptyError
from workbench.label._current import log_of, standing_of
from workbench.label._tables import REPEAT
from workbench.schema import DRAWS, conform
from workbench.stats import Interval, mean_interval, newcombe

__all__ = ["Anchoring", "anchoring", "first_verdicts"]

_DECIDED: Final = ("pass", "fail")


@dataclass(frozen=True, slots=True)
class Anchoring:
    """How much more often reviewers agree with a suggestion that they were shown first.

    Attributes
    ----------
    blind, shown
        Agreed and read, without and with the suggestion shown first.
    difference
        Interval of shown minus blind; None where one of the two is empty.
    randomised
        Whether chance decided which were shown first: only then is the difference the suggestion's doing.
    rows
        Frame: `session_id`, `reviewer`, `verdict`, `suggested`, `blind` (nothing was seen before the verdict), `shown_first` (what the two
        groups are made of), `agreed`.
    sentence
        All that in one line.
    notes
        What was asked for although it was to be hidden, and what the groups are made of.
    """

    blind: tuple[int, int]
    shown: tuple[int, int]
    difference: Interval | None
    randomised: bool
    rows: pl.DataFrame
    sentence: str
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pl.DataFrame:
        """The rows."""
        return self.rows

    def __repr__(self) -> str:
        return " ".join([self.sentence, *self.notes])

    def _repr_html_(self) -> str:
        return _html.panel(self.sentence, _html.table(self.rows, limit=50), notes=self.notes)


def anchoring(labels: pl.DataFrame, suggestions: pl.DataFrame, draws: object = None) -> Anchoring:
    """Whether verdicts lean towards what software suggested, where it was shown before the verdict.

    Parameters
    ----------
    labels
        What `first_verdicts` returns, or `current_labels`; `blind` says which verdicts were given before a suggestion was shown.
    suggestions
        Columns `session_id` and `suggested` (pass or fail): what there was to be shown.
    draws
        Rows of `schema.DRAWS`. Where their `shown_first` says that chance decided, only these sessions are compared, by what was decided
        and not by what was looked at in the end.

    Raises
    ------
    EmptyError
        No session with a suggestion has a verdict.

    Notes
    -----
    Newcombe's interval of a difference of shares (1998, Statistics in Medicine 17, 873-890, method 10). Where several reviewers read
    a session, a session counts once, with the share of them that agreed, and the limits of the two means are combined in the same way
    (Donner & Zou, 2012, Statistical Methods in Medical Research 21, 347-359).

    Examples
    --------
    >>> import polars as pl
    >>> from workbench import label
    >>> labels = pl.DataFrame({"session_id": ["a", "b"], "reviewer": "ana", "verdict": ["fail", "pass"], "blind": [True, False]})
    >>> label.anchoring(labels, pl.DataFrame({"session_id": ["a", "b"], "suggested": "pass"})).shown
    (1, 1)
    """
    where = pl.col("queue_id") if "queue_id" in labels.columns else pl.lit(None)
    decided = (
        labels.filter(pl.col("verdict").is_in(_DECIDED), pl.col("blind").is_not_null())
        .select("session_id", "reviewer", "verdict", "blind", where.cast(pl.String()).alias("queue_id"))
        .join(suggestions.select("session_id", "suggested").drop_nulls().unique("session_id"), on="session_id")
        .with_columns(agreed=pl.col("verdict") == pl.col("suggested"))
    )
    if not decided.height:
        msg = "no session with a suggestion has a verdict yet: run graders or cluster, and read some of these sessions"
        raise EmptyError(msg)
    chance = (
        conform(draws if draws is not None else [], DRAWS, what="draws")
        .filter(pl.col("shown_first").is_not_null(), pl.col("component").ne_missing(REPEAT))
        .select("queue_id", "shown_first", session_id="target_id")
    )
    by_chance = decided.join(chance, on=["queue_id", "session_id"])
    randomised = by_chance.height > 0
    rows = by_chance if randomised else decided.with_columns(shown_first=~pl.col("blind"))
    rows = rows.select("session_id", "reviewer", "verdict", "suggested", "blind", "shown_first", "agreed").sort(
        "shown_first", "session_id", "reviewer"
    )
    hidden, first = rows.filter(~pl.col("shown_first")), rows.filter("shown_first")
    blind, shown = ((int(part["agreed"].sum()), part.height) for part in (hidden, first))
    if not blind[1] or not shown[1]:
        there, lacks = ("before", "after") if blind[1] else ("after", "before")
        text = (
            f"All {rows.height} verdicts were given {there} the suggestion was shown: nothing to compare with, let some be given {lacks} it,"
            " Protocol(shown_first=0.2)."
        )
        return Anchoring(blind, shown, None, randomised, rows, text)
    difference, apart = _apart(hidden, first)
    text = (
        f"Reviewers agree with the suggestion in {shown[0]} of {shown[1]} verdicts where it was shown first and in {blind[0]} of"
        f" {blind[1]} where it was not: {with_interval(difference, apart.low, apart.high, points, level=0.95, unit=' points')};"
        f" {_meaning(apart, randomised=randomised)}."
    )
    left_out = decided.height - rows.height
    return Anchoring(blind, shown, apart, randomised, rows, text, _notes(rows, left_out, randomised=randomised))


def _meaning(apart: Interval, *, randomised: bool) -> str:
    if apart.low <= 0 <= apart.high:
        return "no difference is shown"
    if not randomised:
        return "readers chose what they looked at first, so that this need not come of it"
    return "what is shown first sways the verdict" if apart.low > 0 else "it sways the other way"


def _notes(rows: pl.DataFrame, left_out: int, *, randomised: bool) -> tuple[str, ...]:
    if not randomised:
        return (
            "Readers chose what to look at first, and may have done so where it was hard: let chance decide, Protocol(shown_first=0.2).",
        )
    asked = rows.filter(~pl.col("shown_first"), ~pl.col("blind")).height
    notes = ["Chance decided what was shown first. The difference counts each session once, whoever read it."]
    if left_out:
        notes.append(f"{left_out} verdicts on sessions for which chance decided nothing are left out.")
    if asked:
        notes.append(f"{asked} that were to be hidden were asked for before the verdict, and count as hidden.")
    return tuple(notes)


def _apart(hidden: pl.DataFrame, first: pl.DataFrame) -> tuple[float, Interval]:
    """The second share minus the first and its interval, with sessions as the independent units."""
    alone = all(part["session_id"].n_unique() == part.height for part in (hidden, first))
    if alone:
        a, b = int(hidden["agreed"].sum()), int(first["agreed"].sum())
        return b / first.height - a / hidden.height, newcombe(a, hidden.height, b, first.height)
    means = [part.group_by("session_id").agg(pl.col("agreed").mean())["agreed"].to_numpy() for part in (hidden, first)]
    (p, q), (one, two) = (float(part.mean()) for part in means), (mean_interval(part) for part in means)
    low = q - p - math.hypot(q - two.low, one.high - p)
    return q - p, Interval(low, q - p + math.hypot(two.high - q, p - one.low), one.level)


def first_verdicts(annotations: object) -> pl.DataFrame:
    """The first verdict that each reviewer gave on each session and that she has not taken back.

    A verdict that was changed once the suggestion showed is not the one that was given without it.

    Parameters
    ----------
    annotations
        Rows of `schema.ANNOTATIONS`.

    Returns
    -------
    polars.DataFrame
        `session_id`, `reviewer`, `verdict`, `blind`, `queue_id`.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    >>> said = label.label_annotations({"operation": "1", "session_id": "s", "verdict": "pass"}, reviewer="ana", now=now)
    >>> changed = {"operation": "2", "session_id": "s", "verdict": "fail"}
    >>> said += label.label_annotations(changed, reviewer="ana", now=now + dt.timedelta(minutes=1), blind=False)
    >>> label.first_verdicts(said).row(0)
    ('s', 'ana', 'pass', True, None)
    """
    said = standing_of(log_of(annotations)).filter(
        pl.col("name") == "verdict", pl.col("retracts").is_null(), pl.col("value_text").is_in(_DECIDED)
    )
    first = said.unique(["target_id", "author"], keep="first", maintain_order=True)
    named = {"target_id": "session_id", "author": "reviewer", "value_text": "verdict"}
    return first.rename(named).select("session_id", "reviewer", "verdict", "blind", "queue_id")
