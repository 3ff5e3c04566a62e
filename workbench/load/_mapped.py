"""Tables that a mapping describes, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from workbench.load._attributes import document_list, finish
from workbench.load._mapping import TableMapping
from workbench.load._messages import messages
from workbench.load._names import KINDS
from workbench.load._payload import fill, literal, opened
from workbench.load._row_reader import RowReader
from workbench.load._scores import Target, score, span_target
from workbench.load._sheet import Sheet
from workbench.load._source import Source
from workbench.load._transcript import content_id
from workbench.load._values import boolean, dumps, fields, is_object, moment, real, text
from workbench.schema import SPAN_KINDS

__all__ = ["MappedTable"]

Row = dict[str, Any]
_FAILED: Final = frozenset({"error", "failed", "failure", "exception"})
_STATUS: Final = ("ok", "unset", "running")
# A mapping of nothing else than these describes scores about what other files hold.
_JOINS: Final = frozenset(
    {"session_id", "trace_id", "span_id", "user_id", "start", "end", "environment", "agent_version"}
)
_NOWHERE: Final = object()


class MappedTable(RowReader):
    """Reads tables by a mapping."""

    by_line = False  # which row repeats another is counted over the whole file

    def __init__(self, mapping: TableMapping) -> None:
        """Take the mapping."""
        self.name = mapping.name  # pyright: ignore[reportAttributeAccessIssue]
        self._mapping = mapping
        self._says = not _JOINS.issuperset(mapping.columns)
        self._mapped = {*mapping.columns.values(), *mapping.scores.values()}
        self._repeats: Counter[str] = Counter()
        self._met: set[str] = set()

    def is_row(self, row: Row) -> bool:
        """Whether the row has the columns that the mapping asks for."""
        return all(_reach(row, column) is not _NOWHERE for column in self._mapping.match)

    def read(self, source: Source, sheet: Sheet, progress: Callable[[int], None]) -> None:
        """Read the table, and say which of the mapped columns no row had."""
        self._repeats.clear()
        self._met.clear()
        super().read(source, sheet, progress)
        for column in sorted(self._mapped - self._met):
            sheet.note(f"files of table {self.name!r} without the column {column!r} that it maps")

    def write(self, row: Row, sheet: Sheet) -> None:
        """Write what the row says: a span and scores."""
        given: Row = {}
        for ours, theirs in self._mapping.columns.items():
            value = _reach(row, theirs)
            if value is not _NOWHERE:
                self._met.add(theirs)
                if value is not None and value != "":
                    given[ours] = value
        digest = content_id(self.name, row)
        self._repeats[digest] += 1
        session, trace = text(given.get("session_id")), text(given.get("trace_id"))
        trace_id = trace or session or digest
        span_id = text(given.get("span_id"))
        if self._says:
            own = f"{digest[:16]}-{self._repeats[digest]}" if self._repeats[digest] > 1 else digest[:16]
            made = self._span(row, given)
            sheet.span({**made, "trace_id": trace_id, "span_id": span_id or own, "session_id": session})
        target: Target = ("session", session) if session else span_target(trace, span_id)
        self._scores(row, given, target, sheet)

    def _span(self, row: Row, given: Row) -> Row:
        made: Row = {name: value for name, value in given.items() if name in _PLAIN}
        kind = made["kind"] = self._kind(given)
        if "role" in given:
            _message(made, given, self._word(given["role"]))
        elif "input" in given or "output" in given:
            fill(made, kind, opened(given.get("input")), opened(given.get("output")))
        for name, role in (("input_messages", "user"), ("output_messages", "assistant")):
            found = messages(given.get(name), role)
            if found:
                made[name] = dumps(found)
        if "tool_arguments" in given:
            made["tool_arguments"] = literal(given["tool_arguments"])
        if "documents" in given:
            made["documents"] = document_list(opened(given["documents"]))
        _times(made, given)
        rest = {name: value for name, value in row.items() if name not in self._mapped and value is not None}
        rest |= fields(opened(given.get("metadata")))
        if rest:
            made["metadata"] = dumps(rest)
        return finish(made)

    def _word(self, value: Any) -> str:
        said = str(value)
        return self._mapping.words.get(said, said)

    def _kind(self, given: Row) -> str:
        if "kind" in given:
            said = self._word(given["kind"])
            return said if said in SPAN_KINDS else KINDS.get(said) or KINDS.get(said.lower()) or "other"
        if "role" in given:
            spoken = messages([{"role": self._word(given["role"]), "content": "-"}]) or [{}]
            return {"assistant": "llm", "tool": "tool"}.get(str(spoken[0].get("role")), "other")
        if "tool_name" in given or "tool_arguments" in given:
            return "tool"
        if "documents" in given:
            return "retrieval"
        return "llm" if not {"model", "input_messages", "output_messages"}.isdisjoint(given) else "agent"

    def _scores(self, row: Row, given: Row, target: Target, sheet: Sheet) -> None:
        for name, column in self._mapping.scores.items():
            value = _reach(row, column)
            if value is not _NOWHERE:
                self._met.add(column)
            if value is _NOWHERE or value is None or value == "":
                continue
            number = real(value)
            truth = boolean(value) if number is None else None
            sheet.score(
                score(
                    sheet.options, target, name, number=truth if number is None else number,
                    label=value if number is None and truth is None else None,
                    at=moment(given.get("end")) or moment(given.get("start")),
                    score_id=content_id(self.name, *target, name, given.get("span_id")),
                )
            )  # fmt: skip


_PLAIN: Final = frozenset({
    "parent_id", "task_id", "trial", "name", "tool_name", "tool_call_id", "tool_result", "model", "provider", "input_tokens",
    "output_tokens", "total_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "input_cost", "output_cost",
    "total_cost", "agent_name", "agent_version", "environment", "user_id", "consent", "tags", "error_type", "error_message",
})  # fmt: skip


def _reach(row: Row, column: str) -> Any:
    """The value of a column; a name with dots leads into objects, also where they are JSON text."""
    if column in row:
        return row[column]
    found: Any = row
    for part in column.split("."):
        found = opened(found)
        if not is_object(found) or part not in found:
            return _NOWHERE
        found = found[part]
    return found


def _message(made: Row, given: Row, role: str) -> None:
    """A row that is a message: what the user said, what the model answered, what a tool gave back."""
    raw = {
        "role": role, "content": opened(given.get("content")), "tool_calls": opened(given.get("tool_calls")),
        "tool_call_id": text(given.get("tool_call_id")), "name": text(given.get("tool_name")),
    }  # fmt: skip
    found = messages([{name: value for name, value in raw.items() if value is not None}]) or []
    if made["kind"] == "tool":
        made.setdefault("tool_result", found[0]["content"] if found else None)
    elif made["kind"] == "llm":
        made["output_messages"] = dumps(found)
    else:
        made["input_messages"] = dumps(found)


def _times(made: Row, given: Row) -> None:
    made["start"], made["end"] = moment(given.get("start")), moment(given.get("end"))
    seconds, milliseconds = real(given.get("seconds")), real(given.get("milliseconds"))
    if seconds is None and milliseconds is not None:
        seconds = milliseconds / 1e3
    if made["end"] is None and made["start"] is not None and seconds is not None:
        made["end"] = made["start"] + int(seconds * 1e9)
    said = str(given.get("status", "")).lower()
    error = text(given.get("error"))
    if error or said in _FAILED:
        made["status"], made["error_message"] = "error", error or made.get("error_message")
    else:
        made["status"] = said if said in _STATUS else "ok" if said in ("success", "completed", "succeeded") else "unset"
