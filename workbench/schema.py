"""The tables of the workbench, column by column: what each row is, and what each value means.

A table is a `polars.Schema`; `conform` brings any frame into one. Times are UTC. Costs are US dollars.
Text that was structured in the source is kept as JSON text, so that one column fits every source.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import polars as pl

from workbench.errors import InputError

__all__ = [
    "ANNOTATIONS",
    "AUTHOR_KINDS",
    "CASES",
    "CODEBOOK_EVENTS",
    "DATASET_TAGS",
    "DATASET_VERSIONS",
    "DECISIONS",
    "DRAWS",
    "EXPERIMENTS",
    "EXPOSURES",
    "GROUND_TRUTH",
    "LOADS",
    "MODE_EDITS",
    "OUTCOMES",
    "PROPOSALS",
    "QUEUES",
    "RESERVATIONS",
    "RESULTS",
    "SCORES",
    "SESSIONS",
    "SET_ASIDE",
    "SOURCES",
    "SPANS",
    "SPAN_KINDS",
    "STEPS",
    "STEP_KINDS",
    "TARGET_KINDS",
    "TRIALS",
    "AuthorKind",
    "SpanKind",
    "StepKind",
    "TargetKind",
    "conform",
]

SpanKind = Literal[
    "agent", "workflow", "task", "llm", "tool", "retrieval", "embedding", "reranker", "guardrail", "evaluator", "other"
]
StepKind = Literal["system", "user", "assistant", "tool", "retrieval", "error"]
TargetKind = Literal["span", "trace", "session", "case", "trial"]
AuthorKind = Literal["user", "human", "model", "code"]

SPAN_KINDS: Final[tuple[SpanKind, ...]] = (
    "agent", "workflow", "task", "llm", "tool", "retrieval", "embedding", "reranker", "guardrail", "evaluator", "other",
)  # fmt: skip
STEP_KINDS: Final[tuple[StepKind, ...]] = ("system", "user", "assistant", "tool", "retrieval", "error")
TARGET_KINDS: Final[tuple[TargetKind, ...]] = ("span", "trace", "session", "case", "trial")
AUTHOR_KINDS: Final[tuple[AuthorKind, ...]] = ("user", "human", "model", "code")

_TIME = pl.Datetime("ns", "UTC")

SPANS: Final = pl.Schema({
    "trace_id": pl.String(),  # lower-case hex where the source has hex; otherwise as the source writes it
    "span_id": pl.String(),
    "parent_id": pl.String(),  # null: a root
    "session_id": pl.String(),  # the conversation; null: the source knows none, the trace stands for it
    "task_id": pl.String(),  # what was tried, where the same request was tried more than once (benchmarks, releases)
    "trial": pl.Int64(),  # 0-based repeat of the task
    "name": pl.String(),
    "kind": pl.String(),  # one of SPAN_KINDS
    "start": _TIME,
    "end": _TIME,  # null: still running when exported
    "status": pl.String(),  # ok | error | unset | running: operational, says nothing of quality
    "error_type": pl.String(),
    "error_message": pl.String(),
    "input": pl.String(),  # what the span was given, where it is not messages
    "output": pl.String(),
    "input_messages": pl.String(),  # JSON: [{"role","content","name"?,"tool_calls"?:[{"id","name","arguments"}],"tool_call_id"?}]
    "output_messages": pl.String(),  # the same; "arguments" is an object where it parses, else the text as it came
    "tool_name": pl.String(),
    "tool_call_id": pl.String(),
    "tool_arguments": pl.String(),  # JSON text
    "tool_result": pl.String(),  # text, or JSON text where the source had structure
    "documents": pl.String(),  # JSON: [{"id","content","score"}], what a retrieval returned
    "model": pl.String(),
    "provider": pl.String(),
    "input_tokens": pl.Int64(),
    "output_tokens": pl.Int64(),
    "total_tokens": pl.Int64(),
    "cache_read_tokens": pl.Int64(),
    "cache_write_tokens": pl.Int64(),
    "reasoning_tokens": pl.Int64(),
    "input_cost": pl.Float64(),
    "output_cost": pl.Float64(),
    "total_cost": pl.Float64(),  # null: unknown price; 0.0 only where the source means free
    "agent_name": pl.String(),
    "agent_version": pl.String(),
    "environment": pl.String(),
    "user_id": pl.String(),
    "consent": pl.Boolean(),  # null: the source does not say
    "tags": pl.List(pl.String()),
    "metadata": pl.String(),  # JSON: the source's own metadata
    "raw": pl.String(),  # JSON: every attribute that was read but not understood
    "spilled": pl.List(pl.Struct({"column": pl.String(), "sha256": pl.String(), "characters": pl.Int64()})),
    "format": pl.String(),  # the reader that read it
    "source": pl.String(),  # SOURCES.source_id
    "record": pl.Int64(),  # 1-based line or record in the source
})  # fmt: skip

SCORES: Final = pl.Schema({  # feedback and scores that came with an export
    "score_id": pl.String(),
    "target_kind": pl.String(),  # span | trace | session | null while only the join key is known
    "target_id": pl.String(),  # a span id is written "trace_id/span_id"
    "join_key": pl.String(),
    "name": pl.String(),
    "value_number": pl.Float64(),
    "value_text": pl.String(),
    "passed": pl.Boolean(),  # null: the source does not say what passes
    "comment": pl.String(),
    "author": pl.String(),
    "author_kind": pl.String(),  # one of AUTHOR_KINDS
    "happened_at": _TIME,
    "format": pl.String(),
    "source": pl.String(),
    "record": pl.Int64(),
})  # fmt: skip

SOURCES: Final = pl.Schema({  # one row a file and load: where every input record ended
    "source_id": pl.String(),  # sha256 of the content, first 16 digits
    "path": pl.String(),
    "format": pl.String(),  # null: no reader knows the file
    "bytes": pl.Int64(),
    "read": pl.Int64(),  # = loaded + merged + superseded + set_aside
    "loaded": pl.Int64(),
    "merged": pl.Int64(),  # the same span again
    "superseded": pl.Int64(),  # an earlier state of a span that grew
    "set_aside": pl.Int64(),
})  # fmt: skip

SET_ASIDE: Final = pl.Schema({  # one row a record that was not loaded, with the reason
    "source_id": pl.String(),
    "path": pl.String(),
    "record": pl.Int64(),
    "reason": pl.String(),  # one short sentence, the same for the same cause, so that it can be counted
    "detail": pl.String(),  # what exactly, for this record
    "excerpt": pl.String(),  # the first 200 characters
})  # fmt: skip

STEPS: Final = pl.Schema({  # the agent loop: one row a step, in order; what everybody reads
    "session_id": pl.String(),
    "number": pl.Int64(),  # 1-based within the session
    "turn": pl.Int64(),  # 1-based; a turn begins with a user message
    "kind": pl.String(),  # one of STEP_KINDS
    "trace_id": pl.String(),
    "span_id": pl.String(),
    "at": _TIME,
    "seconds": pl.Float64(),  # how long the step took, where known
    "text": pl.String(),  # the message; a retrieval's query; an error's text
    "tool_name": pl.String(),
    "tool_call_id": pl.String(),
    "tool_arguments": pl.String(),
    "tool_result": pl.String(),  # a tool's result; a retrieval's documents
    "error": pl.String(),  # null: the step did not fail
    "model": pl.String(),
})  # fmt: skip

SESSIONS: Final = pl.Schema({  # one row a session; signals are joined beside these, never merged into them
    "session_id": pl.String(),
    "task_id": pl.String(),
    "trial": pl.Int64(),
    "agent_name": pl.String(),
    "agent_version": pl.String(),
    "environment": pl.String(),
    "user_id": pl.String(),
    "consent": pl.Boolean(),  # False where any span says so
    "started_at": _TIME,
    "ended_at": _TIME,
    "seconds": pl.Float64(),  # sum over traces of root durations: what the user waited
    "traces": pl.Int64(),
    "spans": pl.Int64(),
    "turns": pl.Int64(),
    "steps": pl.Int64(),
    "tool_calls": pl.Int64(),
    "tools": pl.List(pl.String()),  # distinct, in order of first call
    "errors": pl.Int64(),  # spans that ended in error
    "status": pl.String(),  # ok | error | running: operational
    "models": pl.List(pl.String()),
    "input_tokens": pl.Int64(),
    "output_tokens": pl.Int64(),
    "cost": pl.Float64(),
    "input": pl.String(),  # the first user message
    "output": pl.String(),  # the last assistant message
    "format": pl.String(),
})  # fmt: skip

ANNOTATIONS: Final = pl.Schema({
    "annotation_id": pl.String(),
    "target_kind": pl.String(),
    "target_id": pl.String(),  # null while only the join key is known
    "join_key": pl.String(),
    "name": pl.String(),  # verdict | note | failure_mode | first_failure | root_cause | expected_output | a grader's name …
    "value_number": pl.Float64(),
    "value_text": pl.String(),
    "passed": pl.Boolean(),
    "comment": pl.String(),
    "evidence": pl.String(),  # JSON: ["trace_id/span_id", …]
    "author": pl.String(),
    "author_kind": pl.String(),
    "author_role": pl.String(),  # general | expert
    "method": pl.String(),  # how it came about: widget, command, file, grader …
    "method_version": pl.String(),  # version of the rubric, codebook or grader
    "queue_id": pl.String(),
    "blind": pl.Boolean(),  # False: said after a suggestion was shown
    "happened_at": _TIME,
    "recorded_at": _TIME,
    "retracts": pl.String(),  # the annotation that this one takes back
})  # fmt: skip

DRAWS: Final = pl.Schema({
    "draw_id": pl.String(),
    "queue_id": pl.String(),
    "position": pl.Int64(),  # 0-based order of reading
    "target_kind": pl.String(),
    "target_id": pl.String(),
    "design": pl.String(),  # random | stratified | … ; by hand has no probability
    "pool": pl.Int64(),  # how many were eligible at this step
    "probability": pl.Float64(),  # step-conditional; null: chosen by hand
    "inclusion": pl.Float64(),  # chance of being in the queue at all; null: chosen by hand
    "because": pl.String(),  # one line: why this one
    "drawn_at": _TIME,
    "component": pl.String(),  # what chose it: audit | score | new kind | … ; repeat: shown again, in no rate; hand | rule | …: added
    "due_at": _TIME,  # to be read before; null: whenever
    "shown_first": pl.Boolean(),  # whether chance had suggestions shown before the verdict; null: chance had no say
})  # fmt: skip

OUTCOMES: Final = pl.Schema({  # one row a case, trial and grader: what comparisons are made of
    "case": pl.String(),
    "trial": pl.Int64(),
    "grader": pl.String(),
    "value": pl.Float64(),  # 0..1 or any score; null with status missing or errored
    "passed": pl.Boolean(),
    "status": pl.String(),  # completed | errored | missing | undecidable | inapplicable
    "session_id": pl.String(),  # the evidence
})  # fmt: skip

LOADS: Final = pl.Schema({  # one row a completed load
    "load_id": pl.String(),  # by content: the same sources loaded again have the same id
    "loaded_at": _TIME,
    "spans": pl.Int64(),
    "scores": pl.Int64(),
    "config": pl.String(),  # hash of the settings that it was made with
})  # fmt: skip

EXPOSURES: Final = pl.Schema({  # what a row was used for; a test number looked at three times says so
    "exposure_id": pl.String(),
    "target_kind": pl.String(),
    "target_id": pl.String(),
    "use": pl.String(),  # shown | tuned | selected | tested
    "by": pl.String(),  # the queue, grader, experiment or comparison that used it
    "author": pl.String(),
    "happened_at": _TIME,
})  # fmt: skip

PROPOSALS: Final = pl.Schema({  # what software suggests
    "proposal_id": pl.String(),
    "kind": pl.String(),  # mode | case | grader | fix | ship
    "subject": pl.String(),
    "body": pl.String(),  # JSON
    "evidence": pl.String(),  # JSON: ["trace_id/span_id", …]
    "author": pl.String(),
    "author_kind": pl.String(),
    "created_at": _TIME,
})  # fmt: skip

DECISIONS: Final = pl.Schema({  # what a person decided about a proposal
    "decision_id": pl.String(),
    "proposal_id": pl.String(),
    "decision": pl.String(),  # accepted | rejected | deferred
    "reason": pl.String(),
    "author": pl.String(),
    "decided_at": _TIME,
})  # fmt: skip

EXPERIMENTS: Final = pl.Schema({
    "experiment_id": pl.String(),
    "name": pl.String(),
    "kind": pl.String(),  # recorded | executed
    "dataset": pl.String(),
    "dataset_version": pl.Int64(),
    "variant": pl.String(),  # JSON: model, prompt, code revision, what changed
    "hypothesis": pl.String(),
    "config": pl.String(),
    "author": pl.String(),
    "created_at": _TIME,
})  # fmt: skip

TRIALS: Final = pl.Schema({
    "trial_id": pl.String(),
    "experiment_id": pl.String(),
    "case": pl.String(),
    "trial": pl.Int64(),
    "status": pl.String(),  # completed | errored | missing | inapplicable
    "session_id": pl.String(),
    "seconds": pl.Float64(),
    "cost": pl.Float64(),
    "error": pl.String(),
    "recorded_at": _TIME,
    "input_tokens": pl.Int64(),
    "output_tokens": pl.Int64(),
    "replayed": pl.Int64(),  # tool calls that the case's recorded world answered; null: none was handed over
    "unrecorded": pl.Int64(),  # tool calls that it could not: the trial left the recorded world
})  # fmt: skip

RESULTS: Final = pl.Schema({  # one row a trial and grader
    "result_id": pl.String(),
    "trial_id": pl.String(),
    "grader": pl.String(),
    "grader_version": pl.String(),
    "criterion": pl.String(),
    "value": pl.Float64(),
    "passed": pl.Boolean(),
    "reason": pl.String(),
    "evidence": pl.String(),
    "error": pl.String(),  # a grader's crash is a result of its own, not a zero
    "recorded_at": _TIME,
})  # fmt: skip

QUEUES: Final = pl.Schema({  # one row a queue; its items are rows of DRAWS
    "queue_id": pl.String(),  # from the name: one name, one queue
    "name": pl.String(),
    "purpose": pl.String(),  # align (a grader) | dataset (ground truth): the same row is never silently both
    "design": pl.String(),  # random | stratified | mixed | informed | filled (by hand or rule)
    "seed": pl.Int64(),
    "n": pl.Int64(),  # how many were drawn
    "pool": pl.Int64(),  # how many were eligible
    "population": pl.String(),  # sha256 over the sorted eligible ids: two queues of one population can be told
    "by": pl.String(),  # the stratum or score column; null: simple random
    "audit": pl.Float64(),  # share of draws made uniformly at random; 1.0 for random designs
    "blind": pl.Boolean(),  # suggestions stay hidden until the verdict
    "rubric": pl.String(),  # JSON: [{"name","kind","required","expert_only"}]
    "because": pl.String(),
    "created_by": pl.String(),
    "created_at": _TIME,
    "filter": pl.String(),  # the condition that its population was taken by, as it was written
    "reviewers": pl.List(pl.String()),  # who may read it; null: anybody
    "reviews": pl.Int64(),  # how many reviewers read each item; null: one
    "hold_minutes": pl.Float64(),  # how long an item stays reserved for the one who took it
    "repeats": pl.Float64(),  # share of items that are shown a second time, unannounced
    "shown_first": pl.Float64(),  # the chance with which suggestions are shown before the verdict; null: none
})  # fmt: skip

RESERVATIONS: Final = pl.Schema({  # append-only: who is reading which item of a queue
    "reservation_id": pl.String(),  # of draw, place and how often that place was taken: two at once cannot both have it
    "queue_id": pl.String(),
    "draw_id": pl.String(),
    "reviewer": pl.String(),
    "kind": pl.String(),  # take | release
    "happened_at": _TIME,
    "expires_at": _TIME,
})  # fmt: skip

CODEBOOK_EVENTS: Final = pl.Schema({  # append-only: the codebook of any moment is what the events up to it make
    "event_id": pl.String(),
    "kind": pl.String(),  # define | gather | rename | merge | split | retire
    "name": pl.String(),  # the failure mode it happens to
    "into": pl.List(pl.String()),  # rename, merge: [the one]; split: the parts; others: []
    "definition": pl.String(),  # define: the definition; otherwise null
    "assignment": pl.String(),  # split: JSON {session_id: part}, the rest is to be read again; gather: {session_id: name}
    "reason": pl.String(),
    "author": pl.String(),
    "happened_at": _TIME,
    "recorded_at": _TIME,
})  # fmt: skip

MODE_EDITS: Final = pl.Schema({  # append-only: what a person changed about the modes that clustering found
    "edit_id": pl.String(),
    "facet": pl.String(),
    "kind": pl.String(),  # rename | merge | split | move | together | retire | restore | undo
    "body": pl.String(),  # JSON: the sessions that it is about, and the name
    "author": pl.String(),
    "happened_at": _TIME,
    "retracts": pl.String(),
})  # fmt: skip

CASES: Final = pl.Schema({  # append-only: a changed case is a new row with the same case_id; a version names its rows
    "row_id": pl.String(),  # hash of every other column but added_at and added_by
    "case_id": pl.String(),  # hash of session, turn and message prefix
    "dataset": pl.String(),
    "session_id": pl.String(),
    "trace_id": pl.String(),
    "span_id": pl.String(),  # the first failure, "trace_id/span_id"'s second half; null: not labelled
    "turn": pl.Int64(),  # 1-based turn whose user message is the last of the prefix
    "input": pl.String(),  # that user message
    "prefix": pl.String(),  # JSON: the messages handed to the agent, that user message included
    "attributes": pl.String(),  # JSON object: mode, subject columns, agent_version …: to segment by, not for the agent
    "channel": pl.String(),  # failure | control | imported: how the case came in
    "inclusion": pl.Float64(),  # chance of having been drawn; null: chosen by hand
    "weight": pl.Float64(),  # 1 / inclusion: how many sessions of its pool it stands for; null: only for itself
    "state": pl.String(),  # one of STATES
    "split": pl.String(),  # test | train | …; one session, one split
    "source": pl.String(),  # SOURCES.source_id of the file that the evidence came from
    "world_id": pl.String(),  # sha256 of the world's bytes; null: no world left
    "lost": pl.Int64(),  # recorded calls whose result was already gone at promotion
    "added_at": _TIME,
    "added_by": pl.String(),
})  # fmt: skip

GROUND_TRUTH: Final = pl.Schema({  # apart from the cases, so that the agent under test cannot reach it
    "truth_id": pl.String(),  # hash of case, kind, value and author
    "case_id": pl.String(),
    "dataset": pl.String(),
    "kind": pl.String(),  # expected_output | criteria
    "value": pl.String(),
    "author": pl.String(),
    "added_at": _TIME,
})  # fmt: skip

DATASET_VERSIONS: Final = pl.Schema({  # one row a version; never changed
    "dataset": pl.String(),
    "version": pl.Int64(),  # 1-based
    "content_hash": pl.String(),  # over the sorted row ids and truth ids
    "parent": pl.Int64(),  # the version before; null: the first
    "cases": pl.Int64(),
    "rows": pl.List(pl.String()),  # CASES.row_id, in order
    "truths": pl.List(pl.String()),  # GROUND_TRUTH.truth_id, in order
    "added": pl.Int64(),  # against the parent
    "changed": pl.Int64(),
    "removed": pl.Int64(),
    "reason": pl.String(),
    "author": pl.String(),
    "created_at": _TIME,
})  # fmt: skip

DATASET_TAGS: Final = pl.Schema({  # append-only: a tag is with the version that got it last
    "tag_id": pl.String(),
    "dataset": pl.String(),
    "version": pl.Int64(),
    "tag": pl.String(),
    "author": pl.String(),
    "happened_at": _TIME,
})  # fmt: skip


def conform(data: Any, schema: pl.Schema, *, what: str = "frame") -> pl.DataFrame:
    """Bring anything that `polars.DataFrame` takes into a table's columns, order and types.

    Columns that the table has and the data lacks become null; those that only the data has are kept behind. Times may be ISO 8601 text with a zone.

    Parameters
    ----------
    data
        A frame, a lazy frame, a list of dicts, a dict of lists, a pandas or Arrow table.
    schema
        One of the tables of this module.
    what
        What to call the data in an error message.

    Raises
    ------
    InputError
        A column's values cannot become the table's type; the message names the column.

    Examples
    --------
    >>> from workbench.schema import OUTCOMES, conform
    >>> conform([{"case": "a", "trial": 0, "value": 1}], OUTCOMES).shape
    (1, 7)
    """
    frame = data.collect() if isinstance(data, pl.LazyFrame) else pl.DataFrame(data)
    if not frame.columns:  # nulls beside no column at all would make a row out of nothing
        return schema.to_frame()
    if list(frame.schema.items())[: len(schema)] == list(schema.items()):
        return frame
    columns = [_column(frame, name, kind) for name, kind in schema.items()]
    extra = [name for name in frame.columns if name not in schema]
    try:
        return frame.select(*columns, *extra)
    except pl.exceptions.PolarsError:
        for (name, kind), column in zip(schema.items(), columns, strict=True):
            try:
                frame.select(column)
            except pl.exceptions.PolarsError as error:
                why = str(error).splitlines()[0]
                msg = f"{what}: column {name!r} holds {frame.schema[name]}, expected {kind}: {why}"
                raise InputError(msg) from error
        raise


def _column(frame: pl.DataFrame, name: str, kind: pl.DataType) -> pl.Expr:
    if name not in frame.columns:
        return pl.lit(None, dtype=kind).alias(name)
    column = pl.col(name)
    if isinstance(kind, pl.Datetime) and frame.schema[name] == pl.String:
        column = column.str.to_datetime(time_unit="ns", time_zone="UTC")
    return column.cast(kind)
