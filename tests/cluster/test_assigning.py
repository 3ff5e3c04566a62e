"""Other sessions in modes that are there: how many fit, and what those share that fit none."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import polars as pl
import pytest

from workbench.cluster import Modes, Views, _assign, cluster
from workbench.errors import InputError, UnknownNameError

SAID = ["the parcel came late", "a wrong sofa arrived", "charged twice by card"]
WORDS = Views(meaning=0.0, words=1.0, structure=0.0)


def sessions(n: int, *, seed: int, said: list[str] | None = None, mark: str = "") -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    about = ["kettle", "lamp", "phone", "ticket", "jacket", "table"]
    kinds = said or SAID
    return pl.DataFrame(
        {"session_id": f"{mark}{i}", "text": f"{kinds[i % len(kinds)]}: {' '.join(draw.permutation(about)[:2])}"}
        for i in range(n)
    )


@pytest.fixture(scope="module")
def modes() -> Modes:
    return cluster(sessions(90, seed=0), views=WORDS)


def test_what_fits_none_is_named_by_what_it_shares(modes: Modes) -> None:
    odd = ["printer jammed on page two"] * 5 + ["quarterly invoice mismatch", "unknown dialect spoken"]
    new = pl.concat([sessions(9, seed=1, mark="n"), sessions(7, seed=2, said=odd, mark="o")])
    found = modes.assign(new)
    assert found["mode"].null_count() == 7
    first = found.outside.row(0, named=True)
    assert (first["sessions"], first["of"]) == (5, 7)
    assert first["session_ids"] == [f"o{i}" for i in range(5)]
    assert "printer" in first["shared"] or "jammed" in first["shared"]
    assert found.outside["shared"].to_list()[1:] == [None]
    assert found.sentence.startswith("9 of 16 sessions fit 3 of 3 modes, 56.2% (95% interval")
    assert f"none of these: 7, of which 5 share “{first['shared']}”, 2 share nothing" in repr(found)
    assert "none of these" in found._repr_html_()


def test_a_single_session_that_fits_none_is_named_by_its_own_words(modes: Modes) -> None:
    found = modes.assign([{"session_id": "x", "text": "printer jammed"}])
    assert found.outside["sessions"].to_list() == [1]
    assert found.outside["shared"].item() is not None


def test_where_all_fit_nothing_is_left_over_and_silent_ones_are_counted(modes: Modes) -> None:
    found = modes.assign(pl.concat([sessions(6, seed=3), pl.DataFrame({"session_id": ["s"], "text": [""]})]))
    assert found.outside.is_empty()
    assert found.sentence.endswith("1 show nothing of this facet.")
    assert len(found) == 7


def test_what_names_it_is_shown_as_text(modes: Modes) -> None:
    rows = [{"session_id": f"{i}", "text": "<img src=x onerror=alert(1)> printer"} for i in range(3)]
    assert "<img" not in modes.assign(rows)._repr_html_()


def test_no_sessions_are_no_error(modes: Modes) -> None:
    assert repr(modes.assign(sessions(1, seed=0).head(0))) == "No sessions to assign."


def test_sessions_without_texts_are_refused_where_nobody_can_read_them(modes: Modes) -> None:
    with pytest.raises(InputError, match="hand in their texts"):
        modes.assign(["a", "b"])
    with pytest.raises(UnknownNameError, match="session_id"):
        modes.assign(pl.DataFrame({"id": ["a"]}))


def test_a_reader_of_sessions_is_kept_through_edits(modes: Modes) -> None:
    from dataclasses import replace

    read = replace(modes, texts_of=lambda some: sessions(9, seed=5).join(some, on="session_id", how="semi"))
    edited = read.rename(read.frame["name"][0], "first").bend({str(i): SAID[i % 3] for i in range(0, 90, 5)})
    assert edited.assign(["0", "3"])["mode"].null_count() == 0


def test_bent_modes_take_an_executor_and_give_the_same(modes: Modes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_assign, "_AT_ONCE", 7)
    bent = modes.bend({str(i): SAID[i % 3] for i in range(0, 90, 5)})
    new = sessions(20, seed=6, mark="n")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        there = bent.assign(new, executor=pool)
    assert there.frame.equals(bent.assign(new).frame)
    assert there["name"].to_list() == [SAID[i % 3] for i in range(20)]
