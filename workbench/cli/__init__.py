"""The command line: the same verbs, each a thin face over the workspace."""

from __future__ import annotations

from workbench.cli import _data, _gate, _told  # their commands
from workbench.cli._app import main
from workbench.cli._queue import queues

_ = (_data, _gate, _told, queues)

__all__ = ["main"]
