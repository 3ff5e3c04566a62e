"""What the labeller is given, in the words of its browser half: items, labels, questions, keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from workbench.errors import InputError, UnknownNameError
from workbench.label import RubricItem
from workbench.widgets._types import ACTIONS, ANSWER, FIELDS, Item

__all__ = ["Place", "keymap", "ordered", "plain", "questions", "said_in"]


class Place(NamedTuple):
    """What stands at one place of a queue."""

    session_id: str
    because: str
    draw_id: str | None
    again: bool  # shown a second time, which is not to be seen


def ordered(items: Iterable[Item | Mapping[str, Any]]) -> dict[str, Place]:
    """The places of a queue in order of reading, by a key that each has alone.

    The key is the session's id; the id of the draw where the same session is shown again by another draw.
    """
    rows = [cast("Mapping[str, Any]", item) for item in items]
    if rows and all(row.get("position") is not None for row in rows):
        rows.sort(key=lambda row: row["position"])
    places: dict[str, Place] = {}
    drawn: dict[str, set[str | None]] = {}
    for number, row in enumerate(rows):
        if not row.get("session_id"):
            msg = f"item {number} has no session_id: it has {', '.join(map(str, row)) or 'nothing'}"
            raise InputError(msg)
        session_id = str(row["session_id"])
        draw_id = None if row.get("draw_id") is None else str(row["draw_id"])
        before = drawn.setdefault(session_id, set())
        if before and (draw_id is None or draw_id in before):
            continue
        again = bool(before)
        before.add(draw_id)
        places[str(draw_id) if again else session_id] = Place(session_id, str(row.get("because") or ""), draw_id, again)
    return places


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
    """The rubric as a form: what each question takes, and whether this reader answers it."""
    return [
        {
            "name": item.name,
            "kind": item.kind,
            "required": item.required,
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
