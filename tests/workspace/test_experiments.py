"""Experiments in a workspace: on disk as they come, gone on with after a kill, the same again when executed again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import workbench as wb
from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.evidence import AgentLoop
from workbench.grade import Truth, grader

ROOT = Path(__file__).parents[2]
SEEDS = range(1, 1 + int(os.environ.get("WORKBENCH_KILLS", "3")))  # many more in `make campaign`


@grader(criterion="the agent answers in a sentence")
def in_a_sentence(loop: AgentLoop) -> bool:
    return (loop.final_answer or "").endswith(".")


@grader(criterion="the agent says what is expected")
def as_expected(loop: AgentLoop, truth: Truth) -> bool:
    return loop.final_answer == truth.expected_output


def fine(task: dict[str, Any]) -> dict[str, Any]:
    return {"output": f"You said: {task['input'][:20]}.", "cost": 0.01, "input_tokens": 5, "output_tokens": 2}


@pytest.fixture
def ready(ws: wb.Workspace) -> wb.Workspace:
    ids = ws.sessions()["session_id"].head(12)
    labels = pl.DataFrame({
        "session_id": ids,
        "failure_mode": ["late", "rude", "late"] * 4,
        "expected_output": ["Yes."] * 6 + [None] * 6,
    })  # fmt: skip
    ws.promote(labels, to="mixed")
    return ws


def test_an_experiment_is_kept_and_returned_when_it_is_executed_again(ready: wb.Workspace) -> None:
    asked: list[str] = []

    def agent(task: dict[str, Any]) -> dict[str, Any]:
        asked.append(task["case_id"])
        return fine(task)

    options: dict[str, Any] = {"graders": [in_a_sentence, as_expected], "name": "v1", "trials": 2}
    first = ready.experiment(agent, "mixed", hypothesis="answers in sentences", variant={"model": "m-1"}, **options)
    assert len(asked) == 24
    again = ready.experiment(agent, ready.dataset("mixed"), variant={"model": "m-1"}, **options)
    assert len(asked) == 24
    assert again.fingerprint == first.fingerprint
    rows = first.outcomes
    assert rows.filter(grader="in_a_sentence")["passed"].all()
    assert Counter(rows.filter(grader="as_expected")["status"].to_list()) == {"completed": 12, "inapplicable": 12}
    assert rows["input_tokens"].unique().to_list() == [5]
    assert {"mode", "channel", "agent_version", "weight"} <= set(first.cases.columns)
    listed = ready.experiments().row(0, named=True)
    assert (listed["name"], listed["cases"], listed["trials"], listed["hypothesis"]) == (
        "v1",
        12,
        24,
        "answers in sentences",
    )
    assert listed["cost"] == pytest.approx(0.24)
    more = ready.experiment(agent, "mixed", variant={"model": "m-1"}, **(options | {"trials": 3}))
    assert (len(asked), more.outcomes["trial"].max()) == (36, 2)


def test_every_trial_opens_its_conversation(ready: wb.Workspace) -> None:
    made = ready.experiment(fine, "mixed", graders=[in_a_sentence], name="v1")
    row = made.outcomes.row(0, named=True)
    loop = ready.session(row["session_id"])
    assert loop.final_answer is not None
    assert loop.final_answer.startswith("You said")
    case = ready.dataset("mixed").cases.filter(case_id=row["case"]).row(0, named=True)
    assert loop.user_messages[-1] == case["input"]
    with pytest.raises(UnknownNameError):
        ready.session(row["session_id"][:-3])


def test_another_agent_dataset_or_grader_needs_another_name(ready: wb.Workspace) -> None:
    ready.experiment(fine, "mixed", graders=[in_a_sentence], name="v1")
    with pytest.raises(InputError, match=r"'v1' exists with another agent .* choose another name"):
        ready.experiment(lambda task: task["input"], "mixed", graders=[in_a_sentence], name="v1")
    with pytest.raises(InputError, match="another agent"):
        ready.experiment(fine, "mixed", graders=[in_a_sentence], name="v1", variant={"model": "m-2"})
    with pytest.raises(InputError, match=r"grader 'as_expected' \(none, now 1"):
        ready.experiment(fine, "mixed", graders=[in_a_sentence, as_expected], name="v1")
    with pytest.raises(InputError, match="another selection of cases"):
        ready.experiment(fine, "mixed", graders=[in_a_sentence], name="v1", cases=pl.col("mode") == "late")
    ready.promote(ready.sessions().tail(1), to="mixed")
    with pytest.raises(InputError, match="another dataset"):
        ready.experiment(fine, "mixed", graders=[in_a_sentence], name="v1")


def test_what_ended_in_an_error_is_tried_anew_only_when_asked(ready: wb.Workspace, tmp_path: Path) -> None:
    down = tmp_path / "down"
    down.touch()

    def agent(task: dict[str, Any]) -> Any:
        return None if down.exists() and task["case_id"] < "8" else fine(task)

    options: dict[str, Any] = {"graders": [in_a_sentence], "name": "v1"}
    first = ready.experiment(agent, "mixed", **options)
    errored = first.outcomes.filter(status="errored").height
    assert errored > 0
    down.unlink()
    assert ready.experiment(agent, "mixed", **options).outcomes.filter(status="errored").height == errored
    repaired = ready.experiment(agent, "mixed", again=True, **options)
    assert repaired.outcomes["status"].to_list() == ["completed"] * 12
    assert ready.store.database.count("trials") == 12 + errored  # the earlier rows stay


def test_a_run_on_a_part_says_what_it_cannot_see(ready: wb.Workspace) -> None:
    part = ready.experiment(fine, "mixed", graders=[in_a_sentence], name="part", cases=pl.col("mode") == "late")
    assert part.metadata["partial"].startswith("8 of 12 cases of 'mixed' version 1 were tried")
    assert "no case of mode rude" in part.metadata["partial"]
    assert ready.experiments()["partial"].to_list() == [True]
    other = ready.experiment(fine, "mixed", graders=[in_a_sentence], name="other", cases=pl.col("mode") == "late")
    notes = wb.compare(part, other, by="mode").notes
    assert any("no case of mode rude" in note for note in notes)
    with pytest.raises(EmptyError, match="fits the selection"):
        ready.experiment(fine, "mixed", graders=[in_a_sentence], name="none", cases=pl.col("mode") == "?")


def test_two_arms_are_found_by_name_and_compared(ready: wb.Workspace) -> None:
    ready.experiment(fine, "mixed", graders=[in_a_sentence], name="v1", trials=2)
    ready.experiment(lambda task: task["input"] + "?", "mixed", graders=[in_a_sentence], name="v2", trials=2)
    found = wb.compare(ready.arm("v1"), ready.arm("v2"), by=["mode", "channel"])
    assert found.verdict == "worse"
    with pytest.raises(UnknownNameError, match="no experiment or release named"):
        ready.arm("v11")


def test_a_comparison_says_what_changed_between_the_variants(ready: wb.Workspace) -> None:
    options: dict[str, Any] = {"graders": [in_a_sentence], "trials": 2}
    ready.experiment(fine, "mixed", name="v1", variant={"model": "m-1", "prompt": "p-7"}, **options)
    ready.experiment(fine, "mixed", name="v2", variant={"model": "m-2", "prompt": "p-7"}, **options)
    ready.experiment(lambda task: task["input"] + ".", "mixed", name="v3", variant={"prompt": "p-7"}, **options)
    ready.experiment(fine, "mixed", name="v1 again", variant={"model": "m-1", "prompt": "p-7"}, **options)
    notes = {name: wb.compare(ready.arm("v1"), ready.arm(name)).notes[0] for name in ("v2", "v3", "v1 again")}
    assert notes["v2"] == "What changed from v1 to v2: model m-1 → m-2."
    assert "agent fine → <lambda>; model m-1 → not told; fingerprint " in notes["v3"]
    assert notes["v1 again"].startswith("v1 and v1 again tried the same agent (fingerprint ")
    assert "model m-1, prompt p-7" in notes["v1 again"]


def test_a_refused_call_leaves_the_name_free(ready: wb.Workspace) -> None:
    for wrong in ({"graders": []}, {"graders": [in_a_sentence], "trials": 0}, {"graders": [fine]}):
        with pytest.raises(InputError):
            ready.experiment(fine, "mixed", name="v1", **wrong)
    assert ready.experiments().height == 0
    assert ready.experiment(fine, "mixed", graders=[in_a_sentence], name="v1").outcomes.height == 12


def test_a_fix_that_breaks_another_mode_is_caught_on_the_full_set_and_a_part_says_what_it_cannot_see(
    ws: wb.Workspace, tmp_path: Path
) -> None:
    ids = ws.sessions()["session_id"].head(120)
    made = ws.promote(pl.DataFrame({"session_id": ids, "failure_mode": ["late", "rude", "loop"] * 40}), to="story")
    modes = dict(made.attributes.select("case_id", "mode").rows())

    def version(broken: dict[str, int]) -> Any:
        """An agent that fails some of every ten cases of a mode."""
        fails = {case for case, mode in modes.items() if int(case[:6], 16) % 10 < broken[mode]}
        return lambda task: "no" if task["case_id"] in fails else "Fine."

    options: dict[str, Any] = {"graders": [in_a_sentence], "trials": 2}
    before, after = version({"late": 7, "rude": 3, "loop": 3}), version({"late": 0, "rude": 3, "loop": 9})
    part = pl.col("mode") == "late"
    ws.experiment(before, made, name="v1", hypothesis="where we are", **options)
    ws.experiment(after, made, name="v2", hypothesis="late is fixed, nothing else changes", **options)
    ws.experiment(before, made, name="v1 late", cases=part, **options)
    ws.experiment(after, made, name="v2 late", cases=part, **options)
    policy = tmp_path / "gate.toml"
    policy.write_text('margin = 0.05\nsegments = ["mode"]\n', encoding="utf-8")
    whole = ws.gate(policy, baseline="v1", candidate="v2")
    assert (whole.ruling, whole.rules[0].name) == ("fail", "mode = loop")
    quick = ws.gate(policy, baseline="v1 late", candidate="v2 late")
    assert quick.comparison.verdict == "better"
    assert quick.ruling == "inconclusive"
    assert "40 of 120 cases of 'story' version 1 were tried" in quick.sentence
    assert "no case of mode loop, rude" in quick.sentence
    told = ws.history("story")
    assert told.runs["changed"].to_list() == [None, "agent", "agent, cases", "agent"]
    assert "The last full run was v2" in told.sentence
    assert any(path.name == "gate.md" for path in _written(whole, tmp_path))
    assert "late is fixed, nothing else changes" in (tmp_path / "gate.md").read_text(encoding="utf-8")


def _written(result: Any, folder: Path) -> list[Path]:
    result.write(markdown=folder / "gate.md")
    return list(folder.iterdir())


CHILD = """
import sys, time
sys.path.insert(0, {root!r})
import polars as pl
import workbench as wb
from workbench import dataset
from workbench.grade import grader

@grader(criterion="answers")
def answers(loop):
    return bool(loop.final_answer)

def agent(task):
    with open({log!r}, "a") as file:
        file.write(task["case_id"] + "\\n")
    time.sleep(0.002)
    return "Fine."

ws = wb.open({folder!r})
print("ready", flush=True)
made = ws.experiment(agent, "mixed", graders=[answers], name="killed", trials=25, concurrency=4)
print("done", made.counted, flush=True)
"""


def killed_and_gone_on_with(ready: wb.Workspace, tmp_path: Path, *, kills: int, seed: int) -> None:
    """Kill the process again and again; in the end every trial is there once, and no more than were under way ran twice."""
    log, chance = tmp_path / "asked.log", random.Random(seed)
    folder = ready.store.folder
    ready.close()
    (tmp_path / "child.py").write_text(CHILD.format(root=str(ROOT), log=str(log), folder=str(folder)), encoding="utf-8")
    out = ""
    for attempt in range(kills + 1):
        child = subprocess.Popen([sys.executable, str(tmp_path / "child.py")], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        if attempt < kills:
            time.sleep(chance.uniform(0.02, 0.25))
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            child.stdout.close()
        else:
            out = child.communicate(timeout=120)[0]
    assert out.startswith("done")
    opened = wb.open(folder)
    trials = opened.store.database.read("trials")
    assert trials.height == 12 * 25
    assert trials.select("case", "trial").n_unique() == 12 * 25
    results = opened.store.database.read("results")
    assert results["trial_id"].sort().to_list() == trials["trial_id"].sort().to_list()
    twice = len(log.read_text(encoding="utf-8").splitlines()) - 12 * 25
    assert 0 <= twice <= kills * 4
    again = opened.executed("killed").counted
    assert sum(again.values()) <= kills * 4
    assert sum(again.values()) >= (1 if twice else 0)
    opened.close()


def test_after_a_kill_every_finished_trial_is_there_once_and_only_those_under_way_run_again(
    ready: wb.Workspace, tmp_path: Path
) -> None:
    killed_and_gone_on_with(ready, tmp_path, kills=3, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_after_many_kills(ready: wb.Workspace, tmp_path: Path, seed: int) -> None:
    killed_and_gone_on_with(ready, tmp_path, kills=6, seed=seed)


def test_an_interrupt_keeps_what_there_is(ready: wb.Workspace) -> None:
    asked: list[str] = []

    def agent(task: dict[str, Any]) -> Any:
        asked.append(task["case_id"])
        if len(asked) == 6:
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.01)
        return fine(task)

    options: dict[str, Any] = {"graders": [in_a_sentence], "name": "stopped", "concurrency": 2, "trials": 3}
    with pytest.raises(KeyboardInterrupt):
        ready.experiment(agent, "mixed", **options)
    kept = ready.store.database.count("trials")
    assert 3 <= kept < 36
    made = ready.experiment(agent, "mixed", **options)
    assert made.outcomes.height == 36
    assert len(asked) <= 36 + 2 + 1


def test_the_story_as_it_is_written_runs_by_mode_and_difficulty_and_a_targeted_run_says_what_it_cannot_see(
    ws: wb.Workspace,
) -> None:
    """A change made for 'wrong order' fixes it and breaks the hard cases of 'late': the overall number still goes up."""
    ids = ws.sessions()["session_id"].head(160)
    chosen = pl.DataFrame(
        {
            "session_id": ids,
            "failure_mode": ["wrong order", "late"] * 80,
            "difficulty": ["easy", "easy", "hard", "hard"] * 40,
        }
    )
    refunds = ws.promote(chosen, to="refunds", attributes=["difficulty"])
    kinds = {row["case_id"]: (row["mode"], row["difficulty"]) for row in refunds.attributes.iter_rows(named=True)}

    def agent_v1(task: dict[str, Any]) -> str:
        mode, _ = kinds[task["case_id"]]
        return '"wrong"' if mode == "wrong order" and int(task["case_id"][:6], 16) % 10 < 8 else '"right"'

    def agent_v2(task: dict[str, Any]) -> str:
        return (
            '"wrong"'
            if kinds[task["case_id"]] == ("late", "hard") and int(task["case_id"][:6], 16) % 10 < 7
            else '"right"'
        )

    @wb.grader(criterion="the refund goes to the right order")
    def refund_is_right(loop: AgentLoop) -> bool:
        return loop.final_answer == '"right"'

    graders = [refund_is_right, wb.graders.json_valid]
    v1 = ws.experiment(agent_v1, refunds, graders=graders, trials=4, name="v1")
    v2 = ws.experiment(
        agent_v2, refunds, graders=graders, trials=4, name="v2", hypothesis="fixes 'wrong order', harms nothing"
    )
    found = wb.compare(baseline=v1, candidate=v2, by=["mode", "difficulty"], margin=0.02)
    assert found.verdict == "better"
    assert "But it is worse for" in found.sentence
    assert "mode = late" in found.sentence
    told = {(row["by"], row["segment"]): row["verdict"] for row in found.segments.iter_rows(named=True)}
    assert told["mode", "wrong order"] == "better"
    assert told["mode", "late"] == "worse"
    part = pl.col("mode") == "wrong order"
    targeted = [
        ws.experiment(agent, refunds, graders=graders, trials=4, name=name, cases=part)
        for agent, name in ((agent_v1, "v1 part"), (agent_v2, "v2 part"))
    ]
    blind = wb.compare(baseline=targeted[0], candidate=targeted[1], by=["mode", "difficulty"], margin=0.02)
    assert blind.verdict == "better"
    assert "worse" not in blind.sentence
    assert any("80 of 160 cases" in note and "no case of mode late" in note for note in blind.notes)
