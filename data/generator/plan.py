"""What a customer wants from a session: the same requests are put to every release."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from .asks import ASKS, CLOSE, OPEN, REASON, REFER_FIRST, WHICH_BY_ITEM
from .policies import window
from .words import Style, phrase, pick
from .world import CATEGORIES, Customer, Order, make_customer, make_order

__all__ = ["ACTIONS", "COMBINATIONS", "FAMILY_OF", "MAX_TURNS", "Plan", "Request", "fields_of", "make_plan", "money"]

MAX_TURNS: Final = 8
_LONG: Final = 0.05

# key → (weight, status of the order it is about)
ACTIONS: Final[dict[str, tuple[int, str]]] = {
    "refund": (24, "delivered"), "cancel": (9, "processing"), "change_address": (9, "processing"), "price_adjust": (6, "delivered"),
    "replace": (8, "delivered"), "warranty": (6, "delivered"), "pause_subscription": (5, "any"), "invoice": (7, "delivered"),
    "gift_card_apply": (4, "processing"), "update_email": (6, "any"), "pickup": (5, "delivered"), "callback": (5, "any"),
}  # fmt: skip
_QUESTIONS: Final[dict[str, tuple[int, str]]] = {
    "returns": (8, "delivered"), "return_cost": (7, "delivered"), "refund_timing": (7, "delivered"), "warranty_q": (7, "delivered"),
    "shipping_time": (5, "any"), "shipping_cost": (5, "any"), "price_match": (5, "delivered"), "gift_expiry": (4, "any"),
    "sub_terms": (4, "any"), "recycling": (3, "any"), "invoice_q": (4, "delivered"), "status": (7, "shipped"), "tracking": (8, "shipped"),
    "gift_balance": (4, "any"), "sub_next": (4, "any"), "history": (3, "any"), "recommend": (6, "any"), "spec": (4, "delivered"),
}  # fmt: skip
FAMILY_OF: Final[dict[str, str]] = {
    "refund": "returns", "cancel": "cancellation", "change_address": "address", "price_adjust": "price_match", "update_email": "account",
    "warranty": "warranty", "pause_subscription": "subscriptions", "gift_card_apply": "gift_cards", "invoice": "invoices",
    "returns": "returns", "return_cost": "return_cost", "refund_timing": "refund_timing", "warranty_q": "warranty",
    "shipping_time": "shipping_time", "shipping_cost": "shipping_cost", "price_match": "price_match", "gift_expiry": "gift_cards",
    "sub_terms": "subscriptions", "recycling": "recycling", "invoice_q": "invoices",
}  # fmt: skip
_FORBIDDABLE: Final = {
    "refund": "delivered",
    "cancel": "shipped",
    "change_address": "shipped",
    "price_adjust": "delivered",
    "update_email": "any",
}
_NEEDS_ORDER: Final = {"refund", "cancel", "change_address", "price_adjust", "replace", "warranty", "invoice", "gift_card_apply", "pickup",
                       "callback", "status", "tracking"}  # fmt: skip
COMBINATIONS: Final[dict[str, tuple[str, str]]] = {
    "both_remedies": ("refund", "replace"), "moved": ("move", "replace"), "paused": ("pause_subscription", "sub_next"),
    "spent_card": ("gift_card_apply", "gift_balance"), "credited": ("price_adjust", "refund"),
}  # fmt: skip
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MOVE: Final = (
    "I've moved. Please put {addr} on my account[ as the new address|].", "New address from today: {addr}. Update my profile please.",
    "we changed flats, my account should say {addr} [now|from now on]",
)  # fmt: skip
_AFTER: Final[dict[str, tuple[str, ...]]] = {
    "both_remedies": ("Actually[, the {item} would be useful after all|]. Can you send me [a new|another] one [instead|]?", "Hm, I'd rather have a working {item}. Please send a replacement.",
                      "My daughter wants it after all, could I get an exchange for the {item}?"),
    "moved": ("Also, {which} arrived damaged. Please send a new one.", "And {which} came with a broken part, I need a replacement.", "One more: the {item} is defective, send me another please. {which}."),
    "paused": ("So when is the next {subitem} coming?", "And what's the next delivery date then?", "ok, on which date do I get {subitem} again?"),
    "spent_card": ("How much do I have left on the card now?", "What's left on {card} then?", "And the remaining balance?"),
    "credited": ("Thinking about it, I'd rather return {which}. Refund please.", "Actually the {item} isn't for me. Can I send it back for a refund?", "On second thoughts: please take back the {item} and refund me."),
}  # fmt: skip
_PREFERENCE: Final = (
    " By the way, I can't take phone calls[ at work|], please only write to me.", " Just so you know: no calls please, email is best.", " I'm [deaf|hard of hearing], so please contact me in writing only.",
    " (Only by email please, my phone is broken.)",
)  # fmt: skip


@dataclass(slots=True)
class Request:
    """One thing that the customer wants."""

    key: str
    order: Order
    ask: str = ""  # the whole message
    core: str = ""  # the request in it
    by_id: bool = False
    vague: bool = False  # neither number nor product: the agent has to ask
    sure: bool = False  # nothing gets in the way of it
    back: bool = False  # refers to the first order of the session
    forbidden: bool = False  # the rules do not allow it
    waived: bool = False  # they do not, but a supervisor has approved it
    facts: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def cost(self) -> int:
        """How many turns it takes at most."""
        return 2 if self.vague or self.key == "update_email" else 1


@dataclass(slots=True)
class Plan:
    """A session to be: who wants what in which order."""

    number: int
    task_id: str
    customer: Customer
    style: Style
    requests: list[Request]
    combination: str | None
    combined_at: int | None  # index of the second request of the combination
    prefers_mail: bool
    started: int
    thanks: bool
    doubts: bool


def money(value: float) -> str:
    """US dollars as people write them."""
    return f"${value:,.2f}"


def fields_of(request: Request, customer: Customer) -> dict[str, str]:
    """Everything that a phrase may mention about a request."""
    order, item, facts = request.order, request.order.item, request.facts
    paused = customer.subscription.next_date + timedelta(weeks=int(facts["weeks"]))
    return {
        "item": item.name, "dept": item.department, "order": order.order_id, "amount": money(order.total if request.key in {"cancel", "invoice"} else item.price), "name": customer.name,
        "addr": customer.new_address if request.key in {"change_address", "move"} else order.address, "drop": facts["drop"],
        "subitem": customer.subscription.product.name, "sub": customer.subscription.subscription_id, "weeks": facts["weeks"],
        "email": customer.new_email if request.key == "update_email" else customer.email, "card": customer.card.code, "day": facts["day"],
        "budget": facts["budget"], "left": money(customer.card.balance), "status": order.status, "carrier": order.carrier,
        "tracking": order.tracking, "city": facts["city"], "date": f"{paused:%B %d}" if request.key == "pause_subscription" else f"{order.eta:%B %d}",
        "days": str((customer.today - (order.placed if request.key == "price_adjust" else order.delivered or order.placed)).days), "ref": facts["ref"], "weight": facts["weight"], "size": facts["size"],
    }  # fmt: skip


def _facts(rng: Random, order: Order) -> dict[str, str]:
    price = order.item.price
    return {
        "weeks": str(rng.choice((2, 3, 4, 6, 8))), "drop": money(round(price * rng.uniform(0.05, 0.3), 2)), "day": pick(rng, _DAYS),
        "budget": f"${max(10, round(price * rng.uniform(0.7, 1.3))):d}", "city": pick(rng, ("Memphis", "Louisville", "Reno", "Columbus", "Utrecht", "Leipzig")),
        "ref": f"T-{rng.randrange(20_000, 90_000)}", "weight": f"{rng.uniform(0.2, 18):.1f}",
        "size": f"{rng.randrange(8, 90)} x {rng.randrange(5, 60)} x {rng.randrange(3, 50)}",
    }  # fmt: skip


def _order_for(rng: Random, customer: Customer, category: str, key: str, *, forbidden: bool) -> Order:
    status = {**ACTIONS, **_QUESTIONS}.get(key, (0, "any"))[1]
    if forbidden:
        status = _FORBIDDABLE[key]
    if status == "any":
        status = rng.choice(("delivered", "delivered", "shipped", "processing"))
    if status != "delivered":
        return make_order(rng, customer, category, status, rng.randrange(0, 4) + (2 if status == "shipped" else 0))
    family = "price_match" if key == "price_adjust" else "returns"
    limit = window(family, CATEGORIES[category][0])
    if forbidden:
        return make_order(rng, customer, category, status, limit + rng.randrange(4, 50))
    return make_order(
        rng,
        customer,
        category,
        status,
        rng.randrange(1, max(2, limit - (8 if key == "price_adjust" else 1))) if limit > 9 else 0,
    )


def _write_ask(
    rng: Random, request: Request, customer: Customer, templates: tuple[str, ...], *, first: bool, follows: bool
) -> str:
    values = fields_of(request, customer)
    if request.vague:
        which = pick(rng, ("my order", "an order I placed", "my last purchase", "something I bought"))
        values["item"] = pick(rng, ("thing", "product", "item"))
    elif request.by_id:
        shown = values["order"] if rng.random() > 0.12 else values["order"][1:]
        which = phrase(
            rng,
            "[order {shown}|#{shown}|{shown}|the {item} ({shown})|my {item}, order {shown}]",
            shown=shown,
            item=values["item"],
        )
    else:
        which = phrase(rng, pick(rng, WHICH_BY_ITEM), item=values["item"])
    reason = phrase(rng, pick(rng, REASON))
    core = phrase(rng, pick(rng, templates), which=which, reason=reason, **values)
    request.core = core
    if request.back:
        lead = phrase(rng, pick(rng, REFER_FIRST)) + " "
    elif follows:
        lead = ""
    else:
        lead = pick(rng, OPEN if first else ("", "", "Also, ", "Another thing: ", "And ", "Ok. ", "Next: ", "Good. "))
    goes_on = lead and lead[-2] not in ".!:" and core[:2] != "I " and core[:2] != "I'"
    text = lead + (core[0].lower() + core[1:] if goes_on else core)
    close = pick(rng, CLOSE) if first else ""
    return text + ("." if close and text[-1] not in ".!?" else "") + close


def _draw_key(rng: Random, action_share: float) -> str:
    table = ACTIONS if rng.random() < action_share else _QUESTIONS
    return rng.choices(list(table), [weight for weight, _ in table.values()])[0]


def _request(
    rng: Random, customer: Customer, key: str, category: str, known: Order | None, *, may_be_vague: bool
) -> Request:
    forbidden = key in _FORBIDDABLE and rng.random() < 0.3 and known is None
    order = known or _order_for(rng, customer, category, key, forbidden=forbidden)
    waived = forbidden and key == "refund" and rng.random() < 0.12
    request = Request(key, order, forbidden=forbidden and not waived, waived=waived, facts=_facts(rng, order))
    request.by_id = rng.random() < 0.6
    request.vague = may_be_vague and key in _NEEDS_ORDER and not request.by_id and rng.random() < 0.22
    return request


def make_plan(seed: int, number: int, total: int, first_day: date) -> Plan:
    """Make up one session's customer and requests.

    Parameters
    ----------
    seed, number
        They alone decide all of it.
    total
        How many sessions there are: they are spread over two weeks.
    first_day
        The day of the first session.
    """
    rng = Random(f"{seed}/{number}/plan")
    minute = int(14 * 24 * 60 * (number + rng.random()) / total)
    today = first_day + timedelta(minutes=minute)
    started = int((today - date(1970, 1, 1)).days) * 86_400 + (minute % 1440) * 60 + rng.randrange(60)
    customer = make_customer(rng, today)
    style = Style.draw(rng)
    category = pick(rng, list(CATEGORIES))
    kind = rng.random()
    long = kind < _LONG
    combination = pick(rng, list(COMBINATIONS)) if _LONG <= kind < _LONG + 0.095 else None
    wanted = rng.choice((6, 6, 6, 7)) if long else rng.choices((1, 2, 3, 4, 5), (85, 10, 3, 1, 1))[0]
    plan = Plan(number, f"task-{number:05d}", customer, style, [], combination, None, long and rng.random() < 0.8,
                started * 10**9, rng.random() < 0.14, rng.random() < 0.08)  # fmt: skip
    if combination:
        _combine(rng, plan, combination, category)
        wanted = max(0, wanted - 2)
    keys = [_draw_key(rng, 0.5) for _ in range(wanted)]
    if long:
        _long(rng, plan, keys, category)
    else:
        previous: Order | None = None
        extra: list[Request] = []
        for key in keys:
            stays = (
                previous is not None
                and rng.random() < 0.35
                and key in {"status", "spec", "returns", "return_cost", "warranty_q", "invoice"}
            )
            chosen = category if rng.random() < 0.7 else pick(rng, list(CATEGORIES))
            if sum(one.cost for one in extra) + len(plan.requests) >= MAX_TURNS - 2:
                break
            extra.append(_request(rng, customer, key, chosen, previous if stays else None, may_be_vague=not extra))
            previous = extra[-1].order
        before = bool(extra) and rng.random() < 0.4
        if plan.combined_at is not None and before:
            plan.combined_at += len(extra)
        plan.requests = extra + plan.requests if before else plan.requests + extra
    for _ in range(rng.choice((0, 1, 1, 1))):
        make_order(rng, customer, category, "delivered", rng.randrange(2, 80))
    for at, request in enumerate(plan.requests):
        templates = _MOVE if request.key == "move" else ASKS[request.key]
        if combination and at == plan.combined_at:
            templates = _AFTER[combination]
        text = _write_ask(rng, request, customer, templates, first=at == 0, follows=at == plan.combined_at)
        if at == 0 and plan.prefers_mail:
            text += "" if text[-1] in ".!?" else "."
            text = f"{text} {phrase(rng, pick(rng, _PREFERENCE))}"
        request.ask = style.write(rng, text)
    return plan


def _combine(rng: Random, plan: Plan, combination: str, category: str) -> None:
    one, two = COMBINATIONS[combination]
    order = _order_for(rng, plan.customer, category, one, forbidden=False)
    first = Request(one, order, by_id=rng.random() < 0.6, sure=True, facts=_facts(rng, order))
    same = combination != "moved"
    after = order if same else _order_for(rng, plan.customer, pick(rng, list(CATEGORIES)), two, forbidden=False)
    second = Request(
        two, after, by_id=not same and rng.random() < 0.5, facts=first.facts if same else _facts(rng, after)
    )
    plan.requests = [first, second]
    plan.combined_at = 1


def _long(rng: Random, plan: Plan, keys: list[str], category: str) -> None:
    """Six requests or more; from the sixth on they go back to the first order."""
    for at, key in enumerate(keys):
        back = at >= 5
        chosen = key
        if back:
            chosen = pick(rng, ("callback", "status", "invoice", "return_cost", "callback"))
        elif at == 0:
            chosen = pick(rng, ("status", "invoice", "warranty", "replace", "tracking", "refund", "pickup"))
        elif key == "update_email":
            chosen = "spec"
        known = plan.requests[0].order if back else None
        one = category if at == 0 or rng.random() < 0.5 else pick(rng, list(CATEGORIES))
        request = _request(rng, plan.customer, chosen, one, known, may_be_vague=False)
        request.back, request.by_id = back, at == 0 or (request.by_id and not back)
        plan.requests.append(request)
