"""The tables of datasets as they are stored: revisions of cases, their ground truth apart, and versions."""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

__all__ = ["CASES", "GROUND_TRUTH", "STATES", "VERSIONS", "CaseState", "TruthKind"]

CaseState = Literal["candidate", "accepted", "future", "retired"]
TruthKind = Literal["expected_output", "criteria"]

STATES: Final[tuple[CaseState, ...]] = ("candidate", "accepted", "future", "retired")

_TIME = pl.Datetime("ns", "UTC")

CASES: Final = pl.Schema({  # append-only: a changed case is a new row with the same case_id; a version names its rows
    "row_id": pl.String(),  # hash of every other column but added_at and added_by
    "case_id": pl.String(),  # hash of session, turn and message prefix
    "dataset": pl.String(),
    "session_id": pl.String(),
    "trace_id": pl.String(),
    "span_id": pl.String(),  # the first failure, "trace_id/span_id"'s second half; null: not labelled
    "turn": pl.Int64(),  # 1-based turn whose user message is the last of the prefix
    "input": pl.String(),  # that user message
    "prefix": pl.String(),  # JSON: the messages handed to the agent, that user message included
    "attributes": pl.String(),  # JSON object: mode, subject columns, agent_version …: to segment by, not for the agent
    "channel": pl.String(),  # failure | control: how the case came in
    "inclusion": pl.Float64(),  # chance of having been drawn; null: chosen by hand
    "weight": pl.Float64(),  # 1 / inclusion: how many sessions of its pool it stands for; null: only for itself
    "state": pl.String(),  # one of STATES
    "split": pl.String(),  # test | train | …; one session, one split
    "source": pl.String(),  # SOURCES.source_id of the file that the evidence came from
    "world_id": pl.String(),  # sha256 of the world's bytes; null: no world left
    "lost": pl.Int64(),  # recorded calls whose result was already gone at promotion
    "added_at": _TIME,
    "added_by": pl.String(),
})  # fmt: skip

GROUND_TRUTH: Final = pl.Schema({  # apart from the cases, so that the agent under test cannot reach it
    "truth_id": pl.String(),  # hash of case, kind, value and author
    "case_id": pl.String(),
    "dataset": pl.String(),
    "kind": pl.String(),  # expected_output | criteria
    "value": pl.String(),
    "author": pl.String(),
    "added_at": _TIME,
})  # fmt: skip

VERSIONS: Final = pl.Schema({  # one row a version; never changed
    "dataset": pl.String(),
    "version": pl.Int64(),  # 1-based
    "content_hash": pl.String(),  # over the sorted row ids and truth ids
    "parent": pl.Int64(),  # the version before; null: the first
    "cases": pl.Int64(),
    "rows": pl.List(pl.String()),  # CASES.row_id, in order
    "truths": pl.List(pl.String()),  # GROUND_TRUTH.truth_id, in order
    "added": pl.Int64(),  # against the parent
    "changed": pl.Int64(),
    "removed": pl.Int64(),
    "reason": pl.String(),
    "author": pl.String(),
    "created_at": _TIME,
})  # fmt: skip
