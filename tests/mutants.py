"""Files as they come out of crashes, bad disks and wrong tools: seeded damage to bytes, and to the JSON in them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

import orjson

__all__ = ["mutant"]

_WILD: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 2**63, 1e308, "", "null", "[", '{"', "\u202e", "\x00", "a" * 5000, [], {}, [[]], [None], {"": None},
    {"role": 7}, [{"role": "user"}], "2024-13-45T99:99:99Z", "NaN", {"type": "tool_call", "arguments": "{"}, -0.0, [[[[[[]]]]]],
)  # fmt: skip
_TOKENS: Final = (
    b"NaN",
    b"-Infinity",
    b"\\ud83d",
    b"\xff\xfe",
    b"\x00",
    b"\n",
    b"}",
    b"[",
    b'"',
    b",",
    b"1e999",
    b"\xef\xbb\xbf",
)


def mutant(content: bytes, rng: random.Random) -> bytes:
    """The content with one to three kinds of damage."""
    for _ in range(rng.randint(1, 3)):
        content = rng.choice(_DAMAGE)(content, rng)
    return content


def _flip(content: bytes, rng: random.Random) -> bytes:
    made = bytearray(content)
    for _ in range(rng.randint(1, 8)):
        if made:
            made[rng.randrange(len(made))] = rng.randrange(256)
    return bytes(made)


def _place(content: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(content) + 1)
    return start, min(len(content), start + rng.choice((1, 7, 100, 3000)))


def _cut(content: bytes, rng: random.Random) -> bytes:
    start, end = _place(content, rng)
    return content[:start] + content[end:]


def _tear(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _double(content: bytes, rng: random.Random) -> bytes:
    start, end = _place(content, rng)
    return content[:end] + content[start:]


def _insert(content: bytes, rng: random.Random) -> bytes:
    start, _ = _place(content, rng)
    return content[:start] + rng.choice(_TOKENS) + content[start:]


def _rejoin(content: bytes, rng: random.Random) -> bytes:
    """Lines in another order, some of them twice, some of them gone."""
    lines = content.splitlines(keepends=True)
    return b"".join(rng.choices(lines, k=len(lines))) if lines else content


def _change_values(content: bytes, rng: random.Random) -> bytes:
    """Values of other types, names gone, in the JSON of a line or of the whole."""
    lines = content.splitlines(keepends=True)
    number = rng.randrange(len(lines)) if lines else 0
    for text, put in ((content, lambda made: made), (lines[number] if lines else b"", _put(lines, number))):
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        for _ in range(rng.randint(1, 4)):
            _change(value, rng)
        return put(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))
    return content


def _put(lines: list[bytes], number: int) -> Callable[[bytes], bytes]:
    return lambda made: b"".join((*lines[:number], made, b"\n", *lines[number + 1 :]))


def _change(value: Any, rng: random.Random) -> None:
    """Walk to some place and leave something else there."""
    while isinstance(value, dict | list) and value:
        key = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
        inner = value[key]
        if isinstance(inner, str) and inner[:1] in "[{" and rng.random() < 0.5:
            value[key] = _change_values(inner.encode(), rng).decode("utf-8", "replace")
            return
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.2:
            if rng.random() < 0.3:
                del value[key]
            else:
                value[key] = rng.choice(_WILD)
            return
        value = inner


_DAMAGE: Final = (_flip, _cut, _tear, _double, _insert, _rejoin, _change_values, _change_values, _change_values)
