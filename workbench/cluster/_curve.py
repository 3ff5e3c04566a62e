"""What more labels brought: how often labelled sessions are put right by fewer labels than there are, never by their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench import _html
from workbench._words import percent, readable, with_interval
from workbench.cluster._bend import Bent
from workbench.cluster._learner import learn
from workbench.stats import Share, weighted_share, wilson

__all__ = ["CURVE", "LearningCurve", "learning_curve"]

Ints = NDArray[np.int64]

CURVE: Final = pl.Schema({
    "labels": pl.Int64(),  # learned from
    "agreement": pl.Float64(),  # share of the other labelled sessions that are put where their reader put them
    "low": pl.Float64(),  # 95%
    "high": pl.Float64(),
    "scored": pl.Int64(),  # different sessions that were scored, none of which was learned from in the same round
})  # fmt: skip

_SIZES: Final = (10, 20, 30, 60, 120, 240, 480, 960)
_ROUNDS: Final = 5


@dataclass(frozen=True, slots=True, repr=False)
class LearningCurve:
    """Agreement with the readers by number of labels, on labelled sessions that were held out.

    Parameters
    ----------
    frame
        ``labels, agreement, low, high, scored``.
    sentence
        The result in one plain sentence.
    notes
        How the sessions were chosen.
    """

    frame: pl.DataFrame
    sentence: str
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return self.sentence

    def to_frame(self) -> pl.DataFrame:
        """One row a number of labels."""
        return self.frame

    def _repr_html_(self) -> str:
        shown = readable(self.frame, {"agreement": percent}, interval="agreement")
        heads = {"agreement": "put where the reader put them, 95% interval", "scored": "sessions scored"}
        return _html.panel(self.sentence, _html.table(shown, heads=heads), notes=self.notes)


def learning_curve(bent: Bent, *, seed: int = 0) -> LearningCurve:
    """Learn from 10, 20, 30, 60, … of the labels, and score the others.

    Each number of labels is drawn in five ways; the last row leaves out one fifth of the labels at a time. Sessions that were drawn by a
    known chance are weighted back, so that the agreement is that over all sessions and not over hard ones.

    Parameters
    ----------
    bent
        What labels made of a clustering.
    seed
        Of the draws.
    """
    read = len(bent.rows)
    random = np.random.default_rng(seed)
    last = read - -(-read // 5)
    rows: list[dict[str, object]] = []
    for size in [each for each in _SIZES if each < last]:
        tried, hit = np.zeros(read), np.zeros(read)
        for _ in range(_ROUNDS):
            taken = _spread(bent.kinds, size, random)
            _score(bent, taken, tried, hit)
        if (tried[_chances(bent) > 0] > 0).any() or not _chances(bent).any():
            rows.append(_row(bent, size, tried, hit))
    tried, hit = np.zeros(read), np.zeros(read)
    for each in np.unique(bent.fold):
        _score(bent, bent.fold != each, tried, hit)
    rows.append(_row(bent, last, tried, hit))
    frame = pl.DataFrame(rows, schema=CURVE)
    end, start = frame.row(-1, named=True), frame.row(0, named=True)
    said = with_interval(end["agreement"], end["low"], end["high"], percent, level=0.95)
    grown = "" if frame.height == 1 else f", with {start['labels']} it was {percent(start['agreement'])}"
    weighted = _chances(bent).any()
    return LearningCurve(
        frame,
        f"With {end['labels']} labels {said} of other sessions are put where their reader puts them{grown}.",
        (
            "Each session is scored by labels of others alone, and counts once.",
            "Sessions are weighted by how they were drawn; those picked by hand are left out."
            if weighted
            else "The labels were not drawn by chance: this is said of the labelled sessions, not of all.",
        ),
    )


def _spread(kinds: Ints, size: int, random: np.random.Generator) -> NDArray[np.bool_]:
    taken = np.zeros(len(kinds), dtype=np.bool_)
    taken[random.permutation(len(kinds))[:size]] = True
    return taken


def _score(bent: Bent, taken: NDArray[np.bool_], tried: NDArray[np.float64], hit: NDArray[np.float64]) -> None:
    count = len(bent.kind_names)
    learned = learn(bent.views, bent.rows[taken], bent.kinds[taken], count=count, groups=bent.groups)
    guessed = learned.chance[bent.rows].argmax(axis=1)
    tried += ~taken
    hit += ~taken & (guessed == bent.kinds)


def _chances(bent: Bent) -> NDArray[np.float64]:
    """The chance of each labelled session to be read, up to a factor; 0 where it was picked by hand."""
    known = dict(bent.labels.select("session_id", "weight").iter_rows())
    weight = np.array([known[session] or np.inf for session in bent.session_ids], dtype=np.float64)
    chance = 1 / weight
    return np.minimum(1.0, chance)


def _row(bent: Bent, size: int, tried: NDArray[np.float64], hit: NDArray[np.float64]) -> dict[str, object]:
    scored = tried > 0
    chance = _chances(bent)
    if chance.any():
        scored &= chance > 0
    value = hit[scored] / tried[scored]
    if chance.any():
        found = weighted_share(value, chance[scored])
    else:
        found = Share(float(value.mean()), wilson(float(value.sum()), len(value)), len(value), float(len(value)))
    return {
        "labels": size,
        "agreement": found.share,
        "low": found.interval.low,
        "high": found.interval.high,
        "scored": int(scored.sum()),
    }
