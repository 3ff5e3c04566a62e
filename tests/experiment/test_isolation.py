"""A program that is tried sees its task and nothing else: not the workspace, not where it lies, not the process that started it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from workbench import experiment
from workbench.evidence import AgentLoop
from workbench.experiment import agent_of
from workbench.experiment._confined import can_confine
from workbench.grade import grader

SNOOP = """
import json, os, sys
from pathlib import Path

task = json.load(sys.stdin)
found = {}
def attempt(name, look):
    try:
        found[name] = look()
    except OSError as error:
        found[name] = type(error).__name__

secret = Path(sys.argv[1]) / "workbench.db"
parent = os.getppid()
attempt("read", lambda: secret.read_text())
attempt("write", lambda: secret.write_text("mine") and "written")
attempt("unlink", lambda: secret.unlink())
attempt("environ", lambda: Path(f"/proc/{parent}/environ").read_text())
attempt("memory", lambda: open(f"/proc/{parent}/mem", "rb").close())
attempt("cwd", lambda: os.readlink(f"/proc/{parent}/cwd"))
attempt("files", lambda: [os.readlink(f"/proc/{parent}/fd/{n}") for n in os.listdir(f"/proc/{parent}/fd")])
Path("scratch").write_text("x")
found["scratch"] = Path("scratch").read_text()
found["here"] = os.getcwd()
found["names"] = sorted(os.environ)
found["values"] = sorted(os.environ.values())
found["open"] = [n for n in os.listdir("/proc/self/fd")]
found["beside"] = __import__("helper").WORD
print(json.dumps({"output": json.dumps(found)}))
"""


@grader(criterion="the agent answers")
def answers(loop: AgentLoop) -> bool:
    return bool(loop.final_answer)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an agent, a module beside it, and a workspace in it, as people lay them out."""
    (tmp_path / "agent.py").write_text(SNOOP, encoding="utf-8")
    (tmp_path / "helper.py").write_text("WORD = 'helps'", encoding="utf-8")
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / "workbench.db").write_text("the expected output", encoding="utf-8")
    return tmp_path


def looked(project: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> dict[str, Any]:
    monkeypatch.chdir(project)
    agent = agent_of([sys.executable, "agent.py", str(project / "ws")], hidden=[project / "ws"], **options)
    task = {"case_id": "c", "input": "Hi", "messages": [], "namespace": "c-0"}
    return json.loads(agent.ask(task, 30)["output"])


@pytest.mark.skipif(not can_confine(), reason="this system cannot keep a program from files")
def test_the_workspace_and_the_process_that_asks_are_out_of_reach(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = looked(project, monkeypatch)
    refused = ("read", "write", "unlink", "environ", "memory", "cwd", "files")
    assert {name: found[name] for name in refused} == dict.fromkeys(refused, "PermissionError")
    assert (project / "ws" / "workbench.db").read_text(encoding="utf-8") == "the expected output"
    assert found["beside"] == "helps"


@pytest.mark.parametrize("confined", [True, False])
def test_a_program_has_a_folder_of_its_own_and_no_name_that_leads_to_the_workspace(
    project: Path, monkeypatch: pytest.MonkeyPatch, confined: bool
) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE", "postgresql://secret")
    monkeypatch.setenv("MY_WORKSPACE", str(project / "ws"))
    monkeypatch.setenv("MY_MODEL_KEY", "for the agent")
    found = looked(project, monkeypatch, confined=confined)
    assert found["scratch"] == "x"
    assert found["here"] != str(project)
    assert not Path(found["here"]).exists()  # it is gone with the trial
    ours = [name for name in found["names"] if name.startswith("WORKBENCH")]
    assert ours == ["WORKBENCH_NAMESPACE"]
    assert "MY_MODEL_KEY" in found["names"]
    assert not [value for value in found["values"] if str(project) in value]
    assert len(found["open"]) <= 4  # the three streams, and the one that looks


def test_a_module_is_found_from_where_the_experiment_was_started(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "mine").mkdir()
    (project / "mine" / "__main__.py").write_text("import helper; print(helper.WORD)", encoding="utf-8")
    monkeypatch.chdir(project)
    rows = [{"case_id": "c", "input": "Hi"}]
    saved: list[Any] = []
    experiment.run([sys.executable, "-m", "mine"], rows, graders=[answers], save=saved.extend)
    assert saved[0].loop.final_answer == "helps"


def test_trials_that_run_side_by_side_do_not_see_each_others_files(tmp_path: Path) -> None:
    script = tmp_path / "agent.py"
    script.write_text(
        "import os, time\nopen(f'mark-{os.getpid()}', 'w').close()\ntime.sleep(0.2)\nprint(len(os.listdir('.')))",
        encoding="utf-8",
    )
    rows = [{"case_id": f"c{n}", "input": "Hi"} for n in range(4)]
    saved: list[Any] = []
    experiment.run([sys.executable, str(script)], rows, graders=[answers], save=saved.extend, concurrency=4)
    assert [each.loop.final_answer for each in saved] == ["1"] * 4


def runs(process: str) -> bool:
    try:
        return Path("/proc", process, "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are looked at in /proc")
def test_what_a_program_starts_ends_with_its_trial(tmp_path: Path) -> None:
    script = tmp_path / "agent.py"
    script.write_text(
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], stdout=subprocess.DEVNULL)\n"
        "print(child.pid)",
        encoding="utf-8",
    )
    saved: list[Any] = []
    experiment.run(
        [sys.executable, str(script)], [{"case_id": "c", "input": "Hi"}], graders=[answers], save=saved.extend
    )
    until = time.monotonic() + 20
    while runs(saved[0].loop.final_answer):
        assert time.monotonic() < until, "what the program started goes on after its trial"
        time.sleep(0.05)
