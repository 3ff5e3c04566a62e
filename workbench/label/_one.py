"""What one reviewer says of one session, folded row by row: for a save, which waits for nothing that grows with the workspace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from workbench.label._protocol import Protocol
from workbench.label._several import lines_of, modes_in
from workbench.label._tables import ANSWER, LABEL_NAMES, REPEAT

__all__ = ["Said", "said_of"]

_FIRST: Final = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Said:
    """What stands of a label.

    Attributes
    ----------
    revision
        How many saves of it stand.
    role
        As what the reviewer said it.
    fields
        The fields that are not empty, by name; who names a failure mode and gives no verdict says that the session fails.
    answers
        The answers to the rubric, by item: a number or a text.
    """

    revision: int
    role: str | None
    fields: Mapping[str, str]
    answers: Mapping[str, float | str]

    def missing(self, protocol: Protocol) -> list[str]:
        """The answers that the protocol requires with a verdict, and that are not there."""
        if self.fields.get("verdict") not in ("pass", "fail") or self.role == "adjudicator":
            return []
        general = (self.role or "general") == "general"
        asked = [item for item in protocol.rubric if item.required and not (item.expert_only and general)]
        return [item.name for item in asked if item.name not in self.answers]


def said_of(annotations: Iterable[Mapping[str, Any]], *, reviewer: str, again: bool = False) -> Said:
    """What a reviewer says now of the one session that the annotations are about.

    The same as `current_labels` and `rubric_answers`, which take any number of sessions at once.

    Parameters
    ----------
    annotations
        Rows of `schema.ANNOTATIONS` on one session, in the order in which they were written.
    reviewer
        Whose.
    again
        What was said when the session was shown again.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import label
    >>> said = label.label_annotations({"operation": "op1", "session_id": "s1", "verdict": "fail"}, reviewer="ana",
    ...                                now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    >>> label.said_of(said, reviewer="ana").fields
    {'verdict': 'fail'}
    """
    rows = [row for row in _standing(_log(annotations, reviewer, again=again)) if row["retracts"] is None]
    written = [row for row in rows if row["name"] in LABEL_NAMES]
    last = {row["name"]: row for row in written}
    fields = {name: last[name]["value_text"] for name in LABEL_NAMES if name in last}
    fields = {name: value for name, value in fields.items() if value is not None}
    names = modes_in(fields.pop("other_modes", None))
    if names:
        first = fields.setdefault("failure_mode", names[0])
        others = lines_of(name for name in names if name != first)
        fields |= {} if others is None else {"other_modes": others}
    if "failure_mode" in fields:
        fields.setdefault("verdict", "fail")
    given: dict[str, float | str | None] = {}
    for row in rows:
        if row["name"].startswith(ANSWER):
            number = row["value_number"]
            given[row["name"].removeprefix(ANSWER)] = row["value_text"] if number is None else number
    answers = {name: given[name] for name in sorted(given) if given[name] is not None}
    role = next((row["author_role"] for row in reversed(written) if row["author_role"] is not None), None)
    revision = len({_operation(row) for row in written}) if fields else 0
    return Said(revision, role, fields, cast("Mapping[str, float | str]", answers))


def _log(annotations: Iterable[Mapping[str, Any]], reviewer: str, *, again: bool) -> list[Mapping[str, Any]]:
    """What the reviewer said, each annotation once, from the earliest to the latest."""
    once: dict[str, Mapping[str, Any]] = {}
    for row in annotations:
        if _is_of_label(row):
            once.setdefault(row["annotation_id"], row)
    own = [row for row in once.values() if row["author"] == reviewer and (row["method"] == REPEAT) == again]
    return sorted(own, key=lambda row: row["happened_at"] or _FIRST)


def _is_of_label(row: Mapping[str, Any]) -> bool:
    name = row["name"]
    return (
        row["target_kind"] == "session"
        and row["author_kind"] == "human"
        and row["target_id"] is not None
        and name is not None
        and (name in LABEL_NAMES or name.startswith(ANSWER))
    )


def _standing(log: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that no later standing one retracts; from the last, which cannot be retracted any more."""
    rank = {row["annotation_id"]: number for number, row in enumerate(log)}
    gone: set[str] = set()
    for number, row in reversed(list(enumerate(log))):
        target = row["retracts"]
        if target is not None and row["annotation_id"] not in gone and rank.get(target, number) < number:
            gone.add(target)
    return [row for row in log if row["annotation_id"] not in gone]


def _operation(row: Mapping[str, Any]) -> str:
    """The save that wrote an annotation; what came from a file stands for itself."""
    return str(row["annotation_id"]).removesuffix(f".{row['name']}")
