"""Which changes are real, whose noise the others are, and both conversations of a case beside one another."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from workbench.errors import EmptyError, InputError, UnknownNameError
from workbench.evidence import AgentLoop, Step
from workbench.experiment import compare


def arms(n: int = 40, trials: int = 1, *, sessions: bool = True) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The candidate breaks case 0, fixes case 1, and does the same elsewhere; a second grader sees only case 1 move."""

    def arm(name: str, broken: int) -> pl.DataFrame:
        rows = [
            {"case": f"c{i:02d}", "trial": t, "grader": grader, "passed": not wrong, "session_id": f"{name}-{i}-{t}" if sessions else None}
            for i in range(n)
            for t in range(trials)
            for grader, wrong in (("right", i in {broken, 7}), ("polite", name == "old" and i == 1))
        ]  # fmt: skip
        return pl.DataFrame(rows)

    return arm("old", 1), arm("new", 0)


def test_cases_that_changed_name_their_graders_and_the_sessions_that_show_it() -> None:
    found = compare(*arms()).changed
    assert found.select("case", "kind", "graders").rows() == [
        ("c00", "regressed", ["right"]),
        ("c01", "fixed", ["polite", "right"]),
    ]
    assert found["baseline_sessions"].to_list() == [["old-0-0"], ["old-1-0"]]
    page = compare(*arms())._repr_html_()
    assert 'data-session="new-0-0"' in page
    assert "regressed" in page


def test_of_several_trials_those_are_opened_that_show_the_change() -> None:
    old, new = arms(trials=3)
    mixed = pl.col("case").eq("c00") & pl.col("grader").eq("right")
    old = old.with_columns(
        pl.when(mixed & pl.col("trial").eq(0)).then(pl.lit(value=False)).otherwise("passed").alias("passed")
    )
    new = new.with_columns(
        pl.when(mixed & pl.col("trial").eq(0)).then(pl.lit(value=True)).otherwise("passed").alias("passed")
    )
    opened: list[str] = []

    def session(name: str) -> AgentLoop:
        opened.append(name)
        return AgentLoop(name, (Step(1, 1, "user", text="Hi"), Step(2, 1, "tool", tool_name=name[:3])))

    told = compare(old, new, grader="right").flip("c00", session)
    assert opened == ["old-0-1", "new-0-1"]
    assert told.sentence.startswith("They part at step 2, another tool: baseline called old(), candidate called new()")


def test_a_flip_without_sessions_or_of_an_unknown_case_says_what_to_do() -> None:
    with pytest.raises(EmptyError, match="give the outcomes a column 'session_id'"):
        compare(*arms(sessions=False)).flip("c00", lambda _: AgentLoop("s", ()))
    with pytest.raises(UnknownNameError, match="no case named 'c0'"):
        compare(*arms()).flip("c0", lambda _: AgentLoop("s", ()))


def test_what_the_grader_does_by_itself_is_no_change() -> None:
    sure, unsure = compare(*arms(), grader="right"), compare(*arms(), grader="right", grader_flip_rate=0.2)
    assert (len(sure.fixed), len(sure.regressed), sure.noise) == (1, 1, ())
    assert unsure.noise == ("c00", "c01")
    assert unsure.flips.filter(pl.col("kind") == "noise")["within"].to_list() == ["grader", "grader"]
    assert any(
        "2 changes within noise 2 are within the grader's own flipping, 0 within the agent's" in n for n in unsure.notes
    )
    careful = compare(*arms(), grader="right", grader_flip_rate=0.01)
    assert (careful.noise, careful.changed["by_chance"].max()) == ((), pytest.approx(0.01))
    with pytest.raises(InputError, match="tosses a coin"):
        compare(*arms(), grader_flip_rate=0.6)


def test_noise_is_split_into_the_graders_and_the_agents() -> None:
    rng = np.random.default_rng(8)
    truth = rng.random(300) < 0.6

    def arm(flaky: float) -> pl.DataFrame:
        does = np.where(rng.random((300, 4)) < flaky, ~truth[:, None], truth[:, None])
        seen = np.where(rng.random((300, 4)) < 0.05, ~does, does)
        return pl.DataFrame(
            {
                "case": np.repeat(np.arange(300).astype(str), 4),
                "trial": np.tile(np.arange(4), 300),
                "passed": seen.ravel(),
            }
        )

    steady = compare(arm(0.0), arm(0.0), grader_flip_rate=2 * 0.05 * 0.95)
    flaky = compare(arm(0.2), arm(0.2), grader_flip_rate=2 * 0.05 * 0.95)
    share = [found.flips.filter(pl.col("kind") == "noise")["within"].eq("grader").mean() for found in (steady, flaky)]
    assert share[0] > 0.9
    assert share[1] < share[0]
    assert len(steady.fixed) + len(steady.regressed) <= 0.05 * 300


def test_scores_are_shown_by_their_distribution_and_not_only_their_mean() -> None:
    rng = np.random.default_rng(2)
    old = pl.DataFrame(
        {"case": [f"c{i}" for i in range(60)], "grader": "quality", "value": rng.integers(1, 6, 60).astype(float)}
    )
    new = old.with_columns(pl.when(pl.col("value") == 3).then(pl.lit(5.0)).otherwise("value").alias("value"))
    found = compare(old, new).grades
    assert found["low"].unique().sort().to_list() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert found.group_by("arm").agg(pl.col("share").sum())["share"].to_list() == pytest.approx([1.0, 1.0])
    assert found.filter((pl.col("arm") == "candidate") & (pl.col("low") == 3))["trials"].to_list() == [0]
    smooth = compare(
        old.with_columns(value=pl.Series(rng.random(60))), old.with_columns(value=pl.Series(rng.random(60)))
    ).grades
    assert smooth.height == 20
    assert smooth["trials"].sum() == 120
    assert "How the values are distributed" in compare(old, new)._repr_html_()


def test_a_graders_flip_rate_is_measured_where_it_graded_trials_twice() -> None:
    """Twenty trials graded twice, five of them against itself: a flip rate of a quarter explains what one trial shows."""
    twice = [
        {"case": f"t{n}", "trial": 0, "grader": "judge", "passed": n >= 5 or grading == 0}
        for n in range(20)
        for grading in range(2)
    ]
    old = [{"case": f"c{n}", "trial": 0, "grader": "judge", "passed": n % 2 == 0} for n in range(40)]
    new = [{**row, "passed": n >= 2 and row["passed"]} for n, row in enumerate(old)]
    found = compare(old + twice, new + twice)
    assert found.grader_flip_rate == pytest.approx(0.25)
    assert found.noise == ("c0",)
    assert any("'judge' graded 40 trials more than once and contradicted itself on 10" in note for note in found.notes)
    assert compare(old, new).grader_flip_rate is None
    assert compare(old + twice, new + twice, grader_flip_rate=0.0).regressed == ("c0",)


def test_too_few_regradings_and_rows_that_were_exported_twice_measure_nothing() -> None:
    old = [{"case": f"c{n}", "trial": 0, "grader": "judge", "passed": n % 2 == 0} for n in range(40)]
    assert compare(old * 2, old * 2).grader_flip_rate is None
    few = compare([*old, {**old[0], "passed": False}], old)
    assert few.grader_flip_rate is None
    assert any("'judge' graded 1 trial more than once" in note and "9 more" in note for note in few.notes)
