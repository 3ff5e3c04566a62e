"""What the agent told the user against what it had read and done: other figures, details from nowhere, promises, delays."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from workbench.cluster._talk import Earlier, Signal, Step, Talk
from workbench.cluster._talk_signals import HANDS_OVER
from workbench.cluster._values import any_of, first_matching, flat, identifiers, is_write

__all__ = ["answer_signals"]

_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.\w+)+")
_PATH: Final = re.compile(r"(?<![\w/:])\.{0,2}/[\w.-]+/\S+")
_WEEKDAYS: Final = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)
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
_LIMIT_LENGTH: Final = 50  # characters from a word of limit to its amount, at most
_MOST: Final = 0.5
_SHORT: Final = 20  # letters of a question that can only mean the answer before it
_LITTLE: Final = 10  # words beside the delay that make no answer yet
_WORD: Final = 3


class _Known:
    """What stood anywhere before a step: grows as the session is read."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.ids: set[str] = set()
        self.emails: set[str] = set()
        self.days: set[tuple[int, int]] = set()
        self.add(talk.system)

    def add(self, *texts: str) -> None:
        for text in filter(None, texts):
            found = self._talk.identifiers(text)
            self.ids |= found
            if "_" in text:  # "gift card 7091239" is gift_card_7091239
                self.ids |= {part for whole in found if "_" in whole for part in identifiers(whole.replace("_", " "))}
            self.emails |= _emails(text)
            self.days |= self._talk.days(text)


class _Turn:
    """What was asked and done in a turn before a step: grows as the session is read."""

    def __init__(self) -> None:
        self.asked = ""
        self.allowed = math.inf
        self.weekdays: set[str] = set()
        self.retrieved: list[str] = []
        self.hidden: dict[frozenset[str], None] = {}  # words of what is not meant for the user
        self.changed: set[float] = set()  # numbers of the calls that changed something
        self.paid = False
        self.page: Step | None = None  # a result of which there was more, and the rest was not read

    def add(self, talk: Talk, step: Step) -> None:
        """Take in a step."""
        if step.kind == "user":
            # A limit and its amount may stand in two messages: "My budget?" "$50".
            new = f"{self.asked[-_LIMIT_LENGTH:]} {step.text}"
            self.allowed = min([self.allowed, *(float(found.replace(",", "")) for found in _ALLOWED.findall(new))])
            self.weekdays |= _weekdays(step.text)
            self.asked = f"{self.asked} {step.text}".strip()
        elif step.kind in {"tool", "retrieval"}:
            for key, value in talk.facts(step):
                if isinstance(value, str) and _HIDDEN.search(key):
                    self.hidden[talk.words(value)] = None
            if self.page is not None and step.tool == self.page.tool and step.number > self.page.number:
                self.page = None
        if step.kind == "retrieval":
            self.retrieved.append(step.result)
        if step.kind != "tool":
            return
        if _more(talk, step):
            self.page = step
        if is_write(step.tool) and not step.error:
            self.changed |= talk.numbers(f"{step.arguments} {step.result}")
            self.paid = self.paid or _broken_amount(step)


def _emails(text: str) -> set[str]:
    return {found.lower() for found in _EMAIL.findall(text)} if "@" in text else set()


def _weekdays(text: str) -> set[str]:
    return {found.lower() for found in _WEEKDAYS.findall(text)}


def answer_signals(talk: Talk) -> Iterator[Signal]:
    """Every sign that an answer or a call goes beyond, or against, what the session bears out."""
    known, earlier = _Known(talk), Earlier(talk.steps)
    turns: defaultdict[int, _Turn] = defaultdict(_Turn)
    last_call = {step.turn: step.number for step in talk.calls}
    for step in talk.steps:
        for past in earlier.than(step):
            turns[past.turn].add(talk, past)
        turn = turns[step.turn]
        if step.kind == "assistant" and step.text:
            yield from _from_nowhere(talk, step, known)
            if any(amount > turn.allowed for amount in talk.money(step.text)):
                yield Signal(step.number, "answer goes over what the user allowed", step.text)
            yield from _announced(talk, step, turn, later=last_call.get(step.turn, step.number) > step.number)
            yield from _against_calls(talk, step, turn)
        elif step.kind == "tool":
            yield from _other_value(step, turn, known)
        known.add(step.text, step.arguments, step.result)
    yield from _reversals(talk)


def _from_nowhere(talk: Talk, step: Step, known: _Known) -> Iterator[Signal]:
    for sentence in talk.sentences(step.text):
        if not _emails(sentence) <= known.emails:
            yield Signal(step.number, "address in the answer from nowhere", sentence)
        elif not talk.identifiers(_PATH.sub(" ", _EMAIL.sub(" ", sentence))) <= known.ids:
            yield Signal(step.number, "identifier in the answer from nowhere", sentence)
        if known.days and not talk.days(sentence) <= known.days:
            yield Signal(step.number, "date in the answer from nowhere", sentence)


def _announced(talk: Talk, step: Step, turn: _Turn, *, later: bool) -> Iterator[Signal]:
    """What the agent says that it, or somebody, will do."""
    promise = first_matching(step.text, _PROMISES)
    if promise is not None:
        promised = promise_words(promise)
        if not any(promised & talk.words(text) for text in turn.retrieved):
            yield Signal(step.number, "agent promised", promise)
    delay = first_matching(step.text, _DELAYS)
    if delay is not None and not later and "?" not in step.text and not HANDS_OVER.search(step.text):
        rest = sum(len(talk.words(s)) for s in talk.sentences(step.text) if not _DELAYS.search(s))
        if rest <= _LITTLE:
            yield Signal(step.number, "put off and not come back to", delay)


def _against_calls(talk: Talk, step: Step, turn: _Turn) -> Iterator[Signal]:
    """What the agent says otherwise than its calls of this turn have it, or should not say of them."""
    if turn.hidden and any(_told(hidden, talk.words(step.text)) for hidden in turn.hidden):
        yield Signal(step.number, "internal field told", step.text)
    said = talk.money(step.text)
    if turn.paid and said and turn.changed.isdisjoint(said):
        yield Signal(step.number, "answer names another amount than the call", step.text)
    if turn.page is not None:
        yield Signal(step.number, "answered from the first page only", step.text)


def promise_words(sentence: str) -> set[str]:
    """The words of a promise that a document would have to hold for it to be no promise of the agent's own."""
    return {word[:6] for match in _PROMISES.findall(sentence.lower()) for word in re.findall(r"[a-z]{4,}", match)}


def _told(hidden: frozenset[str], words: frozenset[str]) -> bool:
    return bool(hidden) and len(hidden & words) >= max(1, _MOST * len(hidden))


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


def _other_value(step: Step, turn: _Turn, known: _Known) -> Iterator[Signal]:
    """Whether a call was given another address, weekday or figure than the user had named in the turn."""
    quoted = f"{step.tool} {step.arguments}".strip()
    for key, value in flat(step.arguments):
        if isinstance(value, str):
            mails = _emails(value)
            days = _weekdays(value)
            if mails - known.emails and known.emails:
                yield Signal(step.number, "call with an address from nowhere", quoted)
            elif days and turn.weekdays and not days & turn.weekdays:
                yield Signal(step.number, "call with another value than the user named", quoted)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            said = _figures_of(key, turn.asked)
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
        between = talk.between(before, after)
        if any(s.kind in {"tool", "retrieval"} for s in between):
            continue
        doubt = next(
            (s for s in between if s.kind == "user" and (_DOUBTS.search(s.text) or len(s.text) < _SHORT)), None
        )
        if doubt is None:
            continue
        one, two = ({*talk.numbers(s.text), *talk.money(s.text)} for s in (before, after))
        if one and two and not one & two:
            yield Signal(after.number, "answer changed without a new look", after.text)
