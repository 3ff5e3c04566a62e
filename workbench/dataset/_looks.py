"""How often a part of a dataset was looked at: what was seen often enough is no holdout any more."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from workbench import _html
from workbench.schema import EXPOSURES, conform

__all__ = ["Looks", "Use", "look_rows", "looks"]

Use = Literal["shown", "tuned", "selected", "tested"]

_KIND: Final = "split"
_WORDS: Final = {"shown": "export", "tuned": "tuning", "selected": "comparison", "tested": "experiment"}


@dataclass(frozen=True, slots=True)
class Looks:
    """Who looked at which split of a dataset, and for what.

    Attributes
    ----------
    rows
        Frame: `split`, `use` (shown, tuned, selected, tested), `by` (the export, experiment or comparison), `author`, `happened_at`.
    sentence
        How often each split was looked at.
    """

    rows: pl.DataFrame
    sentence: str

    def count(self, split: str) -> int:
        """How often a split was looked at."""
        return self.rows.filter(split=split).height

    def to_frame(self) -> pl.DataFrame:
        """The rows."""
        return self.rows

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return _html.panel(self.sentence, _html.table(self.rows) if self.rows.height else "")


def look_rows(
    dataset: str, splits: Iterable[str], *, use: Use, by: str, author: str, now: dt.datetime
) -> list[dict[str, Any]]:
    """Rows of `schema.EXPOSURES`, one a split; the same look again has the same id, and is no second one.

    Parameters
    ----------
    dataset
        Its name.
    splits
        The splits that the look reached.
    use, by
        What for, and the export, experiment or comparison.
    author, now
        Who looked, and when (with a time zone).
    """
    rows: list[dict[str, Any]] = []
    for name in sorted(set(splits)):
        target = f"{dataset}/{name}"
        digest = hashlib.sha256(f"{_KIND}\x1f{target}\x1f{use}\x1f{by}".encode()).hexdigest()
        about = {"target_kind": _KIND, "target_id": target, "use": use, "by": by, "author": author, "happened_at": now}
        rows.append({"exposure_id": f"e-{digest[:24]}", **about})
    return rows


def looks(exposures: object, dataset: str, splits: Collection[str] | None = None) -> Looks:
    """Count who looked at a dataset.

    Parameters
    ----------
    exposures
        Rows of `schema.EXPOSURES`, of this and of other targets.
    dataset
        Its name.
    splits
        Only these; all by default.

    Returns
    -------
    Looks
        One row a look, oldest first.

    Examples
    --------
    >>> import datetime as dt
    >>> at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    >>> looks(look_rows("refunds", ["test"], use="tested", by="experiment v1", author="ana", now=at), "refunds")
    'test' of 'refunds' has been looked at once: 1 experiment.
    """
    table = conform(exposures, EXPOSURES, what="exposures").filter(pl.col("target_kind") == _KIND)
    own = table.filter(pl.col("target_id").str.starts_with(f"{dataset}/"))
    rows = own.select(
        pl.col("target_id").str.slice(len(dataset) + 1).alias("split"), "use", "by", "author", "happened_at"
    ).sort("happened_at", maintain_order=True)
    rows = rows.filter(~pl.col("split").str.contains("/", literal=True))
    rows = rows if splits is None else rows.filter(pl.col("split").is_in(list(splits)))
    said = [_said(name, dataset, rows.filter(split=name)) for name in sorted(rows["split"].unique().to_list())]
    return Looks(rows, " ".join(said) or f"{dataset!r} has not been looked at.")


def _said(split: str, dataset: str, rows: pl.DataFrame) -> str:
    counts = [(word, rows.filter(use=use).height) for use, word in _WORDS.items()]
    kinds = ", ".join(
        f"{count:,} {word}{'' if count == 1 or word == 'tuning' else 's'}" for word, count in counts if count
    )
    often = "once" if rows.height == 1 else f"{rows.height:,} times"
    return f"{split!r} of {dataset!r} has been looked at {often}: {kinds}."
