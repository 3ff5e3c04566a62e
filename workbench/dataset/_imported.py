"""A dataset that was read from a file, onto the one that is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

import orjson
import polars as pl

from workbench.dataset._content import dumps, row_id_of, truth_id_of
from workbench.dataset._dataset import Dataset
from workbench.dataset._desk import count_of
from workbench.dataset._promotion import Addition, Promotion
from workbench.errors import InputError
from workbench.evidence import REFUSED

__all__ = ["imported"]


def imported(
    read: Dataset,
    *,
    to: str,
    now: dt.datetime,
    author: str,
    existing: Dataset | None = None,
    redact: Callable[[str], str] | None = None,
    worlds: Collection[str] = (),
    refused: Collection[str] = (),
) -> Promotion:
    """The cases of a file as the next version of a dataset.

    A case that is there already takes on what the file says of it; one that the file does not name stays as it is. Ground truth of
    an author takes the place of what the same author said of the case before.

    Parameters
    ----------
    read
        What `read_dataset` gave.
    to
        The dataset's name.
    now, author
        When (with a time zone), and who imports.
    existing
        The dataset's latest version.
    redact
        Applied to messages, ground truth, and attributes that are new.
    worlds
        Ids of recorded worlds that are at hand beside those of the file; a case loses the name of any other.
    refused
        Sessions whose users did not consent: their cases are left out.

    Returns
    -------
    Promotion
        New rows to store, and the version that they make.

    Raises
    ------
    InputError
        The time has no zone, or the dataset no name.

    Examples
    --------
    >>> import datetime as dt
    >>> from workbench import dataset
    >>> empty = dataset.Dataset("refunds", 1, "", dataset.CASES.to_frame(), dataset.GROUND_TRUTH.to_frame())
    >>> dataset.imported(empty, to="refunds", author="ana", now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    Nothing was added to 'refunds': the file has no case that is not there already.
    """
    if not to.strip() or now.tzinfo is None:
        msg = "an import takes the name of a dataset, and a time with its zone"
        raise InputError(msg)
    held = {row["case_id"]: row for row in existing.cases.iter_rows(named=True)} if existing is not None else {}
    at_hand, barred = {*worlds, *read.worlds}, set(refused)
    told = read.cases.filter(~pl.col("session_id").is_in(list(barred)) | pl.col("session_id").is_null())
    left_out = read.cases.join(told, on="case_id", how="anti").select("session_id", pl.lit(REFUSED).alias("reason"))
    cases = [_case(row, to, held.get(row["case_id"]), redact, at_hand) for row in told.iter_rows(named=True)]
    new = [row for row in cases if held.get(row["case_id"], {}).get("row_id") != row["row_id"]]
    stamped = [{**row, "added_at": row["added_at"] or now, "added_by": row["added_by"] or author} for row in new]
    spoken = read.ground_truth.join(told, on="case_id", how="semi", maintain_order="left")
    truths = [_truth(row, to, redact, author, now) for row in spoken.iter_rows(named=True)]
    made, added, said, version = Addition(stamped, truths, read.worlds).onto(
        existing, name=to, reason=f"imported {count_of(len(cases), 'case')}", author=author, now=now
    )
    fresh = sum(row["case_id"] not in held for row in new)
    sentence = (
        f"{count_of(fresh, 'case')} added to {to!r}, {count_of(len(new) - fresh, 'case')} revised, ground truth of "
        f"{count_of(said['case_id'].n_unique(), 'case')}: version {made.version} has {made.cases.height:,}."
        if version.height
        else f"Nothing was added to {to!r}: the file has no case that is not there already."
    )
    gone = sum(row["world_id"] is None for row in cases) - told["world_id"].null_count()
    notes = [
        text
        for text, count in (
            (f"{count_of(gone, 'case')} whose recorded world is not in the file and not here.", gone),
            (f"{count_of(left_out.height, 'case')} left out: {REFUSED}.", left_out.height),
        )
        if count
    ]
    wanted = set(told["world_id"].drop_nulls().to_list())
    worlds_of = {key: read.worlds[key] for key in read.worlds if key in wanted}
    return Promotion(made, added, said, version, worlds_of, left_out, sentence, tuple(notes))


def _case(
    row: Mapping[str, Any],
    to: str,
    old: Mapping[str, Any] | None,
    redact: Callable[[str], str] | None,
    at_hand: Collection[str],
) -> dict[str, Any]:
    world = row["world_id"] if row["world_id"] in at_hand else None
    made = {**row, "dataset": to, "world_id": world or (old["world_id"] if old else None)}
    if redact is not None:
        made["input"] = redact(row["input"] or "")
        made["prefix"] = dumps(_clean(orjson.loads(row["prefix"] or "[]"), redact))
        if old is None or old["attributes"] != row["attributes"]:
            made["attributes"] = dumps(_clean(orjson.loads(row["attributes"] or "{}"), redact))
    return {**made, "row_id": row_id_of(made)}


def _clean(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        kept = cast("dict[str, Any]", value)
        return {name: each if name in {"role", "id"} else _clean(each, redact) for name, each in kept.items()}
    if isinstance(value, list):
        return [_clean(each, redact) for each in cast("list[Any]", value)]
    return redact(value) if isinstance(value, str) else value


def _truth(
    row: Mapping[str, Any], to: str, redact: Callable[[str], str] | None, author: str, now: dt.datetime
) -> dict[str, Any]:
    value = row["value"] if redact is None else redact(row["value"])
    made = {**row, "dataset": to, "value": value, "author": row["author"] or author}
    return {**made, "truth_id": truth_id_of(made), "added_at": row["added_at"] or now}
