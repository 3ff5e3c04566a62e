"""Two clusterings of the same facet at two times, by one yardstick: the earlier modes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from workbench.stats import newcombe

__all__ = ["DIFF", "diff_modes"]

DIFF: Final = pl.Schema({
    "status": pl.String(),  # new | grown | shrunk | same | gone
    "name": pl.String(),  # of today's modes that lie in the earlier one, the largest first; of the new one
    "name_before": pl.String(),
    "size": pl.Int64(),
    "size_before": pl.Int64(),
    "share": pl.Float64(),
    "share_before": pl.Float64(),
    "difference": pl.Float64(),
    "low": pl.Float64(),  # Newcombe, 95%
    "high": pl.Float64(),
})  # fmt: skip

_ORDER: Final = ("new", "grown", "shrunk", "same", "gone")
_HALF: Final = 0.5


def diff_modes(
    now: pl.DataFrame,
    before: pl.DataFrame,
    *,
    totals: tuple[int, int],
    members: pl.DataFrame,
    assigned: pl.DataFrame,
    held: Mapping[int, int],
) -> pl.DataFrame:
    """Count today's sessions in the earlier modes, and keep apart what lies in none of them.

    Two clusterings cut at different places: matched by their own borders, a mode that was cut in two would be called gone, and
    its parts new.

    Parameters
    ----------
    now, before
        The tables of modes.
    totals
        The sessions that the shares are shares of, now and before.
    members
        Who is in which mode now.
    assigned
        Where the vote of the earlier modes puts the sessions of now.
    held
        How many sessions the same vote put into each earlier mode then.
    """
    placed = members.join(assigned.select("session_id", pl.col("mode").alias("earlier")), on="session_id", how="left")
    counts: Counter[int] = Counter(placed["earlier"].drop_nulls().to_list())
    inside: dict[int, list[str]] = {}
    rows: list[dict[str, Any]] = []
    for row in now.iter_rows(named=True):
        there: Counter[int | None] = Counter(placed.filter(pl.col("mode") == row["mode"])["earlier"].to_list())
        earlier, count = there.most_common(1)[0]
        if earlier is not None and count >= _HALF * row["size"]:
            inside.setdefault(earlier, []).append(row["name"])
        elif there[None] >= _HALF * row["size"]:
            rows.append(_row("new", row["name"], None, (row["size"], 0), totals))
    for row in before.iter_rows(named=True):
        sizes = counts[row["mode"]], held.get(row["mode"], 0)
        name = ", ".join(inside.get(row["mode"], ())) or None
        rows.append(_row("", name, row["name"], sizes, totals))
    rows.sort(key=lambda r: (_ORDER.index(r["status"]), -max(r["share"], r["share_before"]), r["name_before"] or ""))
    return pl.DataFrame(rows, schema=DIFF)


def _row(
    status: str, name: str | None, name_before: str | None, sizes: tuple[int, int], totals: tuple[int, int]
) -> dict[str, Any]:
    interval = newcombe(sizes[1], totals[1], sizes[0], totals[0])
    if not status:
        if sizes[0] == 0:
            status = "gone"
        elif interval.low > 0:
            status = "grown"
        else:
            status = "shrunk" if interval.high < 0 else "same"
    share, share_before = sizes[0] / totals[0], sizes[1] / totals[1]
    return {
        "status": status,
        "name": name,
        "name_before": name_before,
        "size": sizes[0],
        "size_before": sizes[1],
        "share": share,
        "share_before": share_before,
        "difference": share - share_before,
        "low": interval.low,
        "high": interval.high,
    }
