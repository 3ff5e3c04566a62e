"""Helper processes: order is kept, errors come home, whoever dies costs nothing."""

from __future__ import annotations

import math
import operator
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench._crew import Crew, shared


def test_results_come_in_the_order_of_the_jobs() -> None:
    with Crew(3) as crew:
        assert list(crew.run(math.sqrt, [float(n * n) for n in range(50)])) == [float(n) for n in range(50)]
        assert list(crew.run(operator.neg, [1])) == [-1]
        assert list(crew.run(operator.neg, [])) == []


def test_the_first_error_is_raised_in_its_place() -> None:
    with Crew(2) as crew:
        results = crew.run(math.sqrt, [4.0, 9.0, -1.0, 16.0])
        assert [next(results), next(results)] == [2.0, 3.0]
        with pytest.raises(ValueError, match="math domain"):
            next(results)
        assert list(crew.run(math.sqrt, [4.0, 4.0, 4.0])) == [2.0, 2.0, 2.0]


def test_jobs_that_break_off_raise_after_what_was_whole() -> None:
    def jobs() -> Iterator[float]:
        yield 4.0
        yield 9.0
        yield 16.0
        raise EOFError

    with Crew(2) as crew:
        for worth in (None, lambda _: False, lambda _: True):
            results = crew.run(math.sqrt, jobs(), worth=worth)
            assert [next(results) for _ in range(3)] == [2.0, 3.0, 4.0]
            with pytest.raises(EOFError):
                next(results)


def test_a_helper_that_dies_costs_no_result() -> None:
    with Crew(2) as crew:
        assert list(crew.run(math.sqrt, [1.0] * 9)) == [1.0] * 9
        for helper in crew._helpers:
            helper.kill()
        assert list(crew.run(math.sqrt, [4.0] * 9)) == [2.0] * 9
        helpers = list(crew._helpers)
    assert all(helper.poll() is not None for helper in helpers)


def test_where_no_process_can_be_started_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with Crew(4) as crew:
        assert list(crew.run(_where, range(9))) == [os.getpid()] * 9


def _where(_: int) -> int:
    return os.getpid()


def test_the_crew_of_a_process_is_kept_for_the_next_work_and_helps_one_at_a_time() -> None:
    with shared() as crew, shared() as again:
        assert crew is again
        outer = crew.run(operator.neg, range(6))
        assert next(outer) == 0
        assert list(crew.run(operator.neg, range(4))) == [0, -1, -2, -3]
        assert list(outer) == [-1, -2, -3, -4, -5]
    with shared(crew) as given, shared() as later:
        assert given is later is crew


def test_work_that_is_soon_done_is_done_here() -> None:
    with Crew(2) as crew:
        assert list(crew.run(_where, range(9), worth=lambda _: False)) == [os.getpid()] * 9
        assert crew._helpers == []


def test_what_travels_does_not_outlive_a_process_that_is_killed(tmp_path: Path) -> None:
    travels = tmp_path / "travels"
    travels.mkdir()
    (tmp_path / "slow.py").write_text("import time\ndef slow(frame):\n    time.sleep(0.2)\n    return frame\n")
    program = (
        "import polars as pl, slow\nfrom workbench._crew import Crew\n"
        "for _ in Crew(2).run(slow.slow, [pl.DataFrame({'said': ['private']})] * 500): pass"
    )
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    killed = subprocess.Popen(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": paths, "TMPDIR": str(travels)}
    )
    until = time.monotonic() + 60
    while not list(travels.glob("*/*")):
        assert time.monotonic() < until, "nothing travelled"
        time.sleep(0.05)
    killed.kill()
    killed.wait()
    while list(travels.iterdir()):
        assert time.monotonic() < until, "it lies there still"
        time.sleep(0.05)
