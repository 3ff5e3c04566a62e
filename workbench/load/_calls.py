"""What a model was asked and what it answered, as SDKs and frameworks record the arguments and results of the call."""

from __future__ import annotations

import re
from typing import Any, Final

from workbench.load._messages import conversation, messages, output_messages, system_message
from workbench.load._values import is_array, is_object

__all__ = ["answered", "asked", "only"]

Row = dict[str, Any]

_SPEAKER: Final = re.compile(r"^(System|Human|AI|Tool|Function|Developer): ", re.MULTILINE)
_ROLES: Final = {
    "System": "system", "Developer": "system", "Human": "user", "AI": "assistant", "Tool": "tool", "Function": "tool",
}  # fmt: skip


def only(value: Any, *names: str) -> Any:
    """What an object holds that holds one thing under one of these names: a plain function's argument or result."""
    if is_object(value) and len(value) == 1:
        name, inner = next(iter(value.items()))
        return inner if name in names else value
    return value


def asked(given: Any) -> list[Row] | None:
    r"""The messages that a model was called with, or null where there are none.

    >>> asked({"prompts": ["System: Be brief.\nHuman: Hi"]})
    [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': 'Hi'}]
    """
    if is_object(given):
        prompts = given.get("prompts")
        if is_array(prompts) and prompts and isinstance(prompts[0], str):
            return _by_speaker(prompts[0])
        if "input" in given and "messages" not in given:
            told = conversation(given["input"], "user")
            return system_message(given.get("instructions") or given.get("system")) + told if told else None
    return conversation(given, "user")


def _by_speaker(prompt: str) -> list[Row]:
    """A chat that LangChain flattened to text, each message after who said it."""
    turns = list(_SPEAKER.finditer(prompt))
    if not turns or turns[0].start() != 0:
        return [{"role": "user", "content": prompt}]
    ends = [turn.start() for turn in turns[1:]] + [len(prompt)]
    return [
        {"role": _ROLES[turn.group(1)], "content": prompt[turn.end() : end].rstrip("\n")}
        for turn, end in zip(turns, ends, strict=True)
    ]


def answered(taken: Any) -> list[Row] | None:
    """The messages that a model answered with, or null where there are none."""
    made = messages(taken, "assistant")
    return output_messages(only(taken, "output", "text", "content", "answer")) if made is None else made
