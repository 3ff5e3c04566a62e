"""The explorer's Python half: edits of modes, acknowledged and undone; what the notebook gets of a selection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from workbench.errors import InputError, StoreError
from workbench.widgets import Explorer, conversation


class Map(Explorer):
    """Five sessions: three in "loop", one in "wrong refund", one in no mode; messages and events are kept."""

    def __init__(self, *, save: Any = None, **more: Any) -> None:
        self.told: list[tuple[dict[str, Any], list[bytes]]] = []
        self.events: list[dict[str, Any]] = []
        given: dict[str, Any] = {
            "points": np.arange(10).reshape(5, 2),
            "session_ids": list("abcde"),
            "membership": [0, 0, 0, 1, None],
            "names": ["loop", "wrong refund"],
            "lines": [f"line {n}" for n in range(5)],
            **more,
        }
        session = conversation([{"kind": "user", "text": "Hello"}])
        super().__init__(
            given.pop("points"),
            **given,
            read=lambda _: session,
            save=save or (lambda event: self.events.append(dict(event))),
        )

    def _tell(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.told.append((content, buffers or []))

    def ask(self, kind: str, **content: Any) -> dict[str, Any]:
        self._heard(self, {"kind": kind, "id": "q1", **content}, [])
        return self.told[-1][0]

    def edit(self, operation: str, kind: str, **event: Any) -> dict[str, Any]:
        return self.ask("change", change={"operation": operation, "kind": kind, **event})

    def modes_now(self) -> dict[str, int]:
        return {row["mode"]: row["size"] for row in self.to_frame().iter_rows(named=True)}


def test_points_and_modes_travel_as_numbers() -> None:
    state = Map().get_state()
    assert np.frombuffer(state["points"], dtype=np.float32).tolist() == list(range(10))
    assert np.frombuffer(state["membership"], dtype=np.int32).tolist() == [0, 0, 0, 1, -1]
    assert json.loads(state["ids"]) == list("abcde")
    assert json.loads(state["lines"])[4] == "line 4"
    assert state["modes"] == [{"name": "loop", "retired": False}, {"name": "wrong refund", "retired": False}]


def test_a_rename_is_saved_with_its_sessions_and_then_shown() -> None:
    shown = Map()
    assert shown.edit("op1", "rename", mode="loop", into=" goes round ") == {"to": "q1"}
    assert shown.events == [
        {"operation": "op1", "kind": "rename", "mode": "loop", "into": "goes round", "session_ids": ["a", "b", "c"]}
    ]
    assert shown.modes_now() == {"goes round": 3, "wrong refund": 1}


def test_merge_move_retire_and_their_undo() -> None:
    shown = Map()
    shown.edit("op1", "move", into="new kind", rows=[2, 4])
    assert shown.modes_now() == {"loop": 2, "wrong refund": 1, "new kind": 2}
    shown.edit("op2", "merge", mode="loop", into="new kind")
    assert shown.modes_now() == {"new kind": 4, "wrong refund": 1}
    shown.edit("op3", "retire", mode="wrong refund")
    assert shown.to_frame().row(1) == ("wrong refund", 1, 0.2, True)
    shown.edit("op4", "restore", mode="wrong refund")
    for number in range(4):
        shown.edit(f"u{number}", "undo", undo="last")
    assert shown.modes_now() == {"loop": 3, "wrong refund": 1}
    assert [event.get("undo") for event in shown.events[4:]] == ["op4", "op3", "op2", "op1"]
    assert shown.events[0]["session_ids"] == ["c", "e"]


def test_sessions_that_belong_together_bring_their_modes_along_and_undo_parts_them() -> None:
    shown = Map()
    shown.edit("op1", "together", into="wrong refund", rows=[0, 3, 4])
    assert shown.modes_now() == {"wrong refund": 5}
    assert shown.events == [
        {"operation": "op1", "kind": "together", "into": "wrong refund", "session_ids": ["a", "d", "e"]}
    ]
    shown.edit("u1", "undo", undo="last")
    assert shown.modes_now() == {"loop": 3, "wrong refund": 1}
    shown.edit("op2", "together", into="both kinds", rows=[0, 3])
    assert shown.modes_now() == {"both kinds": 4}


def test_numbers_of_modes_stay_so_that_their_colours_do() -> None:
    shown = Map(names=["loop", "wrong refund", "third"], membership=[0, 1, 2, 2, None])
    shown.edit("op1", "merge", mode="loop", into="third")
    assert np.frombuffer(shown.membership, dtype=np.int32).tolist() == [2, 1, 2, 2, -1]
    assert [mode["name"] for mode in shown.modes] == ["", "wrong refund", "third"]


def test_a_retry_of_the_same_operation_never_doubles() -> None:
    shown = Map()
    shown.edit("op1", "move", into="x", rows=[0])
    shown.edit("op1", "move", into="x", rows=[0])
    shown.edit("u1", "undo", undo="last")
    shown.edit("u1", "undo", undo="last")
    assert len(shown.events) == 2
    assert shown.modes_now() == {"loop": 3, "wrong refund": 1}


def test_what_save_raises_changes_nothing_and_can_be_tried_again() -> None:
    broken = [StoreError("the disk is full")]

    def save(_event: Mapping[str, Any]) -> None:
        if broken:
            raise broken.pop()

    shown = Map(save=save)
    assert shown.edit("op1", "rename", mode="loop", into="x")["error"] == "the disk is full"
    assert shown.modes_now() == {"loop": 3, "wrong refund": 1}
    assert shown.edit("op1", "rename", mode="loop", into="x") == {"to": "q1"}
    assert shown.modes_now() == {"x": 3, "wrong refund": 1}


def test_a_store_may_say_how_the_modes_stand() -> None:
    shown = Map(save=lambda _: {"membership": [0, 1, 1, 2, -1], "names": ["x", "the rest of loop", "wrong refund"]})
    shown.edit("op1", "move", into="x", rows=[0])
    assert shown.modes_now() == {"the rest of loop": 2, "x": 1, "wrong refund": 1}


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        ({"kind": "rename", "mode": "loop", "into": "wrong refund"}, "another mode is called 'wrong refund' already"),
        ({"kind": "rename", "mode": "loop", "into": " "}, "a mode needs a name"),
        ({"kind": "rename", "mode": "lop", "into": "x"}, "no failure mode named 'lop': did you mean 'loop'?"),
        ({"kind": "merge", "mode": "loop", "into": "loop"}, "'loop' cannot be merged with itself"),
        ({"kind": "move", "into": "x", "rows": []}, "no session is selected"),
        ({"kind": "together", "into": "x", "rows": [0]}, "it takes two or more sessions to belong together"),
        ({"kind": "together", "into": "loop", "rows": [0, 1]}, "these 2 sessions are together already, in 'loop'"),
        ({"kind": "undo", "undo": "last"}, "nothing is left to undo"),
        ({"kind": "explode", "mode": "loop"}, "no edit named 'explode'"),
    ],
)
def test_an_edit_that_cannot_be_is_refused_with_the_reason(edit: dict[str, Any], why: str) -> None:
    shown = Map()
    assert shown.edit("op1", **edit)["refused"].startswith(why)
    assert shown.events == []


def test_a_store_may_refuse_an_edit_for_good() -> None:
    def save(_event: Mapping[str, Any]) -> None:
        msg = "a split takes sessions of one mode"
        raise InputError(msg)

    shown = Map(save=save)
    assert shown.edit("op1", "move", into="x", rows=[0, 3])["refused"] == "a split takes sessions of one mode"
    assert shown.modes_now() == {"loop": 3, "wrong refund": 1}


def test_a_session_is_read_on_demand() -> None:
    shown = Map()
    shown.ask("fetch", session_id="b")
    assert json.loads(shown.told[-1][1][0])["steps"][0]["text"] == "Hello"
    assert shown.ask("fetch", session_id="z")["error"] == "session 'z' is not on this map"


def test_the_notebook_gets_the_selection() -> None:
    shown = Map()
    shown.set_state({"selected": memoryview(np.array([1, 3], dtype=np.int32).tobytes())})
    assert shown.selection == ["b", "d"]


def test_it_says_in_words_what_it_shows() -> None:
    shown = Map(names=["<b>loop</b>", "wrong refund"])
    assert repr(shown) == "Explorer: 5 sessions, 4 of them in 2 modes."
    data, _ = shown._repr_mimebundle_()
    assert "&lt;b&gt;loop&lt;/b&gt;" in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"session_ids": ["a"]}, "5 points, 1 session_ids, 5 membership, 5 lines"),
        ({"names": ["loop"]}, "membership has numbers from -1 to 1, expected -1 (no mode) to 0"),
        ({"names": ["loop", "loop"]}, "two modes are called 'loop'"),
    ],
)
def test_wrong_arguments_are_named(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError) as refused:
        Map(**wrong)
    assert why in str(refused.value)


def test_an_empty_map_is_no_error() -> None:
    assert (
        repr(Map(points=[], session_ids=[], membership=[], names=[], lines=[]))
        == "Explorer: 0 sessions, 0 of them in 0 modes."
    )
