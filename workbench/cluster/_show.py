"""How modes are shown: one sentence, then a table with the words that put sessions there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from workbench import _html
from workbench._words import percent, plain, times, with_interval

__all__ = ["how_to_read", "show", "summary"]

_SHOWN: Final = 20
_FEEDBACK: Final = (
    "Feedback is told of those sessions of a mode whose users gave any. Who complains may say so more readily than who is pleased, and "
    "sessions that were chosen by their feedback show little else: read it between modes, not as how many users are unhappy."
)


def show(frame: pl.DataFrame, sentence: str, notes: Sequence[str]) -> str:
    """The modes as HTML, escaped."""
    shown = frame.head(_SHOWN)
    if shown.is_empty():
        return _html.panel(sentence, notes=notes)
    rated, priced = (bool(frame[name].sum()) for name in ("feedback_sessions", "cost_sessions"))
    head = " and ".join([*(["feedback"] if rated else []), *(["cost"] if priced else [])])
    rows = [
        {
            "mode": _named(row),
            "sessions": row["size"],
            "share": with_interval(row["share"], row["low"], row["high"], percent),
            **({"times as common as in passing (99.9% interval)": _lift(row)} if row["lift_low"] is not None else {}),
            "stability": row["stability"],
            **({"found again by": ", ".join(row["seen_by"]) or "only together"} if row["seen_by"] is not None else {}),
            **({head: _beside(row, rated=rated, priced=priced)} if rated or priced else {}),
            "in their words": _wide(
                15,
                *(
                    f"<q>{_html.escape(quote['text'][:160])}</q> <span class='wb-note'>{_html.session(quote['session_id'])}"
                    f"{', step ' + str(quote['step']) if quote['step'] is not None else ''}</span>"
                    for quote in row["quotes"][:3]
                ),
            ),
        }
        for row in shown.iter_rows(named=True)
    ]
    body = _html.table(pl.DataFrame(rows), html_columns=("in their words", head), limit=_SHOWN)
    return _html.panel(sentence, body, notes=notes)


def how_to_read(frame: pl.DataFrame) -> tuple[str, ...]:
    """What to know of the feedback that a table of modes tells; nothing where it tells none."""
    return (_FEEDBACK,) if frame["feedback_sessions"].sum() else ()


def _named(row: Mapping[str, Any]) -> str:
    if row["retired"]:
        return f"{row['name']} (not a failure)"
    if row["lift_low"] is not None and row["lift_low"] <= 1:
        return f"{row['name']} (perhaps no failure)"
    return str(row["name"])


def _beside(row: Mapping[str, Any], *, rated: bool, priced: bool) -> str:
    """What users said and what it cost, one line each; plain words and numbers, so that they are markup as they are."""
    said: list[str] = []
    if rated and row["feedback_sessions"]:
        ends = row["negative_feedback_low"], row["negative_feedback_high"]
        share = with_interval(row["negative_feedback"], *ends, percent)
        said.append(f"{share} of {row['feedback_sessions']:,} unhappy")
    elif rated:
        said.append("no feedback")
    if priced and row["cost_sessions"]:
        known = "" if row["cost_sessions"] == row["size"] else f", known of {row['cost_sessions']:,}"
        said.append(f"US$ {plain(row['cost_median'])} median, {plain(row['cost_total'])} in all{known}")
    elif priced:
        said.append("cost unknown")
    return _wide(10, *said)


def _wide(least: int, *lines: str) -> str:
    """Lines of markup in a cell that is at least so many letters wide, however long the words of the others are."""
    return f"<div style='min-width:{least}em;overflow-wrap:anywhere'>{'<br>'.join(lines)}</div>"


def _lift(row: Mapping[str, Any]) -> str:
    ratio, low, high = row["lift"], row["lift_low"], row["lift_high"]
    if math.isnan(ratio):
        return "in neither"
    if math.isinf(ratio):
        return f"only here (at least {low:.1f})"
    return with_interval(ratio, low, high, times)


def summary(total: int, frame: pl.DataFrame) -> str:
    """The modes in one plain sentence; `total` sessions were handed in."""
    inside = int(frame["size"].sum())
    # What is as common among passing sessions is perhaps no failure: it heads nothing while there is another.
    meant = frame.filter(~pl.col("retired"))
    meant = meant if meant.height else frame
    rarer = meant.filter(pl.col("lift_low").is_null() | (pl.col("lift_low") > 1))
    first = (rarer if rarer.height else meant).row(0, named=True)
    which = "the largest" if rarer.height in (0, meant.height) else "the largest that passing sessions show less often"
    count = "1 mode holds" if frame.height == 1 else f"{frame.height} modes hold"
    left = total - inside
    opened = f"{left:,} {'is' if left == 1 else 'are'} left open" if left else "none is left open"
    said = (
        f"{count} {inside:,} of {total:,} sessions ({inside / total:.0%}), {opened}; {which}, "
        f"\u201c{first['name']}\u201d, has {first['size']:,}, {with_interval(first['share'], first['low'], first['high'], percent, level=0.95)}."
    )
    if frame.height == 1 and not left:
        said += " One group of all tells nothing apart: try another facet, or a function of your own."
    elif not rarer.height:
        said += " No mode is shown to be more common here than among passing sessions."
    return said
