"""Embedding and assigning on other processes: nothing is lost when workers die, and the numbers are those of this process."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench.cluster import Embedder, Views, _assign, _embed, cluster
from workbench.cluster._spread import spread
from workbench.errors import InfrastructureError

POOL = partial(ProcessPoolExecutor, 2, mp_context=multiprocessing.get_context("spawn"))


def square(number: int, folder: str = "") -> int:
    """Its worker is killed at 3, the first time where there is a folder to remember that in, else always."""
    mark = Path(folder) / "died"
    if number == 3 and not (folder and mark.exists()):
        if folder:
            mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number**2


def refuse(number: int) -> int:
    msg = f"no {number}"
    raise ValueError(msg)


def test_a_killed_worker_takes_nothing_with_it(tmp_path: Path) -> None:
    made: list[Executor] = []

    def make() -> Executor:
        made.append(POOL())
        return made[-1]

    found = dict(spread(square, [(number, str(tmp_path)) for number in range(8)], make))
    assert found == {number: number**2 for number in range(8)}
    assert len(made) == 2


def test_executors_that_take_no_work_are_not_made_for_ever() -> None:
    closed = ThreadPoolExecutor(1)
    closed.shutdown()
    with pytest.raises(InfrastructureError, match="3 executors in a row took no work"):
        list(spread(square, [(1,)], lambda: closed))


def test_an_executor_that_broke_and_was_handed_in_is_told_so(tmp_path: Path) -> None:
    with POOL() as pool, pytest.raises(InfrastructureError, match="hand in a function that makes it"):
        list(spread(square, [(number, str(tmp_path)) for number in range(8)], pool))


def test_work_that_ends_every_worker_is_given_up() -> None:
    with pytest.raises(InfrastructureError, match="workers died 3 times"):
        list(spread(square, [(3,)], POOL))


def test_what_the_work_raises_is_raised_and_an_executor_handed_in_goes_on() -> None:
    with ThreadPoolExecutor(2) as pool:
        with pytest.raises(ValueError, match="no 1"):
            list(spread(refuse, [(1,)], pool))
        with closing(spread(square, [(1,), (2,), (4,)], pool)) as some:
            next(some)
        assert pool.submit(square, 5).result() == 25


def kinds(n: int, *, seed: int) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    said = [
        "the tool timed out and was told as done",
        "asked again for a number that was given",
        "an outdated policy was quoted",
    ]
    words = ["kettle", "sofa", "phone", "ticket", "lamp"]
    return pl.DataFrame(
        {"session_id": f"{seed}-{i}", "text": f"{said[i % 3]}, {words[random.integers(5)]} {words[random.integers(5)]}"}
        for i in range(n)
    )


def test_sessions_are_assigned_on_other_processes_as_they_are_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_assign, "_AT_ONCE", 7)
    modes = cluster(kinds(60, seed=1), views=Views(0, 1, 1))
    new = kinds(25, seed=2)
    with POOL() as pool:
        there = modes.assign(new, executor=pool)
    assert there.frame.equals(modes.assign(new).frame)
    assert there["mode"].null_count() == 0


@pytest.fixture
def sentences(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(_embed, "_CHUNK", 8)
    return [f"The refund of order {i} went to the wrong card, and the agent said it was done." for i in range(40)]


@pytest.mark.slow
def test_texts_are_embedded_on_other_processes_as_they_are_here(sentences: list[str]) -> None:
    told: list[tuple[int, int]] = []
    with POOL() as pool:
        there = Embedder(backend="fp32", executor=pool)(sentences, progress=lambda done, of: told.append((done, of)))
    here = Embedder(backend="fp32")(sentences)
    assert np.allclose(there, here, atol=1e-5)
    assert told[0] == (0, 40)
    assert told[-1] == (40, 40)


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=str(tmp_path)
        ) as workers,
        distributed.Client(workers) as client,
    ):
        yield client


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_dask_worker_killed_in_the_middle_costs_no_text(dask: Any, sentences: list[str]) -> None:
    pids = list(dask.run(os.getpid).values())
    killed: list[int] = []

    def kill(done: int, of: int) -> None:
        if 0 < done < of and not killed:
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)

    with dask.get_executor() as executor:
        there = Embedder(backend="fp32", executor=executor)(sentences, progress=kill)
    assert killed
    assert np.allclose(there, Embedder(backend="fp32")(sentences), atol=1e-5)
