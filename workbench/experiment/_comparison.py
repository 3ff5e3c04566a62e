"""The result of a comparison: one sentence, the numbers behind it, and the rows behind those."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.errors import EmptyError, UnknownNameError
from workbench.experiment._difference import ComparisonVerdict, Difference

if TYPE_CHECKING:
    from workbench.evidence import AgentLoop, SideBySide

__all__ = ["Comparison"]


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """Two experiments side by side.

    Parameters
    ----------
    baseline, candidate
        The arms' names.
    verdict
        "better", "not worse" (than the margin), "worse" or "cannot tell".
    sentence
        The verdict with its numbers, and what to do where it cannot be told.
    headline
        The grader that the verdict is about, or "all graders": a trial passes when all that apply to it do.
    overall
        The paired difference that the verdict rests on.
    margin
        How much worse is still not worse; None: no margin was set.
    level
        The confidence level.
    integrity
        One row an arm: cases, trials attempted, completed, errored, missing, undecidable (they left the recorded world), inapplicable, rows set aside and why.
    only_baseline, only_candidate, unequal
        Cases that one arm did not try, and cases that the arms tried a different number of times.
    graders
        One row a grader, compared alone: rates or means, difference, interval, p, the `verdict` after
        Benjamini-Hochberg, whether it is `confirmed` after Holm too (for gates), and how many cases are `needed` where there
        are too few. A case that a grader does not apply to is free of its failure. Where one grader measures one failure
        mode, this is the comparison by mode.
    segments
        The same, one row a segment of the attributes that were asked for.
    flips
        One row a case: both rates, the change, how often an unchanged case changes as much, its kind (fixed, regressed, noise, same),
        and for noise whose it is: `within` the grader's flip rate alone, or the agent's.
    flip_rate
        How often two trials of one case in one arm disagree; NaN on single trials.
    grader_flip_rate
        How often the grader contradicts itself on one trial, as it was given; None: it is not known.
    pass_k
        pass@k and pass^k in both arms with intervals, and their difference.
    stability
        How many cases always, sometimes or never pass in each arm.
    distribution
        The spread of the cases' values for each grader and arm.
    grades
        How the trials' values are distributed for each grader that gives scores: one row a value, or a tenth of the range, and arm.
    resources
        Seconds, cost, tokens, turns beside quality, where the outcomes have them.
    notes
        What a reader has to know: exclusions, what this set of cases cannot see, how many segments were scanned.
    trials
        Every trial of both arms, for `rows`.
    about
        What was tried in the arms "baseline" and "candidate", where experiments were compared: agent, dataset, graders.
    idle
        Graders that applied to no trial of either arm: they decide nothing and stand in no table.
    same
        Whether both arms are one and the same run, which shows nothing.
    """

    baseline: str
    candidate: str
    verdict: ComparisonVerdict
    sentence: str
    headline: str
    overall: Difference
    margin: float | None
    level: float
    integrity: pl.DataFrame
    only_baseline: tuple[str, ...]
    only_candidate: tuple[str, ...]
    unequal: tuple[str, ...]
    graders: pl.DataFrame
    segments: pl.DataFrame
    flips: pl.DataFrame
    flip_rate: float
    grader_flip_rate: float | None
    pass_k: pl.DataFrame
    stability: pl.DataFrame
    distribution: pl.DataFrame
    grades: pl.DataFrame
    resources: pl.DataFrame
    notes: tuple[str, ...]
    trials: pl.DataFrame
    about: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    idle: tuple[str, ...] = ()
    same: bool = False

    @property
    def fixed(self) -> tuple[str, ...]:
        """Cases that failed and now pass, or with trials: pass more often than their own flipping explains."""
        return self._kind("fixed")

    @property
    def regressed(self) -> tuple[str, ...]:
        """Cases that passed and now fail, or with trials: fail more often than their own flipping explains."""
        return self._kind("regressed")

    @property
    def noise(self) -> tuple[str, ...]:
        """Cases that changed no more than such cases do by themselves."""
        return self._kind("noise")

    def _kind(self, kind: str) -> tuple[str, ...]:
        return tuple(self.flips.filter(pl.col("kind") == kind)["case"].to_list())

    @property
    def minimum_detectable(self) -> float | None:
        """The smallest true difference that these cases find in four of five tries."""
        return self.overall.minimum_detectable

    def cases_needed(self, effect: float) -> int:
        """How many cases in all would find a true difference of `effect` in four of five tries, as these cases vary.

        Parameters
        ----------
        effect
            The difference, as a rate: 0.05 is five points.

        Raises
        ------
        InputError
            The effect is zero.
        """
        return self.overall.needed(effect, level=self.level)

    def rows(self, case: str) -> pl.DataFrame:
        """Every trial of one case in both arms, with the sessions that are the evidence.

        Parameters
        ----------
        case
            The case's id.

        Raises
        ------
        UnknownNameError
            Neither arm tried such a case.
        """
        found = self.trials.filter(pl.col("case") == case)
        if not found.height:
            raise UnknownNameError(kind="case", name=case, known=self.trials["case"].unique().to_list())
        names = ["case", "arm", "trial", "grader", "value", "passed", "status", "session_id"]
        return found.select(names).sort("arm", "trial", "grader")

    @property
    def scored(self) -> bool:
        """Whether the verdict is about a mean score, and not a pass rate."""
        return bool(self.graders.filter(pl.col("grader") == self.headline)["scored"].any())

    @property
    def changed(self) -> pl.DataFrame:
        """The cases that changed, regressed first and the surest first.

        Returns
        -------
        polars.DataFrame
            `case`, `kind` (regressed, fixed), the `graders` whose own share of passes moved that way, `baseline`, `candidate`, `by_chance`,
            and the sessions of each arm, those that show the change first: `baseline_sessions`, `candidate_sessions`.
        """
        from workbench.experiment._flips import changed_cases

        return changed_cases(self.flips, self.trials, self.headline)

    def flip(self, case: str, session: Callable[[str], AgentLoop]) -> SideBySide:
        """One case's two conversations in two columns, with the first step at which they part.

        Of several trials those are taken that show the change: one that passed where its arm did better, one that failed where it did
        worse.

        Parameters
        ----------
        case
            The case's id.
        session
            What gives the session of an id: `ws.session`.

        Returns
        -------
        workbench.evidence.SideBySide
            Shows itself in a notebook and in a report.

        Raises
        ------
        UnknownNameError
            Neither arm tried such a case.
        EmptyError
            A trial's session is not known: the outcomes came without.

        Examples
        --------
        >>> found.flip("case-7", ws.session)  # doctest: +SKIP
        """
        from workbench.evidence import side_by_side
        from workbench.experiment._flips import telling_sessions

        rows = self.rows(case)
        first, second = telling_sessions(rows, self.headline)
        for arm, ids in ((self.baseline, first), (self.candidate, second)):
            if not ids:
                msg = f"no trial of case {case!r} in {arm} names its session: give the outcomes a column 'session_id'"
                raise EmptyError(msg)
        return side_by_side(session(first[0]), session(second[0]), names=(self.baseline, self.candidate))

    def to_frame(self) -> pl.DataFrame:
        """One row a case: the flips."""
        return self.flips

    def summary(self) -> pl.DataFrame:
        """One row for the whole, each grader and each segment: cases, rates, difference, interval, verdict, whether it is a score."""
        whole = pl.DataFrame(
            {
                "what": [self.headline],
                "cases": [self.overall.cases],
                "baseline": [self.overall.baseline],
                "candidate": [self.overall.candidate],
                "difference": [self.overall.difference],
                "low": [self.overall.interval.low if self.overall.interval else None],
                "high": [self.overall.interval.high if self.overall.interval else None],
                "verdict": [self.verdict],
                "scored": [self.scored],
            }
        )
        graders = self.graders.filter(pl.col("grader") != self.headline).with_columns(pl.col("grader").alias("what"))
        segments = self.segments.with_columns(
            (pl.col("by") + " = " + pl.col("segment")).alias("what"), pl.lit(self.scored).alias("scored")
        )
        return pl.concat([part.select(whole.columns) for part in (whole, graders, segments)], how="vertical_relaxed")

    @property
    def shown(self) -> pl.DataFrame:
        """`summary` as people read it: percent and points, each difference with its interval."""
        from workbench.experiment._show import differences

        return differences(self.summary(), scored=self.scored)

    def to_json(self) -> dict[str, Any]:
        """Everything but the single trials, as plain values that JSON can hold; what is unknown is None."""
        overall = self.overall
        return {
            "baseline": self.baseline,
            "candidate": self.candidate,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "headline": self.headline,
            "margin": self.margin,
            "level": self.level,
            "cases": overall.cases,
            "baseline_rate": _plain(overall.baseline),
            "candidate_rate": _plain(overall.candidate),
            "difference": _plain(overall.difference),
            "interval": [overall.interval.low, overall.interval.high] if overall.interval else None,
            "p": _plain(overall.p),
            "test": overall.test,
            "minimum_detectable": _plain(overall.minimum_detectable),
            "flip_rate": _plain(self.flip_rate),
            "grader_flip_rate": _plain(self.grader_flip_rate),
            "fixed": list(self.fixed),
            "regressed": list(self.regressed),
            "noise": list(self.noise),
            "only_baseline": list(self.only_baseline),
            "only_candidate": list(self.only_candidate),
            "unequal": list(self.unequal),
            "idle": list(self.idle),
            "notes": list(self.notes),
            **{
                name: _records(getattr(self, name))
                for name in (
                    "integrity",
                    "graders",
                    "segments",
                    "pass_k",
                    "stability",
                    "distribution",
                    "grades",
                    "resources",
                )
            },
        }

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        from workbench.experiment._show import comparison_html

        return comparison_html(self)


def _plain(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _records(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {key: _plain(value) if isinstance(value, float) else value for key, value in row.items()}
        for row in frame.iter_rows(named=True)
    ]
