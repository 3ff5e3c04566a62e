"""Where other sessions belong among modes that were found before, and what those share that belong to none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from workbench import _html
from workbench._words import counted, percent, with_interval
from workbench.cluster._fit import Fit, Item
from workbench.cluster._names import Phrases, name_groups
from workbench.stats import wilson

__all__ = ["Assigned", "assigned_to"]

_OUTSIDE: Final = pl.Schema({
    "shared": pl.String(),  # what sets these apart from the sessions in modes; null: they share nothing
    "sessions": pl.Int64(),
    "of": pl.Int64(),  # all that fit no mode
    "session_ids": pl.List(pl.String()),
})  # fmt: skip
_CONTRAST: Final = 1000  # sessions of the modes that those outside are contrasted with
_MOST: Final = 12  # groups that are named
_ENOUGH: Final = 10  # sessions from which on modes can be looked for among them


@dataclass(frozen=True, slots=True, repr=False)
class Assigned:
    """Other sessions in modes that were found before; those that fit none are named by what they share.

    Parameters
    ----------
    frame
        One row a session: ``session_id, mode, name, strength``; null where no mode fits. `strength` is the share of ten nearest
        neighbours in the mode, or how likely labels make it.
    outside
        What fits no mode, the largest group first: ``shared, sessions, of, session_ids``. Each group is of the sessions that
        share what sets those outside most apart from the sessions in modes; the last are those that share nothing.
    sentence
        The result in words.
    """

    frame: pl.DataFrame
    outside: pl.DataFrame
    sentence: str

    def __repr__(self) -> str:
        return self.sentence

    def __len__(self) -> int:
        return self.frame.height

    def __getitem__(self, column: str) -> pl.Series:
        return self.frame[column]

    def to_frame(self) -> pl.DataFrame:
        """The sessions, one row each."""
        return self.frame

    def _repr_html_(self) -> str:
        total = self.frame.height
        counts = self.frame.drop_nulls("mode").group_by("name").len().sort("len", "name", descending=[True, False])
        rows = [(name, count) for name, count in counts.iter_rows()]
        rows += [
            (f"none of these: {shared or 'nothing in common'}", count)
            for shared, count in self.outside.select("shared", "sessions").iter_rows()
        ]
        table = [
            {"mode": name, "sessions": count, "share": with_interval(count / total, *_ends(count, total), percent)}
            for name, count in rows
        ]
        return _html.panel(self.sentence, _html.table(pl.DataFrame(table)) if table else "")


def assigned_to(fit: Fit | None, frame: pl.DataFrame, items: Sequence[Item], *, modes: int) -> Assigned:
    """Say how many sessions fit, and name those that do not by contrast.

    Parameters
    ----------
    fit
        The clustering that the modes are of; None: there are no modes.
    frame
        ``session_id, mode, name, strength``.
    items
        The sessions, in the order of `frame`.
    modes
        How many modes there are.
    """
    left = [item for item, mode in zip(items, frame["mode"], strict=True) if mode is None and item.text.strip()]
    silent = sum(not item.text.strip() for item in items)
    outside = _outside(fit, left)
    return Assigned(frame, outside, _sentence(frame, outside, len(left), silent, modes))


def _outside(fit: Fit | None, left: Sequence[Item]) -> pl.DataFrame:
    """The sessions of no mode by the phrase that most of them share and sessions in modes do not, one after another."""
    known = () if fit is None else fit.items[:: max(1, -(-len(fit.items) // _CONTRAST))]
    every = [*known, *left]
    plain = fit is not None and fit.space.plain
    phrases = Phrases([(item.text, item.tokens) for item in every], plain=plain)
    rows: list[dict[str, Any]] = []
    waiting = list(range(len(known), len(every)))
    while waiting and len(rows) < _MOST:
        labels = np.full(len(every), -1, dtype=np.int64)
        labels[waiting] = 0
        _, said = name_groups(phrases, labels, tokens=[item.tokens for item in every])[0]
        inside = [row for row in waiting if said and said[0] in phrases[row]]
        if len(inside) < min(2, len(left)):
            break
        rows.append(_row(said[0], [every[row] for row in inside], len(left)))
        taken = set(inside)
        waiting = [row for row in waiting if row not in taken]
    rows.sort(key=lambda row: (-row["sessions"], row["shared"]))
    if waiting:
        rows.append(_row(None, [every[row] for row in waiting], len(left)))
    return pl.DataFrame(rows, schema=_OUTSIDE)


def _row(shared: str | None, items: Sequence[Item], of: int) -> dict[str, Any]:
    return {"shared": shared, "sessions": len(items), "of": of, "session_ids": [item.session_id for item in items]}


def _sentence(frame: pl.DataFrame, outside: pl.DataFrame, left: int, silent: int, modes: int) -> str:
    total = frame.height
    if not total:
        return "No sessions to assign."
    fits = Counter(frame["mode"].drop_nulls().to_list())
    said = (
        f"{fits.total():,} of {counted(total, 'session')} fit {len(fits):,} of {counted(modes, 'mode')}, "
        f"{with_interval(fits.total() / total, *_ends(fits.total(), total), percent, level=0.95)}"
    )
    if left:
        groups = [
            f"{count:,} share \u201c{shared}\u201d" if shared else f"{count:,} share nothing"
            for shared, count in outside.select("shared", "sessions").head(4).iter_rows()
        ]
        more = [counted(outside.height - len(groups), "smaller group")] if outside.height > len(groups) else []
        said += f"; none of these: {left:,}, of which {', '.join([*groups, *more])}"
    if silent:
        said += f"; {silent:,} show nothing of this facet"
    then = " Look for modes among those that fit none." if left >= _ENOUGH else ""
    return f"{said}.{then}"


def _ends(count: int, total: int) -> tuple[float, float]:
    interval = wilson(count, total)
    return interval.low, interval.high
