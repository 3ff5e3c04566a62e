"""A workspace of the size that a team has after a year: many sessions, a queue of all of them, thousands of labels by two reviewers."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

import workbench as wb
from workbench import label

RUBRIC = (
    label.RubricItem("resolved", "binary", required=True),
    label.RubricItem("tone", "score", required=True, values=(1, 5)),
    label.RubricItem("channel", "categorical", values=("chat", "mail", "phone")),
    label.RubricItem("remark", "text"),
)
WHAT, HOW = ("refund", "order", "policy", "date", "address"), ("wrong", "invented", "twice", "never", "late")
MODES = [f"{what} {how}" for what in WHAT for how in HOW]
HOLD = dt.timedelta(hours=1)


def make(folder: Path, *, sessions: int, read: int) -> None:
    """Make a workspace in `folder`: `sessions` in all, `read` of them by ana and by ben, with answers, notes and modes."""
    chats = folder.with_suffix(".jsonl")
    with chats.open("w") as out:
        for number in range(sessions):
            out.write(json.dumps({"session_id": f"s{number:06d}", "messages": _messages(number)}) + "\n")
    ws = wb.open(folder)
    ws.load([chats])
    chats.unlink()
    queue = open_queue(ws)
    pick = random.Random(3)
    began = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
    said: list[dict[str, Any]] = []
    held: list[dict[str, Any]] = []
    for number, (session, draw) in enumerate(queue.items.head(read).select("session_id", "draw_id").iter_rows()):
        for at, reviewer in enumerate(("ana", "ben")):
            now = began + dt.timedelta(minutes=number + at / 2)
            change = {"operation": f"{reviewer}-{number}", "session_id": session, **_said(pick, number)}
            said += label.label_annotations(change, reviewer=reviewer, queue_id=queue.queue_id, now=now, rubric=RUBRIC)
            held.append(
                {
                    "reservation_id": f"{draw}.{at}",
                    "queue_id": queue.queue_id,
                    "draw_id": draw,
                    "reviewer": reviewer,
                    "kind": "take",
                    "happened_at": now,
                    "expires_at": now + HOLD,
                }
            )
    ws.store.database.append_together({"annotations": said, "reservations": held})
    ws.close()


def open_queue(ws: wb.Workspace) -> label.Queue:
    """The queue of all sessions, read by two each."""
    return ws.queue("all", n=10_000_000, protocol=label.Protocol(rubric=RUBRIC, reviews=2))


def _said(pick: random.Random, number: int) -> dict[str, Any]:
    fails = pick.random() < 0.4
    verdict = "fail" if fails else "pass"
    said: dict[str, Any] = {
        "verdict": verdict,
        "answers": {"resolved": verdict, "tone": str(pick.randint(1, 5)), "channel": "chat"},
    }
    if fails:
        mode = MODES[min(int(pick.expovariate(0.2)), len(MODES) - 1)]
        said |= {"failure_mode": mode, "note": f"the {mode} in case {number}"}
    return said


def _messages(number: int) -> list[dict[str, Any]]:
    order = f"W{number}"
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "get_order", "arguments": json.dumps({"order": order})},
    }
    return [
        {"role": "user", "content": f"Where is my order {order}?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps({"order": order, "status": "sent"})},
        {"role": "assistant", "content": f"Order {order} was sent on Monday."},
    ]
