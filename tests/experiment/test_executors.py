"""Agents on other processes and machines: nothing is lost and nothing is there twice when workers die, hang, or raise what nobody can read."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench import experiment
from workbench.errors import InfrastructureError, InputError
from workbench.evidence import AgentLoop
from workbench.experiment import Trial
from workbench.grade import grader


@grader(criterion="the agent answers")
def answers(loop: AgentLoop) -> bool:
    return bool(loop.final_answer)


def cases(n: int) -> pl.DataFrame:
    return pl.DataFrame({"case_id": [f"c{i}" for i in range(n)], "input": [f"c{i}" for i in range(n)]})


POOLS = partial(ProcessPoolExecutor, 2, mp_context=multiprocessing.get_context("spawn"))


def dies_once(task: dict[str, Any], *, folder: str) -> str:
    mark = Path(folder) / "died"
    if task["input"] == "c3" and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task["input"]


def dies_always(task: dict[str, Any]) -> str:
    if task["input"] == "c3":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    return task["input"]


class OddError(Exception):
    """Cannot be made again of what it was pickled as."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def odd(task: dict[str, Any]) -> Any:
    if task["input"] == "c0":
        raise OddError("no", "order")
    if task["input"] == "c1":
        return {"output": threading.Lock()}
    if task["input"] == "c2":
        raise InfrastructureError("quota", retry_after=0)
    if task["input"] == "c3":
        raise SystemExit(3)
    return task["input"]


def slow(task: dict[str, Any]) -> str:
    time.sleep(8 if task["input"] in {"c0", "c1"} else 0)
    return task["input"]


def test_an_executor_whose_worker_is_killed_is_made_again_and_nothing_is_lost(tmp_path: Path) -> None:
    agent = partial(dies_once, folder=str(tmp_path))
    saved: list[Trial] = []
    made = experiment.run(agent, cases(12), graders=[answers], executor=POOLS, retries=0, save=saved.extend)
    assert made.outcomes["status"].to_list() == ["completed"] * 12
    assert Counter(each.case for each in saved) == Counter(f"c{i}" for i in range(12))


def test_a_trial_that_ends_its_worker_every_time_is_errored_and_takes_no_other_with_it() -> None:
    made = experiment.run(dies_always, cases(10), graders=[answers], executor=POOLS, retries=0)
    ended = dict(made.outcomes.select("case", "status").rows())
    assert ended == {f"c{i}": "errored" if i == 3 else "completed" for i in range(10)}
    assert "ended the process" in made.outcomes.filter(case="c3")["error"][0]


def test_a_broken_executor_that_was_handed_in_ends_the_run_and_keeps_what_there_is(tmp_path: Path) -> None:
    agent = partial(dies_once, folder=str(tmp_path))
    saved: list[Trial] = []
    with POOLS() as pool, pytest.raises(InfrastructureError, match="hand in a function that makes it"):
        experiment.run(agent, cases(12), graders=[answers], executor=pool, concurrency=1, save=saved.extend)
    assert [each.case for each in saved] == ["c0", "c1", "c2"]
    made = experiment.run(agent, cases(12), graders=[answers], executor=POOLS, done=saved)
    assert made.outcomes["case"].n_unique() == made.outcomes.height == 12


def test_what_an_agent_raises_or_returns_elsewhere_is_its_result_and_harms_no_worker() -> None:
    made = experiment.run(odd, cases(6), graders=[answers], executor=POOLS, retries=1)
    said = dict(made.outcomes.select("case", "error").rows())
    assert said["c0"] == "OddError: no order"
    assert said["c1"].startswith("the agent returned a dict that JSON cannot hold")
    assert said["c2"] == "InfrastructureError: quota"
    assert said["c3"] == "SystemExit: 3"
    assert [said["c4"], said["c5"]] == [None, None]


def test_an_answer_that_takes_too_long_elsewhere_frees_its_worker_and_waiting_for_one_is_no_answers_time() -> None:
    began = time.monotonic()
    made = experiment.run(slow, cases(8), graders=[answers], executor=POOLS, timeout=1.0, concurrency=8)
    ended = dict(made.outcomes.select("case", "status").rows())
    assert ended == {f"c{i}": "errored" if i < 2 else "completed" for i in range(8)}
    assert time.monotonic() - began < 25


def test_threads_of_ones_own_share_what_the_agent_holds() -> None:
    lock, seen = threading.Lock(), list[str]()

    def agent(task: dict[str, Any]) -> str:
        with lock:
            seen.append(task["input"])
        return task["input"]

    with ThreadPoolExecutor(3) as pool:
        made = experiment.run(agent, cases(9), graders=[answers], executor=pool)
    assert made.outcomes["status"].unique().to_list() == ["completed"]
    assert sorted(seen) == [f"c{i}" for i in range(9)]


def test_an_agent_that_cannot_travel_is_refused_with_what_to_do() -> None:
    lock = threading.Lock()
    with pytest.raises(InputError, match="cannot travel to another process"):
        experiment.run(lambda task: f"{task['input']}{lock}", cases(2), graders=[answers], executor=POOLS)


def noted(task: dict[str, Any], *, folder: str) -> str:
    """Says which worker it runs in, and takes a moment."""
    (Path(folder) / f"{task['case_id']}-{os.getpid()}").touch()
    time.sleep(0.05)
    return task["input"]


@pytest.fixture
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as made,
        distributed.Client(made) as client,
    ):
        yield client


def test_on_a_cluster_whose_worker_is_killed_in_the_middle_every_trial_is_there_once(
    cluster: Any, tmp_path: Path
) -> None:
    pids = list(cluster.run(os.getpid).values())
    saved: list[Trial] = []

    def save(lot: list[Trial]) -> None:
        if len(saved) < 10 <= len(saved) + len(lot):
            os.kill(pids[0], signal.SIGKILL)
        saved.extend(lot)

    executor: Executor = cluster.get_executor()
    agent = partial(noted, folder=str(tmp_path))
    made = experiment.run(agent, cases(30), graders=[answers], executor=executor, concurrency=4, save=save)
    assert made.outcomes["status"].to_list() == ["completed"] * 30
    assert Counter(each.case for each in saved) == Counter(f"c{i}" for i in range(30))
    assert {int(mark.name.rpartition("-")[2]) for mark in tmp_path.iterdir()} >= set(pids)
    assert 30 <= len(list(tmp_path.iterdir())) <= 34  # only what was under way ran twice
