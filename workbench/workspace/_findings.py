"""What the report of a workspace is made of, in the order in which things were found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from workbench._html import ShowsItself
from workbench.report import Section

if TYPE_CHECKING:
    from altair import Chart, HConcatChart, LayerChart

    from workbench.cluster import Modes
    from workbench.dataset import Dataset
    from workbench.evidence import AgentLoop, Outcomes, SideBySide
    from workbench.experiment import Comparison
    from workbench.label import Codebook
    from workbench.load import LoadReport

__all__ = ["cited", "sections"]

_FLIPS_CITED = 5
_FLIPS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Figure:
    """A chart as the page takes it."""

    chart: Chart | HConcatChart | LayerChart

    def _repr_html_(self) -> str:
        from workbench import charts

        return f"<figure>{charts.to_html(self.chart)}</figure>"


def sections(
    loaded: LoadReport,
    outcomes: Outcomes,
    *,
    loaded_sessions: int,
    modes: Modes | None,
    codebook: Codebook,
    datasets: Sequence[Dataset],
    comparison: Comparison | None,
    flips: Sequence[SideBySide] = (),
) -> list[Section]:
    """The parts of the page, the decision first; what there is nothing of is left out."""
    from workbench import charts

    seen: list[ShowsItself] = [modes] if modes is not None else []
    if modes is not None and len(modes):
        seen.append(_Figure(charts.modes(modes.frame)))
    decided: list[ShowsItself] = [comparison, *_figures(comparison)] if comparison is not None else []
    parts: list[tuple[str, list[ShowsItself]]] = [
        ("Is the candidate better?", decided),
        ("Where conversations part", list(flips)),
        ("What was read", [loaded]),
        ("Which sessions fail", [outcomes]),
        ("Failure modes", seen),
        ("What people call it", [codebook] if codebook.labels.height else []),
        ("Datasets", list(datasets)),
    ]
    scope = f"{outcomes.frame.height:,} of the {loaded_sessions:,} sessions that were loaded are looked at here."
    leads = {"Which sessions fail": scope if outcomes.frame.height < loaded_sessions else ""}
    return [Section(title, results, leads.get(title, "")) for title, results in parts if results]


def _figures(comparison: Comparison) -> list[_Figure]:
    """The charts that there is something to draw for."""
    from workbench import charts
    from workbench.errors import EmptyError

    drawn: list[_Figure] = []
    for draw in (charts.difference, charts.flips, charts.pass_k, charts.cost):
        try:
            drawn.append(_Figure(draw(comparison)))
        except EmptyError:  # scores have no flips, and not every agent says what it costs
            continue
    return drawn


def parted(
    comparison: Comparison | None, session: Callable[[str], AgentLoop], allowed: Collection[str]
) -> list[SideBySide]:
    """The first regressed and fixed cases, both conversations side by side, where both may be shown."""
    if comparison is None:
        return []
    told: list[SideBySide] = []
    for case in [*comparison.regressed[:_FLIPS_SHOWN], *comparison.fixed[:_FLIPS_SHOWN]]:
        of = comparison.rows(case)
        sides = [set(of.filter(pl.col("arm") == arm)["session_id"].drop_nulls()) for arm in ("baseline", "candidate")]
        if all(side and side <= set(allowed) for side in sides):
            found = comparison.flip(case, session)
            told.append(replace(found, sentence=f"{case}: {found.sentence}"))
    return told


def cited(modes: Modes | None, comparison: Comparison | None) -> list[str]:
    """The sessions to append in full: what stands for each mode, and the first flips with both arms."""
    named: list[str] = []
    if modes is not None:
        for sessions in modes.frame["representatives"].to_list():
            named.extend(sessions)
    if comparison is not None:
        for case in [*comparison.regressed[:_FLIPS_CITED], *comparison.fixed[:_FLIPS_CITED]]:
            named.extend(comparison.rows(case)["session_id"].drop_nulls().to_list())
    return list(dict.fromkeys(named))
