"""The files of a sample: two exports, feedback, labels, and the truth about them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import orjson

from .broken import plant, repeats
from .feedback import feedback
from .labels import draw_lines, draw_queues, label_lines
from .otlp import TracedTurn, trace_session, write_lines
from .record import Session
from .traffic import RELEASES, assign

__all__ = ["generate"]


def generate(out: Path, *, truth: Path, sessions: int = 600, seed: int = 7, modes: int = 8) -> dict[str, int]:
    """Write a sample.

    Parameters
    ----------
    out
        Folder for `baseline.jsonl`, `candidate.jsonl`, `feedback.jsonl`, `draws.jsonl` and `labels.jsonl`; made when absent.
    truth
        Folder for `sessions.jsonl` and `planted.jsonl`: which session fails how and where, and which lines are broken on purpose.
    sessions
        Sessions of each release.
    seed
        The same seed gives the same bytes.
    modes
        How many failure modes occur, the most frequent first.

    Returns
    -------
    dict
        Bytes written, by file name.
    """
    traffic = assign(seed, sessions, modes)
    out.mkdir(parents=True, exist_ok=True)
    truth.mkdir(parents=True, exist_ok=True)
    written: dict[str, int] = {}
    facts: list[bytes] = []
    planted: list[dict[str, Any]] = []
    for arm, release in RELEASES.items():
        traced = [(session, trace_session(session, seed)) for session in traffic.sessions(arm)]
        turns = sorted((turn for _, found in traced for turn in found), key=lambda turn: turn.ended)
        lines = list(write_lines(turns, release, Random(f"{seed}/{arm}/lines")))
        broken: list[dict[str, Any]] = []
        if arm == "baseline":
            lines, broken = plant(lines, release, seed, traced[len(traced) // 2][0].started)
            said, unhappy = feedback(traced, seed)
            written["feedback.jsonl"] = _write(out / "feedback.jsonl", said)
            queues = draw_queues(traced, unhappy, seed)
            written["draws.jsonl"] = _write(out / "draws.jsonl", draw_lines(queues))
            written["labels.jsonl"] = _write(out / "labels.jsonl", label_lines(queues, seed))
        written[f"{arm}.jsonl"] = _write(out / f"{arm}.jsonl", lines)
        planted += [{"file": f"{arm}.jsonl", **one} for one in broken + repeats(lines)]
        facts += [orjson.dumps(_fact(session, found)) for session, found in traced]
    _write(truth / "planted.jsonl", (orjson.dumps(one) for one in planted))
    _write(truth / "sessions.jsonl", facts)
    return written


def _write(path: Path, lines: Iterable[bytes]) -> int:
    with path.open("wb") as file:
        return sum(file.write(line + b"\n") for line in lines)


def _fact(session: Session, turns: list[TracedTurn]) -> dict[str, Any]:
    wrong = next((turn for turn in turns if turn.wrong_span), None)
    return {
        "session_id": session.session_id, "release": session.release, "task_id": session.task_id, "mode": session.mode, "variant": session.variant,
        "subject": session.subject, "intent": session.intent, "turns": len(session.turns), "turn": session.wrong_turn,
        "trace_id": wrong.trace_id if wrong else None, "span_id": wrong.wrong_span if wrong else None,
    }  # fmt: skip
