"""What a part of a dataset's cases cannot show."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import polars as pl

from workbench.experiment._say import named

__all__ = ["unseen"]

_APART: Final = frozenset({"case", "session_id", "weight", "state", "split"})
_FEW: Final = 30  # more values than these are no segments


def unseen(cases: pl.DataFrame, tried: Collection[str], of: str) -> str:
    """Which cases and which segments a run on some cases says nothing about; empty where all were tried.

    Parameters
    ----------
    cases
        One row a case of the whole dataset: `case` and attributes.
    tried
        The cases that were tried.
    of
        What to call the dataset.

    Examples
    --------
    >>> cases = pl.DataFrame({"case": ["a", "b", "c"], "mode": ["late", "late", "rude"]})
    >>> unseen(cases, {"a", "b"}, "'refunds' version 2")
    "2 of 3 cases of 'refunds' version 2 were tried, so nothing is said of the other 1: no case of mode rude."
    """
    left = cases.filter(~pl.col("case").is_in(list(tried)))
    if not left.height:
        return ""
    seen = cases.filter(pl.col("case").is_in(list(tried)))
    missed: list[str] = []
    for name, kind in cases.schema.items():
        if name in _APART or kind.is_nested() or not 1 < cases[name].n_unique() <= _FEW:
            continue
        lacking = set(left[name].drop_nulls().cast(pl.String())) - set(seen[name].drop_nulls().cast(pl.String()))
        if lacking:
            missed.append(f"{name.replace('_', ' ')} {named(sorted(lacking))}")
    those = f": no case of {'; nor of '.join(missed)}" if missed else ""
    return f"{seen.height:,} of {cases.height:,} cases of {of} were tried, so nothing is said of the other {left.height:,}{those}."
