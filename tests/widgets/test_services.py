"""What the labeller hands on beside sessions: places that come twice, the form, the tree of spans, what is asked for."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from workbench.errors import InputError
from workbench.label import RubricItem
from workbench.widgets import Labeller, Services, conversation

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Desk(Labeller):
    """A labeller whose answers are kept, over a store that keeps what it is given."""

    def __init__(self, items: Any, **more: Any) -> None:
        self.saved: list[dict[str, Any]] = []
        self.told: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(items, fetch=lambda _: conversation([]), save=self.keep, **{"reviewer": "ana", **more})

    def keep(self, change: Mapping[str, Any]) -> dict[str, Any]:
        self.saved.append(dict(change))
        return {"revision": 1, "session_id": change["session_id"], "answers": change.get("answers", {})}

    def _tell(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.told.append((content, buffers or []))

    def ask(self, kind: str, **content: Any) -> dict[str, Any]:
        self._heard(self, {"kind": kind, "id": "q1", **content}, [])
        self._aside.submit(int).result(10)  # what is answered beside has been answered
        return self.told[-1][0]


TWICE = [
    {"session_id": "a", "draw_id": "q.0"},
    {"session_id": "b", "draw_id": "q.1"},
    {"session_id": "a", "draw_id": "q.2"},
]


def test_a_session_that_is_drawn_again_is_read_as_if_it_were_new() -> None:
    desk = Desk(TWICE, labels={"a": {"revision": 1, "verdict": "pass"}})
    assert desk.ids == ["a", "b", "q.2"]
    assert desk.names == {"q.2": "a"}
    answer = desk.ask("change", change={"operation": "o", "session_id": "q.2", "revision": 0, "verdict": "fail"})
    assert answer["session_id"] == "q.2"
    assert desk.saved[0] == {
        "operation": "o", "session_id": "a", "revision": 0, "blind": True, "draw_id": "q.2", "verdict": "fail",
    }  # fmt: skip
    assert desk.labels["a"]["verdict"] == "pass"


def test_the_same_draw_twice_is_one_place() -> None:
    assert Desk([TWICE[0], TWICE[0], {"session_id": "a"}]).ids == ["a"]


def test_answers_to_the_rubric_travel_beside_the_fields_and_reach_the_store_together() -> None:
    desk = Desk([{"session_id": "a"}], rubric=[RubricItem("tone", "score", values=(1, 5))])
    said = {"answer: tone": "4", "note": "curt"}
    answer = desk.ask("change", change={"operation": "o", "session_id": "a", "revision": 0, **said})
    assert desk.saved[0]["answers"] == {"tone": "4"}
    assert answer["label"] == {"revision": 1, "answer: tone": "4"}


def test_questions_for_experts_are_closed_to_others() -> None:
    rubric = [RubricItem("legal", "text", expert_only=True)]
    items = [{"session_id": "a"}]
    assert [Desk(items, rubric=rubric, role=role).rubric[0]["closed"] for role in ("general", "expert")] == [
        True,
        False,
    ]


def test_only_what_somebody_stands_behind_is_offered() -> None:
    desk = Desk(TWICE, services=Services(hold=lambda session_id, draw_id: f"{session_id} {draw_id}"))
    assert desk.offers == ["hold"]
    assert desk.ask("hold", session_id="q.2")["taken"] == "a q.2"
    assert "does not know" in desk.ask("stopping")["error"]


def test_no_save_waits_for_a_question_that_takes_long() -> None:
    go_on = threading.Event()

    def stopping(_segments: bool) -> dict[str, Any]:
        assert go_on.wait(10)
        return {"sentence": "Read on."}

    desk = Desk([{"session_id": "a"}], services=Services(stopping=stopping))
    desk._heard(desk, {"kind": "stopping", "id": "slow"}, [])
    change = {"operation": "o", "session_id": "a", "revision": 0, "verdict": "fail"}
    desk._heard(desk, {"kind": "change", "id": "o", "change": change}, [])
    assert [content["to"] for content, _ in desk.told] == ["o"]
    go_on.set()
    desk._aside.submit(int).result(10)
    assert [content["to"] for content, _ in desk.told] == ["o", "slow"]


def span(span_id: str, parent: str | None, start: float, seconds: float = 1.0, **more: Any) -> dict[str, Any]:
    began = START + dt.timedelta(seconds=start)
    return {"trace_id": "t", "span_id": span_id, "parent_id": parent, "name": span_id, "kind": "chain", "start": began,
            "end": began + dt.timedelta(seconds=seconds), "status": "ok", **more}  # fmt: skip


def tree(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    desk = Desk([{"session_id": "a"}], services=Services(spans=lambda _: spans))
    desk.ask("spans", session_id="a")
    return json.loads(desk.told[-1][1][0])


def test_spans_come_as_a_tree_each_before_its_children_in_order_of_time() -> None:
    rows = tree([span("tool", "root", 2, status="error"), span("root", None, 0, 5), span("model", "root", 1)])
    assert [(row["name"], row["depth"], row["kids"], row["start"]) for row in rows] == [
        ("root", 0, 2, 0.0),
        ("model", 1, 0, 1.0),
        ("tool", 1, 0, 2.0),
    ]
    assert [row["failed"] for row in rows] == [False, False, True]


def test_a_pause_between_traces_is_no_part_of_either() -> None:
    rows = tree(
        [span("one", None, 0), span("two", None, 1_000, trace_id="u"), span("call", "two", 1_001, trace_id="u")]
    )
    assert [row["start"] for row in rows] == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "spans",
    [
        [span("a", "b", 0), span("b", "a", 1)],
        [span("a", "a", 0), span("b", "gone", 1)],
        [{**span("a", None, 0), "start": None, "end": None}, span("b", "a", 1)],
    ],
    ids=["a circle", "its own parent", "no time"],
)
def test_broken_trees_lose_no_span(spans: list[dict[str, Any]]) -> None:
    assert sorted(row["name"] for row in tree(spans)) == ["a", "b"]


def test_a_tree_as_deep_as_a_session_is_long_is_no_trouble() -> None:
    rows = tree([span(str(n), str(n - 1) if n else None, n) for n in range(5_000)])
    assert rows[-1]["depth"] == 4_999


def test_a_session_that_no_draw_shows_needs_an_id() -> None:
    with pytest.raises(InputError, match="item 0 has no session_id"):
        Desk([{"draw_id": "q.0"}])
