"""What went wrong against the rules: limits, periods, confirmation, documents whose time is over."""

from __future__ import annotations

import datetime as dt
import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from workbench.cluster._talk import Earlier, Signal, Step, Talk
from workbench.cluster._tool_signals import EMPTY, amounts, call_text
from workbench.cluster._values import any_of, dates, is_write, money, numbers

__all__ = ["rule_signals"]

_LIMIT: Final = re.compile(
    r"(?:up to|at most|maximum(?: of)?|max\.?|no more than|not exceed(?:ing)?|exceeds?|above|over|more than|limit(?: of| is|ed to)?)\s+[$€£¥]\s?(\d[\d,]*(?:\.\d+)?)",
    re.IGNORECASE,
)
_WINDOW: Final = re.compile(r"within (\d{1,3}) (?:calendar |business )?days?", re.IGNORECASE)
_UNTIL: Final = re.compile(
    r"(?:until|through|expire[sd]?|valid_to|end(?:s|ed)?)\W{1,6}(?:on |at )?(\d{4}-\d{2}-\d{2})", re.IGNORECASE
)
_SUPERSEDED: Final = any_of(
    r"superseded",
    r"archived?",
    r"outdated",
    r"deprecated",
    r"no longer (?:valid|applies|in force)",
    r"replaced by",
    r"legacy",
    r"obsolete",
    r"old version",
)
_STATE: Final = re.compile(r"[A-Za-z]{4,}ed|active|open|closed|pending|processing|basic|final")
_FORBIDS: Final = any_of(
    r"can ?not", r"can['\u2019]t", r"must not", r"may not", r"not (?:be )?(?:allowed|possible|permitted|refund\w*|eligible)", r"no longer", r"instead",
)  # fmt: skip
_WORDS: Final = re.compile(r"[a-z]+")
_OLD_DAYS: Final = 365


def rule_signals(talk: Talk) -> Iterator[Signal]:
    """Every sign that a change broke a stated rule, or that an answer rests on a document whose time is over."""
    yield from _rules(talk)
    yield from _changes(talk)
    yield from _documents(talk)


class _Rules:
    """What the rules that are known in a turn say, and what the agent's tools have said of the things that they are about."""

    def __init__(self) -> None:
        self.limit = math.inf  # the lowest amount
        self.window: int | None = None  # the longest period, in days
        self.forbidding: set[str] = set()  # words of the sentences that forbid something
        self.states: set[str] = set()
        self._days: list[int] = []

    def copy(self) -> _Rules:
        """The same rules, before any tool has said anything."""
        rules = _Rules()
        rules.limit, rules.window, rules.forbidding = self.limit, self.window, {*self.forbidding}
        return rules

    def state(self, text: str, sentences: Sequence[str]) -> None:
        """Take in a text of rules."""
        self.limit = min([self.limit, *(float(found.replace(",", "")) for found in _LIMIT.findall(text))])
        for found in _WINDOW.findall(text):
            self.window = max(self.window or 0, int(found))
        for sentence in sentences:
            if _FORBIDS.search(sentence):
                self.forbidding.update(_WORDS.findall(sentence.lower()))

    def read(self, talk: Talk, step: Step) -> None:
        """Take in the result of a tool."""
        for day in (day.toordinal() for day in talk.dates(step.result)):
            place = bisect_left(self._days, day)
            if self._days[place : place + 1] != [day]:
                self._days.insert(place, day)
        self.states |= {
            str(value).lower() for _, value in talk.facts(step) if isinstance(value, str) and _STATE.fullmatch(value)
        }

    def outside(self, today: dt.date) -> bool:
        """Whether a day of the last year that was read lies before the longest period that the rules name."""
        first = bisect_left(self._days, today.toordinal() - _OLD_DAYS)
        of_year = self._days[first : first + 1]
        return self.window is not None and bool(of_year) and today.toordinal() - of_year[0] > self.window


def _rules(talk: Talk) -> Iterator[Signal]:
    writes = [step for step in talk.tools if is_write(step.tool) and not step.error]
    earlier, asked = Earlier(talk.steps), False
    policy = _Rules()
    if writes:
        policy.state(talk.policy, talk.sentences(talk.policy))
    known: defaultdict[int, _Rules] = defaultdict(policy.copy)
    confirms = "confirm" in talk.policy.lower()
    for step in writes:
        for past in earlier.than(step):
            asked = asked or (past.kind == "assistant" and "?" in past.text)
            if past.kind == "retrieval":
                known[past.turn].state(past.result, talk.sentences(past.result))
            elif past.kind == "tool":
                known[past.turn].read(talk, past)
        rules = known[step.turn]
        if any(amount > rules.limit for amount in amounts(step)):
            yield Signal(step.number, "amount over a stated limit", call_text(step))
        if step.at is not None and rules.outside(step.at.date()):
            yield Signal(step.number, "outside a stated period", call_text(step))
        if confirms and not asked:
            yield Signal(step.number, "acted without asking for confirmation", call_text(step))
        if rules.states & rules.forbidding:
            yield Signal(step.number, "acted although a rule forbids it in this state", call_text(step))


def _changes(talk: Talk) -> Iterator[Signal]:
    changed: defaultdict[str, set[str]] = defaultdict(set)
    for step in talk.tools:
        for one in talk.identifiers(step.arguments) if is_write(step.tool) and not step.error else ():
            if changed[one] and step.tool not in changed[one]:
                yield Signal(step.number, "two different changes to the same thing", call_text(step))
            changed[one].add(step.tool)


def _documents(talk: Talk) -> Iterator[Signal]:
    for step in talk.steps:
        if step.kind != "retrieval":
            continue
        if EMPTY.match(step.result):
            yield Signal(step.number, "nothing retrieved", step.text)
            continue
        today = step.at.date() if step.at is not None else None
        texts = talk.documents(step)
        old = [text for text in texts if _outdated(text, texts, today)]
        if not old:
            continue
        fresh = [text for text in texts if text not in old]
        reply = talk.reply_after(step)
        said = figures(reply.text) if reply is not None else set[float]()
        from_old = said & {n for text in old for n in figures(text)}
        if reply is not None and from_old - {n for text in fresh for n in figures(text)}:
            yield Signal(reply.number, "answer follows an outdated document", reply.text)
        elif not fresh:
            yield Signal(step.number, "only outdated documents retrieved", old[0])


def _outdated(text: str, texts: Sequence[str], today: dt.date | None) -> bool:
    """Whether a document says that its time is over, or stands beside a later one of the same title."""
    if _SUPERSEDED.search(text):
        return True
    ends = [day for phrase in _UNTIL.findall(text) for day in dates(phrase)]
    if today is not None and ends and max(ends) < today:
        return True
    mine = dates(text)
    title = title_of(text)
    later = [max(dates(other)) for other in texts if other != text and title_of(other) == title and dates(other)]
    return bool(mine and later and max(later) > max(mine) and (today is None or max(later) <= today))


def title_of(text: str) -> str:
    """The words at the head of a document, without what changes from version to version."""
    return " ".join(re.findall(r"[^\W\d_]+", text.lower())[:4])


def figures(text: str) -> frozenset[float]:
    """Every number of a text that is no part of a date."""
    bare = re.sub(r"\d{4}-\d{2}-\d{2}", " ", text)
    return numbers(bare) | set(money(bare))
