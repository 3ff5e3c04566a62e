"""Whether the agent used its tools as it should: which, with what, in which order, and not in circles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import orjson

from workbench.errors import EmptyError, InputError
from workbench.evidence import AgentLoop, Step
from workbench.grade import Grader, Score, Truth
from workbench.graders._make import made
from workbench.world import call_key

__all__ = ["no_failed_calls", "no_repeated_calls", "tool_called", "tool_not_called", "trajectory_match"]

Order = Literal["exact", "in order", "any order", "same calls", "no others"]
_ORDERS: Final = ("exact", "in order", "any order", "same calls", "no others")
_SHOWN: Final = 4


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that is expected: the tool, and the arguments that it has to have at least; None: any."""

    name: str
    arguments: Mapping[str, Any] | None = None

    def is_made_by(self, step: Step) -> bool:
        return step.tool_name == self.name and (self.arguments is None or fits(self.arguments, step.arguments))

    def __str__(self) -> str:
        return self.name if self.arguments is None else f"{self.name}({_said(self.arguments)})"


def tool_called(
    tool: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    at_least: int = 1,
    at_most: int | None = None,
    name: str | None = None,
) -> Grader:
    """Whether the agent called a tool, with the arguments that it should.

    Parameters
    ----------
    tool
        The tool's name.
    arguments
        What the call has to have among its arguments, objects within them likewise; a compiled regular expression stands for the texts
        in which it is found. None: any arguments.
    at_least, at_most
        How many such calls are right.
    name
        What its results are kept under; by default "tool_called".

    Raises
    ------
    InputError
        No number of calls is right.

    Examples
    --------
    >>> from workbench import graders
    >>> from workbench.evidence import AgentLoop, Step
    >>> loop = AgentLoop("s", (Step(1, 1, "tool", tool_name="refund", tool_arguments='{"order": 7, "note": "late"}'),))
    >>> graders.tool_called("refund", {"order": 7}).result(loop).passed
    True
    """
    if at_least < 0 or (at_most is not None and at_most < at_least):
        msg = f"no number of calls is at least {at_least} and at most {at_most}; to forbid a tool use tool_not_called({tool!r})"
        raise InputError(msg)
    wanted = _Call(tool, arguments)

    def called(loop: AgentLoop) -> Score:
        of_tool = loop.own.tool_calls(tool)
        right = [step for step in of_tool if wanted.is_made_by(step)]
        passed = at_least <= len(right) and (at_most is None or len(right) <= at_most)
        told = f"{wanted} was called {_times(len(right))}"
        if not right and of_tool:
            told = f"{tool} was called with {_said(of_tool[-1].arguments)}, not with {_said(arguments)}"
        return Score(float(passed), passed, told, right or of_tool)

    criterion = f"the agent calls {wanted}"
    return made(
        "tool_called", called, criterion=criterion, name=name,
        tool=tool, arguments=arguments, at_least=at_least, at_most=at_most,
    )  # fmt: skip


def tool_not_called(*tools: str, name: str | None = None) -> Grader:
    """Whether the agent kept its hands off tools that it must not call.

    Parameters
    ----------
    tools
        Names of the forbidden tools.
    name
        What its results are kept under; by default "tool_not_called".

    Raises
    ------
    EmptyError
        No tool was named.
    """
    if not tools:
        msg = "tool_not_called() needs the name of at least one forbidden tool"
        raise EmptyError(msg)

    def kept_off(loop: AgentLoop) -> Score:
        made_calls = [step for step in loop.own.tool_calls() if step.tool_name in tools]
        told = f"called {', '.join(sorted({step.tool_name or '' for step in made_calls}))}" if made_calls else ""
        return Score(float(not made_calls), not made_calls, told, made_calls)

    return made(
        "tool_not_called", kept_off, criterion=f"the agent does not call {', '.join(tools)}", name=name, tools=tools
    )


def trajectory_match(
    expected: Sequence[str | tuple[str, Mapping[str, Any]] | Mapping[str, Any]] | None = None,
    *,
    order: Order = "in order",
    name: str | None = None,
) -> Grader:
    """Whether the agent's tool calls are the expected ones. The value is the share of the expected calls that were made.

    Parameters
    ----------
    expected
        Names of tools, pairs of name and arguments, or dicts of `name` and `arguments`; arguments as for `tool_called`. By default those of
        the case: the first of its expected outputs or criteria that is JSON with `tool_calls`. A case without does not apply.
    order
        "exact": these calls in this order and no other. "in order": these in this order, others between them. "any order": all of these,
        and others. "same calls": these and no other, in any order. "no others": only calls that are expected, not necessarily all.
    name
        What its results are kept under; by default "trajectory_match".

    Raises
    ------
    InputError
        The order is none of these, or an expected call cannot be read.
    """
    if order not in _ORDERS:
        msg = f"order {order!r}: expected one of {', '.join(map(repr, _ORDERS))}"
        raise InputError(msg)
    given = None if expected is None else _calls(expected)

    def compared(loop: AgentLoop, wanted: Sequence[_Call]) -> Score:
        steps = loop.own.tool_calls()
        in_turn = order in {"exact", "in order"}
        pairs = _in_order(wanted, steps) if in_turn else _matching(wanted, steps)
        all_made, no_other = len(pairs) == len(wanted), len(pairs) == len(steps)
        passed = {
            "exact": all_made and no_other,
            "same calls": all_made and no_other,
            "in order": all_made,
            "any order": all_made,
            "no others": no_other,
        }[order]
        missing = [str(call) for place, call in enumerate(wanted) if place not in pairs]
        others = [step for place, step in enumerate(steps) if place not in pairs.values()]
        told = [f"not called{' in its turn' if in_turn else ''}: {_list(missing)}"] if missing else []
        if others and order in {"exact", "same calls", "no others"}:
            told.append(f"not expected: {_list([step.tool_name or 'tool' for step in others])}")
        share = len(pairs) / len(wanted) if wanted else float(no_other)
        return Score(share, passed, "; ".join(told), others if order == "no others" else [])

    def of_the_check(loop: AgentLoop) -> Score:
        return compared(loop, given or ())

    def of_the_case(loop: AgentLoop, truth: Truth) -> Score | None:
        wanted = _of_truth(truth)
        return None if wanted is None else compared(loop, wanted)

    measure = of_the_case if given is None else of_the_check
    return made(
        "trajectory_match", measure, criterion=f"the agent makes the expected tool calls ({order})", name=name,
        expected=None if given is None else [[call.name, call.arguments] for call in given], order=order,
    )  # fmt: skip


def no_repeated_calls(most: int = 2, *, name: str | None = None) -> Grader:
    """Whether the agent went in circles: the same call with the same result more often than it may be.

    Asking again until the answer changes, as one waits for a job, is no circle.

    Parameters
    ----------
    most
        How often one call may have one result.
    name
        What its results are kept under; by default "no_repeated_calls".

    Raises
    ------
    InputError
        It may not even be made once.
    """
    if most < 1:
        msg = f"no_repeated_calls({most}): expected 1 or more"
        raise InputError(msg)

    def circles(loop: AgentLoop) -> Score | None:
        steps = loop.own.tool_calls()
        if not steps:
            return None
        keys = [(call_key(step.tool_name or "", step.tool_arguments), step.tool_result, step.error) for step in steps]
        (key, times), *_ = Counter(keys).most_common(1)
        again = [step for step, own in zip(steps, keys, strict=True) if own == key]
        told = f"{again[0].tool_name} was called {_times(times)} with the same arguments and the same result"
        return Score(float(times), times <= most, told if times > most else "", again if times > most else [])

    return made("no_repeated_calls", circles, criterion="the agent does not go in circles", name=name, most=most)


def _failures(loop: AgentLoop) -> Score | None:
    steps = loop.own.tool_calls()
    if not steps:
        return None
    failed = [step for step in steps if step.failed]
    told = f"{len(failed)} of {len(steps)} tool calls failed: {_list([step.tool_name or 'tool' for step in failed])}"
    return Score(1 - len(failed) / len(steps), not failed, told if failed else "", failed)


no_failed_calls: Final[Grader] = made(
    "no_failed_calls", _failures, criterion="every tool call of the agent succeeds", name=None
)
"""Whether all tool calls succeeded, by the call or by what its result says; the value is the share that did."""


def fits(wanted: Any, found: Any) -> bool:
    """Whether what is wanted is there: objects may hold more, numbers are compared as numbers, the rest to the letter."""
    if isinstance(wanted, re.Pattern):
        return isinstance(found, str) and cast("re.Pattern[str]", wanted).search(found) is not None
    if isinstance(wanted, Mapping):
        asked = cast("Mapping[str, Any]", wanted)
        return isinstance(found, Mapping) and all(
            key in found and fits(each, found[key]) for key, each in asked.items()
        )
    if isinstance(wanted, list | tuple):
        items = cast("Sequence[Any]", wanted)
        given = cast("Sequence[Any]", found) if isinstance(found, list | tuple) else None
        return given is not None and len(items) == len(given) and all(map(fits, items, given))
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    return bool(wanted == found)


def _calls(expected: Sequence[Any]) -> tuple[_Call, ...]:
    return tuple(_call(each) for each in expected)


def _call(each: Any) -> _Call:
    if isinstance(each, str):
        return _Call(each)
    if isinstance(each, Mapping):
        given = cast("Mapping[str, Any]", each)
        each = (given.get("name"), given.get("arguments", given.get("args")))
    pair = cast("Sequence[Any]", each) if isinstance(each, list | tuple) else ()
    if len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], Mapping | None):  # noqa: PLR2004 - a pair
        return _Call(pair[0], cast("Mapping[str, Any] | None", pair[1]))
    msg = f"{each!r} is no expected tool call: give a name, (name, arguments), or a dict of name and arguments"
    raise InputError(msg)


def _of_truth(truth: Truth) -> tuple[_Call, ...] | None:
    for text in (*truth.expected_outputs, *truth.criteria):
        try:
            value: Any = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        if isinstance(value, dict) and isinstance(found := cast("dict[str, Any]", value).get("tool_calls"), list):
            return _calls(cast("list[Any]", found))
    return None


def _in_order(wanted: Sequence[_Call], steps: Sequence[Step]) -> dict[int, int]:
    """The longest common subsequence: which expected call is made by which step."""
    rows, columns = len(wanted), len(steps)
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    same = [[call.is_made_by(step) for step in steps] for call in wanted]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            here = 1 + best[row + 1][column + 1] if same[row][column] else 0
            best[row][column] = max(here, best[row + 1][column], best[row][column + 1])
    pairs: dict[int, int] = {}
    row = column = 0
    while row < rows and column < columns:
        if same[row][column] and best[row][column] == 1 + best[row + 1][column + 1]:
            pairs[row] = column
            row, column = row + 1, column + 1
        elif best[row + 1][column] >= best[row][column + 1]:
            row += 1
        else:
            column += 1
    return pairs


def _matching(wanted: Sequence[_Call], steps: Sequence[Step]) -> dict[int, int]:
    """As many expected calls as can be given a step of their own, by augmenting paths."""
    held: dict[int, int] = {}

    def give(call: int, met: set[int]) -> bool:
        for place, step in enumerate(steps):
            if place not in met and wanted[call].is_made_by(step):
                met.add(place)
                if place not in held or give(held[place], met):
                    held[place] = call
                    return True
        return False

    for call in range(len(wanted)):
        give(call, set())
    return {call: place for place, call in held.items()}


def _said(value: Any) -> str:
    text = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return text if len(text) <= 200 else f"{text[:199]}…"  # noqa: PLR2004 - a line's worth


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _times(count: int) -> str:
    return "never" if not count else "once" if count == 1 else f"{count} times"
