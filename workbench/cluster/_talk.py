"""One session made ready for reading: its steps, what each text of it holds, and what was known before each step."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar, cast

import orjson

from workbench.cluster._mask import sentences
from workbench.cluster._values import content_words, dates, days, flat, identifiers, money, numbers

__all__ = ["Earlier", "Signal", "Step", "Talk"]

_Found = TypeVar("_Found")


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


class Earlier:
    """Hands out each step once, as soon as it lies before the one that is read: what was known grows, and is not gathered anew.

    Parameters
    ----------
    steps
        In the order of their numbers.
    """

    def __init__(self, steps: list[Step]) -> None:
        self._steps, self._next = steps, 0

    def than(self, step: Step) -> Iterator[Step]:
        """The steps of lower number that were not handed out yet; asked for steps in the order of their numbers."""
        while self._next < len(self._steps) and self._steps[self._next].number < step.number:
            self._next += 1
            yield self._steps[self._next - 1]


class _Once(dict[str, _Found]):
    def __init__(self, read: Callable[[str], _Found]) -> None:
        self._read = read

    def __missing__(self, text: str) -> _Found:
        found = self[text] = self._read(text)
        return found


def _once(read: Callable[[str], _Found]) -> Callable[[str], _Found]:
    """What is found in a text, remembered."""
    # `functools.cache` takes longer to make than most sessions to read.
    return _Once(read).__getitem__


class Talk:
    """The steps of one session, in the order of their numbers; whatever is found in a text is found once."""

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
        self.identifiers = _once(identifiers)
        self.words = _once(content_words)
        self.numbers = _once(numbers)
        self.money = _once(money)
        self.dates = _once(dates)
        self.days = _once(days)
        self.sentences = _once(sentences)
        self._records = _once(_rows)
        self._numbers = [s.number for s in steps]
        self._replies = _replies(steps)
        self._facts: dict[int, list[tuple[str, Any]]] = {}

    def reply_after(self, step: Step) -> Step | None:
        """What the agent said next, before the user spoke again."""
        return self._replies[bisect_right(self._numbers, step.number)]

    def between(self, before: Step, after: Step) -> list[Step]:
        """The steps that lie between two."""
        return self.steps[bisect_right(self._numbers, before.number) : bisect_left(self._numbers, after.number)]

    def facts(self, step: Step) -> list[tuple[str, Any]]:
        """The leaves of a step's structured result, as (key, value)."""
        if step.number not in self._facts:
            self._facts[step.number] = list(flat(step.result))
        return self._facts[step.number]

    def records(self, step: Step) -> list[str]:
        """The records of a result that is a list, each as a text."""
        return self._records(step.result)

    def documents(self, step: Step) -> list[str]:
        """What a retrieval returned, one text a document."""
        return _rows(step.result, "content") or [step.result]


def _replies(steps: list[Step]) -> list[Step | None]:
    """For each place in the list what the agent says from there on before the user speaks; one place more, for the end."""
    replies: list[Step | None] = [None] * (len(steps) + 1)
    for place in range(len(steps) - 1, -1, -1):
        step = steps[place]
        if step.kind != "user":
            replies[place] = step if step.kind == "assistant" and step.text else replies[place + 1]
    return replies


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
