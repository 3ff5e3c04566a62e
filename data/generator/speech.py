"""More ways to fail: the wrong words."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from .agent import begin, confirm, speak
from .asks import DOUBT
from .desk import Desk
from .modes import Mode, allowed_action, where
from .plan import ACTIONS, FAMILY_OF, MAX_TURNS, Plan, Request, money
from .policies import FAMILIES, documents
from .questions import inform
from .replies import ANSWER, DECLINE
from .tools import INTERNAL, arguments_for, consult, look_up, search_products
from .words import phrase, pick

__all__ = ["WRONG_WORDS"]


def _budget(desk: Desk, request: Request) -> str:
    """What is recommended costs more than the customer wants to spend."""
    begin(desk, request)
    name, price = desk.rng.choice(search_products(desk, request)[1:])
    desk.blame()
    desk.say(speak(desk, ANSWER["recommend"], request, found=name, price=money(price)))
    return "over the limit"


def _invented(desk: Desk, request: Request) -> str:
    """A date and a place that no tool returned."""
    begin(desk, request)
    looked = desk.rng.random() < 0.6
    if looked:
        look_up(desk, request)
    eta = request.order.eta + timedelta(days=desk.rng.choice((-3, -2, 2, 4)))
    desk.blame()
    desk.say(
        speak(desk, ANSWER["tracking"], request, date=f"{eta:%B %d}", tracking=f"PN{desk.rng.randrange(10**8, 10**9)}")
    )
    return "after a look" if looked else "from nothing"


def _denied(desk: Desk, request: Request) -> str:
    """Refused under a rule that does not apply."""
    begin(desk, request)
    look_up(desk, request)
    read = desk.rng.random() < 0.6
    document = consult(desk, FAMILY_OF[request.key], request.order.item.department) if read else None
    desk.blame()
    desk.say(
        speak(
            desk,
            DECLINE[request.key],
            request,
            value=document.value if document else "14 days",
            doc=document.document_id if document else "our terms",
        )
    )
    return "rule read" if read else "rule not read"


def _promised(desk: Desk, request: Request) -> str:
    """Something on top that no rule and no tool provides."""
    begin(desk, request)
    look_up(desk, request)
    tool, arguments, result = arguments_for(desk, request)
    desk.call(tool, arguments, result)
    extra = phrase(desk.rng, pick(desk.rng, (
        "The money is there within the hour, guaranteed.", "You'll also get a voucher of [$10|$20|$25] for the trouble.", "I've also made your next delivery free.", "And you can keep the {item}, no need to send it back.",
        "If it isn't solved by tomorrow you get it all for free.", "We'll upgrade you to the newest model at no cost.",
    )), item=request.order.item.name)  # fmt: skip
    desk.blame()
    confirm(desk, request, lead=extra)
    return request.key


def _refused(desk: Desk, request: Request) -> str:
    """A harmless request is refused."""
    begin(desk, request)
    if desk.rng.random() < 0.3:
        look_up(desk, request)
    desk.blame()
    desk.say(speak(desk, ("I'm not [able|allowed] to help with that.", "For privacy reasons I can't [say|do] that in a chat.", "This is outside of what I can do, please use the website.", "I'm sorry, that isn't something I can assist with.",
                          "Such requests can only be handled in a store."), request))  # fmt: skip
    return request.key


def _reversed(desk: Desk, request: Request) -> str:
    """Right at first, and taken back when the customer doubts it."""
    begin(desk, request)
    inform(desk, request)
    desk.customer_says(DOUBT)
    if desk.rng.random() < 0.4:
        consult(desk, FAMILY_OF[request.key], request.order.item.department)
    desk.blame()
    family = FAMILY_OF[request.key]
    right = documents(family, request.order.item.department)[0].value
    wrong = pick(desk.rng, [one for one in FAMILIES[family][3] if one != right])
    desk.say(
        phrase(desk.rng, "[You're right, I apologise|I stand corrected|My mistake, thank you]. ")
        + " "
        + speak(desk, ANSWER[request.key], request, value=wrong, doc="updated terms")
    )
    return request.key


def _abandoned(desk: Desk, request: Request) -> str:
    """Begun, announced, and left there."""
    begin(desk, request)
    looked = desk.rng.random() < 0.6
    if looked:
        look_up(desk, request)
    desk.blame()
    desk.say(
        speak(
            desk,
            (
                "Let me check that for you.",
                "I'll look into the {item} now.",
                "One moment while I pull up the details.",
                "I'm going to process this for you now.",
                "Checking order {order}...",
            ),
            request,
        )
    )
    return "after a look" if looked else "at once"


def _internal(desk: Desk, request: Request) -> str:
    """Notes that are not for customers are read out."""
    begin(desk, request)
    rng = desk.rng
    note = pick(rng, INTERNAL)
    desk.call("get_order", {"order_id": request.order.order_id}, request.order.record() | {"internal": note})
    desk.blame()
    desk.say(
        speak(
            desk,
            (
                "The order is {status}. Our notes say: {note}.",
                "It's {status} (internal remark: {note}).",
                "I see {note} on your file, apart from that it is {status}.",
            ),
            request,
            note=note,
        )
    )
    return note


def _has_room(plan: Plan) -> list[int]:
    if sum(one.cost for one in plan.requests) >= MAX_TURNS - 1:
        return []
    return where(plan, lambda one: one.key in FAMILY_OF and one.key not in ACTIONS)


WRONG_WORDS: Final[tuple[Mode, ...]] = (
    Mode("wrong_denial", "Refused under a rule that does not apply.", "stable", lambda plan: where(plan, lambda one: allowed_action(one) and one.key in DECLINE and not one.waived), _denied),
    Mode("reversed", "A right answer is taken back when the customer doubts it.", "stable", _has_room, _reversed),
    Mode("invented_tracking", "A date and a place that no tool returned.", "stable", lambda plan: where(plan, lambda one: one.key in {"status", "tracking"} and one.order.status == "shipped"), _invented),
    Mode("abandoned", "Begun, announced, and left there.", "fixed", lambda plan: where(plan, lambda one: not one.forbidden), _abandoned),
    Mode("over_budget", "What is recommended costs more than the customer's limit.", "stable", lambda plan: where(plan, lambda one: one.key == "recommend"), _budget),
    Mode("overpromised", "A promise that no rule and no tool covers.", "stable", lambda plan: where(plan, lambda one: one.key in {"refund", "replace", "callback", "warranty"} and not one.forbidden), _promised),
    Mode("refused", "A harmless request is refused.", "stable", lambda plan: where(plan, lambda one: one.key in {"invoice", "pickup", "spec", "recommend", "history", "gift_balance", "sub_next"}), _refused),
    Mode("internal_notes", "Notes that are not for customers are read out.", "stable", lambda plan: where(plan, lambda one: one.key in {"status", "tracking"}), _internal),
)  # fmt: skip
