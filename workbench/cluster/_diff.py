"""Two clusterings of the same facet at two times, mode by mode."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from workbench.stats import newcombe

__all__ = ["DIFF", "diff_modes"]

DIFF: Final = pl.Schema({
    "status": pl.String(),  # new | grown | same | shrunk | gone
    "name": pl.String(),
    "name_before": pl.String(),
    "share": pl.Float64(),
    "share_before": pl.Float64(),
    "difference": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
})  # fmt: skip

_ORDER: Final = ("new", "grown", "shrunk", "same", "gone")
_HALF: Final = 0.5


def diff_modes(
    now: pl.DataFrame,
    before: pl.DataFrame,
    *,
    sizes: tuple[int, int],
    members: pl.DataFrame,
    assigned: pl.DataFrame,
) -> pl.DataFrame:
    """Match each mode of now with the earlier one that takes at least half of its sessions; one to one, largest first.

    Parameters
    ----------
    now, before
        The tables of modes.
    sizes
        The sessions that the shares are shares of, now and before.
    members
        Who is in which mode now.
    assigned
        Where the earlier modes put the sessions of now.
    """
    placed = members.join(assigned.select("session_id", pl.col("mode").alias("earlier")), on="session_id", how="left")
    counts: dict[tuple[int, int], int] = {
        (mode, earlier): count
        for mode, earlier, count in placed.drop_nulls(["mode", "earlier"])
        .group_by("mode", "earlier")
        .len()
        .sort("len", "mode", "earlier", descending=[True, False, False])
        .iter_rows()
    }
    total, total_before = sizes
    now_rows = {row["mode"]: row for row in now.iter_rows(named=True)}
    earlier_rows = {row["mode"]: row for row in before.iter_rows(named=True)}
    match: dict[int, int] = {}
    for (mode, earlier), count in counts.items():
        if count >= _HALF * now_rows[mode]["size"] and mode not in match and earlier not in match.values():
            match[mode] = earlier
    rows: list[dict[str, Any]] = []
    for mode, row in now_rows.items():
        old = earlier_rows[match[mode]] if mode in match else None
        rows.append(_row(row, old, total, total_before))
    rows += [_row(None, row, total, total_before) for mode, row in earlier_rows.items() if mode not in match.values()]
    rows.sort(key=lambda r: (_ORDER.index(r["status"]), -(r["share"] or r["share_before"] or 0.0)))
    return pl.DataFrame(rows, schema=DIFF)


def _row(now: dict[str, Any] | None, before: dict[str, Any] | None, total: int, total_before: int) -> dict[str, Any]:
    size, size_before = (now["size"] if now else 0), (before["size"] if before else 0)
    interval = newcombe(size_before, total_before, size, total) if total and total_before else None
    if before is None:
        status = "new"
    elif now is None:
        status = "gone"
    elif interval is not None and interval.low > 0:
        status = "grown"
    elif interval is not None and interval.high < 0:
        status = "shrunk"
    else:
        status = "same"
    share = size / total if total else 0.0
    share_before = size_before / total_before if total_before else 0.0
    return {
        "status": status,
        "name": now["name"] if now else None,
        "name_before": before["name"] if before else None,
        "share": share,
        "share_before": share_before,
        "difference": share - share_before,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
    }
