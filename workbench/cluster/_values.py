"""The values that stand in a text: identifiers, amounts, numbers, dates, the words that carry its subject."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from workbench.cluster._mask import sentences
from workbench.cluster._terms import STOP

__all__ = [
    "any_of",
    "content_words",
    "dates",
    "days",
    "first_matching",
    "flat",
    "identifiers",
    "is_write",
    "money",
    "numbers",
    "shape",
]

_ID: Final = re.compile(r"(?<![\w.@])#?(?=[A-Za-z0-9])(?=[\w-]{0,80}\d)[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*(?![\w@])")
_MONEY: Final = re.compile(
    r"[$€£¥]\s?(\d[\d,]*(?:\.\d+)?)|\b(?<!\d,)(\d[\d,]*(?:\.\d+)?)\s?(?:USD|EUR|GBP|dollars|euros|pounds)\b",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"(?<![\w.-])\d[\d,]*(?:\.\d+)?(?![\w-])")
_DIGIT: Final = re.compile(r"\d")
_DATE: Final = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?=T\d|\b)")  # of a time, too: 2024-05-12T03:22
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SAID_DATE: Final = re.compile(
    rf"\b({'|'.join(_MONTHS)})[a-z]*\.? (\d{{1,2}})(?:st|nd|rd|th)?\b|\b(\d{{1,2}})(?:st|nd|rd|th)? ({'|'.join(_MONTHS)})[a-z]*\b",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_READS: Final = frozenset(
    """get find search list lookup look check fetch read view show query retrieve calculate compute think describe status
    track count verify validate browse open estimate quote preview inspect grep cat ls is has can""".split()  # noqa: SIM905 - easier to read than a column
)
# "24-hour", "10th", "256 GB" without its space: how much, not which.
_QUANTITY: Final = re.compile(
    r"\d{1,4}(?:(?:-[a-z]+)+|st|nd|rd|th|(?i:hours?|days?|mins?|minutes?|weeks?|[kmgt]b|m[lgm]|k[gm]|cm|lbs?|oz|ft|[ap]m|px|inch))"
)
_LETTERS: Final = re.compile(
    r"(?<![A-Z_-])[A-Z]+(?![A-Z_-])|(?<=9)[A-Z]+|[A-Z]+(?=9)"
)  # a word between separators stays
_ID_DIGITS: Final = 6  # a bare number this long is an identifier
_ID_LENGTH: Final = 4
_DEEP: Final = 6
_NAMES: Final = 1000  # of tools that are remembered


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


def identifiers(text: str) -> frozenset[str]:
    """Tokens that name one thing: letters and digits together, or a long number; upper case, without ``#``."""
    found: set[str] = set()
    if not _DIGIT.search(text):
        return frozenset()
    for match in _ID.finditer(text):
        token = match[0].lstrip("#").upper()
        letters = token.isupper()
        if (
            _DATE.match(token)
            or _QUANTITY.fullmatch(match[0])
            or len(token) < _ID_LENGTH
            or (not letters and "-" in token)
        ):
            continue
        if letters or len(token) >= _ID_DIGITS:
            found.add(token)
    return frozenset(found)


def shape(identifier: str) -> str:
    """What two identifiers of one kind have in common.

    Examples
    --------
    >>> shape("ORD-1234"), shape("12345678")
    ('ORD-9', '9')
    >>> shape("GIFT_CARD_1234"), shape("ANA_LIMA_77")
    ('GIFT_CARD_9', 'ANA_LIMA_9')
    """
    short = re.sub(r"\d+", "9", identifier)
    head = re.match(r"[A-Z]{1,5}(?=[-_]?9)", short)
    return (
        short if head and short.startswith(head[0]) and "9" in short[: len(head[0]) + 2] else _LETTERS.sub("A", short)
    )


def money(text: str) -> list[float]:
    """Amounts of money that a text names."""
    return [float((a or b).replace(",", "")) for a, b in _MONEY.findall(text)]


def numbers(text: str) -> frozenset[float]:
    """Every plain number of a text."""
    return frozenset(float(found.replace(",", "")) for found in _NUMBER.findall(text))


def dates(text: str) -> list[dt.date]:
    """Every ISO date of a text."""
    out: list[dt.date] = []
    for year, month, day in _DATE.findall(text):
        try:
            out.append(dt.date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return out


def days(text: str) -> frozenset[tuple[int, int]]:
    """Every day that a text names, in figures or by its month, as (month, day)."""
    if not _DIGIT.search(text):
        return frozenset()
    said = {
        (_MONTHS.index((before or after).lower()[:3]) + 1, int(day or other))
        for before, day, other, after in _SAID_DATE.findall(text)
    }
    return frozenset(said | {(day.month, day.day) for day in dates(text)})


@functools.lru_cache(_NAMES)
def is_write(tool: str) -> bool:
    """Whether a tool's name says that it changes something (no verb of reading at its head)."""
    first = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", tool).lower().strip("_"), maxsplit=1)[0]
    return bool(first) and first not in _READS


def content_words(text: str) -> frozenset[str]:
    """The words that carry a text's subject, cut to their first six letters so that forms of a word meet."""
    return frozenset(word[:6] for word in _WORD.findall(text.lower()) if word not in STOP)


def first_matching(text: str, pattern: re.Pattern[str]) -> str | None:
    """The first sentence in which a pattern is found."""
    if not pattern.search(text):
        return None
    return next((s for s in sentences(text) if pattern.search(s)), None)


def any_of(*phrases: str) -> re.Pattern[str]:
    """A pattern that finds any of these phrases, each a regular expression, at word borders."""
    return re.compile(r"(?<!\w)(?:" + "|".join(phrases) + r")(?!\w)", re.IGNORECASE)
