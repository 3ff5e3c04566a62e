"""A workspace on a disk that refuses writes can be read: what was kept is there, what follows is worked out, a write is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import workbench as wb

ROOT = Path(__file__).parents[2]

READER = """
import ctypes
import sys

# A superuser gives up its right to write everywhere.
assert ctypes.CDLL(None).capset(ctypes.byref((ctypes.c_uint32 * 2)(0x20080522, 0)), ctypes.byref((ctypes.c_uint32 * 6)())) == 0
import workbench as wb
from workbench.errors import ReadOnlyError
from workbench.grade import grader

ws = wb.open(sys.argv[1])
print(ws.sessions().height, ws.executed("v1").outcomes.height, ws.dataset("some").cases.height)
try:
    ws.grade([grader(criterion="answers", name="answers")(lambda loop: bool(loop.final_answer))])
except ReadOnlyError:
    print("refused")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="drops its rights as Linux does")
@pytest.mark.parametrize("derived", ["kept", "missing"])
def test_what_is_kept_can_be_read_where_nothing_can_be_written(ws: wb.Workspace, tmp_path: Path, derived: str) -> None:
    from workbench.grade import grader

    answers = grader(criterion="answers", name="answers")(lambda loop: bool(loop.final_answer))
    ws.promote(ws.sessions().head(3), to="some")
    ws.experiment(lambda task: task["input"], "some", graders=[answers], name="v1")
    sessions = ws.sessions().height
    ws.close()
    folder = shutil.copytree(ws.store.folder, tmp_path / "shelf")
    if derived == "missing":
        shutil.rmtree(folder / "derived")
    subprocess.run(["chmod", "-R", "a-w", str(folder)], check=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    said = subprocess.run(
        [sys.executable, "-c", READER, str(folder)], env=environment, capture_output=True, text=True, check=False
    )
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
    assert said.stdout.splitlines() == [f"{sessions} 3 3", "refused"], said.stderr
