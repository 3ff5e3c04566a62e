"""The mode explorer: a map of the clustered sessions, on which modes are named, merged and set aside."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import polars as pl
import traitlets

from workbench._html import panel, table
from workbench.errors import InputError, UnknownNameError
from workbench.widgets._assets import asset
from workbench.widgets._atlas import Atlas
from workbench.widgets._colouring import Colouring, colouring
from workbench.widgets._session import Reading, encode
from workbench.widgets._talk import Talking
from workbench.widgets._types import MapEvent

__all__ = ["Explorer"]

_KEPT = 6
_MODE = "mode"  # what colours the points where no column does
_LINE = 160  # characters of a session's one line on the map

Column = pl.Series | Callable[[], pl.Series]


def _as_bytes(value: Any, _widget: object) -> bytes:
    return bytes(value)  # a buffer arrives as a view of the message


class Explorer(Talking):
    """Look at clustered sessions on a map; rename, merge, move and set aside modes.

    Press ``?`` in the widget for its keys. Every edit is handed to `save` and acknowledged as in `Labeller`.

    Parameters
    ----------
    points
        Where each session lies: shape (n, 2), any unit; what is not finite is left off the map.
    session_ids
        The n sessions.
    membership
        The number of each session's mode in `names`; -1 or None: in no mode.
    names
        The modes.
    lines
        One line of text a session, shown when pointing at it.
    save
        Takes one `MapEvent`; what it raises is shown and nothing changes: an `InputError` refuses the edit for good. An ``operation`` that comes again must change nothing.
        It may return the modes as they then stand: a dict with ``membership`` and ``names``.
    read
        Gives a session as `workbench.widgets.conversation` makes it.
    retired
        Names of modes that are no failures.
    columns
        What the points can be coloured by beside their modes: name → one value a session (a series, or a function that makes one when
        it is first asked for). Categories, booleans, numbers, times, and lists of texts.
    colour
        The column that colours them at first; ``"mode"`` by default. Set `Explorer.colour` for another.
    title
        What the map shows.
    acknowledged
        What the widget says when `save` returned.

    Raises
    ------
    InputError
        The lengths do not fit, a number in `membership` has no name, two modes have the same name, a column is called ``"mode"``.
    UnknownNameError
        There is no column to colour by of that name.

    Examples
    --------
    >>> from workbench.widgets import Explorer, conversation
    >>> events = []
    >>> Explorer([[0, 0], [1, 1]], session_ids=["a", "b"], membership=[0, -1], names=["loop"],
    ...          save=events.append, read=lambda _: conversation([]))
    Explorer: 2 sessions, 1 of them in 1 mode.
    """

    _esm = asset("explorer.js")
    _css = asset("explorer.css")

    points: Any = traitlets.Bytes().tag(sync=True)
    membership: Any = traitlets.Bytes().tag(sync=True)
    ids = traitlets.Bytes().tag(sync=True)
    lines = traitlets.Bytes().tag(sync=True)
    modes: Any = traitlets.List[Any]().tag(sync=True)
    acknowledged = traitlets.Unicode("saved").tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    queue = traitlets.Unicode().tag(sync=True)
    columns: Any = traitlets.List[str]().tag(sync=True)
    colour: Any = traitlets.Unicode("mode").tag(sync=True)
    selected: Any = traitlets.Bytes(b"").tag(sync=True, from_json=_as_bytes)

    def __init__(
        self,
        points: Any,
        *,
        session_ids: Sequence[str],
        membership: Sequence[int | None],
        names: Sequence[str],
        save: Callable[[MapEvent], Mapping[str, Any] | object],
        read: Callable[[str], Mapping[str, Any]],
        lines: Sequence[str] | None = None,
        retired: Sequence[str] = (),
        columns: Mapping[str, Column] | None = None,
        colour: str = _MODE,
        title: str = "",
        acknowledged: str = "saved",
    ) -> None:
        places = np.asarray(points, dtype=np.float32).reshape(-1, 2)
        self._ids = [str(each) for each in session_ids]
        texts = list(self._ids if lines is None else lines)
        given = {
            "points": len(places),
            "session_ids": len(self._ids),
            "membership": len(membership),
            "lines": len(texts),
        }
        if len(set(given.values())) > 1:
            msg = f"one row a session is needed everywhere, got {', '.join(f'{count} {name}' for name, count in given.items())}"
            raise InputError(msg)
        self._atlas = Atlas.of(membership, names, retired)
        self._columns = dict(columns or {})
        if _MODE in self._columns:
            msg = f"a column is called {_MODE!r}, which the map colours by already: give it another name"
            raise InputError(msg)
        self._colourings: dict[str, Colouring] = {}
        super().__init__(
            columns=list(self._columns),
            colour=colour,
            points=places.tobytes(),
            membership=self._atlas.members.tobytes(),
            modes=self._listed(),
            ids=encode(self._ids),
            lines=encode([(text or "")[:_LINE] for text in texts]),
            title=title,
            acknowledged=acknowledged,
            queue=hashlib.sha256("\0".join(["map", title, *self._ids]).encode("utf-8", "replace")).hexdigest()[:16],
        )
        self._row = {each: row for row, each in enumerate(self._ids)}
        self._save, self._read = save, read
        self._readings: OrderedDict[str, Reading] = OrderedDict()
        self._done: set[str] = set()
        self._before: OrderedDict[str, Atlas] = OrderedDict()

    # ---- messages

    def _answer(self, kind: str, content: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        if kind == "fetch":
            session_id = str(content["session_id"])
            return {}, [self._reading(session_id).wire(session_id, "")]
        if kind == "more":
            reading = self._reading(str(content["session_id"]))
            part, left = reading.rest(int(content["number"]), str(content["field"]), int(content["left"]))
            return {"left": left}, [part]
        if kind == "change":
            return self._take(content["change"]), []
        if kind == "colour":
            made = self._coloured(str(content["column"]))
            shades = [] if made.shade is None else [made.shade.tobytes()]
            return {"entries": list(made.entries), "scale": made.scale}, [made.which.tobytes(), *shades]
        return super()._answer(kind, content)

    def _reading(self, session_id: str) -> Reading:
        if session_id not in self._row:
            msg = f"session {session_id!r} is not on this map"
            raise InputError(msg)
        reading = self._readings.pop(session_id, None) or Reading.of(self._read(session_id))
        self._readings[session_id] = reading
        while len(self._readings) > _KEPT:
            self._readings.popitem(last=False)
        return reading

    def _coloured(self, name: str) -> Colouring:
        if name not in self._colourings:
            if name not in self._columns:
                raise UnknownNameError(kind="column to colour by", name=name, known=[_MODE, *self._columns])
            column = self._columns[name]
            values = column() if callable(column) else column
            if len(values) != len(self._ids):
                msg = f"column {name!r} has {len(values)} values for {len(self._ids)} sessions: one a session is needed"
                raise InputError(msg)
            self._colourings[name] = colouring(values)
        return self._colourings[name]

    @traitlets.validate("colour")
    def _known(self, proposal: Mapping[str, Any]) -> str:
        name = str(proposal["value"])
        if name != _MODE and name not in self._columns:
            raise UnknownNameError(kind="column to colour by", name=name, known=[_MODE, *self._columns])
        return name

    def _take(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Make one edit. What cannot be (an `InputError`) is refused for good; whatever else `save` raises may be tried again."""
        operation = str(raw["operation"])
        if operation in self._done:
            return {}
        try:
            event, after = self._edit(operation, raw)
            answer = self._save(event)
        except InputError as error:
            return {"refused": str(error)}
        if "undo" in event:
            del self._before[event["undo"]]
        else:
            self._before[operation] = self._atlas
        if isinstance(answer, Mapping) and "membership" in answer:
            stands = cast("Mapping[str, Any]", answer)
            after = Atlas.of(stands["membership"], stands["names"], [after.names[number] for number in after.retired])
        self._atlas = after
        self._done.add(operation)
        with self.hold_sync():
            self.membership = self._atlas.members.tobytes()
            self.modes = self._listed()
        return {}

    def _edit(self, operation: str, raw: Mapping[str, Any]) -> tuple[MapEvent, Atlas]:
        """Work out what an edit says to the store, and what it makes of the modes."""
        kind, mode, into = str(raw.get("kind")), raw.get("mode"), raw.get("into")
        event: dict[str, Any] = {"operation": operation, "kind": kind}
        if kind == "undo":
            if not self._before:
                msg = "nothing is left to undo"
                raise InputError(msg)
            event["undo"], after = next(reversed(self._before.items()))
            return cast("MapEvent", event), after
        rows = [row for row in raw.get("rows") or () if 0 <= row < len(self._ids)]
        after = self._atlas.edit(kind, mode=mode, into=into, rows=rows)
        if kind not in ("move", "together"):
            rows = self._atlas.rows(str(mode))
        event |= {name: str(value).strip() for name, value in (("mode", mode), ("into", into)) if value is not None}
        return cast("MapEvent", {**event, "session_ids": [self._ids[row] for row in rows]}), after

    def _listed(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "retired": number in self._atlas.retired} for number, name in enumerate(self._atlas.names)
        ]

    # ---- what it holds

    @property
    def selection(self) -> list[str]:
        """The session ids that are selected on the map."""
        return [self._ids[row] for row in np.frombuffer(self.selected, dtype=np.int32)]

    def to_frame(self) -> pl.DataFrame:
        """Give the modes, largest first: ``mode``, ``size``, ``share`` (of all sessions on the map), ``retired``."""
        sizes = self._atlas.sizes()
        rows = [
            {
                "mode": name,
                "size": size,
                "share": size / max(1, len(self._ids)),
                "retired": number in self._atlas.retired,
            }
            for number, (name, size) in enumerate(zip(self._atlas.names, sizes, strict=True))
            if name
        ]
        schema = {"mode": pl.String(), "size": pl.Int64(), "share": pl.Float64(), "retired": pl.Boolean()}
        return pl.DataFrame(rows, schema=schema).sort("size", descending=True, maintain_order=True)

    def __repr__(self) -> str:
        inside = int((self._atlas.members >= 0).sum())
        modes = sum(1 for name in self._atlas.names if name)
        sessions = f"{len(self._ids):,} session{'' if len(self._ids) == 1 else 's'}"
        return f"Explorer: {sessions}, {inside:,} of them in {modes:,} mode{'' if modes == 1 else 's'}."

    def _repr_html_(self) -> str:
        body = table(self.to_frame(), heads={"retired": "not a failure"})
        return panel(repr(self).removeprefix("Explorer: "), body, notes=["Run this cell in JupyterLab to see the map."])
