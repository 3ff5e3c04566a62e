"""The words of datasets."""

from __future__ import annotations

from typing import Final, Literal

from workbench.schema import CASES, GROUND_TRUTH
from workbench.schema import DATASET_VERSIONS as VERSIONS

__all__ = ["CASES", "GROUND_TRUTH", "STATES", "VERSIONS", "CaseState", "TruthKind"]

CaseState = Literal["candidate", "accepted", "future", "retired"]
TruthKind = Literal["expected_output", "criteria"]

STATES: Final[tuple[CaseState, ...]] = ("candidate", "accepted", "future", "retired")
