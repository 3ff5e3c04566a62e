"""The words that texts share across subjects, and how to say them back to a person."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["STOP", "form_of", "fragments", "grams", "kept_share", "plain_fragments"]

_CODE: Final = re.compile(r"`[^`\n]*`|\[[a-z]+\]")
_ODD: Final = re.compile(r"[\d_/\\<>{}=@#]|[a-z][A-Z]|\w\.\w")
_WORD: Final = re.compile(r"[^\W\d_](?:[^\W\d_]|['\u2019](?=[^\W\d_]))+")
_BREAK: Final = re.compile(r"[^\w\s'\u2019-]+|\s-+\s")
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]{3,}")
_PARTS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_A-Za-z]+")
_MARK: Final = re.compile(
    r"""(?P<quoted>"(?:[^"\\\n]|\\.)*"|(?<!\w)'(?:[^'\\\n]|\\.)*'(?!\w))|(?P<number>\d+(?:\.\d+)?)|(?P<name>[^\W\d][\w.]*)|(?P<line>\n)|(?P<sign>\S)"""
)
_MEANT: Final = frozenset(
    """true false none null undefined nan import def return print lambda class new function const let
    var""".split()  # noqa: SIM905 - a line of words is easier to read than a column
)
_LONGEST_FORM: Final = 10_000  # characters
_FORM_RUN: Final = 3
_SAID_BY_MOST: Final = 0.7

STOP: Final = frozenset(
    """a about above after again against all also am an and any are as at be because been before being below between both
    but by can could did do does doing down during each few for from further had has have having he her here hers him his
    how i if in into is it its itself just let me more most my no nor not now of off on once only or other our out over
    own please same she should so some such than that the their them then there these they this those through to too under
    until up us very was we were what when where which while who whom why will with would you your yes thanks thank ok
    okay sure hello hi i'm i've i'll i'd it's that's you're don't let's there's can't""".split()  # noqa: SIM905 - a paragraph of words is easier to read than a column
)


def fragments(text: str) -> list[list[str]]:
    """The plain words of a text, lower case, broken where punctuation or anything that is no plain word stands.

    Identifiers, numbers, paths, dotted and camelCase names, back-ticked text and ``[placeholders]`` are dropped.

    Examples
    --------
    >>> fragments("Refund failed: order A12 was not found in `orders.db`")
    [['refund', 'failed'], ['order'], ['was', 'not', 'found', 'in']]
    """
    out: list[list[str]] = []
    for piece in _BREAK.split(_CODE.sub(" . ", text).replace(" - ", " . ")) if not _ODD.search(text) else _clean(text):
        words = _words(piece)
        if words:
            out.append(words)
    return out


def _clean(text: str) -> Iterable[str]:
    kept = " ".join("|" if _ODD.search(word.strip(".,;:!?()\"'")) else word for word in _CODE.sub(" . ", text).split())
    return _BREAK.split(kept)


def _words(piece: str) -> list[str]:
    words: list[str] = []
    for word in _WORD.findall(piece.lower()):
        if _UNSPACED.search(word):  # scripts without spaces: pairs of characters stand for words
            words.extend(word[i : i + 2] for i in range(len(word) - 1))
        else:
            words.append(word)
    return words


def plain_fragments(text: str) -> list[list[str]]:
    """Every run of letters as a word, with names split at their humps: for texts that are mostly JSON or code."""
    return [[part.lower() for part in _PARTS.findall(text)]]


def form_of(text: str) -> list[str]:
    """The distinct runs of 1 to 3 marks of a text whose names, numbers and quoted strings are not told apart: how it is built.

    Calls, JSON and code say little by their words, which are their subject, and much by what stands beside what: a number in
    quotes, a call inside a call, no name before a value, a bracket that is never closed, prose where a call should be.

    Examples
    --------
    >>> form_of("f(x=1)") == form_of("get(limit=20)")
    True
    >>> [run for run in form_of("f(x='1')") if run not in form_of("f(x=1)")]
    ["''", "= ''", "'' )", "x = ''", "= '' )"]
    """
    marks: list[str] = []
    for found in _MARK.finditer(text[:_LONGEST_FORM]):
        mark = _mark(found)
        if mark == "x" and marks and marks[-1] in {"x", "xx"}:
            marks[-1] = "xx"  # however many words in a row
        else:
            marks.append(mark)
    return grams([marks], longest=_FORM_RUN)


def _mark(found: re.Match[str]) -> str:
    if found.lastgroup == "name":
        word = found[0].lower()
        return word if word in _MEANT else "x"
    return {"quoted": "''", "number": "1", "line": "\\n"}.get(found.lastgroup or "", found[0])


def kept_share(texts: Sequence[str]) -> float:
    """The share of letters that `fragments` keeps, over a few hundred of the texts; 0 where there are no letters.

    Words that most of these have, such as the keys of JSON, tell nothing apart and are not counted at all.

    Examples
    --------
    >>> kept_share(["words", "get_x(y)"])
    0.5
    """
    some = texts[:: max(1, len(texts) // 300)]
    said = [[word for piece in fragments(text) for word in piece] for text in some]
    texts_with = Counter(word for words in said for word in set(words))
    often = {word for word, count in texts_with.items() if count > _SAID_BY_MOST * len(some)}
    letters = sum(sum(c.isalpha() for c in text) for text in some)
    all_kept = sum(len(word) for words in said for word in words)
    kept = sum(len(word) for words in said for word in words if word not in often)
    counted = letters - (all_kept - kept)
    return kept / counted if counted > 0 else float(letters > 0)


def grams(pieces: Sequence[Sequence[str]], *, longest: int = 2) -> list[str]:
    """The distinct runs of 1 to `longest` words inside fragments."""
    seen: dict[str, None] = {}
    for piece in pieces:
        for size in range(1, longest + 1):
            for start in range(len(piece) - size + 1):
                seen[" ".join(piece[start : start + size])] = None
    return list(seen)
