"""What the labeller is given, in the words of its browser half: items, labels, questions, keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import polars as pl

from workbench.errors import InputError, UnknownNameError
from workbench.label import RubricItem
from workbench.widgets._types import ACTIONS, ANSWER, FIELDS, Item

__all__ = ["Place", "Places", "keymap", "ordered", "plain", "questions", "said_in"]


class Place(NamedTuple):
    """What stands at one place of a queue."""

    session_id: str
    because: str
    draw_id: str | None
    again: bool  # shown a second time, which is not to be seen


class Places(Mapping[str, Place]):
    """The places of a queue in order of reading, by a key that each has alone; each is made when it is asked for.

    The key is the session's id; the id of the draw where the same session is shown again by another draw.
    """

    def __init__(self, keys: list[str], columns: Sequence[Sequence[Any]], again: Mapping[str, str]) -> None:
        self._at = {key: number for number, key in enumerate(keys)}
        self._columns = columns
        self.again = again  # the session behind a key that shows it a second time

    def __getitem__(self, key: str) -> Place:
        session_id, because, draw_id = (column[self._at[key]] for column in self._columns)
        return Place(session_id, str(because or ""), draw_id, key in self.again)

    def __contains__(self, key: object) -> bool:
        return key in self._at

    def __iter__(self) -> Iterator[str]:
        return iter(self._at)

    def __len__(self) -> int:
        return len(self._at)


def ordered(items: pl.DataFrame | Iterable[Item | Mapping[str, Any]]) -> Places:
    """The places of a queue."""
    positions, sessions, because, draws = _columns(items)
    order = list(range(len(sessions)))
    if None not in positions:
        order.sort(key=positions.__getitem__)
    if len(set(sessions)) == len(sessions):
        return _places([sessions[at] for at in order], order, (sessions, because, draws), {})
    keys: list[str] = []
    kept: list[int] = []
    again: dict[str, str] = {}
    drawn: dict[str, set[str | None] | str | None] = {}
    for at in order:
        session, draw = sessions[at], draws[at]
        if session not in drawn:
            drawn[session] = draw
            keys.append(session)
        else:
            before = drawn[session]
            if not isinstance(before, set):
                before = drawn[session] = {before}
            if draw is None or draw in before:
                continue
            before.add(draw)
            keys.append(draw)
            again[draw] = session
        kept.append(at)
    return _places(keys, kept, (sessions, because, draws), again)


def _places(keys: list[str], kept: list[int], columns: Sequence[list[Any]], again: Mapping[str, str]) -> Places:
    return Places(keys, [[column[at] for at in kept] for column in columns], again)


def _columns(
    items: pl.DataFrame | Iterable[Item | Mapping[str, Any]],
) -> tuple[list[Any], list[str], list[Any], list[Any]]:
    """Positions, sessions, reasons and draws."""
    names = ("position", "session_id", "because", "draw_id")
    if isinstance(items, pl.DataFrame):
        held = items.columns
        found = [items[name].to_list() if name in held else [None] * items.height for name in names]
    else:
        rows = [cast("Mapping[str, Any]", item) for item in items]
        held = next((list(row) for row in rows if not row.get("session_id")), list[str]())
        found = [[row.get(name) for row in rows] for name in names]
    positions, sessions, because, draws = found
    for number, session in enumerate(sessions):
        if not session:
            msg = f"item {number} has no session_id: it has {', '.join(map(str, held)) or 'nothing'}"
            raise InputError(msg)
    texts = [each if each is None else str(each) for each in draws]
    return positions, [str(each) for each in sessions], because, texts


def plain(label: Mapping[str, Any]) -> dict[str, Any]:
    """A label as it travels: flat, answers under their names, without what is not said."""
    said: dict[str, Any] = {name: label[name] for name in FIELDS if label.get(name) is not None}
    answers = cast("Mapping[str, Any]", label.get("answers") or {})
    said |= {f"{ANSWER}{name}": str(value) for name, value in answers.items() if value is not None}
    return {**said, "revision": int(label.get("revision") or 0)}


def said_in(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What a message of the browser says: fields as they are, answers gathered."""
    said: dict[str, Any] = {name: raw[name] for name in FIELDS if name in raw}
    answers = {name.removeprefix(ANSWER): value for name, value in raw.items() if name.startswith(ANSWER)}
    return {**said, "answers": answers} if answers else said


def questions(rubric: Sequence[RubricItem], role: str) -> list[dict[str, Any]]:
    """The rubric as a form: what each question takes, whether this reader answers it, and whether a verdict waits for that."""
    return [
        {
            "name": item.name,
            "kind": item.kind,
            "required": item.required and role != "adjudicator",  # who settles the verdict alone
            "values": list(item.values),
            "closed": item.expert_only and role == "general",
        }
        for item in rubric
    ]


def keymap(keys: Mapping[str, str]) -> dict[str, str]:
    """The keys of the reader's own, checked: every action exists, and no key means two."""
    for action in keys:
        if action not in ACTIONS:
            raise UnknownNameError(kind="action", name=action, known=ACTIONS)
    taken: dict[str, str] = {}
    for action, key in {**ACTIONS, **keys}.items():
        if key in taken:
            msg = f"the key {key!r} would mean both {taken[key]!r} and {action!r}: give one of them another key"
            raise InputError(msg)
        taken[key] = action
    return dict(keys)
