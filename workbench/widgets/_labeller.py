"""The labeller: sessions read as conversations and judged from the keyboard."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, cast

import polars as pl
import traitlets

from workbench._html import panel, table
from workbench.errors import InputError, UnknownNameError
from workbench.label import RubricItem
from workbench.widgets._assets import asset
from workbench.widgets._items import keymap, ordered, plain, questions, said_in
from workbench.widgets._services import Services
from workbench.widgets._session import Reading
from workbench.widgets._talk import Talking, copied
from workbench.widgets._types import ANSWER, FIELDS, VERDICTS, Change, Item, Label

__all__ = ["Labeller"]

_KEPT = 6  # sessions whose whole texts stay in memory: the ones around the reader


class Labeller(Talking):
    """Read one session after another and say what went wrong, from the keyboard.

    Press ``?`` in the widget for its keys. Everything is handed to `save` as it is said; the widget shows "saved" when
    `save` returned, and what went wrong when it raised. While the kernel does not answer, changes are kept in the page and sent again.

    Parameters
    ----------
    items
        The sessions to read, in order, as a frame or one by one: ``session_id``, ``because`` (one line: why this one), ``position``, ``draw_id``. A session that
        comes twice with another ``draw_id`` is shown twice, the second time as if it were new.
    fetch
        Gives a session as `conversation` makes it. Called when the session is shown, from any thread.
    save
        Takes one `Change` and returns the label of its session as it then stands: a dict with ``revision`` and the fields of
        `Label` (``session_id`` too where it undid "last"), or only the revision, or None where there was nothing to undo. The
        change must be on disk when `save` returns, and an ``operation`` that comes again must change nothing. Calls never overlap.
    labels
        The reviewer's labels so far, by session id; by draw id for what was said when a session was shown again.
    modes
        The names of the known failure modes, offered as completion.
    rubric
        What is asked beside verdict, note and failure mode: a form.
    reviewer, role
        Who labels, and as what: `general`, `expert` (who alone answers questions for experts) or `adjudicator`.
    title
        What the queue is called.
    blind
        Hold suggestions back until a verdict is given.
    reveal
        Told the session id when the reader asks for suggestions before a verdict, before they are shown.
    queue
        A name of the queue, under which unsaved changes wait in the page; by default made of the items and the reviewer.
    keys
        Other keys for single actions, for example ``{"pass": "y"}``; `ACTIONS` has all, and help shows them as they are.
    services
        What can be asked for beside the sessions: reservations, when to stop, the tree of spans, the codebook.
    taken
        Sessions that as many others have read as are asked to: they are passed over, and the reader is told how many.
    first
        Sessions whose suggestions are shown before the verdict although the queue is blind, because chance said so; `reveal` is told.

    Raises
    ------
    InputError
        An item has no session id, or two actions have the same key.
    UnknownNameError
        A key is given for an action that does not exist.

    Examples
    --------
    >>> from workbench.widgets import Labeller, conversation
    >>> said = []
    >>> def save(change):
    ...     said.append(change)
    ...     return {"revision": len(said), "verdict": change.get("verdict")}
    >>> Labeller([{"session_id": "a"}], fetch=lambda _: conversation([]), save=save, reviewer="ana")
    Labeller: ana has read 0 of 1 session.
    """

    _esm = asset("labeller.js")
    _css = asset("labeller.css")

    ids: Any = traitlets.List[Any]().tag(sync=True)
    labels: Any = traitlets.Dict().tag(sync=True, to_json=copied)
    modes: Any = traitlets.List[Any]().tag(sync=True, to_json=copied)
    names: Any = traitlets.Dict().tag(sync=True)  # the session behind an item that has another key
    rubric: Any = traitlets.List[Any]().tag(sync=True)
    offers: Any = traitlets.List[Any]().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    reviewer = traitlets.Unicode().tag(sync=True)
    queue = traitlets.Unicode().tag(sync=True)
    session_id = traitlets.Unicode("").tag(sync=True)
    keymap: Any = traitlets.Dict().tag(sync=True)
    taken: Any = traitlets.List[Any]().tag(sync=True)
    first: Any = traitlets.List[Any]().tag(sync=True)
    page = traitlets.Bool(False).tag(sync=True)  # nothing stands around the widget, no cell to run again

    def __init__(
        self,
        items: pl.DataFrame | Iterable[Item | Mapping[str, Any]],
        *,
        fetch: Callable[[str], Mapping[str, Any]],
        save: Callable[[Change], Mapping[str, Any] | int | None],
        labels: Mapping[str, Label | Mapping[str, Any]] | None = None,
        modes: Sequence[str] = (),
        rubric: Sequence[RubricItem] = (),
        reviewer: str = "",
        role: str = "general",
        title: str = "",
        blind: bool = True,
        reveal: Callable[[str], object] | None = None,
        queue: str | None = None,
        keys: Mapping[str, str] | None = None,
        services: Services | None = None,
        taken: Collection[str] = (),
        first: Collection[str] = (),
    ) -> None:
        self._places = ordered(items)
        ids = list(self._places)
        self._services = services or Services()
        name = queue if queue is not None else "\0".join([title, reviewer, *ids])
        super().__init__(
            ids=ids,
            labels={each: plain(label) for each, label in (labels or {}).items()},
            modes=list(dict.fromkeys(modes)),
            names=dict(self._places.again),
            rubric=questions(rubric, role),
            offers=self._services.offered,
            title=title,
            reviewer=reviewer,
            queue=hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16],
            keymap=keymap(keys or {}),
            taken=[key for key in ids if key in taken] if taken else [],
            first=[key for key in ids if key in first] if first else [],
        )
        self._fetch, self._save, self._blind = fetch, save, blind
        self._first = frozenset(self.first)
        self._readings: OrderedDict[str, Reading] = OrderedDict()
        self._done: dict[str, str | None] = {}  # operation: the session that it touched
        self._on_reveal = reveal
        self._unveiled = {each for each, label in (labels or {}).items() if label.get("blind") is False}

    # ---- messages

    def _answer(self, kind: str, content: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        if kind == "fetch":
            return self._show(str(content["session_id"]), ahead=bool(content.get("ahead")))
        if kind == "more":
            reading = self._reading(str(content["session_id"]))
            part, left = reading.rest(int(content["number"]), str(content["field"]), int(content["left"]))
            return {"left": left}, [part]
        if kind == "change":
            return self._take(content["change"]), []
        if kind == "reveal":
            return self._reveal(str(content["session_id"])), []
        if kind in self._services.offered:
            place = self._places.get(str(content.get("session_id")))
            session_id, draw_id = ("", None) if place is None else (place.session_id, place.draw_id)
            return self._services.answer(kind, content, session_id, draw_id)
        return super()._answer(kind, content)

    def _can_wait(self, kind: str) -> bool:
        return kind in self._services.slow

    def _reading(self, session_id: str) -> Reading:
        place = self._places.get(session_id)
        fetched = session_id if place is None else place.session_id
        reading = self._readings.pop(session_id, None) or Reading.of(self._fetch(fetched))
        self._readings[session_id] = reading
        while len(self._readings) > _KEPT:
            self._readings.popitem(last=False)
        return reading

    def _show(self, session_id: str, *, ahead: bool = False) -> tuple[dict[str, Any], list[bytes]]:
        """A session for the browser; fetched ahead, nobody sees it yet, and what is shown first is asked for when it is opened."""
        if session_id not in self._places:
            msg = f"session {session_id!r} is not in this queue"
            raise InputError(msg)
        reading = self._reading(session_id)
        if not ahead and session_id in self._first and session_id not in self._unveiled and reading.suggestions:
            self._seen(session_id)
        return self._unveil(session_id, reading), [reading.wire(session_id, self._places[session_id].because)]

    def _unveil(self, session_id: str, reading: Reading | None) -> dict[str, Any]:
        """Hand over the suggestions where nothing is left that they could sway."""
        decided = self.labels.get(session_id, {}).get("verdict") in ("pass", "fail")
        if (
            reading is None
            or not reading.suggestions
            or (self._blind and not decided and session_id not in self._unveiled)
        ):
            return {}
        self._unveiled.add(session_id)
        return {"suggestions": reading.suggestions}

    def _reveal(self, session_id: str) -> dict[str, Any]:
        reading = self._reading(session_id)
        self._seen(session_id)
        return {"session_id": session_id, **self._unveil(session_id, reading)}

    def _seen(self, session_id: str) -> None:
        """What is to be seen is on record before it is seen."""
        if self._on_reveal is not None:
            place = self._places.get(session_id)
            self._on_reveal(session_id if place is None else place.session_id)
        self._unveiled.add(session_id)

    def _take(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Save one change; the same operation again saves nothing and is answered with how things stand."""
        operation = str(raw["operation"])
        if operation not in self._done:
            change = self._change(operation, raw)
            self._done[operation] = self._keep(change, self._save(change))
        session_id = self._done[operation]
        if session_id is None:
            return {"session_id": None}
        unveiled = self._unveil(session_id, self._readings.get(session_id))
        return {"session_id": session_id, "label": self.labels.get(session_id, {"revision": 0}), **unveiled}

    def _change(self, operation: str, raw: Mapping[str, Any]) -> Change:
        key, undo = raw.get("session_id"), raw.get("undo")
        place = self._places.get(str(key))
        if place is None and undo != "last":
            msg = f"session {key!r} is not in this queue"
            raise InputError(msg)
        verdict = raw.get("verdict")
        if verdict is not None and verdict not in VERDICTS:
            raise UnknownNameError(kind="verdict", name=str(verdict), known=VERDICTS)
        said = said_in(raw) if undo is None else {"undo": str(undo)}
        head: dict[str, Any] = {
            "operation": operation,
            "session_id": key if place is None else place.session_id,
            "revision": raw.get("revision"),
            "blind": key not in self._unveiled,
        }
        if place is not None and place.again:
            head["draw_id"] = place.draw_id
        return cast("Change", {**head, **said})

    def _keep(self, change: Change, saved: Mapping[str, Any] | int | None) -> str | None:
        """Take the store's word on how the label stands now; the item that it is about, or None."""
        key = change.get("draw_id") or change.get("session_id")
        if isinstance(saved, Mapping):
            if change.get("undo") == "last":
                key = self._key_of(saved)
            label = plain(saved)
        else:
            said = {name: value for name, value in change.items() if name in FIELDS}
            said |= {f"{ANSWER}{name}": value for name, value in change.get("answers", {}).items()}
            label = {**self.labels.get(key, {}), **said, "revision": saved}
        if saved is None or key is None:
            return None
        self.labels[key] = label
        named = "\n".join(str(label[name]) for name in ("failure_mode", "other_modes") if label.get(name))
        self.modes.extend(mode for mode in named.splitlines() if mode not in self.modes)
        return key

    def _key_of(self, saved: Mapping[str, Any]) -> str | None:
        """The item that a label is of: of the two of a session that is shown again, the one that it was said of."""
        session_id = saved.get("session_id")
        if saved.get("again"):
            return next((key for key, session in self._places.again.items() if session == session_id), None)
        return None if session_id is None else str(session_id)

    # ---- what it looks like where no widget can be shown

    @property
    def counts(self) -> dict[str, int]:
        """How many sessions of the queue have which verdict; "unread" are those without one."""
        verdicts = Counter(cast("str", self.labels.get(each, {}).get("verdict") or "unread") for each in self._places)
        return {name: verdicts[name] for name in (*VERDICTS, "unread")}

    def to_frame(self) -> pl.DataFrame:
        """Give the labels of this queue: one row a session in reading order, with why it was read."""
        schema: dict[str, Any] = {"session_id": pl.String(), "because": pl.String(), "revision": pl.Int64()}
        schema |= dict.fromkeys(FIELDS, pl.String())
        rows = [
            {**self.labels.get(key, {}), "session_id": place.session_id, "because": place.because}
            for key, place in self._places.items()
        ]
        return pl.DataFrame(rows, schema=schema)

    def __repr__(self) -> str:
        if not hasattr(self, "_places"):  # while it is being made
            return object.__repr__(self)
        counts = self.counts
        total = len(self._places)
        read = total - counts["unread"] - counts["defer"]
        said = [
            f"{counts[name]} {word}"
            for name, word in (("pass", "pass"), ("fail", "fail"), ("skip", "skipped"), ("defer", "deferred"))
            if counts[name]
        ]
        sessions = "session" if total == 1 else "sessions"
        return f"Labeller: {self.reviewer or 'nobody'} has read {read:,} of {total:,} {sessions}{': ' + ', '.join(said) if said else ''}."

    def _repr_html_(self) -> str:
        frame = self.to_frame().filter(pl.col("verdict").is_not_null())
        shown = frame.select("session_id", "verdict", "failure_mode", "note").tail(10)
        body = table(shown, heads={"session_id": "session", "failure_mode": "failure mode"}) if shown.height else ""
        notes = ["Run this cell in JupyterLab to read and label."]
        if frame.height > shown.height:
            notes.insert(0, f"The last {shown.height} of {frame.height:,} labels in the order of the queue.")
        return panel(repr(self).removeprefix("Labeller: "), body, notes=notes)
