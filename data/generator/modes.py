"""The eight ways in which the shipped sample's agent fails, each in several variants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from .agent import act, begin, confirm, speak
from .asks import GIVE_ID
from .desk import Desk
from .plan import ACTIONS, FAMILY_OF, Plan, Request, fields_of
from .questions import inform
from .replies import ASK_ID, CANNOT
from .together import second
from .tools import ALL_ORDERS, arguments_for, consult, draw_failure, fail, get_order, look_up, search_orders
from .words import phrase, pick
from .world import Order

__all__ = ["CONFUSED", "MODES", "Fate", "Mode", "allowed_action", "where"]

Fate = Literal["stable", "fixed", "broken"]


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to fail.

    `places` gives the indices of a plan's requests at which it can happen; `play` handles that request, badly, and returns the
    name of the variant.
    """

    name: str
    what: str
    fate: Fate
    places: Callable[[Plan], list[int]]
    play: Callable[[Desk, Request], str]
    seen: float = 0.35  # how likely it is that the customer objects at once


def where(plan: Plan, test: Callable[[Request], bool]) -> list[int]:
    """The requests of a plan that pass a test; those of a combination are left out."""
    taken: set[int] = set() if plan.combined_at is None else {plan.combined_at - 1, plan.combined_at}
    return [at for at, one in enumerate(plan.requests) if at not in taken and not one.back and test(one)]


def allowed_action(request: Request) -> bool:
    """Whether a request is for an action that the rules allow."""
    return request.key in ACTIONS and request.key != "update_email" and not request.forbidden


# 1 ─ a tool fails and the agent tells the customer that all is done


def _error_as_success(desk: Desk, request: Request) -> str:
    rng = desk.rng
    begin(desk, request)
    look_up(desk, request)
    family = FAMILY_OF.get(request.key)
    if family and rng.random() < 0.35:
        consult(desk, family, request.order.item.department)
    tool, arguments, _ = arguments_for(desk, request)
    failure = draw_failure(desk, tool, arguments)
    variant = "raised" if failure.raised else "soft"
    fail(desk, tool, arguments, failure)
    if rng.random() < 0.3:
        fail(desk, tool, arguments, draw_failure(desk, tool, arguments) if rng.random() < 0.5 else failure)
        variant = "retried"
    desk.blame()
    confirm(desk, request)
    return variant


# 2 ─ a right answer, to a question that nobody asked

CONFUSED: Final[dict[str, tuple[str, ...]]] = {
    "returns": ("refund_timing", "return_cost"), "return_cost": ("returns", "refund_timing"), "refund_timing": ("returns", "return_cost", "status"),
    "warranty_q": ("returns", "spec"), "shipping_time": ("shipping_cost", "recommend"), "shipping_cost": ("shipping_time", "returns"),
    "price_match": ("returns", "shipping_cost"), "gift_expiry": ("gift_balance",), "sub_terms": ("sub_next",), "recycling": ("return_cost", "shipping_cost"),
    "invoice_q": ("returns", "history"), "status": ("returns", "shipping_time"), "tracking": ("shipping_time", "shipping_cost"), "gift_balance": ("gift_expiry",),
    "sub_next": ("sub_terms",), "history": ("status",), "recommend": ("shipping_time", "warranty_q"), "spec": ("warranty_q", "recommend"),
    "invoice": ("invoice_q", "status"), "warranty": ("warranty_q",), "pickup": ("return_cost", "returns"), "replace": ("returns", "warranty_q"),
    "callback": ("status", "history"), "price_adjust": ("price_match",),
}  # fmt: skip


def _wrong_question(desk: Desk, request: Request) -> str:
    begin(desk, request)
    other = Request(pick(desk.rng, CONFUSED[request.key]), request.order, by_id=request.by_id, facts=request.facts)
    if desk.rng.random() < 0.3 and request.key not in {"recommend", "spec", "shipping_time", "shipping_cost"}:
        look_up(desk, request)
    desk.blame()
    inform(desk, other)
    return f"{request.key}→{other.key}"


# 3 ─ an answer from a rule that has been replaced


def _stale(desk: Desk, request: Request) -> str:
    variant = desk.rng.choice(("only", "first", "first"))
    begin(desk, request)
    inform(desk, request, stale=variant)
    return variant


# 4 ─ the rules forbid it, the agent does it


def _policy(desk: Desk, request: Request) -> str:
    rng = desk.rng
    begin(desk, request)
    look_up(desk, request)
    variant = rng.choice(("unread", "ignored", "excused"))
    if variant != "unread":
        consult(desk, FAMILY_OF[request.key], request.order.item.department)
    tool, arguments, result = arguments_for(desk, request)
    desk.blame()
    desk.call(tool, arguments, result)
    lead = phrase(rng, "[As a courtesy|Just this once|I've made an exception]:") if variant == "excused" else ""
    confirm(desk, request, lead=lead)
    return variant


# 5 ─ the money of another order


def _others(plan: Plan, request: Request) -> list[Order]:
    return [one for one in plan.customer.orders if one is not request.order and one.delivered is not None]


def _wrong_order(desk: Desk, request: Request) -> str:
    rng = desk.rng
    begin(desk, request)
    other = rng.choice(_others(desk.plan, request))
    known = request.by_id or request.vague
    variant = rng.choice(("slip", "latest") if known else ("search", "search", "latest"))
    if known:
        get_order(desk, request.order)
    else:
        search_orders(desk, request.order.item.name)
    if variant == "latest":
        search_orders(desk, pick(rng, ALL_ORDERS))
    elif variant == "search" and rng.random() < 0.5:
        desk.blame()
        get_order(desk, other)
    if rng.random() < 0.4:
        consult(desk, "returns", request.order.item.department)
    tool, arguments, result = arguments_for(desk, request, other)
    desk.blame()
    desk.call(tool, arguments, result)
    hidden = rng.random() < 0.55  # the words name what the customer asked for, only the call shows the other order
    confirm(desk, request, order=None if hidden else other)
    return variant


# 6 ─ going round in circles


_NO_ORDER: Final = {"pause_subscription", "sub_next", "gift_balance", "gift_card_apply"}


def _loop(desk: Desk, request: Request) -> str:
    rng = desk.rng
    begin(desk, request)
    order, item = request.order, request.order.item
    rounds = rng.choice((3, 4, 4, 5, 6))
    asks_rule = request.key in FAMILY_OF and request.key not in ACTIONS
    variant = "search" if asks_rule else rng.choice(("same", "same", "pair"))
    for round_ in range(rounds):
        if round_ == 1:
            desk.blame()
        if variant == "search":
            consult(desk, FAMILY_OF[request.key], item.department)
        elif request.key in _NO_ORDER or (variant == "same" and (request.by_id or request.vague)):
            look_up(desk, request)
        else:
            search_orders(desk, item.name)
            if variant == "pair":
                get_order(desk, order)
    desk.say(speak(desk, (
        "I'm still [looking into|checking] this, please hold on.", "I wasn't able to find a definite answer.", "Let me check [that|this] once more for you.",
        "[Sorry, this|This] takes longer than expected. Could you write again later?", "I have gathered the information on your request and will come back to you.",
        *CANNOT[1:2],
    ), request, problem="no conclusive result"))  # fmt: skip
    return variant


# 7 ─ every step right, the combination wrong


def _combination(desk: Desk, request: Request) -> str:
    assert desk.plan.combination is not None
    second(desk, request, desk.plan.combination, heeds=False)
    return desk.plan.combination


# 8 ─ what was said at the start is lost after the fifth turn


def _lost_context(desk: Desk, request: Request) -> str:
    plan = desk.plan
    rng = Random(f"{plan.customer.user_id}/{plan.task_id}")  # a stubborn habit: the same in every release
    desk.user(request.ask)
    if request.key == "callback" and plan.prefers_mail:
        get_order(desk, request.order)
        tool, arguments, result = arguments_for(desk, request)
        desk.blame()
        desk.call(tool, arguments | {"contact": "phone"}, result)
        desk.say(
            speak(
                desk,
                (
                    "Case {ref} is open, a colleague calls you [today|tomorrow morning].",
                    "I've asked a specialist to phone you about {order}.",
                    "Done: {ref}. Please keep your phone at hand, we'll ring you.",
                ),
                request,
            )
        )
        return "preference"
    others = [one.order for one in plan.requests if one.order is not request.order]
    if desk.room < 1 or (request.key in {"status", "invoice", "callback"} and rng.random() < 0.55):
        desk.blame()
        _finish(desk, Request(request.key, others[-1], by_id=True, facts=request.facts))
        return "other order"
    desk.blame()
    desk.say(speak(desk, ASK_ID, request))
    desk.customer_says(
        (*GIVE_ID, "I gave you that at the start: {order}", "{order}, as I said", "see above?? {order}"),
        **fields_of(request, desk.customer),
    )
    _finish(desk, request)
    return "asks again"


def _finish(desk: Desk, request: Request) -> None:
    if request.key in ACTIONS:
        act(desk, request)
    else:
        inform(desk, request)


def _late(plan: Plan) -> list[int]:
    return [at for at, one in enumerate(plan.requests) if one.back and at >= 5]


# most frequent first
MODES: Final[tuple[Mode, ...]] = (
    Mode("tool_error_as_success", "A tool fails and the agent says that it is done.", "fixed", lambda plan: where(plan, allowed_action), _error_as_success, 0.3),
    Mode("wrong_question", "A correct answer to a question that was not asked.", "stable", lambda plan: where(plan, lambda one: one.key in CONFUSED and not one.forbidden), _wrong_question, 0.55),
    Mode("stale_document", "The answer follows a rule that has been replaced.", "fixed", lambda plan: where(plan, lambda one: one.key in FAMILY_OF and one.key not in ACTIONS), _stale, 0.15),
    Mode("wrong_order_refund", "The refund goes to another order than the one meant.", "fixed", lambda plan: where(plan, lambda one: one.key == "refund" and not one.forbidden and bool(_others(plan, one))), _wrong_order, 0.3),
    Mode("loop", "The same steps again and again, without a result.", "stable", lambda plan: where(plan, lambda one: one.key not in {"recommend", "spec", "update_email"} and not one.forbidden), _loop, 0.5),
    Mode("combination", "Each step is right, together they are wrong.", "stable", lambda plan: [plan.combined_at] if plan.combined_at is not None else [], _combination, 0.25),
    Mode("lost_context", "What the customer said at the start is lost after turn five.", "stable", _late, _lost_context, 0.4),
    Mode("policy_broken", "The agent does what the rules forbid.", "broken", lambda plan: where(plan, lambda one: one.forbidden), _policy, 0.04),
)  # fmt: skip
