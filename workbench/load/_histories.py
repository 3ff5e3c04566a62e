"""Histories that grow: each model call of an agent repeats all messages before it, and only the new ones are read."""

from __future__ import annotations

from typing import Final

import orjson

from workbench.load._messages import plain_messages
from workbench.load._values import dumps, is_array

__all__ = ["Histories", "plain"]

_MOST: Final = 1 << 25  # characters that are remembered
_END: Final = '"}]'
_ENDING: Final = ',"finish_reason":"'
_BEGINNING: Final = 96  # agents that talk within one trace are told apart by how their histories begin


class Histories:
    """Messages as JSON text, brought into their one form; what was read in an earlier call is not read again.

    Examples
    --------
    >>> told = Histories()
    >>> first = '[{"role": "user", "content": "Hi"}]'
    >>> told.canonical("trace", first)
    '[{"role":"user","content":"Hi"}]'
    >>> told.canonical("trace", first[:-1] + ',{"role": "assistant", "content": "Hello"}]')
    '[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]'
    """

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], tuple[str, str]] = {}  # as it came and as it is written, without the bracket
        self._characters = 0
        self._answer: tuple[str, str] | None = None  # the last one, as the next history may begin what is new in it

    def call(self, trace: str, given: str, said: str) -> tuple[str, str] | None:
        """What a model call was given and what it said, each as by `canonical`; null where either is not of the plain shapes."""
        told = self.canonical(trace, given)
        answer = None if told is None else plain(said)
        if told is None or answer is None:
            return None
        # In the history it stands without what only the call knew of it.
        end = said.rfind(_ENDING)
        alone = end > 0 and said.find('"', end + len(_ENDING)) == len(said) - len(_END)
        self._answer = (f"{said[1:end]}}}", answer[1:-1]) if alone and said.endswith(_END) else None
        return told, answer

    def canonical(self, trace: str, told: str) -> str | None:
        """The messages in their one form; null where they are not of the plain shapes, and must be read with care."""
        if told[:1] != "[" or told[-1:] != "]":
            return None
        key = (trace, told[:_BEGINNING])
        held = self._held.pop(key, None)
        if held is not None:
            came, written = held
            self._characters -= len(came) + len(written)
            size = len(came)
            if told.startswith(came) and told[size] == ",":
                if self._answer is not None and told.startswith(self._answer[0], size + 1):
                    after = size + 1 + len(self._answer[0])
                    if told[after] == ",":
                        size, written = after, f"{written},{self._answer[1]}"
                more = plain(f"[{told[size + 1 :]}")
                return None if more is None else self._keep(key, told, f"{written},{more[1:]}")
            if len(told) == size + 1 and told.startswith(came):
                return self._keep(key, told, f"{written}]")
        made = plain(told)
        return None if made is None else self._keep(key, told, made)

    def _keep(self, key: tuple[str, str], told: str, made: str) -> str:
        came, written = told[:-1], made[:-1]
        self._held[key] = came, written
        self._characters += len(came) + len(written)
        while self._characters > _MOST:
            old = self._held.pop(next(iter(self._held)))
            self._characters -= len(old[0]) + len(old[1])
        return made


def plain(told: str) -> str | None:
    """Messages in their one form; null where they are not of the plain shapes."""
    try:
        values = orjson.loads(told)
    except orjson.JSONDecodeError:
        return None
    found = plain_messages(values) if is_array(values) else None
    return dumps(found) if found else None
