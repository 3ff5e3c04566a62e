"""Suggestions that are shown first: by chance where the protocol says so, and how far they sway."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import polars as pl
import pytest

from workbench import label
from workbench.errors import EmptyError, InputError
from workbench.label import Protocol

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
IDS = [f"s{number:03}" for number in range(400)]
KNOWN = pl.DataFrame({"session_id": IDS, "segment": ["a", "b"] * 200})
FAIL = pl.DataFrame({"session_id": IDS, "suggested": "fail"})


def given(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["session_id", "reviewer", "verdict", "blind", "queue_id"], orient="row")


def test_verdicts_with_and_without_the_suggestion_are_compared() -> None:
    rows = [(IDS[n], "ana", "fail" if n < 30 or n % 2 else "pass", n >= 30, None) for n in range(60)]
    found = label.anchoring(given(rows), FAIL)
    assert (found.shown, found.blind, found.randomised) == ((30, 30), (15, 30), False)
    assert found.difference is not None
    assert found.difference.low > 0.2
    assert "+50.0 points (95% interval +" in found.sentence
    assert "readers chose what they looked at first" in found.sentence
    assert "let chance decide" in found.notes[0]
    only = label.anchoring(given(rows).filter("blind"), FAIL)
    assert only.difference is None
    with pytest.raises(EmptyError, match="no session with a suggestion"):
        label.anchoring(given(rows), FAIL.clear())


@pytest.mark.parametrize("draw", [label.draw_queue, label.draw_informed])
def test_chance_decides_what_is_shown_first_and_the_draw_says_so_for_ever(draw: Any) -> None:
    protocol = Protocol(shown_first=0.3, repeats=0.1)
    queue = draw(KNOWN, name="q", n=300, seed=3, protocol=protocol)
    decided = queue.draws.drop_nulls("shown_first")
    assert decided.height == 300  # silent repeats are in neither group
    assert 0.2 < decided["shown_first"].mean() < 0.4
    assert Protocol.of(queue.row.row(0, named=True)) == protocol
    again = draw(KNOWN, name="q", n=300, seed=3, protocol=protocol)
    assert again.draws["shown_first"].equals(queue.draws["shown_first"])
    other = draw(KNOWN, name="q", n=300, seed=4, protocol=protocol)
    mine, others = (
        dict(each.draws.drop_nulls("shown_first").select("target_id", "shown_first").iter_rows())
        for each in (queue, other)
    )
    assert any(mine[each] != others[each] for each in mine.keys() & others.keys())
    assert draw(KNOWN, name="q", n=9, protocol=Protocol()).draws["shown_first"].null_count() == 9


def test_a_queue_that_grows_keeps_what_was_decided() -> None:
    protocol = Protocol(shown_first=0.5)
    first = label.draw_informed(KNOWN, name="q", n=20, protocol=protocol)
    longer = label.draw_informed(KNOWN, name="q", n=60, history=first.draws, queues=first.row)
    assert longer.draws["shown_first"].head(20).to_list() == first.draws["shown_first"].to_list()
    assert longer.draws["shown_first"].null_count() == 0


@pytest.mark.parametrize("wrong", [{"shown_first": 1.0}, {"shown_first": -0.1}, {"shown_first": 0.2, "blind": False}])
def test_where_nothing_stays_hidden_there_is_nothing_to_compare_with(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="something to compare with"):
        Protocol(**wrong)


def test_groups_are_what_chance_decided_and_not_what_was_looked_at() -> None:
    queue = label.draw_queue(IDS, name="q", n=200, seed=1, protocol=Protocol(shown_first=0.5))
    first = dict(queue.draws.select("target_id", "shown_first").iter_rows())
    rows = [
        (each, "ana", "fail" if first[each] or number % 2 else "pass", not first[each], queue.queue_id)
        for number, each in enumerate(first)
    ]
    asked = next(number for number, row in enumerate(rows) if row[3])
    rows[asked] = (*rows[asked][:3], False, queue.queue_id)  # hidden, and asked for
    rows.append((IDS[-1], "ben", "pass", False, "elsewhere"))
    found = label.anchoring(given(rows), FAIL, queue.draws)
    assert found.randomised
    assert found.shown[1] + found.blind[1] == 200
    assert found.shown[0] == found.shown[1] == sum(first.values())
    assert found.notes[1].startswith("1 verdicts on sessions for which chance decided nothing")
    assert found.notes[2].startswith("1 that were to be hidden were asked for")


def test_the_interval_holds_the_truth_also_where_several_read_each_session() -> None:
    held = 0
    for world in range(60):
        chance = random.Random(world)
        queue = label.draw_queue(IDS, name="q", n=80, seed=world, protocol=Protocol(shown_first=0.5, reviews=3))
        rows = []
        for each, first in queue.draws.select("target_id", "shown_first").iter_rows():
            lean = chance.betavariate(1, 1) * 0.8 + (0.2 if first else 0.0)  # alike within a session; 20 points of sway
            rows += [
                (each, name, "fail" if chance.random() < lean else "pass", not first, queue.queue_id)
                for name in ("ana", "ben", "eve")
            ]
        apart = label.anchoring(given(rows), FAIL, queue.draws).difference
        assert apart is not None
        held += apart.low <= 0.2 <= apart.high
    assert held >= 53


def test_the_first_verdict_counts_and_a_later_note_says_nothing_of_it() -> None:
    said: list[dict[str, Any]] = []
    steps: tuple[tuple[dict[str, Any], bool], ...] = (
        ({"verdict": "pass"}, True),
        ({"note": "hm"}, False),
        ({"verdict": "fail"}, False),
    )
    for number, (change, blind) in enumerate(steps):
        now = NOW + dt.timedelta(minutes=number)
        said += label.label_annotations(
            {"operation": str(number), "session_id": "s", **change}, reviewer="ana", now=now, blind=blind
        )
        first = label.first_verdicts(said).row(0)
        assert first == ("s", "ana", "pass", True, None)
        assert label.current_labels(said)["blind"].item() == (number < 2)
    said += label.label_annotations(
        {"operation": "9", "session_id": "s", "undo": "0"}, reviewer="ana", now=NOW + dt.timedelta(hours=1), said=said
    )
    assert label.first_verdicts(said).row(0)[2:4] == ("fail", False)
