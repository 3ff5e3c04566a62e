"""The words of reading and naming, and the view of what the annotations say now."""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

from workbench.schema import CODEBOOK_EVENTS, QUEUES

__all__ = [
    "ANSWER",
    "CODEBOOK_EVENTS",
    "LABELS",
    "LABEL_NAMES",
    "QUEUES",
    "REPEAT",
    "VERDICTS",
    "EventKind",
    "Purpose",
    "SessionVerdict",
]

SessionVerdict = Literal["pass", "fail", "defer", "skip"]
Purpose = Literal["align", "dataset"]
EventKind = Literal["define", "gather", "rename", "merge", "split", "retire"]

VERDICTS: Final[tuple[SessionVerdict, ...]] = ("pass", "fail", "defer", "skip")

LABEL_NAMES: Final = (
    "verdict",
    "note",
    "failure_mode",
    "other_modes",
    "first_failure",
    "root_cause",
    "expected_output",
    "flag",
)
"""The annotations that one save may write, in the order in which they are written."""

ANSWER: Final = "rubric: "
"""Before the names of the annotations that answer rubric items, so that none is taken for a verdict or a grader."""

REPEAT: Final = "repeat"
"""The component of a draw that shows a session again, unannounced, and the method of what is said then: in no rate."""

LABELS: Final = pl.Schema({  # one row a session and reviewer: what the annotations say now
    "session_id": pl.String(),
    "reviewer": pl.String(),
    "role": pl.String(),  # general | expert
    "verdict": pl.String(),  # one of VERDICTS
    "note": pl.String(),
    "failure_mode": pl.String(),  # what went wrong first, as it was written; the codebook says what it is called now
    "other_modes": pl.List(pl.String()),  # what else went wrong, in order
    "first_failure": pl.String(),  # "trace_id/span_id"
    "root_cause": pl.String(),
    "expected_output": pl.String(),
    "flag": pl.String(),  # to be looked at again, or shown to somebody; says nothing of quality
    "queue_id": pl.String(),
    "blind": pl.Boolean(),
    "happened_at": pl.Datetime("ns", "UTC"),
    "operation": pl.String(),  # the latest save that still stands
    "revision": pl.Int64(),  # how many saves of this session and reviewer stand, that one included
})  # fmt: skip
