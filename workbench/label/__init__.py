"""Reading and naming: queues that know how each session was drawn, label events, the codebook, agreement."""

from __future__ import annotations

from workbench.label._agreement import ReviewerAgreement, agreement
from workbench.label._codebook import Codebook, codebook
from workbench.label._current import (
    contested,
    current_labels,
    first_and_again,
    last_operation,
    rubric_answers,
    settled,
)
from workbench.label._draw import draw_queue, population_hash
from workbench.label._events import Coding, apply_events, codebook_event
from workbench.label._labels import Change, Role, label_annotations
from workbench.label._names import Mode, modes_of
from workbench.label._next import draw_informed
from workbench.label._protocol import AnswerKind, Protocol, RubricItem
from workbench.label._queue import Queue
from workbench.label._read import read_annotations, read_draws
from workbench.label._reliability import (
    Agreements,
    Anchoring,
    agreements,
    anchoring,
    confusion,
    self_agreement,
)
from workbench.label._reserve import Filling, filled_draws, reserve
from workbench.label._stopping import Stopping, stopping
from workbench.label._tables import (
    CODEBOOK_EVENTS,
    LABELS,
    QUEUES,
    REPEAT,
    VERDICTS,
    EventKind,
    Purpose,
    SessionVerdict,
)
from workbench.label._weights import draw_weights

__all__ = [
    "CODEBOOK_EVENTS",
    "LABELS",
    "QUEUES",
    "REPEAT",
    "VERDICTS",
    "Agreements",
    "Anchoring",
    "AnswerKind",
    "Change",
    "Codebook",
    "Coding",
    "EventKind",
    "Filling",
    "Mode",
    "Protocol",
    "Purpose",
    "Queue",
    "ReviewerAgreement",
    "Role",
    "RubricItem",
    "SessionVerdict",
    "Stopping",
    "agreement",
    "agreements",
    "anchoring",
    "apply_events",
    "codebook",
    "codebook_event",
    "confusion",
    "contested",
    "current_labels",
    "draw_informed",
    "draw_queue",
    "draw_weights",
    "filled_draws",
    "first_and_again",
    "label_annotations",
    "last_operation",
    "modes_of",
    "population_hash",
    "read_annotations",
    "read_draws",
    "reserve",
    "rubric_answers",
    "self_agreement",
    "settled",
    "stopping",
]
