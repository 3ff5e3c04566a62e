"""Bars for long work: in a notebook by tqdm, on a terminal by rich, nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

__all__ = ["Progress", "Report", "notebook", "silent", "terminal"]

Report = Callable[[int, int], None]
"""Called with how much is done and how much there is."""

Progress = Callable[[str], AbstractContextManager[Report]]
"""Opens a bar of a name, and closes it again."""


@contextmanager
def silent(_name: str) -> Generator[Report]:
    """No bar."""
    yield lambda _done, _total: None


@contextmanager
def notebook(name: str) -> Generator[Report]:
    """A tqdm bar that goes away when the work is done; outside IPython none."""
    if "IPython" not in sys.modules or sys.modules["IPython"].get_ipython() is None:
        yield lambda _done, _total: None
        return
    from tqdm.auto import tqdm  # pyright: ignore[reportMissingModuleSource]

    with tqdm(desc=name, leave=False, delay=0.5) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield report


@contextmanager
def terminal(name: str) -> Generator[Report]:
    """A rich bar on stderr; stdout stays free for results."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(name, total=None)

        def report(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield report
