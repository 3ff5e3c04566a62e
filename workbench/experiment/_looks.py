"""How often the same cases were looked at before: a test number looked at three times is no test any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from workbench.experiment._say import count
from workbench.schema import EXPOSURES, conform

__all__ = ["looks"]

_FITTED: Final = {"shown": "shown to whoever changed the agent", "tuned": "tuned on", "selected": "selected on"}
_ORDINALS: Final = {2: "2nd", 3: "3rd"}


def looks(exposures: Any, cases: Sequence[str]) -> list[str]:
    """What has to be said about what these cases were used for before.

    Parameters
    ----------
    exposures
        EXPOSURES rows of cases, or None.
    cases
        The cases that are looked at now.

    Examples
    --------
    >>> rows = [{"exposure_id": str(n), "target_kind": "case", "target_id": "a", "use": "tested", "by": f"v{n}"} for n in (1, 2)]
    >>> looks(rows, ["a", "b"])
    ['This is the 3rd look at 1 of these 2 cases: each look makes a lucky candidate likelier; draw fresh cases before shipping on it.']
    """
    if exposures is None:
        return []
    rows = conform(exposures, EXPOSURES, what="exposures").filter(
        (pl.col("target_kind") == "case") & pl.col("target_id").is_in(list(cases))
    )
    notes: list[str] = []
    of = f"these {count(len(set(cases)), 'case')}"
    for use, words in _FITTED.items():
        fitted = rows.filter(pl.col("use") == use)["target_id"].n_unique()
        if fitted:
            notes.append(f"{fitted:,} of {of} were {words}: on those the candidate may look better than it is.")
    seen = rows.filter(pl.col("use") == "tested").group_by("target_id").agg(pl.col("by").n_unique().alias("looks"))
    if seen.height:
        most = int(seen["looks"].to_numpy().max())
        often = seen.filter(pl.col("looks") == most).height
        which = _ORDINALS.get(most + 1, f"{most + 1}th")
        notes.append(
            f"This is the {which} look at {often:,} of {of}: each look makes a lucky candidate likelier; draw fresh cases"
            " before shipping on it."
        )
    return notes
