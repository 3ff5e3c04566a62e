"""The tables of reading and naming: queues and codebook events as they are stored, and current labels as a view."""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

__all__ = ["CODEBOOK_EVENTS", "LABELS", "QUEUES", "VERDICTS", "EventKind", "Purpose", "Verdict"]

Verdict = Literal["pass", "fail", "defer", "skip"]
Purpose = Literal["align", "dataset"]
EventKind = Literal["define", "rename", "merge", "split", "retire"]

VERDICTS: Final[tuple[Verdict, ...]] = ("pass", "fail", "defer", "skip")

_TIME = pl.Datetime("ns", "UTC")

QUEUES: Final = pl.Schema({  # one row a queue; its items are rows of schema.DRAWS
    "queue_id": pl.String(),  # from the name: one name, one queue
    "name": pl.String(),
    "purpose": pl.String(),  # align (a grader) | dataset (ground truth): the same row is never silently both
    "design": pl.String(),  # random | stratified | mixed
    "seed": pl.Int64(),
    "n": pl.Int64(),  # how many were drawn
    "pool": pl.Int64(),  # how many were eligible
    "population": pl.String(),  # sha256 over the sorted eligible ids: two queues of one population can be told
    "by": pl.String(),  # the stratum or score column; null: simple random
    "audit": pl.Float64(),  # share of draws made uniformly at random; 1.0 for random designs
    "blind": pl.Boolean(),  # suggestions stay hidden until the verdict
    "rubric": pl.String(),  # JSON: [{"name","kind","required","expert_only"}]
    "because": pl.String(),
    "created_by": pl.String(),
    "created_at": _TIME,
})  # fmt: skip

CODEBOOK_EVENTS: Final = pl.Schema({  # append-only: the codebook of any moment is what the events up to it make
    "event_id": pl.String(),
    "kind": pl.String(),  # define | rename | merge | split | retire
    "name": pl.String(),  # the failure mode it happens to
    "into": pl.List(pl.String()),  # rename, merge: [the one]; split: the parts; define, retire: []
    "definition": pl.String(),  # define: the definition; otherwise null
    "assignment": pl.String(),  # split: JSON {session_id: part}; who is not named stays and is to be read again
    "reason": pl.String(),
    "author": pl.String(),
    "happened_at": _TIME,
    "recorded_at": _TIME,
})  # fmt: skip

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
