"""Feedback that names only a span finds its trace, whichever came first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from otlp_lines import TRACE, request, span, write

import workbench as wb
from workbench import load

AGENT, OTHER = "00000000000000aa", "00000000000000bb"


def annotation(span_id: str, number: int = 1) -> dict[str, Any]:
    return {"id": f"QTo{number}", "name": "correct", "annotator_kind": "HUMAN", "span_id": span_id, "result": {"label": "incorrect", "score": 0}}  # fmt: skip


def test_a_key_that_is_the_id_of_one_span_is_that_span(tmp_path: Path) -> None:
    spans = request(span(AGENT), span(OTHER), span(OTHER, traceId="f" * 32))
    scores = [annotation(AGENT), annotation(OTHER, 2), annotation("00000000000000cc", 3)]
    loaded = load.read([write(tmp_path / "scores.jsonl", *scores), write(tmp_path / "spans.jsonl", spans)])
    joined = load.join_scores(loaded.scores, loaded.spans.lazy())
    assert joined.select("target_kind", "target_id", "join_key").rows() == [
        ("span", f"{TRACE}/{AGENT}", AGENT),
        (None, None, OTHER),  # two traces have such a span
        (None, None, "00000000000000cc"),
    ]
    assert joined.schema == loaded.scores.schema
    assert load.join_scores(joined, loaded.spans.lazy()).equals(joined)


def test_scores_that_have_their_targets_stay_as_they_are() -> None:
    scores = pl.DataFrame([{"target_kind": "trace", "target_id": "t", "join_key": "b"}])
    assert load.join_scores(scores, pl.LazyFrame({"trace_id": ["x"], "span_id": ["b"]})).equals(scores)


def test_feedback_before_and_after_its_trace_makes_a_session_fail(tmp_path: Path) -> None:
    spans = write(tmp_path / "spans.jsonl", request(span(AGENT, {"session.id": "s1", "input.value": "Hi"})))
    scores = write(tmp_path / "scores.jsonl", annotation(AGENT))
    for name, order in (("before", [scores, spans]), ("after", [spans, scores])):
        ws = wb.open(tmp_path / name)
        for file in order:
            ws.load(file)
        assert ws.failing().session_ids == ("s1",), name
