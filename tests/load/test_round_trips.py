"""The same conversations, written in every format, load to the same steps, sessions and scores: as far as each can tell them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl
import pytest
from format_writers import COST, MODEL, TOKENS, TRUTH, WRITERS, Files, Talk

from workbench import evidence, load

Row = dict[str, Any]

# What a format has no place for. "id": sessions are named by the format, not by their source; "traces": turns are not told apart
# as executions of their own; "grader": the grade has a name of the format's own; "judge": who graded is not said.
MESSAGES_ONLY: Final = {"retrieval", "traces", "use", "feedback", "judge"}
LOST: Final[dict[str, set[str]]] = {
    "otel-js": {"feedback", "grade"},
    "otel-python": {"feedback", "grade"},
    "opik": {"retrieval"},
    "braintrust": {"retrieval", "comment", "judge"},
    "weave": {"comment"},  # it is a note beside the feedback
    "inspect": {*MESSAGES_ONLY, "id"},
    "scout": MESSAGES_ONLY,
    "tau-bench": {*MESSAGES_ONLY, "id", "errors", "model", "grader"},
    "tau2-bench": {*MESSAGES_ONLY, "id", "model", "grader"},
    "chat": {*MESSAGES_ONLY, "errors", "grade"},
}


def expected(talk: Talk, lost: set[str]) -> list[Row]:
    """The steps that the truth comes to."""
    steps: list[Row] = [{"turn": 1, "kind": "system", "text": talk.system}]
    for number, turn in enumerate(talk.turns, 1):
        steps.append({"turn": number, "kind": "user", "text": turn.user})
        for one in turn.rounds:
            if one.lookup and "retrieval" not in lost:
                steps.append(
                    {
                        "turn": number,
                        "kind": "retrieval",
                        "text": one.lookup.query,
                        "documents": list(one.lookup.documents),
                    }
                )
            if one.text:
                steps.append({"turn": number, "kind": "assistant", "text": one.text})
            for call in one.calls:
                step = {
                    "turn": number,
                    "kind": "tool",
                    "tool": call.name,
                    "arguments": call.arguments,
                    "result": call.result,
                }
                if call.failed and "errors" not in lost:
                    step["error"] = call.result
                steps.append(step)
    return steps


def canonical(steps: pl.DataFrame) -> list[Row]:
    found: list[Row] = []
    for step in steps.iter_rows(named=True):
        # Inspect says of what type an error was, and the steps say it before the message.
        error = step["error"] and step["error"].removeprefix("timeout: ")
        row: Row = {"turn": step["turn"], "kind": step["kind"], "text": step["text"], "error": error}
        if step["kind"] == "tool":
            row |= {
                "tool": step["tool_name"],
                "arguments": orjson.loads(step["tool_arguments"]),
                "result": step["tool_result"],
            }
        if step["kind"] == "retrieval":
            row["documents"] = [(document["id"], document["content"]) for document in orjson.loads(step["tool_result"])]
        found.append({name: value for name, value in row.items() if value is not None})
    return found


def loaded(files: Files, folder: Path) -> load.Loaded:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return load.read(folder)


def session_of(score: Row, spans: pl.DataFrame) -> str:
    """The session that a score is about, whatever it names."""
    if score["target_kind"] == "session":
        return str(score["target_id"])
    return str(spans.filter(pl.col("trace_id") == score["target_id"].split("/")[0])["session_id"][0])


def test_every_format_is_written() -> None:
    assert set(WRITERS) == {reader.name for reader in load.readers()}


@pytest.mark.parametrize("name", WRITERS)
class TestTheSameConversations:
    def test_nothing_is_set_aside_and_nothing_is_unknown(self, name: str, tmp_path: Path) -> None:
        got = loaded(WRITERS[name](), tmp_path)
        assert got.sources["format"].unique().to_list() == [name]
        assert got.total("loaded") == got.total("read") > 0
        assert got.unknown_attributes.height == 0

    def test_they_have_the_same_steps(self, name: str, tmp_path: Path) -> None:
        lost = LOST.get(name, set())
        steps = evidence.steps(loaded(WRITERS[name](), tmp_path).spans)
        told = steps.partition_by("session_id", maintain_order=True)
        assert [canonical(session) for session in told] == [expected(talk, lost) for talk in TRUTH]
        if "id" not in lost:
            assert [session["session_id"][0] for session in told] == [talk.session for talk in TRUTH]

    def test_their_sessions_add_up(self, name: str, tmp_path: Path) -> None:
        lost = LOST.get(name, set())
        spans = loaded(WRITERS[name](), tmp_path).spans
        sessions = evidence.sessions(spans, evidence.steps(spans)).to_dicts()
        for session, talk in zip(sessions, TRUTH, strict=True):
            answers = sum(len(turn.rounds) for turn in talk.turns)
            assert (session["turns"], session["status"]) == (len(talk.turns), "ok")
            assert session["traces"] == (1 if "traces" in lost else len(talk.turns))
            assert session["models"] == ([] if "model" in lost else [MODEL])
            if "use" not in lost:
                assert (session["input_tokens"], session["output_tokens"]) == (TOKENS[0] * answers, TOKENS[1] * answers)
                assert session["cost"] == pytest.approx(sum(COST) * answers)

    def test_feedback_and_grades_find_their_session(self, name: str, tmp_path: Path) -> None:
        lost = LOST.get(name, set())
        got = loaded(WRITERS[name](), tmp_path)
        order = evidence.steps(got.spans)["session_id"].unique(maintain_order=True).to_list()
        told = {(session_of(score, got.spans), score["name"]): score for score in got.scores.to_dicts()}
        for session, talk in zip(order, TRUTH, strict=True):
            feedback = told.get((session, "user_feedback"))
            assert (feedback is None) == ("feedback" in lost)
            if feedback:
                assert (feedback["value_number"], feedback["passed"], feedback["author_kind"]) == (
                    float(talk.liked),
                    talk.liked,
                    "user",
                )
                assert feedback["comment"] == (None if "comment" in lost else talk.comment)
            grade = told.get((session, "reward" if "grader" in lost else "helpful"))
            assert (grade is None) == ("grade" in lost)
            if grade:
                assert (grade["value_number"], grade["author_kind"]) == (
                    talk.grade,
                    "code" if "judge" in lost else "model",
                )


def test_one_conversation_in_all_tracing_formats_is_one_conversation(tmp_path: Path) -> None:
    """The same ids from several peers are the same spans: they are merged or superseded, never counted twice."""
    for name in ("otlp", "otlp-protobuf", "otel-js", "otel-python", "phoenix"):
        for file, content in WRITERS[name]().items():
            (tmp_path / f"{name}-{file}").write_bytes(content)
    got = load.read(tmp_path)
    assert got.spans.height == load.read(tmp_path / "otel-js-spans.json").spans.height
    assert got.total("read") == got.total("loaded") + got.total("merged") + got.total("superseded")
