"""On the shipped sample, by the code graders, feedback and labels alone, clustering finds planted failure modes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from graders import GRADERS

import workbench as wb

ROOT = Path(__file__).parents[2]
BASELINE = pl.col("agent_version") == "1.4.0"


@pytest.mark.slow
def test_the_loop_recovers_planted_modes_from_traces_labels_and_graders(ws: wb.Workspace) -> None:
    from sklearn.metrics import adjusted_mutual_info_score

    ws.grade(GRADERS)
    ws.annotate(ROOT / "data" / "sample" / "labels.jsonl", draws=ROOT / "data" / "sample" / "draws.jsonl")
    modes = ws.cluster(ws.failing(BASELINE), against=ws.passing(BASELINE))
    truth = pl.read_ndjson(ROOT / "data" / "truth" / "sessions.jsonl").select("session_id", truth="mode")
    found = modes.members.join(truth, on="session_id").drop_nulls("truth")
    # Floors, not targets: chance is 0, and embedding whole sessions comes to about 0.1.
    assert adjusted_mutual_info_score(found["truth"].to_list(), found["nearest"].fill_null(-1).to_list()) > 0.35
    # An error told as success shows itself in several ways: the modes are of these, the family above them is the failure.
    family = {
        mode: name for name, inside in modes.families().frame.select("name", "modes").iter_rows() for mode in inside
    }
    named = dict(modes.frame.select("mode", pl.col("name").replace_strict(family)).iter_rows())
    above = found.with_columns(pl.col("mode").replace_strict(named, default=None, return_dtype=pl.String))
    assert {"stale_document", "loop"} <= recovered(found)
    assert "tool_error_as_success" in recovered(above)
    assert len(recovered(found) | recovered(above)) >= 4


def recovered(found: pl.DataFrame) -> set[str]:
    """The planted modes of which half are in one group that is theirs by half."""
    inside = found.drop_nulls("mode")
    return set(
        inside.group_by("truth", "mode")
        .len()
        .join(found.group_by("truth").agg(all=pl.len()), on="truth")
        .join(inside.group_by("mode").agg(inside=pl.len()), on="mode")
        .filter(pl.col("len") >= 0.5 * pl.col("all"), pl.col("len") >= 0.5 * pl.col("inside"))["truth"]
    )
