"""What the report of a workspace is made of, in the order in which things were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench._html import ShowsItself
from workbench.report import Section

if TYPE_CHECKING:
    from altair import Chart, LayerChart

    from workbench.cluster import Modes
    from workbench.dataset import Dataset
    from workbench.evidence import Outcomes
    from workbench.experiment import Comparison
    from workbench.label import Codebook
    from workbench.load import LoadReport

__all__ = ["cited", "sections"]

_FLIPS_CITED = 5


@dataclass(frozen=True, slots=True)
class _Figure:
    """A chart as the page takes it."""

    chart: Chart | LayerChart

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
) -> list[Section]:
    """The parts of the page; what there is nothing of is left out."""
    from workbench import charts

    parts: list[tuple[str, list[ShowsItself]]] = [
        ("What was read", [loaded]),
        ("Which sessions fail", [outcomes]),
        ("Failure modes", [modes] if modes is not None else []),
        ("What people call it", [codebook] if codebook.labels.height else []),
        ("Datasets", list(datasets)),
    ]
    if modes is not None and len(modes):
        parts[2][1].append(_Figure(charts.modes(modes.frame)))
    if comparison is not None:
        figures = [_Figure(charts.difference(comparison)), _Figure(charts.flips(comparison))]
        parts.append(("Is the candidate better?", [comparison, *figures]))
    scope = f"{outcomes.frame.height:,} of the {loaded_sessions:,} sessions that were loaded are looked at here."
    leads = {"Which sessions fail": scope if outcomes.frame.height < loaded_sessions else ""}
    return [Section(title, results, leads.get(title, "")) for title, results in parts if results]


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
