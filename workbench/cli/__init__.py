"""The command line: the same verbs, each a thin face over the workspace."""

from __future__ import annotations

from workbench.cli import _data, _gate, _queue, _told  # their commands
from workbench.cli._app import main

_ = (_data, _gate, _queue, _told)

__all__ = ["main"]
