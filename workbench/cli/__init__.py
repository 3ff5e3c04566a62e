"""The command line: the same verbs, each a thin face over the workspace."""

from __future__ import annotations

from workbench.cli._app import main

__all__ = ["main"]
