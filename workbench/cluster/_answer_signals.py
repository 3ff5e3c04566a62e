"""What the agent told the user against what it had read and done: other figures, details from nowhere, promises, delays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from workbench.cluster._mask import sentences
from workbench.cluster._talk import (
    Signal,
    Step,
    Talk,
    any_of,
    content_words,
    dates,
    first_matching,
    flat,
    identifiers,
    is_write,
    money,
    numbers,
)

__all__ = ["answer_signals"]

_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.\w+)+")
_WEEKDAYS: Final = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SAID_DATE: Final = re.compile(
    rf"\b({'|'.join(_MONTHS)})[a-z]*\.? (\d{{1,2}})(?:st|nd|rd|th)?\b|\b(\d{{1,2}})(?:st|nd|rd|th)? ({'|'.join(_MONTHS)})[a-z]*\b",
    re.IGNORECASE,
)
_PROMISES: Final = any_of(
    r"guarantee[sd]?", r"i promise", r"i assure you", r"rest assured", r"for free", r"free of charge", r"on the house", r"no matter what",
    r"by tomorrow", r"within the hour", r"no need to (?:send|return|pay|do)", r"you (?:can|may) keep", r"at no (?:extra |additional )?cost", r"double (?:the|your|that)",
)  # fmt: skip
_DELAYS: Final = any_of(
    r"one moment", r"(?:just )?(?:a|one) (?:moment|second|minute)", r"hold on", r"bear with me", r"while i (?:check|look|pull|search|get|find)",
    r"let me (?:check|look|pull|search)", r"i(?:['\u2019]ll| will) (?:check|look into|get back|find out)",
)  # fmt: skip
_DOUBTS: Final = any_of(
    r"are you sure", r"really", r"double[ -]check", r"that (?:does ?n['\u2019]?t|can['\u2019]?t)", r"i (?:thought|think|read|heard)", r"check again", r"look again",
)  # fmt: skip
_ALLOWED: Final = re.compile(
    r"(?:budget|under|below|at most|up to|max(?:imum)?|no more than|not more than|less than|spend|limit)\D{0,16}[$€£¥]\s?(\d[\d,]*(?:\.\d+)?)",
    re.IGNORECASE,
)
_HIDDEN: Final = re.compile(
    r"internal|private|confidential|staff|secret|hidden|not_?public|(?:agent|admin)_?notes?", re.IGNORECASE
)
_MOST: Final = 0.5
_SHORT: Final = 20  # letters of a question that can only mean the answer before it
_LITTLE: Final = 10  # words beside the delay that make no answer yet
_WORD: Final = 3


class _Known:
    """What stood anywhere before a step: grows as the session is read."""

    def __init__(self, start: str) -> None:
        self.ids: set[str] = set()
        self.emails: set[str] = set()
        self.days: set[tuple[int, int]] = set()
        self.add(start)

    def add(self, text: str) -> None:
        self.ids |= identifiers(text)
        self.emails |= {found.lower() for found in _EMAIL.findall(text)}
        self.days |= {(day.month, day.day) for day in dates(text)} | _said_days(text)


def _said_days(text: str) -> set[tuple[int, int]]:
    return {
        (_MONTHS.index((before or after).lower()[:3]) + 1, int(day or other))
        for before, day, other, after in _SAID_DATE.findall(text)
    }


def answer_signals(talk: Talk) -> Iterator[Signal]:
    """Every sign that an answer or a call goes beyond, or against, what the session bears out."""
    known = _Known(talk.system)
    for step in talk.steps:
        if step.kind == "assistant" and step.text:
            yield from _from_nowhere(step, known)
            yield from _said(talk, step)
        elif step.kind == "tool":
            yield from _other_value(talk, step, known)
        known.add(f"{step.text} {step.arguments} {step.result}")
    yield from _reversals(talk)


def _from_nowhere(step: Step, known: _Known) -> Iterator[Signal]:
    for sentence in sentences(step.text):
        if any(found.lower() not in known.emails for found in _EMAIL.findall(sentence)):
            yield Signal(step.number, "address in the answer from nowhere", sentence)
        elif any(one not in known.ids for one in identifiers(_EMAIL.sub(" ", sentence))):
            yield Signal(step.number, "identifier in the answer from nowhere", sentence)
        day = {d for d in _said_days(sentence) | {(d.month, d.day) for d in dates(sentence)} if d not in known.days}
        if day and known.days:
            yield Signal(step.number, "date in the answer from nowhere", sentence)


def _said(talk: Talk, step: Step) -> Iterator[Signal]:
    turn = [s for s in talk.steps if s.turn == step.turn and s.number < step.number]
    calls = [s for s in turn if s.kind in {"tool", "retrieval"}]
    asked = " ".join(s.text for s in turn if s.kind == "user")
    allowed = [float(found.replace(",", "")) for found in _ALLOWED.findall(asked)]
    if allowed and any(amount > min(allowed) for amount in money(step.text)):
        yield Signal(step.number, "answer goes over what the user allowed", step.text)
    yield from _announced(talk, step, calls)
    yield from _against_calls(talk, step, calls)


def _announced(talk: Talk, step: Step, calls: list[Step]) -> Iterator[Signal]:
    """What the agent says that it, or somebody, will do."""
    promise = first_matching(step.text, _PROMISES)
    read = {word for s in calls if s.kind == "retrieval" for word in content_words(s.result)}
    if promise is not None and not promise_words(promise) & read:
        yield Signal(step.number, "agent promised", promise)
    delay = first_matching(step.text, _DELAYS)
    later = any(s.turn == step.turn and s.number > step.number for s in talk.calls)
    if delay is not None and not later and "?" not in step.text:
        rest = sum(len(content_words(s)) for s in sentences(step.text) if not _DELAYS.search(s))
        if rest <= _LITTLE:
            yield Signal(step.number, "put off and not come back to", delay)


def _against_calls(talk: Talk, step: Step, calls: list[Step]) -> Iterator[Signal]:
    """What the agent says otherwise than its calls of this turn have it, or should not say of them."""
    if any(_HIDDEN.search(key) and _told(value, step.text) for call in calls for key, value in talk.facts(call)):
        yield Signal(step.number, "internal field told", step.text)
    done = [s for s in calls if s.kind == "tool" and is_write(s.tool) and not s.error]
    said, did = set(money(step.text)), {n for s in done for n in numbers(f"{s.arguments} {s.result}")}
    if said and not said & did and any(_broken_amount(s) for s in done):
        yield Signal(step.number, "answer names another amount than the call", step.text)
    pages = [s for s in calls if s.kind == "tool" and _more(talk, s)]
    if pages and not any(s.number > pages[-1].number and s.tool == pages[-1].tool for s in calls):
        yield Signal(step.number, "answered from the first page only", step.text)


def promise_words(sentence: str) -> set[str]:
    """The words of a promise that a document would have to hold for it to be no promise of the agent's own."""
    return {word[:6] for match in _PROMISES.findall(sentence.lower()) for word in re.findall(r"[a-z]{4,}", match)}


def _told(value: Any, text: str) -> bool:
    words = content_words(value) if isinstance(value, str) else set[str]()
    return bool(words) and len(words & content_words(text)) >= max(1, _MOST * len(words))


def _broken_amount(call: Step) -> bool:
    """Whether a call was given an amount of money: a number with cents."""
    return any(isinstance(value, float) and not value.is_integer() for _, value in flat(call.arguments))


def _more(talk: Talk, call: Step) -> bool:
    """Whether a result says that there is more of it."""
    facts: dict[str, Any] = {}
    for key, value in talk.facts(call):
        facts.setdefault(key.lower(), value)
    here, last = facts.get("page"), facts.get("pages", facts.get("total_pages"))
    if isinstance(here, int) and isinstance(last, int):
        return here < last
    return facts.get("has_more") is True or bool(
        facts.get("next_page") or facts.get("next_cursor") or facts.get("next_token")
    )


def _other_value(talk: Talk, step: Step, known: _Known) -> Iterator[Signal]:
    """Whether a call was given another address, weekday or figure than the user had named."""
    asked = " ".join(s.text for s in talk.users if s.number < step.number and s.turn == step.turn)
    named = {found.lower() for found in _WEEKDAYS.findall(asked)}
    quoted = f"{step.tool} {step.arguments}".strip()
    for key, value in flat(step.arguments):
        if isinstance(value, str):
            mails = {found.lower() for found in _EMAIL.findall(value)}
            days = {found.lower() for found in _WEEKDAYS.findall(value)}
            if mails - known.emails and known.emails:
                yield Signal(step.number, "call with an address from nowhere", quoted)
            elif days and named and not days & named:
                yield Signal(step.number, "call with another value than the user named", quoted)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            said = _figures_of(key, asked)
            if said and float(value) not in said:
                yield Signal(step.number, "call with another value than the user named", quoted)


def _figures_of(key: str, asked: str) -> set[float]:
    """The figures that a text gives with the unit in an argument's name: 4 of "for 4 weeks" for ``weeks``."""
    unit = re.split(r"[_\W]+", key)[-1].rstrip("s")
    if len(unit) < _WORD:
        return set()
    return {float(n) for n in re.findall(rf"\b(\d+(?:\.\d+)?)[ -]{re.escape(unit)}", asked, re.IGNORECASE)}


def _reversals(talk: Talk) -> Iterator[Signal]:
    """Whether the agent gave other figures when the user doubted it, without looking again."""
    for before, after in zip(talk.agents, talk.agents[1:], strict=False):
        between = [s for s in talk.steps if before.number < s.number < after.number]
        if any(s.kind in {"tool", "retrieval"} for s in between):
            continue
        doubt = next(
            (s for s in between if s.kind == "user" and (_DOUBTS.search(s.text) or len(s.text) < _SHORT)), None
        )
        if doubt is None:
            continue
        one, two = numbers(before.text) | set(money(before.text)), numbers(after.text) | set(money(after.text))
        if one and two and not one & two:
            yield Signal(after.number, "answer changed without a new look", after.text)
