"""By segment: a win on the whole does not hide a loss in a part, and looking at many parts does not find one by chance."""

import numpy as np
import polars as pl
import pytest
from simulations import FACTOR

from workbench.errors import InputError, UnknownNameError
from workbench.experiment import Experiment, compare
from workbench.experiment._segments import by_segment

MODES = ["billing", "refunds", "shipping", "returns"]


def suite(rates, seed, trials=3, per_mode=60):
    rng = np.random.default_rng(seed)
    rows = [
        {"case": f"{mode}-{n:03d}", "trial": t, "grader": "right", "passed": bool(rng.random() < rate), "mode": mode}
        for mode, rate in zip(MODES, rates, strict=True)
        for n in range(per_mode)
        for t in range(trials)
    ]
    return pl.DataFrame(rows)


def test_a_change_that_helps_its_target_and_harms_another_segment_is_caught_on_the_full_set():
    found = compare(suite([0.5, 0.8, 0.7, 0.7], 1), suite([0.95, 0.55, 0.72, 0.72], 2), by=["mode"])
    assert found.verdict == "better"
    assert "But it is worse for mode = refunds" in found.sentence
    verdicts = dict(found.segments.select("segment", "verdict").iter_rows())
    assert verdicts["billing"] == "better"
    assert verdicts["refunds"] == "worse"


def test_a_run_on_the_targeted_subset_says_what_it_cannot_see():
    old, new = suite([0.5, 0.8, 0.7, 0.7], 1), suite([0.95, 0.55, 0.72, 0.72], 2)
    found = compare(old, new.filter(pl.col("mode") == "billing"), by=["mode"])
    assert found.verdict == "better"
    assert found.segments["segment"].to_list() == ["billing"]
    assert any("180 cases of baseline not tried by candidate: nothing is said about" in note for note in found.notes)
    assert any("mode: refunds, returns, shipping" in note for note in found.notes)


def test_cases_that_were_all_chosen_for_failing_say_what_they_cannot_see():
    old = Experiment("v1", suite([0.3] * 4, 1), pl.DataFrame({"case": ["billing-000"], "channel": ["failure"]}))
    found = compare(old, suite([0.6] * 4, 2))
    assert any("add controls" in note for note in found.notes)


def test_the_number_of_segments_that_were_scanned_is_said():
    found = compare(suite([0.5] * 4, 1), suite([0.5] * 4, 2), by=["mode"])
    assert any("4 segments scanned, 4 with enough cases" in note for note in found.notes)
    assert (found.segments["p_holm"] >= found.segments["p_bh"] - 1e-12).all()
    assert (found.segments["p_bh"] >= found.segments["p"]).all()


def test_thin_segments_are_shown_without_a_verdict_and_with_what_they_lack():
    old = suite([0.5] * 4, 1).filter((pl.col("mode") != "billing") | (pl.col("case") < "billing-004"))
    found = compare(old, suite([0.5] * 4, 2), by=["mode"])
    thin = found.segments.filter(segment="billing").row(0, named=True)
    assert (thin["cases"], thin["low"], thin["verdict"], thin["needed"]) == (4, None, "cannot tell", 6)
    assert "too few: 6 more" in found._repr_html_()


def test_a_case_with_several_modes_counts_in_each():
    cases = pl.DataFrame(
        {"case": [f"billing-{n:03d}" for n in range(60)], "modes": [["slow", "rude"]] * 30 + [["slow"]] * 30}
    )
    old = Experiment("v1", suite([0.5] * 4, 1).drop("mode").filter(pl.col("case").str.starts_with("billing")), cases)
    new = Experiment("v2", suite([0.9] * 4, 2).drop("mode").filter(pl.col("case").str.starts_with("billing")), cases)
    found = compare(old, new, by=["modes"])
    assert dict(found.segments.select("segment", "cases").iter_rows()) == {"rude": 30, "slow": 60}


def test_a_case_without_the_attribute_has_a_segment_of_its_own():
    old = suite([0.5] * 4, 1).with_columns(mode=pl.when(pl.col("mode") != "billing").then("mode"))
    found = compare(old, suite([0.5] * 4, 2).drop("mode"), by=["mode"])
    assert "(none)" in found.segments["segment"].to_list()
    assert found.segments["cases"].sum() == 240


def test_the_baseline_has_the_say_over_a_cases_segment():
    new = suite([0.5] * 4, 2).with_columns(mode=pl.lit("everything"))
    found = compare(suite([0.5] * 4, 1), new, by=["mode"])
    assert found.segments["segment"].to_list() == sorted(MODES)


def test_an_unknown_attribute_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'mode'"):
        compare(suite([0.5] * 4, 1), suite([0.5] * 4, 2), by=["mod"])


def test_an_attribute_with_hundreds_of_values_is_refused():
    old = suite([0.5] * 4, 1).with_columns(each=pl.col("case"))
    with pytest.raises(InputError, match="put them into at most"):
        compare(old, suite([0.5] * 4, 2), by=["each"])


@pytest.mark.slow
def test_twelve_segments_of_an_a_a_run_cry_wolf_at_most_once_in_twenty():
    rng = np.random.default_rng(12)
    runs, cases = 300 * FACTOR, 360
    names = [f"c{n:03d}" for n in range(cases)]
    parts = pl.DataFrame({"case": names, "part": [f"s{n % 12}" for n in range(cases)]})
    alarms = better = 0
    for _ in range(runs):
        rates = rng.beta(2, 1, cases)
        counts = [rng.binomial(2, rates) for _ in "ab"]
        paired = pl.DataFrame({"case": names, **{
            f"{name}_{side}": values
            for side, passes in zip("ab", counts, strict=True)
            for name, values in (("n", np.full(cases, 2)), ("c", passes), ("mean", passes / 2))
        }})  # fmt: skip
        found = by_segment(paired, parts, ["part"], margin=None, level=0.95, seed=0)
        alarms += found["confirmed"].any()
        better += "better" in found["verdict"].to_list()
    assert better / runs <= 0.05
    assert alarms / runs <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)
