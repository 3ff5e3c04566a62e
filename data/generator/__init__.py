"""A support agent's production traffic, made up from a seed, with planted failures whose truth is known."""

from .traffic import EVERY_MODE, RELEASES, Traffic, assign, draw
from .write import generate

__all__ = ["EVERY_MODE", "RELEASES", "Traffic", "assign", "draw", "generate"]
