"""What the agent usually does for a request of the kind, learnt from all sessions at hand, and where a session departs from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.cluster._mask import mask
from workbench.cluster._sklearn import Projection, Vocabulary, neighbours, unit_rows, weigh_columns
from workbench.cluster._talk import Signal, Step, Talk
from workbench.cluster._values import content_words, is_write

__all__ = ["departures"]

Floats = NDArray[np.float64]

_FEWEST_TURNS: Final = 60
_REFERENCE: Final = 6000  # turns that stand for all: more tell no more, and cost time
_NEIGHBOURS: Final = 16
_DIMS: Final = 40
_ALIKE: Final = 0.15  # mean squared cosine to the nearest requests below which there is no kind of request to speak of
_USUAL: Final = 0.8
_RARE: Final = 0.04
_ODD: Final = 95.0  # percentile of the departures in all turns from which an answer is called unlike others
_TITLE: Final = 4


class _Turn(NamedTuple):
    session: str
    request: list[str]
    calls: list[Step]
    did: list[str]
    words: list[str]
    asked: Step
    answer: Step | None


@dataclass(frozen=True, slots=True)
class _Expected:
    """What the nearest requests of other sessions lead one to expect of each turn."""

    alike: NDArray[np.bool_]
    tools: Floats  # share of the neighbours that call each tool
    departure: Floats  # how far the answer lies from where the neighbours' answers agree


def departures(talks: Mapping[str, Talk], among: Mapping[str, Talk]) -> dict[str, list[Signal]]:
    """Where sessions do otherwise than is usual for such a request.

    Parameters
    ----------
    talks
        The sessions to look at.
    among
        The sessions from which the usual is learnt: passing and failing ones, and `talks` among them.

    Returns
    -------
    dict
        session → its signs: a usual call that is missing, a call that is rare for such a request, an answer unlike others.
        Empty where there are too few turns to know what is usual.
    """
    known = {session: _turns(session, talk) for session, talk in {**among, **talks}.items()}
    turns = [turn for session in talks for turn in known[session]]
    reference: list[_Turn] = [turn for session in among for turn in known[session]]
    if len(reference) > _REFERENCE:
        reference = [reference[i] for i in np.linspace(0, len(reference) - 1, _REFERENCE).astype(int)]
    if len(reference) < _FEWEST_TURNS or not turns:
        return {}
    names = sorted({name for turn in reference for name in turn.did})
    expected = _expect(turns, reference, names)
    if expected is None:
        return {}
    out: dict[str, list[Signal]] = {}
    limit = float(np.percentile(expected.departure[expected.alike], _ODD)) if expected.alike.any() else np.inf
    for row, turn in enumerate(turns):
        if expected.alike[row]:
            odd = expected.departure[row] > limit
            out.setdefault(turn.session, []).extend(_signals(turn, names, expected.tools[row], odd=odd))
    return out


def _turns(session: str, talk: Talk) -> list[_Turn]:
    by_turn: defaultdict[int, list[Step]] = defaultdict(list)
    for step in talk.steps:
        by_turn[step.turn].append(step)
    calls_of: defaultdict[int, list[Step]] = defaultdict(list)
    for call in talk.calls:
        calls_of[call.turn].append(call)
    out: list[_Turn] = []
    for number, steps in sorted(by_turn.items()):
        asked = [s for s in steps if s.kind == "user" and s.text]
        if not asked:
            continue
        calls = calls_of[number]
        answers = [s for s in steps if s.kind == "assistant" and s.text]
        request = sorted(content_words(mask(" ".join(s.text for s in asked))))
        request.append("first turn" if number <= 1 else "later turn")
        titles = [
            " ".join(sorted(content_words(mask(talk.documents(s)[0][:80])))[:_TITLE])
            for s in calls
            if s.kind == "retrieval"
        ]
        words = sorted(content_words(mask(" ".join(s.text for s in answers))))
        did = sorted({s.tool for s in calls})
        features = [*words, *(f"call {name}" for name in did), *(f"document {title}" for title in titles)]
        out.append(_Turn(session, request, calls, did, features, asked[-1], answers[-1] if answers else None))
    return out


def _expect(turns: Sequence[_Turn], reference: Sequence[_Turn], names: Sequence[str]) -> _Expected | None:
    asked = _view([t.request for t in reference], [t.request for t in turns])
    said = _view([t.words for t in reference], [t.words for t in turns])
    if asked is None or said is None:
        return None
    index, distance = neighbours(asked[1], asked[0], _NEIGHBOURS + 1)
    sessions: dict[str, int] = {}
    own = np.array([sessions.setdefault(t.session, len(sessions)) for t in turns])
    theirs = np.array([sessions.setdefault(t.session, len(sessions)) for t in reference])
    weight = np.clip(1.0 - distance**2 / 2.0, 0.0, 1.0) ** 2
    weight[theirs[index] == own[:, None]] = 0.0
    total = weight.sum(axis=1)
    share = weight / np.maximum(total, 1e-9)[:, None]
    used = np.array([[name in turn.did for name in names] for turn in reference], dtype=np.float64).reshape(
        len(reference), len(names)
    )
    agreed = np.einsum("nk,nkd->nd", share, said[0][index])
    departure = np.linalg.norm(agreed, axis=1) - np.sum(agreed * said[1], axis=1)
    return _Expected(total / _NEIGHBOURS > _ALIKE, np.einsum("nk,nkt->nt", share, used[index]), departure)


def _view(reference: Sequence[Sequence[str]], turns: Sequence[Sequence[str]]) -> tuple[Floats, Floats] | None:
    """Both sets of word lists in one small space, rare words weighing more."""
    vocabulary = Vocabulary.fit(reference, min_share=0.002, max_share=0.9)
    if vocabulary is None:
        return None
    counts = vocabulary.matrix(reference)
    rarity = np.log(len(reference) / np.asarray(counts.sum(axis=0), dtype=np.float64).ravel())
    first = unit_rows(weigh_columns(counts, rarity))
    second = unit_rows(weigh_columns(vocabulary.matrix(turns), rarity))
    projection = Projection.fit(first, _DIMS)
    return None if projection is None else (projection.apply(first), projection.apply(second))


def _signals(turn: _Turn, names: Sequence[str], usual: Floats, *, odd: bool) -> list[Signal]:
    out: list[Signal] = []
    for name, share in zip(names, usual, strict=True):
        if share >= _USUAL and name not in turn.did:
            kind = "change" if is_write(name) else "look-up"
            out.append(Signal(turn.asked.number, f"usual {kind} missing", turn.asked.text))
        elif share <= _RARE and name in turn.did:
            call = next(s for s in turn.calls if s.tool == name)
            kind = "change" if is_write(name) else "look-up"
            out.append(Signal(call.number, f"unusual {kind} for such a request", f"{name} {call.arguments}".strip()))
    if odd and turn.answer is not None:
        out.append(Signal(turn.answer.number, "answer unlike others to such a request", turn.answer.text))
    return out
