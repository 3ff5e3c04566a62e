"""Which session to read next: a mixture of random audit and of what is worth reading, given what was read so far."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from workbench.errors import InputError
from workbench.label._designs import Drawn, uniform

__all__ = ["Informed"]

Floats = npt.NDArray[np.float64]

_SHARES: Final = {"new kind": 3.0, "disagreement": 1.0, "thin segment": 1.0, "negative feedback": 1.0}
_UNUSUAL: Final = 4  # power of the rank by isolation
_UNSEEN: Final = 2  # power of the rank by signs not seen yet
_MEASURED: Final = 300  # sessions that the bandwidth is measured on
_BAND: Final = 0.1  # quantile of their distances
_KEPT: Final = 24  # sessions whose distances to all others are kept
_GRAIN: Final = (
    2.0**20
)  # likenesses are multiples of its inverse: sums of them are exact, in whatever order they are made


@dataclass(frozen=True, slots=True)
class _Part:
    """One reason to read: its share of the informed draws, and each session's chance under it."""

    name: str
    share: float
    chance: Floats


class Informed:
    """What is known of the sessions before they are read, and what reading has shown since.

    Each step draws, with probability `audit`, uniformly over what is left, and otherwise by one of the reasons that the columns
    allow: a *new kind* is likely (it lies alone and far from what was drawn, shows signs that nothing drawn so far shows, and sessions like it were not
    read as passing),
    grader and reader may *disagree*, its *segment* was hardly read, the user's *feedback* is negative.

    Parameters
    ----------
    frame
        `session_id`, sorted, and any of `isolation`, `point`, `terms`, `graded` (pass, fail), `segment`, `feedback` (up, down).
    audit
        Share of uniform draws.
    key
        Fixes chance.
    blind
        Reasons say nothing of what software thinks of a session.
    """

    def __init__(self, frame: pl.DataFrame, *, audit: float, key: str, blind: bool) -> None:
        self.ids: list[str] = frame["session_id"].to_list()
        self._at = {each: number for number, each in enumerate(self.ids)}
        self._audit, self._key, self._blind = audit, key, blind
        n = len(self.ids)
        self._left = np.ones(n, dtype=np.bool_)
        self._point = np.asarray(frame["point"].to_numpy(), dtype=np.float64) if "point" in frame.columns else None
        self._norm: Floats = np.zeros(0) if self._point is None else np.einsum("ij,ij->i", self._point, self._point)
        self._apart_from: dict[int, Floats] = {}
        self._unusual = (
            _ranks(np.asarray(frame["isolation"].fill_null(0).to_numpy(), dtype=np.float64))
            if "isolation" in frame.columns
            else None
        )
        self._terms = _Terms(frame["terms"].to_list()) if "terms" in frame.columns else None
        said: list[str | None] = frame["feedback"].to_list() if "feedback" in frame.columns else [None] * n
        self._down = np.array([each == "down" for each in said], dtype=np.bool_)
        self._graded: list[str | None] = frame["graded"].to_list() if "graded" in frame.columns else [None] * n
        self._has_verdict = np.array([each is not None for each in self._graded])
        self._segment = _Segments(frame["segment"]) if "segment" in frame.columns else None
        if not (
            self._unusual is not None
            or self._terms is not None
            or self._down.any()
            or self._has_verdict.any()
            or (self._segment is not None and self._segment.names)
        ):
            msg = (
                "nothing is known that could inform the order: the population needs one of the columns isolation, terms, graded,"
                " segment, feedback. For a random order leave informed out."
            )
            raise InputError(msg)
        self._width = self._bandwidth()
        self._apart: Floats | None = None  # how far the nearest drawn session is
        self._near = np.zeros(n)  # how many read sessions are like this one
        self._failed = np.zeros(n)  # how many of these fail
        self._differed = np.zeros(n)  # on how many of these reader and grader differ
        self._decided = self._failing = self._compared = self._differing = 0
        self._said: dict[str, bool] = {}
        self.taken: list[str] = []

    def took(self, session_id: str) -> None:
        """A session was drawn: it is not drawn again, and what it shows is no longer new."""
        at = self._at[session_id]
        self.taken.append(session_id)
        self._left[at] = False
        if self._point is not None:
            apart = self._distance(at)
            self._apart = apart if self._apart is None else np.minimum(self._apart, apart)
        if self._terms is not None:
            self._terms.saw(at)
        if self._segment is not None:
            self._segment.saw(at)

    def learn(self, verdicts: Mapping[str, bool]) -> None:
        """What the readers say now: True fails. What they said before and say no more is forgotten, without a trace."""
        now = {session_id: fails for session_id, fails in verdicts.items() if session_id in self._at}
        before = self._said.items() - now.items()
        for session_id, fails in before:
            self._count(session_id, fails, -1)
        for session_id, fails in now.items() - self._said.items():
            self._count(session_id, fails, 1)
        self._said = now

    def _count(self, session_id: str, fails: bool, sign: int) -> None:
        at = self._at[session_id]
        like = np.rint(self._like(at) * _GRAIN)
        like *= sign / _GRAIN
        graded = self._graded[at]
        self._decided += sign
        self._failing += sign * fails
        self._near += like
        if fails:
            self._failed += like
        if graded is not None:
            differs = (graded == "fail") != fails
            self._compared += sign
            self._differing += sign * differs
            if differs:
                self._differed += like

    def draw(self, step: int) -> tuple[Drawn, str]:
        """The next session with its chance, and the component that chose it."""
        size = int(self._left.sum())
        parts = self._parts()
        left = self._left.astype(np.float64)
        total = left * (self._audit if parts else 1.0) / size
        for part in parts:
            total = total + (1 - self._audit) * part.share * part.chance
        coin = uniform(self._key, "coin", step)
        name, chance = "audit", left / size
        below = self._audit if parts else 1.0
        for part in parts:
            if coin < below:
                break
            name, chance = part.name, part.chance
            below += (1 - self._audit) * part.share
        summed: Floats = np.add.accumulate(chance)
        pick = uniform(self._key, "pick", step) * summed[-1]
        at = int(np.count_nonzero(summed <= pick))
        each = self.ids[at]
        return Drawn(each, size, min(1.0, float(total[at])), None, self._because(at, name, size)), name

    def _parts(self) -> list[_Part]:
        all_parts: list[tuple[str, Floats | None]] = [
            ("new kind", self._new_kind()),
            ("disagreement", self._disagreement()),
            ("thin segment", None if self._segment is None else self._segment.worth(self._left)),
            ("negative feedback", self._down.astype(np.float64)),
        ]
        found = [(name, worth) for name, worth in all_parts if worth is not None]
        scaled = [(name, worth * self._left.astype(np.float64)) for name, worth in found]
        usable = [(name, worth, float(worth.sum())) for name, worth in scaled if worth.sum() > 0]
        shares = math.fsum(_SHARES[name] for name, _, _ in usable)
        return [_Part(name, _SHARES[name] / shares, worth / total) for name, worth, total in usable]

    def _new_kind(self) -> Floats | None:
        if self._unusual is None and self._terms is None:
            return None
        worth = np.ones(len(self.ids))
        if self._unusual is not None:
            worth = worth * self._unusual**_UNUSUAL
        if self._terms is not None:
            worth = worth * _ranks(np.where(self._left, self._terms.unseen(), -1.0)) ** _UNSEEN
        if self._apart is not None and self._apart.any():
            worth = worth * self._apart
        base = (self._failing + 1) / (self._decided + 2)
        return worth * (self._failed + base) / (self._near + 1)

    def _disagreement(self) -> Floats | None:
        if not self._has_verdict.any():
            return None
        base = (self._differing + 1) / (self._compared + 2)
        return self._has_verdict * (self._differed + base) / (self._near + 1)

    def _like(self, at: int) -> Floats:
        """How like a session each other is, from 0 to 1."""
        if self._point is None:
            return np.zeros(len(self.ids))
        return np.exp(-((self._distance(at) / self._width) ** 2))

    def _distance(self, at: int) -> Floats:
        """How far a session is from each other; the latest are kept, since who is drawn is read soon after."""
        assert self._point is not None
        apart = self._apart_from.pop(at, None)
        if apart is None:
            squared = self._norm + self._norm[at] - 2 * (self._point @ self._point[at])
            apart = np.sqrt(np.maximum(squared, 0))
        self._apart_from[at] = apart
        if len(self._apart_from) > _KEPT:
            del self._apart_from[next(iter(self._apart_from))]
        return apart

    def _bandwidth(self) -> float:
        if self._point is None or not self._point.shape[1]:
            return 1.0
        order = sorted(range(len(self.ids)), key=lambda at: uniform("bandwidth", self.ids[at]))
        some = self._point[order[:_MEASURED]]
        apart = np.sqrt(((some[:, None] - some[None]) ** 2).sum(axis=2))
        positive = apart[apart > 0]
        return float(np.quantile(positive, _BAND)) if positive.size else 1.0

    def _because(self, at: int, name: str, size: int) -> str:
        negative = "the user's feedback is negative"
        if name == "audit":
            said = f"random audit, from {size:,}: such draws keep the rates honest"
        elif name == "new kind":
            said = self._why_new(at)
        elif name == "disagreement":
            said = "because reader and grader may disagree here"
            if self._compared:
                said += f": they did on {self._differing} of {self._compared} read so far"
        elif name == "thin segment" and self._segment is not None:
            said = self._segment.because(at)
        else:
            return f"because {negative}"
        return f"{said}; {negative}" if self._down[at] else said

    def _why_new(self, at: int) -> str:
        said = (
            "because a kind not seen yet is likely"
            if self._unusual is None
            else f"because it is more unusual than {math.floor(100 * self._unusual[at]):.0f}% of the sessions"
        )
        sign = None if self._terms is None else self._terms.rarest_unseen(at)
        if sign is None:
            return said
        shown = "something" if self._blind else repr(sign)
        return f"{said} and shows {shown} that none chosen so far shows"


class _Terms:
    """The signs of each session, and how often each was met among those drawn."""

    def __init__(self, documents: Sequence[Sequence[str] | None]) -> None:
        held = [sorted(set(document or ())) for document in documents]
        self._n = len(held)
        self.names = sorted({term for document in held for term in document})
        number = {name: at for at, name in enumerate(self.names)}
        self._row = np.repeat(np.arange(self._n), [len(document) for document in held])
        self._column = np.array([number[term] for document in held for term in document], dtype=np.int64)
        counts = np.bincount(self._column, minlength=len(self.names))
        # What one session alone shows is noise as often as news; what all show is neither.
        kept = (counts > 1) & (counts < self._n)
        self._weight = np.where(kept, np.log(self._n / np.maximum(counts, 1)), 0.0)
        self._length = np.maximum(np.bincount(self._row, weights=kept[self._column], minlength=self._n), 1)
        self._met = np.zeros(len(self.names))

    def saw(self, at: int) -> None:
        self._met[self._own(at)] += 1

    def unseen(self) -> Floats:
        """Rarity of the signs of each session that were not met yet, on average."""
        worth = (self._weight / (1 + self._met) ** 2)[self._column]
        return np.bincount(self._row, weights=worth, minlength=self._n) / self._length

    def rarest_unseen(self, at: int) -> str | None:
        own = self._own(at)
        new = own[(self._met[own] == 0) & (self._weight[own] > 0)]
        return None if not new.size else self.names[int(new[np.argmax(self._weight[new])])]

    def _own(self, at: int) -> npt.NDArray[np.int64]:
        return self._column[np.searchsorted(self._row, at) : np.searchsorted(self._row, at, side="right")]


class _Segments:
    """The segment of each session, and how many of each were drawn."""

    def __init__(self, values: pl.Series) -> None:
        named = values.cast(pl.String()).fill_null("none")
        self.names: list[str] = named.unique().sort().to_list()
        number = {name: at for at, name in enumerate(self.names)}
        self._of = np.array([number[name] for name in named.to_list()], dtype=np.int64)
        self._size = np.bincount(self._of, minlength=len(self.names))
        self._met = np.zeros(len(self.names))

    def saw(self, at: int) -> None:
        self._met[self._of[at]] += 1

    def worth(self, left: npt.NDArray[np.bool_]) -> Floats:
        """The less of a segment was drawn, the more it is worth, shared among those left in it."""
        there = np.maximum(np.bincount(self._of[left], minlength=len(self.names)), 1)
        return (1 / (1 + self._met) ** 2 / there)[self._of]

    def because(self, at: int) -> str:
        segment = self._of[at]
        return f"because only {int(self._met[segment])} of the {self._size[segment]:,} sessions in {self.names[segment]!r} were chosen so far"


def _ranks(values: npt.NDArray[np.float64]) -> Floats:
    """Ranks from above 0 to 1; equal values share theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    above = np.cumsum(counts)
    return ((above - (counts - 1) / 2) / len(values))[place]
