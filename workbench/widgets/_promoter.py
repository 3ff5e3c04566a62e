"""The promoter: sessions picked, their turn and ground truth edited, previewed as the agent gets them, and saved as cases."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

import polars as pl
import traitlets

from workbench._html import panel, table
from workbench.errors import InputError
from workbench.widgets._assets import asset
from workbench.widgets._talk import Talking, copied

__all__ = ["Promoter"]

_SENT: Final = 20_000  # characters of a message that are shown
_PICK: Final = ("expected_output", "criteria")


class Promoter(Talking):
    """Make cases of sessions from the keyboard: pick, choose the turn, say what a good answer is, see what the agent gets, save.

    The picks are saved together, as one version; the widget shows "saved" when `save` returned. While the kernel does not answer, the picks are
    kept in the page and sent again under the same operation.

    Parameters
    ----------
    items
        The sessions: ``session_id``, ``gist`` (a line of it) and ``mode``.
    fetch
        Gives a session as the agent would be handed it: ``messages`` (``role``, ``text``), ``turns`` (``turn`` and ``end``, how many messages
        it is handed for that turn), the ``turn`` that is proposed, and the ``expected_output`` and ``criteria`` that are known.
    save
        Takes the picks (``session_id``, ``turn``, ``expected_output``, ``criteria``) and returns the ``sentence`` to show and ``there``, the
        sessions that are in the dataset now. They must be on disk when it returns, and the same picks again must change nothing.
    dataset
        What the dataset is called.
    there
        Sessions that are in it already.
    author
        Who promotes.
    queue
        A name under which unsaved picks wait in the page; by default made of the dataset, the author and the items.

    Raises
    ------
    InputError
        An item has no session id.

    Examples
    --------
    >>> from workbench.widgets import Promoter
    >>> Promoter([{"session_id": "a"}], fetch=lambda _: {}, save=lambda picks: {}, dataset="refunds")
    Promoter: 0 of 1 session in 'refunds'.
    """

    _esm = asset("promoter.js")
    _css = asset("promoter.css")

    items: Any = traitlets.List[Any]().tag(sync=True)
    there: Any = traitlets.List[Any]().tag(sync=True, to_json=copied)
    dataset = traitlets.Unicode().tag(sync=True)
    author = traitlets.Unicode().tag(sync=True)
    queue = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        items: Iterable[Mapping[str, Any]],
        *,
        fetch: Callable[[str], Mapping[str, Any]],
        save: Callable[[Sequence[Mapping[str, Any]]], Mapping[str, Any]],
        dataset: str,
        there: Iterable[str] = (),
        author: str = "",
        queue: str | None = None,
    ) -> None:
        rows = [_item(number, item) for number, item in enumerate(items)]
        name = queue if queue is not None else "\0".join([dataset, author, *(row["session_id"] for row in rows)])
        self._ids = {row["session_id"] for row in rows}
        self._fetch, self._save = fetch, save
        self._done: dict[str, dict[str, Any]] = {}  # operation: how it was answered
        super().__init__(
            items=rows,
            there=[each for each in dict.fromkeys(there) if each in self._ids],
            dataset=dataset,
            author=author,
            queue=hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        )

    def _answer(self, kind: str, content: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        if kind == "fetch":
            return {"preview": _trimmed(self._fetch(self._known(content.get("session_id"))))}, []
        if kind == "change":
            return self._take(cast("Mapping[str, Any]", content["change"])), []
        return super()._answer(kind, content)

    def _known(self, session_id: object) -> str:
        if session_id not in self._ids:
            msg = f"session {session_id!r} is not in this list"
            raise InputError(msg)
        return str(session_id)

    def _take(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """Save picks; the same operation again saves nothing and is answered as before."""
        operation = str(change["operation"])
        if operation not in self._done:
            picks = [self._pick(each) for each in cast("list[Mapping[str, Any]]", change.get("picks") or [])]
            said = self._save(picks)
            now = [str(each) for each in said.get("there", ()) if each in self._ids]
            self.there = list(dict.fromkeys([*self.there, *now]))
            self._done[operation] = {"sentence": str(said.get("sentence", "")), "there": now}
        return self._done[operation]

    def _pick(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        turn = raw.get("turn")
        if turn is not None and (not isinstance(turn, int) or isinstance(turn, bool)):
            msg = f"turn is {turn!r}, expected a number"
            raise InputError(msg)
        texts = {name: text if isinstance(text := raw.get(name), str) and text.strip() else None for name in _PICK}
        return {"session_id": self._known(raw.get("session_id")), "turn": turn, **texts}

    def to_frame(self) -> pl.DataFrame:
        """The sessions: `session_id`, `gist`, `mode`, and whether each is in the dataset."""
        schema = {"session_id": pl.String(), "gist": pl.String(), "mode": pl.String()}
        return pl.DataFrame(self.items, schema=schema).with_columns(
            pl.col("session_id").is_in(list(self.there)).alias("there")
        )

    def __repr__(self) -> str:
        if not hasattr(self, "_done"):  # while it is being made
            return object.__repr__(self)
        count = len(self.items)
        return (
            f"Promoter: {len(self.there):,} of {count:,} {'session' if count == 1 else 'sessions'} in {self.dataset!r}."
        )

    def _repr_html_(self) -> str:
        frame = self.to_frame()
        body = table(frame.head(20)) if frame.height else ""
        return panel(
            repr(self).removeprefix("Promoter: "), body, notes=["Run this cell in JupyterLab to pick and promote."]
        )


def _item(number: int, item: Mapping[str, Any]) -> dict[str, str]:
    if not item.get("session_id"):
        msg = f"item {number} has no session_id: it has {', '.join(map(str, item)) or 'nothing'}"
        raise InputError(msg)
    return {name: str(item.get(name) or "") for name in ("session_id", "gist", "mode")}


def _trimmed(preview: Mapping[str, Any]) -> dict[str, Any]:
    messages = [
        {"role": str(each["role"]), "text": str(each["text"])[:_SENT], "cut": max(0, len(str(each["text"])) - _SENT)}
        for each in preview.get("messages", ())
    ]
    known = {name: preview.get(name) or "" for name in _PICK}
    return {"messages": messages, "turns": list(preview.get("turns", ())), "turn": preview.get("turn"), **known}
