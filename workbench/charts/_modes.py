"""Failure modes in pictures: how common each is, and where its sessions lie."""
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, cast

import polars as pl

from workbench._words import percent, times, with_interval
from workbench.charts._text import shorten
from workbench.charts._theme import CANDIDATE, CROSS, DOT, QUIET, SERIES, SHAPES, TEXT
from workbench.errors import EmptyError, UnknownNameError

if TYPE_CHECKING:
    import altair as alt

__all__ = ["map_", "modes"]

_WIDTH: Final = 320
_ROW: Final = 26
_MOST: Final = 30
_RARE: Final = 0.05  # shares below need finer ticks
_POINTS: Final = 4000
_OTHER: Final = "other modes"
_OPEN: Final = "in no mode"


def _need(frame: pl.DataFrame, *columns: str) -> None:
    for column in columns:
        if column not in frame.columns:
            raise UnknownNameError(kind="column", name=column, known=frame.columns)


def modes(frame: Any) -> alt.LayerChart:
    """How large a share each failure mode has, with its interval, and how many times as common it is as elsewhere.

    Parameters
    ----------
    frame
        One row a mode: `name`, `share`, `low`, `high` from 0 to 1; where known `size`, and `lift` with `lift_low` and `lift_high`.

    Returns
    -------
    altair.LayerChart
        The largest 30 modes, largest first; a dot with its interval, and the lift beside it.

    Raises
    ------
    EmptyError
        There are no modes.
    UnknownNameError
        A column is lacking.

    Examples
    --------
    >>> chart = modes([{"name": "wrong refund", "share": 0.12, "low": 0.08, "high": 0.17}])
    >>> chart.to_dict()["description"]
    'Failure modes by share: wrong refund 12.0% (8.0% to 17.0%).'
    """
    import altair as alt

    table = pl.DataFrame(frame)
    _need(table, "name", "share", "low", "high")
    if not table.height:
        msg = "there are no modes to draw: cluster or label some sessions first"
        raise EmptyError(msg)
    rows: list[dict[str, Any]] = []
    for number, row in enumerate(table.sort("share", descending=True).head(_MOST).iter_rows(named=True)):
        size = f" · {row['size']:,}" if row.get("size") is not None else ""
        rows.append({
            "number": number,
            "what": f"{shorten(row['name'], 44)}{size}",
            "share": row["share"], "low": row["low"], "high": row["high"],
            "said": _lift(row),
        })  # fmt: skip
    names = [row["what"] for row in rows]
    down = alt.Y("what:N").sort(names).axis(title=None, ticks=False, domain=False, labelPadding=8)
    top = max(row["high"] or row["share"] for row in rows)
    across = alt.X("share:Q").scale(domain=[0, min(1.0, top * 1.05)], nice=False)
    base = alt.Chart(alt.Data(values=rows)).encode(y=down)
    layers: list[Any] = [
        base.mark_rule(strokeWidth=2.5, color=CANDIDATE).encode(x="low:Q", x2="high:Q"),
        base.mark_point(size=90, filled=True, opacity=1, color=CANDIDATE).encode(
            x=across.axis(
                format=".0%" if top > _RARE else ".1%", title="share of the sessions, with 95% interval", tickCount=5
            )
        ),
        base.mark_text(align="left", color=TEXT).encode(x=alt.value(_WIDTH + 14), text="said:N"),
    ]
    told = "; ".join(f"{row['name']} {with_interval(row['share'], row['low'], row['high'], percent)}" for row in
                     table.sort("share", descending=True).head(12).iter_rows(named=True))  # fmt: skip
    more = f", and {table.height - 12} more" if table.height > 12 else ""  # noqa: PLR2004 - what a listener bears
    chart = cast("alt.LayerChart", alt.layer(*layers))
    return chart.properties(width=_WIDTH, height=_ROW * len(rows), description=f"Failure modes by share: {told}{more}.")


def _lift(row: dict[str, Any]) -> str:
    lift, low, high = row.get("lift"), row.get("lift_low"), row.get("lift_high")
    if lift is None or math.isnan(lift):
        return ""
    if math.isinf(lift):
        return f"never elsewhere (at least {low:.1f} times as common)" if low is not None else "never elsewhere"
    return with_interval(lift, low, high, times, unit=" times as common")


def map_(frame: Any) -> alt.Chart:
    """Where the sessions lie, near those that are alike, with the largest modes told apart by colour and shape.

    Parameters
    ----------
    frame
        One row a session: `x`, `y`, and `mode`, a name; null: in no mode.

    Returns
    -------
    altair.Chart
        A still picture without axes, whose directions mean nothing; at most 4,000 sessions, evenly chosen.

    Raises
    ------
    EmptyError
        No session has a place.
    UnknownNameError
        A column is lacking.

    Examples
    --------
    >>> chart = map_([{"x": 0.0, "y": 1.0, "mode": "wrong refund"}, {"x": 1.0, "y": 0.0, "mode": None}])
    >>> chart.to_dict()["description"]
    'Map of 2 sessions: wrong refund 1, in no mode 1.'
    """
    import altair as alt

    table = pl.DataFrame(frame)
    _need(table, "x", "y", "mode")
    placed = table.select("x", "y", pl.col("mode").cast(pl.String())).filter(
        pl.col("x").is_finite() & pl.col("y").is_finite()
    )
    if not placed.height:
        msg = "no session has a place on the map: cluster some sessions first"
        raise EmptyError(msg)
    sizes = (
        placed.filter(pl.col("mode").is_not_null())
        .group_by("mode")
        .len()
        .sort(["len", "mode"], descending=[True, False])
    )
    largest = sizes["mode"].head(len(SERIES)).to_list()
    names = {mode: shorten(mode, 34) for mode in largest}
    shown = placed.with_columns(
        pl.when(pl.col("mode").is_null())
        .then(pl.lit(_OPEN))
        .when(pl.col("mode").is_in(largest))
        .then(pl.col("mode").replace(names))
        .otherwise(pl.lit(_OTHER))
        .alias("what")
    )
    kinds = [*names.values(), *(kind for kind in (_OTHER, _OPEN) if kind in shown["what"].to_list())]
    paint = [*SERIES[: len(largest)], QUIET, QUIET][: len(kinds)]
    shapes = [*SHAPES[: len(largest)], CROSS, DOT] if _OTHER in kinds else [*SHAPES[: len(largest)], DOT]
    step = max(1, math.ceil(shown.height / _POINTS))
    dots = alt.Chart(alt.Data(values=shown.gather_every(step).select("x", "y", "what").to_dicts()))
    scale = alt.Scale(zero=False, nice=False, padding=12)
    legend = alt.Legend(orient="right", symbolSize=80, columns=1)
    chart = dots.mark_point(filled=True, size=26, opacity=0.8).encode(
        x=alt.X("x:Q").scale(scale).axis(None),
        y=alt.Y("y:Q").scale(scale).axis(None),
        color=alt.Color("what:N").scale(domain=kinds, range=paint).legend(legend),
        shape=alt.Shape("what:N").scale(domain=kinds, range=shapes[: len(kinds)]).legend(legend),
    )
    counts = dict(shown["what"].value_counts().iter_rows())
    told = ", ".join(f"{kind} {counts[kind]:,}" for kind in kinds)
    part = f" (1 in {step} drawn)" if step > 1 else ""
    about = f"Map of {placed.height:,} sessions{part}: {told}."
    return chart.properties(width=520, height=400, description=about)
