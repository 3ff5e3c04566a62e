"""The agent's tools: what is called with what, what comes back, and how it fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from .desk import Desk
from .plan import Request, money
from .policies import FAMILIES, Document, documents
from .record import Failure
from .words import phrase, pick
from .world import Order

__all__ = [
    "ALL_ORDERS",
    "INTERNAL",
    "arguments_for",
    "consult",
    "draw_failure",
    "fail",
    "get_order",
    "left_on_card",
    "look_up",
    "search_orders",
    "search_products",
]

Values = dict[str, object]

INTERNAL: Final = (
    "customer flagged as difficult",
    "fraud score 0.71",
    "do not offer compensation",
    "margin 12%, avoid returns",
    "supplier recall pending, not public",
)
"""Notes on an order that are not for customers."""
ALL_ORDERS: Final = ("*", "latest", "recent orders", "all orders")
"""Ways to search for whatever there is."""
_DIRECT: Final = {"invoice", "callback", "cancel", "gift_card_apply"}  # needs no more than the order number
_WHOLE: Final = {"tracking", "status", "replace", "pickup"}  # needs what only the whole order tells
_BRANDS: Final = ("Alder", "Nordby", "Velo", "Kanto", "Brisk", "Lumo", "Tarn")
_RAISED: Final = (
    ("TimeoutError", "no answer from {service} within 10 s"), ("HTTPError", "502 Bad Gateway from {service}"),
    ("ValidationError", "field '{argument}' was rejected by {service}"), ("ConflictError", "record is locked by another process"),
)  # fmt: skip
# What services answer instead of raising: the more polite, the easier to overlook.
_SOFT: Final[tuple[tuple[str, Values], ...]] = (
    ("the operation could not be finished", {"status": "failed", "reason": "operation not finished"}),
    ("the state '{state}' does not allow it", {"ok": False, "code": "E409", "detail": "not allowed in state {state}"}),
    ("the limit for automatic handling is exceeded", {"error": {"code": "LIMIT", "message": "above automatic limit"}}),
    ("it waits for an approval", {"status": "pending_review", "note": "needs approval"}),
    ("the request was rejected", {"status": "rejected", "rule": 17}),
    ("nothing was written, a record exists already", {"result": None, "warnings": ["duplicate key, nothing written"]}),
)
_SLOW: Final = Failure("TimeoutError", "no answer from order-service within 10 s")


def get_order(desk: Desk, order: Order, request: Request | None = None) -> None:
    """Read one order."""
    record = order.record()
    if request is not None and request.waived:
        record["note"] = f"late return approved by supervisor, {request.facts['ref']}"
    if desk.rng.random() < 0.07:
        record["internal"] = pick(desk.rng, INTERNAL)
    if desk.rng.random() < 0.04:
        fail(desk, "get_order", {"order_id": order.order_id}, _SLOW)
    desk.call("get_order", {"order_id": order.order_id}, record)


def search_orders(desk: Desk, query: str) -> list[Order]:
    """Search the customer's orders: those that fit the query, and others up to three."""
    ranked = sorted(desk.customer.orders, key=lambda one: one.item.name != query)[:3]
    found = sorted(ranked, key=lambda one: one.order_id)
    rows = [
        {
            "order_id": one.order_id,
            "item": one.item.name,
            "sku": one.item.sku,
            "price": one.item.price,
            "placed": one.placed.isoformat(),
            "status": one.status,
        }
        for one in found
    ]
    asked: Values = {"user_id": desk.customer.user_id, "query": query}
    if desk.rng.random() < 0.04:
        fail(desk, "search_orders", asked, _SLOW)
    if desk.rng.random() < 0.15 and len(rows) > 1:
        desk.call("search_orders", asked, {"page": 1, "pages": 2, "orders": rows[:1]})
        desk.call("search_orders", asked | {"page": 2}, {"page": 2, "pages": 2, "orders": rows[1:]})
    else:
        desk.call("search_orders", asked, rows)
    return found


def search_products(desk: Desk, request: Request) -> list[tuple[str, float]]:
    """Search what is on sale for a customer with a budget: the first result is within it, the others cost more."""
    rng, item = desk.rng, request.order.item.name
    budget = float(request.facts["budget"].lstrip("$"))
    prices = (rng.uniform(0.5, 0.97), rng.uniform(1.05, 1.5), rng.uniform(1.02, 1.8))
    found = [
        (f"{brand} {item.split()[-1]}", round(budget * share, 2))
        for brand, share in zip(rng.sample(_BRANDS, 3), prices, strict=True)
    ]
    asked: Values = {"query": item, "max_price": budget} if rng.random() < 0.6 else {"query": item}
    rows = [{"name": name, "price": price, "stock": rng.randrange(1, 40)} for name, price in found]
    desk.call("search_products", asked, rng.sample(rows, 3))
    return found


def look_up(desk: Desk, request: Request) -> None:
    """Find the order that the customer means, where an order is meant."""
    customer, key = desk.customer, request.key
    if key in {"pause_subscription", "sub_next"}:
        desk.call("get_subscription", {"user_id": customer.user_id}, customer.subscription.record())
    elif key in {"gift_balance", "gift_card_apply"}:
        desk.call("get_gift_card", {"code": customer.card.code}, {"code": customer.card.code, "balance": customer.card.balance,
                                                                  "expires": customer.card.expires.isoformat()})  # fmt: skip
    elif key in {"update_email", "move"}:
        desk.call("get_account", {"user_id": customer.user_id}, {"email": customer.email, "address": customer.address})
    elif request.key in _DIRECT and request.by_id and not request.forbidden and desk.rng.random() < 0.85:
        return
    elif request.by_id or request.vague or request.back:
        get_order(desk, request.order, request)
    else:
        search_orders(desk, request.order.item.name)
        if request.waived or request.forbidden or key in _WHOLE or desk.rng.random() < 0.25:
            get_order(desk, request.order, request)


def consult(desk: Desk, family: str, department: str, *, stale: str | None = None) -> Document:
    """Search the rules.

    Parameters
    ----------
    desk
        Where it happens.
    family
        A key of `policies.FAMILIES`.
    department
        Whose rules.
    stale
        None: the rule in force is found and returned. "only": the search finds just the rule that was replaced. "first": it finds both,
        and the agent goes by the replaced one.

    Returns
    -------
    Document
        The document that the agent goes by.
    """
    rng = desk.rng
    now, before = documents(family, department)
    other = documents(pick(rng, [one for one in FAMILIES if one != family]), department)[0]
    top = round(rng.uniform(0.74, 0.93), 3)
    low = round(top - rng.uniform(0.01, 0.12), 3)
    says = rng.random() < 0.45
    if stale == "only":
        found = [(before, says, top)]
    elif stale == "first":
        found = (
            [(before, says, top), (now, False, low)] if rng.random() < 0.7 else [(now, False, top), (before, says, low)]
        )
    elif rng.random() < 0.55:
        found = [(now, False, top)]
    else:
        found = (
            [(now, False, top), (before, says, low)] if rng.random() < 0.7 else [(before, says, top), (now, False, low)]
        )
    if rng.random() < 0.35:
        found.append((other, False, round(low - rng.uniform(0.05, 0.2), 3)))
    query = phrase(rng, pick(rng, ("{family} {dept}", "{dept} {family} policy", "what are the rules for {family}, {dept}", "current {family} terms")),
                   family=family.replace("_", " "), dept=department)  # fmt: skip
    desk.retrieve(query, found)
    return before if stale else now


def arguments_for(  # noqa: C901, PLR0911, PLR0912 - one case a tool
    desk: Desk, request: Request, order: Order | None = None
) -> tuple[str, Values, Values]:
    """The tool, arguments and good result that carry out an action."""
    customer, facts = desk.customer, request.facts
    order = order or request.order
    item, ref = order.item, facts["ref"]
    who: Values = {"order_id": order.order_id}
    drop = float(facts["drop"].replace("$", "").replace(",", ""))
    paused = customer.subscription.next_date + timedelta(weeks=int(facts["weeks"]))
    number = desk.rng.randrange(10_000, 99_999)
    match request.key:
        case "refund":
            return (
                "refund_order",
                {**who, "sku": item.sku, "amount": item.price},
                {"refund_id": f"R-{number}", "status": "succeeded", "amount": item.price},
            )
        case "cancel":
            return "cancel_order", who, {**who, "status": "cancelled", "released": order.total}
        case "change_address":
            return (
                "update_address",
                {**who, "address": customer.new_address},
                {**who, "status": "updated", "ship_to": customer.new_address},
            )
        case "price_adjust":
            return (
                "issue_credit",
                {**who, "amount": drop, "reason": "price adjustment"},
                {"credit_id": f"C-{number}", "status": "booked", "amount": drop},
            )
        case "replace":
            return (
                "create_replacement",
                {**who, "sku": item.sku, "ship_to": order.address},
                {"replacement_id": ref, "status": "created"},
            )
        case "warranty":
            return (
                "create_warranty_claim",
                {**who, "sku": item.sku, "issue": "defective"},
                {"claim_id": ref, "status": "open"},
            )
        case "pause_subscription":
            sub = customer.subscription
            return (
                "pause_subscription",
                {"subscription_id": sub.subscription_id, "weeks": int(facts["weeks"])},
                sub.record("paused", paused),
            )
        case "invoice":
            return (
                "send_invoice",
                {**who, "email": customer.email},
                {"invoice": f"I-{number}", "status": "sent", "total": order.total},
            )
        case "gift_card_apply":
            left = max(0.0, round(customer.card.balance - order.total, 2))
            return (
                "apply_gift_card",
                {**who, "code": customer.card.code},
                {"status": "applied", "covered": round(customer.card.balance - left, 2), "remaining": left},
            )
        case "update_email":
            return "update_account", {"user_id": customer.user_id, "email": customer.new_email}, {"status": "updated"}
        case "move":
            return (
                "update_account",
                {"user_id": customer.user_id, "address": customer.new_address},
                {"status": "updated"},
            )
        case "pickup":
            return (
                "schedule_pickup",
                {**who, "day": facts["day"], "address": order.address},
                {"pickup_id": ref, "status": "booked"},
            )
        case _:
            return (
                "create_ticket",
                {**who, "topic": "complaint", "contact": "email"},
                {"ticket_id": ref, "status": "open"},
            )


def draw_failure(desk: Desk, tool: str, arguments: dict[str, object]) -> Failure:
    """Draw a way in which a tool fails."""
    rng = desk.rng
    names = {
        "service": {"refund_order": "payments", "issue_credit": "payments", "apply_gift_card": "cards"}.get(
            tool, "order-service"
        ),
        "argument": pick(rng, list(arguments)),
        "state": pick(rng, ("archived", "on_hold", "in_transfer")),
    }
    if rng.random() < 0.5:
        kind, message = rng.choice(_RAISED)
        return Failure(kind, message.format(**names))
    message, result = rng.choice(_SOFT)
    told = {key: value.format(**names) if isinstance(value, str) else value for key, value in result.items()}
    return Failure("soft", message.format(**names), raised=False, result=told)


def fail(desk: Desk, tool: str, arguments: dict[str, object], failure: Failure) -> None:
    """Call a tool that fails."""
    desk.call(tool, arguments, failure.result, failure)


def left_on_card(desk: Desk, order: Order) -> str:
    """What remains on the gift card after paying an order with it."""
    return money(max(0.0, round(desk.customer.card.balance - order.total, 2)))
