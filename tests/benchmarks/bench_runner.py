"""What the runner adds to trials that take no time, with every trial on disk; beside it Inspect AI, where its Python is named.

Run it:  python tests/benchmarks/bench_runner.py [--trials 5000] [--concurrency 64] [--inspect /path/to/venv/bin/python]
         python tests/benchmarks/bench_runner.py --memory 100000

Both run a function that answers at once on the same number of cases, four times each, grade it, and leave their records on disk: here
in a workspace, there in a log. Both are warm and take turns. Figures are medians; machines are noisy, so believe the ratio.
`--memory` prints how the process grows while it runs that many trials.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import workbench as wb  # noqa: E402
from workbench import dataset, experiment  # noqa: E402
from workbench.evidence import AgentLoop  # noqa: E402
from workbench.grade import grader  # noqa: E402

REPEATS = 4

PEER = """
import sys, tempfile, time
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Score, accuracy, scorer
from inspect_ai.solver import solver

@solver
def echo():
    async def solve(state, generate):
        state.output = ModelOutput.from_content("none", state.input_text)
        return state
    return solve

@scorer(metrics=[accuracy()])
def answers():
    async def score(state, target):
        return Score(value=1 if state.output.completion else 0)
    return score

def run(cases, repeats, at_once):
    samples = [Sample(id=f"c{n}", input=f"Question {n}") for n in range(cases)]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        log = eval(Task(dataset=samples, solver=echo(), scorer=answers(), epochs=repeats), model="mockllm/model",
                   max_samples=at_once, display="none", log_dir=folder)[0]
        assert log.status == "success"
    return time.perf_counter() - began

cases, repeats, at_once = map(int, sys.argv[1:])
run(10, 1, at_once)
print(run(cases, repeats, at_once))
"""


@grader(criterion="the agent answers")
def answers(loop: AgentLoop) -> bool:
    return bool(loop.final_answer)


def echo(task: dict[str, Any]) -> str:
    return task["input"]


async def echo_async(task: dict[str, Any]) -> str:
    return task["input"]


def made(ws: wb.Workspace, cases: int) -> None:
    """A dataset of that many cases, kept in the workspace."""
    rows = pl.DataFrame({"session_id": [f"s{n}" for n in range(cases)]})
    steps = [
        {"session_id": f"s{n}", "number": 1, "turn": 1, "kind": "user", "text": f"Question {n}", "trace_id": "t"}
        for n in range(cases)
    ]
    import datetime as dt

    promoted = dataset.promote(
        rows, steps, rows, to="bench", record=wb.world.record, now=dt.datetime.now(dt.UTC), author="bench"
    )
    for world in promoted.worlds.values():
        ws.store.blobs.put(world)
    ws.store.database.append("cases", promoted.cases)
    ws.store.database.append("dataset_versions", promoted.version)


def ours(cases: int, at_once: int, agent: Any) -> float:
    with tempfile.TemporaryDirectory() as folder:
        ws = wb.open(folder)
        made(ws, cases)
        began = time.perf_counter()
        found = ws.experiment(agent, "bench", graders=[answers], name="bench", trials=REPEATS, concurrency=at_once)
        took = time.perf_counter() - began
        assert found.outcomes.height == cases * REPEATS
        ws.close()
    return took


def peer(python: str, cases: int, at_once: int) -> float:
    words = [python, "-c", PEER, str(cases), str(REPEATS), str(at_once)]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[-1])


def peak() -> float:
    """The most that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory(trials: int, at_once: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ws = wb.open(folder)
        from workbench.workspace._trials import Keeper

        keeper = Keeper(ws.store, "e", [answers], {})
        cases = experiment.cases_of([{"case_id": f"c{n}", "input": f"Question {n}"} for n in range(1000)])
        running = experiment.stream(
            experiment.agent_of(echo), cases, graders=[answers], trials=trials // 1000, concurrency=at_once
        )
        done, tenth = 0, trials // 10
        with closing(running):
            for lot in running:
                keeper.save(lot)
                if (done + len(lot)) // tenth > done // tenth:
                    print(f"{done + len(lot):>9,} trials on disk: peak {peak():.0f} MB")
                done += len(lot)
        ws.close()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--trials", type=int, default=5_000)
    options.add_argument("--concurrency", type=int, default=64)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--inspect", help="a Python that has inspect-ai")
    options.add_argument("--memory", type=int, help="print memory over this many trials instead")
    asked = options.parse_args()
    if asked.memory:
        memory(asked.memory, asked.concurrency)
        return
    cases = asked.trials // REPEATS
    ours(10, asked.concurrency, echo)
    taken: dict[str, list[float]] = {"workbench, function": [], "workbench, async function": [], "inspect-ai": []}
    for _ in range(asked.runs):
        taken["workbench, function"].append(ours(cases, asked.concurrency, echo))
        taken["workbench, async function"].append(ours(cases, asked.concurrency, echo_async))
        if asked.inspect:
            taken["inspect-ai"].append(peer(asked.inspect, cases, asked.concurrency))
    print(f"{cases * REPEATS:,} trials at concurrency {asked.concurrency}, every one graded and on disk")
    against = statistics.median(taken["inspect-ai"]) if asked.inspect else None
    for name, seconds in taken.items():
        if seconds:
            middle = statistics.median(seconds)
            ratio = f"   {middle / against:.2f} of inspect-ai" if against else ""
            print(f"  {name:<28}{middle:7.2f} s   {middle / cases / REPEATS * 1e6:7.0f} µs a trial{ratio}")


if __name__ == "__main__":
    main()
