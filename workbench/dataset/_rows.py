"""Rows of JSON in the files that others read and write: lines, a list, or a document with a list in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast

from workbench.errors import InputError

__all__ = ["line_of", "read_rows", "write_document", "write_lines"]

_BREAKS: Final = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}  # some readers end a line there
_LISTS: Final = ("cases", "tests", "examples", "items", "records", "rows", "data")


def line_of(value: object) -> str:
    """One line of JSON, ended."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_BREAKS) + "\n"


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """A JSON object a line."""
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.writelines(line_of(_finite(row)) for row in rows)


def write_document(path: Path, value: object) -> None:
    """One JSON document. It is YAML too, in which every text is quoted: none can become a tag or an alias."""
    text = json.dumps(_finite(value), ensure_ascii=False, indent=2).translate(_BREAKS)
    path.write_text(text + "\n", encoding="utf-8", errors="replace")


def _finite(value: Any) -> Any:
    """The value with null in place of numbers that JSON has no word for."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, Mapping):
        return {str(name): _finite(each) for name, each in cast("Mapping[object, Any]", value).items()}
    return [_finite(each) for each in cast("list[Any]", value)] if isinstance(value, list | tuple) else value


def read_rows(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The rows of a JSON, JSON Lines or YAML file, and the members of the document that holds them.

    Raises
    ------
    InputError
        The file cannot be read, or holds something else; the message names the line or row.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read as text in UTF-8 ({error})"
        raise InputError(msg) from error
    about: dict[str, Any] = {}
    value = _yaml(path, text) if path.suffix in {".yaml", ".yml"} else _json(path, text)
    if isinstance(value, dict):
        about = cast("dict[str, Any]", value)
        value = next((about[name] for name in _LISTS if isinstance(about.get(name), list)), None)
        if value is None and isinstance(about.get("data"), dict):
            value = cast("dict[str, Any]", about["data"]).get("examples")
        value = [about] if value is None else value
    if not isinstance(value, list):
        msg = f"{path}: rows were expected, found {type(value).__name__}"
        raise InputError(msg)
    rows = cast("list[object]", value)
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            msg = f"{path}, row {number}: an object was expected, found {type(row).__name__}"
            raise InputError(msg)
    return about, cast("list[dict[str, Any]]", rows)


def _json(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        msg = f"{path}: nested too deeply"
        raise InputError(msg) from error
    except ValueError as whole:
        rows: list[Any] = []
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                continue
            try:
                rows.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                msg = f"{path}, line {number}: no JSON ({error})"
                raise InputError(msg) from whole
        return rows


def _yaml(path: Path, text: str) -> Any:
    import yaml

    try:
        # An alias can make a small file stand for a huge one; data sets have no use for it.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - no types ship with it
            msg = f"{path}: YAML with aliases is not read; write the values out"
            raise InputError(msg)
        return json.loads(json.dumps(yaml.safe_load(text), default=str))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        msg = f"{path}: no YAML of plain values ({error})"
        raise InputError(msg) from error
