"""Sampling designs without replacement: an order of reading, and the probability of each step of it.

Chance comes from hashes of the key and the session id, so that an order depends on neither the order of the
population nor the version of a random number generator.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workbench.errors import InputError

__all__ = ["Drawn", "mixed", "simple", "stratified", "uniform"]

_CANCELLED: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Drawn:
    """One draw.

    `pool` counts what was eligible at this step; `probability` is that of this session at this step, given the
    draws before; `inclusion` that of being in the queue at all (null: has no closed form).
    """

    session_id: str
    pool: int
    probability: float
    inclusion: float | None
    because: str


def uniform(*parts: object) -> float:
    """A number in (0, 1) that the parts fix, as evenly spread as SHA-256 spreads them."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return (int.from_bytes(digest[:8], "big") + 0.5) / 2**64


def _shuffled(ids: Sequence[str], *key: object) -> list[str]:
    return sorted(ids, key=lambda each: (uniform(*key, each), each))


def simple(ids: Sequence[str], n: int, *, key: str) -> list[Drawn]:
    """Simple random sampling: each of N has the inclusion probability n/N, and 1/(N-k) at step k."""
    size = len(ids)
    return [
        Drawn(each, size - step, 1 / (size - step), n / size, f"one of {n:,} drawn at random from {size:,}")
        for step, each in enumerate(_shuffled(ids, key, "order")[:n])
    ]


def stratified(ids: Sequence[str], strata: Sequence[object], n: int, *, key: str) -> list[Drawn]:
    """Proportional allocation by largest remainder, at least one a stratum; the strata in random order.

    Inclusion is n_h/N_h. At a step, a stratum comes with the share of the places that it still has, and a session with
    one over what is left of its stratum.
    """
    members: dict[str, list[str]] = {}
    for each, stratum in zip(ids, strata, strict=True):
        members.setdefault("none" if stratum is None else str(stratum), []).append(each)
    if n < len(members):
        msg = f"{n} sessions cannot cover {len(members)} strata; draw at least {len(members)}, or leave the strata out"
        raise InputError(msg)
    places = _allocate({name: len(group) for name, group in members.items()}, n)
    chosen = {name: _shuffled(group, key, "order")[: places[name]] for name, group in members.items()}
    stratum_of = {each: name for name, group in chosen.items() for each in group}
    left, size, drawn = dict(places), {name: len(group) for name, group in members.items()}, list[Drawn]()
    queued = {name: iter(group) for name, group in chosen.items()}
    # The strata are shuffled by the ids chosen in them, then each takes its own next session.
    for step, shuffled in enumerate(_shuffled(list(stratum_of), key, "mix")):
        name = stratum_of[shuffled]
        total = len(members[name])
        drawn.append(
            Drawn(
                next(queued[name]),
                sum(size[other] for other, places_left in left.items() if places_left),
                left[name] / (n - step) / size[name],
                places[name] / total,
                f"one of {places[name]:,} drawn from {total:,} of stratum {name!r}",
            )
        )
        left[name] -= 1
        size[name] -= 1
    return drawn


def _allocate(sizes: dict[str, int], n: int) -> dict[str, int]:
    """Places a stratum: proportional, the largest remainders rounded up, none empty."""
    total = sum(sizes.values())
    exact = {name: n * size / total for name, size in sizes.items()}
    places = {name: max(1, math.floor(share)) for name, share in exact.items()}
    while sum(places.values()) > n:  # those rounded up to one are paid for by the best served
        most = max((name for name in places if places[name] > 1), key=lambda name: (places[name] - exact[name], name))
        places[most] -= 1
    while sum(places.values()) < n:
        open_to = [name for name in places if places[name] < sizes[name]]
        most = max(open_to, key=lambda name: (exact[name] - places[name], name))
        places[most] += 1
    return places


def mixed(ids: Sequence[str], scores: Sequence[float], n: int, *, audit: float, key: str) -> list[Drawn]:
    """At each step uniform with probability `audit`, else in proportion to the score, over what is left.

    Sorting by -log(u)/score draws without replacement in proportion to the score (Efraimidis and Spirakis, 2006), also where
    others are taken out on the way, since the exponential forgets.
    """
    weight = dict(zip(ids, scores, strict=True))
    at_random = _shuffled(ids, key, "order")
    informed = sorted(
        (each for each in ids if weight[each] > 0), key=lambda e: (-math.log(uniform(key, "score", e)) / weight[e], e)
    )
    rank = _ranks(scores)
    taken: set[str] = set()
    drawn: list[Drawn] = []
    total, positive = math.fsum(scores), len(informed)
    trusted = total
    next_random, next_informed = 0, 0
    for step in range(n):
        size = len(ids) - step
        by_chance = uniform(key, "coin", step) < audit or not positive
        if by_chance:
            while at_random[next_random] in taken:
                next_random += 1
            each = at_random[next_random]
        else:
            while informed[next_informed] in taken:
                next_informed += 1
            each = informed[next_informed]
        share = audit / size + (1 - audit) * weight[each] / total if positive else 1 / size
        reason = (
            f"random audit, from {size:,}" if by_chance else f"score {weight[each]:.3g}, rank {rank[weight[each]]:,}"
        )
        drawn.append(Drawn(each, size, min(1.0, share), None, reason))
        taken.add(each)
        if weight[each] > 0:
            positive -= 1
            total = total - weight[each] if positive else 0.0
            if (
                positive and total < trusted * _CANCELLED
            ):  # what is left is small beside what was taken away: add it up anew
                total = trusted = math.fsum(weight[other] for other in informed if other not in taken)
    return drawn


def _ranks(scores: Sequence[float]) -> dict[float, int]:
    rank, above = dict[float, int](), 0
    for value, count in sorted(Counter(scores).items(), reverse=True):
        rank[value] = above + 1
        above += count
    return rank
