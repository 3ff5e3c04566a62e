"""How the agent works when it works: every request handled as it should be."""

from __future__ import annotations

from .asks import GIVE_ID
from .desk import Desk
from .plan import FAMILY_OF, Request, fields_of
from .policies import Document
from .record import Failure
from .replies import ACK, ASK_ID, CANNOT, DECLINE, DONE, MORE, OBSTACLE
from .tools import arguments_for, consult, draw_failure, fail, left_on_card, look_up
from .words import phrase, pick
from .world import Order

__all__ = ["act", "begin", "confirm", "decline", "perform", "plainly", "speak"]


def plainly(desk: Desk, templates: tuple[str, ...], request: Request, **changes: str) -> str:
    """Write one of several replies."""
    desk.gist = phrase(desk.rng, pick(desk.rng, templates), **(fields_of(request, desk.customer) | changes))
    return desk.gist


def speak(desk: Desk, templates: tuple[str, ...], request: Request, **changes: str) -> str:
    """Write one of several replies, with the release's courtesies around it."""
    body = plainly(desk, templates, request, **changes)
    release = desk.session.release
    lead = phrase(desk.rng, pick(desk.rng, ACK[release]), name=desk.customer.name)
    return f"{lead} {body}".lstrip() + pick(desk.rng, MORE[release])


def begin(desk: Desk, request: Request) -> None:
    """Hear the request, and ask for the order number where nothing says which order it is."""
    desk.user(request.ask)
    if request.vague:
        desk.say(speak(desk, ASK_ID, request))
        desk.customer_says(GIVE_ID, **fields_of(request, desk.customer))


def confirm(desk: Desk, request: Request, *, lead: str = "", order: Order | None = None, **changes: str) -> None:
    """Tell the customer that it is done."""
    if request.key == "gift_card_apply":
        changes.setdefault("left", left_on_card(desk, request.order))
    told = Request(request.key, order, facts=request.facts) if order else request
    templates = (
        ("Your account address is {addr} now.", "I've updated your profile to {addr}.")
        if request.key == "move"
        else DONE[request.key]
    )
    words = plainly(desk, templates, told, **changes) if lead else speak(desk, templates, told, **changes)
    desk.say(f"{lead} {words}".lstrip())


def perform(desk: Desk, request: Request) -> bool:
    """Carry out an action with the troubles of the day; tells the customer where it cannot be done.

    Returns
    -------
    bool
        Whether it was done.
    """
    rng = desk.rng
    tool, arguments, result = arguments_for(desk, request)
    luck = 1.0 if request.sure else rng.random()
    if luck < 0.06:
        failure = draw_failure(desk, tool, arguments)
        for _ in range(rng.choice((1, 1, 2))):
            fail(desk, tool, arguments, failure)
        desk.call("create_ticket", {"topic": tool}, {"ticket_id": request.facts["ref"], "status": "open"})
        desk.say(speak(desk, CANNOT, request, problem=failure.message))
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
            desk.customer_says(
                (
                    "I can't read mails there any more.",
                    "I have no access to the old one, just change it",
                    "There is no code. Can't you just do it?",
                )
            )
            desk.say(speak(desk, ("I'm sorry, without the code I can't change it. You can verify with an ID at {city} support desk.", "I understand, but I'm not able to skip this step. Identification by post is the alternative.",
                                  "Without the code there is no way for me to do it; our security team can help by post."), request))  # fmt: skip
        return
    desk.customer_says(("The code is {code}", "{code}", "ok it's {code}", "Got it: {code}"), code=code)
    desk.call("verify_code", {"user_id": desk.customer.user_id, "code": code}, {"status": "verified"})
    perform(desk, request)
