"""What happened in a session, before anybody writes it down as telemetry."""

from __future__ import annotations

from dataclasses import dataclass, field

from .policies import Document
from .world import Customer

__all__ = ["Call", "Event", "Failure", "Retrieval", "Say", "Session", "Turn"]


@dataclass(slots=True)
class Failure:
    """How a tool failed: on the wire (`raised`), or politely inside its result."""

    kind: str
    message: str
    raised: bool = True
    result: dict[str, object] = field(default_factory=dict[str, object])  # what came back where nothing was raised


@dataclass(slots=True)
class Call:
    """A tool call and what came back."""

    tool: str
    arguments: dict[str, object]
    result: object
    failure: Failure | None = None
    wrong: bool = False


@dataclass(slots=True)
class Retrieval:
    """A search in the knowledge base."""

    query: str
    found: list[tuple[Document, bool, float]]  # document, whether its end of validity is stated, score
    wrong: bool = False


@dataclass(slots=True)
class Say:
    """The agent's words to the customer."""

    text: str
    wrong: bool = False


Event = Call | Retrieval | Say


@dataclass(slots=True)
class Turn:
    """A customer's message, and all that the agent did about it."""

    user: str
    events: list[Event] = field(default_factory=list[Event])

    @property
    def answer(self) -> str:
        """The last words of the turn."""
        return next((event.text for event in reversed(self.events) if isinstance(event, Say)), "")


@dataclass(slots=True)
class Session:
    """One conversation under one release."""

    number: int
    task_id: str
    session_id: str
    release: str
    customer: Customer
    started: int  # nanoseconds since the epoch
    turns: list[Turn] = field(default_factory=list[Turn])
    subject: str = ""
    intent: str = ""
    mode: str | None = None
    variant: str | None = None
    wrong_turn: int | None = None  # 1-based
    noticed: bool = False  # the customer saw that something was wrong
