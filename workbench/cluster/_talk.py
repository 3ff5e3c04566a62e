"""One session made ready for reading: steps, sentences, the values that stand in them, and where each came from."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple, cast

import orjson

from workbench.cluster._mask import sentences
from workbench.cluster._terms import STOP

__all__ = [
    "Signal",
    "Step",
    "Talk",
    "content_words",
    "dates",
    "flat",
    "identifiers",
    "is_write",
    "money",
    "numbers",
    "shape",
]

_ID: Final = re.compile(r"(?<![\w.@])#?(?=[\w-]*\d)[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*(?![\w@])")
_MONEY: Final = re.compile(
    r"[$€£¥]\s?(\d[\d,]*(?:\.\d+)?)|\b(\d[\d,]*(?:\.\d+)?)\s?(?:USD|EUR|GBP|dollars|euros|pounds)\b", re.IGNORECASE
)
_NUMBER: Final = re.compile(r"(?<![\w.-])\d[\d,]*(?:\.\d+)?(?![\w-])")
_DATE: Final = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_READS: Final = frozenset(
    """get find search list lookup look check fetch read view show query retrieve calculate compute think describe status
    track count verify validate browse open estimate quote preview inspect grep cat ls is has can""".split()  # noqa: SIM905 - easier to read than a column
)
_ID_DIGITS: Final = 6  # a bare number this long is an identifier
_ID_LENGTH: Final = 4
_DEEP: Final = 6


class Step(NamedTuple):
    """What the detectors read of a row of the steps table."""

    number: int
    turn: int
    kind: str
    text: str
    tool: str
    arguments: str
    result: str
    error: str
    at: dt.datetime | None


class Signal(NamedTuple):
    """One sign that something went wrong: its name, the exact words, and the step where they stand."""

    step: int | None
    name: str
    quote: str


class Talk:
    """The steps of one session, with what was known before each of them."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.system = "\n".join(s.text for s in steps if s.kind == "system")
        self.users = [s for s in steps if s.kind == "user" and s.text]
        self.agents = [s for s in steps if s.kind == "assistant" and s.text]
        self.tools = [s for s in steps if s.kind == "tool"]
        self.calls = [
            s if s.kind == "tool" else s._replace(tool="retrieval", arguments=s.text)
            for s in steps
            if s.kind in {"tool", "retrieval"}
        ]
        self.policy = next((s.text for s in steps if s.kind == "system"), "")
        self._facts: dict[int, list[tuple[str, Any]]] = {}

    def reply_after(self, step: Step) -> Step | None:
        """What the agent said next, before the user spoke again."""
        for other in self.steps:
            if other.number <= step.number:
                continue
            if other.kind == "user":
                return None
            if other.kind == "assistant" and other.text:
                return other
        return None

    def before(self, step: Step, *kinds: str) -> Iterator[Step]:
        """Earlier steps of these kinds."""
        return (s for s in self.steps if s.number < step.number and s.kind in kinds)

    def facts(self, step: Step) -> list[tuple[str, Any]]:
        """The leaves of a step's structured result, as (key, value)."""
        if step.number not in self._facts:
            self._facts[step.number] = list(flat(step.result))
        return self._facts[step.number]

    def records(self, step: Step) -> list[tuple[set[str], set[str]]]:
        """The records of a result that is a list: the identifiers and the words of each."""
        return [(identifiers(text), content_words(text)) for text in _rows(step.result)]

    def documents(self, step: Step) -> list[str]:
        """What a retrieval returned, one text a document."""
        return _rows(step.result, "content") or [step.result]


def flat(text: str) -> Iterator[tuple[str, Any]]:
    """The leaves of a JSON text, each with the nearest key; nothing for plain text."""
    if not text or text[0] not in "[{":
        return iter(())
    try:
        return _leaves("", orjson.loads(text), 0)
    except orjson.JSONDecodeError:
        return iter(())


def _leaves(key: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEEP:
        return
    if isinstance(value, dict):
        for name, inner in value.items():  # pyright: ignore[reportUnknownVariableType] - JSON
            yield from _leaves(str(name), inner, depth + 1)  # pyright: ignore[reportUnknownArgumentType] - JSON
    elif isinstance(value, list):
        for inner in value[:50]:  # pyright: ignore[reportUnknownVariableType] - JSON
            yield from _leaves(key, inner, depth + 1)
    else:
        yield key, value


def _rows(text: str, field: str = "") -> list[str]:
    if not text.startswith("["):
        return []
    try:
        rows: list[Any] = orjson.loads(text)
    except orjson.JSONDecodeError:
        return []
    return [
        str(cast("dict[str, Any]", row)[field])
        if isinstance(row, dict) and field in row
        else orjson.dumps(row).decode()
        for row in rows
    ]


def identifiers(text: str) -> set[str]:
    """Tokens that name one thing: letters and digits together, or a long number; upper case, without ``#``."""
    found: set[str] = set()
    for match in _ID.finditer(text):
        token = match[0].lstrip("#").upper()
        letters = any(c.isalpha() for c in token)
        if _DATE.fullmatch(token) or len(token) < _ID_LENGTH or (not letters and "-" in token):
            continue
        if letters or len(token) >= _ID_DIGITS:
            found.add(token)
    return found


def shape(identifier: str) -> str:
    """What two identifiers of one kind have in common.

    Examples
    --------
    >>> shape("ORD-1234"), shape("12345678")
    ('ORD-9', '9')
    """
    short = re.sub(r"\d+", "9", identifier)
    head = re.match(r"[A-Z]{1,5}(?=[-_]?9)", short)
    return (
        short
        if head and short.startswith(head[0]) and "9" in short[: len(head[0]) + 2]
        else re.sub(r"[A-Z]+", "A", short)
    )


def money(text: str) -> list[float]:
    """Amounts of money that a text names."""
    return [float((a or b).replace(",", "")) for a, b in _MONEY.findall(text)]


def numbers(text: str) -> set[float]:
    """Every plain number of a text."""
    return {float(found.replace(",", "")) for found in _NUMBER.findall(text)}


def dates(text: str) -> list[dt.date]:
    """Every ISO date of a text."""
    out: list[dt.date] = []
    for year, month, day in _DATE.findall(text):
        try:
            out.append(dt.date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return out


def is_write(tool: str) -> bool:
    """Whether a tool's name says that it changes something (no verb of reading at its head)."""
    first = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", tool).lower().strip("_"), maxsplit=1)[0]
    return bool(first) and first not in _READS


def content_words(text: str) -> set[str]:
    """The words that carry a text's subject, cut to their first six letters so that forms of a word meet."""
    return {word[:6] for word in _WORD.findall(text.lower()) if word not in STOP}


def first_matching(text: str, pattern: re.Pattern[str]) -> str | None:
    """The first sentence in which a pattern is found."""
    if not pattern.search(text):
        return None
    return next((s for s in sentences(text) if pattern.search(s)), None)


def any_of(*phrases: str) -> re.Pattern[str]:
    """A pattern that finds any of these phrases, each a regular expression, at word borders."""
    return re.compile(r"(?<!\w)(?:" + "|".join(phrases) + r")(?!\w)", re.IGNORECASE)


def overlap(a: Iterable[str], b: Iterable[str]) -> float:
    """Shared members over all members of two sets."""
    one, two = set(a), set(b)
    return len(one & two) / len(one | two) if one | two else 0.0
