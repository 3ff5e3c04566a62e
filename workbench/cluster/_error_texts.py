"""What errors of no known kind say, where several sessions say the same: a better name than "other"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from workbench.cluster._talk import Signal, Talk
from workbench.cluster._terms import STOP, fragments
from workbench.cluster._tool_signals import OTHER, error_class

__all__ = ["recurring_errors", "said_in_full"]

_FEWEST: Final = 3  # sessions in which an error is met before its words name it
_LONGEST: Final = 9  # words
_TELLING: Final = 2
_TRACEBACK: Final = "Traceback (most recent call last)"
_CLASS: Final = re.compile(r"\b[A-Z]\w*(?:Error|Exception)\b")
_HEADS: Final = frozenset({"error", "errors", "exception", "failed", "failure", "result", "warning"})


def recurring_errors(talks: Iterable[Talk]) -> frozenset[str]:
    """What the errors of no known kind say that at least three of the sessions met."""
    met = Counter[str]()
    for talk in talks:
        said = {error_words(step.error) for step in talk.steps if step.error and error_class(step.error) == OTHER}
        met.update(said - {""})
    return frozenset(words for words, count in met.items() if count >= _FEWEST)


def said_in_full(signal: Signal, recurring: frozenset[str]) -> Signal:
    """The sign of an error of no known kind under the error's own words, where these recur; any other as it is.

    Examples
    --------
    >>> sign = Signal(3, "tool error, other", "Error: seat 12A cannot be sold twice")
    >>> said_in_full(sign, frozenset({"cannot be sold twice"})).name
    'tool error: cannot be sold twice'
    """
    head, _, kind = signal.name.rpartition(", ")
    words = error_words(signal.quote) if kind == OTHER else ""
    return signal._replace(name=f"{head}: {words}") if words in recurring else signal


def error_words(text: str) -> str:
    """The first clause of an error that says something, without identifiers and figures, or its class; empty where there is neither.

    Examples
    --------
    >>> error_words("Error: seat 12A cannot be sold twice")
    'cannot be sold twice'
    """
    if text.removeprefix("in result: ").startswith(_TRACEBACK):
        text = text.strip().rpartition("\n")[2]  # what was raised stands last
    for piece in fragments(text):
        words = piece[:_LONGEST]
        if sum(word not in STOP and word not in _HEADS for word in words) >= _TELLING:
            return " ".join(words)
    raised = _CLASS.search(text)
    return raised[0] if raised else ""
