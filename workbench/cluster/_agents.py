"""Which sessions are of which agent, told by their tools: failures of different agents are different failures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

__all__ = ["agents"]

_FEWEST: Final = 10
_LEAST: Final = 0.05  # share of the sessions that a set of tools must have to be called an agent's
_MIXED: Final = 0.02  # share of the sessions that may use tools of two agents
_SHARED: Final = 2  # tools that agents may have in common, such as the one that hands over to a person
_FEW_CALLS: Final = 0.15  # share of the calls that may go to shared tools
_RARE: Final = 0.01


def agents(tools: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Number the agents behind sessions whose tools hardly overlap, 1 the one with most sessions.

    Parameters
    ----------
    tools
        session → the names of the tools that it called, each as often as it was called.

    Returns
    -------
    dict
        session → number of its agent; sessions that called no agent's own tool are left out. Empty where the tools tell no two
        agents apart: the usual case of one agent.

    Examples
    --------
    >>> tools = {f"a{i}": ["book", "cancel"] for i in range(20)} | {f"b{i}": ["refuel", "reset"] for i in range(10)}
    >>> found = agents(tools)
    >>> found["a0"], found["b0"]
    (1, 2)
    """
    used = {session: Counter(names) for session, names in tools.items() if names}
    sessions = Counter(name for calls in used.values() for name in calls)
    calls = Counter[str]()
    for own in used.values():
        calls.update(own)
    known = [name for name, count in sessions.items() if count >= max(2, _RARE * len(used))]
    beside: defaultdict[str, set[str]] = defaultdict(set)  # tools that are called in the same sessions
    for own in used.values():
        for name in own:
            beside[name].update(own)
    dropped = sorted(known, key=lambda name: (-len(beside[name]), name))
    least = max(_FEWEST, _LEAST * len(used))
    for shared in range(_SHARED + 1):
        left_out = set(dropped[:shared])
        if sum(calls[name] for name in left_out) > _FEW_CALLS * calls.total():
            break
        groups = _groups(used.values(), [name for name in known if name not in left_out])
        members = {number: [s for s, own in used.items() if own.keys() & group] for number, group in enumerate(groups)}
        members = {number: inside for number, inside in members.items() if len(inside) >= least}
        places = Counter(session for inside in members.values() for session in inside)
        mixed = sum(count > 1 for count in places.values())
        if len(members) > 1 and mixed <= _MIXED * len(used):
            order = sorted(members.values(), key=len, reverse=True)
            return {s: rank for rank, inside in enumerate(order, 1) for s in inside if places[s] == 1}
    return {}


def _groups(used: Iterable[Counter[str]], names: list[str]) -> list[set[str]]:
    """Tools joined where more than a stray session calls both."""
    together = Counter[tuple[str, str]]()
    alone = Counter[str]()
    kept = set(names)
    for own in used:
        here = sorted(own.keys() & kept)
        alone.update(here)
        together.update((a, b) for i, a in enumerate(here) for b in here[i + 1 :])
    group = {name: {name} for name in names}
    for (a, b), count in together.items():
        if count > _MIXED * min(alone[a], alone[b]) and group[a] is not group[b]:
            joined = group[a] | group[b]
            for name in joined:
                group[name] = joined
    return list({id(members): members for members in group.values()}.values())
