"""All sessions of both releases: who fails how, and what customers do about it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from .acts import WRONG_DEEDS
from .agent import plainly
from .asks import DOUBT, PUSHBACK, REPEAT, THANKS
from .desk import Desk
from .modes import MODES, Mode
from .plan import Plan, Request, make_plan
from .questions import handle
from .record import Session
from .replies import REASSURE, SORRY, WELCOME
from .speech import WRONG_WORDS
from .together import second
from .words import phrase, pick

__all__ = ["EVERY_MODE", "RELEASES", "Traffic", "assign", "draw"]


def _interleave(one: tuple[Mode, ...], other: tuple[Mode, ...]) -> list[Mode]:
    return [mode for at in range(max(len(one), len(other))) for mode in (*one[at : at + 1], *other[at : at + 1])]


EVERY_MODE: Final = (*MODES, *_interleave(WRONG_DEEDS, WRONG_WORDS))
"""All failure modes, the most frequent first; the first eight make up the shipped sample."""
RELEASES: Final = {"baseline": "1.4.0", "candidate": "1.5.0"}
# The candidate meets the same requests three weeks later, with orders that are as old as they were for the baseline.
_FIRST_DAY: Final = {"baseline": date(2025, 9, 8), "candidate": date(2025, 9, 29)}
_RATE: Final = 0.28
_REPEATS: Final = {"stable": 0.62, "fixed": 0.06, "broken": 0.85}  # share of the baseline's failures that fail again


@dataclass(frozen=True, slots=True)
class Traffic:
    """The plans, and which session of which release fails how."""

    seed: int
    plans: dict[str, list[Plan]]  # by arm; they differ in their dates only
    modes: tuple[Mode, ...]
    failing: dict[str, dict[int, Mode]]  # arm → session number → mode

    def sessions(self, arm: str) -> Iterator[Session]:
        """Play all sessions of a release, in the order of their start."""
        for plan in self.plans[arm]:
            yield draw(self.seed, plan, arm, self.failing[arm].get(plan.number))


def _shares(count: int) -> list[float]:
    weights = [1 / (rank + 1.6) ** 0.95 for rank in range(count)]
    return [weight / sum(weights) for weight in weights]


def assign(seed: int, sessions: int, modes: int) -> Traffic:
    """Plan the traffic and choose which sessions fail how.

    Parameters
    ----------
    seed
        Decides everything.
    sessions
        How many sessions a release has.
    modes
        How many of the failure modes occur, the most frequent first.
    """
    if not 1 <= modes <= len(EVERY_MODE):
        msg = f"{modes} modes were asked for; there are {len(EVERY_MODE)}: choose 1 to {len(EVERY_MODE)}"
        raise ValueError(msg)
    chosen = EVERY_MODE[:modes]
    every = {
        arm: [make_plan(seed, number, sessions, day) for number in range(sessions)] for arm, day in _FIRST_DAY.items()
    }
    plans = every["baseline"]
    places = {mode.name: [plan.number for plan in plans if mode.places(plan)] for mode in chosen}
    rng = Random(f"{seed}/modes")
    wanted = {mode.name: round(sessions * _RATE * share) for mode, share in zip(chosen, _shares(modes), strict=True)}
    baseline: dict[int, Mode] = {}
    candidate: dict[int, Mode] = {}
    for mode in sorted(chosen, key=lambda one: len(places[one.name])):  # the choosy ones first
        _take(rng, baseline, mode, places[mode.name], wanted[mode.name])
    for mode in sorted(chosen, key=lambda one: len(places[one.name])):
        before = [number for number, one in baseline.items() if one is mode]
        again = [number for number in before if rng.random() < _REPEATS[mode.fate]]
        for number in again:
            candidate.setdefault(number, mode)
        more = {
            "stable": len(before) - len(again) + rng.randrange(-2, 3),
            "fixed": 0,
            "broken": round(sessions * 0.07),
        }[mode.fate]
        fresh = [number for number in places[mode.name] if number not in baseline]
        _take(rng, candidate, mode, fresh, more)
    return Traffic(seed, every, chosen, {"baseline": baseline, "candidate": candidate})


def _take(rng: Random, taken: dict[int, Mode], mode: Mode, places: list[int], count: int) -> None:
    free = [number for number in places if number not in taken]
    for number in rng.sample(free, min(max(0, count), len(free))):
        taken[number] = mode


def draw(seed: int, plan: Plan, arm: str, mode: Mode | None) -> Session:
    """Play one session under one release."""
    release = RELEASES[arm]
    key = hashlib.blake2b(f"{seed}/{release}/{plan.number}".encode(), digest_size=6).hexdigest()
    rng = Random(f"{seed}/{plan.number}/{release}")
    session = Session(plan.number, plan.task_id, f"conv-{key}", release, plan.customer, plan.started)
    desk = Desk(plan, session, rng)
    places = mode.places(plan) if mode else []
    at = Random(f"{seed}/{plan.number}/place").choice(places) if places else None
    doubted = not plan.doubts
    for index, request in enumerate(plan.requests):
        later = sum(one.cost for one in plan.requests[index + 1 :])
        if index == at and mode is not None:
            session.mode = mode.name
            session.variant = mode.play(desk, request)
            session.subject, session.intent = request.order.item.category, request.key
            if desk.room > later and rng.random() < mode.seen:
                _protest(desk, request, desk.room - later)
            continue
        if index == plan.combined_at and plan.combination:
            second(desk, request, plan.combination, heeds=True)
        else:
            handle(desk, request)
        if desk.room > later and not doubted and rng.random() < 0.6:
            doubted = True
            _doubt(desk)
    if not session.subject:
        session.subject, session.intent = plan.requests[0].order.item.category, plan.requests[0].key
    if desk.room > 0 and plan.thanks and (not session.noticed or rng.random() < 0.25):
        desk.customer_says(THANKS)
        desk.say(plainly(desk, WELCOME, plan.requests[-1]))
    return session


def _protest(desk: Desk, request: Request, spare: int) -> None:
    """The customer sees that something is wrong; the agent does not come round."""
    rng = desk.rng
    desk.session.noticed = True
    before = desk.gist
    if rng.random() < 0.4:
        desk.user(desk.plan.style.write(rng, phrase(rng, pick(rng, REPEAT), ask=request.core)))
    else:
        desk.customer_says(PUSHBACK)
    desk.say(phrase(rng, pick(rng, SORRY), answer=before))
    if spare > 1 and rng.random() < 0.25:
        desk.customer_says(PUSHBACK)
        desk.say(phrase(rng, pick(rng, SORRY), answer="I've noted your feedback."))


def _doubt(desk: Desk) -> None:
    """The customer asks whether it is really so, and it is."""
    before = desk.gist
    desk.customer_says(DOUBT)
    desk.say(phrase(desk.rng, pick(desk.rng, REASSURE), answer=before))
