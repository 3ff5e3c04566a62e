"""Labels of the workspace bend its modes, queues along the map are weighed back, and notes of readers are no evidence for their own labels."""

from __future__ import annotations

import polars as pl
import pytest

import workbench as wb
from workbench.errors import InputError


def kind_of(session: str, tools: dict[str, int]) -> str:
    return "few steps" if tools[session] < 12 else "many steps"


@pytest.fixture
def steps(ws: wb.Workspace) -> dict[str, int]:
    return dict(ws.steps().group_by("session_id").len().iter_rows())


def read(ws: wb.Workspace, queue: object, steps: dict[str, int], *, note: bool = False) -> None:
    for item in queue.items.iter_rows(named=True):  # type: ignore[attr-defined]
        session = item["session_id"]
        kind = kind_of(session, steps)
        change = {"operation": f"op-{item['draw_id']}", "session_id": session, "verdict": "fail", "failure_mode": kind}
        if note:
            change["note"] = f"I would call this {kind}"
        ws.save_label(change, reviewer="ana", queue_id=queue.queue_id)  # type: ignore[attr-defined]


def test_what_the_map_asks_for_bends_it_and_gives_shares(ws: wb.Workspace, steps: dict[str, int]) -> None:
    some = pl.DataFrame({"session_id": sorted(steps)[:120]})
    modes = ws.cluster(some, facet="trajectory")
    first = ws.queue("first", order=modes, n=16)
    assert (len(first), first.design, first.pool) == (16, "map", 120)
    assert first.items["because"].str.contains("like one another").all()
    assert ws.queue("first", order=modes, n=16).draws.equals(first.draws)
    read(ws, first, steps)
    second = ws.queue("second", order=modes, n=10)
    assert not set(second.items["session_id"]) & set(first.items["session_id"])
    assert second.pool == 104
    read(ws, second, steps)
    bent = ws.cluster(some, facet="trajectory", labels=True)
    assert "Bent by 26 labels of 2 kinds" in bent.sentence
    assert {"few steps", "many steps"} <= set(bent.frame["name"])
    shares = bent.prevalence().frame
    assert set(shares["drawn"]) == {26}
    for row in shares.drop_nulls("mode").iter_rows(named=True):
        true = sum(kind_of(s, steps) == row["name"] for s in some["session_id"]) / 120
        assert row["low"] <= true <= row["high"]
    assert "Bent" not in ws.cluster(some, facet="trajectory").sentence  # labels say what failed
    weighed = ws.codebook().modes.filter(failure_mode="few steps")["share"][0]
    assert 0 < weighed < 1  # the codebook weighs the same queue back


def test_notes_of_labelled_sessions_are_no_evidence_for_them(ws: wb.Workspace, steps: dict[str, int]) -> None:
    some = pl.DataFrame({"session_id": sorted(steps)[:60]})
    read(ws, ws.queue("some", some, n=12), steps, note=True)
    bent = ws.cluster(some)
    assert not bent.texts["text"].str.contains("I would call this").any()
    assert ws.cluster(some, labels=False).texts["text"].str.contains("I would call this").any()


def test_a_queue_along_the_map_takes_its_sessions_from_the_map(ws: wb.Workspace, steps: dict[str, int]) -> None:
    modes = ws.cluster(pl.DataFrame({"session_id": sorted(steps)[:40]}), facet="trajectory")
    with pytest.raises(InputError, match="leave the population out"):
        ws.queue("both", ["a"], order=modes)
