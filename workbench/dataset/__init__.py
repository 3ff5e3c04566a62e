"""Datasets: cases promoted from sessions, their ground truth apart, immutable versions, export and import."""

from __future__ import annotations

from workbench.dataset._tables import CASES, GROUND_TRUTH, STATES, VERSIONS

__all__ = ["CASES", "GROUND_TRUTH", "STATES", "VERSIONS"]
