"""One sample of an Inspect log: its messages as spans, timed by its events, and its scores."""

from __future__ import annotations

from typing import Any, Final

from workbench.load._inspect_events import USAGE, Events, given_to, write_others
from workbench.load._scores import score
from workbench.load._sheet import Sheet
from workbench.load._transcript import Said, content_id, say, write_transcript
from workbench.load._values import dumps, fields, is_array, is_object, items, moment, real, text, whole

__all__ = ["write_sample"]

Row = dict[str, Any]
_ATTACHED: Final = "attachment://"
_WORDS: Final = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}


def write_sample(sample: Row, log: Row, file: str, sheet: Sheet) -> None:
    """Write a sample's spans and scores; a sample without messages is told from its last model call."""
    about = fields(log.get("eval"))
    held = fields(sample.get("transcript"))  # older logs keep events and attachments here
    sample = _attached(sample, {**fields(held.get("content")), **fields(sample.get("attachments"))})
    events = Events(items(sample.get("events")) or items(fields(sample.get("transcript")).get("events")))
    pool = items(sample.get("message_pool")) or items(fields(sample.get("events_data")).get("messages"))
    task, epoch = str(sample["id"]), whole(sample.get("epoch")) or 1
    run = text(about.get("eval_id")) or text(about.get("run_id")) or file
    trace_id = text(sample.get("uuid")) or content_id(
        "inspect", run, about.get("task_id"), task, epoch, about.get("created")
    )
    session = f"{about.get('task') or file}/{task}/{epoch}/{trace_id[:8]}"
    shared: Row = {
        "session_id": session, "task_id": f"{about.get('task') or file}/{task}", "trial": epoch - 1,
        "model": text(about.get("model")), "agent_version": text(about.get("model")),
        "agent_name": text(about.get("solver")) or text(about.get("task")),
    }  # fmt: skip
    said = _said(sample, events, pool)
    if not said:
        sheet.refuse("a sample without messages", f"sample {task}, epoch {epoch}", dumps(sample))
        return
    write_transcript(sheet, said, trace_id=trace_id, shared=shared, root=_root(sample, about, log, events.all))
    write_others(sheet, events, shared, trace_id, pool)
    _scores(sample, session, trace_id, about, sheet)


def _attached(value: Any, held: Row) -> Any:
    """Long texts are kept once, beside the sample; bring them back to where they are said."""
    if type(value) is str:
        return held.get(value.removeprefix(_ATTACHED), value) if value.startswith(_ATTACHED) else value
    if is_object(value):
        return {name: _attached(inner, held) for name, inner in value.items()} if held else value
    if is_array(value):
        return [_attached(inner, held) for inner in value] if held else value
    return value


def _said(sample: Row, events: Events, pool: list[Any]) -> list[Said]:
    raw = items(sample.get("messages")) or _from_events(sample, events, pool)
    return [one for message in raw for one in _one(message, events)]


def _from_events(sample: Row, events: Events, pool: list[Any]) -> list[Any]:
    """An unfinished sample has no messages yet: the last model call was given all that came before it."""
    for event in reversed(events.models):
        given = given_to(event, pool)
        choices = items(fields(event.get("output")).get("choices"))
        if given:
            return given + [fields(choice).get("message") for choice in choices[:1]]
    given = sample.get("input")
    return given if is_array(given) else [{"role": "user", "content": given}] if given else []


def _one(message: Any, events: Events) -> list[Said]:
    if not is_object(message):
        return []
    role = message.get("role")
    columns: Row = {}
    start = end = None
    if role == "assistant":
        event = events.model(message)
        output = fields(event.get("output"))
        usage = fields(output.get("usage"))
        columns = {column: whole(usage.get(name)) for column, name in USAGE.items()}
        columns |= {"model": text(output.get("model")) or text(message.get("model")) or text(event.get("model"))}
        columns |= {"total_cost": real(usage.get("total_cost"))}
        columns = {name: value for name, value in columns.items() if value is not None}
        start, end = moment(event.get("timestamp")), moment(event.get("completed"))
        seconds = real(output.get("time"))
        if end is None and start is not None and seconds is not None:
            end = start + int(seconds * 1e9)
    elif role == "tool":
        event = events.tools.get(str(message.get("tool_call_id")), {})
        start, end = moment(event.get("timestamp")), moment(event.get("completed"))
        if start is not None:
            columns["start"] = start
    error = message.get("error")
    found = say(
        {name: value for name, value in message.items() if name != "error"}, start=start, end=end, columns=columns
    )
    if error and found:
        detail = fields(error)
        found[0].error = text(detail.get("message")) or text(error)
        if role == "tool":
            found[0].columns = {**columns, "error_type": text(detail.get("type"))}
    return found


def _root(sample: Row, about: Row, log: Row, events: list[Row]) -> Row:
    started, completed = moment(sample.get("started_at")), moment(sample.get("completed_at"))
    stamps = [at for event in events if (at := moment(event.get("timestamp"))) is not None]
    metadata = {
        "sample": sample.get("metadata") or None,
        "target": sample.get("target"),
        "limit": sample.get("limit"),
        "task": about.get("task"),
        "dataset": fields(about.get("dataset")).get("name"),
        "run_id": about.get("run_id"),
        "created": about.get("created"),
        "log_status": log.get("status"),
        "store": sample.get("store") or None,
        "setup": sample.get("setup"),
        "files": sample.get("files") or None,
        "choices": sample.get("choices"),
    }
    row: Row = {
        "start": started if started is not None else min(stamps, default=None),
        "end": completed if completed is not None else max(stamps, default=None),
        "metadata": dumps({name: value for name, value in metadata.items() if value is not None}),
    }
    tags = about.get("tags")
    if is_array(tags) and tags:
        row["tags"] = [str(tag) for tag in tags]
    error = sample.get("error")
    if error:
        row |= {"status": "error", "error_message": text(fields(error).get("message")) or text(error)}
    return row


def _scores(sample: Row, session: str, trace_id: str, about: Row, sheet: Sheet) -> None:
    found = sample.get("scores")
    if found is None and sample.get("score") is not None:
        found = {"score": sample["score"]}
    for name, given in fields(found).items():
        judged = given if is_object(given) else {"value": given}
        value = judged.get("value")
        inner = value if is_object(value) else {"": value}
        for part, said in inner.items():
            label = str(name) if not part else f"{name}.{part}"
            number = (
                _WORDS.get(said) if isinstance(said, str) else real(said) if type(said) is not bool else float(said)
            )
            row = score(
                sheet.options,
                ("session", session),
                label,
                number=number if number is not None else real(said),
                label=None if isinstance(said, int | float) else text(said),
                comment=judged.get("explanation") or judged.get("answer"),
                by="model" if "model_graded" in label else "code",
                author=str(name),
                at=moment(sample.get("completed_at")) or moment(about.get("created")),
                passed=_passed(said),
                score_id=content_id(trace_id, label),
            )
            sheet.score(row)


def _passed(value: Any) -> bool | None:
    """What a scorer means by correct; other numbers have no threshold that the log would tell."""
    if isinstance(value, str):
        return {"C": True, "I": False, "N": False}.get(value)
    return value if isinstance(value, bool) else None
