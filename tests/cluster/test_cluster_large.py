"""Very many sessions: groups are looked for in a sample, all are placed, and the result says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from workbench.cluster import Modes, _names, _space, cluster

KINDS = {"late": "the parcel came late", "wrong": "the wrong sofa was sent", "twice": "charged for it twice"}


def sessions(n: int) -> pl.DataFrame:
    rows = [(f"s{i}", f"{list(KINDS.values())[i % 3]} {i}", "intent") for i in range(n)]
    return pl.DataFrame(rows, schema=["session_id", "text", "facet"], orient="row")


def embed(texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> NDArray[np.float32]:
    del progress
    where = [next(i for i, said in enumerate(KINDS.values()) if text.startswith(said)) for text in texts]
    noise = [np.random.default_rng(int(text.split()[-1])).normal(scale=0.1, size=6) for text in texts]
    return (np.eye(6)[where] + np.array(noise)).astype(np.float32)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Modes:
    monkeypatch.setattr(_space, "_WHOLE", 300)
    monkeypatch.setattr(_space, "_SAMPLED", 240)
    monkeypatch.setattr(_space, "_AT_ONCE", 100)
    monkeypatch.setattr(_names, "_CONTRAST", 120)
    return cluster(sessions(900), against=sessions(30), embed=embed)


def test_all_are_placed_where_the_sample_found_groups(large: Modes) -> None:
    assert large.members.height == 900
    assert large.members["mode"].null_count() < 90
    found = large.members.drop_nulls("mode").with_columns(kind=pl.col("session_id").str.slice(1).cast(pl.Int64) % 3)
    assert found.group_by("mode").agg(pl.col("kind").n_unique())["kind"].to_list() == [1, 1, 1]
    assert large.frame["stability"].min() > 0.8  # pyright: ignore[reportOperatorIssue, reportOptionalOperand] - numbers


def test_it_is_said_what_a_sample_cannot_see(large: Modes) -> None:
    assert "among 240 sessions drawn from the 900" in large.notes[0]
    assert "rare in the sample" in large.notes[0]
    assert (
        "A group has at least 5 of the 240 sessions that were drawn, which stand for about 19 of all; shares"
        in large.notes[-1]
    )


def test_names_and_evidence_come_from_the_texts(large: Modes) -> None:
    said = {name: large.session_ids(name)[0] for name in large.frame["name"]}
    assert all(any(word in name for word in list(KINDS.values())[int(s[1:]) % 3].split()) for name, s in said.items())
    assert all(len(row) == 3 for row in large.frame["representatives"])
    assert large.points.drop_nulls().height == 900


def test_editing_and_assigning_go_on_as_ever(large: Modes) -> None:
    first = large.frame["name"][0]
    assert large.split(first, 2).frame["size"].sum() == large.frame["size"].sum()
    assert large.assign(sessions(6))["mode"].null_count() == 0


def test_it_is_the_same_every_time(large: Modes) -> None:
    again = cluster(sessions(900), against=sessions(30), embed=embed)
    assert again.frame.equals(large.frame)
    assert again.members.equals(large.members)
