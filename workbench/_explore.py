"""`wb.explore(modes)`: the map of a clustering, where every edit by hand is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.errors import EmptyError

if TYPE_CHECKING:
    from workbench.cluster import Modes
    from workbench.widgets import Explorer, MapEvent

__all__ = ["explore"]

_LINE = 120  # characters of a session's text that are shown when pointing at it


def explore(
    modes: Modes,
    *,
    save: Callable[[MapEvent], object] | None = None,
    read: Callable[[str], Mapping[str, Any]] | None = None,
) -> Explorer:
    """Show the modes on a map: select, rename, merge, move, and say what is no failure, by mouse or keyboard.

    Parameters
    ----------
    modes
        What `Workspace.cluster` gave, which then keeps every edit for the next run; or any other `Modes`.
    save
        Takes each edit in place of the workspace; what it raises is shown and nothing changes.
    read
        Gives a session as `workbench.widgets.conversation` makes it, in place of the workspace.

    Returns
    -------
    Explorer
        The widget.

    Raises
    ------
    EmptyError
        No session has a place on the map.

    Examples
    --------
    >>> import workbench as wb
    >>> from workbench.cluster import cluster
    >>> modes = cluster([{"session_id": str(n), "text": "the tool timed out " * (1 + n % 2)} for n in range(12)])
    >>> wb.explore(modes)  # doctest: +ELLIPSIS
    Explorer: 12 sessions, ...
    """
    from workbench.widgets import Explorer, conversation

    found = modes.points.join(modes.members, on="session_id", how="left", maintain_order="left")
    found = found.join(modes.texts.select("session_id", "text"), on="session_id", how="left", maintain_order="left")
    if not found.height:
        msg = "there is no session to show on a map"
        raise EmptyError(msg)
    table = modes.frame.sort("mode")
    place = {number: row for row, number in enumerate(table["mode"].to_list())}
    home = modes.home
    facet = modes.texts["facet"].first() if "facet" in modes.texts.columns else None
    return Explorer(
        found.select("x", "y").to_numpy(),
        session_ids=found["session_id"].to_list(),
        membership=[None if mode is None else place[mode] for mode in found["mode"].to_list()],
        names=table["name"].to_list(),
        retired=table.filter("retired")["name"].to_list(),
        lines=found.select(pl.col("text").str.replace_all("\n", " · ").str.slice(0, _LINE)).to_series().to_list(),
        save=save or (home.save if home else lambda _event: None),
        read=read or (home.read if home else lambda _session: conversation([])),
        title=f"{facet or 'failure'} modes",
        acknowledged="saved" if save or home else "taken, but kept nowhere",
    )
