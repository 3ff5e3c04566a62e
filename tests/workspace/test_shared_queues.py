"""A queue on one folder: filled by rules and feedback, handed out by several processes, and taken back from a killed reader."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest

import workbench as wb
from workbench import label
from workbench.errors import InputError, UnknownNameError

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)

READER = """
import datetime as dt, json, sys
import workbench as wb
ws = wb.open(sys.argv[1])
queue = ws.queue("shared", n=12)
print("ready", flush=True)
sys.stdin.readline()
now = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
taken = []
while True:
    item = ws.next_item(queue, reviewer=sys.argv[2], now=now)
    if item is None:
        break
    taken.append(item["session_id"])
    if len(taken) == int(sys.argv[3]):
        break
    ws.save_label({"session_id": item["session_id"], "verdict": "fail"}, reviewer=sys.argv[2], queue_id=queue.queue_id)
print(json.dumps(taken), flush=True)
sys.stdin.readline()
"""


def reader(folder: Path, name: str, most: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", READER, str(folder), name, str(most)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_two_processes_never_hold_one_session_and_a_killed_reader_gives_hers_back(ws: wb.Workspace) -> None:
    queue = ws.queue("shared", n=12)
    readers = [reader(ws.store.folder, name, most) for name, most in (("ana", 3), ("ben", 99))]
    try:
        assert [line(each) for each in readers] == ["ready", "ready"]
        for each in readers:
            go(each)
        ana, ben = (json.loads(line(each)) for each in readers)
        assert not set(ana) & set(ben)
        assert len(ana) == 3
        assert set(ana) | set(ben) == set(queue.items["session_id"])
        readers[0].kill()  # she holds the last of hers
        readers[0].wait(30)
        assert ws.next_item(queue, reviewer="eve", now=NOW + dt.timedelta(minutes=29)) is None
        back = ws.next_item(queue, reviewer="eve", now=NOW + dt.timedelta(minutes=31))
        assert back is not None
        assert back["session_id"] == ana[-1]
        assert ws.next_item(queue, reviewer="ben", now=NOW + dt.timedelta(minutes=32)) is None
    finally:
        for each in readers:
            each.kill()
            each.communicate()


def test_a_saved_filter_draws_the_queue_and_is_asked_again_later(ws: wb.Workspace) -> None:
    queue = ws.queue("new release", n=4, protocol=label.Protocol(filter="agent_version = '1.5.0'"))
    held = ws.sessions().filter(agent_version="1.5.0")["session_id"].to_list()
    assert set(queue.items["session_id"]) <= set(held)
    assert queue.row["pool"].item() == len(held)
    filled = ws.fill(wb.open(ws.store.folder).queue("new release", n=4), how="rule")
    assert filled.added == len(held) - 4
    assert set(filled.rows["because"]) == {"because the rule holds: agent_version = '1.5.0'"}
    assert ws.fill(queue, how="rule").added == 0
    assert "4 were there already" in ws.fill(queue, queue.items, how="hand", because="asked for").sentence


def test_a_queue_is_filled_from_feedback_and_rules_are_conditions_on_sessions(ws: wb.Workspace) -> None:
    queue = ws.queue("first", n=2)
    down = ws.outcomes().frame.filter(feedback="down")["session_id"].to_list()
    filled = ws.fill(queue, how="feedback")
    assert set(filled.rows["target_id"]) == set(down) - set(queue.items["session_id"])
    assert set(filled.rows["component"]) == {"feedback"}
    with pytest.raises(UnknownNameError, match="did you mean 'agent_version'"):
        ws.fill(queue, how="rule", where="agent_verson = '1.5.0'")
    for condition in ("__import__('os')", "read_csv('x') = 1", "COUNT(*) > 1", "errors +"):
        with pytest.raises(InputError):
            ws.fill(queue, how="rule", where=condition)
    with pytest.raises(InputError, match="which sessions are meant"):
        ws.fill(queue, how="rule")
    with pytest.raises(InputError, match="say in one line why"):
        ws.fill(queue, down, how="cluster")


def test_filling_says_which_sessions_serve_another_purpose(ws: wb.Workspace) -> None:
    align = ws.queue("align", n=5, protocol=label.Protocol(purpose="align"))
    queue = ws.queue("dataset", n=2)
    filled = ws.fill(queue, align.items, because="a customer called")
    assert filled.notes[0].startswith(f"{filled.added} of them were drawn for 'align' in 'align' too")


def test_an_informed_queue_draws_more_while_it_is_read_and_run_all_draws_nothing_again(ws: wb.Workspace) -> None:
    queue = ws.queue("next", n=10, ahead=3, informed=True)
    read: list[str] = []
    for _ in range(10):
        item = ws.next_item(queue, reviewer="ana")
        assert item is not None
        read.append(item["session_id"])
        ws.save_label({"session_id": read[-1], "verdict": "fail" if len(read) % 2 else "pass"}, reviewer="ana")
        assert ws.store.database.count("draws") == min(10, len(read) + 2)
    assert ws.next_item(queue, reviewer="ana") is None
    held = wb.open(ws.store.folder).queue("next", n=10, ahead=3, informed=True)
    assert (held.items["session_id"].to_list(), held.added.height) == (read, 0)
