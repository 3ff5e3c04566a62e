"""JupyterLab in the background, for programs that want its address."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import orjson

from workbench.errors import WorkbenchError

__all__ = ["started"]

_SECONDS: Final = 60


def started(command: Sequence[str], notebook: Path | None, *, seconds: float = _SECONDS) -> dict[str, Any]:
    """Start a server that outlives this process; its `address` with the token, and the `pid` to end it by.

    Raises
    ------
    WorkbenchError
        It ended, or did not say where it is in time; then nothing is left running.
    """
    from jupyter_core.paths import jupyter_runtime_dir

    server = subprocess.Popen(  # noqa: S603 - this Python, and a path that exists
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    told = Path(jupyter_runtime_dir(), f"jpserver-{server.pid}.json")
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        said = _said(told)
        if said is not None:
            where = "lab" if notebook is None or notebook.is_dir() else f"lab/tree/{quote(notebook.name)}"
            return {"address": f"{said['url']}{where}?token={said['token']}", "pid": server.pid}
        time.sleep(0.1)
    code = server.poll()
    if code is None:
        server.terminate()
        server.wait()
    how = f"did not start within {seconds:.0f} s" if code is None else f"ended with code {code}"
    msg = f"JupyterLab {how}: `workbench lab` without --json shows why"
    raise WorkbenchError(msg)


def _said(told: Path) -> dict[str, Any] | None:
    """What the server wrote of itself, once it is whole."""
    try:
        return orjson.loads(told.read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
