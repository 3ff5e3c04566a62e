"""The labeller's Python half: what it answers, what it hands to the store, and what it keeps to itself."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.errors import InputError, ReadOnlyError, UnknownNameError
from workbench.widgets import ACTIONS, Labeller, conversation

STEPS = [
    {"number": 1, "turn": 1, "kind": "user", "text": "Refund W1", "trace_id": "t", "span_id": "1"},
    {"number": 2, "turn": 1, "kind": "tool", "tool_name": "refund", "tool_arguments": '{"order":"W1"}', "error": "409", "trace_id": "t", "span_id": "2"},
]  # fmt: skip
SUGGESTIONS = [{"source": "grader", "text": "fails"}]


class Desk(Labeller):
    """A labeller whose messages to the browser are kept."""

    def __init__(self, items: Any = ("a", "b", "c"), *, fetch: Any = None, save: Any = None, **more: Any) -> None:
        self.told: list[tuple[dict[str, Any], list[bytes]]] = []
        self.saved: list[dict[str, Any]] = []
        rows = [
            {"session_id": item, "because": f"drawn as {item}"} if isinstance(item, str) else item for item in items
        ]
        session = conversation(STEPS, header={"status": "ok", "cost": 0.0123}, suggestions=SUGGESTIONS)
        super().__init__(
            rows, fetch=fetch or (lambda _: session), save=save or self.keep, **{"reviewer": "ana", **more}
        )

    def keep(self, change: Mapping[str, Any]) -> dict[str, Any]:
        self.saved.append(dict(change))
        said = {name: change[name] for name in ("verdict", "note", "failure_mode") if name in change}
        return {"revision": len(self.saved), "happened_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), **said}

    def _tell(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.told.append((content, buffers or []))

    def ask(self, kind: str, **content: Any) -> dict[str, Any]:
        self._heard(self, {"kind": kind, "id": "q1", **content}, [])
        return self.told[-1][0]

    def say(self, operation: str, session_id: str | None = "a", **said: Any) -> dict[str, Any]:
        return self.ask("change", change={"operation": operation, "session_id": session_id, "revision": 0, **said})

    def body(self) -> Any:
        return json.loads(self.told[-1][1][0])


def test_a_session_comes_on_demand_with_its_reason_and_facts() -> None:
    desk = Desk()
    answer = desk.ask("fetch", session_id="b")
    assert answer == {"to": "q1"}
    body = desk.body()
    assert body["because"] == "drawn as b"
    assert body["facts"] == [["status", "ok"], ["cost", "$0.0123"]]
    assert [step["span"] for step in body["steps"]] == ["t/1", "t/2"]
    assert body["steps"][1]["error"] == "409"


def test_only_ids_and_labels_travel_with_the_widget() -> None:
    desk = Desk(labels={"a": {"verdict": "pass", "revision": 1, "happened_at": dt.datetime.now(dt.UTC)}})
    state = {name: value for name, value in desk.get_state().items() if not name.startswith("_")}
    assert state["ids"] == ["a", "b", "c"]
    assert state["labels"] == {"a": {"verdict": "pass", "revision": 1}}
    assert "Refund W1" not in json.dumps(state, default=str)


def test_items_are_read_in_the_order_of_their_position() -> None:
    desk = Desk(
        [
            {"session_id": "late", "position": 2},
            {"session_id": "early", "position": 1},
            {"session_id": "late", "position": 3},
        ]
    )
    assert desk.ids == ["early", "late"]


def test_a_frame_of_steps_is_a_conversation() -> None:
    frame = pl.DataFrame(STEPS)
    assert conversation(frame)["steps"] == conversation(frame.lazy())["steps"]
    assert conversation(frame)["steps"][0]["text"] == "Refund W1"


def test_a_change_is_saved_before_it_is_acknowledged() -> None:
    desk = Desk()
    answer = desk.say("op1", verdict="fail", note="twice refused")
    assert desk.saved == [
        {
            "operation": "op1",
            "session_id": "a",
            "revision": 0,
            "blind": True,
            "verdict": "fail",
            "note": "twice refused",
        }
    ]
    assert answer["label"] == {"verdict": "fail", "note": "twice refused", "revision": 1}
    assert desk.labels["a"]["verdict"] == "fail"
    assert desk.get_state("labels")["labels"]["a"]["verdict"] == "fail"


def test_a_retry_of_the_same_operation_never_doubles() -> None:
    desk = Desk()
    first = desk.say("op1", verdict="fail")
    again = desk.say("op1", verdict="fail")
    assert first == again
    assert len(desk.saved) == 1


def test_what_save_raises_is_told_and_the_operation_can_come_again() -> None:
    refusals = [ReadOnlyError("the disk refuses writes"), OSError("no space left")]
    desk = Desk()

    def save(change: Mapping[str, Any]) -> dict[str, Any]:
        if refusals:
            raise refusals.pop()
        return desk.keep(change)

    desk._save = save
    assert desk.say("op1", verdict="pass") == {"to": "q1", "error": "OSError: no space left"}
    assert desk.say("op1", verdict="pass") == {"to": "q1", "error": "the disk refuses writes"}
    assert desk.labels == {}
    assert desk.say("op1", verdict="pass")["label"]["verdict"] == "pass"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({"kind": "fetch", "session_id": "nobody"}, "session 'nobody' is not in this queue"),
        ({"kind": "fetch"}, "KeyError: 'session_id'"),
        ({"kind": "dance"}, "the browser half asked for 'dance', which this version does not know: reload the page"),
        (
            {"kind": "change", "change": {"operation": "1", "session_id": "a", "verdict": "great"}},
            "no verdict named 'great'",
        ),
        (
            {"kind": "change", "change": {"operation": "1", "session_id": "x", "verdict": "pass"}},
            "session 'x' is not in this queue",
        ),
        (
            {"kind": "change", "change": {"operation": "1", "session_id": None, "verdict": "pass"}},
            "session None is not in this queue",
        ),
        ({"kind": "change", "change": {}}, "KeyError: 'operation'"),
        (
            {"kind": "more", "session_id": "a", "number": 9, "field": "text", "left": 1},
            "the session has no step 9: it has 2",
        ),
        (
            {"kind": "more", "session_id": "a", "number": 1, "field": "__class__", "left": 1},
            "no payload named '__class__'",
        ),
    ],
)
def test_every_wrong_message_gets_an_answer(message: dict[str, Any], told: str) -> None:
    desk = Desk()
    desk._heard(desk, {"id": "q1", **message}, [])
    answer, _ = desk.told[-1]
    assert answer["to"] == "q1"
    assert answer["error"].startswith(told)
    assert desk.saved == []


def test_a_session_that_cannot_be_fetched_says_why() -> None:
    def fetch(session_id: str) -> Mapping[str, Any]:
        raise LookupError(session_id)

    assert Desk(fetch=fetch).ask("fetch", session_id="a")["error"] == "LookupError: a"
    assert (
        "see workbench.widgets.conversation"
        in Desk(fetch=lambda _: {"turns": []}).ask("fetch", session_id="a")["error"]
    )


def test_undo_names_an_operation_or_leaves_the_last_one_to_the_log() -> None:
    answers: list[dict[str, Any] | None] = [
        {"revision": 1, "verdict": "pass"},
        {"revision": 0, "session_id": "b"},
        None,
    ]
    desk = Desk(
        labels={"b": {"verdict": "fail", "revision": 1}},
        save=lambda change: (desk.saved.append(dict(change)), answers.pop(0))[1],
    )
    assert desk.say("u1", "a", undo="op9")["label"] == {"verdict": "pass", "revision": 1}
    assert desk.say("u2", None, undo="last") == {"to": "q1", "session_id": "b", "label": {"revision": 0}}
    assert desk.labels["b"] == {"revision": 0}
    assert desk.say("u3", None, undo="last") == {"to": "q1", "session_id": None}
    assert [(change["session_id"], change["undo"]) for change in desk.saved] == [
        ("a", "op9"),
        (None, "last"),
        (None, "last"),
    ]


def test_a_retried_undo_takes_nothing_more_back() -> None:
    desk = Desk(save=lambda change: (desk.saved.append(dict(change)), {"revision": 0, "session_id": "a"})[1])
    assert desk.say("u1", None, undo="last") == desk.say("u1", None, undo="last")
    assert len(desk.saved) == 1


def test_suggestions_wait_for_the_verdict_and_what_is_said_after_them_is_not_blind() -> None:
    desk = Desk()
    assert "suggestions" not in desk.ask("fetch", session_id="a")
    assert desk.body()["held"] == 1
    assert "fails" not in json.dumps(desk.body())
    assert "suggestions" not in desk.say("op1", note="odd")
    assert desk.say("op2", verdict="defer").get("suggestions") is None
    assert desk.say("op3", verdict="fail")["suggestions"] == ({"source": "grader", "text": "fails"},)
    desk.say("op4", verdict="pass")
    assert [change["blind"] for change in desk.saved] == [True, True, True, False]


def test_suggestions_that_are_asked_for_are_on_record_first() -> None:
    asked: list[str] = []
    desk = Desk(reveal=asked.append)
    desk.ask("fetch", session_id="a")
    assert desk.ask("reveal", session_id="a")["suggestions"]
    assert asked == ["a"]
    desk.say("op1", verdict="fail")
    desk.say("op2", "b", verdict="fail")
    assert [change["blind"] for change in desk.saved] == [False, True]


def test_what_chance_shows_first_is_shown_at_once_and_on_record_and_the_rest_stays_hidden() -> None:
    asked: list[str] = []
    desk = Desk(reveal=asked.append, first=["a"])
    assert desk.ask("fetch", session_id="a")["suggestions"]
    assert "suggestions" not in desk.ask("fetch", session_id="b")
    assert asked == desk.first == ["a"]
    desk.say("op1", verdict="fail")
    desk.say("op2", "b", verdict="fail")
    assert [change["blind"] for change in desk.saved] == [False, True]


def test_what_is_fetched_ahead_is_on_record_as_seen_only_when_it_is_opened() -> None:
    asked: list[str] = []
    desk = Desk(reveal=asked.append, first=["a", "b"])
    assert "suggestions" not in desk.ask("fetch", session_id="a", ahead=True)
    assert desk.body()["held"]
    assert asked == []
    assert desk.ask("reveal", session_id="a")["suggestions"]
    assert asked == ["a"]
    desk.ask("fetch", session_id="b", ahead=True)
    desk.say("op1", "b", verdict="fail")
    assert [change["blind"] for change in desk.saved] == [True]


def test_a_label_that_was_not_blind_stays_so_after_a_restart() -> None:
    desk = Desk(labels={"a": {"note": "seen", "revision": 1, "blind": False}})
    assert desk.ask("fetch", session_id="a")["suggestions"]


def test_without_blindness_suggestions_come_at_once() -> None:
    assert Desk(blind=False).ask("fetch", session_id="a")["suggestions"]


def test_a_long_payload_is_trimmed_and_comes_in_parts() -> None:
    text = "é😀" * 150_000
    desk = Desk(fetch=lambda _: conversation([{"number": 1, "kind": "tool", "tool_result": text}]))
    desk.ask("fetch", session_id="a")
    step = desk.body()["steps"][0]
    got, left = step["tool_result"], step["more"]["tool_result"]
    assert (len(got), left) == (20_000, 280_000)
    while left:
        left = desk.ask("more", session_id="a", number=1, field="tool_result", left=left)["left"]
        got += desk.told[-1][1][0].decode()
    assert got == text


def test_broken_text_and_odd_values_still_travel() -> None:
    steps = [
        {
            "kind": "tool",
            "text": "half \ud83d",
            "tool_result": {"x": float("nan"), "when": dt.date(2026, 1, 1)},
            "seconds": float("inf"),
        }
    ]
    desk = Desk(fetch=lambda _: conversation(steps))
    assert "error" not in desk.ask("fetch", session_id="a")
    body = desk.told[-1][1][0].decode()
    assert "\\ud83d" in body
    assert "NaN" not in body
    assert "Infinity" not in body


def test_callbacks_are_called_one_at_a_time_and_a_ping_waits_for_none() -> None:
    inside, most = 0, 0
    slow = threading.Event()

    def save(_change: Mapping[str, Any]) -> int:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        slow.wait(0.05)
        inside -= 1
        return 1

    desk = Desk(save=save)
    threads = [threading.Thread(target=desk.say, args=(f"op{n}",), kwargs={"verdict": "pass"}) for n in range(6)]
    for thread in threads:
        thread.start()
    desk.ask("ping")
    assert {"to": "q1"} in [content for content, _ in desk.told]
    for thread in threads:
        thread.join()
    assert most == 1


def test_coined_modes_are_offered_from_then_on() -> None:
    desk = Desk(modes=["loop"])
    desk.say("op1", failure_mode="claims success")
    assert desk.get_state("modes")["modes"] == ["loop", "claims success"]


def test_a_store_may_answer_with_the_revision_alone() -> None:
    desk = Desk(save=lambda _: 7)
    assert desk.say("op1", verdict="pass")["label"] == {"verdict": "pass", "revision": 7}


def test_it_says_in_words_what_it_holds_where_no_widget_can_be_shown() -> None:
    hostile = "<script>alert(1)</script>"
    desk = Desk(
        labels={"a": {"verdict": "fail", "note": hostile, "revision": 1}, "b": {"verdict": "defer", "revision": 1}}
    )
    assert repr(desk) == "Labeller: ana has read 1 of 3 sessions: 1 fail, 1 deferred."
    data, _ = desk._repr_mimebundle_()
    assert data["text/plain"] == repr(desk)
    assert "application/vnd.jupyter.widget-view+json" in data
    assert hostile not in data["text/html"]
    assert "&lt;script&gt;" in data["text/html"]
    assert desk.counts == {"pass": 0, "fail": 1, "defer": 1, "skip": 0, "unread": 1}
    assert desk.to_frame().select("session_id", "because", "verdict", "note").row(0) == (
        "a",
        "drawn as a",
        "fail",
        hostile,
    )


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(InputError, match="item 1 has no session_id: it has because"):
        Desk([{"session_id": "a"}, {"because": "x"}])
    with pytest.raises(UnknownNameError, match="no action named 'pas': did you mean 'pass'"):
        Desk(keys={"pas": "y"})
    with pytest.raises(InputError, match="the key 'f' would mean both 'pass' and 'fail'"):
        Desk(keys={"pass": "f"})
    assert Desk(keys={"pass": "y"}).keymap == {"pass": "y"}


def test_both_halves_know_the_same_actions() -> None:
    source = (Path(__file__).parents[2] / "widgets" / "src" / "labeller" / "commands.ts").read_text(encoding="utf-8")
    assert dict(re.findall(r'^    (\w+): \{ keys: \["([^"]+)"', source, flags=re.MULTILINE)) == ACTIONS


def test_an_empty_queue_is_no_error() -> None:
    assert repr(Desk([])) == "Labeller: ana has read 0 of 0 sessions."
