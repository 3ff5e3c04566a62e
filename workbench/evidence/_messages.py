"""Chat messages as they come out of spans: read, normalised, and told apart."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast

import orjson

__all__ = [
    "SOFT",
    "Call",
    "History",
    "Message",
    "argument_key",
    "as_dict",
    "as_list",
    "parse",
    "read_messages",
    "said",
    "soft_error",
    "text_of",
    "tuple_new",
]

SOFT: Final = "in result: "
"""What the `error` of a step begins with when the call itself succeeded and only its result speaks of an error."""

_OBJECT: Final[type] = dict
# What a result has to hold somewhere if it speaks of an error: most need not be read.
_TELLING: Final = re.compile(
    r'"(?:error|is_?error|success|ok)"|"status(?:_?code)?"\s*:\s*(?:[45]\d\d|"(?:error|fail))', re.IGNORECASE
)
_SHORT: Final = 2_000
_HTTP_ERROR: Final = 400
_HTTP_END: Final = 600
_ERROR_LENGTH: Final = 500
_TRACEBACK: Final = "Traceback (most recent call last)"
# How terminals of agents begin what a program printed that failed.
_EXIT: Final = re.compile(
    r"\s*(?:<returncode>|exit ?code:?\s*|\[?command (?:finished|failed|exited) with (?:exit )?code:? )0*[1-9]\d*(?:</returncode>)?\]?(?: \(execution [^)]*\))?\s*(?:code output:|<output>|output:)?\s*",
    re.IGNORECASE,
)
_FAILED_WORDS: Final = frozenset({"error", "failed", "failure"})
_ROLES: Final = {
    "developer": "system",
    "function": "tool",
    "human": "user",
    "ai": "assistant",
    "model": "assistant",
    "bot": "assistant",
}
# What applications call the user's words when they hand them to an agent as a structure.
_ASKED: Final = (
    "input", "query", "question", "prompt", "message", "new_message", "user_input", "text", "content", "parts", "answer",
    "output",
)  # fmt: skip


# As calling a named tuple's class, in a third of the time: there are millions.
tuple_new: Any = tuple.__new__  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - of any tuple


class Call(NamedTuple):
    """A tool call that a message asks for."""

    call_id: str | None
    name: str
    arguments: str | None
    key: int  # the same for the same arguments in any order of keys


class Message(NamedTuple):
    """One message; `key` is equal for the same message seen again in a later history."""

    role: str
    text: str
    name: str | None
    calls: tuple[Call, ...]
    call_id: str | None
    key: int


def as_dict(value: object) -> dict[str, Any] | None:
    """The value where it is a JSON object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[Any] | None:
    """The value where it is a JSON array."""
    return cast("list[Any]", value) if isinstance(value, list) else None


def parse(text: str | None) -> Any:
    """What a JSON text says; null where it is none."""
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def text_of(content: object) -> str:
    """The words of a message's content; parts that are not text are named in brackets."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    parts = as_list(content)
    if parts is None:
        return orjson.dumps(content).decode()
    words: list[str] = []
    for part in parts:
        if isinstance(part, str):
            words.append(part)
            continue
        fields = as_dict(part)
        if fields is None:
            continue
        spoken = fields.get("text", fields.get("content"))
        words.append(spoken if isinstance(spoken, str) else f"[{fields.get('type', 'part')}]")
    return "\n".join(words)


def _arguments(value: object) -> tuple[str | None, int]:
    """Arguments as text, and a key that does not depend on the order of their names."""
    if value is None:
        return None, 0
    found = value
    if isinstance(value, str):
        try:
            found = orjson.loads(value)
        except orjson.JSONDecodeError:
            return value, hash(value.strip())
        text = value
    else:
        text = orjson.dumps(value).decode()
    return text, hash(orjson.dumps(found, option=orjson.OPT_SORT_KEYS)) if found else 0


@lru_cache(maxsize=4096)
def _short_key(text: str) -> int:
    # A call's arguments are told at least twice, by the message that asks and by the span that runs it.
    return _arguments(text)[1]


def argument_key(text: str | None) -> int:
    """The key of arguments that are already text."""
    return _short_key(text) if text is not None and len(text) < _SHORT else _arguments(text)[1]


def _calls(values: object) -> tuple[Call, ...]:
    calls: list[Call] = []
    for value in as_list(values) or ():
        fields = as_dict(value)
        if fields is None:
            continue
        inner = as_dict(fields.get("function")) or fields
        text = inner.get("arguments")
        text, key = (text, argument_key(text)) if type(text) is str else _arguments(text)
        call_id = fields.get("id")
        calls.append(Call(str(call_id) if call_id else None, str(inner.get("name") or "tool"), text, key))
    return tuple(calls)


def _message(fields: dict[str, Any]) -> Message:
    get = fields.get
    role = str(get("role") or "user")
    role = _ROLES.get(role, role)
    content, asked, answered, name = get("content"), get("tool_calls"), get("tool_call_id"), get("name")
    text: str = content if type(content) is str else text_of(content)
    calls = _calls(asked) if asked else ()
    call_id = str(answered) if answered else None
    if role == "tool":
        key = hash((role, call_id or text.strip()))
    elif calls:
        # Exporters differ in what they keep of the words beside a call; the calls themselves are the same.
        key = hash((role, *[call.call_id or (call.name, call.key) for call in calls]))
    else:
        key = hash((role, text.strip()))
    return tuple_new(Message, (role, text, str(name) if name else None, calls, call_id, key))


def read_messages(text: str | None) -> list[Message]:
    """The messages of a JSON array of messages; what is no message is passed over."""
    return _listed(parse(text)) if text else []


class History:
    """Reads one model call after another: where each repeats what was said before it, only what is new is read."""

    def __init__(self) -> None:
        self._text = ""  # a JSON array of messages without its end
        self._messages: list[Message] = []
        self._answer = ""  # what goes on from it: a comma, and an array without its brackets
        self._answers: list[Message] = []

    def read(self, given: str | None, answer: str | None) -> tuple[list[Message], list[Message]]:
        """What a call was given and what it answered, each as by `read_messages`."""
        found = self._given(given) if given else []
        said = read_messages(answer)
        self._answer = f",{answer[1:-1]}" if said and answer and answer[0] == "[" and answer[-1] == "]" else ""
        self._answers = said
        return found, said

    def _given(self, text: str) -> list[Message]:
        size = len(self._text)
        if size and text[size : size + 1] == "," and text.startswith(self._text):
            found = self._messages
            if self._answer and text.startswith(self._answer, size) and text[size + len(self._answer)] in ",]":
                found, size = found + self._answers, size + len(self._answer)
            # The beginning is an array without its end, so what follows the comma is an array without its beginning.
            found = found + read_messages(f"[{text[size + 1 :]}") if text[size] == "," else found
        else:
            found = read_messages(text)
        self._text, self._messages = (text[:-1], found) if found and text[-1] == "]" else ("", [])
        return found


def _listed(values: Any) -> list[Message]:
    listed = cast("list[Any]", values) if isinstance(values, list) else []
    return [_message(fields) for fields in listed if type(fields) is _OBJECT]


def _speaks(values: object) -> bool:
    """Whether this is a list of messages rather than any other list."""
    items = as_list(values)
    return bool(items) and all("role" in (as_dict(item) or {}) for item in items or ())


def said(text: str | None, role: str) -> list[Message]:
    """What an agent's plain `input` or `output` says, as messages of `role` unless the text itself holds messages."""
    if text is None or not text.strip():
        return []
    value = parse(text) if text.lstrip()[:1] in '{["' else None
    for _ in range(4):  # structures are wrapped a few levels deep at most
        if _speaks(value):
            return _listed(value)
        fields = as_dict(value)
        if fields is None:
            break
        if "role" in fields and "content" in fields:
            return [_message(fields)]
        inner = fields.get("messages")
        if inner is None:
            given = as_list(fields.get("args"))
            inner = given[0] if given and len(given) == 1 else None
        if inner is None:
            inner = next((fields[name] for name in _ASKED if fields.get(name)), None)
        if inner is None:
            break
        value = inner
    words = value if isinstance(value, str) else text
    if as_list(value) and all("text" in (as_dict(part) or {}) for part in as_list(value) or ()):
        words = text_of(value)
    return [_message({"role": role, "content": words})] if words.strip() else []


def soft_error(result: str | None) -> str | None:
    """The error that a result speaks of although its call succeeded; null where it speaks of none.

    A JSON object does so by a truthy `error`, `isError` or `is_error`, by `success` or `ok` being false, by a
    `status`, `status_code` or `statusCode` from 400 to 599, or by a `status` of error, failed or failure. A text does so by
    beginning with "Error:", a Python traceback, or an exit code that is not 0; of a traceback, what was raised is told.
    """
    if not result:
        return None
    head = result.lstrip()
    if not head.startswith("{"):
        quoted = parse(head) if head.startswith('"') else head
        plain = quoted if isinstance(quoted, str) else ""
        failed = _EXIT.match(plain)
        if failed is None and plain[:6].lower() != "error:" and not plain.startswith(_TRACEBACK):
            return None
        return SOFT + _raised(plain[failed.end() :] if failed else plain)[:_ERROR_LENGTH]
    if _TELLING.search(head) is None:
        return None
    fields = as_dict(parse(result))
    if fields is None:
        return None
    why = _why(fields)
    return None if why is None else SOFT + why[:_ERROR_LENGTH]


def _raised(text: str) -> str:
    """An error's text; of one that holds a traceback its last line, which says what was raised."""
    whole = text.strip()
    if _TRACEBACK not in whole:
        return whole or "a program failed"
    return next((line for line in reversed(whole.splitlines()) if line[:1].strip()), whole)


def _why(fields: dict[str, Any]) -> str | None:
    error = fields.get("error")
    if error:
        inner = as_dict(error)
        if inner is not None:
            error = inner.get("message") or orjson.dumps(inner).decode()
        return _detail(fields, "error") if error is True else text_of(error)
    if fields.get("isError") is True or fields.get("is_error") is True:
        return _detail(fields, "isError")
    if fields.get("success") is False or fields.get("ok") is False:
        return _detail(fields, "no success")
    for name in ("status", "status_code", "statusCode"):
        value = fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and _HTTP_ERROR <= value < _HTTP_END:
            return f"{name} {value} " + _detail(fields, "")
        if name == "status" and isinstance(value, str) and value.lower() in _FAILED_WORDS:
            return _detail(fields, value)
    return None


def _detail(fields: dict[str, Any], otherwise: str) -> str:
    for name in ("message", "error_message", "detail", "reason", "content", "result"):
        if fields.get(name):
            return text_of(fields[name])
    return otherwise
