"""When are two tool calls the same call? One canonical key answers for recording and for replay."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

__all__ = ["arguments_of", "call_key", "canonical"]


def call_key(tool_name: str, arguments: object) -> str:
    """The canonical key of a tool call: equal for calls that mean the same, different otherwise.

    The order of object members, white space, the spelling of numbers (`1`, `1.0`, `1e0`) and whether the arguments come as
    JSON text or as an object make no difference. Everything else does: the order of lists, text to the letter, times as they are written,
    `true` against `1`, `null` against absent.

    Parameters
    ----------
    tool_name
        The tool's name, to the letter.
    arguments
        JSON text, a mapping, or None for a call without arguments. Text that is no JSON is compared as it stands.

    Returns
    -------
    str
        The name, `#`, and the first 24 hexadecimal digits of the SHA-256 of the canonical arguments.

    Examples
    --------
    >>> from workbench.world import call_key
    >>> call_key("refund", '{"order": "A1", "amount": 20.0}') == call_key("refund", {"amount": 20, "order": "A1"})
    True
    """
    text = canonical(arguments)
    return f"{tool_name}#{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"


def canonical(arguments: object) -> str:
    """Arguments as canonical text: JSON with sorted keys and plain numbers, or `text:` and the text where it is no JSON."""
    try:
        return json.dumps(_plain(arguments_of(arguments)), sort_keys=True, separators=(",", ":"))
    except (RecursionError, ValueError, TypeError):
        return f"text:{arguments}"


def arguments_of(arguments: object) -> object:
    """Arguments as a value: JSON text is read, text within text once more, nothing at all is an empty object."""
    if arguments is None:
        return {}
    if not isinstance(arguments, str):
        return arguments
    if not arguments.strip():
        return {}
    value: object = json.loads(arguments)
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:  # some exporters encode twice
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _plain(value: object) -> Any:
    """The same value with one spelling a number, string keys, and lists for sequences."""
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        return {key if isinstance(key, str) else _member(key): _plain(each) for key, each in pairs}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(each) for each in cast("Sequence[object]", value)]
    msg = f"not a value of JSON: {type(value).__name__}"
    raise TypeError(msg)


def _member(key: object) -> str:
    """A member's name that is no string, as JSON would write it."""
    return json.dumps(_plain(key))
