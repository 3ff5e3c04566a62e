"""Reading and naming: queues that know how each session was drawn, label events, the codebook, agreement."""

from __future__ import annotations

from workbench.label._tables import CODEBOOK_EVENTS, LABELS, QUEUES, VERDICTS

__all__ = ["CODEBOOK_EVENTS", "LABELS", "QUEUES", "VERDICTS"]
