"""Requests that depend on one another: what the first one changed has to be seen by the second."""

from __future__ import annotations

from .agent import arguments_for, begin, confirm, consult, get_order, look_up, speak
from .desk import Desk
from .plan import Request, money
from .replies import ANSWER

__all__ = ["second"]

_REVERSED = ("The refund is taken back, so that I could order a new one. ", "I've reversed the refund first. ", "Since a refund was booked, I cancelled it. ")


def second(desk: Desk, request: Request, combination: str, *, heeds: bool) -> None:
    """Handle the second request of a combination.

    Parameters
    ----------
    desk
        Where it happens.
    request
        The second request.
    combination
        A key of `plan.COMBINATIONS`.
    heeds
        Whether the agent takes into account what the first request changed. Where not, each step is right on its own.
    """
    begin(desk, request)
    rng, customer, order = desk.rng, desk.customer, request.order
    match combination:
        case "both_remedies":
            if rng.random() < 0.5:
                get_order(desk, order)
            if heeds:
                desk.call("reverse_refund", {"order_id": order.order_id}, {"status": "reversed", "amount": order.item.price})
                _replace(desk, request, order.address, lead=rng.choice(_REVERSED))
            else:
                desk.blame()
                _replace(desk, request, order.address)
        case "moved":
            get_order(desk, order)
            if not heeds:
                desk.blame()
            _replace(desk, request, customer.new_address if heeds else order.address)
        case "paused":
            if heeds:
                desk.call("get_subscription", {"user_id": customer.user_id}, _paused_record(desk, request))
                desk.say(speak(desk, ANSWER["sub_next"], request, date=_paused_date(desk, request)))
            else:
                desk.blame()
                desk.say(speak(desk, ANSWER["sub_next"], request, date=f"{customer.subscription.next_date:%B %d}"))
        case "spent_card":
            left = max(0.0, round(customer.card.balance - order.total, 2))
            if heeds:
                desk.call("get_gift_card", {"code": customer.card.code}, {"code": customer.card.code, "balance": left, "expires": customer.card.expires.isoformat()})
            else:
                desk.blame()
            desk.say(speak(desk, ANSWER["gift_balance"], request, left=money(left if heeds else customer.card.balance)))
        case _:
            _refund_after_credit(desk, request, heeds=heeds)


def _replace(desk: Desk, request: Request, address: str, lead: str = "") -> None:
    tool, arguments, result = arguments_for(desk, request)
    desk.call(tool, arguments | {"ship_to": address}, result)
    confirm(desk, request, lead=lead, addr=address)


def _paused_record(desk: Desk, request: Request) -> object:
    return arguments_for(desk, Request("pause_subscription", request.order, facts=request.facts))[2]


def _paused_date(desk: Desk, request: Request) -> str:
    record = _paused_record(desk, request)
    assert isinstance(record, dict)
    year, month, day = (int(part) for part in str(record["next_delivery"]).split("-"))  # pyright: ignore[reportUnknownArgumentType]
    return f"{type(desk.customer.today)(year, month, day):%B %d}"


def _refund_after_credit(desk: Desk, request: Request, *, heeds: bool) -> None:
    look_up(desk, request)
    if desk.rng.random() < 0.5:
        consult(desk, "returns", request.order.item.department)
    price = request.order.item.price
    credit = float(request.facts["drop"].replace("$", "").replace(",", ""))
    amount = round(price - credit, 2) if heeds else price
    tool, arguments, result = arguments_for(desk, request)
    if not heeds:
        desk.blame()
    desk.call(tool, arguments | {"amount": amount}, result | {"amount": amount})
    confirm(desk, request, amount=money(amount))
