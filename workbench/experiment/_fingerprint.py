"""What a function is made of, as a short hash: two that would act alike have the same, as far as can be seen."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import inspect
import json
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import polars as pl

from workbench.errors import InputError

__all__ = ["digest", "fingerprint", "refuse_ground_truth"]

_DEEP: Final = 6  # how far into a value is looked


def digest(value: object, digits: int = 16) -> str:
    """A hash of plain values."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]


def fingerprint(function: object) -> str:
    """A hash of a function's source, of the functions of its module that it calls, and of the plain values that it refers to.

    Values that it writes to, such as counters and caches, are its state and no part of it. What lies in other modules, on disk or
    behind a network is not seen.
    """
    return digest([_content(each, value) for each, value in _parts(function)])


def refuse_ground_truth(function: object) -> None:
    """Look for ground truth among what a function refers to.

    Raises
    ------
    InputError
        It refers to a dataset or to a frame of ground truth.
    """
    for name, value in _parts(function):
        frame = isinstance(value, pl.DataFrame | pl.LazyFrame) and "truth_id" in value.collect_schema()
        if frame or (hasattr(value, "ground_truth") and not inspect.isfunction(value)):
            msg = (
                f"the agent refers to {name!r}, which holds the ground truth: an agent sees its task and nothing else. "
                "Take what it needs out of it first."
            )
            raise InputError(msg)


def _content(name: str, value: object) -> list[str]:
    if isinstance(value, types.FunctionType | type):
        return [name, _source(value)]
    return [name, json.dumps(_plain(value), sort_keys=True)]


def _plain(value: Any, depth: int = 0) -> Any:
    """What of a value is the same in every process; of what cannot be told apart the name of its type."""
    if depth >= _DEEP or value is None or isinstance(value, str | int | float | bool):
        return value if value is None or isinstance(value, str | int | float | bool) else type(value).__qualname__
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(each, depth + 1) for key, each in cast("dict[object, object]", value).items()}
    if isinstance(value, list | tuple | set | frozenset):
        found = [_plain(each, depth + 1) for each in cast("list[object]", value)]
        return sorted(map(json.dumps, found)) if isinstance(value, set | frozenset) else found
    return _leaf(value)


def _leaf(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, Path | re.Pattern):
        return str(cast("object", value))
    if isinstance(value, pl.DataFrame):
        return hashlib.sha256(value.write_json().encode()).hexdigest()
    return _source(value) if isinstance(value, types.FunctionType) else type(value).__qualname__


def _source(value: Any) -> str:
    try:
        return inspect.getsource(value)
    except (OSError, TypeError):  # typed at a prompt
        code = getattr(value, "__code__", None)
        return _instructions(code) if isinstance(code, types.CodeType) else getattr(value, "__qualname__", "")


def _instructions(code: types.CodeType) -> str:
    constants = [_instructions(c) if isinstance(c, types.CodeType) else repr(c) for c in code.co_consts]
    return repr((code.co_code, constants, code.co_names))


def _parts(thing: object) -> Iterator[tuple[str, object]]:
    """The thing itself, and by name what it refers to: closures, defaults, attributes, globals of its module."""
    todo: list[tuple[str, object]] = [("", thing)]
    met: set[int] = set()
    while todo:
        name, value = todo.pop(0)
        if id(value) in met:
            continue
        met.add(id(value))
        if isinstance(value, functools.partial):
            given = cast("functools.partial[object]", value)
            todo += [(name, given.func), (f"{name}.args", list(given.args)), *given.keywords.items()]
        elif isinstance(value, types.MethodType):
            todo += [(name, value.__func__), ("self", value.__self__)]
        else:
            yield name, value
            if isinstance(value, types.FunctionType):
                todo += _unwritten(_source(value), _referred(value))
            elif not isinstance(value, type) and hasattr(value, "__dict__") and callable(value):
                kind = type(value)
                todo += [("__call__", kind.__call__), *_unwritten(_source(kind), list(vars(value).items()))]


def _unwritten(source: str, named: list[tuple[str, object]]) -> list[tuple[str, object]]:
    """What the source only reads."""
    return [(name, value) for name, value in named if not (name.isidentifier() and _writes(source, name))]


def _writes(source: str, name: str) -> bool:
    assigned = rf"(?m)^\s*(?:\w+\.)?{name}\s*(?:\[[^\]]*\]\s*)?(?:[-+*/|&%@^]|//|\*\*|<<|>>)?=(?!=)"
    changed = rf"\b{name}\.(?:append|add|update|setdefault|extend|insert|pop|clear|remove|put)\("
    return re.search(assigned, source) is not None or re.search(changed, source) is not None


def _referred(function: types.FunctionType) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            found.append((name, cell.cell_contents))
        except ValueError:  # a name that is not bound yet
            continue
    found += [(f"default {n}", value) for n, value in enumerate(function.__defaults__ or ())]
    found += list((function.__kwdefaults__ or {}).items())
    for name in sorted(_names(function.__code__)):
        value: Any = function.__globals__.get(name)
        plain = isinstance(value, str | int | float | bool | tuple | list | dict | set | frozenset)
        own = inspect.isfunction(value) and value.__module__ == function.__module__
        if plain or own or hasattr(value, "ground_truth") or isinstance(value, pl.DataFrame | pl.LazyFrame):
            found.append((name, cast("object", value)))
    return found


def _names(code: types.CodeType) -> set[str]:
    inner = [_names(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    return set(code.co_names).union(*inner)
