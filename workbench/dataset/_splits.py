"""Named splits that do not leak: whatever belongs together lies on one side."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import polars as pl

from workbench.dataset._alike import alike, joined
from workbench.dataset._check import asked_texts
from workbench.dataset._content import row_id_of
from workbench.dataset._dataset import Dataset
from workbench.dataset._promotion import Addition, Promotion
from workbench.errors import EmptyError, InputError

__all__ = ["settled", "shares_of", "split", "split_for"]


def shares_of(splits: Mapping[str, float]) -> Mapping[str, float]:
    """The shares, where they can be shares.

    Raises
    ------
    InputError
        None, or one that is not above 0.
    """
    if not splits or not all(share > 0 for share in splits.values()):
        msg = f"splits is {dict(splits)}; give each split a share above 0, such as {{'train': 0.3, 'test': 0.7}}"
        raise InputError(msg)
    return splits


def split_for(key: str, splits: Mapping[str, float]) -> str:
    """The split of a task or session: the same in every dataset and workspace."""
    digest = hashlib.sha256(f"split\x1f{key}".encode()).digest()
    point = int.from_bytes(digest[:8], "big") / 2**64 * sum(splits.values())
    for name, share in splits.items():
        point -= share
        if point < 0:
            return name
    return list(splits)[-1]


def _keys(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        str(orjson.loads(row["attributes"] or "{}").get("task_id") or row["session_id"] or row["case_id"])
        for row in rows
    ]


def _together(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The group of each case: the same task, session, or nearly the same words, directly or through others."""
    texts = asked_texts(row["prefix"] for row in rows)
    near = alike(texts).group.tolist()
    pairs: list[tuple[int, int]] = []
    for values in (_keys(rows), [row["session_id"] for row in rows], near):
        first: dict[object, int] = {}
        known: Sequence[object] = values
        for place, value in enumerate(known):
            if value is not None:
                pairs.append((first.setdefault(value, place), place))
    left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return joined(len(rows), left, right).tolist()


def settled(
    new: Sequence[Mapping[str, Any]], held: Sequence[Mapping[str, Any]], splits: Mapping[str, float]
) -> list[str]:
    """The split of each new case: that of a case that is there and belongs with it, else by its group's first key."""
    if len(splits) == 1 and {row["split"] for row in held} <= splits.keys():
        return [next(iter(splits))] * len(new)
    rows = [*held, *new]
    groups, keys = _together(rows), _keys(rows)
    chosen: dict[int, str] = {}
    for row, group in zip(held, groups[: len(held)], strict=True):
        chosen.setdefault(group, row["split"])
    least: dict[int, str] = {}
    for key, group in zip(keys, groups, strict=True):
        least[group] = min(key, least.get(group, key))
    return [chosen.get(group) or split_for(least[group], splits) for group in groups[len(held) :]]


def split(dataset: Dataset, splits: Mapping[str, float], *, author: str, now: dt.datetime) -> Promotion:
    """Lay the cases of a dataset into named splits anew; none of one session, task or near duplicate lies on two sides.

    Parameters
    ----------
    dataset
        The latest version.
    splits
        Names with their shares, such as `{"train": 0.3, "test": 0.7}`.
    author, now
        Who decides, and when (with a time zone).

    Returns
    -------
    Promotion
        New states of the cases to store, and the version that they make. The shares that came of it are in its sentence: groups
        that belong together are not cut.

    Raises
    ------
    EmptyError
        The dataset has no case.
    InputError
        Shares that are not positive.
    """
    shares = shares_of(splits)
    rows = list(dataset.cases.iter_rows(named=True))
    if not rows:
        msg = f"{dataset.name!r} has no case to split: promote some first"
        raise EmptyError(msg)
    placed = settled(rows, [], shares)
    changed = [{**row, "split": name} for row, name in zip(rows, placed, strict=True) if row["split"] != name]
    stamped = [{**row, "row_id": row_id_of(row), "added_at": now, "added_by": author} for row in changed]
    made, cases, truths, version = Addition(stamped).onto(
        dataset, name=dataset.name, reason=f"split into {', '.join(shares)}", author=author, now=now
    )
    total = sum(shares.values())
    said = ", ".join(
        f"{name} {placed.count(name):,} ({placed.count(name) / len(placed):.0%}, asked for {share / total:.0%})"
        for name, share in shares.items()
    )
    left_out = pl.DataFrame(schema={"session_id": pl.String(), "reason": pl.String()})
    sentence = f"{dataset.name!r} version {made.version} in {len(shares)} splits: {said}."
    return Promotion(made, cases, truths, version, {}, left_out, sentence)
