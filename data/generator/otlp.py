"""Sessions as OpenTelemetry spans, written as a collector's file exporter writes them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import orjson

from .record import Call, Event, Retrieval, Say, Session, Turn

__all__ = ["Span", "TracedTurn", "attributes", "envelope", "trace_session", "write_lines"]

Span = dict[str, Any]

# The instrumentation records the template of the prompt; the documents that fill it are on the retrieval spans.
_SYSTEM: Final = "You are Ori, support agent of the shop Fernhill. Go by your tools and by the documents found: {{documents}}. Be brief."
_MODEL: Final = {"1.4.0": "harbor-2", "1.5.0": "harbor-2.1"}
_PRICE: Final = (0.4e-6, 1.6e-6)  # US dollars a token, in and out
_SECOND: Final = 10**9


@dataclass(frozen=True, slots=True)
class TracedTurn:
    """The spans of one turn, and which of them is the one that went wrong."""

    trace_id: str
    root_id: str
    spans: list[Span]
    ended: int
    wrong_span: str | None


def _text(value: object) -> str:
    return orjson.dumps(value).decode()


_INSTRUCTIONS: Final = _text([{"type": "text", "content": _SYSTEM}])


def attributes(values: Mapping[str, object]) -> list[dict[str, Any]]:
    """A dict as OTLP attributes."""
    found: list[dict[str, Any]] = []
    for key, value in values.items():
        kind: dict[str, Any]
        match value:
            case bool():
                kind = {"boolValue": value}
            case int():
                kind = {"intValue": str(value)}
            case float():
                kind = {"doubleValue": value}
            case list():
                kind = {"arrayValue": {"values": [{"stringValue": one} for one in value]}}  # pyright: ignore[reportUnknownVariableType]
            case _:
                kind = {"stringValue": str(value)}
        found.append({"key": key, "value": kind})
    return found


def envelope(spans: list[Span], release: str) -> dict[str, Any]:
    """One export request."""
    resource = {"service.name": "fernhill-support", "service.version": release, "deployment.environment.name": "production",
                "telemetry.sdk.language": "python"}  # fmt: skip
    scope = {"scope": {"name": "ori.agent", "version": release}, "spans": spans}
    return {"resourceSpans": [{"resource": {"attributes": attributes(resource)}, "scopeSpans": [scope]}]}


class _Writer:
    """Writes one session's turns, keeping the conversation that the model sees."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session = session
        self.rng = Random(f"{seed}/{session.session_id}/telemetry")
        self.history: list[dict[str, Any]] = []
        self.slow = 1.0 if session.release == "1.4.0" else 0.93

    def turn(self, number: int, turn: Turn, start: int) -> TracedTurn:
        """Write one turn's trace."""
        session, rng = self.session, self.rng
        trace_id = hashlib.blake2b(f"{session.session_id}/{number}".encode(), digest_size=16).hexdigest()
        self.trace_id, self.root_id, self.clock = (
            trace_id,
            self._span_id(),
            start + rng.randrange(2_000_000, 30_000_000),
        )
        self.spans: list[Span] = []
        self.read = 0  # characters of documents in the prompt
        self.wrong: str | None = None
        # The conversation's memory keeps what was said; what the tools returned is kept within the turn.
        self.history = [one for one in self.history if one["parts"][0]["type"] == "text"]
        self.history.append({"role": "user", "parts": [{"type": "text", "content": turn.user}]})
        waiting: list[Call] = []
        for at, event in enumerate(turn.events):
            following = turn.events[at + 1] if at + 1 < len(turn.events) else None
            match event:
                case Retrieval():
                    self._retrieval(event)
                case Call():
                    waiting.append(event)
                    if not self._together(event, following, waiting):
                        self._calls(waiting)
                        waiting = []
                case Say():
                    part = {
                        "role": "assistant",
                        "parts": [{"type": "text", "content": event.text}],
                        "finish_reason": "stop",
                    }
                    self._chat(part, event.wrong, len(event.text))
        root = {
            "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "ori",
            "gen_ai.agent.version": session.release, "gen_ai.conversation.id": session.session_id, "user.id": session.customer.user_id,
            "task.id": session.task_id,
        }  # fmt: skip
        end = self.clock + rng.randrange(1_000_000, 20_000_000)
        span = self._span("invoke_agent ori", start, end, root, span_id=self.root_id, parent=None)
        self.spans.append(span)
        return TracedTurn(trace_id, self.root_id, self.spans, end, self.wrong)

    def _together(self, event: Call, following: Event | None, waiting: list[Call]) -> bool:
        """Whether the model asks for this call and the next one at once."""
        reads = isinstance(following, Call) and following.tool.startswith("get_") and event.tool.startswith("get_")
        return reads and len(waiting) < 2 and self.rng.random() < 0.8

    def _span_id(self) -> str:
        return f"{self.rng.getrandbits(64) | 1 << 60:016x}"

    def _span(
        self,
        name: str,
        start: int,
        end: int,
        values: Mapping[str, object],
        *,
        span_id: str,
        parent: str | None,
        kind: int = 1,
    ) -> Span:
        span: Span = {"traceId": self.trace_id, "spanId": span_id}
        if parent:
            span["parentSpanId"] = parent
        span |= {
            "name": name,
            "kind": kind,
            "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(end),
            "attributes": attributes(values),
        }
        return span

    def _take(self, seconds: float) -> tuple[int, int]:
        start = self.clock
        self.clock += int(seconds * self.slow * _SECOND)
        return start, self.clock

    def _chat(self, output: dict[str, Any], wrong: bool, size: int) -> None:
        asked = _text(self.history)
        given = (len(asked) + len(_SYSTEM) + self.read) // 4
        written = max(6, size // 4)
        cost = given * _PRICE[0] + written * _PRICE[1]
        model = _MODEL[self.session.release]
        start, end = self._take(0.35 + written * 0.011 + self.rng.expovariate(2.5))
        values: dict[str, object] = {
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "harbor", "gen_ai.request.model": model,
            "gen_ai.conversation.id": self.session.session_id, "gen_ai.system_instructions": _INSTRUCTIONS, "gen_ai.input.messages": asked,
            "gen_ai.output.messages": _text([output]), "gen_ai.usage.input_tokens": given, "gen_ai.usage.output_tokens": written, "gen_ai.usage.cost": round(cost, 8),
        }  # fmt: skip
        span_id = self._span_id()
        if wrong:
            self.wrong = span_id
        self.spans.append(self._span(f"chat {model}", start, end, values, span_id=span_id, parent=self.root_id, kind=3))
        self.history.append({"role": "assistant", "parts": output["parts"]})

    def _calls(self, calls: list[Call]) -> None:
        named = [(f"call_{self.rng.getrandbits(40):010x}", call) for call in calls]
        parts = [
            {"type": "tool_call", "id": name, "name": call.tool, "arguments": call.arguments} for name, call in named
        ]
        self._chat(
            {"role": "assistant", "parts": parts, "finish_reason": "tool_call"}, wrong=False, size=len(_text(parts))
        )
        for name, call in named:
            span_id = self._span_id()
            if call.wrong:
                self.wrong = span_id
            raised = call.failure if call.failure and call.failure.raised else None
            response = {"error": f"{raised.kind}: {raised.message}"} if raised else call.result
            slow = 10.0 if raised and raised.kind == "TimeoutError" else 0.04 + self.rng.expovariate(5)
            start, end = self._take(slow)
            values: dict[str, object] = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": call.tool, "gen_ai.tool.call.id": name, "gen_ai.conversation.id": self.session.session_id,
                                         "gen_ai.tool.call.arguments": _text(call.arguments)}  # fmt: skip
            values |= {"error.type": raised.kind} if raised else {"gen_ai.tool.call.result": _text(call.result)}
            span = self._span(f"execute_tool {call.tool}", start, end, values, span_id=span_id, parent=self.root_id)
            if raised:
                span["status"] = {"code": 2, "message": raised.message}
                noted: dict[str, object] = {"exception.type": raised.kind, "exception.message": raised.message}
                span["events"] = [{"timeUnixNano": str(end), "name": "exception", "attributes": attributes(noted)}]
            self.spans.append(span)
            self.history.append(
                {"role": "tool", "parts": [{"type": "tool_call_response", "id": name, "response": response}]}
            )

    def _retrieval(self, event: Retrieval) -> None:
        start, end = self._take(0.05 + self.rng.expovariate(9))
        found = [
            {"id": one.document_id, "content": one.content(says_until=says), "score": score}
            for one, says, score in event.found
        ]
        self.read += sum(len(one.content(says_until=says)) for one, says, _ in event.found)
        values: dict[str, object] = {
            "gen_ai.operation.name": "retrieval", "gen_ai.data_source.id": "policies", "gen_ai.conversation.id": self.session.session_id,
            "gen_ai.retrieval.query.text": event.query, "gen_ai.retrieval.documents": _text(found),
        }  # fmt: skip
        span_id = self._span_id()
        if event.wrong:
            self.wrong = span_id
        self.spans.append(
            self._span("retrieval policies", start, end, values, span_id=span_id, parent=self.root_id, kind=3)
        )


def trace_session(session: Session, seed: int) -> list[TracedTurn]:
    """Write a session's turns as traces, one a turn, with the customer's thinking time between them."""
    writer = _Writer(session, seed)
    start = session.started
    traced: list[TracedTurn] = []
    for number, turn in enumerate(session.turns, start=1):
        traced.append(writer.turn(number, turn, start))
        start = traced[-1].ended + int((4 + writer.rng.expovariate(1 / 35)) * _SECOND)
    return traced


def write_lines(traces: Iterable[TracedTurn], release: str, rng: Random) -> Iterator[bytes]:
    """Batch spans into lines: traces interleave, a trace is spread over lines, a few lines are delivered twice.

    Parameters
    ----------
    traces
        In the order of their start.
    release
        Goes into the resource.
    rng
        Decides the batches.

    Yields
    ------
    bytes
        A line without its end.
    """
    open_: list[list[Span]] = []
    for trace in traces:
        open_.append(list(trace.spans))
        while len(open_) > 7:
            yield from _batch(open_, release, rng)
    while open_:
        yield from _batch(open_, release, rng)


def _batch(open_: list[list[Span]], release: str, rng: Random) -> Iterator[bytes]:
    batch: list[Span] = []
    for _ in range(rng.randrange(3, 9)):
        if not open_:
            break
        queue = open_[min(int(rng.expovariate(0.8)), len(open_) - 1)]
        cut = rng.randrange(1, 6)
        batch += queue[:cut]
        del queue[:cut]
        open_[:] = [one for one in open_ if one]
    line = orjson.dumps(envelope(batch, release))
    yield line
    if rng.random() < 0.009:
        yield line
