"""A comparison in pictures: what changed by segment, which cases flipped, and what repeated tries come to."""
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, cast

import polars as pl

from workbench._words import percent, points, signed, with_interval
from workbench.charts._text import shorten
from workbench.charts._theme import AXIS, BASELINE, CANDIDATE, KINDS, ON_FILLED, TEXT, VERDICTS
from workbench.errors import EmptyError
from workbench.experiment import Comparison

if TYPE_CHECKING:
    import altair as alt

__all__ = ["difference", "flips", "pass_k"]

_WIDTH: Final = 380
_ROW: Final = 26
_SIDE: Final = 320
_FEW: Final = 6  # so many tick marks can all be named
_MINUS: Final = "\u2212"
_ROWS: Final = {
    "what": pl.String(),
    "difference": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "verdict": pl.String(),
    "said": pl.String(),
}


def difference(comparison: Comparison) -> alt.LayerChart:
    """The difference with its interval: over all cases, for each grader, and for each segment.

    Parameters
    ----------
    comparison
        What `experiment.compare` returns.

    Returns
    -------
    altair.LayerChart
        One row each, worst segment last, with a line at no change and a dashed one at minus the margin.

    Raises
    ------
    EmptyError
        The arms have no case with an outcome in both.
    """
    import altair as alt

    scored = bool(comparison.graders.filter(pl.col("grader") == comparison.headline)["scored"].any())
    scale = 1 if scored else 100
    rows = _rows(comparison, scale)
    if not rows.height:
        msg = "no case has an outcome in both arms: there is nothing to draw"
        raise EmptyError(msg)
    unit = "score" if scored else "percentage points"
    margin = -comparison.margin * scale if comparison.margin else 0.0
    ends = [0.0, margin, *(v for name in ("low", "high", "difference") for v in rows[name].drop_nulls())]
    reach = max(max(ends) - min(ends), 1e-9) * 0.06
    across = alt.X("difference:Q").scale(domain=[min(ends) - reach, max(ends) + reach], nice=False).axis(
        title=f"{shorten(comparison.candidate, 24)} minus {shorten(comparison.baseline, 24)}, {unit}", tickCount=6
    )  # fmt: skip
    down = alt.Y("what:N").sort(rows["what"].to_list()).axis(title=None, ticks=False, domain=False, labelPadding=8)
    present = [name for name in VERDICTS if name in rows["verdict"].to_list()]
    colour = alt.Color("verdict:N").scale(domain=present, range=[VERDICTS[name][0] for name in present])
    shape = alt.Shape("verdict:N").scale(domain=present, range=[VERDICTS[name][1] for name in present])
    base = alt.Chart(_values(rows)).encode(y=down)
    layers: list[Any] = [_line(0.0)]
    if margin:
        layers += [_line(margin, dash=[5, 4]), _line_name(margin, f"margin {margin:.3g}".replace("-", _MINUS))]
    layers += [
        base.mark_rule(strokeWidth=2.5).encode(
            x=alt.X("low:Q"), x2="high:Q", color=colour,
        ).transform_filter("isValid(datum.low)"),
        base.mark_point(size=110, filled=True, opacity=1).encode(x=across, color=colour, shape=shape),
        base.mark_text(align="left", color=TEXT).encode(x=alt.value(_WIDTH + 14), text="said:N"),
    ]  # fmt: skip
    told = "; ".join(f"{row['what']}: {row['said']} ({row['verdict']})" for row in rows.head(12).to_dicts())
    about = f"Difference by segment with its interval. {comparison.sentence} {told}."
    chart = cast("alt.LayerChart", alt.layer(*layers))
    return chart.properties(width=_WIDTH, height=_ROW * rows.height, description=about)


def _rows(comparison: Comparison, scale: float) -> pl.DataFrame:
    overall, interval = comparison.overall, comparison.overall.interval
    whole = {
        "cases": overall.cases,
        "difference": overall.difference,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "verdict": comparison.verdict,
    }
    rows: list[tuple[str, dict[str, Any]]] = [("all cases", whole)]
    if comparison.graders.height > 1:
        graders = comparison.graders.sort("difference", descending=True)
        rows += [(f"grader {row['grader']}", row) for row in graders.iter_rows(named=True)]
    segments = comparison.segments.sort(["by", "difference"], descending=[False, True])
    rows += [(f"{row['by']}: {row['segment']}", row) for row in segments.iter_rows(named=True)]
    return pl.DataFrame([_row(what, row, scale) for what, row in rows if row["cases"]], schema=_ROWS)


def _row(what: str, row: dict[str, Any], scale: float) -> dict[str, Any]:
    def form(value: float) -> str:
        return (signed(value) if scale == 1 else points(value)).replace("-", _MINUS)

    known = row["low"] is not None
    few = "" if known else ", too few cases"
    return {
        "what": f"{shorten(what, 40)} · {row['cases']:,}",
        "difference": row["difference"] * scale,
        "low": row["low"] * scale if known else None,
        "high": row["high"] * scale if known else None,
        "verdict": row["verdict"] if known else "too few cases",
        "said": with_interval(row["difference"], row["low"], row["high"], form) + few,
    }


def _line(at: float, *, dash: Sequence[float] = ()) -> alt.Chart:
    import altair as alt

    data = alt.Data(values=[{"at": at}])
    return alt.Chart(data).mark_rule(color=AXIS, strokeWidth=1.2, strokeDash=list(dash)).encode(x="at:Q")


def _line_name(at: float, name: str) -> alt.Chart:
    import altair as alt

    data = alt.Data(values=[{"at": at, "name": name}])
    text = alt.Chart(data).mark_text(color=TEXT, fontSize=11, baseline="bottom", dy=-3)
    return text.encode(x="at:Q", y=alt.value(0), text="name:N")


def _values(frame: pl.DataFrame) -> alt.Data:
    """A frame's rows as they stand; what is not finite is null."""
    import altair as alt

    def plain(value: Any) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return alt.Data(values=[{key: plain(value) for key, value in row.items()} for row in frame.iter_rows(named=True)])


def flips(comparison: Comparison) -> alt.LayerChart:
    """Every case by its pass rate in both arms: fixed above the diagonal, regressed below it.

    Parameters
    ----------
    comparison
        What `experiment.compare` returns.

    Returns
    -------
    altair.LayerChart
        One mark for each pair of rates, its size and number the cases there.

    Raises
    ------
    EmptyError
        No case has a pass or a failure in both arms.
    """
    import altair as alt

    if not comparison.flips.height:
        msg = "no case passes or fails in both arms: there are no flips to draw"
        raise EmptyError(msg)
    spots = (
        comparison.flips.group_by("baseline", "candidate", "kind")
        .agg(pl.len().cast(pl.Int64).alias("cases"))
        .sort("cases", descending=True)
    )
    present = [name for name in KINDS if name in spots["kind"].to_list()]
    ticks = sorted({*spots["baseline"].to_list(), *spots["candidate"].to_list()})
    axis = alt.Axis(format="%", values=ticks if len(ticks) <= _FEW else [0, 0.25, 0.5, 0.75, 1], grid=True)
    scale = alt.Scale(domain=[-0.12, 1.12], nice=False)
    base = alt.Chart(_values(spots)).encode(
        x=alt.X("baseline:Q").scale(scale).axis(axis).title(f"pass rate of {shorten(comparison.baseline, 30)}"),
        y=alt.Y("candidate:Q").scale(scale).axis(axis).title(f"pass rate of {shorten(comparison.candidate, 30)}"),
    )
    most = int(spots["cases"].to_numpy().max())
    room = _SIDE / 1.24 * min((b - a for a, b in pairwise(ticks)), default=1.0)  # between neighbouring marks
    largest = min(1700.0, max(380.0, math.pi * (0.45 * room) ** 2))
    marks = base.mark_point(filled=True, opacity=1).encode(
        color=alt.Color("kind:N").scale(domain=present, range=[KINDS[name][0] for name in present]),
        shape=alt.Shape("kind:N").scale(domain=present, range=[KINDS[name][1] for name in present]),
        size=alt.Size("cases:Q").scale(domain=[0, most], range=[min(380.0, largest), largest]).legend(None),
    )
    numbers = base.mark_text(color=ON_FILLED, fontSize=11, fontWeight=600).encode(text="cases:Q")
    diagonal = (
        alt.Chart(alt.Data(values=[{"x": -0.12, "y": -0.12}, {"x": 1.12, "y": 1.12}]))
        .mark_line(color=AXIS, strokeDash=[4, 4], strokeWidth=1)
        .encode(x=alt.X("x:Q").scale(scale), y=alt.Y("y:Q").scale(scale))
    )
    told = "; ".join(
        f"{row['cases']} {row['kind']} from {percent(row['baseline'])} to {percent(row['candidate'])}"
        for row in spots.head(12).to_dicts()
    )
    about = f"Cases by their pass rate in both arms. {comparison.sentence} {told}."
    chart = cast("alt.LayerChart", alt.layer(diagonal, marks, numbers))
    return chart.properties(width=_SIDE, height=_SIDE, description=about)


def pass_k(comparison: Comparison) -> alt.HConcatChart:
    """pass@k (at least one of k tries passes) and pass^k (all of them do) in both arms.

    Parameters
    ----------
    comparison
        What `experiment.compare` returns.

    Returns
    -------
    altair.HConcatChart
        Two panels with one line an arm and an interval at every k.

    Raises
    ------
    EmptyError
        No case was tried in both arms.
    """
    import altair as alt

    table = comparison.pass_k
    if not table.height:
        msg = "no case passes or fails in both arms: there are no repeated tries to draw"
        raise EmptyError(msg)
    names = {"baseline": shorten(comparison.baseline, 30), "candidate": shorten(comparison.candidate, 30)}
    long = pl.concat([
        table.select(
            "measure", "k", pl.lit(name).alias("arm"), (pl.col("k") + nudge).alias("at"), pl.col(arm).alias("rate"),
            pl.col(f"{arm}_low").alias("low"), pl.col(f"{arm}_high").alias("high"),
        )
        for (arm, name), nudge in zip(names.items(), (-0.05, 0.05), strict=True)
    ])  # fmt: skip
    most = int(table["k"].to_numpy().max())
    arms = list(names.values())
    colour = alt.Color("arm:N").scale(domain=arms, range=[BASELINE, CANDIDATE])
    panels: list[Any] = []
    for measure, meaning in (("pass@k", "at least one of k tries passes"), ("pass^k", "all of k tries pass")):
        base = alt.Chart(_values(long.filter(pl.col("measure") == measure))).encode(
            x=alt.X("at:Q").scale(domain=[0.6, most + 0.4], nice=False).axis(
                values=[k for k in range(1, most + 1) if most <= 10 or k % max(1, most // 8) == 0 or k == 1],  # noqa: PLR2004 - a line's worth
                format="d", title="k", grid=False,
            ),
        )  # fmt: skip
        up = alt.Y("rate:Q").scale(domain=[0, 1]).axis(format="%", title=None, tickCount=5)
        layers = [
            base.mark_rule(strokeWidth=1.6).encode(y=alt.Y("low:Q"), y2="high:Q", color=colour),
            *(
                base.mark_line(strokeWidth=1.8, strokeDash=dash)
                .encode(y=up, color=colour)
                .transform_filter(alt.datum.arm == name)
                for name, dash in zip(arms, ([5, 3], [1, 0]), strict=True)
            ),
            base.mark_point(filled=True, size=70).encode(
                y=up, color=colour, shape=alt.Shape("arm:N").scale(domain=arms, range=["circle", "square"])
            ),
        ]
        panels.append(alt.layer(*layers).properties(width=230, height=190, title=f"{measure}: {meaning}"))
    told = "; ".join(
        f"{row['measure'].replace('k', str(row['k']))} {percent(row['baseline'])} and {percent(row['candidate'])}"
        for row in table.head(16).to_dicts()
    )
    about = f"Repeated tries of {arms[0]} and {arms[1]} over {int(table['cases'].to_numpy().max())} cases: {told}."
    return alt.hconcat(*panels).properties(description=about)
