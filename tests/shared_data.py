"""Real traces with ground truth, read in place where they lie beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "shared" / "data"


def shared(name: str) -> Path:
    """The path of a file or folder of the shared traces; skips the test where they are not at hand."""
    path = ROOT / name
    if not path.exists():
        pytest.skip(f"shared traces are not at hand: {path}")
    return path
