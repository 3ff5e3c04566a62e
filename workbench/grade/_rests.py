"""What a function rests on: its instructions, and the functions and constants of its author that it names."""

from __future__ import annotations

import dis
import functools
import hashlib
import re
import sys
import sysconfig
import types
from collections.abc import Iterator
from typing import Any, Final, cast

__all__ = ["instructions", "rests_on"]

_INSTALLED: Final = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def instructions(code: types.CodeType) -> bytes:
    """A function's instructions and constants, inner functions included, without where in memory they lie."""
    constants = [instructions(c) if isinstance(c, types.CodeType) else _constant("", c) or b"" for c in code.co_consts]
    return b"\0".join([code.co_code, *constants, repr(code.co_names).encode()])


def rests_on(function: object) -> str:
    """A hash of a function with the functions, classes and plain constants that it refers to, and those in turn: 16 hex digits.

    Installed packages, files, networks and objects that are none of these are not seen; nor are lists and mappings in lower case, which
    are as often a cache as a constant.

    >>> limits = [rests_on(lambda loop, most=most: len(loop.steps) <= most) for most in (5, 5, 6)]
    >>> limits[0] == limits[1], limits[1] == limits[2]
    (True, False)
    """
    digest = hashlib.sha256()
    todo: list[object] = [function]
    met: set[int] = set()
    while todo:
        each = todo.pop()
        if id(each) in met:
            continue
        met.add(id(each))
        if isinstance(each, types.FunctionType):
            digest.update(instructions(each.__code__))
        for name, value in _parts(each):
            constant = _constant(name, value)
            if constant is None:
                todo.append(value)
            else:
                digest.update(name.encode() + b"=" + constant + b"\0")
    return digest.hexdigest()[:16]


def _parts(thing: object) -> list[tuple[str, object]]:
    """What a function, method, partial, class or callable object is made of, by name."""
    if isinstance(thing, types.FunctionType):
        return _referred(thing)
    if isinstance(thing, functools.partial):
        given = cast("functools.partial[object]", thing)
        return [
            ("func", given.func),
            *((f"{n}", value) for n, value in enumerate(given.args)),
            *sorted(given.keywords.items()),
        ]
    if isinstance(thing, types.MethodType):
        return [("func", thing.__func__), ("self", thing.__self__)]
    if isinstance(thing, type):
        own = sorted(vars(thing).items()) if _own(thing.__module__, None) else []
        return [(name, value) for name, value in own if _written(value) or name.isupper()]
    if callable(thing) and hasattr(thing, "__dict__") and _own(type(thing).__module__, None):
        return [("type", type(thing)), *sorted(vars(thing).items())]
    return []


def _referred(function: types.FunctionType) -> list[tuple[str, object]]:
    """What a function names, by name: closures, defaults, globals, and what it takes from modules."""
    found: list[tuple[str, object]] = []
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found.append((name, cell.cell_contents))
        except ValueError:  # a name that is not bound yet
            continue
    found += [(f"default {n}", value) for n, value in enumerate(function.__defaults__ or ())]
    found += sorted((function.__kwdefaults__ or {}).items())
    names = sorted(_names(function.__code__))
    for name in names:
        value: Any = function.__globals__.get(name)
        if isinstance(value, types.ModuleType):
            found += [(f"{name}.{inner}", getattr(value, inner)) for inner in names if hasattr(value, inner)]
        elif value is not None:
            found.append((name, value))
    kept = set(_stored(function.__code__))  # what it writes is its state, such as a counter
    found = [(name, value) for name, value in found if name not in kept]
    return [(name, value) for name, value in found if _constant(name, value) is not None or _written(value)]


def _stored(code: types.CodeType) -> Iterator[str]:
    for each in dis.get_instructions(code):
        if each.opname in {"STORE_GLOBAL", "STORE_DEREF"}:
            yield str(each.argval)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _stored(inner)


def _written(value: object) -> bool:
    """Whether it is a function or class that somebody wrote beside the grader, no part of a package."""
    if isinstance(value, types.FunctionType):
        return _own(value.__module__, value.__code__.co_filename)
    return isinstance(value, type) and _own(value.__module__, None)


def _own(module: str | None, file: str | None) -> bool:
    top = (module or "").partition(".")[0]
    if top in {"workbench", "builtins"} or top in sys.stdlib_module_names - {"__main__"}:
        return False
    where = file or getattr(sys.modules.get(module or ""), "__file__", None)
    return where is None or not str(where).startswith(_INSTALLED)


def _names(code: types.CodeType) -> set[str]:
    return set(code.co_names).union(*(_names(c) for c in code.co_consts if isinstance(c, types.CodeType)))


def _constant(name: str, value: object) -> bytes | None:
    """A plain value as text that is the same in every process; None for anything else."""
    if value is None or isinstance(value, str | bytes | int | float | complex):
        return repr(value).encode("utf-8", "surrogatepass")
    if isinstance(value, re.Pattern):
        pattern = cast("re.Pattern[Any]", value)
        return repr((pattern.pattern, pattern.flags)).encode("utf-8", "surrogatepass")
    if isinstance(value, list | dict | set) and not name.rpartition(".")[2].isupper():
        return None
    if isinstance(value, tuple | list | set | frozenset | dict):
        inside: list[object] = list(cast("dict[object, object]", value).items() if isinstance(value, dict) else value)  # pyright: ignore[reportUnknownArgumentType]
        parts = [_constant(name.upper(), item) for item in inside]
        if any(part is None for part in parts):
            return None
        plain = [part for part in parts if part is not None]
        return b"(" + b",".join(sorted(plain) if isinstance(value, set | frozenset) else plain) + b")"
    return None
