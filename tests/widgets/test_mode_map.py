"""The explorer over a clustering: edits on the map are edits of the modes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench import cluster
from workbench.cluster import Modes
from workbench.widgets import ModeMap

TOPICS = ("refund the wrong order", "loop over one tool", "quotes a stale policy")


def embed(texts: Any, *, progress: Any = None) -> Any:  # noqa: ARG001 - as the clustering calls it
    rng = np.random.default_rng(3)
    centre = np.eye(8)
    return np.array([centre[[t in text for t in TOPICS].index(True)] + rng.normal(0, 0.02, 8) for text in texts])


@pytest.fixture(scope="module")
def modes() -> Modes:
    texts = [{"session_id": f"s{n:02d}", "text": f"{TOPICS[n % 3]} number {n}"} for n in range(60)]
    found = cluster.cluster(texts, embed=embed, seed=0)
    assert len(found) == 3
    return found


class Map(ModeMap):
    """Messages to the browser go nowhere."""

    def _tell(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.told = content, buffers

    def edit(self, operation: str, **event: Any) -> dict[str, Any]:
        self._heard(self, {"kind": "change", "id": operation, "change": {"operation": operation, **event}}, [])
        return self.told[0]

    def sizes(self) -> dict[str, int]:
        return {row["mode"]: row["size"] for row in self.to_frame().iter_rows(named=True)}


def names(modes: Modes) -> list[str]:
    return modes.frame["name"].to_list()


def test_the_map_shows_the_modes(modes: Modes) -> None:
    shown = Map(modes)
    assert shown.sizes() == dict(modes.frame.select("name", "size").iter_rows())
    assert shown.acknowledged == "kept in this kernel only"
    shown._heard(shown, {"kind": "fetch", "id": "1", "session_id": "s00"}, [])
    assert b"refund the wrong order number 0" in shown.told[1][0]


def test_edits_change_the_modes_and_undo_brings_them_back(modes: Modes) -> None:
    shown = Map(modes)
    first, second, _ = names(modes)
    assert shown.edit("1", kind="rename", mode=first, into="mine") == {"to": "1"}
    assert "mine" in names(shown.result)
    shown.edit("2", kind="merge", mode=second, into="mine")
    assert len(shown.result) == 2
    assert shown.sizes()["mine"] == len(shown.result.session_ids("mine")) == 40
    shown.edit("3", kind="undo", undo="last")
    shown.edit("4", kind="undo", undo="last")
    assert shown.result is modes
    assert shown.sizes() == Map(modes).sizes()


def test_a_part_of_a_mode_becomes_a_mode_of_its_own_or_joins_another(modes: Modes) -> None:
    shown = Map(modes)
    first, second, _ = names(modes)
    rows = [shown._row[each] for each in modes.session_ids(first)[:5]]
    assert shown.edit("1", kind="move", into="a part", rows=rows) == {"to": "1"}
    assert shown.sizes()["a part"] == 5
    assert shown.sizes()[first] == len(modes.session_ids(first)) - 5
    shown.edit("2", kind="move", into=second, rows=rows[:2])
    assert shown.sizes()["a part"] == 3
    assert shown.sizes()[second] == len(modes.session_ids(second)) + 2
    assert shown.sizes() == {name: len(shown.result.session_ids(name)) for name in names(shown.result)}


def test_a_whole_mode_that_moves_is_renamed_or_merged(modes: Modes) -> None:
    shown = Map(modes)
    first, second, _ = names(modes)
    rows = [shown._row[each] for each in modes.session_ids(first)]
    shown.edit("1", kind="move", into="another name", rows=rows)
    assert shown.sizes()["another name"] == len(rows)
    shown.edit("2", kind="move", into=second, rows=rows)
    assert len(shown.result) == 2


def test_sessions_of_several_modes_are_refused_with_the_reason(modes: Modes) -> None:
    shown = Map(modes)
    refused = shown.edit("1", kind="move", into="x", rows=[0, 1, 2])["refused"]
    assert refused.startswith("a part is cut out of one mode, and these sessions lie in 3 (0 of them in none)")
    assert shown.result is modes


def test_what_is_kept_is_told_before_the_edit_is_acknowledged(modes: Modes) -> None:
    kept: list[tuple[int, list[str]]] = []
    shown = Map(modes, keep=lambda now, retired: kept.append((len(now), retired)))
    first, second, _ = names(modes)
    shown.edit("1", kind="retire", mode=first)
    shown.edit("2", kind="merge", mode=second, into=first)
    shown.edit("3", kind="restore", mode=first)
    assert kept == [(3, [first]), (2, [first]), (2, [])]
    assert shown.acknowledged == "saved"
