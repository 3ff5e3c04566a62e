"""Graders by the file or module that they are written in."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import cast

from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.grade._grader import Grader

__all__ = ["load_graders"]


def load_graders(where: str | Path) -> list[Grader]:
    """The graders that a Python file or module defines, by themselves or in lists, in the order in which it does.

    The file is executed, as importing a module executes it: give only files that you trust.

    Parameters
    ----------
    where
        "path/to/file.py", "package.module", or one grader of it: "path/to/file.py:name", "package.module:name".

    Returns
    -------
    list of Grader
        At least one.

    Raises
    ------
    InputError
        There is no such file or module, or it does not run.
    UnknownNameError
        It defines no grader of that name.
    EmptyError
        It defines no grader at all.

    Examples
    --------
    >>> from workbench.grade import load_graders
    >>> load_graders("my_graders.py:refund_is_right")  # doctest: +SKIP
    [Grader(name='refund_is_right', ...)]
    """
    place, name = _split(str(where))
    module = _module(place)
    found: dict[str, Grader] = {}
    for attribute, value in vars(module).items():
        several = cast("list[object]", value) if isinstance(value, list | tuple) else [value]
        for each in several:
            if isinstance(each, Grader) and each not in found.values():
                found[attribute if each is value else each.name] = each
    if not found:
        msg = f"{place} defines no grader: decorate a function there with @grader(criterion=…)"
        raise EmptyError(msg)
    if name is None:
        return list(found.values())
    known = {**found, **{each.name: each for each in found.values()}}
    if name not in known:
        raise UnknownNameError(name, "grader", known, then=f"(defined in {place})")
    return [known[name]]


def _split(where: str) -> tuple[str, str | None]:
    """The file or module, and the name after the last colon (a Windows drive's colon is none)."""
    head, colon, name = where.rpartition(":")
    return (head, name) if colon and name.isidentifier() and len(head) > 1 else (where, None)


def _module(place: str) -> ModuleType:
    path = Path(place)
    if path.suffix != ".py":
        try:
            return importlib.import_module(place)
        except Exception as error:
            msg = f"module {place!r} cannot be imported: {type(error).__name__}: {error}; a file is named by its path, ending in .py"
            raise InputError(msg) from error
    if not path.is_file():
        msg = f"there is no file {place!r} to read graders from"
        raise InputError(msg)
    known = f"workbench_graders_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(known, path)
    if spec is None or spec.loader is None:
        msg = f"{place!r} cannot be read as Python"
        raise InputError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules[known] = module  # dataclasses and pickles made there look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[known]
        msg = f"{place} does not run: {type(error).__name__}: {error}"
        raise InputError(msg) from error
    return module
