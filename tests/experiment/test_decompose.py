"""Why a number moved: what one source changed is given to that source, and the parts add up to the whole."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from workbench.errors import EmptyError, UnknownNameError
from workbench.experiment import Decomposition, Experiment, decompose

RATES = {"easy": 0.9, "hard": 0.4}


def run(
    name: str,
    kinds: list[str],
    seed: int,
    *,
    start: int = 0,
    gain: float = 0.0,
    stricter: float = 0.0,
    agent: str = "a",
    graders: str = "1",
) -> Experiment:
    rng = np.random.default_rng(seed)
    rows = [
        {"case": f"c{start + i}", "trial": t, "grader": "right", "passed": bool(rng.random() < RATES[kind] + gain) and bool(rng.random() >= stricter)}
        for i, kind in enumerate(kinds)
        for t in range(4)
    ]  # fmt: skip
    cases = pl.DataFrame({"case": [f"c{start + i}" for i in range(len(kinds))], "kind": kinds})
    return Experiment(name, pl.DataFrame(rows), cases, {"variant": agent, "graders": {"right": graders}})


HALF = ["easy", "hard"] * 150


def shares(found: Decomposition) -> dict[str, float]:
    return dict(found.parts.select("source", "change").rows())


def test_the_parts_always_add_up() -> None:
    rng = np.random.default_rng(0)
    for seed in range(20):
        kinds = [rng.choice(["easy", "hard"], int(rng.integers(5, 60))).tolist() for _ in "ab"]
        old = run("old", kinds[0], seed, agent="a")
        new = run("new", kinds[1], seed + 99, start=int(rng.integers(0, 80)), agent="b", gain=0.1)
        for by in (None, "kind"):
            found = decompose(old, new, by=by)
            assert found.parts["change"].sum() == pytest.approx(found.after - found.before, abs=1e-12)


def test_a_better_agent_a_stricter_grader_and_chance_are_each_given_their_own() -> None:
    old = run("old", HALF, 1)
    agent = shares(decompose(old, run("new", HALF, 2, gain=0.09, agent="b"), by="kind"))
    assert list(agent) == ["agent"]
    grader = shares(decompose(old, run("new", HALF, 3, stricter=0.2, graders="2"), by="kind"))
    assert list(grader) == ["graders"]
    assert grader["graders"] < -0.08
    same = decompose(old, run("again", HALF, 4), by="kind")
    assert list(shares(same)) == ["noise"]
    assert "from chance" in same.sentence or "nothing moved" in same.sentence
    other = decompose(old, run("other", HALF, 5, agent="b"), by="kind")
    assert list(shares(other)) == ["noise"]
    assert other.parts["how"][0].endswith("agent changed, and chance explains the difference")


def test_harder_cases_are_the_mixs_and_not_the_agents() -> None:
    old = run("old", HALF, 1)
    rows = pl.concat([old.outcomes, run("more", ["hard"] * 200, 7, start=300).outcomes])
    cases = pl.concat([old.cases, run("more", ["hard"] * 200, 7, start=300).cases])
    new = Experiment("new", rows, cases, old.metadata)
    found = decompose(old, new, by="kind")
    moved = shares(found)
    assert found.after - found.before < -0.08
    assert moved["mix"] / (found.after - found.before) >= 0.95
    assert moved.get("noise", 0.0) == 0.0
    assert "another mix of cases" in found.sentence
    assert shares(decompose(old, new))["dataset"] == pytest.approx(found.after - found.before)


def test_where_both_changed_the_earlier_trials_graded_anew_tell_them_apart() -> None:
    old, new = run("old", HALF, 1), run("new", HALF, 2, gain=0.09, stricter=0.25, agent="b", graders="2")
    together = decompose(old, new)
    assert "agent and graders" in shares(together) or "noise" in shares(together)
    again = run("old", HALF, 1, stricter=0.25, graders="2")
    told = shares(decompose(old, new, regraded=again))
    assert told["graders"] < -0.1 < 0.02 < told["agent"]
    with pytest.raises(EmptyError, match="grade the earlier trials anew"):
        decompose(old, new, regraded=run("else", ["easy"] * 5, 1, start=900))


def test_reports_without_a_case_in_common_or_without_a_rate_are_told() -> None:
    old, new = run("old", ["easy"] * 20, 1), run("new", ["hard"] * 20, 1, start=50)
    assert shares(decompose(old, new)) == {"dataset": pytest.approx(new.pass_rate - old.pass_rate)}
    with pytest.raises(UnknownNameError, match="kind"):
        decompose(old, new, by="knd")
    scores = Experiment(
        "scores",
        pl.DataFrame({"case": ["a"], "value": [None], "passed": [None]}, schema_overrides={"passed": pl.Boolean()}),
    )
    with pytest.raises(EmptyError, match="no trial that passes or fails"):
        decompose(old, scores)
