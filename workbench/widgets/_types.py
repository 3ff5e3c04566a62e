"""The words that the two halves of the widgets exchange."""

from __future__ import annotations

from typing import Final, Literal, TypedDict

__all__ = ["ACTIONS", "ANSWER", "FIELDS", "VERDICTS", "Change", "Item", "Label", "MapEvent", "Verdict"]

Verdict = Literal["pass", "fail", "defer", "skip"]
VERDICTS: Final = ("pass", "fail", "defer", "skip")
FIELDS: Final = (
    "verdict", "note", "failure_mode", "other_modes", "first_failure", "root_cause", "expected_output", "flag",
)  # fmt: skip
ANSWER: Final = "answer: "  # before the name of a rubric item, where an answer travels beside the fields


class Item(TypedDict, total=False):
    """One session to read."""

    session_id: str
    because: str  # one line: why this one
    position: int  # 0-based order of reading; without it the order of the list
    draw_id: str  # how it came to be read; a session that another draw shows again is read as if it were new


class Label(TypedDict, total=False):
    """What one reviewer said about one session, as it stands: a row of `workbench.label.LABELS`, or less."""

    revision: int  # how many changes stand behind it
    blind: bool  # False: something was said after suggestions were shown
    verdict: Verdict | None
    note: str | None
    failure_mode: str | None  # what went wrong first
    other_modes: str | None  # what else did, one a line
    first_failure: str | None  # "trace_id/span_id"
    root_cause: str | None  # "trace_id/span_id"
    expected_output: str | None
    flag: str | None  # what is to be looked at again, or shown to somebody; says nothing of quality
    answers: dict[str, str]  # to the queue's rubric, by name


class Change(TypedDict, total=False):
    """One thing said, or taken back: a field that is absent stays as it was, one that is None is cleared."""

    operation: str  # made in the browser, unlike any other: the same one may come twice and counts once
    session_id: str | None  # None only where the last operation is undone
    revision: int | None  # of the label that the reader saw
    blind: bool  # False: suggestions had been shown
    undo: (
        str  # the operation that is taken back, or "last": the reviewer's last one in this queue; then nothing is said
    )
    verdict: Verdict | None
    note: str | None
    failure_mode: str | None
    other_modes: str | None
    first_failure: str | None
    root_cause: str | None
    expected_output: str | None
    flag: str | None
    answers: dict[str, str | None]  # to rubric items, by name
    draw_id: str  # only where a session is shown again: what is said then is kept apart


class MapEvent(TypedDict, total=False):
    """One edit of the modes on the map."""

    operation: str  # made in the browser, unlike any other: the same one may come twice and counts once
    kind: Literal["rename", "merge", "move", "together", "retire", "restore", "undo"]
    mode: str  # the mode that is edited; not for a move or together, which take sessions from wherever they are
    into: str  # rename: its new name; merge: the mode that takes its sessions; move, together: a known or a new mode
    session_ids: list[str]  # the sessions of the edited mode, or those that move or belong together
    undo: str  # the operation that is taken back


ACTIONS: Final[dict[str, str]] = {
    "pass": "p",
    "fail": "f",
    "defer": "d",
    "skip": "s",
    "next": "Enter",
    "note": "n",
    "mode": "m",
    "also": "M",
    "first_failure": "1",
    "root_cause": "2",
    "expected": "e",
    "question": "q",
    "flag": "!",
    "undo": "u",
    "down": "j",
    "up": "k",
    "open": "o",
    "open_all": "O",
    "error": "x",
    "error_back": "X",
    "signal": "i",
    "tree": "t",
    "side": "b",
    "top": "Home",
    "bottom": "End",
    "page": "PageDown",
    "page_back": "PageUp",
    "forward": "]",
    "back": "[",
    "jump": "g",
    "search": "/",
    "again": ",",
    "reveal": "v",
    "stopping": "w",
    "codebook": "c",
    "retry": "r",
    "help": "?",
    "leave": "Escape",
}
