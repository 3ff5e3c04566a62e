"""Shares are unbiased however the reading was tilted and wherever it stopped."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from workbench import label
from workbench.stats import weighted_share

POPULATION = 400
READ = 60


def world() -> tuple[pl.DataFrame, dict[str, bool]]:
    """One session in eight fails; the score is a bad guide to which, and misleads about some."""
    random = np.random.default_rng(11)
    fails = random.random(POPULATION) < 0.125
    score = np.where(fails, random.gamma(3.0, size=POPULATION), random.gamma(1.2, size=POPULATION))
    score[random.random(POPULATION) < 0.2] = 0.0
    ids = [f"s{number}" for number in range(POPULATION)]
    return pl.DataFrame({"session_id": ids, "score": score}), dict(zip(ids, map(bool, fails), strict=True))


def test_a_tilted_reading_is_biased_and_its_weighted_share_is_not() -> None:
    frame, fails = world()
    truth = sum(fails.values()) / POPULATION
    plain, weighted, covered = [], [], 0
    for seed in range(250):
        queue = label.draw_queue(frame, name="q", n=READ, score="score", seed=seed)
        chances = dict(label.draw_weights(queue.draws).select("session_id", "inclusion").iter_rows())
        flags = [fails[each] for each in chances]
        found = weighted_share(flags, list(chances.values()))
        plain.append(sum(flags) / READ)
        weighted.append(found.share)
        covered += truth in found.interval
    error = np.std(weighted) / len(weighted) ** 0.5
    assert abs(np.mean(weighted) - truth) < 3 * error + 0.004  # a ratio's own bias is of the order of 1/n
    assert np.mean(plain) - truth > 10 * error
    assert covered / 250 > 0.9


def test_reading_stopped_at_any_place_is_still_unbiased() -> None:
    frame, fails = world()
    truth = sum(fails.values()) / POPULATION
    found = []
    for seed in range(250):
        queue = label.draw_queue(frame, name="q", n=POPULATION, score="score", seed=seed)
        read = queue.items["session_id"].to_list()[:READ]
        weights = label.draw_weights(queue.draws, read=read)
        assert weights.height == READ
        found.append(weighted_share([fails[each] for each in weights["session_id"]], weights["inclusion"]).share)
    assert abs(np.mean(found) - truth) < 3 * np.std(found) / len(found) ** 0.5 + 0.004


def test_weights_of_a_tilted_reading_add_up_to_the_population_on_average() -> None:
    frame, _ = world()
    totals = [
        label.draw_weights(label.draw_queue(frame, name="q", n=READ, score="score", seed=seed).draws)["weight"].sum()
        for seed in range(250)
    ]
    assert np.mean(totals) == pytest.approx(POPULATION, abs=3 * np.std(totals) / len(totals) ** 0.5)


def test_a_queue_that_was_read_whole_weighs_everybody_the_same() -> None:
    frame, _ = world()
    queue = label.draw_queue(frame, name="q", n=POPULATION, score="score")
    assert np.allclose(label.draw_weights(queue.draws)["weight"].to_numpy(), 1.0)


def test_stratified_weights_are_the_inverse_of_inclusion() -> None:
    frame = pl.DataFrame({"session_id": [f"s{n}" for n in range(30)], "kind": ["a"] * 10 + ["b"] * 20})
    queue = label.draw_queue(frame, name="q", n=6, by="kind")
    assert label.draw_weights(queue.draws)["weight"].to_list() == pytest.approx([5.0] * 6)


def test_draws_by_hand_have_no_weight() -> None:
    draws = [{"queue_id": "q", "position": 0, "target_id": "s1", "pool": 9, "design": "by hand"}]
    assert label.draw_weights(draws)["weight"].to_list() == [None]


def test_a_queue_that_is_half_read_halves_the_chances() -> None:
    queue = label.draw_queue([f"s{n}" for n in range(30)], name="q", n=30)
    read = queue.items["session_id"].to_list()[:10]
    weights = label.draw_weights(queue.draws, read=read)
    assert weights["inclusion"].to_list() == pytest.approx([1 / 3] * 10)
    assert weights["weight"].to_list() == pytest.approx([3.0] * 10)


def test_what_was_passed_over_does_not_make_the_rest_count_less() -> None:
    queue = label.draw_queue([f"s{n}" for n in range(30)], name="q", n=20)
    read = queue.items["session_id"].to_list()[1:20:2]
    assert label.draw_weights(queue.draws, read=read)["weight"].sum() == pytest.approx(30)
