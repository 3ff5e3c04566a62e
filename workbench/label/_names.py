"""What the names of failure modes lead to, as events happen to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from workbench.label._tables import CODEBOOK_EVENTS
from workbench.schema import conform

__all__ = ["Mode", "Names", "in_order", "modes_of"]


@dataclass(frozen=True, slots=True)
class Mode:
    """A failure mode of the codebook: its definition, and whether it is still in use."""

    name: str
    definition: str | None
    retired: bool


class Names:
    """Where names lead at a moment, what they mean, and which are retired."""

    def __init__(self) -> None:
        self.leads: dict[str, str] = {}
        self.modes: dict[str, Mode] = {}
        self.changed: dict[str, Any] = {}  # when a definition was last changed, by the name that the mode has now

    def now(self, name: str) -> str:
        """What the name leads to."""
        while name in self.leads:  # finite: no event that would close a circle is taken
            name = self.leads[name]
        return name

    def take(self, event: Mapping[str, Any]) -> str | None:
        """Apply an event; or leave everything as it is and say why."""
        kind, name = event["kind"], event["name"]
        if kind == "define":
            self.leads.pop(name, None)
            old = self.modes.get(name)
            if old is not None and old.definition is not None and old.definition != event["definition"]:
                self.changed[name] = event["happened_at"]
            self.modes[name] = Mode(name, event["definition"], retired=False)
        elif kind == "retire":
            at = self.now(name)
            self.modes[at] = Mode(at, self.modes[at].definition if at in self.modes else None, retired=True)
        elif kind == "gather":
            self.leads.pop(name, None)
            self.modes[name] = replace(self.modes.get(name) or Mode(name, None, retired=False), retired=False)
        elif kind in {"rename", "merge"}:
            return self._lead(kind, name, event["into"][0])
        else:
            for part in event["into"]:
                self.modes.setdefault(part, Mode(part, None, retired=False))
        return None

    def _lead(self, kind: str, name: str, into: str) -> str | None:
        if into == name:
            return f"to {kind} {name!r} into itself changes nothing; name another failure mode in into="
        target = self.now(into)
        if target == name:
            return f"{into!r} has become {name!r}: to {kind} the second to the first would make a circle. Define {into!r} anew first."
        source = self.modes.pop(name, None)
        self.leads[name] = target
        if name in self.changed:
            self.changed[target] = self.changed.pop(name)
        old = self.modes.get(target)
        definition = old.definition if old is not None and old.definition is not None else source and source.definition
        self.modes[target] = Mode(target, definition, retired=False)
        return None


def in_order(events: object, as_of: dt.datetime | None) -> list[dict[str, Any]]:
    """The events until a moment, each once, as they happened."""
    frame = conform(events if events is not None else [], CODEBOOK_EVENTS, what="codebook events")
    frame = frame.unique("event_id", keep="first", maintain_order=True).sort("happened_at", maintain_order=True)
    if as_of is not None:
        frame = frame.filter(pl.col("happened_at") <= as_of)
    return frame.to_dicts()


def modes_of(events: object, *, as_of: dt.datetime | None = None) -> dict[str, Mode]:
    """The failure modes that the events speak of, by the name that each has at that moment.

    Parameters
    ----------
    events
        Rows of `schema.CODEBOOK_EVENTS`.
    as_of
        Only events until then; all by default.

    Returns
    -------
    dict
        `Mode` by name; retired ones are there and say so.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    >>> event = label.codebook_event("define", "loop", definition="the same call again", author="ana", now=now)
    >>> label.modes_of([event])["loop"].definition
    'the same call again'
    """
    state = Names()
    for event in in_order(events, as_of):
        state.take(event)
    return state.modes
