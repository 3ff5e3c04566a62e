"""The gate: fails on what is shown, passes on what is ruled out, and says so when it cannot tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom
from simulations import FACTOR

from workbench.errors import InputError, UnknownNameError
from workbench.experiment import Experiment, Policy, compare, gate, read_policy, to_junit, to_markdown

ROOT = Path(__file__).parents[2]
MODES = ("wrong order", "late", "rude", "loop")


def arm(
    name: str, rates: dict[str, float], *, cases: int = 240, trials: int = 4, seed: int = 0, **about: Any
) -> Experiment:
    """An agent that passes cases of each mode at a rate."""
    chance = np.random.default_rng(seed)
    rows = [
        {"case": f"c{i}", "trial": t, "grader": "right", "passed": bool(chance.random() < rates[MODES[i % 4]])}
        for i in range(cases)
        for t in range(trials)
    ]
    attributes = pl.DataFrame({"case": [f"c{i}" for i in range(cases)], "mode": [MODES[i % 4] for i in range(cases)]})
    return Experiment(name, pl.DataFrame(rows), attributes, about)


FLAT = dict.fromkeys(MODES, 0.7)
STORY = {"wrong order": 0.97, "late": 0.7, "rude": 0.7, "loop": 0.35}


def ruled(baseline: Experiment, candidate: Experiment, policy: Policy) -> Any:
    return gate(compare(baseline, candidate, by=policy.segments, margin=policy.margin), policy)


def test_a_change_that_helps_the_targeted_cases_and_hurts_others_is_caught_on_the_full_set_and_named() -> None:
    result = ruled(arm("v1", FLAT), arm("v2", STORY, seed=1), Policy(margin=0.05, segments=("mode",)))
    assert (result.ruling, result.exit_code) == ("fail", 1)
    assert [rule.name for rule in result.rules if rule.ruling == "fail"] == ["mode = loop"]
    assert "mode = loop is worse by" in result.sentence


def test_the_same_change_on_the_targeted_cases_alone_is_no_pass_and_says_what_it_cannot_see() -> None:
    whole = "'refunds' version 1"
    part = (
        f"60 of 240 cases of {whole} were tried, so nothing is said of the other 180: no case of mode late, loop, rude."
    )
    arms = []
    for seed, (name, rates) in enumerate((("v1", FLAT), ("v2", STORY))):
        made = arm(name, rates, seed=seed, partial=part)
        kept = made.cases.filter(mode="wrong order")
        arms.append(Experiment(name, made.outcomes.join(kept, on="case", how="semi"), kept, made.metadata))
    result = ruled(arms[0], arms[1], Policy(margin=0.05, segments=("mode",)))
    assert (result.ruling, result.exit_code) == ("inconclusive", 2)
    assert "no case of mode late, loop, rude" in result.sentence
    assert result.comparison.verdict == "better"
    assert any(part in note for note in result.comparison.notes)
    allowed = ruled(arms[0], arms[1], Policy(margin=0.05, segments=("mode",), full_set=False))
    assert allowed.ruling == "pass"


def test_one_agent_against_itself_passes_when_the_cases_can_show_it_and_is_open_when_they_cannot() -> None:
    enough = ruled(
        arm("v1", FLAT, cases=400, trials=8), arm("v2", FLAT, cases=400, trials=8, seed=1), Policy(margin=0.05)
    )
    assert enough.ruling == "pass"
    few = ruled(arm("v1", FLAT, cases=40), arm("v2", FLAT, cases=40, seed=1), Policy(margin=0.02))
    assert few.ruling == "inconclusive"
    assert "more cases" in few.sentence or "cases can see" in few.sentence


def test_too_few_cases_lost_trials_and_other_graders_are_open_not_failed() -> None:
    tiny = ruled(arm("v1", FLAT, cases=8), arm("v2", FLAT, cases=8), Policy(margin=0.05, minimum_cases=30))
    assert "policy asks for 30: add 22 cases or more" in tiny.sentence
    lost = arm("v2", FLAT, seed=1)
    errored = lost.outcomes.with_row_index("i").with_columns(
        pl.when(pl.col("i") % 10 == 0).then(pl.lit("errored")).otherwise(pl.lit("completed")).alias("status")
    )
    result = ruled(arm("v1", FLAT), Experiment("v2", errored.drop("i"), lost.cases), Policy(margin=0.2))
    assert "96 of 960 trials of v2 have no outcome" in result.sentence
    graders = ({"right": "1 (aa)"}, {"right": "2 (bb)"})
    arms = [arm(f"v{i}", FLAT, seed=i, graders=each) for i, each in enumerate(graders)]
    assert "right changed between the arms" in ruled(arms[0], arms[1], Policy(margin=0.2)).sentence
    versions = [arm(f"v{i}", FLAT, seed=i, dataset="d", dataset_hash=str(i)) for i in range(2)]
    assert "different versions" in ruled(versions[0], versions[1], Policy(margin=0.2)).sentence


def test_a_segment_with_too_few_cases_stops_nothing_and_is_not_green() -> None:
    arms = []
    for seed in (0, 1):
        made = arm(f"v{seed}", FLAT, seed=seed)
        few = pl.when(pl.col("case").is_in(["c0", "c4", "c8", "c12"])).then(pl.lit("rare")).otherwise(pl.lit("usual"))
        arms.append(Experiment(made.name, made.outcomes, made.cases.with_columns(few.alias("mode"))))
    result = ruled(arms[0], arms[1], Policy(margin=0.2, segments=("mode",)))
    assert (result.ruling, result.exit_code) == ("pass", 0)
    assert {rule.name: rule.ruling for rule in result.rules}["mode = rare"] == "not seen"
    assert result.sentence.endswith("Too few cases to see a regression: mode = rare.")
    assert "| ◻️ | mode = rare |" in to_markdown(result)
    assert len(ET.fromstring(to_junit(result).encode()).findall(".//testcase/skipped")) == 1
    strict = ruled(arms[0], arms[1], Policy(margin=0.2, segments=("mode",), segment_margin=0.3))
    assert (strict.ruling, strict.exit_code) == ("inconclusive", 2)


def test_a_run_against_itself_is_open_and_a_name_is_told_what_to_give() -> None:
    result = ruled(arm("v1", FLAT), arm("v1", FLAT), Policy(margin=0.2))
    assert (result.ruling, result.exit_code) == ("inconclusive", 2)
    assert "Both arms are the same run" in result.sentence
    with pytest.raises(InputError, match=r"give ws\.arm\('v1'\)"):
        compare("v1", arm("v2", FLAT))


def test_a_policy_may_ask_for_better_and_for_proof_in_each_segment() -> None:
    arms = arm("v1", FLAT), arm("v2", FLAT, seed=1)
    assert ruled(*arms, Policy(margin=0.2)).ruling == "pass"
    assert ruled(*arms, Policy(margin=0.2, require="better")).ruling == "inconclusive"
    strict = ruled(*arms, Policy(margin=0.2, segments=("mode",), segment_margin=0.01))
    assert {rule.name for rule in strict.rules if rule.ruling == "inconclusive"} <= {f"mode = {mode}" for mode in MODES}
    assert strict.ruling == "inconclusive"
    assert ruled(*arms, Policy(margin=0.2, segments=("mode",), segment_margin=0.3)).ruling == "pass"
    assert ruled(*arms, Policy(margin=0.2, graders=("*",))).to_frame()["rule"].to_list()[-1] == "grader right"


def test_a_gate_cries_wolf_at_most_one_time_in_twenty() -> None:
    policy = Policy(margin=0.1, segments=("mode",), graders=("*",))
    rulings = [
        ruled(
            arm("a", FLAT, cases=80, trials=2, seed=2 * n), arm("b", FLAT, cases=80, trials=2, seed=2 * n + 1), policy
        ).ruling
        for n in range(60 * FACTOR)
    ]
    assert rulings.count("fail") <= binom.ppf(0.99, len(rulings), 0.05)


@pytest.mark.slow
def test_a_worse_candidate_just_at_the_margin_passes_at_most_one_time_in_twenty() -> None:
    policy = Policy(margin=0.1)
    worse, runs = dict.fromkeys(MODES, 0.6), 300 * FACTOR
    passed = sum(
        ruled(
            arm("a", FLAT, cases=120, trials=2, seed=2 * n),
            arm("b", worse, cases=120, trials=2, seed=2 * n + 1),
            policy,
        ).ruling
        == "pass"
        for n in range(runs)
    )
    assert passed <= binom.ppf(0.99, runs, 0.05)


def test_files_for_build_servers_hold_every_rule_and_no_markup_of_others(tmp_path: Path) -> None:
    hostile = "<script>|`x`\x07"
    candidate = arm("v2", STORY, seed=1)
    renamed = candidate.cases.with_columns(pl.col("mode").replace("loop", hostile))
    baseline = arm("v1", FLAT)
    result = ruled(
        Experiment("v1", baseline.outcomes, renamed),
        Experiment("v2", candidate.outcomes, renamed),
        Policy(margin=0.05, segments=("mode",)),
    )
    root = ET.fromstring(to_junit(result))
    assert int(root.get("tests", "0")) == len(result.rules) == len(root.findall(".//testcase"))
    assert len(root.findall(".//failure")) == 1
    text = to_markdown(result)
    assert text.startswith("## ❌ Fail, v2 against v1:")
    assert "<script>" not in text.replace("\\<", "")
    result.write(junit=tmp_path / "j.xml", markdown=tmp_path / "m.md", json=tmp_path / "g.json")
    assert json.loads((tmp_path / "g.json").read_text(encoding="utf-8"))["ruling"] == "fail"
    assert {path.name for path in tmp_path.iterdir()} == {"j.xml", "m.md", "g.json"}


def test_a_policy_is_read_from_a_file_and_refused_when_it_says_nothing_that_can_be_meant(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text('margin = 0.02\nsegments = ["mode"]\ngraders = ["*"]\nminimum_cases = 30\n', encoding="utf-8")
    assert read_policy(path) == Policy(margin=0.02, segments=("mode",), graders=("*",), minimum_cases=30)
    for text, error, said in (
        ("", InputError, "no margin"),
        ("margin = 0.02\nsegment = []", UnknownNameError, "did you mean 'segment"),
        ("margin = true", InputError, "expected a number"),
        ('margin = 0.02\nsegments = "mode"', InputError, "expected a list of names"),
        ("margin = -1", InputError, "expected 0 to 1"),
        ('margin = 0.02\nrequire = "good"', UnknownNameError, "requirement"),
        ("margin =", InputError, "not TOML"),
        ("margin = 0.02\ngrader_flip_rate = 0.7", InputError, "expected 0 to 0.5"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(error, match=said):
            read_policy(path)
    with pytest.raises(InputError, match="no policy there"):
        read_policy(tmp_path / "none.toml")


def test_the_policy_says_how_often_the_grader_contradicts_itself(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text("margin = 0.05\ngrader_flip_rate = 0.1\n", encoding="utf-8")
    policy = read_policy(path)
    old, new = arm("v1", FLAT, trials=1), arm("v2", FLAT, trials=1, seed=1)
    found = compare(old, new, margin=0.05, grader_flip_rate=policy.grader_flip_rate)
    assert set(found.flips.drop_nulls("within")["within"]) == {"grader"}
    assert gate(found, policy).comparison.grader_flip_rate == 0.1


def test_a_comparison_of_another_margin_or_without_the_segment_is_refused() -> None:
    found = compare(arm("v1", FLAT), arm("v2", FLAT, seed=1), margin=0.05)
    with pytest.raises(InputError, match=r"margin=0\.02"):
        gate(found, Policy(margin=0.02))
    with pytest.raises(UnknownNameError, match="segment"):
        gate(found, Policy(margin=0.05, segments=("mode",)))
    with pytest.raises(UnknownNameError, match="grader"):
        gate(found, Policy(margin=0.05, graders=("rigth",)))


def test_the_gate_is_a_pytest_fixture(tmp_path: Path) -> None:
    (tmp_path / "test_ship.py").write_text(
        "from workbench.experiment import Policy, compare\n"
        "OLD = [{'case': f'c{i}', 'passed': i % 2 == 0} for i in range(80)]\n"
        "NEW = [{'case': f'c{i}', 'passed': i % 4 != 1} for i in range(80)]\n"
        "def ask(gate, a, b, **more):\n"
        "    return gate(Policy(margin=0.02), comparison=compare(a, b, margin=0.02), **more)\n"
        "def test_better(workbench_gate): assert ask(workbench_gate, OLD, NEW).exit_code == 0\n"
        "def test_worse(workbench_gate): ask(workbench_gate, NEW, OLD)\n"
        "def test_few(workbench_gate): ask(workbench_gate, OLD[:4], NEW[:4])\n"
        "def test_few_skipped(workbench_gate): ask(workbench_gate, OLD[:4], NEW[:4], inconclusive='skip')\n",
        encoding="utf-8",
    )
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "workbench._pytest",
        "-p",
        "no:cacheprovider",
        "-q",
        "-rA",
        str(tmp_path),
    ]
    alone = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }  # where the package is installed, pytest finds it by itself
    done = subprocess.run(words, env=alone, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert "1 passed, 1 skipped, 2 failed" in done.stdout.replace(
        "2 failed, 1 passed, 1 skipped", "1 passed, 1 skipped, 2 failed"
    )
    assert "Fail, candidate against baseline" in done.stdout
