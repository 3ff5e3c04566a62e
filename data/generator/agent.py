"""How the agent works when it works: every request handled as it should be."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from .desk import Desk
from .plan import ACTIONS, FAMILY_OF, Request, fields_of, money
from .policies import FAMILIES, Document, documents
from .record import Failure
from .replies import ACK, ANSWER, ASK_ID, CANNOT, DECLINE, DONE, MORE, OBSTACLE
from .asks import GIVE_ID
from .words import phrase, pick
from .world import Order

__all__ = ["answer", "arguments_for", "begin", "confirm", "consult", "decline", "handle", "inform", "look_up", "perform", "search_failure", "speak"]

_DIRECT: Final = {"invoice", "callback", "cancel", "gift_card_apply"}  # needs no more than the order number
_FAILURES: Final[tuple[tuple[str, str, bool], ...]] = (
    ("TimeoutError", "no answer from {service} within 10 s", True), ("HTTPError", "502 Bad Gateway from {service}", True),
    ("ValidationError", "field '{argument}' was rejected by {service}", True), ("ConflictError", "record is locked by another process", True),
    ("failed", "{service} could not finish the operation", False), ("rejected", "rule 17: not allowed in state '{state}'", False),
    ("pending_review", "above the automatic limit, waits for approval", False), ("error", "duplicate key, nothing written", False),
)  # fmt: skip


def speak(desk: Desk, templates: tuple[str, ...], request: Request, *, plain: bool = False, **changes: str) -> str:
    """Write one of several replies, with the release's courtesies around it."""
    values = fields_of(request, desk.customer) | changes
    body = phrase(desk.rng, pick(desk.rng, templates), **values)
    if plain:
        return body
    release = desk.session.release
    lead = phrase(desk.rng, pick(desk.rng, ACK[release]), **values)
    return f"{lead} {body}".lstrip() + pick(desk.rng, MORE[release])


def begin(desk: Desk, request: Request) -> None:
    """Hear the request, and ask for the order number where nothing says which order it is."""
    desk.user(request.ask)
    if request.vague:
        desk.say(speak(desk, ASK_ID, request))
        desk.customer_says(GIVE_ID, **fields_of(request, desk.customer))


def get_order(desk: Desk, order: Order, request: Request | None = None) -> None:
    """Read one order."""
    record = order.record()
    if request is not None and request.waived:
        record["note"] = f"late return approved by supervisor, {request.facts['ref']}"
    desk.call("get_order", {"order_id": order.order_id}, record)


def search_orders(desk: Desk, query: str) -> None:
    """Search the customer's orders."""
    rows = [{"order_id": one.order_id, "item": one.item.name, "placed": one.placed.isoformat(), "status": one.status}
            for one in desk.customer.orders[:6]]  # fmt: skip
    desk.call("search_orders", {"user_id": desk.customer.user_id, "query": query}, rows)


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
    elif request.key in _DIRECT and request.by_id and not request.forbidden and desk.rng.random() < 0.6:
        return
    elif request.by_id or request.vague or request.back:
        get_order(desk, request.order, request)
    else:
        search_orders(desk, request.order.item.name)
        if request.waived or desk.rng.random() < 0.65:
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
        found = [(before, says, top), (now, False, low)] if rng.random() < 0.7 else [(now, False, top), (before, says, low)]
    elif rng.random() < 0.55:
        found = [(now, False, top)]
    else:
        found = [(now, False, top), (before, says, low)] if rng.random() < 0.7 else [(before, says, top), (now, False, low)]
    if rng.random() < 0.35:
        found.append((other, False, round(low - rng.uniform(0.05, 0.2), 3)))
    query = phrase(rng, pick(rng, ("{family} {dept}", "{dept} {family} policy", "what are the rules for {family}, {dept}", "current {family} terms")),
                   family=family.replace("_", " "), dept=department)  # fmt: skip
    desk.retrieve(query, found)
    return before if stale else now


def arguments_for(desk: Desk, request: Request, order: Order | None = None) -> tuple[str, dict[str, object], dict[str, object]]:
    """The tool, arguments and good result that carry out an action."""
    customer, facts = desk.customer, request.facts
    order = order or request.order
    item, ref = order.item, facts["ref"]
    who = {"order_id": order.order_id}
    drop = float(facts["drop"].replace("$", "").replace(",", ""))
    paused = customer.subscription.next_date + timedelta(weeks=int(facts["weeks"]))
    number = desk.rng.randrange(10_000, 99_999)
    match request.key:
        case "refund":
            return "refund_order", {**who, "sku": item.sku, "amount": item.price}, {"refund_id": f"R-{number}", "status": "succeeded", "amount": item.price}
        case "cancel":
            return "cancel_order", who, {**who, "status": "cancelled", "released": order.total}
        case "change_address":
            return "update_address", {**who, "address": customer.new_address}, {**who, "status": "updated", "ship_to": customer.new_address}
        case "price_adjust":
            return "issue_credit", {**who, "amount": drop, "reason": "price adjustment"}, {"credit_id": f"C-{number}", "status": "booked", "amount": drop}
        case "replace":
            return "create_replacement", {**who, "sku": item.sku, "ship_to": order.address}, {"replacement_id": ref, "status": "created"}
        case "warranty":
            return "create_warranty_claim", {**who, "sku": item.sku, "issue": "defective"}, {"claim_id": ref, "status": "open"}
        case "pause_subscription":
            sub = customer.subscription
            return "pause_subscription", {"subscription_id": sub.subscription_id, "weeks": int(facts["weeks"])}, sub.record("paused", paused)
        case "invoice":
            return "send_invoice", {**who, "email": customer.email}, {"invoice": f"I-{number}", "status": "sent"}
        case "gift_card_apply":
            left = max(0.0, round(customer.card.balance - order.total, 2))
            return "apply_gift_card", {**who, "code": customer.card.code}, {"status": "applied", "covered": round(customer.card.balance - left, 2)}
        case "update_email":
            return "update_account", {"user_id": customer.user_id, "email": customer.new_email}, {"status": "updated"}
        case "move":
            return "update_account", {"user_id": customer.user_id, "address": customer.new_address}, {"status": "updated"}
        case "pickup":
            return "schedule_pickup", {**who, "day": facts["day"], "address": order.address}, {"pickup_id": ref, "status": "booked"}
        case _:
            return "create_ticket", {**who, "topic": "complaint", "contact": "email"}, {"ticket_id": ref, "status": "open"}


def search_failure(desk: Desk, tool: str, arguments: dict[str, object]) -> Failure:
    """Draw a way in which a tool fails."""
    kind, message, raised = desk.rng.choice(_FAILURES)
    service = {"refund_order": "payments", "issue_credit": "payments", "apply_gift_card": "cards"}.get(tool, "order-service")
    text = message.format(service=service, argument=pick(desk.rng, list(arguments)), state=pick(desk.rng, ("archived", "on_hold", "in_transfer")))
    return Failure(kind, text, raised)


def fail(desk: Desk, tool: str, arguments: dict[str, object], failure: Failure) -> None:
    """Call a tool that fails."""
    desk.call(tool, arguments, {"status": failure.kind, "message": failure.message}, failure)


def left_on_card(desk: Desk, order: Order) -> str:
    """What remains on the gift card after paying an order with it."""
    return money(max(0.0, round(desk.customer.card.balance - order.total, 2)))


def confirm(desk: Desk, request: Request, *, lead: str = "", order: Order | None = None, **changes: str) -> None:
    """Tell the customer that it is done."""
    if request.key == "gift_card_apply":
        changes.setdefault("left", left_on_card(desk, request.order))
    told = Request(request.key, order, facts=request.facts) if order else request
    templates = ("Your account address is {addr} now.", "I've updated your profile to {addr}.") if request.key == "move" else DONE[request.key]
    desk.say(f"{lead} {speak(desk, templates, told, plain=bool(lead), **changes)}".strip())


def perform(desk: Desk, request: Request) -> bool:
    """Carry out an action with the troubles of the day; tells the customer where it cannot be done.

    Returns
    -------
    bool
        Whether it was done.
    """
    rng = desk.rng
    tool, arguments, result = arguments_for(desk, request)
    luck = rng.random()
    if luck < 0.06:
        fail(desk, tool, arguments, search_failure(desk, tool, arguments))
        if rng.random() < 0.4:
            fail(desk, tool, arguments, search_failure(desk, tool, arguments))
        problem = desk.session.turns[-1].events[-1]
        desk.call("create_ticket", {"topic": tool}, {"ticket_id": request.facts["ref"], "status": "open"})
        message = getattr(problem, "failure", None)
        desk.say(speak(desk, CANNOT, request, problem=message.message if message else "no answer"))
        return False
    if luck < 0.13:
        for _ in range(rng.choice((1, 1, 2, 3))):
            fail(desk, tool, arguments, Failure("TimeoutError", "no answer from order-service within 10 s"))
    desk.call(tool, arguments, result)
    confirm(desk, request, lead=phrase(rng, pick(rng, OBSTACLE)) if luck < 0.13 else "")
    return True


def decline(desk: Desk, request: Request, document: Document) -> None:
    """Tell the customer that the rules do not allow it."""
    desk.say(speak(desk, DECLINE[request.key], request, value=document.value, doc=document.document_id))


def act(desk: Desk, request: Request) -> None:
    """Handle a request for an action."""
    rng, department = desk.rng, request.order.item.department
    look_up(desk, request)
    if request.key == "update_email":
        _verify(desk, request)
        return
    family = FAMILY_OF.get(request.key)
    if family and (request.forbidden or rng.random() < 0.25):
        document = consult(desk, family, department)
        if request.forbidden:
            decline(desk, request, document)
            return
    perform(desk, request)


def _verify(desk: Desk, request: Request) -> None:
    document = consult(desk, "account", request.order.item.department) if desk.rng.random() < 0.5 else None
    desk.call("send_verification", {"user_id": desk.customer.user_id, "to": desk.customer.email}, {"status": "sent"})
    desk.say(speak(desk, DECLINE["update_email"], request, doc=document.document_id if document else "Account changes"))
    code = str(desk.rng.randrange(100_000, 999_999))
    if request.forbidden:
        if desk.room > 1 and desk.rng.random() < 0.4:
            desk.customer_says(("I can't read mails there any more.", "I have no access to the old one, just change it", "There is no code. Can't you just do it?"))
            desk.say(speak(desk, ("I'm sorry, without the code I can't change it. You can verify with an ID at {city} support desk.", "I understand, but I'm not able to skip this step. Identification by post is the alternative.",
                                  "Without the code there is no way for me to do it; our security team can help by post."), request))  # fmt: skip
        return
    desk.customer_says(("The code is {code}", "{code}", "ok it's {code}", "Got it: {code}"), code=code)
    desk.call("verify_code", {"user_id": desk.customer.user_id, "code": code}, {"status": "verified"})
    perform(desk, request)


def inform(desk: Desk, request: Request, *, stale: str | None = None, **changes: str) -> None:
    """Answer a question, from the rules or from a tool."""
    family = FAMILY_OF.get(request.key) if request.key not in ACTIONS else None
    if family:
        if stale == "only":
            desk.blame()
        document = consult(desk, family, request.order.item.department, stale=stale)
        if stale == "first":
            desk.blame()
        desk.say(speak(desk, ANSWER[request.key], request, value=document.value, doc=document.document_id, **changes))
        return
    answer(desk, request, **changes)


def answer(desk: Desk, request: Request, **changes: str) -> None:
    """Answer a question from what the tools return."""
    customer, order, rng = desk.customer, request.order, desk.rng
    values = dict(changes)
    match request.key:
        case "status" | "tracking":
            look_up(desk, request)
            if request.key == "tracking" and order.status == "shipped":
                desk.call("track_shipment", {"tracking": order.tracking}, {"carrier": order.carrier, "last_scan": request.facts["city"], "eta": order.eta.isoformat()})
            templates = ANSWER[request.key if order.status == "shipped" else "status"]
            if order.delivered is not None:
                values.setdefault("date", f"{order.delivered:%B %d}")
                templates = ("Order {order} was delivered on {date}.", "The {item} arrived on {date} according to {carrier}.", "It's marked as {status} since {date}.")
            desk.say(speak(desk, templates, request, **values))
        case "history":
            search_orders(desk, "*")
            values.setdefault("orders", ", ".join(f"{one.item.name} ({one.order_id})" for one in customer.orders[:4]))
            desk.say(speak(desk, ANSWER["history"], request, **values))
        case "recommend":
            budget = float(request.facts["budget"].lstrip("$"))
            rows = [{"name": f"{pick(rng, ('Alder', 'Nordby', 'Velo', 'Kanto', 'Brisk', 'Lumo', 'Tarn'))} {order.item.name.split()[-1]}", "price": round(budget * share, 2), "stock": rng.randrange(1, 40)}
                    for share in (rng.uniform(0.5, 0.97), rng.uniform(1.05, 1.5), rng.uniform(0.6, 1.3))]  # fmt: skip
            rng.shuffle(rows)
            desk.call("search_products", {"query": order.item.name, "max_price": budget} if rng.random() < 0.6 else {"query": order.item.name}, rows)
            fits = next(row for row in rows if float(str(row["price"])) <= budget)
            values = {"found": str(fits["name"]), "price": money(float(str(fits["price"])))} | values
            desk.say(speak(desk, ANSWER["recommend"], request, **values))
        case "spec":
            desk.call("get_product", {"sku": order.item.sku}, {"sku": order.item.sku, "name": order.item.name, "weight_kg": float(request.facts["weight"]), "size_cm": request.facts["size"]})
            desk.say(speak(desk, ANSWER["spec"], request, **values))
        case "sub_next":
            look_up(desk, request)
            values.setdefault("date", f"{customer.subscription.next_date:%B %d}")
            desk.say(speak(desk, ANSWER["sub_next"], request, **values))
        case _:
            look_up(desk, request)
            desk.say(speak(desk, ANSWER["gift_balance"], request, **values))


def handle(desk: Desk, request: Request) -> None:
    """Handle a request from the customer's message to the agent's last word, as it should be."""
    begin(desk, request)
    if request.key in ACTIONS or request.key == "move":
        act(desk, request)
    else:
        inform(desk, request)

