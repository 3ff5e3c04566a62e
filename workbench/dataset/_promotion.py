"""What a change of a dataset adds, and the version that comes of it."""

from __future__ import annotations

import datetime as dt
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from workbench import _html
from workbench.dataset._dataset import Dataset, next_version
from workbench.dataset._tables import CASES, GROUND_TRUTH
from workbench.dataset._worlds import Worlds
from workbench.schema import conform

__all__ = ["Addition", "Promotion"]


@dataclass(frozen=True, slots=True)
class Promotion:
    """What is to be stored, and the dataset version that comes of it.

    Attributes
    ----------
    dataset
        The version; the one that was there where nothing changed.
    cases, ground_truth, version
        New rows of `schema.CASES`, `schema.GROUND_TRUTH` and `schema.DATASET_VERSIONS`; empty where nothing changed.
    worlds
        New worlds by id, as bytes.
    left_out
        Frame: `session_id`, `reason`.
    sentence
        What was added.
    notes
        What was left out, what was already there, which worlds were gone.
    """

    dataset: Dataset
    cases: pl.DataFrame
    ground_truth: pl.DataFrame
    version: pl.DataFrame
    worlds: Mapping[str, bytes]
    left_out: pl.DataFrame
    sentence: str
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pl.DataFrame:
        """The new rows of cases."""
        return self.cases

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        shown = self.cases.select(
            "case_id", "session_id", "turn", pl.col("input").str.slice(0, 160), "channel", "weight", "lost"
        )
        return _html.panel(self.sentence, _html.table(shown) if shown.height else "", notes=self.notes)


@dataclass(frozen=True, slots=True)
class Addition:
    """New states of cases, new ground truth and new worlds, before they are a version."""

    cases: Sequence[Mapping[str, Any]]
    ground_truth: Sequence[Mapping[str, Any]] = ()
    worlds: Mapping[str, bytes] | None = None

    def onto(
        self, existing: Dataset | None, *, name: str, reason: str, author: str, now: dt.datetime
    ) -> tuple[Dataset, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """The next version, its new cases and ground truth, and its own row."""
        before = existing if existing is not None else Dataset(name, 0, "", CASES.to_frame(), GROUND_TRUTH.to_frame())
        cases = conform(pl.DataFrame(list(self.cases), schema_overrides=CASES), CASES).select(CASES.names())
        truths = conform(pl.DataFrame(list(self.ground_truth), schema_overrides=GROUND_TRUTH), GROUND_TRUTH)
        truths = truths.unique("truth_id", keep="first", maintain_order=True)
        new_truths = truths.join(before.ground_truth, on="truth_id", how="anti").select(GROUND_TRUTH.names())
        all_cases = _replaced(before.cases, cases, ["case_id"])
        # What an author says now stands for all that the author said of the case before; several things may be said at once.
        there = before.ground_truth.join(truths, on="truth_id", how="semi")
        said = pl.concat([there, new_truths])
        whose = ["case_id", "kind", "author"]
        all_truths = pl.concat([before.ground_truth.join(said, on=whose, how="anti", nulls_equal=True), said])
        order = all_cases.select("case_id").with_row_index("_case")
        all_truths = (
            all_truths.join(order, on="case_id")
            .sort("_case", "kind", "author", maintain_order=True)
            .select(GROUND_TRUTH.names())
        )
        wanted = set(all_cases["world_id"].drop_nulls().to_list())
        both = ChainMap(dict(self.worlds or {}), before.worlds)  # pyright: ignore[reportArgumentType] - nothing is written to it
        worlds = Worlds([key for key in both if key in wanted], both.__getitem__)
        made, version = next_version(
            existing, all_cases, all_truths, name=name, worlds=worlds, reason=reason, author=author, now=now
        )
        return made, cases, new_truths, version


def _replaced(before: pl.DataFrame, new: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The rows of before and new, the last of each key, in the order in which the keys came."""
    return (
        pl.concat([before, new])
        .with_row_index("_row")
        .with_columns(pl.col("_row").min().over(key).alias("_first"))
        .unique(key, keep="last", maintain_order=True)
        .sort("_first")
        .drop("_row", "_first")
    )
