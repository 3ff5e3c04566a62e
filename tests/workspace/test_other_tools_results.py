"""Results that other tools ran are compared as one's own: a benchmark's files, and a Langfuse export with its scores."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
from shared_data import shared

import workbench as wb

TAU2 = "tau2-experiments/"
TUNED = TAU2 + "ft_gpt-4.1-2025-04-14_sierra_tau2-full-sft_BzrYdMNm_airline_default_gpt-4.1_1trials.json"


def test_two_tau2_files_are_compared_and_a_flip_opens_both_conversations(tmp_path: Path) -> None:
    ws = wb.open(tmp_path / "ws")
    ws.load([shared(TAU2 + "gpt-4.1_airline_default_gpt-4.1_1trials.json"), shared(TUNED)])
    arms = [
        ws.recorded(name, pl.col("agent_version").str.starts_with(name), graders=["reward"])
        for name in ("gpt-4.1", "ft:gpt-4.1")
    ]
    found = wb.compare(*arms)
    assert (found.overall.baseline, found.overall.candidate) == (0.5, 0.65)
    assert (len(found.fixed), len(found.regressed), found.verdict) == (6, 3, "cannot tell")
    told = found.flip(found.regressed[0], ws.session)
    assert told.first is not None
    assert told.sentence.startswith("They part at step ")
    assert told._repr_html_().count("Here they part") == 1
    ws.close()


def test_langfuse_scores_are_compared(tmp_path: Path) -> None:
    for name, wrong in (("v1", {0, 1, 2, 3, 4, 5}), ("v2", {5})):
        rows = [
            {"id": f"{name}-{n}", "name": "run", "timestamp": f"2026-01-0{1 + (name == 'v2')}T10:00:{n:02d}.000Z", "version": name,
             "release": name, "sessionId": f"{name}-{n}", "input": f"Question {n}", "output": "Answer", "metadata": {"task_id": f"q{n}"},
             "observations": [],
             "scores": [{"id": f"s-{name}-{n}", "traceId": f"{name}-{n}", "name": "correct", "value": float(n not in wrong),
                         "dataType": "BOOLEAN", "source": "EVAL", "timestamp": "2026-01-03T10:00:00.000Z"}]}
            for n in range(30)
        ]  # fmt: skip
        (tmp_path / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    ws = wb.open(tmp_path / "ws")
    ws.load([tmp_path / "v1.json", tmp_path / "v2.json"])
    sessions = ws.sessions()
    assert sessions.height == 60
    arms = [
        ws.recorded(name, pl.col("session_id").str.starts_with(name), graders=["correct"], case="input")
        for name in ("v1", "v2")
    ]
    found = wb.compare(*arms, margin=0.1)
    assert (len(found.fixed), len(found.regressed), found.overall.cases) == (5, 0, 30)
    assert found.verdict in {"better", "not worse"}
    ws.close()
