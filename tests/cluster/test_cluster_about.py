"""What sessions carry beside their text is kept with the modes, told of each, and never mixed up with somebody else's."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench.cluster import Views, cluster
from workbench.errors import InputError, UnknownNameError
from workbench.stats import wilson

SAID = ("the parcel came late", "the wrong sofa was sent", "it was charged twice")
WORDS = Views(meaning=0.0, words=1.0, structure=1.0)
N = 60


def texts() -> pl.DataFrame:
    rows = [(f"s{i}", f"{SAID[i % 3]}, case {'abcdefgh'[i % 8] * 3}", [f"sign: {i % 3}"]) for i in range(N)]
    return pl.DataFrame(rows, schema=["session_id", "text", "tokens"], orient="row")


def about() -> pl.DataFrame:
    """Users of every second session said something, the first kind is hated; costs of the third kind are unknown."""
    return pl.DataFrame(
        {
            "session_id": [f"s{i}" for i in range(N)],
            "feedback": [None if i % 2 else "down" if i % 3 == 0 or i % 12 == 4 else "up" for i in range(N)],
            "cost": [None if i % 3 == 2 else float(i) for i in range(N)],
            "release": [f"1.{i % 4}" for i in range(N)],
        }
    )


def kind(modes: Any, which: int) -> dict[str, Any]:
    return next(r for r in modes.frame.iter_rows(named=True) if int(r["representatives"][0][1:]) % 3 == which)


def test_each_mode_says_how_many_of_those_who_gave_feedback_were_unhappy() -> None:
    modes = cluster(texts(), views=WORDS, about=about())
    hated, mixed = kind(modes, 0), kind(modes, 1)
    assert (hated["negative_feedback"], hated["feedback_sessions"]) == (1.0, 10)
    assert (mixed["negative_feedback"], mixed["feedback_sessions"]) == (0.5, 10)
    ends = wilson(5, 10)
    assert (mixed["negative_feedback_low"], mixed["negative_feedback_high"]) == (ends.low, ends.high)


def test_each_mode_says_what_its_sessions_cost_as_far_as_known() -> None:
    modes = cluster(texts(), views=WORDS, about=about())
    costs = np.arange(0.0, N, 3)
    known, unknown = kind(modes, 0), kind(modes, 2)
    assert (known["cost_median"], known["cost_total"], known["cost_sessions"]) == (np.median(costs), costs.sum(), 20)
    assert (unknown["cost_median"], unknown["cost_total"], unknown["cost_sessions"]) == (None, None, 0)
    shown = modes._repr_html_()
    assert "100.0% (72.2% to 100.0%) of 10 unhappy" in shown
    assert "US$ 28.5 median, 570 in all" in shown
    assert "cost unknown" in shown


def test_how_feedback_is_to_be_read_is_said_where_it_is_told_and_survives_edits_once() -> None:
    told = cluster(texts(), views=WORDS, about=about())
    edited = told.rename(int(told.frame["mode"][0]), "other goods")
    for modes in (told, edited):
        assert sum("chosen by their feedback" in each for each in modes.cautions) == 1
        assert modes._repr_html_().count("chosen by their feedback") == 1
        assert modes.to_json()["notes"] == list(modes.cautions)
    silent = cluster(texts(), views=WORDS)
    assert silent.cautions == silent.notes


def test_what_nobody_knows_is_null_and_not_shown() -> None:
    modes = cluster(texts(), views=WORDS)
    assert modes.about.columns == ["session_id"]
    assert modes.frame["negative_feedback"].null_count() == modes.frame["cost_median"].null_count() == len(modes)
    assert modes.frame["feedback_sessions"].to_list() == [0] * len(modes)
    assert "unhappy" not in modes._repr_html_()
    assert "US$" not in modes._repr_html_()


def test_an_edit_counts_anew_and_keeps_what_is_known() -> None:
    modes = cluster(texts(), views=WORDS, about=about())
    first, second = modes.frame["name"].to_list()[:2]
    merged = modes.merge([first, second], "both")
    row = merged.frame.filter(name="both").row(0, named=True)
    parts = modes.frame.filter(pl.col("name").is_in([first, second]))
    assert row["feedback_sessions"] == parts["feedback_sessions"].sum()
    assert row["cost_total"] == pytest.approx(parts["cost_total"].sum())
    labels = {f"s{i}": ("mine", "yours")[i % 2] for i in range(24)}
    assert modes.bend(labels).about.equals(modes.about)
    assert merged.apply(modes.rename(second, "x").events).about.equals(modes.about)


def test_it_stands_in_the_order_of_the_sessions_with_nulls_for_those_that_it_does_not_name() -> None:
    some = about().head(30).reverse().vstack(about().head(1).with_columns(session_id=pl.lit("another")))
    modes = cluster(texts(), views=WORDS, about=some)
    assert modes.about["session_id"].to_list() == modes.members["session_id"].to_list()
    assert modes.about["release"].to_list() == [*about()["release"].head(30), *[None] * 30]


def test_the_same_sessions_with_something_else_beside_them_are_not_mixed_up() -> None:
    first = cluster(texts(), views=WORDS, about=about())
    second = cluster(texts(), views=WORDS, about=about().with_columns(cost=pl.lit(1.0)))
    bare = cluster(texts(), views=WORDS)
    assert second.frame["cost_median"].to_list() == [1.0] * len(second)
    assert first.frame["cost_median"].null_count() == 1
    assert bare.about.columns == ["session_id"]
    assert first.members.equals(bare.members)


def test_where_no_mode_is_found_it_is_kept_all_the_same() -> None:
    few = cluster(texts().head(3), about=about())
    assert few.about["release"].to_list() == ["1.0", "1.1", "1.2"]
    assert few.frame.is_empty()
    assert "cost_median" in few.frame.columns


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"session_id": ["s1", "s1"]}, "session 's1' is there more than once"),
        ({"session_id": ["s1"], "cost": ["3 EUR"]}, "'cost' holds String, expected US dollars"),
        ({"session_id": ["s1"], "feedback": ["fine"]}, "'feedback' holds 'fine', expected up, down or null"),
    ],
)
def test_what_cannot_be_counted_is_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        cluster(texts(), views=WORDS, about=wrong)


def test_a_frame_without_session_ids_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="session_id"):
        cluster(texts(), views=WORDS, about=pl.DataFrame({"id": ["s1"]}))
