"""Which messages of a model call are new: histories overlap, transcripts only add.

Exporters write either the whole history at every model call or only what came since the last answer. Within one
session there may be several conversations with models at once (sub-agents, routers, title writers); each is a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from workbench.evidence._messages import Message

__all__ = ["Thread", "Threads"]

_ANSWER: Final = {"assistant"}
_SEARCHED: int = 16  # an agent that compacts its history at every call would otherwise make the search quadratic


@dataclass(slots=True)
class Thread:
    """One conversation with a model, as far as it has been seen."""

    scope: str
    system: str | None = None
    keys: list[int] = field(default_factory=list[int])
    roles: list[str] = field(default_factory=list[str])
    answers: int = 0  # how many of the last keys are the last call's own output
    trace: int = -1  # the trace of the last call
    heard: Sequence[Message] | None = (
        None  # all that the last call was given and answered, where the thread is just that
    )

    def add(self, messages: Sequence[Message]) -> None:
        """Go on with these messages."""
        self.keys += [m.key for m in messages]
        self.roles += [m.role for m in messages]


class Threads:
    """The threads of one session."""

    def __init__(self) -> None:
        """Begin without any."""
        self._all: list[Thread] = []
        self._last: dict[str, Thread] = {}
        self._systems: set[str] = set()
        self._said: dict[int, set[int]] = {}  # user messages by trace
        self._entered: tuple[Thread, list[Message], bool] | None = None  # the call that was not answered yet

    def enter(self, scope: str, trace: int, messages: list[Message]) -> tuple[Thread, str | None, list[Message]]:
        """The thread of a model call, the system prompt where it is new, and the messages that are new."""
        going_on = self._goes_on(scope, trace, messages)
        if going_on is not None:
            return going_on
        systems = [m.text for m in messages if m.role == "system" and m.text]
        system = "\n\n".join(systems) or None
        rest = [m for m in messages if m.role != "system"]
        thread, tail = self._place(scope, trace, rest, restarted=system is not None)
        new_system = None
        if system is not None and system != thread.system:
            if thread.system is not None or system not in self._systems:
                new_system = system
            thread.system = system
            self._systems.add(system)
        self._said.setdefault(trace, set()).update([m.key for m in rest if m.role == "user"])
        thread.add(tail)
        thread.answers = 0
        thread.trace = trace
        self._last[scope] = thread
        self._entered = thread, messages, False
        return thread, new_system, tail

    def _goes_on(
        self, scope: str, trace: int, messages: list[Message]
    ) -> tuple[Thread, str | None, list[Message]] | None:
        """As `enter`, for the call that most are: it repeats all that the last one's thread holds, and adds to it."""
        thread = self._last.get(scope)
        if thread is None or thread.heard is None or thread.trace != trace:
            return None
        size = len(thread.heard)
        tail = messages[size:]
        if not tail or messages[:size] != thread.heard or "system" in [m.role for m in tail]:
            return None
        if len(self._all) > 1:
            length = len(thread.keys)
            if any(t is not thread and len(t.keys) >= length for t in self._all):
                return None  # another one may hold more of it
        for message in tail:
            if message.role == "user":
                self._said[trace].add(message.key)
        thread.add(tail)
        thread.answers = 0
        self._entered = thread, messages, True
        return thread, None, tail

    def current(self, scope: str) -> Thread:
        """The thread of the last call in this scope; a new one where there was none."""
        thread = self._last.get(scope)
        if thread is None:
            thread = self._last[scope] = self._new(scope)
        return thread

    def answered(self, thread: Thread, output: Sequence[Message]) -> None:
        """Keep what the model said, so that it is recognised in the next history."""
        thread.add(output)
        thread.answers = len(output)
        thread.heard = None
        if self._entered is None or self._entered[0] is not thread or not output:
            return
        _, messages, alike = self._entered
        self._entered = None
        if {m.role for m in output} == _ANSWER:
            heard = [*messages, *output]
            if alike or thread.keys == [m.key for m in heard if m.role != "system"]:
                thread.heard = heard

    def _place(self, scope: str, trace: int, rest: list[Message], *, restarted: bool) -> tuple[Thread, list[Message]]:
        if "assistant" in [m.role for m in rest]:
            return self._history(scope, trace, rest)
        thread = self._last.get(scope)
        if thread is None:
            return self._new(scope), rest
        start = _delta_overlap(thread, trace, rest)
        if restarted and thread.trace == trace and not start:
            # A second model is asked about the same: what only adds does not bring the system prompt again.
            start = self._said_already(trace, rest)
        return thread, rest[start:]

    def _history(self, scope: str, trace: int, rest: list[Message]) -> tuple[Thread, list[Message]]:
        keys = [m.key for m in rest]
        near = [t for t in reversed(self._all) if t.scope == scope][:_SEARCHED]
        handed = [t for t in reversed(self._all) if not t.scope][:_SEARCHED] if scope else []
        best, best_thread = 0, None
        for thread in near:
            size = _overlap(thread, rest, keys)
            if size > best:
                best, best_thread = size, thread
        if best_thread is not None:
            return best_thread, rest[best:]
        for thread in near + handed:
            start = _after_last_answer(thread, rest, keys)
            if start is not None:
                fork = self._new(scope)
                fork.system = thread.system
                fork.add(rest[:start])
                return fork, rest[start:]
        # Nothing of it was seen: another agent, or the beginning was not exported. What the user said in this trace is
        # handed from agent to agent; it was said once.
        start = self._said_already(trace, rest)
        thread = self._new(scope)
        thread.add(rest[:start])
        return thread, rest[start:]

    def _said_already(self, trace: int, rest: list[Message]) -> int:
        """How many user messages at the beginning were said before in this trace."""
        said = self._said.get(trace, set[int]())
        start = 0
        while start < len(rest) and rest[start].role == "user" and rest[start].key in said:
            start += 1
        return start

    def _new(self, scope: str) -> Thread:
        thread = Thread(scope)
        self._all.append(thread)
        return thread


def _overlap(thread: Thread, rest: list[Message], keys: list[int]) -> int:
    """The length of the longest end of the thread that `rest` begins with."""
    seen = thread.keys
    for size in range(min(len(seen), len(keys)), 0, -1):
        if seen[-size] == keys[0] and seen[-1] == keys[size - 1] and seen[-size:] == keys[:size]:
            return size
    # The last answer may come back in other words (trimmed, re-serialised): its place says that it is the same.
    before = len(seen) - thread.answers
    if (
        thread.answers == 1
        and 0 < before < len(keys)
        and rest[before].role == "assistant"
        and seen[:before] == keys[:before]
    ):
        return before + 1
    return 0


def _after_last_answer(thread: Thread, rest: list[Message], keys: list[int]) -> int | None:
    """Where the new part of a compacted history begins: after the last answer that was seen, and what followed it then."""
    place = {key: i for i, (key, role) in enumerate(zip(thread.keys, thread.roles, strict=True)) if role == "assistant"}
    for i in range(len(rest) - 1, -1, -1):
        found = place.get(keys[i]) if rest[i].role == "assistant" else None
        if found is None:
            continue
        followed = thread.keys[found + 1 :]
        start = i + 1
        for key in followed:
            if start >= len(keys) or keys[start] != key:
                break
            start += 1
        return start
    return None


def _delta_overlap(thread: Thread, trace: int, rest: list[Message]) -> int:
    """How many of these messages, none of them an answer, the thread holds already."""
    keys = [m.key for m in rest]
    size = len(keys)
    if not size:
        return 0
    if thread.trace == trace and not thread.answers and thread.keys[-size:] == keys:
        return size  # the same call tried again
    if size == 1:
        return 0
    said = [key for key, role in zip(thread.keys, thread.roles, strict=True) if role != "assistant"]
    # Histories that keep only the user's side.
    return len(said) if size > len(said) > 0 and keys[: len(said)] == said else 0
