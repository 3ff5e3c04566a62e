"""`wb.explore(modes)`: the map of a clustering, where every edit by hand is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench._population import beside
from workbench.errors import EmptyError, InputError

if TYPE_CHECKING:
    from workbench.cluster import Modes
    from workbench.widgets import Explorer, MapEvent

__all__ = ["explore"]

_OWN = ("mode", "family", "strength")  # what the map can be coloured by without any column
_LINE = 120  # characters of a session's text that are shown when pointing at it


def explore(
    modes: Modes,
    *,
    colour: str = "mode",
    about: Any = None,
    save: Callable[[MapEvent], object] | None = None,
    read: Callable[[str], Mapping[str, Any]] | None = None,
) -> Explorer:
    """Show the modes on a map: colour by anything; select, rename, merge, move, and say what is no failure, by mouse or keyboard.

    Parameters
    ----------
    modes
        What `Workspace.cluster` gave, which then keeps every edit for the next run; or any other `Modes`.
    colour
        What colours the points at first: ``"mode"``, ``"family"``, ``"strength"``, or a column of `Modes.about` or `about`, such as
        ``"cost"``. On the map it is chosen by the key ``c``.
    about
        Further columns to colour by: a frame with ``session_id``, one row a session. A column that `Modes.about` has as well is
        taken from here.
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
    UnknownNameError
        There is no column to colour by of that name.
    InputError
        `modes` is no clustering, such as a cross table; a session is twice in `about`; a column has a name that the map uses itself; or
        no session says anything in the column to colour by.

    Examples
    --------
    >>> import workbench as wb
    >>> from workbench.cluster import cluster
    >>> modes = cluster([{"session_id": str(n), "text": "the tool timed out " * (1 + n % 2)} for n in range(12)])
    >>> wb.explore(modes)  # doctest: +ELLIPSIS
    Explorer: 12 sessions, ...
    >>> wb.explore(modes, colour="minutes", about={"session_id": ["0", "1"], "minutes": [3.5, 40.0]}).colour
    'minutes'
    """
    from workbench.cluster import CrossTable
    from workbench.widgets import Explorer, conversation

    given: Any = modes
    if isinstance(given, CrossTable):
        msg = "a cross table has two maps: show one, `wb.explore(table.rows)` or `wb.explore(table.columns)`"
        raise InputError(msg)
    found = modes.points.join(modes.members, on="session_id", how="left", maintain_order="left")
    found = found.join(modes.texts.select("session_id", "text"), on="session_id", how="left", maintain_order="left")
    if not found.height:
        msg = "there is no session to show on a map"
        raise EmptyError(msg)
    table = modes.frame.sort("mode")
    place = {number: row for row, number in enumerate(table["mode"].to_list())}
    home = modes.home
    columns = _columns(modes, found, about)
    if colour not in columns and colour in modes.about.columns and not modes.about[colour].count():
        known = ", ".join(["mode", *columns])
        msg = f"colour: none of these sessions says {colour!r}; colour by one of {known}, or bring a frame that says it: `about=`"
        raise InputError(msg)
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
        columns=columns,
        colour=colour,
        title=f"{facet or 'failure'} modes",
        acknowledged="saved" if save or home else "taken, but kept nowhere",
    )


def _columns(modes: Modes, found: pl.DataFrame, about: Any) -> dict[str, pl.Series | Callable[[], pl.Series]]:
    """What the points can be coloured by: what says nothing, being the same of all, is left out."""
    from workbench.widgets import can_colour

    given = beside(about, found["session_id"])
    kept = modes.about.drop(given.columns[1:], strict=False)
    known = given.join(kept, on="session_id", how="left", maintain_order="left").drop("session_id")
    taken = next((name for name in _OWN if name in known.columns), None)
    if taken is not None:
        msg = f"about: a column is called {taken!r}, which the map colours by already: give it another name"
        raise InputError(msg)
    told = {
        name: values
        for name, values in known.to_dict().items()
        if can_colour(values.dtype) and (name in given.columns or values.n_unique() > 1)
    }
    inside = pl.when(pl.col("mode").is_not_null()).then("strength")
    own: dict[str, pl.Series | Callable[[], pl.Series]] = {}
    if modes.frame.height:
        own = {
            "family": lambda: _families(modes, found),
            "strength": found.select(inside.alias("strength")).to_series(),
        }
    return {**own, **told}


def _families(modes: Modes, found: pl.DataFrame) -> pl.Series:
    """The name of the family that each session is in."""
    families = (
        modes.families().frame.select(pl.col("name").alias("family"), pl.col("modes").alias("name")).explode("name")
    )
    above = modes.frame.select("mode", "name").join(families, on="name", how="left").select("mode", "family")
    return found.select("mode").join(above, on="mode", how="left", maintain_order="left")["family"]
