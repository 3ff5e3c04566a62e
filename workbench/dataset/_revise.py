"""Changing the state of cases: nothing is deleted, what is retired stays in the history with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import get_args

import polars as pl

from workbench.dataset._content import row_id_of
from workbench.dataset._dataset import Dataset
from workbench.dataset._promotion import Addition, Promotion
from workbench.dataset._tables import CaseState
from workbench.errors import InputError, UnknownNameError

__all__ = ["revise"]


def revise(
    dataset: Dataset, case_ids: Iterable[str], *, state: CaseState, reason: str, author: str, now: dt.datetime
) -> Promotion:
    """Give cases another state: accept candidates, put off what the agent cannot do yet, retire what no longer holds.

    Parameters
    ----------
    dataset
        The latest version.
    case_ids
        The cases.
    state
        `accepted`, `future` (tracked, not tried), `retired` (kept, not tried) or `candidate`.
    reason
        Why; it stays with the version.
    author, now
        Who decides, and when (with a time zone).

    Returns
    -------
    Promotion
        New states of the cases to store, and the version that they make; cases that are in that state already add nothing.

    Raises
    ------
    UnknownNameError
        The dataset has no such case, or there is no such state.
    InputError
        No reason, or a time without a zone.
    """
    if state not in get_args(CaseState):
        raise UnknownNameError(state, "state", get_args(CaseState))
    if not reason.strip() or now.tzinfo is None:
        msg = "a change of state takes a reason that is not blank, and a time with its zone"
        raise InputError(msg)
    wanted = list(dict.fromkeys(case_ids))
    known = {row["case_id"]: row for row in dataset.cases.iter_rows(named=True)}
    for case_id in wanted:
        if case_id not in known:
            raise UnknownNameError(case_id, f"case of {dataset.name!r}", known)
    rows = [{**known[case_id], "state": state} for case_id in wanted if known[case_id]["state"] != state]
    stamped = [{**row, "row_id": row_id_of(row), "added_at": now, "added_by": author} for row in rows]
    made, cases, truths, version = Addition(stamped).onto(
        dataset, name=dataset.name, reason=reason, author=author, now=now
    )
    left_out = pl.DataFrame(schema={"session_id": pl.String(), "reason": pl.String()})
    sentence = (
        f"{len(rows):,} of {len(wanted):,} cases of {dataset.name!r} are now {state}: version {made.version}."
        if rows
        else f"Nothing changed in {dataset.name!r}: the {len(wanted):,} cases are {state} already."
    )
    return Promotion(made, cases, truths, version, {}, left_out, sentence)
