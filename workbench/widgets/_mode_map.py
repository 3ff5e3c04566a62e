"""The explorer over the modes of a clustering: what is edited on the map is edited there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.errors import InputError
from workbench.widgets._explorer import Explorer
from workbench.widgets._session import conversation
from workbench.widgets._types import MapEvent

if TYPE_CHECKING:
    from workbench.cluster import Modes

__all__ = ["ModeMap"]


class ModeMap(Explorer):
    """The map of a clustering, on which its modes are renamed, merged, cut and set aside.

    Parameters
    ----------
    modes
        What `workbench.cluster.cluster` found.
    read
        Gives a session as `workbench.widgets.conversation` makes it; without it the text that was compared is shown.
    keep
        Told the modes as they are after each edit, and the names of those that are no failures; what it keeps must be on disk
        when it returns. Without it the edits live in this object (see `result`), and the widget says so.
    title
        What the map shows.

    Examples
    --------
    >>> from workbench import cluster
    >>> modes = cluster.cluster([{"session_id": f"s{n}", "text": "the same"} for n in range(3)], embed=lambda texts, progress=None: [[1.0]] * len(texts))
    >>> from workbench.widgets import ModeMap
    >>> ModeMap(modes).result is modes
    True
    """

    def __init__(
        self,
        modes: Modes,
        *,
        read: Callable[[str], Mapping[str, Any]] | None = None,
        keep: Callable[[Modes, list[str]], object] | None = None,
        title: str = "",
    ) -> None:
        self._result, self._past, self._keep_modes = modes, dict[str, "Modes"](), keep
        placed = modes.texts.select("session_id", "text").join(modes.points, on="session_id", how="left")
        self._order: list[str] = placed["session_id"].to_list()
        super().__init__(
            placed.select("x", "y").to_numpy(),
            session_ids=self._order,
            lines=[" ".join((text or "").split()) for text in placed["text"]],
            **self._state(),
            save=self._edited,
            read=read or self._compared,
            title=title,
            acknowledged="saved" if keep is not None else "kept in this kernel only",
        )

    @property
    def result(self) -> Modes:
        """The modes as edited so far."""
        return self._result

    def _state(self) -> dict[str, Any]:
        """Who is in which mode: the number of a mode is its place, so that its colour outlives the edits of others."""
        names = {row["mode"]: row["name"] for row in self._result.frame.select("mode", "name").iter_rows(named=True)}
        inside: dict[str, int | None] = dict(self._result.members.select("session_id", "mode").iter_rows())
        return {
            "names": [names.get(number, "") for number in range(max(names, default=-1) + 1)],
            "membership": [inside.get(each) for each in self._order],
        }

    def _edited(self, event: MapEvent) -> dict[str, Any]:
        operation, kind = event.get("operation", ""), event.get("kind")
        after = self._result
        if kind == "undo":
            after = self._past[event.get("undo", "")]
        elif kind == "rename":
            after = after.rename(event.get("mode", ""), event.get("into", ""))
        elif kind == "merge":
            after = after.merge([event.get("into", ""), event.get("mode", "")])
        elif kind == "move":
            after = self._moved(event.get("into", ""), event.get("session_ids", []))
        if self._keep_modes is not None:
            self._keep_modes(after, self._retired_after(event))
        self._past[operation], self._result = self._result, after
        return self._state()

    def _retired_after(self, event: MapEvent) -> list[str]:
        mode, kind = event.get("mode", ""), event.get("kind")
        before = self.to_frame().filter("retired")["mode"].to_list()
        return [name for name in before if kind != "restore" or name != mode] + ([mode] if kind == "retire" else [])

    def _moved(self, into: str, session_ids: Iterable[str]) -> Modes:
        """Cut the sessions out of their mode, and give the part its name or join it to another mode."""
        modes, chosen = self._result, set(session_ids)
        inside = modes.members.filter(pl.col("session_id").is_in(list(chosen)))
        homes = inside["mode"].unique().to_list()
        if len(homes) != 1 or homes[0] is None:
            open_ones = inside["mode"].null_count()
            msg = (
                f"a part is cut out of one mode, and these sessions lie in {len([h for h in homes if h is not None])} "
                f"({open_ones} of them in none): draw around sessions of one mode"
            )
            raise InputError(msg)
        home = homes[0]
        names: list[str] = modes.frame["name"].to_list()
        if set(modes.session_ids(home)) == chosen:
            return modes.merge([into, home]) if into in names else modes.rename(home, into)
        kept = modes.frame.filter(mode=home)["name"].item()
        modes = modes.split(home, [list(chosen)])
        numbers: dict[str, int] = dict(modes.members.select("session_id", "mode").iter_rows())
        part = numbers[next(iter(chosen))]
        rest = next(numbers[each] for each in self._result.session_ids(home) if each not in chosen)
        # a part is named anew when it is cut: the rest gets its old name back
        modes = modes.rename(part, f"{into} (part)").rename(rest, kept)
        return modes.merge([into, part]) if into in names else modes.rename(part, into)

    def _compared(self, session_id: str) -> dict[str, Any]:
        text = self._result.texts.filter(session_id=session_id)["text"].item()
        return conversation([{"kind": "assistant", "text": text}])
