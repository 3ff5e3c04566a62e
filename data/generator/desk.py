"""Where a session happens: whoever plays the agent writes its steps here."""

from __future__ import annotations

from random import Random

from .plan import MAX_TURNS, Plan
from .policies import Document
from .record import Call, Event, Failure, Retrieval, Say, Session, Turn
from .words import phrase, pick

__all__ = ["Desk"]


class Desk:
    """A session in the making.

    Parameters
    ----------
    plan
        What the customer wants.
    session
        The record to write to.
    rng
        This release's chance.
    """

    def __init__(self, plan: Plan, session: Session, rng: Random) -> None:
        self.plan = plan
        self.customer = plan.customer
        self.session = session
        self.rng = rng
        self.gist = ""  # what the agent said last, without courtesies
        self._blame = False

    @property
    def turns(self) -> int:
        """How many turns there have been."""
        return len(self.session.turns)

    @property
    def room(self) -> int:
        """How many more turns a session may have."""
        return MAX_TURNS - self.turns

    def user(self, text: str) -> None:
        """Take a message of the customer: a turn begins."""
        self.session.turns.append(Turn(text))

    def customer_says(self, options: tuple[str, ...], **fields: object) -> None:
        """Let the customer say one of several things, in the customer's own style."""
        self.user(self.plan.style.write(self.rng, phrase(self.rng, pick(self.rng, options), **fields)))

    def blame(self) -> None:
        """Mark the next step as the one where the session first goes wrong."""
        self._blame = self.session.wrong_turn is None

    def call(self, tool: str, arguments: dict[str, object], result: object, failure: Failure | None = None) -> None:
        """Call a tool."""
        self._add(Call(tool, arguments, result, failure))

    def retrieve(self, query: str, found: list[tuple[Document, bool, float]]) -> None:
        """Search the knowledge base."""
        self._add(Retrieval(query, found))

    def say(self, text: str) -> None:
        """Write to the customer."""
        self._add(Say(text))

    def _add(self, event: Event) -> None:
        if self._blame:
            event.wrong = True
            self._blame = False
            self.session.wrong_turn = self.turns
        self.session.turns[-1].events.append(event)
