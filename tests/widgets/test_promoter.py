"""The promoter's Python half: what it shows of a session, what it hands to the store, and that it saves once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from workbench.errors import InputError
from workbench.widgets import Promoter

PREVIEW = {
    "messages": [{"role": "user", "text": "x" * 20_007}],
    "turns": [{"turn": 1, "end": 1}],
    "turn": 1,
    "criteria": None,
}


class Desk(Promoter):
    """A promoter whose messages to the browser are kept."""

    def __init__(
        self, items: Sequence[Mapping[str, Any]] = ({"session_id": "a"}, {"session_id": "b"}), **more: Any
    ) -> None:
        self.told: list[dict[str, Any]] = []
        self.saved: list[list[dict[str, Any]]] = []
        super().__init__(items, fetch=lambda _: PREVIEW, save=self.keep, **{"dataset": "refunds", **more})

    def keep(self, picks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        self.saved.append([dict(pick) for pick in picks])
        return {"sentence": f"{len(picks)} kept", "there": [pick["session_id"] for pick in picks]}

    def _tell(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:  # noqa: ARG002
        self.told.append(content)

    def ask(self, kind: str, **content: Any) -> dict[str, Any]:
        self._heard(self, {"kind": kind, "id": "q", **content}, [])
        return self.told[-1]


def test_a_session_comes_on_demand_and_says_what_is_not_shown() -> None:
    shown = Desk().ask("fetch", session_id="a")["preview"]
    assert (len(shown["messages"][0]["text"]), shown["messages"][0]["cut"]) == (20_000, 7)
    assert (shown["turn"], shown["expected_output"], shown["criteria"]) == (1, "", "")
    assert "not in this list" in Desk().ask("fetch", session_id="c")["error"]


def test_the_same_operation_is_saved_once_and_blank_texts_are_none() -> None:
    desk = Desk()
    change = {
        "operation": "o1",
        "picks": [{"session_id": "a", "turn": 2, "expected_output": "  ", "criteria": "Is kind."}],
    }
    first, second = desk.ask("change", change=change), desk.ask("change", change=change)
    assert desk.saved == [[{"session_id": "a", "turn": 2, "expected_output": None, "criteria": "Is kind."}]]
    assert first == second == {"to": "q", "sentence": "1 kept", "there": ["a"]}
    assert repr(desk) == "Promoter: 1 of 2 sessions in 'refunds'."
    assert desk.to_frame()["there"].to_list() == [True, False]


@pytest.mark.parametrize(
    ("pick", "words"),
    [({"session_id": "z"}, "not in this list"), ({"session_id": "a", "turn": "2"}, "expected a number")],
)
def test_what_cannot_be_a_pick_is_refused_and_nothing_saved(pick: dict[str, Any], words: str) -> None:
    desk = Desk()
    assert words in desk.ask("change", change={"operation": "o", "picks": [pick]})["error"]
    assert desk.saved == []


def test_it_shows_itself_escaped_where_no_widget_can_be() -> None:
    desk = Desk([{"session_id": "<b>", "gist": "<script>"}])
    assert "<script>" not in desk._repr_html_()
    assert "&lt;script&gt;" in desk._repr_html_()
    with pytest.raises(InputError, match="item 0 has no session_id"):
        Desk([{"gist": "x"}])
