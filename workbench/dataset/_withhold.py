"""A refusal that comes after promotion: the case stays by its id, retired, and what its user said is gone from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final

import polars as pl

from workbench.dataset._content import content_hash_of, row_id_of
from workbench.dataset._dataset import Dataset
from workbench.dataset._desk import count_of
from workbench.dataset._promotion import Addition, Promotion
from workbench.dataset._worlds import Worlds
from workbench.evidence import REFUSED

__all__ = ["withhold", "withholding"]

_EMPTY: Final[dict[str, Any]] = {
    "state": "retired", "input": "", "prefix": "[]", "attributes": "{}", "span_id": None, "world_id": None, "lost": None,
}  # fmt: skip


def withholding(dataset: Dataset, refused: Collection[str]) -> Dataset:
    """A version without what the users of these sessions said, whenever it was made.

    Parameters
    ----------
    dataset
        The version as it is kept.
    refused
        Sessions whose users did not consent.

    Returns
    -------
    Dataset
        Their cases are there, retired and empty, without ground truth and world; the hash is that of what is left, and a note counts them. The
        dataset itself where it has none of them.

    Examples
    --------
    >>> from workbench.dataset import CASES, GROUND_TRUTH, Dataset
    >>> case = {**dict.fromkeys(CASES), "case_id": "c", "session_id": "s", "input": "Hi", "state": "candidate"}
    >>> made = Dataset("mails", 1, "", pl.DataFrame([case], schema=CASES), GROUND_TRUTH.to_frame())
    >>> withholding(made, ["s"]).cases.select("input", "state").rows()
    [('', 'retired')]
    """
    theirs = dataset.cases.filter(pl.col("session_id").is_in(list(refused)))
    if not theirs.height:
        return dataset
    gone = set(theirs["case_id"].to_list())
    rows = [_emptied(row) if row["case_id"] in gone else row for row in dataset.cases.iter_rows(named=True)]
    cases = pl.DataFrame(rows, schema=dataset.cases.schema)
    truths = dataset.ground_truth.filter(~pl.col("case_id").is_in(list(gone)))
    wanted = set(cases["world_id"].drop_nulls().to_list())
    return replace(
        dataset,
        cases=cases,
        ground_truth=truths,
        worlds=Worlds([key for key in dataset.worlds if key in wanted], dataset.worlds.__getitem__),
        content_hash=content_hash_of(cases["row_id"].to_list(), truths["truth_id"].to_list()),
        notes=(*dataset.notes, f"{count_of(len(gone), 'case')} retired and emptied: {REFUSED}."),
    )


def withhold(dataset: Dataset, refused: Collection[str], *, author: str, now: dt.datetime) -> Promotion | None:
    """The next version, in which the cases of these sessions are retired and empty; null where they are so already.

    Parameters
    ----------
    dataset
        The latest version as it is kept.
    refused
        Sessions whose users did not consent.
    author, now
        Who says so, and when (with a time zone).

    Examples
    --------
    >>> from workbench.dataset import CASES, GROUND_TRUTH, Dataset
    >>> made = Dataset("mails", 1, "", CASES.to_frame(), GROUND_TRUTH.to_frame())
    >>> withhold(made, ["s"], author="ana", now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) is None
    True
    """
    empty = withholding(dataset, refused)
    before = set(dataset.cases["row_id"].to_list())
    rows = [row for row in empty.cases.iter_rows(named=True) if row["row_id"] not in before]
    if not rows:
        return None
    stamped = [{**row, "added_at": now, "added_by": author} for row in rows]
    reason = f"{count_of(len(rows), 'case')} retired: {REFUSED}"
    made, cases, truths, version = Addition(stamped).onto(
        replace(dataset, ground_truth=empty.ground_truth), name=dataset.name, reason=reason, author=author, now=now
    )
    left_out = _left_out(rows)
    return Promotion(made, cases, truths, version, {}, left_out, f"{dataset.name!r}: {reason}: version {made.version}.")


def _left_out(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Whose cases were emptied, and why."""
    told = [(row["session_id"], REFUSED) for row in rows]
    return pl.DataFrame(told, schema={"session_id": pl.String(), "reason": pl.String()}, orient="row")


def _emptied(row: dict[str, Any]) -> dict[str, Any]:
    made = {**row, **_EMPTY}
    return {**made, "row_id": row_id_of(made)}
