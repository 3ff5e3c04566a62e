"""Bars for long work: in a notebook by tqdm, on a terminal by rich, nowhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

__all__ = ["Progress", "Report", "notebook", "silent", "terminal"]

Report = Callable[[int, int], None]
"""Called with how much is done and how much there is."""

_MOMENT: Final = 0.5  # seconds

Progress = Callable[[str], AbstractContextManager[Report]]
"""Opens a bar of a name, and closes it again."""


@contextmanager
def silent(_name: str) -> Generator[Report]:
    """No bar."""
    yield lambda _done, _total: None


@contextmanager
def notebook(name: str) -> Generator[Report]:
    """A tqdm bar while work takes longer than a moment, gone without a trace when it is done; outside IPython none."""
    if "IPython" not in sys.modules or sys.modules["IPython"].get_ipython() is None:
        yield lambda _done, _total: None
        return
    bar = _Bar(name)
    try:
        yield bar.report
    finally:
        bar.close()


class _Bar:
    """A bar that is made when the work turns out to be long, so that short work does not flicker."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._started = time.monotonic()
        self._bar: Any = None
        self._shown: Any = None

    def report(self, done: int, total: int) -> None:
        if self._bar is None:
            if time.monotonic() - self._started < _MOMENT or done >= total:
                return
            from IPython.display import display  # pyright: ignore[reportUnknownVariableType]
            from tqdm.notebook import tqdm  # pyright: ignore[reportMissingModuleSource]

            self._bar = tqdm(desc=self._name, display=False)
            self._shown = display(self._bar.container, display_id=True)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            # A saved notebook would show the last state of the bar for ever.
            self._shown.update({"text/plain": ""}, raw=True)


@contextmanager
def terminal(name: str) -> Generator[Report]:
    """A rich bar on stderr while it is a terminal; stdout stays free for results."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(name, total=None)

        def report(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield report
