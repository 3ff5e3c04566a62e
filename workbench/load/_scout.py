"""Transcripts of Inspect Scout, one row a transcript: Parquet files of its database."""

from __future__ import annotations

from typing import Any, Final

from workbench.load._payload import opened
from workbench.load._row_reader import RowReader
from workbench.load._scores import score
from workbench.load._sheet import Sheet
from workbench.load._transcript import Said, content_id, say, write_transcript
from workbench.load._values import boolean, dumps, fields, is_array, is_object, moment, real, text, whole

__all__ = ["Scout"]

Row = dict[str, Any]
_TOLD: Final = frozenset({
    "transcript_id", "date", "task_set", "task_id", "task_repeat", "agent", "model", "score", "score_explanation", "success",
    "messages", "events", "timelines", "events_data", "error", "message_count", "total_time", "total_tokens",
})  # fmt: skip
_PASSED: Final = {"C": True, "I": False, "N": False}
_COLUMN: Final = "score_"  # of every scorer of an Inspect log, by its name
_WORDS: Final = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}


class Scout(RowReader):
    """Reads transcripts of Inspect Scout."""

    name = "scout"
    keys = frozenset({"transcript_id", "source_type", "source_id", "task_set", "messages"})
    pages = ("transcripts",)

    def is_row(self, row: Row) -> bool:
        """Whether this is a transcript."""
        return "transcript_id" in row and ("source_type" in row or "task_set" in row or "messages" in row)

    def write(self, row: Row, sheet: Sheet) -> None:
        """Write a transcript as the spans that it implies, and its score."""
        trace_id = text(row.get("transcript_id"))
        held = opened(row.get("messages"))
        said = [one for raw in (held if is_array(held) else []) for one in _one(raw)]
        if not trace_id or not said:
            sheet.refuse("a transcript without messages", f"transcript {trace_id!r}", dumps(row))
            return
        task = "/".join(part for name in ("task_set", "task_id") if (part := text(row.get(name))))
        repeat = whole(row.get("task_repeat"))
        shared: Row = {
            "session_id": trace_id, "task_id": task or None, "trial": None if repeat is None else max(0, repeat - 1),
            "model": text(row.get("model")), "agent_name": text(row.get("agent")),
        }  # fmt: skip
        start, seconds = moment(row.get("date")), real(row.get("total_time"))
        kept = {
            name: opened(value) for name, value in row.items() if not (name in _TOLD or _is_scorer(name, value)) and value is not None
        }  # fmt: skip
        error = text(row.get("error"))
        root: Row = {
            "start": start, "end": start + int(seconds * 1e9) if start is not None and seconds is not None else start,
            "metadata": dumps(kept) if kept else None,
            "total_tokens": whole(row.get("total_tokens")),
            "status": "error" if error else None, "error_message": error,
        }  # fmt: skip
        write_transcript(sheet, said, trace_id=trace_id, shared=shared, root=root)
        _score(row, trace_id, sheet)


def _one(raw: Any) -> list[Said]:
    """A message; a tool's error is an object beside its content."""
    if not is_object(raw):
        return []
    error = raw.get("error")
    found = say({name: value for name, value in raw.items() if name != "error"})
    if error and found:
        detail = fields(error)
        found[0].error = text(detail.get("message")) or text(error)
        if detail.get("type"):
            found[0].columns = {"error_type": text(detail["type"])}
    return found


def _score(row: Row, trace_id: str, sheet: Sheet) -> None:
    """Every scorer's value where each has a column, else the one that stands for all."""
    value, passed = opened(row.get("score")), boolean(row.get("success"))
    named = {name.removeprefix(_COLUMN): opened(inner) for name, inner in row.items() if _is_scorer(name, inner)}
    main = next((name for name, inner in named.items() if inner == value), None)
    scorers = named or {"": value}
    for scorer, told in scorers.items():
        parts = told if is_object(told) else {"": told}
        for part, inner in parts.items():
            verdict = passed if scorer == (main or "") and len(parts) == 1 else None
            if verdict is None and named and isinstance(inner, str | bool):
                verdict = inner if isinstance(inner, bool) else _PASSED.get(inner)
            if inner is None and verdict is None:
                continue
            name = ".".join(filter(None, (scorer, str(part)))) or "score"
            word = inner if isinstance(inner, str) and real(inner) is None else None
            sheet.score(
                score(
                    sheet.options, ("session", trace_id), name, by="code", passed=verdict, label=word if not is_array(inner) else inner,
                    number=_WORDS.get(word) if word is not None else float(inner) if isinstance(inner, bool) else real(inner),
                    comment=row.get("score_explanation") if scorer == (main or "") else None,
                    score_id=content_id("scout", trace_id, name),
                )
            )  # fmt: skip


def _is_scorer(name: str, value: Any) -> bool:
    return name.startswith(_COLUMN) and name not in _TOLD and value is not None
