"""The tables of reading and naming: queues and codebook events as they are stored, and current labels as a view."""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

from workbench.schema import CODEBOOK_EVENTS, QUEUES

__all__ = ["CODEBOOK_EVENTS", "LABELS", "QUEUES", "VERDICTS", "EventKind", "Purpose", "Verdict"]

Verdict = Literal["pass", "fail", "defer", "skip"]
Purpose = Literal["align", "dataset"]
EventKind = Literal["define", "rename", "merge", "split", "retire"]

VERDICTS: Final[tuple[Verdict, ...]] = ("pass", "fail", "defer", "skip")

_TIME = pl.Datetime("ns", "UTC")

LABELS: Final = pl.Schema({  # one row a session and reviewer: what the annotations say now
    "session_id": pl.String(),
    "reviewer": pl.String(),
    "role": pl.String(),  # general | expert
    "verdict": pl.String(),  # pass | fail | defer | skip
    "note": pl.String(),
    "failure_mode": pl.String(),
    "first_failure": pl.String(),  # "trace_id/span_id"
    "root_cause": pl.String(),
    "expected_output": pl.String(),
    "queue_id": pl.String(),
    "blind": pl.Boolean(),
    "happened_at": _TIME,
    "operation": pl.String(),  # the save that this comes from
    "revision": pl.Int64(),  # how many saves of this session and reviewer stand, this one included
})  # fmt: skip
