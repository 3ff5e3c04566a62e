"""Values as exports write them, and what they mean: JSON with flaws, times in five units, ids in three alphabets."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeGuard

import orjson

__all__ = [
    "BOOLEANS",
    "as_json",
    "boolean",
    "dumps",
    "fields",
    "hex_id",
    "is_array",
    "is_object",
    "items",
    "loads",
    "moment",
    "parsed",
    "real",
    "text",
    "unflatten",
    "whole",
]

_LARGEST: Final = 2**63 - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FRACTION: Final = re.compile(r"\.(\d{6})(\d{1,3})\d*")
_DEEPEST: Final = 200  # what the JSON writer can still write


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether this is a JSON object."""
    return type(value) is dict


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether this is a JSON array."""
    return type(value) is list


def fields(value: Any) -> dict[str, Any]:
    """The object, or an empty one where the value is none."""
    return value if is_object(value) else {}


def items(value: Any) -> list[Any]:
    """The array, or an empty one where the value is none."""
    return value if is_array(value) else []


def loads(data: bytes) -> Any:
    """Parse JSON, and JSON with `NaN`, `Infinity` or lone surrogates in it, as Python and JavaScript write it.

    Raises
    ------
    ValueError
        It is not JSON; the message says where.
    UnicodeDecodeError
        It is not UTF-8.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        said = ValueError(str(error))
    decoded = data.decode("utf-8-sig")
    if not any(mark in decoded for mark in ("NaN", "Infinity", "\\ud", "\\uD")):
        raise said
    try:
        return _whole_characters(json.loads(decoded))
    except (ValueError, RecursionError):
        raise said from None


def _whole_characters(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return value
    if is_object(value):
        return {_whole_characters(k): _whole_characters(v) for k, v in value.items()}
    if is_array(value):
        return [_whole_characters(v) for v in value]
    return value


def dumps(value: Any) -> str:
    """Write a value as JSON text; what is nested too deeply is cut off there, and says so."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        pass  # names that are no text, values that JSON has not
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str).decode()
    except orjson.JSONEncodeError:
        return orjson.dumps(_shallow(value, _DEEPEST), option=orjson.OPT_NON_STR_KEYS, default=str).decode()


def _shallow(value: Any, depth: int) -> Any:
    if depth == 0 and isinstance(value, dict | list):
        return "[… nested too deeply …]"
    if is_object(value):
        return {str(k): _shallow(v, depth - 1) for k, v in value.items()}
    if is_array(value):
        return [_shallow(v, depth - 1) for v in value]
    if isinstance(value, int) and not -_LARGEST <= value <= 2 * _LARGEST:
        return str(value)
    return value


def parsed(value: Any) -> Any:
    """The object or array that a string holds, else the value itself."""
    if type(value) is str and value[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def text(value: Any) -> str | None:
    """A value as text: strings as they are, structure as JSON, nothing and emptiness as null."""
    if type(value) is str:
        return value or None
    return None if value is None else dumps(value)


def as_json(value: Any) -> str | None:
    """A value as JSON text; a string that is JSON already stays as it is."""
    if value is None:
        return None
    if type(value) is str:
        if type(parsed(value)) is str:
            return dumps(value) if value else None
        return value
    return dumps(value)


def whole(value: Any) -> int | None:
    """A whole number, also where it comes as text or as a float; null where it is none."""
    if type(value) is int:
        return value if -_LARGEST <= value <= _LARGEST else None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        converted = real(value)
        number = int(converted) if converted is not None and converted.is_integer() else None
    return number if number is not None and -_LARGEST <= number <= _LARGEST else None


def real(value: Any) -> float | None:
    """A finite number, also where it comes as text; null where it is none."""
    if type(value) is bool:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def boolean(value: Any) -> bool | None:
    """A truth value, also as text or number; null where it is none."""
    if type(value) is bool:
        return value
    return BOOLEANS.get(str(value).lower())


def moment(value: Any) -> int | None:
    """Nanoseconds since the epoch, of ISO text (without an offset: UTC), `[s, ns]`, or a number by its size.

    >>> moment("1970-01-01T00:00:01Z") == moment("1970-01-01 00:00:01") == moment([1, 0]) == 10**9
    True
    """
    if type(value) is str or isinstance(value, datetime):
        return _written(str(value))
    if is_array(value):
        seconds, rest = (whole(value[0]), whole(value[1])) if len(value) == 2 else (None, None)  # noqa: PLR2004 - a pair
        return None if seconds is None or rest is None else _in_range(seconds * 10**9 + rest)
    number = real(value)
    if number is None or number <= 0:
        return None
    if type(value) is int and value >= 10**17:
        return _in_range(value)
    unit = next((unit for unit, size in ((1, 1e17), (10**3, 1e14), (10**6, 1e11)) if number >= size), 10**9)
    if type(value) is int:
        return _in_range(value * unit)
    # A float of seconds is exact to a microsecond or so; what lies beyond is noise.
    return _in_range(int(number) * unit + round((number - int(number)) * unit / 1000) * 1000)


def _written(value: str) -> int | None:
    if value.isdigit():
        return moment(int(value)) if len(value) < 20 else None  # noqa: PLR2004 - no 64-bit number is longer
    extra = _FRACTION.search(value)
    finer = int(extra.group(2).ljust(3, "0")) if extra else 0
    try:
        when = datetime.fromisoformat(value.strip())
    except ValueError:
        number = real(value)
        return None if number is None else moment(number)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return _in_range((when - _EPOCH) // _MICROSECOND * 1000 + finer)


def _in_range(nanoseconds: int) -> int | None:
    return nanoseconds if -_LARGEST <= nanoseconds <= _LARGEST else None


def hex_id(value: Any, size: int) -> str | None:
    """An id of `size` bytes in lower-case hex; base64 of it, which some converters write, is decoded.

    No id, and the id of zeros that OpenTelemetry calls invalid, are null.
    """
    if type(value) is not str:
        return str(value) if value else None
    if len(value) == 2 * size:
        return value.lower() if value.strip("0") else None
    if not value:
        return None
    if len(value) in (-(-size * 4 // 3), -(-size // 3) * 4):
        try:
            raw = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
        except (binascii.Error, ValueError):
            return value.lower()
        if len(raw) == size:
            return raw.hex()
    return value.lower().removeprefix("0x")


def unflatten(leaves: list[tuple[str, Any]]) -> Any:
    """Nested objects and arrays of dotted names; numbers are positions, in order, with or without gaps.

    >>> unflatten([("10.a", 3), ("2.a", 1), ("2.b.c", 2)])
    [{'a': 1, 'b': {'c': 2}}, {'a': 3}]
    """
    tree: dict[str, Any] = {}
    for name, value in leaves:
        branch = tree
        parts = name.split(".")
        for part in parts[:-1]:
            below = branch.get(part)
            if not is_object(below):
                below = {} if below is None else {"": below}
                branch[part] = below
            branch = below
        last = parts[-1]
        if is_object(branch.get(last)):
            branch[last][""] = value
        else:
            branch[last] = value
    return _lists(tree)


def _lists(value: Any) -> Any:
    if not is_object(value):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(below) for key, below in value.items()}
