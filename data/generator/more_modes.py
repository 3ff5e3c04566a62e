"""Seventeen more ways to fail."""

from __future__ import annotations

from .modes import Mode

MORE_MODES: tuple[Mode, ...] = ()
