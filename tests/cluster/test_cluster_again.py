"""The same cell again costs nothing, another number costs little, and nothing old is ever taken for something new."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from workbench.cluster import Embedder, Views, _alone, _cluster, _fit, _space, cluster
from workbench.cluster._recent import Recent, key_of

SAID = ("the parcel came late", "the wrong sofa was sent", "it was charged twice")


def sessions(n: int, *, said: Sequence[str] = SAID) -> pl.DataFrame:
    rows = [(f"s{i}", f"{said[i % 3]}, case {'abcdefgh'[i % 8] * 3}", [f"sign: {i % 3}"]) for i in range(n)]
    return pl.DataFrame(rows, schema=["session_id", "text", "tokens"], orient="row")


class Counts(Embedder):
    """An embedder that says how many texts it was asked for."""

    asked = 0

    def __call__(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        del progress
        self.asked += len(texts)
        return np.array(
            [[float(word in text) for word in ("late", "sofa", "twice", "aaa")] for text in texts], np.float32
        )


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (_alone, _cluster, _fit, _space):
        monkeypatch.setattr(module, "_recent", Recent(4))


def test_the_same_question_is_answered_from_memory() -> None:
    embed = Counts("counts", backend="fp32")
    first = cluster(sessions(60), embed=embed)
    assert cluster(sessions(60), embed=embed) is first
    assert embed.asked == 60


def test_another_size_is_looked_for_in_the_same_space_and_found_as_if_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster(sessions(60), views=Views(0, 1, 1))
    again = cluster(sessions(60), views=Views(0, 1, 1), min_size=12)
    for module in (_alone, _cluster, _fit, _space):
        monkeypatch.setattr(module, "_recent", Recent(4))
    alone = cluster(sessions(60), views=Views(0, 1, 1), min_size=12)
    assert again.frame.equals(alone.frame)
    assert again.members.equals(alone.members)


@pytest.mark.parametrize(
    "other",
    [
        lambda rows: rows.with_columns(text=pl.col("text").str.replace("late", "broken")),
        lambda rows: rows.with_columns(tokens=pl.lit(["sign: x"])),
        lambda rows: rows.head(59),
        lambda rows: rows.with_columns(session_id=pl.lit("t") + pl.col("session_id")),
    ],
)
def test_a_change_anywhere_is_seen(other: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    rows = sessions(60)
    first = cluster(rows, views=Views(0, 1, 1))
    second = cluster(other(rows), views=Views(0, 1, 1))
    assert second is not first
    assert second.texts.equals(other(rows))


def test_a_function_that_embeds_is_asked_every_time() -> None:
    asked: list[int] = []

    def embed(texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None) -> NDArray[np.float32]:
        del progress
        asked.append(len(texts))
        return np.eye(3, dtype=np.float32)[[i % 3 for i in range(len(texts))]]

    for _ in range(2):
        cluster(sessions(60), embed=embed)
    assert asked == [60, 60]


def test_keys_tell_apart_what_only_looks_alike() -> None:
    alike = [["ab", "c"], ["a", "bc"], ["abc"], [["ab"], ["c"]], "abc", np.zeros(2), np.zeros((1, 2)), np.zeros(2, np.float32), None, 1, "1"]  # fmt: skip
    assert len({key_of(each) for each in alike}) == len(alike)
    assert key_of(sessions(5)) == key_of(sessions(5)) != key_of(sessions(6))


def test_only_the_last_few_are_kept() -> None:
    recent, made = Recent(2), list[str]()
    for key in ("a", "b", "a", "c", "a", "b", ""):
        recent.get(key, lambda key=key: made.append(key) or key)
    assert made == ["a", "b", "c", "b", ""]
