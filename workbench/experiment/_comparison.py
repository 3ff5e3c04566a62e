"""The result of a comparison: one sentence, the numbers behind it, and the rows behind those."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from workbench._html import panel, table
from workbench.experiment._difference import Difference, Verdict
from workbench.experiment._say import percent, points

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
        One row an arm: cases, trials attempted, completed, errored, missing, inapplicable, rows set aside and why.
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
        One row a case: both rates, the change, how often an unchanged case changes as much, and its kind.
    flip_rate
        How often two trials of one case in one arm disagree; NaN on single trials.
    pass_k
        pass@k and pass^k in both arms with intervals, and their difference.
    stability
        How many cases always, sometimes or never pass in each arm.
    distribution
        The spread of the cases' values for each grader and arm.
    resources
        Seconds, cost, tokens, turns beside quality, where the outcomes have them.
    notes
        What a reader has to know: exclusions, what this set of cases cannot see, how many segments were scanned.
    trials
        Every trial of both arms, for `rows`.
    about
        What was tried in the arms "baseline" and "candidate", where experiments were compared: agent, dataset, graders.
    """

    baseline: str
    candidate: str
    verdict: Verdict
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
    pass_k: pl.DataFrame
    stability: pl.DataFrame
    distribution: pl.DataFrame
    resources: pl.DataFrame
    notes: tuple[str, ...]
    trials: pl.DataFrame
    about: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

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
        from workbench.errors import UnknownNameError

        found = self.trials.filter(pl.col("case") == case)
        if not found.height:
            raise UnknownNameError(kind="case", name=case, known=self.trials["case"].unique().to_list())
        names = ["case", "arm", "trial", "grader", "value", "passed", "status", "session_id"]
        return found.select(names).sort("arm", "trial", "grader")

    def to_frame(self) -> pl.DataFrame:
        """One row a case: the flips."""
        return self.flips

    def summary(self) -> pl.DataFrame:
        """One row for the whole, each grader and each segment: cases, rates, difference, interval, verdict."""
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
            }
        )
        graders = self.graders.filter(pl.col("grader") != self.headline).with_columns(pl.col("grader").alias("what"))
        segments = self.segments.with_columns((pl.col("by") + " = " + pl.col("segment")).alias("what"))
        return pl.concat([part.select(whole.columns) for part in (whole, graders, segments)], how="vertical_relaxed")

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
            "fixed": list(self.fixed),
            "regressed": list(self.regressed),
            "noise": list(self.noise),
            "only_baseline": list(self.only_baseline),
            "only_candidate": list(self.only_candidate),
            "unequal": list(self.unequal),
            "notes": list(self.notes),
            **{
                name: _records(getattr(self, name))
                for name in ("integrity", "graders", "segments", "pass_k", "stability", "distribution", "resources")
            },
        }

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        scored = (
            self.graders.filter(pl.col("grader") == self.headline)["scored"].any() if self.graders.height else False
        )
        parts = [_heading("What it rests on"), table(self.integrity)]
        if self.graders.height > 1:
            parts += [
                _heading("By grader: the share of cases free of its failure"),
                table(_readable(self.graders, scored=scored), limit=30),
            ]
        if self.segments.height:
            worst_first = self.segments.sort(["by", "difference"], nulls_last=True)
            parts += [_heading("Segments"), table(_readable(worst_first, scored=scored), limit=60)]
        changed = self.flips.filter(pl.col("kind").is_in(["fixed", "regressed"])).sort(
            ["kind", "by_chance", "case"], descending=[True, False, False]
        )
        if changed.height:
            shown = changed.select("case", "kind", "baseline", "candidate", "by_chance")
            parts += [_heading("Cases that changed"), table(shown)]
        if self.pass_k.height > 2:  # noqa: PLR2004 - with one trial there is only k = 1, twice
            parts += [_heading("Repeated tries"), table(_tries(self.pass_k), limit=2 * 16)]
        if self.resources.height:
            parts += [_heading("What it took"), table(self.resources)]
        return panel(self.sentence, "".join(parts), notes=self.notes)


def _heading(text: str) -> str:
    return f'<p class="wb-note"><b>{text}</b></p>'


def _plain(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _records(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {key: _plain(value) if isinstance(value, float) else value for key, value in row.items()}
        for row in frame.iter_rows(named=True)
    ]


def _readable(frame: pl.DataFrame, *, scored: bool) -> pl.DataFrame:
    """Rates as percentages, the interval in one cell."""

    def rate(value: float | None) -> str:
        return "" if value is None or math.isnan(value) else f"{value:.3g}" if scored else percent(value)

    def size(value: float | None) -> str:
        return "" if value is None or math.isnan(value) else f"{value:+.3g}" if scored else points(value)

    def chance(p: float | None) -> str:
        return "" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"  # noqa: PLR2004 - the last digit shown

    keys = [name for name in ("grader", "by", "segment") if name in frame.columns]
    rows = [
        {
            **{key: row[key] for key in keys},
            "cases": row["cases"],
            "baseline": rate(row["baseline"]),
            "candidate": rate(row["candidate"]),
            "difference": size(row["difference"]),
            "interval": f"{size(row['low'])} to {size(row['high'])}" if row["low"] is not None else "",
            "p": chance(row["p"]),
            "p (Holm)": chance(row["p_holm"]),
            "p (BH)": chance(row["p_bh"]),
            "verdict": _said(row),
        }
        for row in frame.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _said(row: dict[str, Any]) -> str:
    if row["needed"]:
        return f"too few: {row['needed']} more"
    if row["confirmed"]:
        return f"{row['verdict']}, confirmed"
    return row["verdict"]


def _tries(frame: pl.DataFrame) -> pl.DataFrame:
    def cell(value: float, low: float | None, high: float | None) -> str:
        return percent(value) + (
            f" ({percent(low)} to {percent(high)})" if low is not None and high is not None else ""
        )

    rows = [
        {
            "measure": row["measure"].replace("k", str(row["k"])),
            "baseline": cell(row["baseline"], row["baseline_low"], row["baseline_high"]),
            "candidate": cell(row["candidate"], row["candidate_low"], row["candidate_high"]),
            "difference": points(row["difference"])
            + (f" ({points(row['low'])} to {points(row['high'])})" if row["low"] is not None else ""),
            "cases": row["cases"],
            "dropped": row["dropped"],
        }
        for row in frame.iter_rows(named=True)
    ]
    return pl.DataFrame(rows)
