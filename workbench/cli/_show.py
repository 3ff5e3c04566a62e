"""How commands speak: a sentence and a table for people, one JSON object for programs, and honest exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn

import orjson
import polars as pl

from workbench._html import visible
from workbench._words import plain
from workbench.errors import WorkbenchError

__all__ = ["REFUSED", "say", "speaking", "table"]

REFUSED = 1
"""The exit code of a command that could not do what was asked; a wrong command line has 2, an interrupt 130."""


def say(sentence: str, values: Mapping[str, Any], *, as_json: bool, frame: pl.DataFrame | None = None) -> None:
    """Print one JSON object, or the sentence and the table."""
    if as_json:
        _write(orjson.dumps({"sentence": sentence, **values}, default=_plain, option=orjson.OPT_SORT_KEYS).decode())
        return
    _write(sentence)
    if frame is not None and frame.height:
        _write(table(frame))


def table(frame: pl.DataFrame) -> str:
    """A frame as text that fits the terminal; control characters of traces cannot reach it."""
    import io

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for name, kind in frame.schema.items():
        grid.add_column(name.replace("_", " "), justify="right" if kind.is_numeric() else "left", overflow="fold")
    for row in frame.iter_rows():
        grid.add_row(*(Text(_cell(value)) for value in row))
    out = io.StringIO()
    console = Console(file=out, width=None if sys.stdout.isatty() else 140, force_terminal=False)
    console.print(grid)
    return out.getvalue().rstrip()


@contextmanager
def speaking(*, as_json: bool, refused: int = REFUSED) -> Generator[None]:
    """Turn what goes wrong on purpose into a message and an exit code, `refused` where that says something else."""
    try:
        yield
    except WorkbenchError as error:
        if as_json:
            _write(orjson.dumps({"error": str(error), "kind": type(error).__name__}).decode())
        _leave(str(error), refused)
    except BrokenPipeError:
        raise  # whoever read the output has had enough
    except (OSError, pl.exceptions.PolarsError) as error:
        if os.environ.get("WORKBENCH_DEBUG"):
            raise
        why = (str(error).strip() or type(error).__name__).splitlines()[0]
        if as_json:
            _write(orjson.dumps({"error": why, "kind": type(error).__name__}).decode())
        _leave(f"{why} (WORKBENCH_DEBUG=1 shows where)", refused)
    except KeyboardInterrupt:
        _leave("Interrupted. What was done is kept: run the same command again to go on.", 130)


def _leave(message: str, code: int) -> NoReturn:
    sys.stderr.write(_printable(message) + "\n")
    raise SystemExit(code)


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")


def _cell(value: object) -> str:
    if value is None:
        return "–"  # noqa: RUF001 - a dash for nothing
    if isinstance(value, float):
        return plain(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(item) for item in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return _printable(str(value))


def _printable(text: str) -> str:
    # A trace may hold escape sequences: a terminal must never see them.
    return visible(text, lambda _: "\ufffd", also="\n")


def _plain(value: object) -> object:
    if isinstance(value, pl.Series):
        return value.to_list()
    if isinstance(value, tuple | set | frozenset):
        return list(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return str(value)
