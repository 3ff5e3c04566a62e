"""Chats in which agents speak with one another: who of them is the user, who an agent, and what was run as code."""

from __future__ import annotations

import re
from typing import Any, Final

from workbench.load._messages import is_role
from workbench.load._values import is_object

__all__ = ["group_chat"]

_RAN: Final = re.compile(r"exitcode: (\d+) \(execution [^)]*\)\s*(?:Code output:\s*)?", re.IGNORECASE)
_NOTHING_RAN: Final = "There is no code from the last"
_FENCE: Final = re.compile(r"```(?:\w+)?\n(.*?)```", re.DOTALL)
# What applications call people, what is nobody's words, and how agents' names end.
_PERSON: Final = re.compile(
    r"(?:^|_|-|end)(?:user|human|customer|client|visitor|guest|caller|member|patient|student|buyer|person|admin)",
    re.IGNORECASE,
)
_NOBODY: Final = re.compile(
    r"observ|environment|event|tool|call|result|context|info|log|note|error|thought|reason", re.IGNORECASE
)
_AGENT: Final = re.compile(
    r"(?:agent|expert|assistant|bot|manager|executor|terminal|planner|critic|coder)$", re.IGNORECASE
)
_PROXY: Final = re.compile(r"user|human", re.IGNORECASE)  # an agent of that name speaks for the person
_SEVERAL: Final = 2
_TERMINAL: Final = re.compile(r"terminal|executor", re.IGNORECASE)


def group_chat(listed: list[Any]) -> list[Any]:
    """The same messages in the roles of a transcript, where several agents speak; any other list as it is.

    Agents are told from a user by roles that are names of their own (Magentic-One's ``Orchestrator``, ``WebSurfer``), by names such as
    ``Search_Agent``, or by a terminal among the speakers that runs what they write (AutoGen's ``exitcode: 0 (execution succeeded)``): there
    even who has the role of the user is an agent where the message has a name that is no person's (``user_proxy`` hands over what a
    person wants). What the terminal says becomes the result of a call, whose argument is the code.

    Parameters
    ----------
    listed
        Messages as an export has them.

    Returns
    -------
    list
        Messages; a terminal's answer as a ``tool`` message, with the call on the message that holds the code.
    """
    spoken = [raw for raw in listed if is_object(raw) and type(raw.get("role")) is str]
    if len(spoken) < len(listed):
        return listed
    agents = {raw["role"].partition(" ")[0] for raw in spoken if _own_role(raw)}
    agents |= {raw["name"] for raw in spoken if isinstance(raw.get("name"), str) and _AGENT.search(raw["name"])}
    if len(agents) < _SEVERAL and not any(_ran(raw) for raw in spoken):
        return listed
    out: list[dict[str, Any]] = []
    for raw in spoken:
        name = raw.get("name") if not _own_role(raw) else raw["role"]
        said = raw.get("content")
        if _ran(raw) and not str(said).startswith(_NOTHING_RAN):
            out.append({"role": "tool", "name": name or "code", "content": said, **_asked(out, str(name or "code"))})
        elif _own_role(raw) or (raw["role"] == "user" and name and not _is_person(str(name))):
            out.append({**raw, "role": "assistant", "name": name})
        else:
            out.append(raw)
    return out


def _own_role(raw: dict[str, Any]) -> bool:
    """Whether a role is the name of an agent."""
    role: str = raw["role"].partition(" ")[0]
    if not role or is_role(role) or _is_person(role):
        return False
    return bool(_AGENT.search(role)) or not _NOBODY.match(role)


def _is_person(name: str) -> bool:
    """Whether this is what a person is called, or who speaks for one."""
    return bool(_PROXY.match(name)) or bool(_PERSON.search(name) and not _AGENT.search(name))


def _ran(raw: dict[str, Any]) -> bool:
    """Whether this is what a terminal answered."""
    said = raw.get("content")
    if not isinstance(said, str) or raw["role"] in {"system", "tool"}:
        return False
    speaker = raw["role"] if _own_role(raw) else str(raw.get("name") or "")
    return bool(_RAN.match(said)) or said.startswith(_NOTHING_RAN) or bool(_own_role(raw) and _TERMINAL.search(speaker))


def _asked(out: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The id of the call that a terminal answers, which the last message with code is made to ask for."""
    for message in reversed(out):
        if message["role"] == "tool":
            break
        code = _FENCE.findall(str(message.get("content") or "")) if message["role"] == "assistant" else []
        if code:
            number = f"run-{len(out)}"
            message["tool_calls"] = [{"id": number, "name": name, "arguments": {"code": "\n".join(code)}}]
            return {"tool_call_id": number}
    return {}
