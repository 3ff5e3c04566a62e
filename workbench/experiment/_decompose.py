"""Why a number moved between two reports: the agent, the graders, the mix of cases, the cases themselves, or chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from workbench._html import panel, table
from workbench._words import percent, points, readable
from workbench.errors import EmptyError, UnknownNameError
from workbench.experiment._experiment import Experiment
from workbench.experiment._say import count
from workbench.stats import FEWEST, Interval, paired_interval, sign_flip

__all__ = ["Decomposition", "decompose"]

_NONE: Final = "(none)"
_PARTS: Final = {
    "source": pl.String(),
    "change": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "cases": pl.Int64(),
    "how": pl.String(),
}


@dataclass(frozen=True, slots=True, repr=False)
class Decomposition:
    """The change of a pass rate in parts that add up to it exactly.

    Parameters
    ----------
    before, after
        The two rates.
    parts
        One row a source, the largest first: `source` (agent, graders, agent and graders, noise, mix, dataset), `change`, for what was
        measured on the same cases its interval `low` to `high`, over how many `cases`, and `how` it was found.
    sentence
        What moved the number most.
    """

    before: float
    after: float
    parts: pl.DataFrame
    sentence: str

    def to_frame(self) -> pl.DataFrame:
        """The parts."""
        return self.parts

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return panel(self.sentence, table(readable(self.parts, {"change": points}, interval="change")))


def decompose(
    before: Experiment,
    after: Experiment,
    *,
    by: str | None = None,
    regraded: Experiment | None = None,
    level: float = 0.95,
) -> Decomposition:
    """Say why the pass rate of one report differs from that of another.

    On the cases that both tried, the change is the agent's where the agent changed, the graders' where they changed, and where nothing
    changed or chance explains it, noise. What the cases do that only one of them tried is the dataset's: with an attribute `by` split into
    the mix (more of one kind) and the cases within each kind.

    Parameters
    ----------
    before, after
        The two experiments, the earlier first.
    by
        An attribute of the cases that tells kinds apart, such as "mode".
    regraded
        The earlier trials graded as the later ones: tells the graders' part from the agent's where both changed.
    level
        The confidence level; a change on the same cases that its test does not find is noise.

    Returns
    -------
    Decomposition
        Parts that add up to the whole change.

    Raises
    ------
    EmptyError
        A report has no rate, or `regraded` no case that both tried.
    UnknownNameError
        The cases have no such attribute.

    Notes
    -----
    Kitagawa (1955), J. Am. Stat. Assoc. 50, 1168-1194: a mix and a rate part that add up without a rest, which is Shapley's value of two.

    Examples
    --------
    >>> old = Experiment("v1", pl.DataFrame({"case": ["a", "b"], "passed": [True, False]}))
    >>> new = Experiment("v1 again", pl.DataFrame({"case": ["a", "b", "c"], "passed": [True, False, True]}))
    >>> decompose(old, new)
    The pass rate moved from 50.0% to 66.7%, +16.7 points: +16.7 from the dataset.
    """
    first, second = before.per_case, after.per_case
    for each, rows in ((before, first), (after, second)):
        if not rows.height:
            msg = f"{each.name} has no trial that passes or fails: there is no rate that could have moved"
            raise EmptyError(msg)
    both = first.join(second, on="case", suffix="_after")
    parts = _shared(before, after, both, regraded, level) if both.height else []
    shared = set(both["case"].to_list())
    kinds = _kinds([before, after], by)
    for each, rows, sign in ((after, second, 1.0), (before, first, -1.0)):
        parts += _cases(rows, shared, kinds, sign=sign, name=each.name, by=by)
    merged = (
        pl.DataFrame(parts, schema=_PARTS, orient="row")
        .group_by("source", maintain_order=True)
        .agg(pl.col("change").sum(), pl.col("low", "high").first(), pl.col("cases").max(), pl.col("how").unique(maintain_order=True).str.join("; "))
        .sort(pl.col("change").abs(), descending=True)
    )  # fmt: skip
    ends = float(first["rate"].to_numpy().mean()), float(second["rate"].to_numpy().mean())
    return Decomposition(*ends, merged, _sentence(ends, merged))


def _shared(
    before: Experiment, after: Experiment, both: pl.DataFrame, regraded: Experiment | None, level: float
) -> list[tuple[Any, ...]]:
    """What changed on the cases that both tried."""
    a, b = before.metadata, after.metadata
    other_agent = a.get("variant", before.metadata.get("agent_version")) != b.get(
        "variant", after.metadata.get("agent_version")
    )
    other_graders = a.get("graders") != b.get("graders")
    old, new = both["rate"].to_numpy(), both["rate_after"].to_numpy()
    if regraded is not None:
        again = both.select("case").join(regraded.per_case, on="case", how="left", maintain_order="left")["rate"]
        known = again.is_not_null().to_numpy()
        if not known.any():
            msg = f"{regraded.name} has none of the {count(both.height, 'case')} that both tried: grade the earlier trials anew"
            raise EmptyError(msg)
        middle = np.where(known, again.fill_null(0.0).to_numpy(), old)
        return [
            _measured("graders", middle - old, level, "the earlier trials, graded anew"),
            _measured("agent" if other_agent else "noise", new - middle, level, "the same cases and graders"),
        ]
    source = {(True, True): "agent and graders", (True, False): "agent", (False, True): "graders", (False, False): "noise"}[other_agent, other_graders]  # fmt: skip
    how = (
        "both changed: grade the earlier trials anew to tell them apart"
        if source == "agent and graders"
        else "the same cases"
    )
    return [_measured(source, new - old, level, how)]


def _measured(source: str, apart: Any, level: float, how: str) -> tuple[Any, ...]:
    interval: Interval | None = paired_interval(apart, level=level) if apart.size >= FEWEST else None
    chance = sign_flip(apart).p > 1 - level
    if source not in {"noise", "graders"} and chance:
        source, how = "noise", f"{how}; {source} changed, and chance explains the difference"
    ends = (interval.low, interval.high) if interval else (None, None)
    return source, float(apart.mean()), *ends, int(apart.size), how


def _kinds(arms: list[Experiment], by: str | None) -> Mapping[str, str]:
    if by is None:
        return {}
    told: dict[str, str] = {}
    for arm in arms:
        if by in arm.cases.columns:
            told |= {
                case: _NONE if kind is None else str(kind) for case, kind in arm.cases.select("case", by).iter_rows()
            }
    if not told:
        raise UnknownNameError(
            by, "attribute of the cases", {name for arm in arms for name in arm.cases.columns} - {"case"}
        )
    return told


def _cases(
    rows: pl.DataFrame, shared: set[str], kinds: Mapping[str, str], *, sign: float, name: str, by: str | None
) -> list[tuple[Any, ...]]:
    """How far the rate over all cases lies from that over the shared ones, split into mix and the cases within each kind."""
    kept = pl.col("case").is_in(list(shared))
    own = rows.filter(~kept).height
    if not own:
        return []
    told = rows.with_columns(pl.col("case").replace_strict(kinds, default=_NONE, return_dtype=pl.String).alias("kind"))
    whole, part = (
        {kind: (n / of, rate) for kind, n, rate, of in
         frame.group_by("kind").agg(pl.len().alias("n"), pl.col("rate").mean()).with_columns(of=pl.lit(frame.height)).iter_rows()}
        for frame in (told, told.filter(kept))
    )  # fmt: skip
    mix = within = 0.0
    if not part:  # no case in common: all of it is the dataset's
        within = float(told["rate"].to_numpy().mean())
    for kind in whole if part else ():
        share, rate = whole[kind]
        share_part, rate_part = part.get(kind, (0.0, rate))
        mix += (share - share_part) * (rate + rate_part) / 2
        within += (rate - rate_part) * (share + share_part) / 2
    how = f"{count(own, 'case')} only in {name}"
    found: list[tuple[Any, ...]] = [("dataset", sign * within, None, None, own, how)]
    if by is not None and part:
        found.append(("mix", sign * mix, None, None, own, f"{how}, by {by}"))
    elif mix:
        found[0] = ("dataset", sign * (within + mix), None, None, own, how)
    return found


def _sentence(ends: tuple[float, float], parts: pl.DataFrame) -> str:
    words = {"noise": "chance", "mix": "another mix of cases", "dataset": "the dataset"}
    moved = [row for row in parts.iter_rows(named=True) if not math.isclose(row["change"], 0.0, abs_tol=5e-4)]
    told = ", ".join(
        f"{points(row['change'])} from {words.get(row['source'], 'the ' + row['source'])}" for row in moved
    )
    whole = ends[1] - ends[0]
    return f"The pass rate moved from {percent(ends[0])} to {percent(ends[1])}, {points(whole)} points: {told or 'nothing moved'}."
