"""Graders for the support agent: what the team checks by code, from the steps of a session alone.

Each is a quick, honest heuristic. Two kinds of failure have none: whether the question that was asked is the one that was
answered, and whether two steps fit together, nobody has found a rule for.
"""

from __future__ import annotations

import re
from datetime import date
from typing import cast

from workbench.evidence import AgentLoop, Step
from workbench.grade import Score, grader

_ORDER = re.compile(r"\bw?(\d{7})\b", re.IGNORECASE)
_ADMITS = re.compile(
    r"\b(sorry|unfortunately|apologi[sz]e|could ?n[o']t|did ?n[o']t|not able|unable|failed|refused|try again|no changes)\b",
    re.IGNORECASE,
)
_READS = ("get_", "search_", "track_", "verify_")
_DAYS = re.compile(r"(\d+) days")
_ENDED = re.compile(r"Valid until (\d{4}-\d{2}-\d{2})")


def _said(turn: tuple[Step, ...]) -> str:
    return " ".join(step.text or "" for step in turn if step.kind == "assistant")


def _named(text: str) -> set[str]:
    return set(_ORDER.findall(text))


def _documents(steps: tuple[Step, ...]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for step in steps:
        if step.kind == "retrieval" and step.result:
            found += cast("list[dict[str, str]]", step.result)
    return found


@grader(criterion="A tool error is told to the customer, or made good", version="1")
def tool_errors_admitted(loop: AgentLoop) -> Score | None:
    """Fails where a tool that changes something failed, never succeeded in that turn, and the reply does not say so."""
    failed = False
    for turn in loop.turns:
        for step in turn:
            if step.kind != "tool" or not step.failed or (step.tool_name or "").startswith(_READS):
                continue
            failed = True
            again = any(one.tool_name == step.tool_name and not one.failed for one in turn if one.number > step.number)
            if not again and not _ADMITS.search(_said(turn)):
                return Score(
                    0, passed=False, reason=f"{step.tool_name} failed, the reply does not say so", evidence=[step]
                )
    return Score(1, passed=True) if failed else None


@grader(criterion="A refund goes to the order that the customer named", version="1")
def refund_to_named_order(loop: AgentLoop) -> Score | None:
    """Applies where the customer gave a number in the turn of the refund or in the one before."""
    checked = False
    before = ""
    for turn in loop.turns:
        asked = " ".join(step.text or "" for step in turn if step.kind == "user")
        named = _named(asked) or _named(before)
        before = asked
        for step in turn:
            if step.tool_name != "refund_order" or step.failed or not named:
                continue
            checked = True
            if not _named(str(step.arguments.get("order_id", ""))) & named:
                return Score(
                    0,
                    passed=False,
                    reason=f"refunded {step.arguments.get('order_id')}, named were {sorted(named)}",
                    evidence=[step],
                )
    return Score(1, passed=True) if checked else None


@grader(criterion="The same call is not made again and again", version="1")
def no_loops(loop: AgentLoop) -> Score | None:
    """Fails from the fourth identical call in a turn, and from the fourth search for documents."""
    if not any(step.kind in {"tool", "retrieval"} for step in loop.steps):
        return None
    for turn in loop.turns:
        counts: dict[tuple[str | None, str | None], int] = {}
        for step in turn:
            if step.kind in {"tool", "retrieval"}:
                key = (step.tool_name, step.tool_arguments)
                counts[key] = counts.get(key, 0) + 1
                if counts[key] > 3:
                    return Score(
                        0,
                        passed=False,
                        reason=f"{step.tool_name or 'the search'} was called {counts[key]} times",
                        evidence=[step],
                    )
    return Score(1, passed=True)


@grader(criterion="Refunds, cancellations and changes stay within the rules", version="1")
def within_policy(loop: AgentLoop) -> Score | None:
    """Knows three rules: the return window of the document that was read, nothing after shipping, no new email without a code."""
    checked = False
    orders: dict[str, dict[str, str]] = {}
    verified = False
    for step in loop.steps:
        if step.kind != "tool" or step.failed:
            continue
        verified = verified or step.tool_name == "verify_code"
        if step.tool_name == "get_order":
            orders[step.arguments.get("order_id", "")] = cast("dict[str, str]", step.result or {})
        order = orders.get(step.arguments.get("order_id", ""), {})
        problem = ""
        if step.tool_name in {"cancel_order", "update_address"} and order:
            checked, problem = True, "the order has shipped" if order.get("status") == "shipped" else ""
        elif step.tool_name == "update_account" and "email" in step.arguments:
            checked, problem = True, "" if verified else "no code was confirmed"
        elif step.tool_name == "refund_order" and "delivered" in order and step.at:
            rules = [one for one in _documents(loop.steps[: step.number]) if one["id"].startswith("RET-")]
            days = _DAYS.search(max(rules, key=lambda one: one["id"][-4:])["content"]) if rules else None
            if days:
                age = (step.at.date() - date.fromisoformat(order["delivered"])).days
                checked, problem = True, f"delivered {age} days ago" if age > int(days[1]) else ""
        if problem:
            return Score(0, passed=False, reason=f"{step.tool_name}: {problem}", evidence=[step])
    return Score(1, passed=True) if checked else None


@grader(criterion="Answers follow the rule in force, not one that was replaced", version="1")
def current_document(loop: AgentLoop) -> Score | None:
    """Compares the figures of the answer with the versions found; ids end in the year and month of the version."""
    checked = False
    for turn in loop.turns:
        documents, said = _documents(turn), _said(turn)
        for document in documents:
            family = document["id"].rpartition("-")[0]
            versions = sorted(
                (one for one in documents if one["id"].rpartition("-")[0] == family), key=lambda one: one["id"]
            )
            ended = _ENDED.search(document["content"])
            if document is versions[-1] and not ended:
                continue
            checked = True
            old = set(re.findall(r"\d[\d.-]*", document["content"].split(". ", 2)[-1]))
            new = (
                set(re.findall(r"\d[\d.-]*", versions[-1]["content"].split(". ", 2)[-1]))
                if document is not versions[-1]
                else set[str]()
            )
            quoted = set(re.findall(r"\d[\d.-]*", said))
            if document["id"] in said or quoted & (old - new):
                step = next(one for one in turn if one.kind == "retrieval")
                return Score(0, passed=False, reason=f"goes by {document['id']}", evidence=[step])
    return Score(1, passed=True) if checked else None


@grader(criterion="The customer is not asked for what was already given", version="1")
def not_asked_twice(loop: AgentLoop) -> Score | None:
    """Looks for a question after the order number when the customer has already given one."""
    given, asked = False, False
    for step in loop.steps:
        if step.kind == "user":
            given = given or bool(_named(step.text or ""))
        elif step.kind == "assistant" and re.search(
            r"order (number )?(is|number)[^.]*\?|which order", step.text or "", re.IGNORECASE
        ):
            asked = True
            if given:
                return Score(0, passed=False, reason="asks for an order number again", evidence=[step])
    return Score(1, passed=True) if asked else None


GRADERS = (
    tool_errors_admitted,
    refund_to_named_order,
    no_loops,
    within_policy,
    current_document,
    not_asked_twice,
)
