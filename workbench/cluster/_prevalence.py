"""How common each mode is, corrected for what the assignment gets wrong, from labels that were drawn by chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench import _html
from workbench._words import percent, readable, with_interval
from workbench.cluster._bend import Bent
from workbench.cluster._fit import Fit
from workbench.errors import EmptyError
from workbench.stats import Sample, assisted_shares, unseen

__all__ = ["PREVALENCE", "Prevalence", "prevalence"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

PREVALENCE: Final = pl.Schema({
    "mode": pl.Int64(),  # null: read, and in none of the modes
    "name": pl.String(),
    "share": pl.Float64(),  # of all sessions that were compared
    "low": pl.Float64(),  # 95%
    "high": pl.Float64(),
    "labelled": pl.Int64(),  # sessions that a person put there
    "predicted": pl.Int64(),  # sessions that the labels put there, unread
    "sessions": pl.Int64(),  # the denominator
    "drawn": pl.Int64(),  # labels that were drawn by chance: what the interval rests on
    "effective": pl.Float64(),  # how many simple random labels would have told as much
})  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Prevalence:
    """The share of each mode among all sessions that were compared.

    Parameters
    ----------
    frame
        One row a mode, the commonest first: ``mode, name, share, low, high, labelled, predicted, sessions, drawn, effective``.
    sentence
        The result in one plain sentence.
    notes
        What to know before believing it.
    """

    frame: pl.DataFrame
    sentence: str
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return self.sentence

    def to_frame(self) -> pl.DataFrame:
        """The modes, one row each."""
        return self.frame

    def _repr_html_(self) -> str:
        shown = readable(self.frame.drop("mode", "sessions", "effective"), {"share": percent}, interval="share")
        heads = {"share": "share, 95% interval", "predicted": "put there unread"}
        return _html.panel(self.sentence, _html.table(shown, heads=heads, limit=50), notes=self.notes)


def prevalence(fit: Fit, bent: Bent, labels: Ints, names: Mapping[int, str]) -> Prevalence:
    """Estimate the shares of the modes of a bent clustering.

    Parameters
    ----------
    fit, bent
        The clustering, and what labels made of it.
    labels
        Shape (n,): the mode of each session with a text as edited by hand, -1 for none.
    names
        Of the modes.

    Raises
    ------
    EmptyError
        Too few of the labels were drawn by chance.
    """
    ids = [item.session_id for item in (*fit.items, *fit.silent)]
    row = {session: i for i, session in enumerate(ids)}
    known = bent.labels.filter(pl.col("session_id").is_in(ids))
    rows = np.array([row[session] for session in known["session_id"]], dtype=np.int64)
    modes = [*names, None]
    place = {number: column for column, number in enumerate(names)}
    said = np.zeros((len(ids), len(modes)))
    columns = bent.columns(labels)
    for at, name in zip(rows, known["failure_mode"], strict=True):
        number = (
            labels[at] if at < len(labels) else columns[bent.kind_names.index(name)] if name in bent.kind_names else -1
        )
        said[at, place.get(int(number), len(names))] = 1
    samples = _samples(known, rows, len(ids))
    try:
        shares = assisted_shares(
            said, _guessed(bent, labels, columns, place, len(ids)), np.isin(np.arange(len(ids)), rows), samples
        )
    except EmptyError:
        drawn = known["weight"].count()
        msg = (
            f"{drawn} of {len(rows)} labels are of sessions that were drawn by chance, and shares rest on such alone: read what "
            "`ws.queue(…, order=modes)` draws, or a random queue; at least 5 of one draw"
        )
        raise EmptyError(msg) from None
    mine = np.full(len(ids), -1, dtype=np.int64)
    mine[: len(labels)] = labels
    unread = np.setdiff1d(np.arange(len(ids)), rows)
    table = pl.DataFrame(
        [
            {
                "mode": number,
                "name": "none of these" if number is None else names[number],
                "share": share.share,
                "low": share.interval.low,
                "high": share.interval.high,
                "labelled": int(said[:, column].sum()),
                "predicted": 0 if number is None else int(np.sum(mine[unread] == number)),
                "sessions": len(ids),
                "drawn": share.n,
                "effective": share.effective,
            }
            for column, (number, share) in enumerate(zip(modes, shares, strict=True))
            if number is not None or share.share > 0
        ],
        schema=PREVALENCE,
    ).sort("share", "labelled", "name", descending=[True, True, False])
    top = table.row(0, named=True)
    sentence = (
        f"Of {len(ids):,} sessions, {len(rows):,} of them labelled, most are {top['name']!r}: "
        f"{with_interval(top['share'], top['low'], top['high'], percent, level=0.95)}, by {top['drawn']:,} labels drawn by chance "
        f"that tell as much as {top['effective']:,.0f} simple random ones."
    )
    return Prevalence(table, sentence, _notes(known, said[rows]))


def _samples(known: pl.DataFrame, rows: Ints, total: int) -> list[Sample]:
    """The draws that labels come from, each with what could be drawn in it: all but what is known by hand or from earlier draws."""
    weight = known["weight"].to_numpy()
    turn = known["turn"].fill_null(0).to_numpy()
    queue = known["queue_id"].fill_null("").to_numpy()
    drawn = known["weight"].is_not_null().to_numpy()
    out = np.zeros(total, dtype=np.bool_)
    out[rows[~drawn]] = True
    samples: list[Sample] = []
    for _, name in sorted({(int(t), str(q)) for t, q in zip(turn[drawn], queue[drawn], strict=True)}):
        mine = drawn & (queue == name)
        samples.append(Sample(np.flatnonzero(~out), rows[mine], weight[mine].astype(np.float64)))
        out[rows[mine]] = True
    return samples


def _guessed(bent: Bent, labels: Ints, columns: Ints, place: Mapping[int, int], total: int) -> Floats:
    """The likelihood of each mode for each session, learned without its own label, and with what was changed by hand."""
    chance = bent.held_out_chance()
    best = chance.argmax(axis=1)
    out = np.zeros((total, len(place) + 1))
    sessions = np.arange(len(labels))
    labelled = np.isin(sessions, bent.rows)
    for column, number in enumerate(columns):
        # Who was moved by hand takes the likelihood of the mode it was in along; of labelled sessions that would be their label.
        moved = (best == column) & (labels != number) & (bent.before_edits == bent.numbers[column]) & ~labelled
        to = np.where(moved, labels, number)
        at = np.array([place.get(int(mode), len(place)) for mode in to], dtype=np.int64)
        np.add.at(out, (sessions, at), chance[:, column])
    out[len(labels) :] = out[: len(labels)].mean(axis=0)
    return out


def _notes(known: pl.DataFrame, said: Floats) -> tuple[str, ...]:
    drawn = known["weight"].is_not_null().to_numpy()
    notes = [
        "Each label is weighed back by the chance that its session was drawn, and corrects what the others say of all sessions. Intervals are of one mode each."
    ]
    if not drawn.all():
        notes.append(
            f"{int((~drawn).sum())} labels were picked by hand: they are known, and say nothing of other sessions."
        )
    counts = said[drawn].sum(axis=0)
    new = unseen(counts)
    mass = (
        "too few labels to tell"
        if new.interval.high >= 1
        else with_interval(new.mass, new.interval.low, new.interval.high, percent)
    )
    notes.append(f"Of kinds that nobody has named yet: {mass}.")
    return tuple(notes)
