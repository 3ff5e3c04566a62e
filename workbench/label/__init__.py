"""Reading and naming: queues that know how each session was drawn, label events, the codebook, agreement."""

from __future__ import annotations

from workbench.label._events import Coding, Mode, apply_events, codebook_event, modes_of
from workbench.label._labels import Change, contested, current_labels, label_annotations
from workbench.label._queue import Queue, draw_queue
from workbench.label._tables import CODEBOOK_EVENTS, LABELS, QUEUES, VERDICTS

__all__ = [
    "CODEBOOK_EVENTS",
    "LABELS",
    "QUEUES",
    "VERDICTS",
    "Change",
    "Coding",
    "Mode",
    "Queue",
    "apply_events",
    "codebook_event",
    "contested",
    "current_labels",
    "draw_queue",
    "label_annotations",
    "modes_of",
]
