"""Datasets: cases promoted from sessions, their ground truth apart, immutable versions, export and import."""

from __future__ import annotations

from workbench.dataset._check import PROBLEMS, Check, check
from workbench.dataset._content import content_hash_of
from workbench.dataset._dataset import Dataset, Diff, dataset_at
from workbench.dataset._desk import Recorder
from workbench.dataset._exporter import Exported, Exporter, exchange
from workbench.dataset._exporters import exporters, read_dataset
from workbench.dataset._imported import imported
from workbench.dataset._looks import Looks, Use, look_rows, looks
from workbench.dataset._loss import FIELDS, Loss
from workbench.dataset._promote import promote
from workbench.dataset._promotion import Promotion
from workbench.dataset._revise import revise
from workbench.dataset._splits import split
from workbench.dataset._states import states, tag_row, version_of
from workbench.dataset._tables import CASES, GROUND_TRUTH, STATES, VERSIONS, CaseState
from workbench.dataset._withhold import withhold, withholding
from workbench.dataset._worlds import Worlds

__all__ = [
    "CASES",
    "FIELDS",
    "GROUND_TRUTH",
    "PROBLEMS",
    "STATES",
    "VERSIONS",
    "CaseState",
    "Check",
    "Dataset",
    "Diff",
    "Exported",
    "Exporter",
    "Looks",
    "Loss",
    "Promotion",
    "Recorder",
    "Use",
    "Worlds",
    "check",
    "content_hash_of",
    "dataset_at",
    "exchange",
    "exporters",
    "imported",
    "look_rows",
    "looks",
    "promote",
    "read_dataset",
    "revise",
    "split",
    "states",
    "tag_row",
    "version_of",
    "withhold",
    "withholding",
]
