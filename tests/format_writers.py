"""One truth, written in every format: what a conversation was, and how each peer's export would tell it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import polars as pl
from otlp_lines import attributes as otlp_attributes
from otlp_wire import encode

Row = dict[str, Any]
Files = dict[str, bytes]

BEGAN = 1_767_225_600_000_000_000  # 2026-01-01, in nanoseconds
SECOND = 1_000_000_000
MODEL = "small-1"
TOKENS = (12, 3)
COST = (0.0025, 0.005)


@dataclass(frozen=True)
class Call:
    """A tool call, what it gave back, and whether that was a failure."""

    call_id: str
    name: str
    arguments: Row
    result: str
    failed: bool = False


@dataclass(frozen=True)
class Lookup:
    """A retrieval."""

    query: str
    documents: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Round:
    """One answer of the model: words, calls, or both; and a retrieval that came before it."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    lookup: Lookup | None = None


@dataclass(frozen=True)
class Turn:
    """What the user said, and the rounds until the agent's answer."""

    user: str
    rounds: tuple[Round, ...]


@dataclass(frozen=True)
class Talk:
    """A conversation, what its user thought of it, and what a grader said of its first turn."""

    session: str
    system: str
    turns: tuple[Turn, ...]
    liked: bool
    comment: str
    grade: float


TRUTH = (
    Talk(
        "desk-1",
        "You run the desk of a shop. Be brief.",
        (
            Turn(
                "Where are orders 7 and 8? 🙂",
                (
                    Round(
                        "I will look both up.",
                        (
                            Call("call_1", "find_order", {"order": 7, "with": ["items", "größe"]}, '{"state":"sent"}'),
                            Call("call_2", "find_order", {"order": 8}, "TimeoutError: the shop did not answer", failed=True),
                        ),
                    ),
                    Round("", (Call("call_3", "find_order", {"order": 8}, '{"state":"packed"}'),)),
                    Round("Order 7 was sent.\nOrder 8 is packed."),
                ),
            ),
            Turn(
                "Can I return 7?",
                (Round("Within 30 days.", lookup=Lookup("return policy", (("p1", "Returns within 30 days."), ("p2", "Bring the receipt.")))),),
            ),
        ),
        liked=True,
        comment="quick",
        grade=0.75,
    ),
    Talk("desk-2", "You run the desk of a shop. Be brief.", (Turn("Cancel it!", (Round("Which order?"),)),), liked=False, comment="no help", grade=0.25),
)  # fmt: skip


@dataclass
class Span:
    """One step of the truth, as tracing would have seen it."""

    talk: Talk
    trace: str
    id: str
    parent: str | None
    kind: str
    name: str
    start: int
    end: int
    given: list[Row] = field(default_factory=list)  # the history that the model was given, as OpenAI writes it
    said: Row | None = None
    call: Call | None = None
    lookup: Lookup | None = None
    question: str = ""
    answer: str = ""


def digest(*parts: object, size: int = 32) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:size]


def spoken(one: Round) -> Row:
    calls = [
        {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}
        for call in one.calls
    ]  # fmt: skip
    return {"role": "assistant", "content": one.text or None, **({"tool_calls": calls} if calls else {})}


def answered(call: Call) -> Row:
    return {"role": "tool", "tool_call_id": call.call_id, "name": call.name, "content": call.result}


def transcript(talk: Talk) -> list[Row]:
    """All that was said, as OpenAI writes it."""
    said: list[Row] = [{"role": "system", "content": talk.system}]
    for turn in talk.turns:
        said.append({"role": "user", "content": turn.user})
        for one in turn.rounds:
            said += [spoken(one), *map(answered, one.calls)]
    return said


def spans(truth: tuple[Talk, ...] = TRUTH) -> Iterator[Span]:
    """The truth as spans: a trace a turn; an agent, in it model calls, tools and retrievals, one after the other."""
    clock = BEGAN
    for talk in truth:
        history: list[Row] = [{"role": "system", "content": talk.system}]
        for number, turn in enumerate(talk.turns):
            trace = digest(talk.session, number)
            made: list[Span] = []

            def add(
                kind: str, name: str, talk: Talk = talk, trace: str = trace, made: list[Span] = made, **told: Any
            ) -> Span:
                nonlocal clock
                clock += SECOND
                root = made[0].id if made else None
                one = Span(
                    talk, trace, digest(trace, len(made), size=16), root, kind, name, clock, clock + SECOND // 2, **told
                )
                made.append(one)
                return one

            history.append({"role": "user", "content": turn.user})
            root = add("agent", "desk", question=turn.user, answer=turn.rounds[-1].text)
            for one in turn.rounds:
                if one.lookup:
                    add("retrieval", "policies", lookup=one.lookup)
                add("llm", "chat", given=list(history), said=spoken(one))
                history.append(spoken(one))
                for call in one.calls:
                    add("tool", call.name, call=call)
                    history.append(answered(call))
            clock += SECOND
            root.end = clock
            yield from made


def first_trace(talk: Talk) -> str:
    return digest(talk.session, 0)


def iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1e9, UTC).isoformat()


def lines(rows: Any) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def documents(lookup: Lookup) -> list[Row]:
    return [{"id": name, "content": content} for name, content in lookup.documents]


# OpenTelemetry, with the names of its GenAI conventions, in each of its carriers


def parts(message: Row) -> Row:
    """A message as the current convention writes it."""
    if message["role"] == "tool":
        return {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": message["tool_call_id"], "response": message["content"]}],
        }
    found: list[Row] = [{"type": "text", "content": message["content"]}] if message["content"] else []
    for call in message.get("tool_calls", ()):
        function = call["function"]
        found.append(
            {
                "type": "tool_call",
                "id": call["id"],
                "name": function["name"],
                "arguments": json.loads(function["arguments"]),
            }
        )
    return {"role": message["role"], "parts": found}


def gen_ai(span: Span) -> Row:
    told: Row = {"session.id": span.talk.session}
    if span.kind == "agent":
        told |= {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "desk"}
    elif span.kind == "llm" and span.said:
        told |= {
            "gen_ai.operation.name": "chat", "gen_ai.request.model": MODEL, "gen_ai.usage.input_tokens": TOKENS[0],
            "gen_ai.usage.output_tokens": TOKENS[1], "gen_ai.usage.cost": sum(COST),
            "gen_ai.system_instructions": json.dumps([{"type": "text", "content": span.talk.system}]),
            "gen_ai.input.messages": json.dumps([parts(message) for message in span.given[1:]]),
            "gen_ai.output.messages": json.dumps([parts(span.said)]),
        }  # fmt: skip
    elif span.call:
        told |= {
            "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": span.call.name, "gen_ai.tool.call.id": span.call.call_id,
            "gen_ai.tool.call.arguments": json.dumps(span.call.arguments), "gen_ai.tool.call.result": span.call.result,
        }  # fmt: skip
    elif span.lookup:
        told |= {
            "gen_ai.operation.name": "retrieval", "gen_ai.retrieval.query.text": span.lookup.query,
            "gen_ai.retrieval.documents": json.dumps(documents(span.lookup)),
        }  # fmt: skip
    return told


def failure(span: Span) -> str | None:
    return span.call.result if span.call and span.call.failed else None


def otlp_requests() -> list[Row]:
    held: list[Row] = [
        {
            "traceId": span.trace, "spanId": span.id, "parentSpanId": span.parent or "", "name": span.name, "kind": 1,
            "startTimeUnixNano": str(span.start), "endTimeUnixNano": str(span.end), "attributes": otlp_attributes(gen_ai(span)),
            "status": {"code": 2, "message": failure(span)} if failure(span) else {"code": 1},
        }
        for span in spans()
    ]  # fmt: skip
    records = [
        {
            "traceId": first_trace(talk), "spanId": digest(first_trace(talk), 0, size=16), "timeUnixNano": str(BEGAN), "eventName": "gen_ai.evaluation.result",
            "attributes": otlp_attributes({"gen_ai.evaluation.name": name, "gen_ai.evaluation.score.value": value, **({"gen_ai.evaluation.explanation": why} if why else {}), "gen_ai.evaluation.annotator_kind": by}),
        }
        for talk in TRUTH
        for name, value, why, by in (("user_feedback", float(talk.liked), talk.comment, "human"), ("helpful", talk.grade, None, "llm"))
    ]  # fmt: skip
    # Spans of a trace come on several lines, the last one first.
    spread: list[Row] = [{"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"scope": {"name": "s"}, "spans": [span]}]}]} for span in reversed(held)]  # fmt: skip
    return [
        *spread,
        {"resourceLogs": [{"resource": {}, "scopeLogs": [{"scope": {"name": "s"}, "logRecords": records}]}]},
    ]


def write_otlp() -> Files:
    return {"traces.jsonl": lines(otlp_requests())}


def write_otlp_protobuf() -> Files:
    return {"traces.binpb": b"".join(len(body).to_bytes(4, "big") + body for body in map(encode, otlp_requests()))}


def write_otel_js() -> Files:
    def pair(at: int) -> list[int]:
        return [at // SECOND, at % SECOND]

    return {
        "spans.json": orjson.dumps([
            {
                "name": span.name, "spanContext": {"traceId": span.trace, "spanId": span.id}, "parentSpanContext": {"spanId": span.parent} if span.parent else None,
                "startTime": pair(span.start), "endTime": pair(span.end), "attributes": gen_ai(span), "events": [],
                "status": {"code": 2, "message": failure(span)} if failure(span) else {"code": 0},
            }
            for span in spans()
        ])
    }  # fmt: skip


def write_otel_python() -> Files:
    """As the console exporter prints them: objects over many lines, one after the other."""
    printed: list[Row] = [
        {
            "name": span.name, "context": {"trace_id": f"0x{span.trace}", "span_id": f"0x{span.id}", "trace_state": "[]"}, "kind": "SpanKind.INTERNAL",
            "parent_id": f"0x{span.parent}" if span.parent else None, "start_time": iso(span.start), "end_time": iso(span.end),
            "status": {"status_code": "ERROR", "description": failure(span)} if failure(span) else {"status_code": "UNSET"},
            "attributes": gen_ai(span), "events": [], "links": [], "resource": {"attributes": {}, "schema_url": ""},
        }
        for span in spans()
    ]  # fmt: skip
    return {"console.json": "\n".join(json.dumps(span, indent=4) for span in printed).encode()}


# OpenInference, as Phoenix exports it


def flat_message(prefix: str, message: Row) -> Row:
    told: Row = {f"{prefix}.message.role": message["role"]}
    if message.get("content"):
        told[f"{prefix}.message.content"] = message["content"]
    if message.get("tool_call_id"):
        told[f"{prefix}.message.tool_call_id"] = message["tool_call_id"]
    for number, call in enumerate(message.get("tool_calls", ())):
        at = f"{prefix}.message.tool_calls.{number}.tool_call"
        told |= {f"{at}.id": call["id"], f"{at}.function.name": call["function"]["name"], f"{at}.function.arguments": call["function"]["arguments"]}  # fmt: skip
    return told


def open_inference(span: Span) -> Row:
    told: Row = {"session.id": span.talk.session}
    if span.kind == "agent":
        told |= {"input.value": span.question, "output.value": span.answer}
    elif span.kind == "llm" and span.said:
        told |= {"llm.model_name": MODEL, "llm.token_count.prompt": TOKENS[0], "llm.token_count.completion": TOKENS[1], "llm.cost.prompt": COST[0], "llm.cost.completion": COST[1], "llm.cost.total": sum(COST)}  # fmt: skip
        for number, message in enumerate(span.given):
            told |= flat_message(f"llm.input_messages.{number}", message)
        told |= flat_message("llm.output_messages.0", span.said)
    elif span.call:
        told |= {"tool.name": span.call.name, "tool.id": span.call.call_id, "input.value": json.dumps(span.call.arguments), "output.value": span.call.result}  # fmt: skip
    elif span.lookup:
        told["input.value"] = span.lookup.query
        for number, document in enumerate(documents(span.lookup)):
            told |= {f"retrieval.documents.{number}.document.{name}": value for name, value in document.items()}
    return told


def write_phoenix() -> Files:
    kinds = {"agent": "AGENT", "llm": "LLM", "tool": "TOOL", "retrieval": "RETRIEVER"}
    rows: list[Row] = []
    for span in spans():
        row: Row = {
            "id": f"U3Bhbjo{span.id}", "name": span.name, "context": {"trace_id": span.trace, "span_id": span.id}, "span_kind": kinds[span.kind],
            "parent_id": span.parent, "start_time": iso(span.start), "end_time": iso(span.end), "status_code": "ERROR" if failure(span) else "OK",
            "status_message": failure(span) or "", "attributes": open_inference(span), "events": [],
        }  # fmt: skip
        if span.parent is None and span.trace == first_trace(span.talk):
            talk = span.talk
            row["attributes"] |= {"annotations.0.annotation.name": "user_feedback", "annotations.0.annotation.score": float(talk.liked), "annotations.0.annotation.explanation": talk.comment, "annotations.0.annotation.annotator_kind": "HUMAN", "annotations.1.annotation.name": "helpful", "annotations.1.annotation.score": talk.grade, "annotations.1.annotation.annotator_kind": "LLM"}  # fmt: skip
        rows.append(row)
    return {"spans.jsonl": lines(rows)}


# Langfuse

_LANGFUSE = {"agent": "AGENT", "llm": "GENERATION", "tool": "TOOL", "retrieval": "RETRIEVER"}


def langfuse_observation(span: Span) -> Row:
    given: Any = span.question
    taken: Any = span.answer
    if span.kind == "llm":
        given, taken = span.given, span.said
    elif span.call:
        given, taken = span.call.arguments, span.call.result
    elif span.lookup:
        given, taken = span.lookup.query, documents(span.lookup)
    row: Row = {
        "id": span.id, "traceId": span.trace, "parentObservationId": span.parent, "type": _LANGFUSE[span.kind], "name": span.name,
        "startTime": iso(span.start), "endTime": iso(span.end), "input": given, "output": taken, "sessionId": span.talk.session,
        "level": "ERROR" if failure(span) else "DEFAULT", "statusMessage": failure(span), "metadata": {},
    }  # fmt: skip
    if span.kind == "llm":
        row |= {"model": MODEL, "usageDetails": {"input": TOKENS[0], "output": TOKENS[1], "total": sum(TOKENS)}, "costDetails": {"input": COST[0], "output": COST[1], "total": sum(COST)}}  # fmt: skip
    return row


def langfuse_scores(talk: Talk) -> list[Row]:
    shared: Row = {
        "traceId": first_trace(talk),
        "observationId": None,
        "timestamp": iso(BEGAN),
        "dataType": "NUMERIC",
        "stringValue": None,
    }
    return [
        {**shared, "id": digest(talk.session, "f"), "name": "user_feedback", "value": float(talk.liked), "source": "API", "comment": talk.comment},
        {**shared, "id": digest(talk.session, "g"), "name": "helpful", "value": talk.grade, "source": "EVAL", "comment": None},
    ]  # fmt: skip


def write_langfuse() -> Files:
    files: Files = {}
    for trace in dict.fromkeys(span.trace for span in spans()):
        held = [span for span in spans() if span.trace == trace]
        talk = held[0].talk
        scores = langfuse_scores(talk) if trace == first_trace(talk) else []
        files[f"trace-{trace}.json"] = json.dumps(
            {"observations": list(map(langfuse_observation, held)), "scores": scores}, indent=2
        ).encode()
    return files


def write_langfuse_tables() -> Files:
    """As blob storage has them: snake_case, JSON in strings, times in UTC that do not say so; Parquet and CSV."""

    def snake(name: str) -> str:
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)

    def cell(name: str, value: Any) -> Any:
        if name in ("startTime", "endTime", "timestamp"):
            return value.replace("T", " ").removesuffix("+00:00")
        return json.dumps(value) if isinstance(value, dict | list) or name in ("input", "output") else value

    rows = [
        {**langfuse_observation(span), "model": None, "providedModelName": MODEL if span.kind == "llm" else None}
        for span in spans()
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    observations = pl.DataFrame(
        [{snake(name): cell(name, row.get(name)) for name in names} for row in rows], infer_schema_length=None
    )
    packed = io.BytesIO()
    observations.write_parquet(packed)
    scores = pl.DataFrame(
        [
            {snake(name): cell(name, value) for name, value in row.items()}
            for talk in TRUTH
            for row in langfuse_scores(talk)
        ]
    )
    return {"observations_v2.parquet": packed.getvalue(), "scores.csv": scores.write_csv().encode()}


# Opik, Datadog, Weave, Braintrust


def write_opik() -> Files:
    kinds = {"llm": "llm", "tool": "tool", "retrieval": "general"}
    files: Files = {}

    def stamp(at: int) -> str:
        return iso(at).replace("T", " ")

    for trace in dict.fromkeys(span.trace for span in spans()):
        root, *held = (span for span in spans() if span.trace == trace)
        talk = root.talk
        told: list[Row] = []
        for span in held:
            row: Row = {
                "id": span.id, "trace_id": trace, "parent_span_id": None, "name": span.name, "type": kinds[span.kind], "start_time": stamp(span.start),
                "end_time": stamp(span.end), "metadata": None, "usage": None, "feedback_scores": None, "error_info": None,
            }  # fmt: skip
            if span.kind == "llm":
                row |= {"input": {"messages": span.given}, "output": {"choices": [{"message": span.said}]}, "model": MODEL, "total_estimated_cost": sum(COST), "usage": {"prompt_tokens": TOKENS[0], "completion_tokens": TOKENS[1], "total_tokens": sum(TOKENS), "original_usage.prompt_tokens": TOKENS[0]}}  # fmt: skip
            elif span.call:
                row |= {
                    "input": span.call.arguments,
                    "output": {"output": span.call.result},
                    "metadata": {"tool_call_id": span.call.call_id},
                }
                if span.call.failed:
                    row["error_info"] = {
                        "exception_type": "TimeoutError",
                        "message": span.call.result,
                        "traceback": "…",
                    }
            elif span.lookup:
                row |= {"input": {"query": span.lookup.query}, "output": {"output": documents(span.lookup)}}
            told.append(row)
        scores: list[Row] = []
        if trace == first_trace(talk):
            scores = [
                {"name": "user_feedback", "value": float(talk.liked), "reason": talk.comment, "source": "ui", "category_name": None, "created_by": "ana", "value_by_author": {"ana": {"value": float(talk.liked), "reason": talk.comment, "source": "ui"}}},
                {"name": "helpful", "value": talk.grade, "reason": None, "source": "online_scoring", "category_name": None, "created_by": "rule", "value_by_author": None},
            ]  # fmt: skip
        whole: Row = {"id": trace, "project_id": "p", "name": "desk", "start_time": stamp(root.start), "end_time": stamp(root.end), "input": {"question": root.question}, "output": {"output": root.answer}, "thread_id": talk.session, "feedback_scores": scores, "error_info": None}  # fmt: skip
        files[f"trace_{trace}.json"] = json.dumps({"trace": whole, "spans": told, "attachments": [], "downloaded_at": "2026-01-02T00:00:00", "project_name": "p"}, indent=2).encode()  # fmt: skip
    return files


def datadog_message(message: Row) -> Row:
    if message["role"] == "tool":
        return {"role": "tool", "content": "", "tool_results": [{"name": message["name"], "result": message["content"], "tool_id": message["tool_call_id"], "type": "tool_result"}]}  # fmt: skip
    calls = [{"name": call["function"]["name"], "arguments": json.loads(call["function"]["arguments"]), "tool_id": call["id"], "type": "function"} for call in message.get("tool_calls", ())]  # fmt: skip
    return {"role": message["role"], "content": message["content"] or "", **({"tool_calls": calls} if calls else {})}


def write_datadog() -> Files:
    def number(span_id: str) -> str:
        return str(int(span_id, 16))

    pages: list[Row] = []
    for span in spans():
        row: Row = {
            "span_id": number(span.id), "trace_id": span.trace, "parent_id": number(span.parent) if span.parent else "undefined", "name": span.name,
            "span_kind": span.kind, "start_ns": span.start // 1_000_000, "duration": span.end - span.start, "status": "error" if failure(span) else "ok",
            "ml_app": "desk", "tags": ["env:prod", f"session_id:{span.talk.session}"], "metadata": {},
        }  # fmt: skip
        if span.kind == "llm" and span.said:
            row |= {"model_name": MODEL, "input": {"messages": list(map(datadog_message, span.given))}, "output": {"messages": [datadog_message(span.said)]}, "metrics": {"input_tokens": TOKENS[0], "output_tokens": TOKENS[1], "estimated_input_cost": round(COST[0] * 1e9), "estimated_output_cost": round(COST[1] * 1e9), "estimated_total_cost": round(sum(COST) * 1e9)}}  # fmt: skip
        elif span.call:
            row |= {"input": {"value": json.dumps(span.call.arguments)}, "output": {"value": span.call.result}}
            if span.call.failed:
                row["status_message"] = span.call.result
        elif span.lookup:
            row |= {
                "input": {"value": span.lookup.query},
                "output": {"documents": [{"id": name, "text": text} for name, text in span.lookup.documents]},
            }
        else:
            row |= {"input": {"value": span.question}, "output": {"value": span.answer}}
        pages.append({"id": row["span_id"], "type": "span", "attributes": row})
    metrics: list[Row] = []
    for talk in TRUTH:
        metrics.append({"event_kind": "feedback", "session_id": talk.session, "label": "user_feedback", "metric_type": "boolean", "boolean_value": talk.liked, "reasoning": talk.comment, "submitter": {"id": "ana"}, "timestamp_ms": BEGAN // 1_000_000, "ml_app": "desk", "tags": []})  # fmt: skip
        metrics.append({"event_kind": "evaluation", "join_on": {"span": {"span_id": number(digest(first_trace(talk), 0, size=16)), "trace_id": first_trace(talk)}}, "label": "helpful", "metric_type": "score", "score_value": talk.grade, "timestamp_ms": BEGAN // 1_000_000, "eval_scope": "trace", "eval_source_type": "llm", "ml_app": "desk", "tags": []})  # fmt: skip
    return {
        "spans.json": orjson.dumps({"data": pages, "meta": {"status": "done"}, "links": {}}),
        "evaluations.json": orjson.dumps({"data": {"type": "evaluation_metric", "attributes": {"metrics": metrics}}}),
    }


def write_weave() -> Files:
    ops = {"agent": "Desk.answer", "llm": "openai.chat.completions.create", "retrieval": "policies"}
    kinds = {"agent": "agent", "llm": "llm", "tool": "tool", "retrieval": "search"}
    rows: list[Row] = []
    for span in spans():
        talk = span.talk
        given: Row = {"question": span.question}
        taken: Any = span.answer
        usage: Row = {}
        about: Row = {"status": "error" if failure(span) else "success", "latency_ms": 500}
        if span.kind == "llm":
            given, taken = {"self": "weave:///e/p/object/Client:x", "model": MODEL, "messages": span.given}, {"model": MODEL, "choices": [{"index": 0, "message": span.said, "finish_reason": "stop"}]}  # fmt: skip
            usage = {
                MODEL: {
                    "requests": 1,
                    "prompt_tokens": TOKENS[0],
                    "completion_tokens": TOKENS[1],
                    "total_tokens": sum(TOKENS),
                }
            }
            about["costs"] = {MODEL: {"prompt_tokens_total_cost": COST[0], "completion_tokens_total_cost": COST[1]}}
        elif span.call:
            given, taken = span.call.arguments, span.call.result
        elif span.lookup:
            given, taken = {"query": span.lookup.query}, documents(span.lookup)
        if span.parent is None and span.trace == first_trace(talk):
            about["feedback"] = [
                {"id": digest(talk.session, "f"), "feedback_type": "wandb.annotation.user_feedback", "payload": {"value": talk.liked}, "creator": "ana", "created_at": iso(BEGAN)},
                {"id": digest(talk.session, "n"), "feedback_type": "wandb.note.1", "payload": {"note": talk.comment}, "creator": "ana", "created_at": iso(BEGAN)},
                {"id": digest(talk.session, "g"), "feedback_type": "wandb.runnable.helpful", "payload": {"output": talk.grade}, "created_at": iso(BEGAN)},
            ]  # fmt: skip
        name = ops.get(span.kind, span.name)
        rows.append({
            "id": span.id, "project_id": "e/p", "op_name": f"weave:///e/p/op/{name}:abc", "display_name": None, "trace_id": span.trace, "parent_id": span.parent,
            "thread_id": talk.session, "turn_id": None, "started_at": iso(span.start), "ended_at": iso(span.end),
            "attributes": {"weave": {"kind": kinds[span.kind]}, **({"tool_call_id": span.call.call_id} if span.call else {})},
            "inputs": given, "output": taken, "exception": failure(span), "summary": {"usage": usage, "weave": about},
        })  # fmt: skip
    return {"calls.jsonl": lines(rows)}


def write_braintrust() -> Files:
    types = {"agent": "task", "llm": "llm", "tool": "tool", "retrieval": "function"}
    rows: list[Row] = []
    for span in spans():
        talk = span.talk
        root = span.parent is None
        row: Row = {
            "id": digest(span.id, "row"), "_xact_id": "1000", "created": iso(span.start), "project_id": "p", "log_id": "g", "span_id": span.id,
            "root_span_id": digest(span.trace, 0, size=16), "span_parents": None if root else [span.parent], "is_root": root,
            "span_attributes": {"name": span.name, "type": types[span.kind]}, "input": span.question, "output": span.answer, "error": failure(span),
            "scores": None, "metadata": {"session_id": talk.session}, "tags": None, "metrics": {"start": span.start / 1e9, "end": span.end / 1e9},
        }  # fmt: skip
        if span.kind == "llm":
            row |= {"input": span.given, "output": [{"index": 0, "message": span.said, "finish_reason": "stop"}]}
            row["metadata"] |= {"model": MODEL}
            row["metrics"] |= {
                "prompt_tokens": TOKENS[0],
                "completion_tokens": TOKENS[1],
                "tokens": sum(TOKENS),
                "estimated_cost": sum(COST),
            }
        elif span.call:
            row |= {"input": span.call.arguments, "output": span.call.result}
            row["metadata"] |= {"tool_call_id": span.call.call_id}
        elif span.lookup:
            row |= {"input": span.lookup.query, "output": documents(span.lookup)}
        if root and span.trace == first_trace(talk):
            row["scores"] = {"user_feedback": float(talk.liked), "helpful": talk.grade}
            rows.append({**row, "id": digest(span.id, "scorer"), "span_id": digest(span.id, "s", size=16), "span_parents": [span.id], "is_root": False, "input": {"output": span.answer}, "output": talk.grade, "scores": {"helpful": talk.grade}, "span_attributes": {"name": "helpful", "type": "score"}})  # fmt: skip
        rows.append(row)
    return {"logs.jsonl": lines(rows)}


# LangSmith and MLflow


def write_langsmith() -> Files:
    types = {"agent": "chain", "llm": "llm", "tool": "tool", "retrieval": "retriever"}

    def named(span_id: str) -> str:
        padded = span_id.zfill(32)
        return "-".join((padded[:8], padded[8:12], padded[12:16], padded[16:20], padded[20:]))

    def order(span_id: str, at: int) -> str:
        return f"{datetime.fromtimestamp(at / 1e9, UTC):%Y%m%dT%H%M%S%f}Z{named(span_id)}"

    runs: list[Row] = []
    feedback: list[Row] = []
    began: dict[str, str] = {}
    for span in spans():
        talk = span.talk
        root = digest(span.trace, 0, size=16)
        if span.parent is None:
            began[root] = order(root, span.start)
        given: Row = {"question": span.question}
        taken: Row = {"output": span.answer}
        row: Row = {}
        if span.kind == "llm":
            given, taken = {"messages": span.given}, {"choices": [{"message": span.said}]}
            row = {"prompt_tokens": TOKENS[0], "completion_tokens": TOKENS[1], "total_tokens": sum(TOKENS), "prompt_cost": str(COST[0]), "completion_cost": str(COST[1]), "total_cost": str(sum(COST))}  # fmt: skip
        elif span.call:
            given, taken = span.call.arguments, {"output": {"type": "tool", "name": span.call.name, "tool_call_id": span.call.call_id, "content": span.call.result, "status": "error" if span.call.failed else "success"}}  # fmt: skip
        elif span.lookup:
            given, taken = {"query": span.lookup.query}, {"documents": [{"id": name, "page_content": text, "metadata": {}, "type": "Document"} for name, text in span.lookup.documents]}  # fmt: skip
        metadata = {"thread_id": talk.session, **({"ls_model_name": MODEL} if span.kind == "llm" else {})}
        runs.append({
            "id": named(span.id), "trace_id": named(root), "parent_run_id": named(span.parent) if span.parent else None, "name": span.name, "run_type": types[span.kind],
            "dotted_order": began[root] + ("" if span.parent is None else f".{order(span.id, span.start)}"), "start_time": iso(span.start).removesuffix("+00:00"),
            "end_time": iso(span.end).removesuffix("+00:00"), "inputs": given, "outputs": taken, "error": failure(span), "status": "error" if failure(span) else "success",
            "session_id": "project-1", "extra": {"metadata": metadata}, "tags": [], **row,
        })  # fmt: skip
        if span.parent is None and span.trace == first_trace(talk):
            for key, value, comment, by in (
                ("user_feedback", float(talk.liked), talk.comment, "app"),
                ("helpful", talk.grade, None, "model"),
            ):
                feedback.append({"id": digest(talk.session, key), "run_id": named(span.id), "trace_id": named(root), "session_id": "project-1", "key": key, "score": value, "value": None, "comment": comment, "created_at": iso(BEGAN), "feedback_source": {"type": by}})  # fmt: skip
    return {"runs.jsonl": lines(runs), "feedback.jsonl": lines(feedback)}


def write_mlflow() -> Files:
    types = {"agent": "AGENT", "llm": "CHAT_MODEL", "tool": "TOOL", "retrieval": "RETRIEVER"}

    def packed(hex_id: str) -> str:
        return base64.b64encode(bytes.fromhex(hex_id)).decode()

    traces: list[Row] = []
    for trace in dict.fromkeys(span.trace for span in spans()):
        held = [span for span in spans() if span.trace == trace]
        talk = held[0].talk
        made: list[Row] = []
        for span in held:
            given: Any = {"question": span.question}
            taken: Any = span.answer
            more: Row = {}
            if span.kind == "llm":
                given, taken = {"model": MODEL, "messages": span.given}, {"choices": [{"message": span.said}]}
                more = {"mlflow.chat.tokenUsage": {"input_tokens": TOKENS[0], "output_tokens": TOKENS[1], "total_tokens": sum(TOKENS)}, "mlflow.llm.cost": {"input_cost": COST[0], "output_cost": COST[1], "total_cost": sum(COST)}, "mlflow.llm.model": MODEL}  # fmt: skip
            elif span.call:
                given, taken = span.call.arguments, span.call.result
            elif span.lookup:
                given, taken = (
                    {"query": span.lookup.query},
                    [{"id": name, "page_content": text, "metadata": {}} for name, text in span.lookup.documents],
                )
            told = {
                "mlflow.traceRequestId": f"tr-{trace}",
                "mlflow.spanType": types[span.kind],
                "mlflow.spanInputs": given,
                "mlflow.spanOutputs": taken,
                **more,
            }
            made.append({
                "trace_id": packed(trace), "span_id": packed(span.id), "parent_span_id": packed(span.parent) if span.parent else None, "name": span.name,
                "start_time_unix_nano": span.start, "end_time_unix_nano": span.end, "events": [],
                "status": {"code": "STATUS_CODE_ERROR" if failure(span) else "STATUS_CODE_OK", "message": failure(span) or ""},
                "attributes": {name: json.dumps(value) for name, value in told.items()},
            })  # fmt: skip
        assessments: list[Row] = []
        if trace == first_trace(talk):
            for name, value, why, by in (
                ("user_feedback", talk.liked, talk.comment, "HUMAN"),
                ("helpful", talk.grade, None, "LLM_JUDGE"),
            ):
                assessments.append({"assessment_id": digest(talk.session, name), "assessment_name": name, "trace_id": f"tr-{trace}", "source": {"source_type": by, "source_id": "x"}, "create_time": iso(BEGAN), "last_update_time": iso(BEGAN), "feedback": {"value": value}, "rationale": why, "valid": True})  # fmt: skip
        info = {"trace_id": f"tr-{trace}", "request_time": iso(held[0].start), "execution_duration_ms": 1000, "state": "OK", "trace_metadata": {"mlflow.trace.session": talk.session}, "tags": {}, "assessments": assessments}  # fmt: skip
        traces.append({"info": info, "data": {"spans": made}})
    return {"traces.jsonl": lines(traces)}


# Benchmarks' logs and plain chats: no spans


def inspect_message(message: Row, talk: Talk) -> Row:
    if message["role"] == "assistant":
        calls = [{"id": call["id"], "function": call["function"]["name"], "arguments": json.loads(call["function"]["arguments"]), "type": "function"} for call in message.get("tool_calls", ())]  # fmt: skip
        return {
            "role": "assistant",
            "content": message["content"] or "",
            "model": MODEL,
            **({"tool_calls": calls} if calls else {}),
        }
    if message["role"] == "tool":
        call = next(
            call
            for turn in talk.turns
            for one in turn.rounds
            for call in one.calls
            if call.call_id == message["tool_call_id"]
        )
        error = {"error": {"type": "timeout", "message": call.result}} if call.failed else {}
        return {
            "role": "tool",
            "content": message["content"],
            "tool_call_id": call.call_id,
            "function": call.name,
            **error,
        }
    return message


def inspect_messages(talk: Talk) -> list[Row]:
    return [inspect_message(message, talk) for message in transcript(talk)]


def write_inspect() -> Files:
    about = {"eval_id": "e", "run_id": "r", "task": "desk", "task_id": "t", "model": MODEL, "created": iso(BEGAN)}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for talk in TRUTH:
            sample = {"id": talk.session, "epoch": 1, "uuid": digest(talk.session), "input": talk.turns[0].user, "target": "", "messages": inspect_messages(talk), "scores": {"helpful": {"value": talk.grade}}}  # fmt: skip
            archive.writestr(f"samples/{talk.session}_epoch_1.json", orjson.dumps(sample))
        archive.writestr("header.json", orjson.dumps({"version": 2, "status": "success", "eval": about, "plan": {}}))
    return {"log.eval": packed.getvalue()}


def write_scout() -> Files:
    rows = [
        {
            "transcript_id": talk.session, "source_type": "eval_log", "source_id": "e", "date": iso(BEGAN), "task_set": "desk", "task_id": talk.session, "task_repeat": 1,
            "model": MODEL, "score": json.dumps({"helpful": talk.grade}), "messages": json.dumps(inspect_messages(talk)), "message_count": len(transcript(talk)),
        }
        for talk in TRUTH
    ]  # fmt: skip
    packed = io.BytesIO()
    pl.DataFrame(rows).write_parquet(packed)
    return {"transcripts.parquet": packed.getvalue()}


def write_tau() -> Files:
    return {"tau.json": orjson.dumps([{"task_id": number, "trial": 0, "reward": talk.grade, "info": {}, "traj": transcript(talk)} for number, talk in enumerate(TRUTH)])}  # fmt: skip


def write_tau2() -> Files:
    def plain(message: Row, talk: Talk) -> Row:
        calls = [{"id": call["id"], "name": call["function"]["name"], "arguments": json.loads(call["function"]["arguments"])} for call in message.get("tool_calls", ())]  # fmt: skip
        failed = {call.call_id for turn in talk.turns for one in turn.rounds for call in one.calls if call.failed}
        if message["role"] == "tool":
            return {
                "role": "tool",
                "id": message["tool_call_id"],
                "content": message["content"],
                "requestor": "assistant",
                "error": message["tool_call_id"] in failed,
            }
        return {**message, "tool_calls": calls or None}

    simulations = [
        {"id": digest(talk.session), "task_id": talk.session, "trial": 0, "messages": [plain(message, talk) for message in transcript(talk)], "reward_info": {"reward": talk.grade}, "termination_reason": "user_stop"}
        for talk in TRUTH
    ]  # fmt: skip
    return {
        "sims.json": orjson.dumps(
            {
                "info": {"agent_info": {"llm": MODEL}},
                "tasks": [{"id": talk.session} for talk in TRUTH],
                "simulations": simulations,
            }
        )
    }


def write_chat() -> Files:
    return {
        "chats.jsonl": lines(
            {"session_id": talk.session, "model": MODEL, "messages": transcript(talk)} for talk in TRUTH
        )
    }


WRITERS: dict[str, Callable[[], Files]] = {
    "otlp": write_otlp,
    "otlp-protobuf": write_otlp_protobuf,
    "otel-js": write_otel_js,
    "otel-python": write_otel_python,
    "phoenix": write_phoenix,
    "langfuse": write_langfuse,
    "langfuse-tables": write_langfuse_tables,
    "langsmith": write_langsmith,
    "mlflow": write_mlflow,
    "opik": write_opik,
    "datadog": write_datadog,
    "weave": write_weave,
    "braintrust": write_braintrust,
    "inspect": write_inspect,
    "scout": write_scout,
    "tau-bench": write_tau,
    "tau2-bench": write_tau2,
    "chat": write_chat,
}
