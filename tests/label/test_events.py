"""The codebook is what its events make of it, and any earlier one can be shown again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from workbench import label
from workbench.errors import InputError
from workbench.schema import CODEBOOK_EVENTS, conform

START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def day(number: int) -> dt.datetime:
    return START + dt.timedelta(days=number)


class Log:
    """Events as a person would cause them, one a day."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add(self, kind: Any, name: str, into: Any = (), **more: Any) -> Log:
        at = day(len(self.events) + 1)
        self.events.append(label.codebook_event(kind, name, into, author="ana", now=at, events=self.events, **more))
        return self


def modes(names: Any, log: Log, **options: Any) -> list[str | None]:
    return label.apply_events(names, log.events, **options).rows["mode"].to_list()


def test_renames_and_merges_are_followed_to_the_name_that_stands() -> None:
    log = Log().add("rename", "bad refund", "wrong refund").add("merge", "wrong order", "wrong refund")
    log.add("rename", "wrong refund", "refund of another order")
    assert modes(["bad refund", "wrong order", "loop"], log) == ["refund of another order"] * 2 + ["loop"]


def test_any_earlier_codebook_can_be_shown() -> None:
    log = Log().add("rename", "a", "b").add("merge", "b", "c")
    assert [modes(["a"], log, as_of=day(number)) for number in (0, 1, 2)] == [["a"], ["b"], ["c"]]


def test_a_name_that_was_merged_away_leads_on_where_others_are_merged_into_it_later() -> None:
    log = Log().add("merge", "b", "c").add("merge", "a", "b")
    assert modes(["a"], log) == ["c"]


def test_a_circle_of_names_is_refused_with_the_way_out() -> None:
    log = Log().add("rename", "a", "b").add("rename", "b", "c")
    with pytest.raises(InputError, match=r"circle\. Define 'a' anew first"):
        log.add("merge", "c", "a")
    with pytest.raises(InputError, match="itself"):
        log.add("merge", "c", "c")


def test_a_circle_that_two_reviewers_made_at_once_is_left_out_and_said() -> None:
    one = label.codebook_event("merge", "a", "b", author="ana", now=day(1))
    other = label.codebook_event("merge", "b", "a", author="ben", now=day(2))
    coding = label.apply_events(["a", "b"], [one, other])
    assert coding.rows["mode"].to_list() == ["b", "b"]
    assert len(coding.refused) == 1
    assert coding.refused[0].startswith("ben's merge of 2026-03-03 was left out")


def test_a_name_that_is_defined_anew_keeps_the_labels_written_after_that() -> None:
    log = Log().add("rename", "a", "b").add("define", "a", definition="something new").add("rename", "b", "c")
    frame = pl.DataFrame({"failure_mode": ["a", "a"], "happened_at": [day(0), day(9)]})
    assert modes(frame, log) == ["c", "a"]


def test_a_split_goes_by_session_and_the_others_are_to_be_read_again() -> None:
    log = Log().add(
        "split", "tool", ["tool: args", "tool: result"], assignment={"s1": "tool: args", "s2": "tool: result"}
    )
    frame = pl.DataFrame({"session_id": ["s1", "s2", "s3"], "failure_mode": ["tool"] * 3, "happened_at": [day(0)] * 3})
    rows = label.apply_events(frame, log.events).rows
    assert rows["mode"].to_list() == ["tool: args", "tool: result", "tool"]
    assert rows["reread"].to_list() == [None, None, "'tool' was split"]


def test_labels_from_before_a_changed_definition_are_to_be_read_again() -> None:
    log = Log().add("define", "loop", definition="calls twice").add("define", "loop", definition="calls three times")
    frame = pl.DataFrame({"failure_mode": ["loop"] * 3, "happened_at": [day(0), day(1), day(5)]})
    assert label.apply_events(frame, log.events).rows["reread"].to_list() == ["'loop' was defined anew"] * 2 + [None]


def test_definitions_move_with_the_name_and_retired_modes_stay_in_the_book() -> None:
    log = Log().add("define", "a", definition="what a is").add("rename", "a", "b").add("retire", "c", reason="fixed")
    book = label.modes_of(log.events)
    assert (book["b"].definition, book["c"].retired, "a" in book) == ("what a is", True, False)


def test_a_repeated_delivery_of_an_event_counts_once() -> None:
    event = label.codebook_event("define", "a", author="ana", now=day(1), definition="x")
    assert event == label.codebook_event("define", "a", author="ana", now=day(1), definition="x")
    assert conform([event, event], CODEBOOK_EVENTS)["event_id"].n_unique() == 1
    assert label.apply_events(["a"], [event, event]).sentence == "1 labels under 1 failure modes."


@pytest.mark.parametrize(
    ("kind", "into", "more", "words"),
    [
        ("rename", (), {}, "takes 1 name"),
        ("rename", " ", {}, "not blank"),
        ("split", ["a1"], {}, "at least two parts"),
        ("split", ["a1", "a2"], {"assignment": {"s1": "a3"}}, "no part 'a3'"),
        ("define", (), {}, "takes a definition"),
        ("retire", (), {}, "takes a reason"),
        ("merge", "b", {"assignment": {"s1": "b"}}, "belongs to a split"),
        ("forget", (), {}, "codebook event"),
    ],
)
def test_events_that_say_too_little_or_too_much_are_refused(kind: Any, into: Any, more: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        label.codebook_event(kind, "a", into, author="ana", now=day(1), **more)


def test_nothing_to_code_is_no_fault() -> None:
    assert label.apply_events([], []).rows.height == 0
    assert modes(pl.DataFrame({"failure_mode": [None]}, schema={"failure_mode": pl.String()}), Log()) == [None]
