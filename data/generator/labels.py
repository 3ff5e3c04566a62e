"""A few dozen human labels."""

from __future__ import annotations

from .otlp import TracedTurn
from .record import Session

__all__ = ["label_lines"]


def label_lines(traced: list[tuple[Session, list[TracedTurn]]], seed: int) -> list[bytes]:
    """Nothing yet."""
    del traced, seed
    return []
