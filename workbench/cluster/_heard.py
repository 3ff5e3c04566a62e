"""What was heard so far in a session, kept so that asking for it costs the same however long the session is."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["Alike", "Figures"]

_CENT: Final = 0.006
_SUMMED: Final = 60  # the largest figures, of which sums and differences count as borne out
_ROUNDING: Final = 1e-15


class Alike:
    """Sets of words that were heard, and whether another shares enough of its words with any one of them.

    Parameters
    ----------
    least
        Shared members over all members of both (Jaccard) from which on two sets are alike, above 0.
    """

    def __init__(self, least: float) -> None:
        self._least = least
        self._with: dict[str, dict[frozenset[str], None]] = {}

    def add(self, words: frozenset[str]) -> None:
        """Hear one more."""
        for word in words:
            self._with.setdefault(word, {})[words] = None

    def like(self, words: frozenset[str]) -> bool:
        """Whether any that was heard is alike.

        A set that is alike holds at least `least` of these words, and so at least one of any others that are too many to be missed:
        only those with one of the words that were heard least are compared (prefix filter).
        """
        shared = math.ceil(self._least * len(words) - 1e-9)
        rarest = sorted(words, key=lambda word: (len(self._with.get(word, ())), word))[: len(words) - shared + 1]
        return any(len(words & other) / len(words | other) >= self._least for other in self._candidates(rarest))

    def _candidates(self, words: Iterable[str]) -> Iterator[frozenset[str]]:
        seen: set[frozenset[str]] = set()
        for word in words:
            for other in self._with.get(word, ()):
                if other not in seen:
                    seen.add(other)
                    yield other


class Figures:
    """Numbers that were heard, and whether another is one of them to the cent, or the sum or difference of two."""

    def __init__(self) -> None:
        self._known: set[float] = set()
        self._sorted: list[float] = []

    def __contains__(self, value: float) -> bool:
        return value in self._known

    def add(self, values: Iterable[float]) -> None:
        """Hear more."""
        for value in values:
            if value not in self._known:
                self._known.add(value)
                insort(self._sorted, value)

    def bear_out(self, value: float) -> bool:
        """Whether a figure was there before, or is the sum or difference of two of the 60 largest that were."""
        if any(abs(value - known) < _CENT for known in _near(self._sorted, value)):
            return True
        some = self._sorted[-_SUMMED:]
        return any(
            abs(abs(one - other) - value) < _CENT or abs(one + other - value) < _CENT
            for place, one in enumerate(some)
            for other in itertools.chain(_near(some, one + value, place + 1), _near(some, value - one, place + 1))
        )


def _near(values: list[float], value: float, start: int = 0) -> Iterator[float]:
    """Sorted values, from a place on, that may lie within a cent of another."""
    slack = 2 * _CENT + _ROUNDING * (abs(value) + abs(values[-1])) if values else 0.0
    first = bisect_left(values, value - slack, start)
    return iter(values[first : bisect_right(values, value + slack, first)])
