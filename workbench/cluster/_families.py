"""The second level: modes that lie beside each other, as families."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.cluster._fit import Fit
from workbench.cluster._names import name_groups
from workbench.cluster._sklearn import linked
from workbench.stats import wilson

__all__ = ["families"]

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


def families(fit: Fit, labels: NDArray[np.int64], names: Mapping[int, str]) -> pl.DataFrame:
    """Modes joined by how near their centres lie, cut where the next two are farthest apart; the largest family first."""
    modes = sorted(names)
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
        size = int(np.sum(above == family))
        interval = wilson(size, fit.total)
        largest = sorted(inside, key=lambda mode: -int(np.sum(labels == mode)))[:2]
        shared = said[family][0] if said[family][1] else "; ".join(names[mode].split(" · ")[0] for mode in largest)
        name = names[inside[0]] if len(inside) == 1 else shared
        rows.append(
            {"name": name, "modes": [names[mode] for mode in inside], "size": size}
            | {"share": size / fit.total, "low": interval.low, "high": interval.high}
        )
    rows.sort(key=lambda row: (-row["size"], row["name"]))
    return pl.DataFrame([{"family": rank, **row} for rank, row in enumerate(rows, 1)], schema=_SCHEMA)
