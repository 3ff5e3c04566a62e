"""A program as an agent: started anew for each task, in a folder of its own, with its task and nothing else within reach."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from workbench.errors import InfrastructureError
from workbench.experiment import _confined
from workbench.experiment._answer import LINE, TooLong, plain_answer
from workbench.experiment._serve import plain_task

__all__ = ["Command", "files_of"]

_TEMPORARY: Final = 75  # a command's exit code for "try again": EX_TEMPFAIL
_OURS: Final = ("WORKBENCH", "JUPYTER", "JPY_")  # where the workspace and its notebook are is not for the agent to know
_PLACES: Final = frozenset({"PWD", "OLDPWD"})


def files_of(words: tuple[str, ...]) -> list[Path]:
    """The files that a command names."""
    return [path for word in words if (path := Path(word)).is_file()]


@dataclass(frozen=True, slots=True)
class Command:
    """A program that is started anew for each task, in a process group and a temporary folder of its own.

    Parameters
    ----------
    words
        The command. Files among them are found from where the experiment was started; the program itself runs in its own folder.
    hidden
        Folders that it cannot read, where the system can see to that.
    confined
        Whether it is kept from those folders and from other processes' memory and files.
    """

    words: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    confined: bool = True

    def __call__(self, task: dict[str, Any], timeout: float | None) -> Any:
        """Start it, hand it the task, read its answer."""
        with (
            tempfile.TemporaryDirectory(prefix="workbench-", ignore_cleanup_errors=True) as folder,
            plain_task(task) as plain,
            # Files, not pipes: whoever the program leaves behind would hold a pipe open, and the trial with it.
            tempfile.TemporaryFile() as asked,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            asked.write(json.dumps(plain).encode())
            asked.seek(0)
            process = self._start(folder, str(task["namespace"]), (asked, out, err))
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                raise TooLong from None
            finally:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)  # and whatever it started
                process.wait()
            answer, said = _read(out), _read(err).decode(errors="replace").strip()[-LINE:]
        if process.returncode == _TEMPORARY:
            raise InfrastructureError(said or f"the command asked to be tried again (exit code {_TEMPORARY})")
        if process.returncode:
            msg = f"the command ended with code {process.returncode}: {said}"
            raise RuntimeError(msg)
        return plain_answer(answer)

    def _start(
        self, folder: str, namespace: str, streams: tuple[IO[bytes], IO[bytes], IO[bytes]]
    ) -> subprocess.Popen[bytes]:
        named = files_of(self.words)
        words = [str(Path(word).absolute()) if Path(word) in named else word for word in self.words]
        if shutil.which(words[0]) is None:
            msg = f"{words[0]!r} cannot be started: no such program"
            raise RuntimeError(msg)
        if self.confined and _confined.can_confine():
            needed = [str(path.absolute()) for path in named]
            counts = [str(len(self.hidden)), str(len(needed))]
            words = [sys.executable, "-I", "-S", _confined.__file__, *counts, *self.hidden, *needed, *words]
        try:
            return subprocess.Popen(  # noqa: S603 - the user's own agent, never a shell
                words,
                stdin=streams[0],
                stdout=streams[1],
                stderr=streams[2],
                cwd=folder,
                env=self._environment(folder, namespace),
                start_new_session=True,
            )
        except OSError as error:
            msg = f"{self.words[0]!r} cannot be started: {error.strerror or error}"
            raise RuntimeError(msg) from error

    def _environment(self, folder: str, namespace: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_OURS) and name not in _PLACES and not any(place in value for place in self.hidden)
        }
        if "-m" in self.words:  # a module beside the caller, as `python -m` finds it
            kept["PYTHONPATH"] = os.pathsep.join([str(Path.cwd()), *filter(None, [kept.get("PYTHONPATH")])])
        return {**kept, "WORKBENCH_NAMESPACE": namespace, "TMPDIR": folder, "PWD": folder}


def _read(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    return stream.read()
