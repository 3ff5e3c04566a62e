"""A grader that applied to no trial of either arm: it is named, and counts nowhere."""

from __future__ import annotations

import polars as pl
import pytest

from workbench.experiment import Experiment, Policy, compare, gate, history

ABOUT = {"ground_truth": 0}


def arm(name: str, passing: int, idle: tuple[str, ...] = ("as_expected", "calls"), cases: int = 60) -> Experiment:
    """One grader that judges every case, and some that judge none."""
    rows = [{"case": f"c{i}", "trial": 0, "grader": "helps", "passed": i < passing} for i in range(cases)]
    silent = [
        {"case": f"c{i}", "trial": 0, "grader": each, "passed": None, "status": "inapplicable"}
        for each in idle
        for i in range(cases)
    ]
    return Experiment(
        name, pl.concat([pl.DataFrame(part) for part in (rows, silent) if part], how="diagonal"), metadata=ABOUT
    )


def test_the_verdict_and_every_table_are_as_if_it_had_not_been_there() -> None:
    with_idle, without = (compare(arm("v1", 40, idle), arm("v2", 33, idle)) for idle in (("as_expected", "calls"), ()))
    assert with_idle.verdict == without.verdict == "worse"
    assert with_idle.headline == "helps"
    assert with_idle.graders.equals(without.graders)
    assert with_idle.graders.row(0, named=True)["p_holm"] == with_idle.graders.row(0, named=True)["p"]
    said = "as_expected, calls decided nothing: they applied to no trial (no case has ground truth)."
    assert said in with_idle.notes
    assert not any("decided nothing" in note for note in without.notes)


def test_the_experiment_and_the_history_do_not_count_it() -> None:
    made = arm("v1", 40, ("as_expected",))
    assert made.sentence.endswith(
        "1 grader. as_expected decided nothing: it applied to no trial (no case has ground truth)."
    )
    assert history([made]).runs["rate"].to_list() == pytest.approx([40 / 60])


def test_a_grader_that_applies_in_one_arm_is_compared() -> None:
    other = arm("v2", 40)
    judged = other.outcomes.with_columns(
        pl.when(grader="calls").then(pl.lit(value=False)).otherwise("passed").alias("passed"),
        pl.when(grader="calls").then(pl.lit("completed")).otherwise("status").alias("status"),
    )
    found = compare(arm("v1", 40), Experiment("v2", judged))
    assert found.idle == ("as_expected",)
    assert found.graders["grader"].to_list() == ["calls", "helps"]
    assert found.verdict == "worse"


def test_a_grader_that_crashed_where_others_judged_is_not_passed_over() -> None:
    crashed = arm("v2", 40, ("calls",)).outcomes.with_columns(
        pl.when((pl.col("grader") == "calls") & (pl.col("case") == "c7"))
        .then(pl.lit("errored"))
        .otherwise("status")
        .alias("status")
    )
    found = compare(arm("v1", 40, ("calls",)), Experiment("v2", crashed))
    assert found.idle == ()
    assert found.integrity["errored"].to_list() == [0, 1]


def test_the_gate_has_no_green_rule_for_it() -> None:
    found = compare(arm("v1", 40), arm("v2", 40), margin=0.2)
    for asked in (("as_expected",), ("*",)):
        result = gate(found, Policy(margin=0.2, graders=asked))
        rules = {rule.name: rule for rule in result.rules}
        assert rules["grader as_expected"].ruling == "inconclusive"
        assert "no case has ground truth" in rules["grader as_expected"].sentence
        assert result.exit_code == 2
    assert gate(found, Policy(margin=0.2, graders=("helps",))).ruling == "pass"


@pytest.mark.parametrize("idle", [("as_expected",), ("as_expected", "calls")])
def test_where_nothing_was_judged_at_all_the_reason_is_the_sentence(idle: tuple[str, ...]) -> None:
    arms = [
        Experiment(each.name, each.outcomes.filter(pl.col("grader") != "helps"))
        for each in (arm("v1", 40, idle), arm("v2", 40, idle))
    ]
    found = compare(arms[0], arms[1], margin=0.2)
    assert found.sentence.startswith("Cannot tell: as_expected")
    assert gate(found, Policy(margin=0.2)).ruling == "inconclusive"
    chosen = compare(arm("v1", 40), arm("v2", 40), margin=0.2, grader="as_expected")
    assert "decided nothing" in chosen.sentence
