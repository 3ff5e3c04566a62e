"""pass@k, pass^k and the bootstrap over cases: published tables, brute force, and scipy."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap as scipy_bootstrap
from shared_data import shared

from workbench import stats
from workbench.errors import EmptyError, InputError


def tau_counts(path):
    tries: dict[str, list[float]] = {}
    for row in json.loads(path.read_text()):
        tries.setdefault(str(row["task_id"]), []).append(row["reward"])
    return [len(t) for t in tries.values()], [sum(t) for t in tries.values()]


def test_tau_bench_pass_hat_k_and_pass_at_k_are_the_published_ones():
    n, c = tau_counts(shared("tau-bench/gpt-4o-airline.json"))
    assert [round(stats.pass_hat_k(n, c, k).value, 4) for k in (1, 2, 3, 4)] == [0.42, 0.2733, 0.22, 0.2]
    assert [round(stats.pass_at_k(n, c, k).value, 4) for k in (1, 2, 3, 4)] == [0.42, 0.5667, 0.66, 0.72]


def test_tau2_five_tasks_of_four_trials_pass_at_the_same_rate_for_every_k():
    path = shared("tau2-experiments/gpt-4.1-2025-04-14_telecom_no-user_gpt-4.1-2025-04-14_4trials_5tasks.json")
    tries: dict[str, list[float]] = {}
    for row in json.loads(path.read_text())["simulations"]:
        tries.setdefault(str(row["task_id"]), []).append(row["reward_info"]["reward"])
    n, c = [len(t) for t in tries.values()], [sum(t) for t in tries.values()]
    assert [stats.pass_hat_k(n, c, k).value for k in (1, 2, 3, 4)] == pytest.approx([0.8] * 4)


cases = st.lists(st.integers(1, 7).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), min_size=1, max_size=6)


@given(cases, st.integers(1, 5))
def test_both_are_the_share_of_all_ways_to_choose_k_tries(rows, k):
    kept = [(n, c) for n, c in rows if n >= k]
    ways = [list(itertools.combinations([1] * c + [0] * (n - c), k)) for n, c in kept]
    n, c = zip(*rows, strict=True)
    at, hat = stats.pass_at_k(n, c, k), stats.pass_hat_k(n, c, k)
    assert (at.cases, at.dropped) == (len(kept), len(rows) - len(kept))
    if kept:
        assert at.value == pytest.approx(np.mean([np.mean([any(w) for w in all_]) for all_ in ways]))
        assert hat.value == pytest.approx(np.mean([np.mean([all(w) for w in all_]) for all_ in ways]))
    else:
        assert math.isnan(at.value)


def test_large_counts_neither_overflow_nor_cancel():
    assert stats.pass_hat_k([10_000], [9_999], 500).value == pytest.approx(1 - 500 / 10_000)
    assert stats.pass_at_k([10_000], [1], 500).value == pytest.approx(500 / 10_000)


def test_the_flip_rate_is_how_often_two_tries_of_a_case_disagree():
    assert stats.flip_rate([4, 4], [2, 0]) == pytest.approx((4 / 6) / 2)
    assert stats.flip_rate([3, 5], [3, 0]) == 0
    assert math.isnan(stats.flip_rate([1, 1], [0, 1]))


def test_the_bootstrap_agrees_with_scipys_and_repeats_itself():
    rng = np.random.default_rng(0)
    data = rng.integers(0, 5, 120) / 4
    ours = stats.bootstrap(data, draws=20_000)[0]
    theirs = scipy_bootstrap((data,), np.mean, method="percentile", n_resamples=20_000, rng=1).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.004)
    assert ours == stats.bootstrap(data, draws=20_000)[0]


def test_the_bootstrap_takes_each_row_whole():
    data = np.column_stack([[0, 1] * 50, [1, 0] * 50, [1, 1] * 50])
    first, second, constant = stats.bootstrap(
        np.column_stack([data[:, 0], data[:, 1], data[:, 0] + data[:, 1]]), draws=500
    )
    assert first.low == pytest.approx(1 - second.high)
    assert (constant.low, constant.high) == (1, 1)


def test_refusals_say_what_is_wrong():
    with pytest.raises(InputError, match="starts at 1"):
        stats.pass_at_k([1], [1], 0)
    with pytest.raises(InputError, match="5 passes in 4 tries"):
        stats.pass_hat_k([4], [5], 1)
    with pytest.raises(InputError, match="2 cases have tries and 1"):
        stats.pass_hat_k([4, 4], [1], 1)
    with pytest.raises(EmptyError, match="nothing to resample"):
        stats.bootstrap([])
