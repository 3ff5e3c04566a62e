"""What holds for every reader, whoever wrote it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from otlp_lines import request, span
from otlp_wire import encode, prefixed

from workbench import load
from workbench.errors import LoadError, UnknownNameError
from workbench.load import _registry
from workbench.load._read import READER_FAILED
from workbench.schema import SCORES, SET_ASIDE, SOURCES, SPAN_KINDS, SPANS

CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Where is order 7?"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"order": 7}'}}]},
    {"role": "tool", "tool_call_id": "c1", "name": "find", "content": "sent"},
    {"role": "assistant", "content": "It was sent."},
]  # fmt: skip
MODEL_CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "session.id": "s"}


def inspect_log() -> dict[str, Any]:
    about = {
        "eval_id": "e",
        "run_id": "r",
        "task": "orders",
        "task_id": "t",
        "model": "m",
        "created": "2026-01-01T00:00:00+00:00",
    }
    sample = {"id": 1, "epoch": 1, "input": "Where is order 7?", "target": "sent", "messages": CHAT, "scores": {"match": {"value": "C"}}, "uuid": "u1"}  # fmt: skip
    return {"version": 2, "status": "success", "eval": about, "plan": {}, "samples": [sample]}


def inspect_archive() -> bytes:
    log = inspect_log()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("samples/1_epoch_1.json", orjson.dumps(log.pop("samples")[0]))
        archive.writestr("header.json", orjson.dumps(log))
    return packed.getvalue()


def tau2() -> dict[str, Any]:
    messages = [{**message, "tool_calls": [{"id": "c1", "name": "find", "arguments": {"order": 7}}] if message.get("tool_calls") else None} for message in CHAT]  # fmt: skip
    simulation = {"id": "u", "task_id": "7", "trial": 0, "messages": messages, "reward_info": {"reward": 1.0, "reward_breakdown": {"DB": 1.0}}, "termination_reason": "user_stop"}  # fmt: skip
    return {"info": {"agent_info": {"llm": "m"}}, "tasks": [{"id": "7"}], "simulations": [simulation]}


EXAMPLES: dict[str, tuple[str, bytes]] = {
    "otlp": ("spans.jsonl", orjson.dumps(request(span("00000000000000aa", MODEL_CALL), span("00000000000000bb"))) + b"\n"),
    "otlp-protobuf": ("spans.binpb", prefixed(encode(request(span("00000000000000aa", MODEL_CALL), span("00000000000000bb"))))),
    "otel-python": ("console.log", orjson.dumps({"name": "chat", "context": {"trace_id": "0x" + "a" * 32, "span_id": "0x" + "b" * 16, "trace_state": "[]"}, "kind": "SpanKind.CLIENT", "parent_id": None, "start_time": "2026-01-01T00:00:00.000001Z", "end_time": "2026-01-01T00:00:01Z", "status": {"status_code": "UNSET"}, "attributes": MODEL_CALL, "events": [], "links": [], "resource": {"attributes": {"service.name": "desk"}, "schema_url": ""}})),
    "phoenix": ("spans.jsonl", orjson.dumps({"id": "U3Bhbjox", "name": "chat", "context": {"trace_id": "a" * 32, "span_id": "c" * 16}, "span_kind": "LLM", "parent_id": None, "start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T00:00:01Z", "status_code": "OK", "status_message": "", "attributes": {"llm.model_name": "m", "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": "Hi", "annotations.0.annotation.name": "tone", "annotations.0.annotation.score": 1}, "events": [{"name": "e", "timestamp": "2026-01-01T00:00:00Z", "attributes": {}}], "annotations": [{"id": "QTox", "name": "done", "span_id": "c" * 16, "annotator_kind": "HUMAN", "result": {"score": 1}}]}) + b"\n"),
    "otel-js": ("spans.json", orjson.dumps([{"name": "ai.generateText.doGenerate", "spanContext": {"traceId": "a" * 32, "spanId": "b" * 16}, "attributes": {"ai.operationId": "ai.generateText.doGenerate", "ai.prompt": '{"prompt": "Hi"}', "ai.response.text": "Hello"}, "status": {"code": 0}, "startTime": [1700000000, 5], "endTime": [1700000001, 5], "events": []}])),
    "langfuse": ("trace.json", orjson.dumps({"trace": {"id": "t", "timestamp": "2026-01-01T00:00:00Z", "sessionId": "s"}, "observations": [{"id": "o", "traceId": "t", "type": "GENERATION", "name": "chat", "startTime": "2026-01-01T00:00:00Z", "endTime": "2026-01-01T00:00:01Z", "input": CHAT[:2], "output": CHAT[4]}], "scores": [{"id": "x", "name": "tone", "value": 1, "traceId": "t"}]})),
    "langsmith": ("runs.jsonl", orjson.dumps({"id": "r1", "name": "call", "run_type": "llm", "trace_id": "r0", "parent_run_id": "r0", "dotted_order": "", "start_time": "2026-01-01T00:00:00", "end_time": "2026-01-01T00:00:01", "status": "success", "error": None, "inputs": {"messages": CHAT[:2]}, "outputs": {"generations": [[{"text": "Hi", "message": {"lc": 1, "id": ["AIMessage"], "kwargs": {"content": "Hi", "usage_metadata": {"input_tokens": 1}}}}]]}, "extra": {"metadata": {"thread_id": "s"}, "invocation_params": {"model": "m"}}, "tags": ["a"], "events": [{"name": "start"}], "parent_run_ids": ["r0"], "total_cost": "0.5", "prompt_token_details": {"cache_read": 1}, "feedback_stats": {"tone": {"n": 1, "avg": 1, "sources": [], "comments": []}}, "child_runs": [{"id": "r2", "name": "find", "run_type": "tool", "trace_id": "r0", "parent_run_id": "r1", "start_time": "2026-01-01T00:00:00", "inputs": {"input": "{}"}, "outputs": {"output": {"type": "tool", "content": "x"}}}]}) + b"\n"),
    "mlflow": ("traces.json", orjson.dumps({"info": {"trace_id": "tr-" + "d" * 32, "request_time": "2026-01-01T00:00:00Z", "execution_duration_ms": 5, "state": "OK", "trace_metadata": {"mlflow.trace.session": "s"}, "tags": {"team": "x"}, "assessments": [{"assessment_name": "tone", "trace_id": "tr-" + "d" * 32, "source": {"source_type": "HUMAN", "source_id": "ana"}, "create_time": "2026-01-01T00:00:00Z", "feedback": {"value": True}, "valid": True}]}, "data": {"spans": [{"trace_id": "3d3d3d3d3d3d3d3d3d3d3Q==", "span_id": "3d3d3d3d3d0=", "parent_span_id": None, "name": "chat", "start_time_unix_nano": 1700000000000000000, "end_time_unix_nano": 1700000001000000000, "events": [{"name": "e", "time_unix_nano": 1, "attributes": {"x": 1}}], "status": {"code": "STATUS_CODE_OK", "message": ""}, "attributes": {"mlflow.spanType": '"CHAT_MODEL"', "mlflow.spanInputs": '{"messages": [{"role": "user", "content": "Hi"}]}', "mlflow.spanOutputs": '{"choices": [{"message": {"content": "Hello"}}]}', "mlflow.chat.tokenUsage": '{"input_tokens": 1}'}}]}})),
    "inspect": ("log.eval", inspect_archive()),
    "langfuse-tables": ("observations.jsonl", orjson.dumps({"id": "o", "traceId": "t", "type": "GENERATION", "name": "chat", "startTime": "2026-01-01T00:00:00Z", "endTime": "2026-01-01T00:00:01Z", "parentObservationId": None, "sessionId": "s", "providedModelName": "m", "input": CHAT[:2], "output": CHAT[4], "tone": [0.5]}) + b"\n"),
    "opik": ("trace_t.json", orjson.dumps({"trace": {"id": "t", "thread_id": "s", "start_time": "2026-01-01 00:00:00+00:00", "end_time": "2026-01-01 00:00:02+00:00", "input": {"q": "Hi"}, "output": {"output": "Hello"}, "feedback_scores": [{"name": "tone", "value": 1.0, "source": "ui", "value_by_author": {"ana": {"value": 1.0, "source": "ui"}}}]}, "spans": [{"id": "o", "trace_id": "t", "parent_span_id": None, "type": "llm", "name": "chat", "start_time": "2026-01-01 00:00:00+00:00", "end_time": "2026-01-01 00:00:01+00:00", "input": {"messages": CHAT[:2]}, "output": {"choices": [{"message": CHAT[4]}]}, "usage": {"prompt_tokens": 1}}], "downloaded_at": "2026-01-02T00:00:00", "project_name": "p"})),
    "datadog": ("spans.json", orjson.dumps({"data": [{"id": "2", "type": "span", "attributes": {"span_id": "2", "trace_id": "69037382000000000000000000000001", "parent_id": "undefined", "name": "chat", "span_kind": "llm", "start_ns": 1761833858897, "duration": 83000, "status": "ok", "ml_app": "desk", "model_name": "m", "input": {"messages": CHAT[:2]}, "output": {"messages": [CHAT[4]]}, "metrics": {"input_tokens": 10, "estimated_total_cost": 7500}, "tags": ["session_id:s", "env:prod"]}}]})),
    "weave": ("calls.jsonl", orjson.dumps({"id": "c", "project_id": "e/p", "op_name": "weave:///e/p/op/openai.chat.completions.create:abc", "trace_id": "t", "parent_id": None, "thread_id": "s", "started_at": "2026-01-01T00:00:00Z", "ended_at": "2026-01-01T00:00:01Z", "attributes": {}, "inputs": {"model": "m", "messages": CHAT[:2]}, "output": {"choices": [{"message": CHAT[4]}]}, "exception": None, "summary": {"usage": {"m": {"prompt_tokens": 1}}, "weave": {"status": "success", "feedback": [{"id": "f", "feedback_type": "wandb.reaction.1", "payload": {"emoji": "\U0001f44d"}, "creator": "ana"}]}}}) + b"\n"),
    "braintrust": ("logs.jsonl", orjson.dumps({"id": "r", "_xact_id": "1", "created": "2026-01-01T00:00:00Z", "project_id": "p", "log_id": "g", "span_id": "a", "root_span_id": "a", "span_parents": None, "is_root": True, "span_attributes": {"name": "chat", "type": "llm"}, "input": CHAT[:2], "output": [{"message": CHAT[4]}], "error": None, "scores": {"tone": 0.5}, "metadata": {"model": "m", "session_id": "s"}, "metrics": {"start": 1767225600.25, "end": 1767225601.5, "prompt_tokens": 1}}) + b"\n"),
    "scout": ("transcripts.jsonl", orjson.dumps({"transcript_id": "t", "source_type": "eval_log", "source_id": "e", "date": "2026-01-01T00:00:00+00:00", "task_set": "orders", "task_id": "1", "task_repeat": 1, "model": "m", "score": "C", "success": True, "messages": orjson.dumps(CHAT).decode()}) + b"\n"),
    "tau2-bench": ("sims.json", orjson.dumps(tau2())),
    "tau-bench": ("tau.json", orjson.dumps([{"task_id": 0, "reward": 1.0, "trial": 0, "info": {}, "traj": CHAT}])),
    "chat": ("chat.jsonl", orjson.dumps({"id": "s", "messages": CHAT}) + b"\n"),
}  # fmt: skip


def example(name: str, folder: Path) -> Path:
    file = folder / f"{name}.{EXAMPLES[name][0]}"
    file.write_bytes(EXAMPLES[name][1])
    return file


def test_every_reader_has_an_example_here() -> None:
    assert {reader.name for reader in load.readers()} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
class TestEveryReader:
    def test_knows_its_own_file_and_no_other(self, name: str, tmp_path: Path) -> None:
        source = load.Source(example(name, tmp_path))
        assert [reader.name for reader in load.readers() if reader.fits(source)] == [name]

    def test_reads_it_whole_into_the_tables(self, name: str, tmp_path: Path) -> None:
        loaded = load.read(example(name, tmp_path))
        assert loaded.spans.schema == SPANS
        assert loaded.scores.schema == SCORES
        assert loaded.sources.schema == SOURCES
        assert loaded.set_aside.schema == SET_ASIDE
        assert loaded.total("loaded") == loaded.total("read") > 0
        assert loaded.sources["format"].to_list() == [name]
        assert "llm" in loaded.spans["kind"].to_list()
        assert loaded.spans.select("format", "source").unique().rows() == [(name, loaded.sources["source_id"][0])]

    def test_keeps_to_the_words_of_the_schema(self, name: str, tmp_path: Path) -> None:
        spans = load.read(example(name, tmp_path)).spans
        assert set(spans["kind"]) <= set(SPAN_KINDS)
        assert set(spans["status"]) <= {"ok", "error", "unset", "running"}
        assert spans.select(pl.struct("trace_id", "span_id").is_unique().all()).item()
        for column in ("input_messages", "output_messages"):
            for told in spans[column].drop_nulls():
                for message in orjson.loads(told):
                    assert message["role"] in ("system", "user", "assistant", "tool")
                    assert isinstance(message["content"], str)

    def test_reads_the_same_twice_and_merges_it(self, name: str, tmp_path: Path) -> None:
        file = example(name, tmp_path)
        first, second = load.read(file), load.read(file)
        assert first.spans.equals(second.spans)
        assert first.scores.equals(second.scores)
        again = load.read(file, known=first.spans.lazy(), known_scores=first.scores.lazy())
        assert (again.spans.height, again.scores.height, again.total("merged")) == (0, 0, again.total("read"))

    def test_reads_what_is_cut_off_anywhere_without_falling(self, name: str, tmp_path: Path) -> None:
        file, whole = example(name, tmp_path), EXAMPLES[name][1]
        for end in range(0, len(whole), max(1, len(whole) // 40)):
            file.write_bytes(whole[:end])
            loaded = load.read(file)
            assert loaded.total("read") >= 1
            assert READER_FAILED not in loaded.set_aside["reason"]

    def test_reads_any_value_in_the_place_of_any_other(self, name: str, tmp_path: Path) -> None:
        file = tmp_path / "changed.json"
        for content in variants(name):
            file.write_bytes(content)
            loaded = load.read(file)
            assert loaded.total("read") >= 1
            assert READER_FAILED not in loaded.set_aside["reason"]


def variants(name: str) -> Iterator[bytes]:
    """The example with another value in the place of each one; of what is no JSON, with another byte."""
    content = orjson.dumps(inspect_log()) if name == "inspect" else EXAMPLES[name][1]
    if content[:1] not in (b"{", b"["):
        yield from (
            content[:at] + wrong + content[at + 1 :] for at in range(0, len(content), 3) for wrong in (b"\x00", b"\xff")
        )
        return
    whole = orjson.loads(content.splitlines()[0])
    for path in list(places(whole)):
        yield from (orjson.dumps(changed(whole, path, wrong)) for wrong in (None, 7, "x", [[]], {}))


def places(value: Any, above: tuple[Any, ...] = ()) -> Any:
    yield above
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*above, key))


def changed(value: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    if not path:
        return wrong
    inner = changed(value[path[0]], path[1:], wrong)
    if isinstance(value, dict):
        return {**value, path[0]: inner}
    return [*value[: path[0]], inner, *value[path[0] + 1 :]]


class _Lines:
    """A reader as another package would write it."""

    name = "lines"
    keys = frozenset({"said"})

    def fits(self, source: load.Source) -> bool:
        return source.path.suffix == ".said"

    def read(self, source: load.Source, sheet: load.Sheet, progress: Callable[[int], None]) -> None:
        for number, line in source.lines():
            sheet.begin(number)
            if line.strip():
                sheet.span(
                    {
                        "trace_id": "t",
                        "span_id": str(number),
                        "name": "said",
                        "kind": "other",
                        "status": "ok",
                        "output": line.decode().strip(),
                    }
                )
            progress(source.read_bytes)  # fmt: skip


class _Point:
    value = "other_package:Lines"

    def __init__(self, name: str, held: object) -> None:
        self.name, self._held = name, held

    def load(self) -> object:
        return self._held


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(held: object) -> None:
        monkeypatch.setattr(
            _registry, "entry_points", lambda group: [_Point("lines", held)] if group == "workbench.readers" else []
        )
        load.readers.cache_clear()

    yield install
    load.readers.cache_clear()


def test_another_package_adds_a_format(installed: Any, tmp_path: Path) -> None:
    installed(_Lines)
    (tmp_path / "a.said").write_text("one\ntwo\n")
    loaded = load.read(tmp_path / "a.said")
    assert loaded.spans["output"].to_list() == ["one", "two"]
    assert loaded.sources["format"].to_list() == ["lines"]


def test_a_reader_that_fails_costs_its_own_record_and_no_other_file(installed: Any, tmp_path: Path) -> None:
    class Failing(_Lines):
        def read(self, source: load.Source, sheet: load.Sheet, progress: Callable[[int], None]) -> None:
            super().read(source, sheet, progress)
            sheet.begin(3)
            sheet.span({"trace_id": "t", "span_id": "half"})
            raise ZeroDivisionError

    installed(Failing)
    (tmp_path / "a.said").write_text("one\ntwo\n")
    example("chat", tmp_path)
    loaded = load.read(tmp_path)
    assert loaded.sources.select("format", "read", "loaded").rows() == [("lines", 3, 2), ("chat", 1, 1)]
    assert loaded.set_aside.select("record", "reason", "detail").rows() == [(3, READER_FAILED, "ZeroDivisionError: ")]
    assert "half" not in loaded.spans["span_id"]


def test_a_broken_plug_in_is_named(installed: Any, tmp_path: Path) -> None:
    installed(object)
    (tmp_path / "a.said").write_text("one\n")
    with pytest.raises(LoadError, match="the reader 'lines' of other_package:Lines is no reader"):
        load.read(tmp_path / "a.said")


def test_a_format_can_be_named(tmp_path: Path) -> None:
    file = example("chat", tmp_path)
    assert load.read(file, options=load.LoadOptions(format="chat")).total("loaded") == 1
    with pytest.raises(UnknownNameError, match="did you mean 'chat'"):
        load.read(file, options=load.LoadOptions(format="chats"))


def test_a_mix_of_formats_is_told_in_one_sentence(tmp_path: Path) -> None:
    for name in EXAMPLES:
        example(name, tmp_path)
    (tmp_path / "notes.md").write_text("# Notes\n")
    (tmp_path / "broken.json").write_text('{"observation": [{"id"')
    (tmp_path / "labels.jsonl").write_text('{"annotation_id": "a", "target_id": "s", "name": "verdict"}\n')
    (tmp_path / "close.json").write_text('{"observation": [], "scores": []}')
    loaded = load.read(tmp_path)
    read, done = loaded.total("read"), loaded.total("loaded")
    said = f"{read} records read from {len(EXAMPLES) + 4} files ({', '.join(sorted(EXAMPLES))}): {done} loaded, "
    assert repr(loaded).startswith(said)
    damaged, foreign = "JSON that breaks off or is damaged", "no reader knows this file"
    assert loaded.set_aside["reason"].to_list() == [damaged, foreign, foreign, foreign]
    details = dict(zip(loaded.set_aside["path"].str.split("/").list.last(), loaded.set_aside["detail"], strict=True))
    assert details["close.json"] == "it has observation, scores; nearest: langfuse"
    assert details["labels.jsonl"] == "it holds annotations, which `annotate` takes"
    shown = loaded._repr_html_()
    assert "no reader knows this file" in shown
    assert "<table" in shown
