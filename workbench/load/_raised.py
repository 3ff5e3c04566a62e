"""What an error was, where all that is told of it is a message, or Python's traceback."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["raised"]

_TRACEBACK: Final = "Traceback (most recent call last)"
_ERROR: Final = re.compile(r"\s*((?:\w+\.)*\w*(?:Error|Exception|Interrupt|Timeout|Exceeded)\w*)\s*[(:]")


def raised(error: str) -> tuple[str | None, str | None, str | None]:
    r"""The type of an error, its message, and its traceback, as far as each is told.

    >>> trace = "Traceback (most recent call last):\n  File 'a.py', line 1\nValueError: no such place"
    >>> raised(trace)[:2]
    ('ValueError', 'no such place')
    """
    before, trace, rest = error.partition(_TRACEBACK)
    message = before.strip()
    lines = rest.strip().splitlines() or [""]
    named = [match for told in (message, *reversed(lines)) if (match := _ERROR.match(told))]
    if rest and not message:
        message = lines[-1]
        last = _ERROR.match(message)
        message = message[last.end() :].strip() if last is not None else message
    kind = named[0].group(1).rpartition(".")[2] if named else None
    return kind, message or error or None, trace + rest if rest else None
