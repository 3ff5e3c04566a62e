"""Questions, and how the agent answers them: from the rules, or from what a tool returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .agent import act, begin, speak
from .desk import Desk
from .plan import ACTIONS, FAMILY_OF, Request, money
from .policies import documents
from .replies import ANSWER
from .tools import ALL_ORDERS, consult, look_up, search_orders, search_products
from .words import pick

__all__ = ["handle", "inform"]


def handle(desk: Desk, request: Request) -> None:
    """Handle a request from the customer's message to the agent's last word, as it should be."""
    begin(desk, request)
    if request.key in ACTIONS or request.key == "move":
        act(desk, request)
    else:
        inform(desk, request)


def inform(desk: Desk, request: Request, *, stale: str | None = None) -> None:
    """Answer a question; `stale` is as for `tools.consult`, and marks the step that goes wrong by it."""
    if request.key in FAMILY_OF and request.key not in ACTIONS:
        if stale == "only":
            desk.blame()
        document = consult(desk, FAMILY_OF[request.key], request.order.item.department, stale=stale)
        if stale == "first":
            desk.blame()
        words = speak(desk, ANSWER[request.key], request, value=document.value, doc=document.document_id)
        if not stale and desk.rng.random() < 0.02:
            before = documents(document.family, request.order.item.department)[1].value
            words += pick(desk.rng, (f" It used to be {before}.", f" (Older pages may still say {before}.)"))
        desk.say(words)
        return
    _BY_TOOL[request.key](desk, request)


def _shipment(desk: Desk, request: Request) -> None:
    order = request.order
    look_up(desk, request)
    if order.delivered is not None:
        templates = (
            "Order {order} was delivered on {date}.",
            "The {item} arrived on {date} according to the carrier.",
            "It's marked as {status} since {date}.",
        )
        desk.say(speak(desk, templates, request, date=f"{order.delivered:%B %d}"))
        return
    shipped = order.status == "shipped"
    if request.key == "tracking" and shipped:
        found: dict[str, object] = {
            "carrier": order.carrier,
            "last_scan": request.facts["city"],
            "eta": order.eta.isoformat(),
        }
        desk.call("track_shipment", {"tracking": order.tracking}, found)
        if desk.rng.random() < 0.05:
            desk.call("track_shipment", {"tracking": order.tracking}, found)
    desk.say(speak(desk, ANSWER[request.key if shipped else "status"], request))


def _history(desk: Desk, request: Request) -> None:
    found = search_orders(desk, pick(desk.rng, ALL_ORDERS))
    desk.say(
        speak(desk, ANSWER["history"], request, orders=", ".join(f"{one.item.name} ({one.order_id})" for one in found))
    )


def _recommend(desk: Desk, request: Request) -> None:
    name, price = search_products(desk, request)[0]
    desk.say(speak(desk, ANSWER["recommend"], request, found=name, price=money(price)))


def _spec(desk: Desk, request: Request) -> None:
    item, facts = request.order.item, request.facts
    desk.call(
        "get_product",
        {"sku": item.sku},
        {"sku": item.sku, "name": item.name, "weight_kg": float(facts["weight"]), "size_cm": facts["size"]},
    )
    desk.say(speak(desk, ANSWER["spec"], request))


def _next_delivery(desk: Desk, request: Request) -> None:
    look_up(desk, request)
    desk.say(speak(desk, ANSWER["sub_next"], request, date=f"{desk.customer.subscription.next_date:%B %d}"))


def _balance(desk: Desk, request: Request) -> None:
    look_up(desk, request)
    desk.say(speak(desk, ANSWER["gift_balance"], request))


_BY_TOOL: Final[dict[str, Callable[[Desk, Request], None]]] = {
    "status": _shipment, "tracking": _shipment, "history": _history, "recommend": _recommend, "spec": _spec, "sub_next": _next_delivery,
    "gift_balance": _balance,
}  # fmt: skip
