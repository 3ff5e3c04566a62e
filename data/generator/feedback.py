"""What customers say of the agent afterwards: a thumb, and from half of them a comment."""

from __future__ import annotations

from random import Random
from typing import Any, Final

import orjson

from .otlp import TracedTurn, attributes
from .record import Session
from .words import phrase, pick

__all__ = ["feedback"]

_DOWN: Final = (
    "[did not|didn't] help", "That was useless.", "wrong [answer|info|]", "I [had to|will have to] call you after all", "it [just|] doesn't get what I want", "Still not [solved|sorted].",
    "We'll see if this is true, I have my doubts", "the bot says one thing and my [account|bank] another", "took forever", "[polite|friendly] but [no use|wrong]",
    "had to explain everything [twice|again]", "I checked and nothing has happened", "not what I asked", "too slow", "where is my money???", "My neighbour got a different answer for the same thing",
    "It's been two days and [nothing changed|I'm still waiting]", "the rules on your website say something else", "would rather talk to a person", "bad experience",
)  # fmt: skip
_GRUMPY: Final = (
    "your rules are ridiculous", "answer was fine but I don't like it", "Why can't you just make an exception", "slow", "the courier is the problem, not the bot", "too many questions before [anything happens|you help]",
    "ok but impersonal", "price too high anyway", "Did what it should but your shipping is slow",
)  # fmt: skip
_UP: Final = (
    "quick and easy",
    "[great|good] service",
    "Solved in a minute!",
    "helpful",
    "very [friendly|clear]",
    "thank you",
    "exactly what I needed",
    "easier than calling",
    "5 stars",
    "got my answer",
)
_UNHAPPY: Final = {
    "policy_broken": 0.15,
    "stale_document": 0.4,
    "overpromised": 0.1,
}  # some failures please the customer
_HOUR: Final = 3600 * 10**9


def feedback(sessions: list[tuple[Session, list[TracedTurn]]], seed: int) -> tuple[list[bytes], list[str]]:
    """Write the feedback on one release's sessions as OTLP log lines, and some of conversations that nobody exported.

    About one customer in seven says something, unhappy ones more often. Some events know the turn they are about, others only the
    conversation.

    Returns
    -------
    tuple
        The lines, and the ids of the sessions with a thumbs-down.
    """
    rng = Random(f"{seed}/feedback")
    records: list[tuple[int, dict[str, Any]]] = []
    down: list[str] = []
    for session, turns in sessions:
        failed = session.mode is not None
        if rng.random() > ((0.42 if session.noticed else 0.2) if failed else 0.115):
            continue
        unhappy = rng.random() < (
            (0.93 if session.noticed else _UNHAPPY.get(session.mode or "", 0.62)) if failed else 0.17
        )
        turn = turns[session.wrong_turn - 1 if session.wrong_turn and rng.random() < 0.7 else -1]
        if unhappy:
            down.append(session.session_id)
        words = (_DOWN if failed else _GRUMPY) if unhappy else _UP
        comment = phrase(rng, pick(rng, words)) if rng.random() < 0.5 else None
        at = turn.ended + int(rng.expovariate(4) * _HOUR) + 5 * 10**9
        records.append((at, _record(at, unhappy, comment, session.session_id, turn if rng.random() < 0.75 else None)))
    for ghost in range(2):
        at = sessions[-1][0].started - ghost * 30 * _HOUR
        records.append((at, _record(at, ghost == 0, None, f"conv-{rng.getrandbits(48):012x}", None)))
    records.sort(key=lambda one: one[0])
    lines: list[bytes] = []
    resource = {"service.name": "fernhill-shop-web", "deployment.environment.name": "production"}
    while records:
        cut = rng.randrange(1, 5)
        scope = {
            "scope": {"name": "feedback.widget", "version": "2.3"},
            "logRecords": [record for _, record in records[:cut]],
        }
        del records[:cut]
        lines.append(
            orjson.dumps(
                {"resourceLogs": [{"resource": {"attributes": attributes(dict(resource))}, "scopeLogs": [scope]}]}
            )
        )
    return lines, down


def _record(at: int, unhappy: bool, comment: str | None, conversation: str, turn: TracedTurn | None) -> dict[str, Any]:
    values: dict[str, object] = {
        "gen_ai.evaluation.name": "user_feedback", "gen_ai.evaluation.score.value": 0.0 if unhappy else 1.0,
        "gen_ai.evaluation.score.label": "thumbs_down" if unhappy else "thumbs_up", "gen_ai.conversation.id": conversation,
    }  # fmt: skip
    if comment:
        values["gen_ai.evaluation.explanation"] = comment
    record: dict[str, Any] = {"timeUnixNano": str(at), "observedTimeUnixNano": str(at + 400_000_000), "severityNumber": 9,
                              "eventName": "gen_ai.evaluation.result", "attributes": attributes(values)}  # fmt: skip
    if turn:
        record |= {"traceId": turn.trace_id, "spanId": turn.root_id}
    return record
