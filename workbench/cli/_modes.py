"""What `workbench cluster` shows: modes, the families above them, what they are called elsewhere, or two facets crossed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from workbench._words import counted, percent, plain, readable, times
from workbench.cli._show import say

if TYPE_CHECKING:
    from workbench.cluster import CrossTable, Modes

__all__ = ["EVERY", "say_crosswalk", "say_families", "say_modes", "say_pairs"]

EVERY = "all"
"""Instead of the name of a taxonomy: all of them."""


def say_modes(modes: Modes, *, as_json: bool) -> None:
    """The modes, and what to know before believing them."""
    forms = {"share": percent, "lift": times, "negative_feedback": percent, "cost_median": plain}
    shown = readable(modes.frame, forms, interval="share").select(
        "name",
        "size",
        "share",
        "lift",
        "stability",
        pl.format("{} of {} views", pl.col("seen_by").list.len(), pl.col("overlaps").list.len()).alias("seen_by"),
        pl.format("{} of {}", "negative_feedback", "feedback_sessions").alias("negative_feedback"),
        "cost_median",
        "representatives",
    )
    # What nobody said, and what nothing is known to cost, takes no room.
    shown = shown.select(name for name in shown.columns if not shown.height or shown[name].null_count() < shown.height)
    say(modes.sentence, modes.to_json(), as_json=as_json, frame=shown)
    if not as_json:
        for note in modes.cautions:
            say(note, {}, as_json=False)


def say_families(modes: Modes, *, as_json: bool) -> None:
    """The level above."""
    found = modes.families()
    values: dict[str, Any] = {"families": found.frame.to_dicts(), "retired": found.retired}
    frame = found.frame.select("name", "size", "share", "low", "high", "modes")
    say(found.sentence, values, as_json=as_json, frame=readable(frame, {"share": percent}, interval="share"))


def say_crosswalk(modes: Modes, taxonomy: str, *, as_json: bool) -> None:
    """What the modes are called in a published taxonomy, or in all."""
    found = modes.crosswalk(None if taxonomy == EVERY else taxonomy)
    sentence = (
        f"{found['mode'].n_unique()} of {counted(len(modes), 'mode')} show signs of {found.select('taxonomy', 'code').n_unique():,} codes "
        f"({'every taxonomy' if taxonomy == EVERY else taxonomy}); shares are of a mode's sessions, with 95% intervals."
    )
    frame = found.select("name", "taxonomy", "title", "sessions", "of", "share", "low", "high")
    shown = readable(frame, {"share": percent}, interval="share")
    say(sentence, {"crosswalk": found.to_dicts()}, as_json=as_json, frame=shown)


def say_pairs(table: CrossTable, *, as_json: bool) -> None:
    """How the modes of two facets meet, those that meet most beyond chance first."""
    values = {"pairs": table.frame.to_dicts(), "rows": table.rows.to_json(), "columns": table.columns.to_json()}
    shown = readable(
        table.frame.select("row", "column", "sessions", "of", "share", "low", "high", "lift", "lift_low", "lift_high"),
        {"share": percent, "lift": times},
        interval="share",
    )
    say(table.sentence, values, as_json=as_json, frame=shown)
