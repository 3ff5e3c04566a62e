"""Parquet files are decoded once by a helper process before this one does it.

The decoder trusts the counts that a file gives: of a damaged file it may ask for more memory than there is, and the
process then ends on the spot, notebook and all. So a helper goes first; where it does not come back, the file is damaged.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["Warden", "can_be_decoded", "serve"]

_IDLE: Final = 20.0  # seconds without a question, after which the helper leaves
_PATIENCE: Final = 60.0  # seconds for any file,
_PACE: Final = 5e6  # and one more for so many bytes
_TAKEN, _FINE, _BROKEN = "taken", "fine", "broken"
_BEGIN: Final = (
    "import sys, json; sys.path[:] = json.loads(sys.stdin.readline()); "
    "from workbench.load._tables import decode; from workbench.load._warden import serve; serve(sys.stdin, decode)"
)


class Warden:
    """The helper process, started when it is needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._helper: subprocess.Popen[str] | None = None
        self._owner = 0
        self._known: dict[tuple[str, int, int], bool] = {}

    def ask(self, path: Path) -> bool:
        """Whether the file can be decoded; a file that has not changed is not decoded again."""
        about = path.stat()
        key = str(path.resolve()), about.st_size, about.st_mtime_ns
        with self._lock:
            if key not in self._known:
                self._known[key] = self._send(key[0], _PATIENCE + about.st_size / _PACE)
            return self._known[key]

    def _send(self, path: str, seconds: float) -> bool:
        for _ in range(2):  # a helper that was just about to leave is replaced
            helper = self._hired()
            if helper is None or helper.stdin is None or helper.stdout is None:
                return True  # no processes here: the file is trusted
            timer = threading.Timer(seconds, helper.kill)
            timer.start()
            try:
                helper.stdin.write(json.dumps(path) + "\n")
                helper.stdin.flush()
                if helper.stdout.readline().strip() == _TAKEN:
                    return helper.stdout.readline().strip() == _FINE
            except (OSError, ValueError):
                pass
            finally:
                timer.cancel()
            self.dismiss()
        return True

    def _hired(self) -> subprocess.Popen[str] | None:
        if self._helper is not None and (self._helper.poll() is not None or self._owner != os.getpid()):
            self.dismiss()
        if self._helper is None:
            try:
                self._helper = subprocess.Popen(  # noqa: S603 - this very interpreter
                    [sys.executable, "-c", _BEGIN],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    start_new_session=True,
                )
                assert self._helper.stdin is not None
                self._helper.stdin.write(json.dumps(sys.path) + "\n")
            except (OSError, ValueError):
                self.dismiss()
            self._owner = os.getpid()
        return self._helper

    def dismiss(self) -> None:
        """Let the helper go."""
        helper, self._helper = self._helper, None
        if helper is None or self._owner != os.getpid():
            return
        helper.kill()
        helper.wait()
        for stream in (helper.stdin, helper.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


_warden = Warden()
atexit.register(_warden.dismiss)


def can_be_decoded(path: Path) -> bool:
    """Whether a helper process could decode the file; where no process can be started, it is taken to be so.

    Raises
    ------
    OSError
        There is no such file.
    """
    return _warden.ask(path)


def serve(questions: Iterable[str], decode: Callable[[str], None]) -> None:
    """What the helper does: decode the file on each line, and say how it went; leave when nobody asks any more."""
    leaving = threading.Timer(_IDLE, os._exit, (0,))
    leaving.start()
    for line in questions:
        leaving.cancel()
        print(_TAKEN, flush=True)  # noqa: T201 - the answer
        try:
            decode(json.loads(line))
        except BaseException:  # noqa: BLE001 - the decoder's panics are no exceptions; whatever it is, the file cannot be read
            print(_BROKEN, flush=True)  # noqa: T201
        else:
            print(_FINE, flush=True)  # noqa: T201
        leaving = threading.Timer(_IDLE, os._exit, (0,))
        leaving.start()
    leaving.cancel()
