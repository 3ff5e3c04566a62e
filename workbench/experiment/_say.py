"""How numbers are said: the same everywhere, so that sentences read alike."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["count", "named", "percent", "points"]


def percent(rate: float) -> str:
    """A rate as a percentage with one digit."""
    return "unknown" if math.isnan(rate) else f"{rate:.1%}"


def points(difference: float, *, signed: bool = True) -> str:
    """A difference of rates in percentage points."""
    return f"{100 * difference:{'+' if signed else ''}.1f}"


def count(n: int, noun: str) -> str:
    """A number with its noun."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def named(ids: Sequence[str], limit: int = 5) -> str:
    """The first few ids on one line, without control marks, and how many more there are."""
    shown = [" ".join("".join(c if c.isprintable() else " " for c in name).split()) for name in ids[:limit]]
    more = f" and {len(ids) - limit:,} more" if len(ids) > limit else ""
    return ", ".join(shown) + more
