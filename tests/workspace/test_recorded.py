"""Recorded releases are compared by what their sessions have, and by what people called their failures."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from graders import GRADERS

import workbench as wb
from workbench.errors import UnknownNameError

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def test_recorded_releases_are_compared_by_turns_environment_and_failure_mode(ws: wb.Workspace) -> None:
    ws.grade(GRADERS)
    ws.annotate(SAMPLE / "labels.jsonl")
    old, new = (ws.recorded(name, pl.col("agent_version") == name) for name in ("1.4.0", "1.5.0"))
    found = wb.compare(old, new, by=["mode", "turns", "environment"])
    cases = dict(found.segments.group_by("by").agg(pl.col("cases").sum()).iter_rows())
    assert cases["turns"] == cases["environment"] == found.overall.cases
    labelled = ws.labelled().join(ws.sessions().filter(agent_version="1.4.0"), on="session_id", how="semi")
    named = set(labelled["failure_mode"].drop_nulls())
    assert set(found.segments.filter(by="mode")["segment"]) - {"(none)"} <= named
    assert named
    with pytest.raises(UnknownNameError, match="turns"):
        wb.compare(old, new, by="turn")
