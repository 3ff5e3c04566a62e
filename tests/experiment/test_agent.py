"""What can be tried: functions, commands, addresses; what they are handed, what they may answer, what tells two apart."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench import experiment
from workbench.errors import InfrastructureError, InputError
from workbench.evidence import AgentLoop
from workbench.experiment import agent_of
from workbench.experiment._agent import is_infrastructure
from workbench.experiment._answer import read_answer
from workbench.grade import grader

HANDED = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where is 7?"}]
CASES = [{"case_id": f"c{n}", "input": "Where is 7?", "prefix": json.dumps(HANDED)} for n in range(3)]


@grader(criterion="the agent answers", version="1")
def on_its_way(loop: AgentLoop) -> bool:
    return loop.final_answer == "On its way."


def outcome(agent: Any, **options: Any) -> dict[str, Any]:
    made = experiment.run(agent, CASES[:1], graders=[on_its_way], retries=0, **options)
    return made.outcomes.row(0, named=True)


@pytest.mark.parametrize(
    "answer",
    [
        "On its way.",
        [{"role": "assistant", "content": "On its way."}],
        [*HANDED, {"role": "assistant", "content": "On its way."}],
        {"role": "assistant", "content": "On its way."},
        {"output": "On its way.", "cost": 0.25, "input_tokens": 10, "output_tokens": 3},
        {"messages": [{"role": "assistant", "content": "On its way."}]},
    ],
)
def test_an_agent_may_answer_with_a_text_with_messages_or_with_a_dict(answer: Any) -> None:
    assert outcome(lambda _task: answer)["passed"] is True


def test_the_loop_has_what_was_handed_over_once_and_tool_calls_with_their_results() -> None:
    calls = [
        {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "name": "find", "arguments": {"id": 7}}]},
        {"role": "tool", "tool_call_id": "c", "content": "shipped"},
        {"role": "assistant", "content": "On its way."},
    ]
    for returned in (calls, [*HANDED, *calls]):
        loop = read_answer(returned, HANDED, session_id="s").loop
        assert [step.kind for step in loop.steps] == ["system", "user", "tool", "assistant"]
        assert loop.tool_calls("find")[0].result == "shipped"


def test_an_empty_answer_is_the_answer_not_what_was_said_before() -> None:
    handed = [{"role": "assistant", "content": "On its way."}, {"role": "user", "content": "Sure?"}]
    assert read_answer([], handed, session_id="s").loop.final_answer == ""
    assert read_answer("", handed, session_id="s").loop.final_answer == ""


@pytest.mark.parametrize("answer", [None, 42, {"reply": "x"}, ["x"], object()])
def test_what_nobody_can_read_is_an_error_that_says_what_is_expected(answer: Any) -> None:
    row = outcome(lambda _task: answer)
    assert (row["status"], row["passed"]) == ("errored", None)
    assert "the agent returned" in row["error"]


def test_the_agent_sees_inputs_and_a_name_of_its_own() -> None:
    seen: list[Any] = []

    def agent(task: dict[str, Any]) -> str:
        seen.append(dict(task))
        task["messages"].clear()
        return "On its way."

    experiment.run(agent, CASES, graders=[on_its_way], trials=2)
    assert {frozenset(task) for task in seen} == {frozenset({"case_id", "input", "messages", "namespace"})}
    assert len({task["namespace"] for task in seen}) == 6


def test_a_command_talks_json(tmp_path: Path) -> None:
    script = tmp_path / "agent.py"
    script.write_text(
        "import json, os, sys\n"
        "task = json.load(sys.stdin)\n"
        "assert os.environ['WORKBENCH_NAMESPACE'] == task['namespace']\n"
        "print(json.dumps({'output': 'On its way.' if task['input'] == 'Where is 7?' else task['input'], 'cost': 0.5}))\n",
        encoding="utf-8",
    )
    row = outcome([sys.executable, str(script)])
    assert (row["passed"], row["cost"]) == (True, 0.5)
    before = agent_of([sys.executable, str(script)]).fingerprint
    script.write_text("print('something else')", encoding="utf-8")
    assert agent_of([sys.executable, str(script)]).fingerprint != before


def test_a_command_that_fails_says_how_and_one_that_hangs_is_ended() -> None:
    failed = outcome([sys.executable, "-c", "import sys; sys.exit('no model')"])
    assert failed["error"] == "RuntimeError: the command ended with code 1: no model"
    hung = outcome([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.5)
    assert hung["error"] == "no answer within 0.5 seconds"
    absent = outcome(["no-such-command-here"])
    assert "cannot be started" in absent["error"]


@pytest.fixture
def address() -> Iterator[str]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            task = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(task["case_id"])
            busy = self.path == "/busy" and len(asked) == 1
            self.send_response(429 if busy else 500 if self.path == "/broken" else 200)
            self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(b"On its way." if not busy else b"later")

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_address_takes_the_task_by_post(address: str) -> None:
    assert outcome(address)["passed"] is True
    assert "HTTP 500" in outcome(f"{address}/broken")["error"]


def test_an_address_that_is_busy_is_asked_again(address: str) -> None:
    made = experiment.run(f"{address}/busy", CASES[:1], graders=[on_its_way], retries=1)
    assert made.outcomes["status"].to_list() == ["completed"]


def test_nobody_at_the_address_is_an_error_of_what_the_agent_stands_on() -> None:
    assert "cannot be reached" in outcome("http://127.0.0.1:9/")["error"]


def test_secrets_of_an_address_and_the_place_of_the_workspace_stay_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert agent_of("https://me:secret@example.test/try?key=1").name == "https://example.test/try"
    monkeypatch.setenv("WORKBENCH_DATABASE", "postgresql://secret")
    seen = [sys.executable, "-c", "import os; print(os.environ.get('WORKBENCH_DATABASE', 'On its way.'))"]
    assert outcome(seen)["passed"] is True


def test_a_function_of_a_module_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def agent(task):\n    return 'On its way.'\n", encoding="utf-8")
    assert outcome(f"{file}:agent")["passed"] is True
    with pytest.raises(InputError, match="no agent at 'json:agent'"):
        agent_of("json:agent")


def test_an_async_agent_is_awaited_and_ended_when_it_takes_too_long() -> None:
    ended = threading.Event()

    async def agent(task: dict[str, Any]) -> str:
        try:
            await asyncio.sleep(60 if task["case_id"] == "c1" else 0)
        except asyncio.CancelledError:
            ended.set()
            raise
        return "On its way."

    made = experiment.run(agent, CASES, graders=[on_its_way], timeout=0.5)
    assert made.outcomes.sort("case")["status"].to_list() == ["completed", "errored", "completed"]
    assert ended.wait(5)


def one(task: dict[str, Any]) -> str:
    return PROMPT + task["input"]


PROMPT = "Answer: "


def test_two_agents_have_one_fingerprint_when_they_would_act_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(prompt: str) -> Any:
        calls: list[str] = []

        def agent(task: dict[str, Any]) -> str:
            calls.append(task["case_id"])
            return prompt + task["input"]

        return agent

    first = make("a")
    before = agent_of(first).fingerprint
    first({"case_id": "c", "input": "x"})
    assert agent_of(first).fingerprint == before == agent_of(make("a")).fingerprint != agent_of(make("b")).fingerprint
    assert agent_of(partial(one, mode=1)).fingerprint != agent_of(partial(one, mode=2)).fingerprint
    kept = [
        agent_of(partial(one, known=known)).fingerprint
        for known in ({"a", "b"}, {"b", "a"}, {"a"}, {"x": {1}}, {"x": {2}})
    ]
    assert kept[0] == kept[1]
    assert len(set(kept)) == 4
    plain = agent_of(one).fingerprint
    monkeypatch.setitem(globals(), "PROMPT", "Reply: ")
    assert agent_of(one).fingerprint != plain


def test_an_agent_that_refers_to_the_ground_truth_is_refused() -> None:
    truth = pl.DataFrame({"truth_id": ["t"], "case_id": ["c0"], "value": ["On its way."]})
    with pytest.raises(InputError, match="refers to 'truth', which holds the ground truth"):
        agent_of(lambda task: truth.filter(case_id=task["case_id"])["value"][0])


class BusyError(Exception):
    status_code = 429


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), InfrastructureError("quota"), BusyError()])
def test_what_an_agent_stands_on_is_told_from_the_agent(error: Exception) -> None:
    assert is_infrastructure(error)
    assert not is_infrastructure(ValueError("429"))
