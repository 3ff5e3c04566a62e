"""One session as one case: the turn, the messages that the agent is handed, and the facts beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from workbench.dataset._content import case_id_of, dumps
from workbench.dataset._selection import Chosen
from workbench.dataset._splits import split_for
from workbench.evidence import AgentLoop, Step

__all__ = ["Draft", "draft"]

_ATTRIBUTES: Final = ("task_id", "agent_name", "agent_version", "environment")


@dataclass(frozen=True, slots=True)
class Draft:
    """The columns of a case that come from its evidence; `unfound` names a first failure that is not in the session."""

    case_id: str
    columns: Mapping[str, Any]
    attributes: Mapping[str, Any]
    unfound: str | None


def draft(
    chosen: Chosen, loop: AgentLoop, session: Mapping[str, Any], *, turn: int | None, splits: Mapping[str, float]
) -> Draft | str:
    """A case of the session, or the reason why there can be none.

    The turn is the one asked for, else that of the labelled first failure, else the last.
    """
    users = [step for step in loop.steps if step.kind == "user" and step.text]
    if not users:
        return "no user message"
    failed = _first_failure(chosen.first_failure, loop)
    asked = turn if turn is not None else chosen.turn
    if asked is not None:
        at = [step for step in users if step.turn == asked]
        if not at:
            return f"no user message in turn {asked}"
        message = at[0]
    elif failed is not None:
        message = next((step for step in reversed(users) if step.number <= failed.number), users[0])
    else:
        message = users[-1]
    prefix = dumps([*loop.messages(until=message), {"role": "user", "content": message.text}])
    columns = {
        "session_id": chosen.session_id,
        "trace_id": message.trace_id or None,
        "span_id": failed.span_id if failed is not None else None,
        "turn": message.turn,
        "input": message.text,
        "prefix": prefix,
        "source": session.get("source"),
        "split": split_for(str(session.get("task_id") or session["session_id"]), splits),
    }
    known = {name: session[name] for name in _ATTRIBUTES if session.get(name) is not None}
    unfound = chosen.first_failure if failed is None else None
    case_id = case_id_of(chosen.session_id, message.turn, prefix)
    return Draft(case_id, columns, {**known, **chosen.attributes}, unfound)


def _first_failure(label: str | None, loop: AgentLoop) -> Step | None:
    """The first step of the labelled span, written "trace_id/span_id" or as a span id alone."""
    if label is None:
        return None
    return next((step for step in loop.steps if label in {step.target, step.span_id}), None)
