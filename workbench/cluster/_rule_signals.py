"""What went wrong against the rules: limits, periods, confirmation, documents whose time is over."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Final

from workbench.cluster._mask import sentences
from workbench.cluster._talk import Signal, Talk, any_of, dates, identifiers, is_write, money, numbers
from workbench.cluster._tool_signals import EMPTY, amounts, call_text

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
    yield from _documents(talk)


def _rules(talk: Talk) -> Iterator[Signal]:
    changed: dict[str, set[str]] = {}
    for step in talk.tools:
        if not is_write(step.tool) or step.error:
            continue
        rules = "\n".join([talk.policy, *(s.result for s in talk.before(step, "retrieval") if s.turn == step.turn)])
        limits = [float(found.replace(",", "")) for found in _LIMIT.findall(rules)]
        if limits and any(amount > min(limits) for amount in amounts(step)):
            yield Signal(step.number, "amount over a stated limit", call_text(step))
        windows = [int(found) for found in _WINDOW.findall(rules)]
        today = step.at.date() if step.at is not None else None
        seen = [day for s in talk.before(step, "tool") if s.turn == step.turn for day in dates(s.result)]
        if windows and today and any(_OLD_DAYS >= (today - day).days > max(windows) for day in seen):
            yield Signal(step.number, "outside a stated period", call_text(step))
        if "confirm" in talk.policy.lower() and not any("?" in s.text for s in talk.before(step, "assistant")):
            yield Signal(step.number, "acted without asking for confirmation", call_text(step))
        states = {
            str(value).lower()
            for s in talk.before(step, "tool")
            if s.turn == step.turn
            for _, value in talk.facts(s)
            if isinstance(value, str) and _STATE.fullmatch(value)
        }
        if any(_FORBIDS.search(r) and states & set(_WORDS.findall(r.lower())) for r in sentences(rules)):
            yield Signal(step.number, "acted although a rule forbids it in this state", call_text(step))
        for one in identifiers(step.arguments):
            tools = changed.setdefault(one, set())
            if tools and step.tool not in tools:
                yield Signal(step.number, "two different changes to the same thing", call_text(step))
            tools.add(step.tool)


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


def figures(text: str) -> set[float]:
    """Every number of a text that is no part of a date."""
    bare = re.sub(r"\d{4}-\d{2}-\d{2}", " ", text)
    return numbers(bare) | set(money(bare))
