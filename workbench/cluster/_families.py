"""The second level: modes that lie beside each other, as families."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench import _html
from workbench._words import counted, percent, with_interval
from workbench.cluster._fit import Fit
from workbench.cluster._names import name_groups
from workbench.cluster._sklearn import linked
from workbench.stats import wilson

__all__ = ["Families", "families"]

_SCHEMA: Final = pl.Schema({
    "family": pl.Int64(),
    "name": pl.String(),
    "modes": pl.List(pl.String()),
    "size": pl.Int64(),
    "share": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
})  # fmt: skip
_FEWEST: Final = 4


@dataclass(frozen=True, slots=True, repr=False)
class Families:
    """Modes that lie beside each other, joined; modes that a person took for no failure are left out.

    Parameters
    ----------
    frame
        One row a family, the largest first: ``family, name, modes, size, share, low, high``; `share` is of all sessions, `low` and
        `high` its 95% Wilson interval.
    retired
        How many modes were left out.
    sentence
        The result in words.
    """

    frame: pl.DataFrame
    retired: int
    sentence: str

    def __repr__(self) -> str:
        return self.sentence

    def to_frame(self) -> pl.DataFrame:
        """The families, one row each."""
        return self.frame

    def _repr_html_(self) -> str:
        rows = [
            {
                "family": row["name"],
                "modes": "; ".join(row["modes"]),
                "sessions": row["size"],
                "share": with_interval(row["share"], row["low"], row["high"], percent),
            }
            for row in self.frame.iter_rows(named=True)
        ]
        return _html.panel(self.sentence, _html.table(pl.DataFrame(rows)) if rows else "")


def families(
    fit: Fit, labels: NDArray[np.int64], names: Mapping[int, str], retired: frozenset[int] = frozenset()
) -> Families:
    """Modes joined by how near their centres lie, cut where the next two are farthest apart; the largest family first."""
    sizes = {mode: int(np.sum(labels == mode)) for mode in sorted(names.keys() - retired)}
    modes = list(sizes)
    if len(modes) < _FEWEST:
        of = dict(zip(modes, range(1, len(modes) + 1), strict=True))
    else:
        centres = np.stack([fit.space.points[labels == mode].mean(axis=0) for mode in modes])
        of = dict(zip(modes, linked(centres).tolist(), strict=True))
    above = np.array([of.get(int(label), -1) for label in labels], dtype=np.int64)
    said = name_groups(fit.phrases, above, tokens=[item.tokens for item in fit.items])
    rows: list[dict[str, Any]] = []
    for family in sorted(set(of.values())):
        inside = [mode for mode in modes if of[mode] == family]
        size = sum(sizes[mode] for mode in inside)
        interval = wilson(size, fit.total)
        largest = sorted(inside, key=lambda mode: -sizes[mode])[:2]
        shared = said[family][0] if said[family][1] else "; ".join(names[mode].split(" · ")[0] for mode in largest)
        name = names[inside[0]] if len(inside) == 1 else shared
        rows.append(
            {"name": name, "modes": [names[mode] for mode in inside], "size": size}
            | {"share": size / fit.total, "low": interval.low, "high": interval.high}
        )
    rows.sort(key=lambda row: (-row["size"], row["name"]))
    frame = pl.DataFrame([{"family": rank, **row} for rank, row in enumerate(rows, 1)], schema=_SCHEMA)
    left_out = len(names.keys() & retired)
    return Families(frame, left_out, _sentence(frame, len(modes), left_out))


def _sentence(frame: pl.DataFrame, modes: int, retired: int) -> str:
    said = f"{counted(modes, 'mode')} in {frame.height:,} {'family' if frame.height == 1 else 'families'}"
    if frame.height:
        first = frame.row(0, named=True)
        share = with_interval(first["share"], first["low"], first["high"], percent, level=0.95)
        said += f"; the largest, \u201c{first['name']}\u201d, has {first['size']:,} sessions, {share}"
    left_out = (
        f"; {counted(retired, 'mode')} that {'is' if retired == 1 else 'are'} no failure left out" if retired else ""
    )
    return f"{said}{left_out}."
