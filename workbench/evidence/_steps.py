"""From spans to steps: one pass over all sessions, whatever format the spans came from."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, Final

import polars as pl

from workbench._crew import Crew, shared, without_collection
from workbench.evidence._belong import in_order
from workbench.evidence._merge import Draft, Merge
from workbench.evidence._messages import History
from workbench.evidence._trace import READ, Event, read_trace
from workbench.schema import SPANS, STEPS, conform

__all__ = ["STEP_COLUMNS", "VERSION", "steps", "steps_of", "turns_of"]

_SHARE: Final = 10_000  # spans
_ORDER: Final = itemgetter(0)

STEP_COLUMNS: Final = (*READ, "session_id", "start", "end", "source", "record")
"""The columns of SPANS that `steps` reads."""

VERSION: Final = "1"
"""Changes when the same spans would give other steps or sessions: what was derived by an earlier one is made again."""


def steps(spans: Any, *, crew: Crew | None = None) -> pl.DataFrame:
    """The canonical agent loop of every session: each message, tool call and retrieval once, in the order it happened.

    Model calls may carry their whole history or only what is new; agent and chain spans that repeat their children add
    nothing; a trace whose model calls hold no messages is read from its outermost span's input and output. A tool call is joined with its
    span and its result message by call id, else by name and arguments, else by order; a result that never came is
    null. Assistant messages that only ask for tools are those tools' steps. Evaluators and guardrails are no steps.

    Parameters
    ----------
    spans
        SPANS rows, of any number of sessions and in any order: a Polars frame or what `polars.DataFrame` takes.
    crew
        The processes that share the work on many sessions; by default as many as there are processors.

    Returns
    -------
    polars.DataFrame
        STEPS rows, by session in order of beginning, then by number. `error` is what failed: a call's own error, or, beginning
        with "in result: ", an error that only the result speaks of.

    Raises
    ------
    InputError
        A column cannot become what SPANS says it is.

    Examples
    --------
    >>> from workbench import evidence
    >>> spans = [
    ...     {"trace_id": "t", "span_id": "a", "kind": "agent", "input": "Hello?", "output": "Good day."},
    ... ]
    >>> evidence.steps(spans).select("number", "turn", "kind", "text").rows()
    [(1, 1, 'user', 'Hello?'), (2, 1, 'assistant', 'Good day.')]
    """
    return steps_of(in_order(conform(spans, SPANS, what="spans").select(STEP_COLUMNS)), crew)


def steps_of(spans: pl.DataFrame, crew: Crew | None = None) -> pl.DataFrame:
    """As `steps`, of spans that are in order."""
    ordered = spans.select(
        *READ, session="session_id", start=pl.col("start").to_physical(), end=pl.col("end").to_physical()
    )
    shares = _shares(ordered)
    if len(shares) == 1:
        return _read(ordered)
    with shared(crew) as helpers:
        return pl.concat(list(helpers.run(_read, (ordered.slice(first, size) for first, size in shares))))


def _shares(ordered: pl.DataFrame) -> list[tuple[int, int]]:
    """First row and number of rows of some sessions each, about as many spans as are worth handing over."""
    if ordered.height <= 2 * _SHARE:
        return [(0, ordered.height)]
    ends: list[int] = ordered["session"].rle().struct.field("len").cum_sum().to_list()
    shares: list[tuple[int, int]] = []
    first = 0
    for end in ends:
        if end - first >= _SHARE or end == ordered.height:
            shares.append((first, end - first))
            first = end
    return shares


def _read(ordered: pl.DataFrame) -> pl.DataFrame:
    """The steps of whole sessions, whose spans are in order."""
    columns = {name: _values(ordered[name]) for name in (*READ, "start", "end")}
    # Sessions are contiguous: where each begins.
    runs = ordered["session"].rle().struct.unnest()
    out = _Out()
    first = 0
    with without_collection():
        for session, size in zip(runs["value"].to_list(), runs["len"].to_list(), strict=True):
            out.add(session, _session(columns, first, first + size))
            first += size
        return out.frame()


def _values(column: pl.Series) -> list[Any]:
    return [None] * len(column) if column.null_count() == len(column) else column.to_list()


def _session(columns: dict[str, list[Any]], first: int, end: int) -> list[Draft]:
    traces: dict[str, list[int]] = {}
    trace_ids = columns["trace_id"]
    for place in range(first, end):
        traces.setdefault(trace_ids[place], []).append(place)
    events: list[Event] = []
    history = History()
    for number, places in enumerate(traces.values()):
        events.extend(read_trace(columns, number, places, history))
    events.sort(key=_ORDER)
    merge = Merge()
    for _, play in events:
        play(merge)
    return merge.finish()


class _Out:
    """The rows of STEPS, session by session."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []

    def add(self, session: str, drafts: list[Draft]) -> None:
        write = self.rows.append
        for number, (draft, turn) in enumerate(zip(drafts, turns_of(drafts), strict=True), 1):
            _, trace_id, span_id, start, end, _ = draft.origin
            seconds = (end - start) / 1e9 if draft.timed and end and start else None
            write((  # as STEPS has its columns
                session, number, turn, draft.kind, trace_id, span_id, start, seconds, draft.text, draft.tool_name, draft.call_id,
                draft.arguments, draft.result, draft.error, draft.model,
            ))  # fmt: skip

    def frame(self) -> pl.DataFrame:
        if not self.rows:
            return STEPS.to_frame()
        schema = {**STEPS, "at": pl.Int64()}
        made = [
            pl.Series(name, told, kind)
            for (name, kind), told in zip(schema.items(), zip(*self.rows, strict=True), strict=True)
        ]
        return pl.DataFrame(made).with_columns(pl.col("at").cast(STEPS["at"]))


def turns_of(drafts: list[Draft]) -> list[int]:
    """The turn of each step: what comes before the first user message belongs to the first turn."""
    spoken = {draft.origin[0] for draft in drafts if draft.kind == "user"}
    seen: set[int] = set()
    turns: list[int] = []
    turn, begun = 0, True
    for draft in drafts:
        trace = draft.origin[0]
        if draft.kind == "user":
            turn += begun
            begun = True
        elif turn == 0:
            turn, begun = 1, trace not in spoken
        elif trace not in spoken and trace not in seen:
            turn += 1
            begun = True
        seen.add(trace)
        turns.append(turn)
    return turns
