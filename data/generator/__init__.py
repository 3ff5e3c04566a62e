"""A support agent's production traffic, made up from a seed, with planted failures whose truth is known."""

from .traffic import RELEASES, Traffic, assign, draw
from .write import generate

__all__ = ["RELEASES", "Traffic", "assign", "draw", "generate"]
