"""Which tool calls change something, as far as their name tells: a further one of those is no repetition."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["changes_something"]

_READS: Final = frozenset(
    "browse check count describe detect download fetch find get has inspect is list load lookup query read retrieve search see show view".split()  # noqa: SIM905 - a list of words reads best as one
)
_WRITES: Final = frozenset(
    [
        "append",
        "apply",
        "approve",
        "archive",
        "assign",
        "buy",
        "cancel",
        "close",
        "create",
        "deactivate",
        "decline",
        "delete",
        "deploy",
        "disable",
        "edit",
        "enable",
        "exchange",
        "execute",
        "insert",
        "install",
        "issue",
        "merge",
        "modify",
        "move",
        "pay",
        "publish",
        "purchase",
        "refund",
        "reject",
        "remove",
        "rename",
        "replace",
        "reset",
        "restart",
        "return",
        "revoke",
        "save",
        "schedule",
        "send",
        "submit",
        "subscribe",
        "terminate",
        "transfer",
        "unsubscribe",
        "update",
        "upload",
        "write",
    ]
)
_WRITES_AT_FIRST: Final = frozenset("add book charge email notify order post put register reserve run set".split())  # noqa: SIM905 - these are nouns further on
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def changes_something(tool_name: str) -> bool:
    """Whether a tool's name says that calling it changes something: `cancel_order` and `sendEmail` do, `get_refund_status` does not.

    Names are read by their words after the last dot, colon, slash or double underline. A name that begins with a word for reading reads;
    a name that nothing is known of is taken to read.

    Parameters
    ----------
    tool_name
        The tool's name.

    Examples
    --------
    >>> from workbench.world import changes_something
    >>> [changes_something(name) for name in ("shop.cancel_order", "sendEmail", "get_refund_status", "price")]
    [True, True, False, False]
    """
    words = [word.lower() for word in _WORD.findall(re.split(r"[.:/]|__", tool_name)[-1])]
    if not words or words[0] in _READS:
        return False
    return words[0] in _WRITES_AT_FIRST or not _WRITES.isdisjoint(words)
