"""A conversation that came as chat messages, as the same agent loop that is read from traces."""

from __future__ import annotations

from typing import Any

import orjson

from workbench.errors import InputError
from workbench.evidence._loop import AgentLoop, Step
from workbench.evidence._merge import Merge, Origin
from workbench.evidence._messages import read_messages
from workbench.evidence._steps import turns_of

__all__ = ["from_messages"]


def from_messages(messages: Any, *, session_id: str = "") -> AgentLoop:
    """Make an agent loop of chat messages: what an agent was handed, and what it answered.

    Parameters
    ----------
    messages
        JSON text or a list of dicts: `role`, `content`, and for tools `tool_calls` and `tool_call_id`, as OpenAI writes them or as
        `AgentLoop.messages` does.
    session_id
        What the loop is called.

    Returns
    -------
    AgentLoop
        A call and its result are one step, as everywhere; messages without words or calls are no steps.

    Raises
    ------
    InputError
        It is no list of messages, or holds what JSON cannot.

    Examples
    --------
    >>> from workbench.evidence import from_messages
    >>> said = [{"role": "user", "content": "Where is 7?"}, {"role": "assistant", "content": "On its way."}]
    >>> from_messages(said).final_answer
    'On its way.'
    """
    try:
        text = messages if isinstance(messages, str) else orjson.dumps(messages).decode()
    except TypeError as error:
        msg = f"messages hold what JSON cannot: {error}"
        raise InputError(msg) from error
    if not text.lstrip().startswith("["):
        msg = f"expected a list of messages, not {text[:80]!r}"
        raise InputError(msg)
    merge = Merge()
    merge.model_call(Origin(0, "", "", None, None, None), "", read_messages(text), [], None)
    drafts = merge.finish()
    steps = (
        Step(
            number,
            turn,
            draft.kind,
            text=draft.text,
            tool_name=draft.tool_name,
            tool_call_id=draft.call_id,
            tool_arguments=draft.arguments,
            tool_result=draft.result,
            error=draft.error,
        )
        for number, (draft, turn) in enumerate(zip(drafts, turns_of(drafts), strict=True), 1)
    )
    return AgentLoop(session_id, tuple(steps))
