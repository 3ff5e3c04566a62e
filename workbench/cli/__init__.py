"""The command line: the same verbs, each a thin face over the workspace."""

from __future__ import annotations

from workbench.cli import _gate  # its commands
from workbench.cli._app import main

_ = _gate

__all__ = ["main"]
