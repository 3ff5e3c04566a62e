"""The eight ways in which the shipped sample's agent fails, each in several variants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from .agent import act, begin, confirm, speak
from .asks import GIVE_ID
from .desk import Desk
from .plan import ACTIONS, FAMILY_OF, Plan, Request, fields_of
from .questions import inform
from .replies import ASK_ID, CANNOT
from .together import second
from .tools import arguments_for, consult, draw_failure, fail, get_order, look_up, search_orders
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


def where(plan: Plan, test: Callable[[Request], bool]) -> list[int]:
    """The requests of a plan that pass a test; those that complete a combination are left out."""
    return [at for at, one in enumerate(plan.requests) if at != plan.combined_at and not one.back and test(one)]


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
    variant = rng.choice(("search", "slip", "latest"))
    if variant == "search":
        search_orders(desk, request.order.item.name)
        if rng.random() < 0.5:
            desk.blame()
            get_order(desk, other)
    else:
        get_order(desk, request.order)
        if variant == "latest":
            search_orders(desk, "latest")
    if rng.random() < 0.4:
        consult(desk, "returns", request.order.item.department)
    tool, arguments, result = arguments_for(desk, request, other)
    desk.blame()
    desk.call(tool, arguments, result)
    hidden = rng.random() < 0.55  # the words name what the customer asked for, only the call shows the other order
    confirm(desk, request, order=None if hidden else other)
    return variant


# 6 ─ going round in circles


def _loop(desk: Desk, request: Request) -> str:
    rng = desk.rng
    begin(desk, request)
    rounds = rng.choice((3, 4, 4, 5, 6))
    order = request.order
    variant = rng.choice(("same", "pair", "search"))
    tracking: dict[str, object] = {
        "carrier": order.carrier,
        "last_scan": request.facts["city"],
        "eta": order.eta.isoformat(),
    }
    for round_ in range(rounds):
        if round_ == 1:
            desk.blame()
        if variant == "search":
            consult(desk, FAMILY_OF.get(request.key, "shipping_time"), order.item.department)
        elif variant == "pair":
            get_order(desk, order)
            search_orders(desk, order.item.name)
        elif order.status == "shipped":
            desk.call("track_shipment", {"tracking": order.tracking}, tracking)
        else:
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
    rng, plan = desk.rng, desk.plan
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
    if desk.room >= 1 and rng.random() < 0.6:
        desk.blame()
        desk.say(speak(desk, ASK_ID, request))
        if desk.room >= 1:
            desk.customer_says(
                (*GIVE_ID, "I gave you that at the start: {order}", "{order}, as I said", "see above?? {order}"),
                **fields_of(request, desk.customer),
            )
            _finish(desk, request)
        return "asks again"
    latest = plan.requests[max(0, plan.requests.index(request) - 1)].order
    latest = latest if latest is not request.order else plan.customer.orders[-1]
    desk.blame()
    _finish(desk, Request(request.key, latest, by_id=True, facts=request.facts))
    return "other order"


def _finish(desk: Desk, request: Request) -> None:
    if request.key in ACTIONS:
        act(desk, request)
    else:
        inform(desk, request)


def _late(plan: Plan) -> list[int]:
    return [at for at, one in enumerate(plan.requests) if one.back and at >= 5]


# most frequent first
MODES: Final[tuple[Mode, ...]] = (
    Mode("tool_error_as_success", "A tool fails and the agent says that it is done.", "fixed", lambda plan: where(plan, allowed_action), _error_as_success),
    Mode("wrong_question", "A correct answer to a question that was not asked.", "stable", lambda plan: where(plan, lambda one: one.key in CONFUSED and not one.forbidden), _wrong_question),
    Mode("stale_document", "The answer follows a rule that has been replaced.", "fixed", lambda plan: where(plan, lambda one: one.key in FAMILY_OF and one.key not in ACTIONS), _stale),
    Mode("wrong_order_refund", "The refund goes to another order than the one meant.", "fixed", lambda plan: where(plan, lambda one: one.key == "refund" and not one.forbidden and bool(_others(plan, one))), _wrong_order),
    Mode("loop", "The same steps again and again, without a result.", "stable", lambda plan: where(plan, lambda one: one.key not in {"recommend", "spec", "update_email"} and not one.forbidden), _loop),
    Mode("combination", "Each step is right, together they are wrong.", "stable", lambda plan: [plan.combined_at] if plan.combined_at is not None else [], _combination),
    Mode("lost_context", "What the customer said at the start is lost after turn five.", "stable", _late, _lost_context),
    Mode("policy_broken", "The agent does what the rules forbid.", "broken", lambda plan: where(plan, lambda one: one.forbidden), _policy),
)  # fmt: skip
