"""Reading and naming: queues that know how each session was drawn, label events, the codebook, agreement."""

from __future__ import annotations

from workbench.label._agreement import ReviewerAgreement, agreement
from workbench.label._anchoring import Anchoring, anchoring, first_verdicts
from workbench.label._chosen import queue_of_chosen
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
from workbench.label._fill import Filled, Filling, fill_queue, filled_draws, matching
from workbench.label._labels import Change, Role, label_annotations
from workbench.label._names import Mode, modes_of
from workbench.label._next import KnownBefore, draw_informed
from workbench.label._one import Said, said_of
from workbench.label._protocol import AnswerKind, Protocol, RubricItem
from workbench.label._queue import Queue
from workbench.label._read import read_annotations, read_draws
from workbench.label._reliability import Agreements, agreements, confusion, self_agreement
from workbench.label._reserve import reserve
from workbench.label._several import each_mode, has_mode, lines_of
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
from workbench.label._whole import unfinished

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
    "Filled",
    "Filling",
    "KnownBefore",
    "Mode",
    "Protocol",
    "Purpose",
    "Queue",
    "ReviewerAgreement",
    "Role",
    "RubricItem",
    "Said",
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
    "each_mode",
    "fill_queue",
    "filled_draws",
    "first_and_again",
    "first_verdicts",
    "has_mode",
    "label_annotations",
    "last_operation",
    "lines_of",
    "matching",
    "modes_of",
    "population_hash",
    "queue_of_chosen",
    "read_annotations",
    "read_draws",
    "reserve",
    "rubric_answers",
    "said_of",
    "self_agreement",
    "settled",
    "stopping",
    "unfinished",
]
