"""The server of one page, as a process of its own: `python -m workbench.page FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from workbench.page._server import serve

if __name__ == "__main__":
    serve(Path(sys.argv[1]))
