"""Whether what the answer states stands in what the agent was told: numbers, ids, addresses and dates can be looked up."""

from __future__ import annotations

import re
from typing import Final

from workbench.evidence import AgentLoop
from workbench.grade import Grader, Score
from workbench.graders._make import answer_of, made, share_of
from workbench.graders._text import numbers

__all__ = ["grounded_in_tool_results"]

_ADDRESS: Final = re.compile(r"https?://[^\s<>\"')\]]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CODE: Final = re.compile(r"(?<![\w.])(?=[\w/-]*\d)(?=[\w/-]*[^\W\d])[\w]+(?:[-/][\w]+)*(?!\w)")
_LIST: Final = re.compile(r"(?m)^\s*\d{1,2}[.)]\s")
_DAY: Final = re.compile(r"(?<![\w.])\d{4}-\d{2}-\d{2}(?!\w)")
_ORDINAL: Final = re.compile(r"\d+(?:st|nd|rd|th|x|h|m|s|am|pm|kg|g|km|cm|mm|gb|mb|k)", re.IGNORECASE)
_SMALL: Final = 10  # "two or 3 ways" states nothing that could be looked up
_SHOWN: Final = 5


def grounded_in_tool_results(minimum: float = 1.0, *, name: str | None = None) -> Grader:
    """Whether the numbers, ids, dates and addresses in the final answer stand in what tools returned or in what the user said.

    It sees facts that were made up and facts that were miscopied; not those that are worked out (a sum of two prices counts as made up),
    and none that are words. An answer without such facts, or a session without tool results, does not apply.

    Parameters
    ----------
    minimum
        Which share of the facts has to be found.
    name
        What its results are kept under; by default "grounded_in_tool_results".

    Raises
    ------
    InputError
        The minimum is not from 0 to 1.

    Examples
    --------
    >>> from workbench import graders
    >>> from workbench.evidence import AgentLoop, Step
    >>> found = Step(1, 1, "tool", tool_name="find", tool_result='{"order": "A-17", "total": 1250}')
    >>> loop = AgentLoop("s", (found, Step(2, 1, "assistant", text="Order A-17 comes to $1,250, by 2026-03-01.")))
    >>> graders.grounded_in_tool_results().result(loop).reason
    '1 of 3 facts is not in what the agent was told: 2026-03-01'
    """
    share_of("minimum", minimum)

    def grounded(loop: AgentLoop) -> Score | None:
        told = [
            text
            for step in loop.steps
            for text in ((step.tool_result,) if step.kind in {"tool", "retrieval"} else (step.text,))
            if text and step.kind != "assistant"
        ]
        returned = any(step.tool_result for step in loop.steps if step.kind in {"tool", "retrieval"})
        stated = facts(answer_of(loop))
        if not stated or not returned:
            return None
        source = "\n".join(told)
        known, folded = set(numbers(source)), source.casefold()
        missing = [
            text for text, value in stated.items() if not (value in known if value is not None else _says(folded, text))
        ]
        share = 1 - len(missing) / len(stated)
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        verb = "is" if len(missing) == 1 else "are"
        reason = (
            f"{len(missing)} of {len(stated)} facts {verb} not in what the agent was told: {', '.join(missing[:_SHOWN])}{more}"
            if missing
            else f"all {len(stated)} facts are in what the agent was told"
        )
        return Score(share, share >= minimum, reason)

    criterion = "the facts in the final answer stand in what the agent was told"
    return made("grounded_in_tool_results", grounded, criterion=criterion, name=name, minimum=minimum)


def _says(source: str, fact: str) -> bool:
    """Whether a text stands there as a word of its own."""
    return re.search(rf"(?<!\w){re.escape(fact.casefold())}(?!\w)", source) is not None


def facts(text: str) -> dict[str, float | None]:
    """What can be looked up in a text: by its words, with its value where it is a number."""
    found: dict[str, float | None] = {}
    rest = _LIST.sub("\n", text)
    for pattern in (_ADDRESS, _DAY, _CODE):
        for match in pattern.findall(rest):
            fact = match.rstrip(".,;:!?")
            if not _ORDINAL.fullmatch(fact):
                found[fact] = None
        rest = pattern.sub(" ", rest)
    for value in numbers(rest):
        if abs(value) >= _SMALL or not value.is_integer():
            found[f"{value:,.15g}"] = value
    return found
