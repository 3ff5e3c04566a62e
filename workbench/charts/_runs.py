"""Runs in pictures: how a pass rate went from run to run, and what quality costs."""
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import polars as pl

from workbench._words import percent, plain, with_interval
from workbench.charts._text import shorten
from workbench.charts._theme import AXIS, BASELINE, CANDIDATE, TEXT
from workbench.errors import EmptyError
from workbench.experiment import ALL_GRADERS, Comparison, History

if TYPE_CHECKING:
    import altair as alt

__all__ = ["cost", "history"]

_STEP: Final = 78  # pixels between two runs
_HEIGHT: Final = 230
_ROOM: Final = 0.12  # of the range, left free beside the outermost marks


def history(found: History) -> alt.LayerChart:
    """The pass rate of every run with its interval, oldest first; runs on a part of the cases are open marks.

    Parameters
    ----------
    found
        What `experiment.history` or ``ws.history`` returns.

    Returns
    -------
    altair.LayerChart
        One mark a run, with the cases that were fixed and regressed against the run before above its name.

    Raises
    ------
    EmptyError
        No run has a rate.
    """
    import altair as alt

    runs = found.runs.filter(pl.col("rate").is_not_null())
    if not runs.height:
        msg = "no run has a rate: grade some trials first"
        raise EmptyError(msg)
    rows: list[dict[str, Any]] = []
    for number, row in enumerate(runs.iter_rows(named=True), 1):
        rows.append({
            "run": f"{number} {shorten(row['experiment'], 14)}",
            "rate": row["rate"], "low": row["low"], "high": row["high"],
            "set": "part of the cases" if row["partial"] else "all cases",
            "moved": f"+{row['fixed']:,} \u2212{row['regressed']:,}" if row["shared"] else "",
            "said": with_interval(row["rate"], row["low"], row["high"], percent),
        })  # fmt: skip
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("run:N")
        .sort([row["run"] for row in rows])
        .axis(
            title="runs, oldest first; + fixed, \u2212 regressed against the run before",
            labelAngle=0,
            labelLimit=_STEP + 14,
        )
    )
    up = alt.Y("rate:Q").scale(domain=[0, 1]).axis(format="%", title="pass rate, 95% interval", tickCount=5)
    sets = ["all cases", "part of the cases"]
    layers: list[Any] = [
        base.mark_line(color=AXIS, strokeWidth=1.2, strokeDash=[2, 3]).encode(y=up),
        base.mark_rule(strokeWidth=2.5, color=CANDIDATE)
        .encode(y="low:Q", y2="high:Q")
        .transform_filter("isValid(datum.low)"),
        base.mark_point(size=110, filled=True, opacity=1, color=CANDIDATE).encode(
            y=up, shape=alt.Shape("set:N").scale(domain=sets, range=["circle", "diamond"])
        ),
        base.mark_text(color=TEXT, fontSize=11, baseline="bottom", dy=-6).encode(y=alt.value(_HEIGHT), text="moved:N"),
    ]
    told = "; ".join(f"{row['run']}: {row['said']}, {row['set']}" for row in rows[-12:])
    about = f"Pass rate by run. {shorten(found.sentence, 600)} {told}."
    chart = cast("alt.LayerChart", alt.layer(*layers))
    return chart.properties(width=_STEP * max(len(rows), 3), height=_HEIGHT, description=about)


def cost(comparison: Comparison, measure: str = "cost") -> alt.LayerChart:
    """What quality costs: the pass rate of both arms against what a trial takes, an arrow from baseline to candidate.

    Parameters
    ----------
    comparison
        What `experiment.compare` returns.
    measure
        "cost", "seconds", "input_tokens" or another measure that both arms have.

    Returns
    -------
    altair.LayerChart
        One mark an arm; the upright line is the interval of its pass rate.

    Raises
    ------
    EmptyError
        The arms have no such measure, or no rate.
    """
    import altair as alt

    took = comparison.resources.filter((pl.col("measure") == measure) & pl.col("baseline").is_not_null())
    overall = comparison.overall
    if not took.height or not overall.cases:
        known = ", ".join(comparison.resources.filter(pl.col("baseline").is_not_null())["measure"]) or "none"
        msg = f"there is no {measure!r} of both arms to draw (known: {known}): hand the outcomes in with such a column"
        raise EmptyError(msg)
    row = took.row(0, named=True)
    form = plain if comparison.scored else percent
    arms: list[dict[str, Any]] = []
    for arm, name, rate, interval in (
        ("baseline", comparison.baseline, overall.baseline, overall.baseline_interval),
        ("candidate", comparison.candidate, overall.candidate, overall.candidate_interval),
    ):
        ends = (interval.low, interval.high) if interval else (None, None)
        arms.append({"arm": shorten(name, 30), "took": row[arm], "rate": rate, "low": ends[0], "high": ends[1],
                     "said": with_interval(rate, *ends, form)})  # fmt: skip
    names = [arm["arm"] for arm in arms]
    spread = abs(arms[0]["took"] - arms[1]["took"]) or abs(arms[0]["took"]) or 1.0
    across = [min(a["took"] for a in arms) - _ROOM * spread * 4, max(a["took"] for a in arms) + _ROOM * spread * 4]
    x = alt.X("took:Q").scale(domain=[max(0.0, across[0]), across[1]], nice=False)
    if comparison.scored:
        up = alt.Y("rate:Q").scale(zero=False).axis(title=shorten(comparison.headline, 40), tickCount=5)
    else:
        up = alt.Y("rate:Q").scale(domain=[0, 1]).axis(format="%", title="pass rate, 95% interval", tickCount=5)
    base = alt.Chart(alt.Data(values=arms))
    colour = alt.Color("arm:N").scale(domain=names, range=[BASELINE, CANDIDATE])
    words = measure.replace("_", " ")
    layers: list[Any] = [
        base.mark_line(color=AXIS, strokeWidth=1.2, strokeDash=[4, 3]).encode(
            x=x.axis(title=f"{words} of a trial, mean over {row['cases']:,} cases", tickCount=5), y=up
        ),
        base.mark_rule(strokeWidth=2.5).encode(x=x, y="low:Q", y2="high:Q", color=colour).transform_filter("isValid(datum.low)"),
        base.mark_point(size=130, filled=True, opacity=1).encode(
            x=x, y=up, color=colour, shape=alt.Shape("arm:N").scale(domain=names, range=["circle", "square"])
        ),
    ]  # fmt: skip
    told = "; ".join(f"{arm['arm']}: {arm['said']} at {plain(arm['took'])} {words} a trial" for arm in arms)
    apart = with_interval(row["difference"], row["low"], row["high"], plain)
    on = "" if comparison.headline == ALL_GRADERS else f" on {shorten(comparison.headline, 60)}"
    about = f"Quality{on} against {words}. {told}; {words} differ by {apart}."
    chart = cast("alt.LayerChart", alt.layer(*layers))
    return chart.properties(width=340, height=_HEIGHT, description=about)
