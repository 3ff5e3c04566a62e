"""Requests that depend on one another: what the first one changed has to be seen by the second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from .agent import begin, confirm, speak
from .desk import Desk
from .plan import Request, money
from .replies import ANSWER
from .tools import arguments_for, consult, get_order, look_up

__all__ = ["second"]

_REVERSED = (
    "The refund is taken back, so that I could order a new one.",
    "I've reversed the refund first.",
    "Since a refund was booked, I cancelled it.",
)


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
    _SECOND[combination](desk, request, heeds)


def _after_refund(desk: Desk, request: Request, heeds: bool) -> None:
    order = request.order
    if desk.rng.random() < 0.5:
        get_order(desk, order)
    if heeds:
        desk.call("reverse_refund", {"order_id": order.order_id}, {"status": "reversed", "amount": order.item.price})
        _replace(desk, request, order.address, lead=desk.rng.choice(_REVERSED))
    else:
        desk.blame()
        _replace(desk, request, order.address)


def _after_move(desk: Desk, request: Request, heeds: bool) -> None:
    get_order(desk, request.order)
    if not heeds:
        desk.blame()
    _replace(desk, request, desk.customer.new_address if heeds else request.order.address)


def _after_pause(desk: Desk, request: Request, heeds: bool) -> None:
    subscription = desk.customer.subscription
    then = subscription.next_date
    if heeds:
        then += timedelta(weeks=int(request.facts["weeks"]))
        desk.call("get_subscription", {"user_id": desk.customer.user_id}, subscription.record("paused", then))
    else:
        desk.blame()
    desk.say(speak(desk, ANSWER["sub_next"], request, date=f"{then:%B %d}"))


def _after_payment(desk: Desk, request: Request, heeds: bool) -> None:
    card = desk.customer.card
    left = max(0.0, round(card.balance - request.order.total, 2))
    if heeds:
        desk.call(
            "get_gift_card",
            {"code": card.code},
            {"code": card.code, "balance": left, "expires": card.expires.isoformat()},
        )
    else:
        desk.blame()
    desk.say(speak(desk, ANSWER["gift_balance"], request, left=money(left if heeds else card.balance)))


def _replace(desk: Desk, request: Request, address: str, lead: str = "") -> None:
    tool, arguments, result = arguments_for(desk, request)
    desk.call(tool, arguments | {"ship_to": address}, result)
    confirm(desk, request, lead=lead, addr=address)


def _after_credit(desk: Desk, request: Request, heeds: bool) -> None:
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


_SECOND: Final[dict[str, Callable[[Desk, Request, bool], None]]] = {
    "both_remedies": _after_refund, "moved": _after_move, "paused": _after_pause, "spent_card": _after_payment, "credited": _after_credit,
}  # fmt: skip
