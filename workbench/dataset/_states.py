"""The course of every case through its states, and the names that people gave to versions."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, Final

import polars as pl

from workbench.dataset._tables import CASES, VERSIONS
from workbench.errors import InputError, UnknownNameError
from workbench.schema import DATASET_TAGS, conform

__all__ = ["states", "tag_row", "version_of"]

_SCHEMA: Final = {
    "case_id": pl.String(), "version": pl.Int64(), "state": pl.String(), "reason": pl.String(), "by": pl.String(),
    "at": pl.Datetime("ns", "UTC"),
}  # fmt: skip


def states(name: str, *, versions: object, cases: object) -> pl.DataFrame:
    """Who put which case of a dataset into which state, when and why.

    Parameters
    ----------
    name
        The dataset's name.
    versions, cases
        Rows of `schema.DATASET_VERSIONS` and `schema.CASES`.

    Returns
    -------
    polars.DataFrame
        One row a case and change of state, oldest first: `case_id`, `version`, `state`, `reason`, `by`, `at`.

    Examples
    --------
    >>> states("refunds", versions=[], cases=[]).height
    0
    """
    known = {row["row_id"]: row for row in conform(cases, CASES, what="cases").iter_rows(named=True)}
    now: dict[str, str] = {}
    found: list[tuple[Any, ...]] = []
    for version in (
        conform(versions, VERSIONS, what="versions").filter(dataset=name).sort("version").iter_rows(named=True)
    ):
        for row in (known[each] for each in version["rows"] if each in known):
            if now.get(row["case_id"]) != row["state"]:
                now[row["case_id"]] = row["state"]
                found.append(
                    (
                        row["case_id"],
                        version["version"],
                        row["state"],
                        version["reason"],
                        row["added_by"],
                        row["added_at"],
                    )
                )
    return pl.DataFrame(found, schema=_SCHEMA, orient="row")


def tag_row(dataset: str, version: int, tag: str, *, author: str, now: dt.datetime) -> dict[str, Any]:
    """A row of `schema.DATASET_TAGS`: a version gets a name, which it keeps until another version gets it.

    Raises
    ------
    InputError
        The tag is blank or a number, or the time has no zone.
    """
    if not tag.strip() or tag.strip().isdigit() or now.tzinfo is None:
        msg = f"a tag is a word such as 'release-1.5', not {tag!r}, and takes a time with its zone"
        raise InputError(msg)
    digest = hashlib.sha256("\x1f".join([dataset, str(version), tag, now.isoformat()]).encode()).hexdigest()
    about = {"dataset": dataset, "version": version, "tag": tag, "author": author, "happened_at": now}
    return {"tag_id": f"g-{digest[:24]}", **about}


def version_of(dataset: str, tag: str, tags: object) -> int:
    """The version that has a tag now.

    Raises
    ------
    UnknownNameError
        No version of the dataset has it.
    """
    own = conform(tags, DATASET_TAGS, what="tags").filter(dataset=dataset).sort("happened_at", maintain_order=True)
    now = dict(own.select("tag", "version").iter_rows())
    if tag not in now:
        raise UnknownNameError(tag, f"tag of dataset {dataset!r}", now)
    return now[tag]
