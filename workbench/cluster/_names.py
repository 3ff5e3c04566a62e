"""Names for groups of texts: what each says more than all the others, in words that a person would use."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import numpy as np
from numpy.typing import NDArray

from workbench.cluster._terms import STOP, fragments, plain_fragments

__all__ = ["Phrases", "name_groups", "phrases_of"]

_LONGEST: Final = 4
_WEIGHT_WORD: Final = 0.7  # one word says little
_COMMON: Final = 0.4  # share of a group that has to use a phrase before it may name it
_UNNAMED: Final = "nothing in common"
_PHRASES: Final = 2
_CANDIDATES: Final = 12
_SIGN: Final = re.compile(r"(?:sign|reaction): (.*)")
_REACTION: Final = "reaction: "
_NO_SIGN: Final = "no sign"
_WEIGHT_SIGN: Final = 2.0  # a sign is a phrase already
_CONTRAST: Final = 3000  # texts that a group is contrasted with: more change no name
_TOLD: Final = 200  # members that speak for a group
_READ: Final = 6000  # characters of a text that may name
_POLITE: Final = frozenset(["good", "morning", "afternoon", "evening", "day", "help", "need", "want", "like", "hope", "team", "quick", "question", "appreciate", "possible", "kindly", "somebody"])  # fmt: skip
_STEP: Final = " > "
_SHAPE: Final = "path: "
_TALK: Final = frozenset({"user", "answer"})
_NO_TOOL: Final = "no tool called"
_LABELS: Final = frozenset({"asked", "answered", "said of it"})


def phrases_of(text: str, tokens: Sequence[str], *, plain: bool = False) -> set[str]:
    """What could name the group of a text: its signs, and runs of 1 to 4 words that begin and end with a telling one."""
    ways = _ways(tokens)
    if ways:
        return ways
    found = _signs(tokens)
    labels = found | _LABELS
    body = "\n".join(_unlabelled(line, labels) for line in text.splitlines())
    for piece in plain_fragments(body) if plain else fragments(body):
        for size in range(1, _LONGEST + 1):
            for start in range(len(piece) - size + 1):
                run = piece[start : start + size]
                if run[0] not in STOP and run[-1] not in STOP and not _POLITE.issuperset(run):
                    found.add(" ".join(run))
    return found


def _signs(tokens: Sequence[str]) -> set[str]:
    signs = {match[1] for token in tokens if (match := _SIGN.fullmatch(token))}
    return signs | ({"no sign in the trace"} if _NO_SIGN in tokens else set())


def _ways(tokens: Sequence[str]) -> set[str]:
    """The stretches of a way through the tools, where a session is compared by it; talk between them tells little."""
    if not any(_STEP in token and not token.startswith(_SHAPE) for token in tokens):
        return set()
    telling = {token for token in tokens if not _TALK.issuperset(token.split(_STEP))}
    return {token for token in telling if _TALK.isdisjoint(token.split(_STEP))} or telling or {_NO_TOOL}


def _unlabelled(line: str, labels: AbstractSet[str]) -> str:
    head, colon, rest = line.partition(": ")
    return rest if colon and head in labels else line


class Phrases:
    """What each of n texts offers to names, worked out when it is asked for.

    Parameters
    ----------
    texts
        Text and structure tokens, one pair a text.
    plain
        The texts are mostly code.
    """

    def __init__(self, texts: Sequence[tuple[str, Sequence[str]]], *, plain: bool = False) -> None:
        self._texts, self._plain = texts, plain
        self._known: dict[int, set[str]] = {}

    def __getitem__(self, row: int) -> set[str]:
        if row not in self._known:
            text, tokens = self._texts[row]
            self._known[row] = phrases_of(text[:_READ], tokens, plain=self._plain)
        return self._known[row]


def name_groups(
    phrases: Phrases, labels: NDArray[np.int64], *, tokens: Sequence[Sequence[str]]
) -> dict[int, tuple[str, list[str]]]:
    """Name every group by contrast with all texts outside it.

    Parameters
    ----------
    phrases
        What each of n texts offers.
    labels
        Shape (n,); -1 belongs to no group, and counts as outside.
    tokens
        The texts' structure tokens; a sign is preferred to a run of words, being a phrase already.

    Returns
    -------
    dict
        group → (name, the phrases it was made of, best first). No two names are equal.
    """
    rows: list[int] = np.arange(0, len(labels), -(-len(labels) // _CONTRAST) or 1).tolist()
    told = {int(group): _told(np.flatnonzero(labels == group), len(labels)) for group in np.unique(labels[labels >= 0])}
    heard = [tokens[row] for row in {*rows, *(row for some in told.values() for row in some)}]
    weights = {sign: _WEIGHT_SIGN for row in heard for sign in _signs(row)}
    reactions = {token.removeprefix(_REACTION) for row in heard for token in row if token.startswith(_REACTION)}
    total: Counter[str] = Counter(phrase for row in rows for phrase in phrases[row])
    out: dict[int, tuple[str, list[str]]] = {}
    taken: set[str] = set()
    for group in sorted(told, key=lambda g: (-int(np.sum(labels == g)), g)):
        inside = told[group]
        mine: Counter[str] = Counter(phrase for i in inside for phrase in phrases[i])
        among = [row for row in rows if labels[row] == group]
        counted: Counter[str] = Counter(phrase for i in among for phrase in phrases[i])
        scored: list[tuple[float, str]] = []
        common = [phrase for phrase, count in mine.items() if count >= _COMMON * len(inside)]
        if not set(common) - reactions:  # nothing that most say: what many say names it still
            common = [phrase for phrase, count in mine.items() if count >= _COMMON / 2 * len(inside)]
        for phrase in common:
            share = mine[phrase] / len(inside)
            rest = (total[phrase] - counted[phrase] + 0.5) / (len(rows) - len(among) + 1)
            weight = weights.get(phrase, 1.0 if " " in phrase else _WEIGHT_WORD)
            scored.append((share * math.log(share / rest) * weight, phrase))
        # That somebody minded says that something went wrong, not what: it names no group.
        telling = [pair for pair in scored if pair[1] not in reactions]
        ranked = [phrase for score, phrase in sorted(telling, key=lambda s: (-s[0], s[1])) if score > 0]
        chosen = _diverse(ranked[: _CANDIDATES * 4])
        name = _distinct(chosen or [_UNNAMED], taken)
        taken.add(name)
        out[group] = (name, chosen)
    return out


def _told(members: NDArray[np.int64], n: int) -> list[int]:
    """Who speaks for a group: up to the contrast's size all of it, so that few are not named by the luck of who was asked."""
    return (members if n <= _CONTRAST else members[:: -(-len(members) // _TOLD)]).tolist()


def _diverse(ranked: Sequence[str]) -> list[str]:
    """Drop phrases that say again what a better one said; a longer phrase that contains a better one replaces nothing."""
    chosen: list[str] = []
    used: list[set[str]] = []
    for phrase in ranked:
        words = {word[:6] for word in phrase.split() if word not in STOP}
        if any(len(words & other) >= min(len(words), len(other)) / 2 for other in used):
            continue
        chosen.append(phrase)
        used.append(words)
        if len(chosen) == _CANDIDATES:
            break
    return chosen


def _distinct(chosen: Sequence[str], taken: AbstractSet[str]) -> str:
    """The first phrase, and the second where it is more than a word or the first is not; more of them where the name is taken."""
    if len(chosen) > 1 and " " in chosen[0]:
        chosen = [
            chosen[0],
            *(phrase for phrase in chosen[1:] if " " in phrase),
            *(p for p in chosen[1:] if " " not in p),
        ]
    enough = 1 if len(chosen) > 1 and " " in chosen[0] and " " not in chosen[1] else _PHRASES
    for count in range(min(enough, len(chosen)), len(chosen) + 1):
        name = " · ".join(chosen[:count])
        if name and name not in taken:
            return name
    name = " · ".join(chosen[:_PHRASES])
    number = 2
    while name and f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})" if name else ""
