"""An afternoon of two reviewers: verdicts, notes, names and first failures on some sessions of the baseline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import orjson

from .notes import ANY_FAILURE, MISREAD, NAMES, NOTES, PASSED
from .otlp import TracedTurn
from .record import Call, Retrieval, Session

__all__ = ["Queues", "draw_lines", "draw_queues", "label_lines"]

Traced = tuple[Session, list[TracedTurn]]

_AUDIT: Final = 30
_NEGATIVE: Final = 12
_SHORT_MESSAGE: Final = 6  # words
_TWICE: Final = 6  # read by both
_AFTERNOON: Final = datetime(2025, 9, 29, 12, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Queues:
    """What was drawn to be read, and from how many."""

    audit: list[Traced]
    audit_pool: int
    complaints: list[Traced]
    complaints_pool: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reviewer reads one session."""

    reviewer: str
    queue: str
    traced: Traced
    mistaken: bool


def draw_queues(traced: list[Traced], unhappy: list[str], seed: int) -> Queues:
    """Draw sessions of the baseline to be read: some from all, some from those with a thumbs-down."""
    rng = Random(f"{seed}/queues")
    known = {session.session_id: (session, turns) for session, turns in traced}
    audit = rng.sample(traced, min(_AUDIT, len(traced)))
    read = {session.session_id for session, _ in audit}
    rest = [known[one] for one in unhappy if one not in read]
    return Queues(audit, len(traced), rng.sample(rest, min(_NEGATIVE, len(rest))), len(rest))


def draw_lines(queues: Queues) -> list[bytes]:
    """Write the draws: one JSON object a line, with the columns of the workbench's draws."""
    lines: list[bytes] = []
    for queue, drawn, pool, because in (
        ("random-audit", queues.audit, queues.audit_pool, "drawn at random from all sessions of the baseline"),
        (
            "negative-feedback",
            queues.complaints,
            queues.complaints_pool,
            "drawn at random from the other sessions with a thumbs-down",
        ),
    ):
        for position, (session, _) in enumerate(drawn):
            lines.append(orjson.dumps({
                "draw_id": f"{queue}.{position}", "queue_id": queue, "position": position, "target_kind": "session", "target_id": session.session_id,
                "design": "random", "pool": pool - position, "probability": 1 / (pool - position), "inclusion": len(drawn) / pool, "because": because,
                "drawn_at": f"{_AFTERNOON:%Y-%m-%dT%H:%M:%S}Z",
            }))  # fmt: skip
    return lines


def label_lines(queues: Queues, seed: int) -> list[bytes]:
    """Write the annotations: one JSON object a line, with the columns of the workbench's annotations."""
    rng = Random(f"{seed}/labels")
    lines: list[bytes] = []
    notes = _Notes(rng)
    for reviewer, minutes in (("ana", 7.0), ("ben", 21.0)):
        at = _AFTERNOON + timedelta(minutes=minutes)
        for reading in _desk(reviewer, queues.audit, queues.complaints):
            at += timedelta(seconds=40 + rng.expovariate(1 / 230) + 25 * len(reading.traced[0].turns))
            lines += [orjson.dumps(row) for row in _rows(reading, at, rng, notes)]
    return lines


def _desk(reviewer: str, audit: list[Traced], complaints: list[Traced]) -> list[_Reading]:
    """What a reviewer reads, in order; the first sessions of the audit are read by both."""
    half = 0 if reviewer == "ana" else 1
    own = audit[:_TWICE] + audit[_TWICE:][half::2]
    readings = [_Reading(reviewer, "random-audit", one, mistaken=False) for one in own]
    readings += [_Reading(reviewer, "negative-feedback", one, mistaken=False) for one in complaints[half::2]]
    slip = _slip(reviewer, readings)
    return [_Reading(one.reviewer, one.queue, one.traced, mistaken=at in slip) for at, one in enumerate(readings)]


def _slip(reviewer: str, readings: list[_Reading]) -> set[int]:
    """Where a reviewer errs: ana overlooks a failure that only dates or earlier steps give away, ben is harsh on an honest no."""
    sessions = [one.traced[0] for one in readings]
    if reviewer == "ana":
        subtle = [
            at for at, one in enumerate(sessions) if one.mode in {"stale_document", "combination", "wrong_order_refund"}
        ]
        return set(subtle[:2])
    harsh = [
        at
        for at, one in enumerate(sessions)
        if one.mode is None and re.search(r"can't|too late|Unfortunately|sorry", one.turns[-1].answer)
    ]
    missed = [at for at, one in enumerate(sessions[:_TWICE]) if one.mode is not None]
    return set(harsh[:1] + missed[:1])


class _Notes:
    """Hands out notes, so that nobody writes the same sentence twice before the others have been used."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.left: dict[tuple[str, ...], list[str]] = {}

    def take(self, options: tuple[str, ...]) -> str:
        """One of the options that has not been used yet."""
        if not self.left.get(options):
            self.left[options] = self.rng.sample(options, len(options))
        return self.left[options].pop()


def _rows(reading: _Reading, at: datetime, rng: Random, notes: _Notes) -> list[dict[str, Any]]:
    session, turns = reading.traced
    who = reading.reviewer
    failed = (session.mode is not None) != reading.mistaken
    target = next((f"{turn.trace_id}/{turn.wrong_span}" for turn in turns if turn.wrong_span), None)
    said: list[tuple[str, str | None, bool | None, list[str]]] = [
        ("verdict", "fail" if failed else "pass", not failed, [])
    ]
    if failed and session.mode is None:
        note, name = MISREAD[who]
        said += [("note", note, None, []), ("failure_mode", name, None, [])]
    elif failed:
        assert session.mode is not None
        said.append(
            ("note", notes.take(NOTES[who].get(session.mode, ANY_FAILURE[who])).format(**_facts(session)), None, [])
        )
        if rng.random() < 0.9:
            said.append(("failure_mode", NAMES[who].get(session.mode, session.mode.replace("_", " ")), None, []))
        if target and rng.random() < 0.85:
            said.append(("first_failure", target, None, [target]))
    elif rng.random() < 0.4:
        said.append(("note", notes.take(PASSED[who]), None, []))
    operation = f"{who}-{at:%H%M%S}"
    when = f"{at:%Y-%m-%dT%H:%M:%S}Z"
    return [
        {
            "annotation_id": f"{operation}.{name}", "target_kind": "session", "target_id": session.session_id, "join_key": None, "name": name,
            "value_number": None, "value_text": text, "passed": passed, "comment": None, "evidence": orjson.dumps(evidence).decode() if evidence else None,
            "author": who, "author_kind": "human", "author_role": "expert" if who == "ana" else "general", "method": "widget", "method_version": None,
            "queue_id": reading.queue, "blind": True, "happened_at": when, "recorded_at": when, "retracts": None,
        }
        for name, text, passed, evidence in said
    ]  # fmt: skip


def _facts(session: Session) -> dict[str, str]:
    """What a note may mention about the place where a session goes wrong."""
    number = session.wrong_turn or 1
    turn = session.turns[number - 1]
    bare = number > 1 and len(turn.user.split()) < _SHORT_MESSAGE  # only an order number: the request came before
    asked = session.turns[number - 2].user if bare else turn.user
    at = next((place for place, event in enumerate(turn.events) if event.wrong), 0)
    before = [event for event in turn.events[: at + 1] if isinstance(event, Call)]
    call = before[-1] if before else None
    found = next((event for event in turn.events if isinstance(event, Retrieval)), None)
    cited = [one for one, _, _ in found.found if one.until] if found else []
    return {
        "tool": call.tool if call else "the search", "said": _start(turn.answer), "asked": _start(asked), "turn": str(number),
        "order": str(call.arguments.get("order_id", "another order")) if call else "another order",
        "doc": cited[0].document_id if cited else "the document",
    }  # fmt: skip


def _start(text: str) -> str:
    words = text.split()
    return " ".join(words[:9]) + ("…" if len(words) > 9 else "")
