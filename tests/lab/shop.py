"""A workspace of a dozen sessions of a shop's agent: spans within spans, tools that fail, and what an attacker would write."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from otlp_lines import START, attributes, request, write

import workbench as wb
from workbench import label

HOSTILE = (
    "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'><img src='https://tracker.example/p.png'>"
    "</div></section> [a link](https://phish.example) \u202egnirts desrever\u202c zero\u200bwidth \x1b[31mred javascript:window.pwned=1"
)
SAID = "\\u202egnirts desrever\\u202c zero\\u200bwidth"  # how it is to be read
LONG = 5_000_000
RUBRIC = (
    label.RubricItem("resolved", "binary", required=True),
    label.RubricItem("tone", "score", values=(1, 5)),
    label.RubricItem("channel", "categorical", values=("chat", "mail", "phone")),
    label.RubricItem("remark", "text"),
    label.RubricItem("better answer", "edited output"),
    label.RubricItem("a right answer", "criteria"),
    label.RubricItem("law", "text", expert_only=True),
)
HOSTILE_RUBRIC = (
    label.RubricItem(f"binary {HOSTILE}", "binary", required=True),
    label.RubricItem(f"category {HOSTILE}", "categorical", values=(f"one {HOSTILE}", "two")),
    label.RubricItem(f"words {HOSTILE}", "text"),
)


def workspace(folder: Path, *, hostile: bool = False) -> wb.Workspace:
    """Make the workspace, or open the one that is there."""
    ws = wb.open(folder)
    export = folder.with_suffix(".jsonl")
    if not export.exists():
        write(export, *(_session(number, HOSTILE if hostile else "") for number in range(12)))
        ws.load([export])
    return ws


def read_by(ws: wb.Workspace, queue: label.Queue, *reviewers: str, mode: str = "refund of another order") -> None:
    """Let each of the reviewers read the queue: the first says fail of every second session, and the last of every third."""
    for at, reviewer in enumerate(reviewers):
        rows: list[dict[str, Any]] = []
        for number, session in enumerate(queue.items["session_id"].to_list()):
            fails = number % (at + 2) == 0
            said: dict[str, Any] = {"verdict": "fail" if fails else "pass"}
            if fails:
                said |= {
                    "failure_mode": mode if number % 4 else f"{mode}, again",
                    "note": f"{mode}: it took number {number}",
                }
            now = dt.datetime(2026, 3, 2, 9, number, at, tzinfo=dt.UTC)
            change = {"operation": f"read-{at}-{number}", "session_id": session, **said}
            rows += label.label_annotations(change, reviewer=reviewer, queue_id=queue.queue_id, now=now)
        ws.store.database.append("annotations", rows)


def _session(number: int, hostile: str) -> dict[str, Any]:
    order = f"W{100 + number}"
    fails = number % 3 == 2
    asked = [
        {"role": "user", "parts": [{"type": "text", "content": f"Please refund the lamp of order {order}. {hostile}"}]}
    ]
    refund = {"type": "tool_call", "id": "c1", "name": "refund", "arguments": {"order": order}}
    answer = {"type": "text", "content": f"The refund of order {order} is done."}

    def chat(span_id: str, at: float, part: dict[str, Any], *before: dict[str, Any]) -> dict[str, Any]:
        said = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps([*asked, *before]),
                "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [part]}])}  # fmt: skip
        return _span(number, (span_id, "01"), f"chat {hostile}", (at, 1.2), said)

    called = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "refund", "gen_ai.tool.call.id": "c1",
              "gen_ai.tool.call.arguments": json.dumps({"order": order})}  # fmt: skip
    if not fails:
        called["gen_ai.tool.call.result"] = (
            "W" * LONG if hostile and number == 1 else json.dumps({"refunded": order, "by": hostile})
        )
    came = {"type": "tool_call_response", "id": "c1", "response": called.get("gen_ai.tool.call.result", "")}
    tool = _span(number, ("03", "01"), f"execute_tool refund {hostile}", (1.3, 0.6), called)
    if fails:
        tool["status"] = {"code": 2, "message": f"HTTP 409: the order is closed {hostile}"}
    return request(
        _span(number, ("01", None), f"invoke_agent {hostile}", (0, 4), {"gen_ai.operation.name": "invoke_agent"}),
        chat("02", 0.1, refund),
        tool,
        _span(number, ("05", "03"), f"POST /refunds {hostile}", (1.4, 0.4), {}),
        chat("04", 2, answer, {"role": "assistant", "parts": [refund]}, {"role": "tool", "parts": [came]}),
    )


def _span(
    number: int, place: tuple[str, str | None], name: str, times: tuple[float, float], said: dict[str, Any]
) -> dict[str, Any]:
    (span_id, parent), (at, seconds) = place, times
    began = START + int((at + 60 * number) * 1e9)
    return {
        "traceId": f"{number + 1:032x}", "spanId": f"{int(span_id):016x}", "parentSpanId": "" if parent is None else f"{int(parent):016x}",
        "name": name, "kind": 1, "startTimeUnixNano": str(began), "endTimeUnixNano": str(began + int(seconds * 1e9)),
        "attributes": attributes({"gen_ai.conversation.id": f"conv-{number:02d}", **said}),
    }  # fmt: skip
