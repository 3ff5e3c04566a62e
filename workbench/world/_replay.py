"""A recorded world as tools: what was recorded is answered again, what was not is refused and counted."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from workbench.world._key import call_key
from workbench.world._world import Answer, Miss, World
from workbench.world._writes import changes_something

__all__ = ["Replay"]


class Replay:
    """Answers an agent's tool calls from a recorded world.

    The n-th time that one call is made it gets the n-th result that was recorded for it. Asked more often than it was recorded, a call that
    only reads gets the last one again; one whose tool changes something, as `changes_something` tells by its name, is refused: what a second
    refund would have done is not known. What was never recorded, or whose result was already gone, is refused too: unknown is not empty.

    Parameters
    ----------
    world
        What was recorded.

    Attributes
    ----------
    served, refused
        How many calls were answered, and how many not: from the first of those on the agent has left the recorded world.

    Examples
    --------
    >>> from workbench import world
    >>> steps = [{"session_id": "s", "number": 1, "turn": 1, "kind": "tool", "tool_name": "find",
    ...           "tool_arguments": '{"id": 7}', "tool_result": "a book"}]
    >>> tools = world.Replay(world.record(steps))
    >>> tools("find", {"id": 7})
    {'result': 'a book'}
    >>> tools("find", {"id": 8})["recorded"], tools.served, tools.refused
    (False, 1, 1)
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._asked: Counter[str] = Counter()
        self._recorded = Counter(call.key for call in world.calls)
        self._lock = threading.Lock()
        self.served = 0
        self.refused = 0

    @property
    def tools(self) -> tuple[str, ...]:
        """The names of the tools that were called when it was recorded, in the order of their first calls."""
        return tuple(dict.fromkeys(call.name for call in self._world.calls))

    def __call__(self, tool_name: str, arguments: object = None) -> dict[str, Any]:
        """What the world says to a call.

        Parameters
        ----------
        tool_name, arguments
            The call; `arguments` as JSON text or a mapping.

        Returns
        -------
        dict
            `result`, the text that was recorded; or `error`, where the recorded call failed; or `error` with `recorded` false, where the
            world does not know.
        """
        said = self._ask(tool_name, arguments)
        if isinstance(said, Miss):
            return {"error": f"this call is not in the recorded world: {said.reason}", "recorded": False}
        return {"result": said.result} if said.result is not None else {"error": said.error}

    def _ask(self, tool_name: str, arguments: object) -> Answer | Miss:
        key = call_key(tool_name, arguments)
        with self._lock:
            asked, recorded = self._asked[key], self._recorded[key]
            self._asked[key] += 1
            if asked >= recorded > 0 and changes_something(tool_name):
                said = Miss(
                    key, f"{tool_name!r} changes something and was called with these arguments {_times(recorded)}"
                )
            else:
                said = self._world.answer(tool_name, arguments, min(asked, max(0, recorded - 1)))
            if isinstance(said, Miss):
                self.refused += 1
            else:
                self.served += 1
        return said

    def told(self, served: int, refused: int) -> None:
        """Add what a copy of this in another process counted."""
        with self._lock:
            self.served += served
            self.refused += refused

    def __reduce__(self) -> tuple[type[Replay], tuple[World]]:
        """It travels as the world alone; a copy counts from zero."""
        return type(self), (self._world,)

    def __repr__(self) -> str:
        return (
            f"<Replay of session {self._world.session_id}: {self.served} calls answered, {self.refused} not recorded>"
        )


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"
