"""What the tests are not: scripts that are run by hand, and a race against the clock."""

from __future__ import annotations

from hypothesis import settings

collect_ignore_glob = ["benchmarks/*", "lab/measure*.py", "lab/pictures.py", "lab/standin.py"]

settings.register_profile("workbench", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("workbench")
