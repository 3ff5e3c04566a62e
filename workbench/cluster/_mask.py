"""Text without what tells sessions apart for no reason: identifiers, numbers, names, links, code."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Final

__all__ = ["mask", "sentences"]

_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DIGIT, _HUMP = re.compile(r"\d"), re.compile(r"[a-z][A-Z]")
# Order matters: the more specific pattern first. With each, what a text must hold for it to be found at all: most texts hold little of it.
_PATTERNS: Final[tuple[tuple[str, str, Callable[[str], object]], ...]] = (
    ("link", r"(?:https?://|www\.)[^\s)>\]]+", lambda text: "://" in text or "www." in text.lower()),
    ("email", r"[\w.+-]+@[\w-]+\.[\w.-]+", lambda text: "@" in text),
    ("code", r"`[^`\n]{1,200}`", lambda text: "`" in text),
    ("time", r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\b", _DIGIT.search),
    (
        "time2",
        r"\b\d{1,2}(?::\d{2}){1,2}(?:\s?[ap]m)?\b|\b\d{1,2}\s?[ap]m\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b",
        _DIGIT.search,
    ),
    (
        "time3",
        rf"\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b|\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}(?: \d{{4}})?\b",
        _DIGIT.search,
    ),
    (
        "money",
        r"[$€£¥]\s?\d[\d,]*(?:\.\d+)?|\b\d[\d,]*(?:\.\d+)?\s?(?:USD|EUR|GBP|JPY|dollars|euros|pounds)\b",
        _DIGIT.search,
    ),
    (
        "path",
        r"(?<![\w.])(?:~|\.{1,2})?(?:/[\w.@+-]+){2,}/?|\b[A-Za-z]:\\[^\s]+",
        lambda text: "/" in text or "\\" in text,
    ),
    ("id", r"#[\w-]*\d[\w-]*|\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z_-])[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*\b", _DIGIT.search),
    ("id2", r"\b[0-9a-f]{8,}\b", bool),
    ("name", r"\b[a-z]+_[a-z_]+\b", lambda text: "_" in text),
    ("name2", r"\b(?=[a-z]*(?-i:[a-z][A-Z]))[a-z]+\b", _HUMP.search),
    ("number", r"[-+]?\d[\d,]*(?:\.\d+)?%?", _DIGIT.search),
)
_SHOWN: Final = {"time2": "time", "time3": "time", "money": "amount", "id2": "id", "name2": "name"}
_PROPER: Final = re.compile(r"(?<=[\w,;:)] )(?!I\b)[A-Z][a-z]+(?:['\u2019]s)?(?: [A-Z][a-z]+)*")
_WORD: Final = re.compile(r"[^\W\d_]+")
_SENTENCE: Final = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s+|\n+")
_GERMANIC: Final = 0.2  # more capitals than this inside sentences: the language writes its nouns so


def mask(text: str) -> str:
    """Replace identifiers, numbers, amounts, times, links, paths, code and proper names by what they are.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        The same text with ``[id]``, ``[number]``, ``[amount]``, ``[time]``, ``[link]``, ``[email]``, ``[path]``,
        ``[code]`` and ``[name]`` in their places, and white space made single.

    Examples
    --------
    >>> mask("I refunded $20.50 for order #A-1234 to Ana Lima on 2026-03-01.")
    'I refunded [amount] for order [id] to [name] on [time].'
    """
    kinds = tuple(kind for kind, _, held in _PATTERNS if held(text))
    masked = _pattern(kinds).sub(_named, text)
    capitals = _PROPER.findall(masked)
    if capitals and len(capitals) <= max(1, _GERMANIC * len(_WORD.findall(masked))):
        masked = _PROPER.sub("[name]", masked)
    return " ".join(masked.split())


@functools.cache
def _pattern(kinds: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        "|".join(f"(?P<{kind}>{pattern})" for kind, pattern, _ in _PATTERNS if kind in kinds), re.IGNORECASE
    )


def _named(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    return f"[{_SHOWN.get(kind, kind)}]"


def sentences(text: str) -> list[str]:
    """Split a text into its sentences and lines, without empty ones."""
    return [part for piece in _SENTENCE.split(text) if (part := piece.strip(" \t-*•>|"))]
