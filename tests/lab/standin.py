"""A stand-in for a workspace: sessions made by rule, and labels in SQLite, each on disk before it is acknowledged."""

from __future__ import annotations

import json
import random
import sqlite3
import threading
from pathlib import Path
from typing import Any

import polars as pl

from workbench.widgets import Explorer, Labeller, conversation

FIELDS = ("verdict", "note", "failure_mode", "first_failure", "root_cause", "expected_output")
HOSTILE = (
    "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"
    "<img src='https://tracker.example/p.png'> [a link](https://phish.example) </div></section>"
    "\u202egnirts desrever\u202c zero\u200bwidth \x1b[31mred\x1b[0m \x07 javascript:window.pwned=1"
)


LOGS: dict[str, Log] = {}  # by reviewer: what a test looks into


class Log:
    """Labels as a log of operations in SQLite; undo drops an operation, and what stands is folded from the rest."""

    def __init__(self, path: Path, reviewer: str) -> None:
        self.path, self.reviewer, self.lock = path, reviewer, threading.Lock()
        self.read_only = False
        with self._open() as db:
            db.execute(
                "CREATE TABLE IF NOT EXISTS said (n INTEGER PRIMARY KEY, operation TEXT UNIQUE, reviewer TEXT,"
                " session_id TEXT, change TEXT, undoes INTEGER, taken_back INTEGER DEFAULT 0)"
            )
            db.execute("CREATE INDEX IF NOT EXISTS said_of ON said (session_id)")

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.path}?mode={'ro' if self.read_only else 'rwc'}", uri=True, timeout=10)

    def save(self, change: dict[str, Any]) -> dict[str, Any] | None:
        with self.lock, self._open() as db:
            row = db.execute("SELECT session_id FROM said WHERE operation = ?", (change["operation"],)).fetchone()
            session = row[0] if row else change["session_id"]
            if "undo" in change and not row:
                one = "ORDER BY n DESC LIMIT 1" if change["undo"] == "last" else "AND operation = :undo"
                row = db.execute(
                    f"SELECT n, session_id FROM said WHERE reviewer = :reviewer AND NOT taken_back AND NOT undoes {one}",
                    {"reviewer": self.reviewer, "undo": change["undo"]},
                ).fetchone()
                if row is None:
                    return None
                db.execute("UPDATE said SET taken_back = 1 WHERE n = ?", (row[0],))
                session = row[1]
            db.execute(
                "INSERT OR IGNORE INTO said (operation, reviewer, session_id, change, undoes) VALUES (?, ?, ?, ?, ?)",
                (change["operation"], self.reviewer, session, json.dumps(change), "undo" in change),
            )
        return {"revision": 0, "session_id": session, **self.labels(session).get(session, {})}

    def labels(self, session: str | None = None) -> dict[str, dict[str, Any]]:
        standing: dict[str, dict[str, Any]] = {}
        with self._open() as db:
            rows = db.execute(
                "SELECT session_id, change FROM said WHERE reviewer = ? AND NOT taken_back AND NOT undoes"
                " AND session_id = coalesce(?, session_id) ORDER BY n",
                (self.reviewer, session),
            ).fetchall()
        for name, text in rows:
            change = json.loads(text)
            label = standing.setdefault(name, {"revision": 0})
            label["revision"] += 1
            label.update({field: change[field] for field in FIELDS if field in change})
        return standing

    def count(self) -> int:
        with self._open() as db:
            return db.execute("SELECT count(*) FROM said").fetchone()[0]


def session(number: int, *, steps: int = 0) -> dict[str, Any]:
    """A support conversation; the third of four fails, one step is hostile, one payload is long."""
    trace = f"{number:032x}"
    order = f"W{1000 + number}"
    rows: list[dict[str, Any]] = []

    def add(kind: str, turn: int, seconds: float | None = None, **fields: Any) -> None:
        at = len(rows) + 1
        rows.append(
            {
                "number": at,
                "turn": turn,
                "kind": kind,
                "seconds": seconds,
                "trace_id": trace,
                "span_id": f"{at:016x}",
                **fields,
            }
        )

    add("system", 1, text="You are a support agent of an online shop. Follow the refund policy. " * 12)
    add("user", 1, text=f"Hi, my order #{order} came with a broken lamp. Can I have my money back for the lamp only?")
    add(
        "tool",
        1,
        0.21,
        tool_name="get_order",
        tool_arguments=json.dumps({"order_id": order}),
        tool_result=json.dumps(
            {
                "order_id": order,
                "status": "delivered",
                "number": 12345678901234567890,
                "items": [
                    {"sku": "LAMP-1", "price": 39.9, "quantity": 1},
                    {"sku": "DESK-7", "price": 249.0, "quantity": 1},
                ],
            }
        ),
    )
    add(
        "retrieval",
        1,
        0.48,
        text="refund policy damaged item",
        tool_name="policies",
        tool_result=json.dumps(
            [
                {
                    "id": "policy-4",
                    "content": "Damaged goods: refund of the damaged item within 30 days of delivery. " * 6,
                    "score": 0.82,
                },
                {"id": "policy-9", "content": "Furniture is excluded from partial refunds.", "score": 0.44},
            ]
        ),
    )
    add(
        "assistant",
        1,
        1.9,
        text="I am sorry about the lamp. I found your order; let me arrange the refund.\n\n- Item: lamp (LAMP-1)\n- Amount: 39.90 €",
        model="model-a",
    )
    if number % 4 == 2:
        for _ in range(2):
            add(
                "tool",
                1,
                2.3,
                tool_name="refund",
                tool_arguments=json.dumps({"order_id": order, "amount": 288.9}),
                tool_result=None,
                error="HTTP 409: amount exceeds what may be refunded for the damaged item (39.90)",
            )
        add("assistant", 1, 1.2, text="Good news: your refund of 39.90 € is done.", model="model-a")
    else:
        add(
            "tool",
            1,
            1.1,
            tool_name="refund",
            tool_arguments=json.dumps({"order_id": order, "amount": 39.9, "reason": "damaged item"}),
            tool_result=json.dumps({"ok": True, "refund_id": f"R-{number}"}),
        )
        add(
            "assistant",
            1,
            1.2,
            text="Your refund of 39.90 € is on its way; it takes three to five days.",
            model="model-a",
        )
    add("user", 2, text=HOSTILE if number % 4 == 1 else "Thanks. And when does the desk's warranty end?")
    add(
        "tool",
        2,
        0.3,
        tool_name="get_warranty",
        tool_arguments=json.dumps({"sku": "DESK-7"}),
        tool_result=json.dumps({"until": "2028-03-01", "log": "x " * 40_000})
        if number % 4 == 0
        else json.dumps({"until": "2028-03-01"}),
    )
    add("assistant", 2, 0.9, text="Your desk is under warranty until 1 March 2028.", model="model-a")
    if number % 4 == 1:
        add("tool", 2, 0.3, tool_name="dump", tool_arguments="{}", tool_result="W" * 5_000_000)
    while len(rows) < steps:
        add(
            "tool",
            3,
            0.1 + len(rows) % 7 / 10,
            tool_name=f"look_{len(rows) % 5}",
            tool_arguments=json.dumps({"page": len(rows)}),
            tool_result=json.dumps({"rows": list(range(20))}),
        )
    return conversation(
        rows,
        header={"started_at": "2026-03-04 10:11", "agent_version": "support-1.4", "status": "ok", "input_tokens": 5120 + number,
                "output_tokens": 412, "cost": 0.0131, "seconds": 7.3},
        signals=[{"name": "user feedback", "text": "thumbs down", "span": rows[5]["span_id"] and f"{trace}/{rows[5]['span_id']}"}],
        suggestions=[{"source": "grader refund_is_right", "text": "fail: the refund was refused"}],
    )  # fmt: skip


def labeller(path: Path, *, reviewer: str = "ana", sessions: int = 24, long: int = 0) -> Labeller:
    """A labeller over stand-in sessions whose labels lie in `path`."""
    log = Log(path, reviewer)
    LOGS[reviewer] = log
    reasons = (
        "random audit of the failing sessions",
        "new kind of failure likely: far from everything read so far",
        "thumbs down from the user",
    )
    return Labeller(
        [{"session_id": f"session-{n:04d}", "because": reasons[n % 3], "position": n} for n in range(sessions)],
        fetch=lambda name: session(int(name.split("-")[1]), steps=long),
        save=log.save,
        labels=log.labels(),
        modes=["wrong refund", "refund claimed, not made", "stale policy", "loop"],
        reviewer=reviewer,
        title="first read",
    )


EVENTS: list[dict[str, Any]] = []  # what the explorer saved, in order
NAMES = (
    "refund claimed, not made", "refund of another order", "stale policy quoted", "asks again for what was said", "loop over one tool",
    "answers another question", "promises a date nobody gave", "tool error told as success", "wrong language", "leaks internal notes",
    "stops before the end", "<b>bold</b> & \u202ehostile",
)  # fmt: skip


def explorer(points: int = 600) -> Explorer:
    """A map of sessions in a dozen clouds of falling size, a seventh of them in none."""
    draw = random.Random(5)
    weights = [1 / (n + 1) for n in range(len(NAMES))]
    centres = [(draw.uniform(-10, 10), draw.uniform(-7, 7)) for _ in NAMES]
    members = [draw.choices(range(-1, len(NAMES)), [0.5, *weights])[0] for _ in range(points)]
    places = [
        (draw.uniform(-11, 11), draw.uniform(-8, 8))
        if mode < 0
        else (draw.gauss(centres[mode][0], 0.9), draw.gauss(centres[mode][1], 0.7))
        for mode in members
    ]
    lines = [
        f"#{n}: {'no pattern' if mode < 0 else NAMES[mode]}; the user asks for order W{1000 + n} and does not get it"
        for n, mode in enumerate(members)
    ]
    columns = {
        "release": pl.Series([draw.choice(["1.4.0", "1.5.0", HOSTILE, None]) for _ in members]),
        "cost": pl.Series([None if draw.random() < 0.1 else draw.lognormvariate(-7, 1.5) for _ in members]),
    }
    return Explorer(
        places,
        session_ids=[f"session-{n:05d}" for n in range(points)],
        membership=members,
        names=list(NAMES),
        lines=lines,
        columns=columns,
        save=EVENTS.append,
        read=lambda name: session(int(name.split("-")[1])),
        title="failing sessions",
    )
