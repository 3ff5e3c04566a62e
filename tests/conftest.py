"""What the tests are not: scripts that are run by hand."""

from __future__ import annotations

collect_ignore_glob = ["benchmarks/*", "lab/measure.py", "lab/pictures.py", "lab/standin.py"]
