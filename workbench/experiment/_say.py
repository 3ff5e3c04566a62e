"""Counts and ids in sentences; how numbers are said is in `workbench.stats`."""

from __future__ import annotations

from collections.abc import Sequence

from workbench._words import percent, points

__all__ = ["count", "named", "percent", "points"]


def count(n: int, noun: str) -> str:
    """A number with its noun."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def named(ids: Sequence[str], limit: int = 5) -> str:
    """The first few ids on one line, without control marks, and how many more there are."""
    shown = [" ".join("".join(c if c.isprintable() else " " for c in name).split()) for name in ids[:limit]]
    more = f" and {len(ids) - limit:,} more" if len(ids) > limit else ""
    return ", ".join(shown) + more
