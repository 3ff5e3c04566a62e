"""Chat transcripts: a conversation a line, a file, or an item of a list, in OpenAI's, Anthropic's or LangChain's form."""

from __future__ import annotations

from typing import Any, Final

from workbench.load._group_chat import group_chat
from workbench.load._json import JsonReader, guarded
from workbench.load._messages import messages, output_messages, system_message
from workbench.load._sheet import Sheet
from workbench.load._transcript import Said, content_id, say, write_transcript
from workbench.load._values import boolean, dumps, is_array, is_object, moment, text, whole
from workbench.load._verdicts import write_verdicts

__all__ = ["Chat"]

Row = dict[str, Any]

_LISTS: Final = ("messages", "history", "conversation", "transcript")
_ITEMS: Final = ("input", "items", "data")  # where OpenAI's Responses keep their items
_TRACED: Final = frozenset(
    {"trace_id", "traceId", "span_id", "root_span_id", "run_type"}
)  # a span, and no conversation
_ANSWERS: Final = ("response", "completion", "choices", "output")
_REQUESTS: Final = ("request", "body", "params")  # what wraps a call to a model's interface
_QUESTIONS: Final = ("question", "prompt", "input", "query")
_SESSION: Final = (
    "session_id",
    "sessionId",
    "conversation_id",
    "conversationId",
    "thread_id",
    "threadId",
    "id",
    "custom_id",
)
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "task_id": ("task_id", "taskId"),
    "user_id": ("user_id", "userId", "user"),
    "model": ("model",),
    "agent_name": ("agent_name", "agent"),
    "agent_version": ("agent_version", "release", "version"),
    "environment": ("environment",),
}
_TIMES: Final = ("timestamp", "created_at", "createdAt", "created", "time")


class Chat(JsonReader):
    """Reads chat transcripts."""

    name = "chat"
    keys = frozenset({*_LISTS, "role", "content"})

    def knows(self, value: Any) -> bool:
        """Whether the value is a conversation, or a list of messages or conversations."""
        if is_array(value):
            return bool(value) and (_is_message(value[0]) or self.knows(value[0]))
        if not is_object(value):
            return False
        return _listed(value) is not None or any(
            _is_message(value.get(name)) or _listed(value.get(name)) is not None for name in _REQUESTS
        )

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read one conversation, or a list of them."""
        if is_array(value) and not _is_message(value[0]):
            for number, item in enumerate(value, 1):
                guarded(sheet, number, item, _conversation)
        else:
            guarded(sheet, record, {"messages": value} if is_array(value) else value, _conversation)


def _is_message(value: Any) -> bool:
    if not is_object(value):
        return False
    return type(value.get("role")) is str or (
        type(value.get("type")) is str and not {"content", "data", "call_id", "kwargs"}.isdisjoint(value)
    )


def _listed(value: Any) -> list[Any] | None:
    if is_object(value):
        for name in _LISTS:
            found = value.get(name)
            if is_array(found) and (not found or _is_message(found[0])):
                return found
        for name in _ITEMS if _TRACED.isdisjoint(value) else ():
            found = value.get(name)
            if (
                is_array(found)
                and found
                and _is_message(found[0])
                and (name != "data" or value.get("object") == "list")
            ):
                return found
        if (
            isinstance(value.get("input"), str)
            and is_array(value.get("output"))
            and _listed({"items": value["output"]})
        ):
            return []  # the question is a text, the answer is items
    return None


def _conversation(value: Row, sheet: Sheet) -> None:
    request = next((value[name] for name in _REQUESTS if is_object(value.get(name))), None)
    body = {**request, **value} if request is not None else value
    listed = group_chat(_listed(body) or [])
    instructions = body.get("system") or body.get("instructions")
    given = [{"role": "system", "content": said["content"]} for said in system_message(instructions)]
    said = [one for raw in [*given, *listed] for one in say(raw, **_moments(raw))]
    for name in _ANSWERS:
        if body.get(name):
            answer = {"choices": body[name]} if name == "choices" else body[name]
            said += [Said(message) for message in output_messages(answer) or []]
            break
    if not said:
        sheet.refuse("a conversation without messages", f"keys: {', '.join(list(value)[:8])}", dumps(value))
        return
    if not any(one.message["role"] == "user" for one in said):
        question = next((body[name] for name in _QUESTIONS if isinstance(body.get(name), str)), None)
        if question:
            at = next((i for i, one in enumerate(said) if one.message["role"] != "system"), len(said))
            said[at:at] = [Said(message) for message in messages([{"role": "user", "content": question}]) or []]
    _write(body, said, sheet)


def _moments(raw: Any) -> Row:
    at = next((moment(raw[name]) for name in _TIMES if raw.get(name) is not None), None) if is_object(raw) else None
    return {"end": at}


def _write(body: Row, said: list[Said], sheet: Sheet) -> None:
    metadata = body.get("metadata")
    around = {**metadata, **body} if is_object(metadata) else body
    session = next((text(around[name]) for name in _SESSION if isinstance(around.get(name), str | int)), None)
    trace_id = content_id("chat", session or body)
    shared: Row = {
        "session_id": session or trace_id,
        "trial": whole(around.get("trial")),
        "consent": boolean(around.get("consent", around.get("user_consent"))),
    }
    for column, names in _NAMES.items():
        shared[column] = next((text(around[name]) for name in names if isinstance(around.get(name), str | int)), None)
    at = next((moment(around[name]) for name in _TIMES if around.get(name) is not None), None)
    kept = {
        name: item
        for name, item in body.items()
        if not (name in _ITEMS and is_array(item))
        and name not in (*_LISTS, *_ANSWERS, *_REQUESTS, "metadata", "system")
        and name not in _SESSION
    }
    tags = body.get("tags")
    root: Row = {
        "start": at,
        "tags": [str(tag) for tag in tags] if is_array(tags) else None,
        "metadata": dumps(metadata) if metadata else None,
        "raw": dumps(kept) if kept else None,
    }
    write_transcript(sheet, said, trace_id=trace_id, shared=shared, root=root)
    write_verdicts(sheet, around, shared["session_id"], trace_id)
