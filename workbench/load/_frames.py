"""Frames of a live client (Polars, pandas, Arrow, a list of objects), as the rows that the same export would hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, cast

import polars as pl

from workbench.load._values import is_array

__all__ = ["frame_rows", "is_frame"]

Row = dict[str, Any]
_MISSING: Final = frozenset({"NAType", "NaTType"})
_OBJECTS: Final = ("model_dump", "to_dict", "as_dict", "dict")


def is_frame(value: Any) -> bool:
    """Whether this is a frame or a list of objects, rather than paths.

    >>> is_frame([{"id": 1}]), is_frame("exports/*.jsonl")
    (True, False)
    """
    if isinstance(value, pl.DataFrame | pl.LazyFrame) or hasattr(value, "__arrow_c_stream__") or _is_pandas(value):
        return True
    return is_array(value) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _is_pandas(value: Any) -> bool:
    return all(hasattr(value, name) for name in ("columns", "index", "iterrows", "to_dict"))


def frame_rows(frame: Any) -> list[Row]:
    """The rows of a frame; a named index is a column like any other."""
    records: Any = frame
    if isinstance(frame, pl.DataFrame | pl.LazyFrame):
        records = _polars_rows(frame)
    elif _is_pandas(frame):
        missing = [name for name in frame.index.names if name is not None and name not in frame.columns]
        records = (frame.reset_index(level=missing) if missing else frame).to_dict("records")
    elif not is_array(frame):
        records = _polars_rows(pl.DataFrame(frame))
    filled = not is_array(frame)  # a frame gives every object the fields of all others: what is null there says nothing
    return [{str(name): _value(value, filled=filled) for name, value in record.items()} for record in records]


def _polars_rows(frame: pl.DataFrame | pl.LazyFrame) -> list[Row]:
    times = [
        pl.col(name).cast(pl.Datetime("ns", "UTC" if kind.time_zone else None)).to_physical()
        for name, kind in frame.collect_schema().items()
        if isinstance(kind, pl.Datetime)
    ]
    return frame.lazy().with_columns(times).collect().to_dicts()


def _value(value: Any, *, filled: bool) -> Any:
    """A value as JSON would have it; without the nulls of objects that were filled up."""
    if value is None or (isinstance(value, str | bool | int) and not isinstance(value, Enum)):
        return _characters(value) if isinstance(value, str) else value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        fields = cast("Mapping[Any, Any]", value).items()
        made = {str(name): _value(inner, filled=filled) for name, inner in fields}
        return ({name: inner for name, inner in made.items() if inner is not None} or None) if filled else made
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(inner, filled=filled) for inner in cast("list[Any]", value)]
    return _foreign(value, filled=filled)


def _characters(value: str) -> str:
    """A text without halves of characters, which JavaScript leaves when it cuts one."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _foreign(value: Any, *, filled: bool) -> Any:
    """What is not JSON: enumerations, bytes, times, and what another library holds in a cell."""
    if isinstance(value, Enum):
        return _value(value.value, filled=filled)
    if type(value).__name__ in _MISSING:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    for name in ("to_list", "tolist"):
        if hasattr(value, name):
            return _value(getattr(value, name)(), filled=filled)
    for name in _OBJECTS:
        if callable(getattr(value, name, None)):
            told = getattr(value, name)()
            value = _value(told, filled=filled) if isinstance(told, Mapping) else str(value)
            break
    return cast("Any", value) if isinstance(value, dict | str) else str(value)
