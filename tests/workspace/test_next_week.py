"""Next week's sessions in this week's modes: read by the workspace as this week's were."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench import cluster
from workbench.evidence import AgentLoop

BASELINE = pl.col("agent_version") == "1.4.0"
CANDIDATE = ~BASELINE


def calls(loop: AgentLoop) -> str:
    """What was called, one after another."""
    return " then ".join(step.tool_name or "" for step in loop.steps if step.kind == "tool")


@pytest.mark.parametrize("facet", ["trajectory", pl.col("tools").list.join(" then "), calls])
def test_a_selection_is_read_by_the_facet_of_the_modes(ws: wb.Workspace, facet: Any) -> None:
    sessions = ws.sessions()
    some, others = sessions.filter(BASELINE).head(120), sessions.filter(CANDIDATE).head(40)
    modes = ws.cluster(some, facet=facet)
    found = modes.assign(others)
    assert found["session_id"].to_list() == others["session_id"].to_list()
    assert found["mode"].null_count() < len(found)
    assert found.frame.equals(modes.assign(others["session_id"].to_list()).frame)


def test_next_weeks_sessions_go_into_this_weeks_modes_also_after_an_edit(ws: wb.Workspace) -> None:
    modes = ws.cluster(ws.failing(BASELINE), against=ws.passing(BASELINE).to_frame().head(80))
    edited = modes.rename(modes.frame["name"][0], "first")
    new = ws.sessions().filter(CANDIDATE).head(60)
    found = edited.assign(new)
    assert len(found) == len(new)
    assert set(found["name"].drop_nulls()) <= set(edited.frame["name"])
    assert found.outside["sessions"].sum() <= found["mode"].null_count()
    assert found.sentence.startswith(f"{len(found) - found['mode'].null_count()} of {len(new)} sessions fit ")


def test_a_cross_table_made_again_reads_no_session_again(ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    some = ws.sessions().head(60)
    first = ws.cluster(some, facet=["failure", "trajectory"])

    def never(*_: Any, **__: Any) -> None:
        msg = "read again"
        raise AssertionError(msg)

    monkeypatch.setattr(cluster, "facet_text", never)
    assert ws.cluster(some, facet=["failure", "trajectory"]).frame.equals(first.frame)
