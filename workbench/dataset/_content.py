"""Identity by content: canonical JSON, and the ids of cases, their rows, their ground truth and versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from workbench.dataset._tables import CASES

__all__ = ["case_id_of", "content_hash_of", "dumps", "row_id_of", "truth_id_of"]

_APART = frozenset({"row_id", "added_at", "added_by"})


def dumps(value: object) -> str:
    """JSON with one spelling: members sorted, no white space, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _digest(value: object, digits: int) -> str:
    return hashlib.sha256(dumps(value).encode("ascii")).hexdigest()[:digits]


def case_id_of(session_id: str, turn: int, prefix: str) -> str:
    """The id of a case: the same session, turn and message prefix are the same case in every dataset and workspace."""
    return _digest([session_id, turn, hashlib.sha256(prefix.encode()).hexdigest()], 24)


def row_id_of(row: Mapping[str, Any]) -> str:
    """The id of a state of a case: a hash of every column but `row_id`, `added_at` and `added_by`."""
    return _digest({name: row.get(name) for name in CASES.names() if name not in _APART}, 32)


def truth_id_of(row: Mapping[str, Any]) -> str:
    """The id of a piece of ground truth."""
    return _digest([row.get(name) for name in ("dataset", "case_id", "kind", "value", "author")], 32)


def content_hash_of(row_ids: Iterable[str], truth_ids: Iterable[str]) -> str:
    """The hash of a version: what it holds, whatever the order."""
    return _digest([sorted(row_ids), sorted(truth_ids)], 64)
