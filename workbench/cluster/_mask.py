"""Text without what tells sessions apart for no reason: identifiers, numbers, names, links, code."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["mask", "sentences"]

# Order matters: the more specific pattern first.
_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_PATTERNS: Final = (
    ("link", r"(?:https?://|www\.)[^\s)>\]]+"),
    ("email", r"[\w.+-]+@[\w-]+\.[\w.-]+"),
    ("code", r"`[^`\n]{1,200}`"),
    ("time", r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\b"),
    ("time2", r"\b\d{1,2}(?::\d{2}){1,2}(?:\s?[ap]m)?\b|\b\d{1,2}\s?[ap]m\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b"),
    (
        "time3",
        rf"\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b|\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}(?: \d{{4}})?\b",
    ),
    ("money", r"[$€£¥]\s?\d[\d,]*(?:\.\d+)?|\b\d[\d,]*(?:\.\d+)?\s?(?:USD|EUR|GBP|JPY|dollars|euros|pounds)\b"),
    ("path", r"(?<![\w.])(?:~|\.{1,2})?(?:/[\w.@+-]+){2,}/?|\b[A-Za-z]:\\[^\s]+"),
    ("id", r"#[\w-]*\d[\w-]*|\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z_-])[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*\b|\b[0-9a-f]{8,}\b"),
    ("name", r"\b[A-Za-z]+_[A-Za-z_]+\b|\b[a-z]+[A-Z][A-Za-z]*\b"),
    ("number", r"[-+]?\d[\d,]*(?:\.\d+)?%?"),
)
_PATTERN: Final = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS), re.IGNORECASE)
_SHOWN: Final = {"time2": "time", "time3": "time", "money": "amount"}
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

    def named(match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        if kind == "name" and "_" not in match[0] and not re.search(r"[a-z][A-Z]", match[0]):
            return match[0]  # the pattern ignores case; only a capital inside a word makes it a name
        return f"[{_SHOWN.get(kind, kind)}]"

    masked = _PATTERN.sub(named, text)
    capitals = _PROPER.findall(masked)
    if capitals and len(capitals) <= max(1, _GERMANIC * len(_WORD.findall(masked))):
        masked = _PROPER.sub("[name]", masked)
    return " ".join(masked.split())


def sentences(text: str) -> list[str]:
    """Split a text into its sentences and lines, without empty ones."""
    return [part for piece in _SENTENCE.split(text) if (part := piece.strip(" \t-*•>|"))]
