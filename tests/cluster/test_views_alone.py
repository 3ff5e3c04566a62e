"""Each mode says which views of the sessions find it again without the others."""

from __future__ import annotations

import numpy as np
import polars as pl

from workbench.cluster import Modes, Views, cluster

SAID = ("the parcel came late", "a wrong sofa arrived", "charged twice by card")
SIGNS = (
    ("sign: timed out", "sign: tried once"),
    ("sign: asked again", "ended: upset"),
    ("sign: made up", "path: no tool"),
)
ASIDES = ["truly", "sadly", "again", "oddly", "today", "hello", "quick", "blue", "home", "gift", "late hour", "note"]
BOTH = Views(meaning=0.0, words=1.0, structure=1.0)


def sessions(pairs: list[tuple[int, int]], *, each: int = 40) -> pl.DataFrame:
    """Sessions of a few kinds, each kind with the words of one thing and the sign of another."""
    random = np.random.default_rng(0)
    rows = [
        (
            f"{said}{sign}-{i}",
            f"{SAID[said]}, {'. '.join(random.permutation(ASIDES)[:3])}",
            [*SIGNS[sign], *(f"path: {n}" for n in random.permutation(9)[:2])],
        )
        for said, sign in pairs
        for i in range(each)
    ]
    return pl.DataFrame(rows, schema=["session_id", "text", "tokens"], orient="row")


def seen_by(modes: Modes) -> list[list[str]]:
    return [sorted(views) for views in modes.frame["seen_by"].to_list()]


def test_what_words_and_structure_both_tell_apart_is_found_again_by_each() -> None:
    modes = cluster(sessions([(0, 0), (1, 1), (2, 2)]), views=BOTH)
    assert seen_by(modes) == [["structure", "words"]] * 3
    assert "structure, words" in modes._repr_html_() or "words, structure" in modes._repr_html_()
    assert [note for note in modes.notes if note.startswith("Found again: 3 of 3 modes")]


def test_what_only_both_together_tell_apart_is_said_to_be_found_only_together() -> None:
    modes = cluster(sessions([(a, b) for a in range(3) for b in range(3)]), views=BOTH)
    assert len(modes) == 9
    assert seen_by(modes) == [[]] * 9
    assert "only together" in modes._repr_html_()


def test_what_one_view_tells_apart_is_found_again_by_that_view_alone() -> None:
    told = sessions([(0, 0), (1, 0), (2, 0)])
    modes = cluster(told, views=Views(meaning=0.0, words=1.0, structure=0.2))
    assert seen_by(modes)[:2] == [["words"]] * 2
    assert not any("structure" in views for views in seen_by(modes))


def test_sessions_compared_by_one_view_have_nothing_to_compare_it_with() -> None:
    modes = cluster(sessions([(0, 0), (1, 1), (2, 2)]), views=Views(meaning=0.0, words=1.0, structure=0.0))
    assert modes.frame["seen_by"].null_count() == modes.frame["overlaps"].null_count() == len(modes)
    assert "found again by" not in modes._repr_html_().lower()


def test_modes_that_labels_bent_say_it_too() -> None:
    modes = cluster(sessions([(0, 0), (1, 1), (2, 2)]), views=BOTH)
    ids = modes.texts["session_id"].to_list()
    bent = modes.bend({s: f"kind {s[0]}" for s in ids[::6]})
    assert seen_by(bent) == [["structure", "words"]] * 3
    assert [note for note in bent.notes if note.startswith("Found again: 3 of 3 modes")]


def test_a_merged_mode_is_looked_for_again_as_it_is_now() -> None:
    modes = cluster(sessions([(0, 0), (1, 1), (2, 2)]), views=BOTH)
    first, second, _ = modes.frame["name"]
    merged = modes.merge([first, second], "both")
    overlaps = merged.frame.filter(name="both")["overlaps"].item().to_list()
    assert all(0.45 < each["overlap"] < 0.55 for each in overlaps)
