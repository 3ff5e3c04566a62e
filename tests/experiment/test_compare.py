"""Two arms side by side: the verdict, what it rests on, and every way in which an arm can be odd."""

import json
import math
from functools import partial

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared_data import shared

from workbench.errors import EmptyError, InputError, UnknownNameError, WorkbenchError
from workbench.experiment import ALL_GRADERS, Experiment, compare


def arm(outcomes, *, trials=1, grader="right", **attributes):
    """An arm from a list: each case's passes out of `trials`."""
    return pl.DataFrame(
        [
            {
                "case": f"c{number:03d}",
                "trial": trial,
                "grader": grader,
                "passed": trial < passes,
                **{name: values[number] for name, values in attributes.items()},
            }
            for number, passes in enumerate(outcomes)
            for trial in range(trials)
        ]
    )


def tau2(domain, arm_name):
    file = {
        "gpt-4.1": f"gpt-4.1_{domain}_default_gpt-4.1_1trials.json",
        "tuned": f"ft_gpt-4.1-2025-04-14_sierra_tau2-full-sft_BzrYdMNm_{domain}_default_gpt-4.1_1trials.json",
    }[arm_name]
    runs = json.loads(shared(f"tau2-experiments/{file}").read_text())["simulations"]
    rows = [
        {
            "case": str(run["task_id"]),
            "trial": run["trial"],
            "grader": "reward",
            "value": run["reward_info"]["reward"],
            "seconds": run["duration"],
            "cost": run["agent_cost"],
        }
        for run in runs
    ]
    return Experiment(arm_name, pl.DataFrame(rows))


@pytest.mark.parametrize(
    ("domain", "rates", "cells", "verdict"),
    [("airline", (0.50, 0.65), (7, 6, 3, 4), "cannot tell"), ("telecom", (0.45, 0.75), (18, 12, 0, 10), "better")],
)
def test_tau2_releases_compare_as_was_computed(domain, rates, cells, verdict):
    found = compare(tau2(domain, "gpt-4.1"), tau2(domain, "tuned"))
    both = found.stability.filter(baseline="always", candidate="always")["cases"].sum()
    neither = found.stability.filter(baseline="never", candidate="never")["cases"].sum()
    assert (found.overall.baseline, found.overall.candidate) == pytest.approx(rates)
    assert (both, len(found.fixed), len(found.regressed), neither) == cells
    assert found.verdict == verdict


def test_a_price_of_zero_in_one_arm_is_unknown_and_not_free():
    found = compare(tau2("airline", "gpt-4.1"), tau2("airline", "tuned"))
    cost = found.resources.filter(measure="cost").row(0, named=True)
    assert cost["ratio"] is None
    assert "unknown price" in cost["note"]
    assert found.resources.filter(measure="seconds")["ratio"].item() == pytest.approx(1.53, abs=0.01)


def test_swe_bench_pro_agents_pair_as_was_counted():
    def resolved(name):
        outcomes = json.loads(shared(f"swebench-pro/{name}.eval_results.json").read_text())
        return pl.DataFrame({"case": list(outcomes), "passed": list(outcomes.values())})

    found = compare(resolved("kimi-k2-instruct-10132025"), resolved("claude-45sonnet-10132025"))
    counts = {(row["baseline"], row["candidate"]): row["cases"] for row in found.stability.to_dicts()}
    assert (len(found.fixed), len(found.regressed)) == (157, 40)
    assert (counts["always", "always"], counts["never", "never"]) == (162, 370)
    assert found.overall.cases == 729
    assert len(found.only_candidate) == 1
    assert found.verdict == "better"
    assert any("1 case of candidate not tried by baseline" in note for note in found.notes)


def test_tau_bench_against_itself_says_that_it_is_the_same_run():
    rows = json.loads(shared("tau-bench/gpt-4o-airline.json").read_text())
    run = pl.DataFrame(
        [{"case": str(r["task_id"]), "trial": r["trial"], "grader": "reward", "value": r["reward"]} for r in rows]
    )
    found = compare(run, run)
    at = found.pass_k.filter(measure="pass^k")
    assert at["baseline"].round(4).to_list() == [0.42, 0.2733, 0.22, 0.2]
    assert found.verdict == "cannot tell"
    assert "are they the same run?" in found.notes[0]


def test_an_a_a_run_cannot_tell_and_with_a_margin_is_not_worse():
    rng = np.random.default_rng(0)
    rates = rng.beta(3, 1, 400)
    first, second = (arm(rng.binomial(4, rates), trials=4) for _ in range(2))
    assert compare(first, second).verdict == "cannot tell"
    found = compare(first, second, margin=0.05)
    assert found.verdict == "not worse"
    assert "not worse than baseline by more than 5.0 points" in found.sentence


def test_a_real_gain_is_better_and_the_same_gain_turned_round_is_worse():
    old, new = arm([0] * 20 + [1] * 20), arm([1] * 14 + [0] * 6 + [1] * 20)
    gain, loss = compare(old, new), compare(new, old)
    assert (gain.verdict, loss.verdict) == ("better", "worse")
    assert gain.overall.difference == pytest.approx(-loss.overall.difference)
    assert gain.overall.interval.low == pytest.approx(-loss.overall.interval.high)
    assert gain.fixed == loss.regressed == tuple(f"c{n:03d}" for n in range(14))
    assert gain.sentence.startswith(
        "candidate is better than baseline on 'right': 85.0% against 50.0% of 40 cases pass"
    )


def test_what_cannot_be_told_comes_with_how_many_more_cases_would_tell():
    found = compare(arm([0] * 30 + [1] * 30), arm([1] * 6 + [0] * 24 + [1] * 28 + [0] * 2))
    assert found.verdict == "cannot tell"
    assert "more cases would tell" in found.sentence
    needed = found.cases_needed(found.overall.difference)
    assert f"about {needed - 60} more cases" in found.sentence


def test_a_margin_too_fine_for_the_cases_comes_with_how_many_would_do():
    found = compare(arm([1] * 40 + [0] * 10), arm([1] * 40 + [0] * 10), margin=0.02)
    assert found.verdict == "cannot tell"
    assert "within the margin of 2.0 points" in found.sentence


def test_too_few_cases_are_refused_with_how_many_to_add():
    found = compare(arm([0] * 5), arm([1] * 5))
    assert found.verdict == "cannot tell"
    assert found.overall.interval is None
    assert "only 5 cases have an outcome in both arms" in found.sentence
    assert "add 5 or more" in found.sentence


def test_one_case_is_a_sentence_and_not_a_crash():
    found = compare(arm([1]), arm([0]))
    assert "only 1 case has an outcome in both arms" in found.sentence
    assert found.regressed == ("c000",)
    found._repr_html_()
    json.dumps(found.to_json())


def test_no_outcomes_at_all_say_what_to_do():
    with pytest.raises(EmptyError, match="run the agent on at least one case"):
        compare(pl.DataFrame(), arm([1]))


def test_arms_without_a_common_case_or_grader_say_what_to_do():
    with pytest.raises(EmptyError, match="runs of the same dataset"):
        compare([{"case": "a", "passed": True}], [{"case": "b", "passed": True}])
    with pytest.raises(EmptyError, match="grade both arms with the same one"):
        compare(arm([1], grader="x"), arm([1], grader="y"))


@pytest.mark.parametrize(("outcome", "said"), [(1, "cannot show an improvement"), (0, "cannot show a regression")])
def test_all_pass_and_all_fail_arms_say_what_they_cannot_show(outcome, said):
    found = compare(arm([outcome] * 30), arm([outcome] * 30))
    assert found.verdict == "cannot tell"
    assert found.overall.difference == 0
    assert found.overall.interval.low < 0 < found.overall.interval.high
    assert any(said in note for note in found.notes)


def test_a_perfect_arm_against_a_hopeless_one_is_better():
    assert compare(arm([0] * 30), arm([1] * 30)).verdict == "better"


def test_scores_that_are_not_numbers_are_errors_that_count_neither_way():
    odd = pl.DataFrame(
        {"case": [f"c{n:03d}" for n in range(20)], "grader": "right", "value": [math.nan] * 4 + [1.0] * 16}
    )
    found = compare(arm([1] * 20), odd)
    candidate = found.integrity.row(1, named=True)
    assert (candidate["attempted"], candidate["completed"], candidate["errored"]) == (20, 16, 4)
    assert "4 not a number" in candidate["set_aside"]
    assert found.overall.cases == 16
    assert any("of 20 trials 4 errored" in note for note in found.notes)


def test_missing_outcomes_are_counted_and_not_failures():
    half = arm([1] * 20).with_columns(pl.when(pl.col("case") < "c015").then("passed").alias("passed"))
    found = compare(arm([1] * 20), half)
    assert found.integrity["missing"].to_list() == [0, 5]
    assert found.overall.candidate == 1


def test_a_case_without_a_row_is_only_in_the_other_arm():
    found = compare(arm([1] * 20), arm([1] * 15))
    assert found.only_baseline == tuple(f"c{n:03d}" for n in range(15, 20))
    assert found.overall.cases == 15


def test_repeated_rows_count_once_and_contradicting_ones_not_at_all():
    new = arm([1] * 20)
    doubled = pl.concat([new, new.head(3), new.tail(2).with_columns(passed=pl.lit(value=False))])
    found = compare(arm([1] * 20), doubled)
    assert "3 repeated" in found.integrity["set_aside"][1]
    assert "2 contradicting" in found.integrity["set_aside"][1]
    assert found.integrity["errored"][1] == 2
    assert found.overall.cases == 18


def test_unequal_trials_are_named_and_each_case_counts_once():
    rng = np.random.default_rng(1)
    rates = rng.beta(2, 2, 60)
    old = arm(rng.binomial(4, rates), trials=4)
    new = arm(rng.binomial(4, rates), trials=4).filter((pl.col("trial") < 2) | (pl.col("case") >= "c030"))
    found = compare(old, new)
    assert len(found.unequal) == 30
    assert any("tried a different number of times" in note for note in found.notes)
    by_hand = new.group_by("case").agg(pl.col("passed").mean())["passed"].mean()
    assert found.overall.candidate == pytest.approx(by_hand)
    dropped = found.pass_k.filter(measure="pass^k", k=4).row(0, named=True)
    assert (dropped["cases"], dropped["dropped"]) == (30, 30)


def test_rows_without_a_trial_number_are_numbered():
    new = pl.concat([arm([1, 0] * 10), arm([0, 0] * 10)]).drop("trial")
    found = compare(arm([2, 1] * 10, trials=2), new)
    assert found.overall.trials == (2, 2)
    assert found.overall.candidate == 0.25


def test_an_arm_that_lost_many_trials_is_run_again_and_not_praised():
    old = arm([0] * 20 + [1] * 40)
    new = arm([1] * 60).with_columns(pl.when(pl.col("case") < "c040").then("passed").alias("passed"))
    assert compare(old.filter(pl.col("case") < "c040"), new.filter(pl.col("case") < "c040")).verdict == "better"
    lost = arm([1] * 60).with_columns(
        pl.when(pl.col("case") < "c018").then("passed").alias("passed"),
        pl.when(pl.col("case") < "c018").then(pl.lit("completed")).otherwise(pl.lit("errored")).alias("status"),
    )
    found = compare(old, lost)
    assert found.verdict == "cannot tell"
    assert "run those again" in found.notes[0]


def test_a_few_lost_trials_leave_the_verdict_and_say_whether_it_holds():
    old = arm([0] * 60 + [1] * 60)
    lost = arm([1] * 120).with_columns(pl.when(pl.col("case") > "c001").then("passed").alias("passed"))
    found = compare(old, lost)
    assert found.verdict == "better"
    assert found.notes[0].startswith("The verdict holds even if all 2 trials")


def test_a_trial_passes_all_graders_when_each_that_applies_passes():
    cases = [f"c{n:03d}" for n in range(24)]
    rows = [
        *({"case": c, "grader": "a", "passed": True} for c in cases),
        *({"case": c, "grader": "b", "passed": c >= "c006"} for c in cases),
        {"case": "c023", "grader": "c", "passed": None, "status": "inapplicable"},
        {"case": "c022", "grader": "c", "passed": None, "status": "errored"},
        {"case": "c021", "grader": "c", "passed": True},
    ]
    run = pl.DataFrame(rows, infer_schema_length=None)
    found = compare(run, run)
    assert found.headline == ALL_GRADERS
    assert found.integrity["completed"].to_list() == [23, 23]
    assert found.overall.baseline == pytest.approx(17 / 23)
    assert found.graders["grader"].to_list() == ["a", "b", "c"]
    assert found.graders["needed"].to_list() == [0, 0, 8]


def test_a_trial_that_fails_one_grader_fails_even_where_another_crashed():
    rows = [{"case": f"c{n}", "grader": "a", "passed": False} for n in range(12)]
    crashed = [{"case": f"c{n}", "grader": "b", "passed": None, "status": "errored"} for n in range(12)]
    run = pl.DataFrame(rows + crashed, infer_schema_length=None).with_columns(pl.col("passed").cast(pl.Boolean))
    assert compare(run, run).integrity["completed"].to_list() == [12, 12]


def test_a_rule_that_only_the_candidate_comes_near_enough_to_break_is_found():
    cases = [f"c{n:03d}" for n in range(200)]

    def run(failing, applying):
        return pl.DataFrame(
            [
                row
                for n, case in enumerate(cases)
                for row in (
                    {"case": case, "grader": "answers", "passed": True, "status": "completed"},
                    {
                        "case": case,
                        "grader": "policy",
                        "passed": n not in failing if n in applying else None,
                        "status": "completed" if n in applying else "inapplicable",
                    },
                )
            ]
        )

    found = compare(run(range(2), range(10)), run(range(10, 40), range(10, 60)))
    policy = found.graders.filter(grader="policy").row(0, named=True)
    assert policy["cases"] == 200
    assert (policy["baseline"], policy["candidate"]) == pytest.approx((0.99, 0.85))
    assert (policy["verdict"], policy["confirmed"]) == ("worse", True)
    assert "grader 'policy' (failed by 15.0% of cases, was 1.0%)" in found.sentence


def test_one_grader_can_be_asked_about_alone():
    both = pl.concat([arm([1] * 30, grader="polite"), arm([0] * 30, grader="right")])
    better = pl.concat([arm([1] * 30, grader="polite"), arm([1] * 30, grader="right")])
    assert compare(both, better, grader="right").verdict == "better"
    assert compare(both, better, grader="polite").verdict == "cannot tell"
    with pytest.raises(UnknownNameError, match="did you mean 'right'"):
        compare(both, better, grader="rigt")


def test_a_grader_of_one_arm_only_is_left_out_and_named():
    old, new = arm([1] * 20), pl.concat([arm([1] * 20), arm([0] * 20, grader="strict")])
    found = compare(old, new)
    assert found.overall.candidate == 1
    assert any("Only one arm has strict" in note for note in found.notes)


def test_scores_without_a_pass_are_compared_by_their_mean():
    rng = np.random.default_rng(0)
    base = rng.normal(3, 1, 80)
    old = pl.DataFrame({"case": [str(n) for n in range(80)], "grader": "stars", "value": base})
    new = old.with_columns(value=pl.col("value") + rng.normal(0.5, 0.5, 80))
    found = compare(old, new)
    assert found.verdict == "better"
    assert "on average over 80 cases" in found.sentence
    assert found.fixed == ()
    assert found.distribution["median"].len() == 2


def test_several_scores_and_no_pass_ask_which_one_is_meant():
    rows = [{"case": str(n), "grader": g, "value": n / 7} for n in range(20) for g in ("a", "b")]
    with pytest.raises(InputError, match="choose one with grader="):
        compare(rows, rows)
    assert compare(rows, rows, grader="a").headline == "a"


def test_a_small_change_in_flaky_cases_is_their_own_noise():
    rng = np.random.default_rng(4)
    first, second = (arm(rng.binomial(4, np.full(200, 0.5)), trials=4) for _ in range(2))
    found = compare(first, second)
    assert len(found.noise) > 100
    assert len(found.fixed) + len(found.regressed) < 15
    assert any("would look fixed or regressed by chance alone" in note for note in found.notes)


def test_any_change_in_cases_that_never_flip_is_real():
    old, new = arm([4] * 20 + [0] * 20, trials=4), arm([4] * 18 + [0] * 2 + [0] * 15 + [4] * 5, trials=4)
    found = compare(old, new)
    assert found.flip_rate == 0
    assert (len(found.fixed), len(found.regressed), len(found.noise)) == (5, 2, 0)


def test_the_rows_behind_a_case_are_all_its_trials_in_both_arms():
    found = compare(arm([2] * 12, trials=2), arm([1] * 12, trials=2))
    rows = found.rows("c003")
    assert rows.height == 4
    assert rows.filter(arm="candidate")["passed"].to_list() == [True, False]
    with pytest.raises(UnknownNameError, match="did you mean 'c003'"):
        found.rows("c0033")


def test_a_bad_margin_or_frame_says_what_is_wrong():
    with pytest.raises(InputError, match="positive number"):
        compare(arm([1]), arm([1]), margin=-0.1)
    with pytest.raises(UnknownNameError, match="no column named 'case'"):
        compare([{"kase": "a", "passed": True}], arm([1]))
    with pytest.raises(InputError, match="neither a column 'value' nor 'passed'"):
        compare([{"case": "a"}], arm([1]))
    with pytest.raises(UnknownNameError, match="no status named 'done'"):
        compare([{"case": "c000", "passed": True, "status": "done"}], arm([1]))


def test_anything_that_polars_can_read_is_an_arm():
    rows = arm([1, 0] * 10).select("case", "passed")
    same = partial(compare, rows)
    assert same(rows.lazy()).overall.cases == 20
    assert same(rows.to_dicts()).overall.cases == 20
    assert same(rows.to_dict()).overall.cases == 20


def test_the_json_is_plain_and_complete():
    found = compare(arm([1, 0] * 20, kind=["a", "b"] * 20), arm([1, 1] * 20), by=["kind"])
    said = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert said["verdict"] == "better"
    assert said["fixed"] == list(found.fixed)
    assert [row["segment"] for row in said["segments"]] == ["a", "b"]
    assert said["flip_rate"] is None


def test_the_page_shows_the_sentence_first_and_escapes_what_it_did_not_write():
    hostile = "<img src=x onerror=alert(1)>"
    old = arm([0] * 12).with_columns(case=pl.lit(hostile) + pl.col("case"))
    new = arm([1] * 12).with_columns(case=pl.lit(hostile) + pl.col("case"))
    shown = compare(old, new)._repr_html_()
    assert "<img" not in shown
    assert shown.index("candidate is better") < shown.index("What it rests on")


def test_the_summary_has_one_row_for_the_whole_each_grader_and_each_segment():
    both = pl.concat([
        arm([1, 0] * 20, kind=["x", "y"] * 20), arm([1] * 40, grader="polite", kind=["x", "y"] * 20),
    ])  # fmt: skip
    found = compare(both, both, by=["kind"])
    assert found.summary()["what"].to_list() == [ALL_GRADERS, "polite", "right", "kind = x", "kind = y"]


rows = st.lists(
    st.fixed_dictionaries(
        {
            "case": st.one_of(st.none(), st.sampled_from([f"c{n}" for n in range(14)])),
            "trial": st.one_of(st.none(), st.integers(0, 2)),
            "grader": st.sampled_from(["a", "b", None]),
            "value": st.one_of(st.none(), st.sampled_from([0.0, 1.0, math.nan, math.inf]), st.floats(0, 5)),
            "passed": st.one_of(st.none(), st.booleans()),
            "status": st.sampled_from([None, None, "completed", "errored", "missing", "inapplicable"]),
            "part": st.sampled_from(["x", "y", None]),
        }
    ),
    min_size=1,
    max_size=60,
)
SCHEMA = {
    "case": pl.String, "trial": pl.Int64, "grader": pl.String, "value": pl.Float64, "passed": pl.Boolean,
    "status": pl.String, "part": pl.String,
}  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows, rows)
def test_whatever_comes_in_is_compared_or_refused_and_every_row_is_counted(first, second):
    arms = [pl.DataFrame(rows, schema=SCHEMA) for rows in (first, second)]
    try:
        found = compare(*arms, by=["part"], margin=0.02)
    except WorkbenchError:
        return
    for row in found.integrity.iter_rows(named=True):
        assert row["attempted"] == row["completed"] + row["errored"] + row["missing"] + row["inapplicable"]
    scored = found.graders.filter(pl.col("grader") == found.headline)["scored"].any()
    assert scored or found.flips.height == found.overall.cases
    json.dumps(found.to_json(), allow_nan=False)
    assert found.sentence in repr(found)
    found._repr_html_()


def test_a_margin_in_percent_is_refused_with_the_share_that_was_meant():
    arm = [{"case": f"c{i}", "passed": i % 2 == 0} for i in range(40)]
    with pytest.raises(InputError, match=r"write 0\.05 for 5 percentage points"):
        compare(arm, arm, margin=5)


def test_what_is_no_arm_and_rows_that_name_no_case_say_what_to_do(tmp_path):
    good = [{"case": "a", "passed": True}]
    with pytest.raises(InputError, match="expected an experiment"):
        compare(tmp_path, good)
    with pytest.raises(EmptyError, match="none of its 2 rows names a case"):
        compare([{"case": None, "passed": True}] * 2, good)
    with pytest.raises(InputError, match=r"holds String, expected Boolean: [^\n]+$"):
        compare([{"case": "a", "passed": "yes"}], good)
    lost = compare([{"case": "a", "value": float("nan")}], good)
    assert lost.sentence.startswith("Cannot tell: no case has an outcome in both arms;")
