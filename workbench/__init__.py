"""Trace Workbench: find out why an agent fails, and whether the new version is better.

Open a workspace, load exports, and go on from there:

    import workbench as wb
    ws = wb.open("support-agent")
    ws.load("exports/*.jsonl")

The verbs are methods of `Workspace`, and plain functions over frames in the rooms: `workbench.load`, `workbench.evidence`,
`workbench.grade`, `workbench.graders`, `workbench.cluster`, `workbench.label`, `workbench.dataset`, `workbench.world`, `workbench.experiment`,
`workbench.stats`, `workbench.charts`, `workbench.report`; `workbench.model` for those who configure one.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from workbench._explore import explore
    from workbench.cluster import written
    from workbench.experiment import compare
    from workbench.grade import Score, grader
    from workbench.workspace import Workspace, open  # noqa: A004 - `wb.open` is how it reads

__all__ = ["Score", "WorkbenchError", "Workspace", "compare", "explore", "grader", "open", "written"]

# Looked up when they are first used: importing the workbench costs next to nothing.
_HOME = {
    "Score": "workbench.grade",
    "Workspace": "workbench.workspace",
    "compare": "workbench.experiment",
    "explore": "workbench._explore",
    "grader": "workbench.grade",
    "open": "workbench.workspace",
    "written": "workbench.cluster",
}
_ROOMS = ("charts", "cluster", "dataset", "evidence", "experiment", "grade", "graders", "label", "load", "model", "report", "schema", "stats",
          "store", "widgets", "world")  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in _ROOMS:
        return importlib.import_module(f"workbench.{name}")
    msg = f"module 'workbench' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS, "errors"])


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext workbench`: charts that show offline, on light and on dark."""
    from workbench import charts

    charts.enable()
    _ = shell


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext workbench`: Altair as it was."""
    from workbench import charts

    charts.disable()
    _ = shell
