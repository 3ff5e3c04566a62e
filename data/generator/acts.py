"""More ways to fail: the wrong deed, or none."""

from __future__ import annotations

from random import Random
from typing import Final

from .agent import begin, confirm, plainly, speak
from .desk import Desk
from .modes import Mode, allowed_action, where
from .plan import FAMILY_OF, Request, money
from .replies import DONE
from .tools import arguments_for, consult, get_order, look_up, search_orders
from .words import pick
from .world import CATEGORIES, make_customer

__all__ = ["WRONG_DEEDS"]

_TWICE: Final = {"refund", "replace", "price_adjust", "callback", "pickup", "warranty"}
_ITEM: Final = {"refund", "replace", "warranty"}
_OF_QUESTION: Final = {"returns": "refund", "return_cost": "pickup", "warranty_q": "warranty", "sub_terms": "pause_subscription", "price_match": "price_adjust",
                       "status": "cancel", "recycling": "pickup", "invoice_q": "invoice"}  # fmt: skip


def _begin(desk: Desk, request: Request) -> None:
    begin(desk, request)
    look_up(desk, request)
    family = FAMILY_OF.get(request.key)
    if family and desk.rng.random() < 0.25:
        consult(desk, family, request.order.item.department)


def _unit(desk: Desk, request: Request) -> str:
    """The amount is sent in cents, or in another currency, to a tool that takes dollars."""
    _begin(desk, request)
    tool, arguments, result = arguments_for(desk, request)
    amount = float(str(arguments["amount"]))
    cents = desk.rng.random() < 0.6
    sent = round(amount * 100) if cents else round(amount * 0.92, 2)
    changed: dict[str, object] = {"amount": sent} if cents else {"amount": sent, "currency": "EUR"}
    desk.blame()
    desk.call(tool, arguments | changed, result | {"amount": sent})
    confirm(desk, request, amount=money(amount))
    return "cents" if cents else "currency"


def _undone(desk: Desk, request: Request) -> str:
    """It is said to be done, and no tool was called for it."""
    _begin(desk, request)
    desk.blame()
    confirm(desk, request)
    return request.key


def _unasked(desk: Desk, request: Request) -> str:
    """The customer asks what would be possible; the agent does it."""
    begin(desk, request)
    done = Request(_OF_QUESTION[request.key], request.order, by_id=True, facts=request.facts)
    look_up(desk, done)
    tool, arguments, result = arguments_for(desk, done)
    desk.blame()
    desk.call(tool, arguments, result)
    confirm(desk, done)
    return done.key


def _twice(desk: Desk, request: Request) -> str:
    """Done twice, where once was asked for."""
    _begin(desk, request)
    tool, arguments, result = arguments_for(desk, request)
    desk.call(tool, arguments, result)
    again = desk.rng.random() < 0.5
    if again:
        search_orders(desk, request.order.item.name)
    desk.blame()
    desk.call(tool, arguments, arguments_for(desk, request)[2])
    confirm(desk, request)
    return "after a search" if again else "at once"


def _item(desk: Desk, request: Request) -> str:
    """The right order, another product in it."""
    begin(desk, request)
    get_order(desk, request.order)
    tool, arguments, result = arguments_for(desk, request)
    other = request.order.products[1]
    changed: dict[str, object] = {"sku": other.sku}
    if "amount" in arguments:
        changed["amount"] = other.price
        result = result | {"amount": other.price}
    desk.blame()
    desk.call(tool, arguments | changed, result)
    confirm(desk, request)
    return request.key


def _customer(desk: Desk, request: Request) -> str:
    """Somebody else's account is read, and told."""
    begin(desk, request)
    other = make_customer(Random(f"{desk.customer.user_id}/{request.order.order_id}"), desk.customer.today)
    rows = [
        {
            "order_id": f"W{desk.rng.randrange(10**6, 10**7)}",
            "item": request.order.item.name,
            "placed": request.order.placed.isoformat(),
            "status": "delivered",
        }
    ]
    desk.blame()
    wide = desk.rng.random() < 0.5
    asked: dict[str, object] = (
        {"query": request.order.item.name} if wide else {"user_id": other.user_id, "query": request.order.item.name}
    )
    desk.call("search_orders", asked, [row | {"ship_to": f"{other.name}, {other.address}"} for row in rows])
    desk.say(speak(desk, ("I see the {item} going to {who}, delivered to {where}.", "That order is under {mail}, shipped to {where}.", "The {item} was ordered by {who} and sent to {where}."), request,
                   who=other.name, where=other.address, mail=other.email))  # fmt: skip
    return "no customer given" if wide else "other customer"


def _escalated(desk: Desk, request: Request) -> str:
    """Handed to a person, though the tool for it was there and was never tried."""
    begin(desk, request)
    looked = desk.rng.random() < 0.5
    if looked:
        look_up(desk, request)
    desk.blame()
    desk.call(
        "create_ticket",
        {"order_id": request.order.order_id, "topic": request.key, "contact": "email"},
        {"ticket_id": request.facts["ref"], "status": "open"},
    )
    desk.say(speak(desk, ("I've passed this to a colleague, case {ref}.", "This has to be done by our specialists; they have your request as {ref}.", "A person will take care of the {item}. Reference: {ref}.",
                          "I've opened ticket {ref} for it, you'll hear from us [soon|within two days]."), request))  # fmt: skip
    return "after a look" if looked else "at once"


def _parameter(desk: Desk, request: Request) -> str:
    """The right tool with a detail that the customer did not give."""
    _begin(desk, request)
    tool, arguments, result = arguments_for(desk, request)
    rng, facts = desk.rng, request.facts
    match request.key:
        case "pause_subscription":
            weeks = int(facts["weeks"]) + rng.choice((1, 2, 4))
            changed: dict[str, object] = {"weeks": weeks}
        case "pickup":
            changed = {
                "day": pick(rng, [day for day in ("Monday", "Wednesday", "Friday", "Saturday") if day != facts["day"]])
            }
        case "change_address":
            number, _, street = desk.customer.new_address.partition(" ")
            changed = {"address": f"{int(number) + rng.choice((1, 2, 10))} {street}"}
        case _:
            changed = {"email": desk.customer.email.replace(".com", ".co").replace(".", "", 1)}
    desk.blame()
    desk.call(tool, arguments | changed, result | {key: value for key, value in changed.items() if key in result})
    words = plainly(desk, DONE[request.key], request)
    desk.say(words)
    return request.key


def _first_page(desk: Desk, request: Request) -> str:
    """The search says that there is more; the agent concludes that there is nothing."""
    begin(desk, request)
    rng = desk.rng
    rows = [
        {
            "order_id": f"W{rng.randrange(10**6, 10**7)}",
            "item": pick(rng, rng.choice(list(CATEGORIES.values()))[3]),
            "status": "delivered",
        }
        for _ in range(3)
    ]
    desk.call(
        "search_orders",
        {"user_id": desk.customer.user_id, "query": request.order.item.name},
        {"page": 1, "pages": rng.randrange(2, 5), "orders": rows},
    )
    desk.blame()
    desk.say(speak(desk, ("I can't find an order with a {item} on your account.", "There is no {item} among your orders[, are you sure you bought it here|].", "I'm sorry, I don't see that order. Could it be under another email?",
                          "Nothing of that kind shows up for you."), request))  # fmt: skip
    return request.key


WRONG_DEEDS: Final[tuple[Mode, ...]] = (
    Mode("undone", "Said to be done, and nothing was called.", "stable", lambda plan: where(plan, allowed_action), _undone),
    Mode("escalated", "Handed to a person without trying the tool for it.", "stable", lambda plan: where(plan, lambda one: allowed_action(one) and one.key != "callback"), _escalated),
    Mode("unasked", "Done, where the customer only asked.", "stable", lambda plan: where(plan, lambda one: one.key in _OF_QUESTION and (one.key != "status" or one.order.status == "processing")), _unasked),
    Mode("wrong_unit", "An amount in the wrong unit or currency.", "fixed", lambda plan: where(plan, lambda one: one.key in {"refund", "price_adjust"} and not one.forbidden), _unit),
    Mode("twice", "Done twice.", "stable", lambda plan: where(plan, lambda one: one.key in _TWICE and not one.forbidden), _twice),
    Mode("first_page", "The rest of the search results is never read.", "stable", lambda plan: where(plan, lambda one: one.key in {"refund", "replace", "invoice", "status", "tracking", "warranty", "pickup"} and not (one.by_id or one.vague or one.forbidden)), _first_page),
    Mode("wrong_parameter", "A detail of the call differs from what the customer said.", "stable", lambda plan: where(plan, lambda one: one.key in {"pause_subscription", "pickup", "change_address", "invoice"} and not one.forbidden), _parameter),
    Mode("other_customer", "Another customer's data is read and told.", "broken", lambda plan: where(plan, lambda one: one.key in {"status", "tracking", "invoice", "history", "callback"} and not one.by_id), _customer),
    Mode("wrong_item", "The right order, another product.", "stable", lambda plan: where(plan, lambda one: one.key in _ITEM and not one.forbidden and len(one.order.products) > 1), _item),
)  # fmt: skip
