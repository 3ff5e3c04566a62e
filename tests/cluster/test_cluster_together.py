"""Sessions that a person says belong together: their modes become one, open ones join, and another run does it again."""

from __future__ import annotations

import json

import polars as pl
import pytest

from workbench.cluster import Edit, Modes, Views, cluster
from workbench.errors import InputError, UnknownNameError

SAID = ("the parcel came late", "the wrong sofa was sent", "it was charged twice")
WORDS = Views(meaning=0.0, words=1.0, structure=1.0)


def texts(n: int = 60) -> pl.DataFrame:
    """Three kinds, and a few sessions that are like nothing else."""
    rows = [(f"s{i}", f"{SAID[i % 3]}, case {'abcdefgh'[i % 8] * 3}", [f"sign: {i % 3}"]) for i in range(n)]
    alone = [(f"odd-{i}", f"word{i} other{i * 7}", [f"sign: {50 + i}"]) for i in range(4)]
    return pl.DataFrame(rows + alone, schema=["session_id", "text", "tokens"], orient="row")


def mode_of(modes: Modes, session: str) -> str | None:
    row = modes.members.filter(session_id=session).join(modes.frame.select("mode", "name"), on="mode", how="left")
    return row["name"][0]


@pytest.fixture(scope="module")
def modes() -> Modes:
    found = cluster(texts(), views=WORDS)
    assert len(found) == 3
    assert {mode_of(found, session) for session in ("odd-0", "odd-1")} == {None}
    return found


def test_modes_of_sessions_that_belong_together_become_one_named_like_the_one_that_most_are_in(modes: Modes) -> None:
    first, second, third = (mode_of(modes, session) for session in ("s0", "s1", "s2"))
    after = modes.together(["s1", "s0", "s3"])
    assert set(after.session_ids(str(first))) == {*modes.session_ids(str(first)), *modes.session_ids(str(second))}
    assert set(after.frame["name"]) == {first, third}
    assert mode_of(after, "s4") == first != second
    assert after.events[-1].kind == "together"


def test_open_sessions_join_the_mode_of_the_others(modes: Modes) -> None:
    assert mode_of(modes, "odd-1") is None
    after = modes.together(["odd-1", "s0"])
    assert mode_of(after, "odd-1") == mode_of(modes, "s0")
    assert after.frame["size"].sum() == modes.frame["size"].sum() + 1


def test_open_sessions_alone_become_a_mode_named_by_contrast_or_as_told(modes: Modes) -> None:
    after = modes.together(["odd-1", "odd-0"])
    assert mode_of(after, "odd-1") == mode_of(after, "odd-0")
    assert mode_of(after, "odd-1") not in modes.frame["name"]
    assert mode_of(modes.together(["odd-1", "odd-0"], "oddities"), "odd-0") == "oddities"


def test_a_name_that_a_mode_has_lets_that_mode_take_them(modes: Modes) -> None:
    second = mode_of(modes, "s1")
    after = modes.together(["s0", "odd-1"], second)
    assert mode_of(after, "s3") == mode_of(after, "odd-1") == second


def test_it_is_written_down_and_done_again_to_the_letter(modes: Modes) -> None:
    edited = modes.together(["s0", "s1", "odd-0"], "both").rename("both", "two kinds")
    events = [Edit.from_dict(json.loads(json.dumps(edit.to_dict()))) for edit in edited.events]
    again = modes.apply(events)
    assert again.members["mode"].equals(edited.members["mode"])
    assert again.frame["name"].to_list() == edited.frame["name"].to_list()


def test_another_run_on_other_sessions_merges_the_modes_again_where_they_are_found(modes: Modes) -> None:
    events = modes.together(["s0", "s1"], "both").events
    more = cluster(texts(75).filter(pl.col("session_id") != "s0"), views=WORDS).apply(events)
    assert {mode_of(more, f"s{i}") for i in (1, 3, 4, 72, 73)} == {"both"}
    assert mode_of(more, "s2") != "both"


def test_where_the_modes_are_gone_only_the_sessions_themselves_are_put_together(modes: Modes) -> None:
    gone = Edit("together", (("s0", "s1", "odd-1"), ("x", "y"), ("z",)))
    after = modes.apply([gone])
    assert mode_of(after, "s0") == mode_of(after, "s1") == mode_of(after, "odd-1")
    assert mode_of(after, "s3") != mode_of(after, "s4")
    assert after.notes[-1].startswith("2 of the 2 modes that were said to belong together no longer hold")


def test_modes_that_are_found_again_are_put_together_without_a_note(modes: Modes) -> None:
    done = modes.together(["s0", "s1"])
    assert modes.apply(done.events).notes == modes.notes == done.notes


def test_where_the_sessions_are_gone_too_the_edit_is_left_out_and_said(modes: Modes) -> None:
    after = modes.apply([Edit("together", (("x", "y"), ("z",)))])
    assert after.frame.equals(modes.frame)
    assert "1 edit was left out" in after.notes[-1]


def test_what_cannot_belong_together_is_refused_with_the_reason(modes: Modes) -> None:
    with pytest.raises(InputError, match="at least two different sessions"):
        modes.together(["s0", "s0"])
    with pytest.raises(InputError, match="these 2 sessions are together already, in"):
        modes.together(["s0", "s3"])
    with pytest.raises(InputError, match="not empty"):
        modes.together(["s0", "s1"], " ")
    with pytest.raises(UnknownNameError, match="no session named 's999'"):
        modes.together(["s0", "s999"])
