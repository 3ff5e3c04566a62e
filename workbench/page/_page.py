"""Starting the server of a page, and ending it."""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from workbench import _html
from workbench.errors import InputError, WorkbenchError

__all__ = ["LOG", "NOTEBOOK", "READY", "SETTINGS", "Page", "open_page"]

NOTEBOOK: Final = "queue.ipynb"
SETTINGS: Final = "page.json"
READY: Final = "address"
LOG: Final = "log"
_SECONDS: Final = 60
_LAST_LINES: Final = 5


@dataclass(frozen=True, slots=True)
class Page:
    """A queue that is open as a page of its own.

    Attributes
    ----------
    address
        Where it is, with the token without which nothing is shown.
    queue, reviewer
        What is read, and by whom.
    pid
        The server's process, to end it by.
    """

    address: str
    queue: str
    reviewer: str
    pid: int
    _process: subprocess.Popen[bytes] = field(repr=False, compare=False)

    @property
    def sentence(self) -> str:
        """Who reads what, and where."""
        return f"{self.reviewer} reads {self.queue!r} at {self.address}"

    def close(self) -> None:
        """End the server; every label is on disk already."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def wait(self) -> int:
        """Wait until the server ends; its exit code."""
        while self._process.poll() is None:
            time.sleep(0.2)  # Polars has system calls go on after Ctrl+C: a wait without an end would not hear it
        return self._process.returncode

    def __enter__(self) -> Page:  # noqa: PYI034 - a frozen class of its own
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{self.sentence} until `.close()`."

    def _repr_html_(self) -> str:
        link = f'<a href="{_html.escape(self.address)}" target="_blank" rel="noopener">{_html.escape(self.address)}</a>'
        return _html.panel(f"{self.reviewer} reads {self.queue!r} on a page of its own until .close()", link)


def open_page(
    folder: Path,
    queue: str,
    *,
    reviewer: str,
    role: str = "general",
    keys: Mapping[str, str] | None = None,
    database: str | None = None,
    host: str = "127.0.0.1",
    port: int | None = None,
    lasting: bool = False,
) -> Page:
    """Start a server that shows the labeller of one queue to one reviewer, and nothing else.

    The visitor's browser may talk to the labeller only: what asks the kernel to run code is dropped by the server, and there is no
    file browser, terminal or notebook behind it. Each visit and each reload starts afresh from what is on disk.

    Parameters
    ----------
    folder
        The workspace.
    queue
        The queue's name.
    reviewer, role
        Who reads, and as what: `general` or `expert`.
    keys
        Other keys for single actions.
    database
        The workspace's database where it is not the folder's own.
    host
        The address of this machine that it listens at; by default it is reached from this machine only.
    port
        Any free one by default.
    lasting
        Let it outlive this process; it is ended by its `pid`.

    Raises
    ------
    InputError
        Voilà, which serves the page, is not installed.
    WorkbenchError
        The server ended, or did not say where it is in time; then nothing is left running.
    """
    if importlib.util.find_spec("voila") is None:
        msg = "the page is served by Voilà, which is not installed: `pip install 'trace-workbench[page]'`"
        raise InputError(msg)
    at = port or _free(host)
    made = Path(tempfile.mkdtemp(prefix="workbench-page-"))  # for this user alone: the token lies in it
    settings: dict[str, Any] = {
        "workspace": str(folder.resolve()), "database": database, "queue": queue, "reviewer": reviewer, "role": role,
        "keys": dict(keys or {}), "host": host, "port": at, "fixed": port is not None,
        "token": secrets.token_urlsafe(24), "parent": None if lasting else os.getpid(),
    }  # fmt: skip
    (made / SETTINGS).write_text(json.dumps(settings), encoding="ascii")
    with (made / LOG).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - this Python, and a folder that was made here
            [sys.executable, "-m", "workbench.page", str(made)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # interrupting a cell of the notebook that opened it must not end it
        )
    page = Page(_address(process, made), queue, reviewer, process.pid, process)
    if not lasting:
        atexit.register(page.close)
    return page


def _free(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            msg = f"this machine has no address {host!r} to listen at ({error.strerror}): 127.0.0.1 is always there, 0.0.0.0 is all of them"
            raise InputError(msg) from error
        return int(probe.getsockname()[1])


def _address(process: subprocess.Popen[bytes], made: Path) -> str:
    """Where the server says that it is; what it said of itself where it does not come up."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and process.poll() is None:
        if (made / READY).exists():
            return (made / READY).read_text(encoding="utf-8")
        time.sleep(0.05)
    code = process.poll()
    if code is None:
        process.kill()
        process.wait()
    how = f"did not start within {_SECONDS} s" if code is None else f"ended with code {code}"
    said = (made / LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_LAST_LINES:]
    shutil.rmtree(made, ignore_errors=True)
    msg = f"the page's server {how}: {' | '.join(said) or 'it said nothing'}"
    raise WorkbenchError(msg)
