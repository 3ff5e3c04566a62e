"""An agent whose tools are a recorded world: what was recorded is answered, what was not is refused, and leaving it is counted."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from typing import Any
from urllib import request

import polars as pl
import pytest

import workbench as wb
from workbench import experiment, world
from workbench.errors import InputError
from workbench.evidence import AgentLoop
from workbench.grade import grader
from workbench.world import Replay

STEPS = [
    {"session_id": "s", "number": n, "turn": 1, "kind": "tool", "tool_name": name, "tool_arguments": json.dumps(given), "tool_result": came}
    for n, (name, given, came) in enumerate(
        [("find", {"id": 7}, "new"), ("find", {"id": 7}, "shipped"), ("price", {"of": "a", "in": "EUR"}, "12")], 1
    )
]  # fmt: skip
WORLD = world.record(STEPS)
LEFT = "of trials that left the recorded world by a call that was never recorded"
UNDECIDABLE = "of trials that are undecidable: the recorded world could not answer more than 25% of their calls"


@grader(criterion="the agent says where the order is")
def right(loop: AgentLoop) -> bool:
    return loop.final_answer == "new shipped"


def rows(n: int = 2) -> list[dict[str, str]]:
    return [{"case_id": f"c{i}", "input": f"{i}"} for i in range(n)]


def asks(task: dict[str, Any]) -> str:
    """Looks twice; in the second case looks for what nobody looked for."""
    tools = task["world"]
    said = [tools("find", {"id": 7}).get("result") for _ in range(2)]
    if task["case_id"] == "c1":
        said.append(tools("find", {"id": 8})["error"])
    return " ".join(said)


PROGRAM = """
import json, sys
from urllib import request

task = json.load(sys.stdin)

def call(name, **arguments):
    body = json.dumps({"name": name, "arguments": arguments}).encode()
    return json.load(request.urlopen(request.Request(task["world"]["url"], body)))

said = [call("find", id=7)["result"] for _ in range(2)]
if task["case_id"] == "c1":
    said.append(call("cancel", id=8)["error"])
assert task["world"]["tools"] == ["find", "price"]
print(" ".join(said))
"""


def tried(agent: Any, **options: Any) -> wb.experiment.Experiment:
    return experiment.run(agent, rows(), graders=[right], worlds=lambda _case: Replay(WORLD), **options)


def check(made: wb.experiment.Experiment) -> None:
    told = made.outcomes.sort("case").select("status", "passed", "replayed", "unrecorded").rows()
    assert told == [("completed", True, 2, 0), ("undecidable", None, 2, 1)]
    assert made.counted == {LEFT: 1, UNDECIDABLE: 1}


def test_a_function_is_handed_its_tools() -> None:
    check(tried(asks))


def test_each_trial_begins_in_a_fresh_world() -> None:
    made = experiment.run(asks, rows(), graders=[right], worlds=lambda _case: Replay(WORLD), trials=3)
    assert made.outcomes.filter(case="c0")["passed"].to_list() == [True] * 3


def test_so_is_one_in_another_process() -> None:
    check(tried(asks, executor=partial(ProcessPoolExecutor, 1, mp_context=get_context("spawn"))))


def test_a_program_finds_its_tools_at_an_address(tmp_path: Path) -> None:
    script = tmp_path / "agent.py"
    script.write_text(PROGRAM, encoding="utf-8")
    check(tried([sys.executable, str(script)]))


def test_so_does_one_behind_an_address() -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            task = json.loads(self.rfile.read(int(self.headers["Content-Length"])))

            def call(name: str, arguments: Any) -> dict[str, Any]:
                body = json.dumps({"name": name, "arguments": arguments}).encode()
                return json.load(request.urlopen(request.Request(task["world"]["url"], body)))

            said = asks({**task, "world": call}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        check(tried(f"http://127.0.0.1:{server.server_port}/"))
    finally:
        server.shutdown()
        server.server_close()


def test_calls_that_mean_the_same_are_the_same_and_one_asked_again_gets_its_last_result() -> None:
    tools = Replay(WORLD)
    assert tools("price", '{"in": "EUR", "of": "a"}') == {"result": "12"}
    assert [tools("find", {"id": 7.0})["result"] for _ in range(3)] == ["new", "shipped", "shipped"]
    refused = tools("price", {"of": "b"})
    assert refused["recorded"] is False
    assert "'price' was never called with these arguments" in refused["error"]
    assert (tools.served, tools.refused) == (4, 1)


def test_a_call_that_changes_something_is_not_made_once_more_than_it_was_recorded() -> None:
    base = {"session_id": "s", "turn": 1, "kind": "tool", "tool_arguments": '{"order": 7}'}
    recorded = world.record([
        {**base, "number": 1, "tool_name": "refund_order", "tool_result": "refunded"},
        {**base, "number": 2, "tool_name": "get_refund_status", "tool_result": "done"},
        {**base, "number": 3, "tool_name": "refund_order", "tool_result": "already refunded"},
    ])  # fmt: skip
    tools = Replay(recorded)
    assert [tools("refund_order", {"order": 7})["result"] for _ in range(2)] == ["refunded", "already refunded"]
    third = tools("refund_order", {"order": 7})
    assert third["recorded"] is False
    assert "'refund_order' changes something and was called with these arguments 2 times" in third["error"]
    assert [tools("get_refund_status", {"order": 7})["result"] for _ in range(3)] == ["done"] * 3
    assert (tools.served, tools.refused) == (5, 1)


def test_up_to_a_quarter_of_its_calls_outside_a_trial_is_decided_and_beyond_it_is_not() -> None:
    def looks(task: dict[str, Any]) -> str:
        for _ in range(3 if task["case_id"] == "c0" else 2):
            task["world"]("find", {"id": 7})
        return "new shipped" if "error" in task["world"]("find", {"id": 8}) else "?"

    made = experiment.run(looks, rows(), graders=[right], worlds=lambda _case: Replay(WORLD))
    told = made.outcomes.sort("case").select("status", "passed", "value", "unrecorded").rows()
    assert told == [("completed", True, 1.0, 1), ("undecidable", None, None, 1)]
    assert made.counted == {LEFT: 2, UNDECIDABLE: 1}


def test_a_verdict_does_not_stand_on_trials_that_left_their_worlds() -> None:
    """Had they passed or failed, nobody knows: twelve of forty are more than a verdict can bear."""
    old = [{"case": f"c{n}", "passed": n % 2 == 0} for n in range(40)]
    new = [
        {"case": f"c{n}", "passed": None if n < 12 else n % 8 != 1, "status": "undecidable" if n < 12 else "completed"}
        for n in range(40)
    ]
    found = wb.compare(old, new, margin=0.05)
    assert found.integrity["undecidable"].to_list() == [0, 12]
    assert found.verdict == "cannot tell"
    assert any("12 of 40 trials of the candidate have no outcome" in note for note in found.notes)
    ruled = experiment.gate(found, experiment.Policy(margin=0.05))
    assert (ruled.ruling, ruled.exit_code) == ("inconclusive", 2)


def test_a_recorded_failure_fails_again_and_a_result_that_is_gone_is_unknown() -> None:
    base = {"session_id": "s", "turn": 1, "kind": "tool", "tool_arguments": "{}"}
    recorded = world.record([
        {**base, "number": 1, "tool_name": "pay", "error": "card declined"},
        {**base, "number": 2, "tool_name": "find"},
    ])  # fmt: skip
    tools = Replay(recorded)
    assert tools("pay") == {"error": "card declined"}
    assert "no result was recorded" in tools("find")["error"]
    assert (tools.served, tools.refused) == (1, 1)


def test_an_address_that_is_guessed_answers_nothing(tmp_path: Path) -> None:
    script = tmp_path / "agent.py"
    script.write_text(
        "import json, sys\nfrom urllib import request, error\ntask = json.load(sys.stdin)\n"
        "url = task['world']['url']\nsaid = []\n"
        "for at, body in ((url.rsplit('/', 1)[0] + '/guess', b'{}'), (url, b'[1]')):\n"
        "    try:\n        request.urlopen(request.Request(at, body))\n    except error.HTTPError as e:\n        said.append(str(e.code))\n"
        "print(' '.join(said))",
        encoding="utf-8",
    )
    saved: list[Any] = []
    tried([sys.executable, str(script)], save=saved.extend)
    assert saved[0].loop.final_answer == "404 400"


@pytest.fixture
def ws(tmp_path: Path) -> wb.Workspace:
    opened = wb.open(tmp_path / "ws")
    said = [
        {"role": "user", "content": "Where is 7?"},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "find", "arguments": '{"id": 7}'}}]},
        {"role": "tool", "tool_call_id": "a", "content": "shipped"},
        {"role": "assistant", "content": "It was shipped."},
    ]  # fmt: skip
    file = tmp_path / "chats.jsonl"
    file.write_text(
        "\n".join(json.dumps({"session_id": f"s{n}", "messages": said}) for n in range(3)), encoding="utf-8"
    )
    opened.load(file)
    opened.promote(opened.sessions(), to="orders")
    return opened


def test_an_experiment_in_recorded_worlds_says_how_many_trials_left_them_and_so_does_the_comparison(
    ws: wb.Workspace,
) -> None:
    first = ws.dataset("orders").cases["case_id"][0]

    def stays(task: dict[str, Any]) -> str:
        return task["world"]("find", {"id": 7})["result"]

    def strays(task: dict[str, Any]) -> str:
        return task["world"]("find", {"id": 8 if task["case_id"] == first else 7}).get("result", "?")

    @grader(criterion="says shipped")
    def shipped(loop: AgentLoop) -> bool:
        return loop.final_answer == "shipped"

    v1 = ws.experiment(stays, "orders", graders=[shipped], name="v1", replay=True)
    v2 = ws.experiment(strays, "orders", graders=[shipped], name="v2", replay=True, trials=2)
    assert v1.outcomes["passed"].all()
    assert (v1.counted, v1.outcomes["replayed"].to_list()) == ({}, [1, 1, 1])
    assert v2.counted == {LEFT: 2, UNDECIDABLE: 2}
    kept = ws.store.database.read("trials").filter(pl.col("unrecorded") > 0)
    assert kept["case"].to_list() == [first, first]
    found = wb.compare(v1, v2)
    assert any("v2: 2 of 6 trials left the recorded world" in note for note in found.notes)
    assert any("more than 25% of their calls: those are undecidable" in note for note in found.notes)
    assert found.integrity["undecidable"].to_list() == [0, 2]
    assert found.overall.cases == 2
    with pytest.raises(InputError, match="another agent"):
        ws.experiment(stays, "orders", graders=[shipped], name="v1")
    ws.close()
