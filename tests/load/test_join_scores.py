"""Feedback that names only a span finds its trace, whichever came first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
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


def said(**about: Any) -> dict[str, Any]:
    return {
        "annotation_id": "1", "name": "thumbs", "value_number": 0.0, "passed": False, "author": "customer", "author_kind": "user",
        "happened_at": "2026-01-01T00:00:00Z", **about,
    }  # fmt: skip


@pytest.mark.parametrize(
    "about",
    [
        {"target_kind": "span", "target_id": f"{TRACE}/{AGENT}"},
        {"target_kind": "trace", "target_id": TRACE},
        {"target_kind": "session", "target_id": "s1"},
        {"join_key": AGENT},
        {"join_key": "resp-1"},
        {"join_key": "message-7"},
        {"join_key": "s1"},
    ],
    ids=["span", "trace", "session", "span id", "response id", "message id", "session key"],
)
@pytest.mark.parametrize("first", ["traces", "feedback"])
def test_what_was_said_joins_whichever_came_first(about: dict[str, Any], first: str, tmp_path: Path) -> None:
    told = {
        "session.id": "s1",
        "input.value": "Hi",
        "gen_ai.response.id": "resp-1",
        "metadata": '{"ids": ["message-7"]}',
    }
    traces = write(tmp_path / "spans.jsonl", request(span(AGENT, told), span(OTHER, traceId="f" * 32)))
    ws = wb.open(tmp_path / "ws")
    if first == "traces":
        assert ws.load(traces).waiting == 0
    ws.annotate([said(**about)])
    if first == "feedback":
        other = write(tmp_path / "other.jsonl", request(span(OTHER, traceId="e" * 32)))
        report = ws.load(other)
        assert report.waiting == 1
        assert "1 scores or annotations speak of no span" in report._repr_html_()
        assert ws.outcomes().unmatched == 1
        assert ws.load(traces).waiting == 0
    assert ws.failing().session_ids == ("s1",)
    assert ws.outcomes().unmatched == 0
    assert ws.sessions().filter(session_id="s1")["feedback"].to_list() == ["down"]
    ws.close()


def test_a_key_that_several_spans_of_a_trace_carry_is_the_trace_and_one_in_several_traces_is_nobodys() -> None:
    spans = pl.LazyFrame({
        "trace_id": ["t", "t", "t", "u"],
        "span_id": ["a", "b", "c", "a"],
        "metadata": ['{"m": "both"}', '{"m": "both"}', '{"m": "far"}', '["far", "both-not"]'],
    })  # fmt: skip
    found = load.find_targets(pl.Series("join_key", ["both", "far", "bot"]), spans)
    assert found.rows() == [("both", "trace", "t")]
