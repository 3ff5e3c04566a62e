"""Chats of several agents become one loop: who asked, who answered, what was run and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import polars as pl
from shared_data import shared

from workbench import evidence, load


def steps(folder: Path, *history: dict[str, Any], **beside: Any) -> list[dict[str, Any]]:
    file = folder / "chat.json"
    file.write_bytes(orjson.dumps({"history": history, **beside}))
    loaded = load.read(str(file))
    assert loaded.total("loaded") == 1
    return evidence.steps(loaded.spans).to_dicts()


def test_what_a_terminal_answers_is_the_result_of_the_code_before_it(tmp_path: Path) -> None:
    found = steps(
        tmp_path,
        {"role": "assistant", "name": "Coder", "content": "Let us add.\n```python\nprint(1 + x)\n```"},
        {
            "role": "user",
            "name": "Computer_terminal",
            "content": "exitcode: 1 (execution failed)\nCode output: Traceback (most recent call last):\n"
            "  File \"sum.py\", line 1, in <module>\nNameError: name 'x' is not defined\n",
        },
        {"role": "user", "name": "Checker", "content": "x has no value; use 1."},
        {
            "role": "user",
            "name": "Computer_terminal",
            "content": "There is no code from the last 1 message to execute.",
        },
        question="What is 1 + 1?",
    )
    assert [step["kind"] for step in found] == ["user", "assistant", "tool", "assistant", "assistant"]
    assert found[0]["text"] == "What is 1 + 1?"
    ran = found[2]
    assert (ran["tool_name"], orjson.loads(ran["tool_arguments"])) == ("Computer_terminal", {"code": "print(1 + x)\n"})
    assert ran["error"] == "in result: NameError: name 'x' is not defined"


def test_roles_that_are_names_are_agents(tmp_path: Path) -> None:
    found = steps(
        tmp_path,
        {"role": "human", "content": "How many islands?"},
        {"role": "Orchestrator (thought)", "content": "We are to count islands."},
        {"role": "Orchestrator (-> WebSurfer)", "content": "Please look it up."},
        {"role": "WebSurfer", "content": "There are 12."},
        {"role": "ComputerTerminal", "content": "Error: no such file"},
    )
    assert [step["kind"] for step in found] == ["user", "assistant", "assistant", "assistant", "tool"]
    assert found[-1]["error"] == "in result: Error: no such file"


def test_who_speaks_for_a_person_is_the_user_and_what_it_runs_is_a_result(tmp_path: Path) -> None:
    found = steps(
        tmp_path,
        {"role": "user", "name": "user_proxy", "content": "Plot the sales of May."},
        {"role": "assistant", "name": "Coder", "content": "```python\nplot()\n```"},
        {"role": "user", "name": "user_proxy", "content": "exitcode: 0 (execution succeeded)\nCode output: done"},
    )
    assert [step["kind"] for step in found] == ["user", "assistant", "tool"]


def test_an_agent_may_be_named_after_what_it_does(tmp_path: Path) -> None:
    spoken = ["ReasoningAgent", "ToolAgent", "CustomerServiceAgent", "Analogizer"]
    found = steps(
        tmp_path, {"role": "human", "content": "Count."}, *({"role": name, "content": "3"} for name in spoken)
    )
    assert [step["kind"] for step in found] == ["user", *["assistant"] * len(spoken)]


def test_people_under_other_names_stay_people(tmp_path: Path) -> None:
    one = [{"role": "customer", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
    assert [step["kind"] for step in steps(tmp_path, *one)] == ["user", "assistant"]
    two = [{"role": "user", "name": "ana", "content": "Hello"}, {"role": "user", "name": "bo", "content": "Me too"}]
    assert [step["kind"] for step in steps(tmp_path, *two)] == ["user", "user"]
    desk = [{"role": "customer", "content": "Hello"}, {"role": "concierge", "content": "Hi"}]
    assert next(step["kind"] for step in steps(tmp_path, *desk)) == "user"


def test_programs_that_failed_are_known_by_their_exit_code(tmp_path: Path) -> None:
    def ran(result: str) -> str | None:
        call = {"id": "1", "name": "bash", "arguments": "{}"}
        asked = {"role": "assistant", "content": "", "tool_calls": [call]}
        return steps(tmp_path, asked, {"role": "tool", "tool_call_id": "1", "content": result})[-1]["error"]

    assert ran("<returncode>2</returncode>\n<output>\nls: no such file") == "in result: ls: no such file"
    assert ran("[Command finished with exit code 127]\nfoo: not found") == "in result: foo: not found"
    assert ran("exit code: 0\nfine") is None
    assert ran("exit codes are listed below") is None


def test_a_real_group_chat_has_one_user_and_failed_runs() -> None:
    loaded = load.read(str(shared("who_and_when") / "Algorithm-Generated"))
    found = evidence.steps(loaded.spans)
    assert found.filter(pl.col("kind") == "user").group_by("session_id").len()["len"].max() == 1
    ran = found.filter(pl.col("kind") == "tool")
    assert ran["tool_name"].unique().to_list() == ["Computer_terminal"]
    failed = ran.filter(pl.col("error").is_not_null())
    assert failed.height == ran.filter(pl.col("tool_result").str.contains("^exitcode: [1-9]")).height > 0
