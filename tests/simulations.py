"""How much is simulated: the short form in every run of the tests, many times as much in ``make campaign``."""

from __future__ import annotations

import os
from typing import Final

__all__ = ["FACTOR"]

FACTOR: Final = int(os.environ.get("WORKBENCH_SIMULATE", "1"))
