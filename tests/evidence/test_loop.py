from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from workbench import evidence
from workbench.errors import InputError, UnknownNameError
from workbench.evidence import AgentLoop, Step
from workbench.schema import STEPS

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)

LOOP = AgentLoop(
    "s",
    (
        Step(1, 1, "system", text="Be kind."),
        Step(2, 1, "user", text="Where is 7?"),
        Step(3, 1, "assistant", text="I look."),
        Step(
            4, 1, "tool", "t", "l1", tool_name="find", tool_call_id="a", tool_arguments='{"n": 7}', tool_result="here"
        ),
        Step(5, 1, "tool", "t", "l1", tool_name="ask", tool_arguments="not json", error="Timeout"),
        Step(6, 1, "retrieval", text="seven", tool_result='[{"id": "d"}]'),
        Step(7, 1, "assistant", text="There."),
        Step(8, 2, "user", text="Thanks"),
        Step(9, 2, "error", text="RateLimit", error="RateLimit"),
        Step(10, 2, "tool", "t", "x", tool_name="find", tool_result='{"error": "no"}', error="in result: no"),
    ),
)


def test_a_loop_knows_its_turns_answers_errors_and_calls():
    assert [[step.number for step in turn] for turn in LOOP.turns] == [[1, 2, 3, 4, 5, 6, 7], [8, 9, 10]]
    assert LOOP.final_answer == "There."
    assert LOOP.user_messages == ("Where is 7?", "Thanks")
    assert [step.number for step in LOOP.errors] == [5, 9, 10]
    assert [step.number for step in LOOP.tool_calls()] == [4, 5, 10]
    assert [step.arguments for step in LOOP.tool_calls("find")] == [{"n": 7}, {}]
    assert LOOP.tool_calls("ask")[0].arguments == "not json"
    assert LOOP.steps[5].result == [{"id": "d"}]
    assert [step.soft for step in LOOP.errors] == [False, False, True]
    assert LOOP.steps[3].target == "t/l1"
    assert AgentLoop("e", ()).final_answer is None


def test_the_messages_are_a_chat_with_calls_that_ran_together_in_one_message():
    assert LOOP.messages() == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Where is 7?"},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {"id": "a", "name": "find", "arguments": {"n": 7}},
                {"id": "call_5", "name": "ask", "arguments": "not json"},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "name": "find", "content": "here"},
        {"role": "assistant", "content": "There."},
        {"role": "user", "content": "Thanks"},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "call_10", "name": "find", "arguments": {}}]},
        {"role": "tool", "tool_call_id": "call_10", "name": "find", "content": '{"error": "no"}'},
    ]


def test_the_messages_until_a_step_are_what_came_before_it():
    assert [m["content"] for m in LOOP.messages(until=LOOP.turns[1][0])][-1] == "There."
    assert LOOP.messages(until=2) == [{"role": "system", "content": "Be kind."}]
    assert LOOP.messages(until=1) == []
    with pytest.raises(InputError, match="no step 99"):
        LOOP.messages(until=99)


def test_calls_one_after_the_other_are_messages_of_their_own():
    def ran(number: int, begin: float, seconds: float) -> Step:
        at = AT + dt.timedelta(seconds=begin)
        return Step(number, 1, "tool", "t", f"x{number}", at=at, seconds=seconds, tool_name="f", tool_result="r")

    together = AgentLoop("s", (ran(1, 0, 5), ran(2, 1, 5))).messages()
    apart = AgentLoop("s", (ran(1, 0, 5), ran(2, 6, 5))).messages()
    assert [m["role"] for m in together] == ["assistant", "tool", "tool"]
    assert [m["role"] for m in apart] == ["assistant", "tool", "assistant", "tool"]


def test_loops_come_back_from_a_frame_in_any_order_of_rows():
    other = AgentLoop("a", (Step(1, 1, "user", text="Hi"), Step(2, 1, "assistant", text="Hello", at=AT)))
    frame = pl.concat([LOOP.to_frame(), other.to_frame()])
    assert frame.schema == STEPS
    assert list(evidence.loops(frame)) == [LOOP, other]
    shuffled = frame.sample(fraction=1, shuffle=True, seed=2)
    assert {loop.session_id: loop for loop in evidence.loops(shuffled)} == {"s": LOOP, "a": other}
    assert evidence.loop(shuffled, "a") == other
    assert list(evidence.loops(frame.clear())) == []


def test_an_unknown_session_is_refused_with_the_nearest_id():
    with pytest.raises(UnknownNameError, match="did you mean 'conv-12'"):
        evidence.loop([{"session_id": "conv-12", "number": 1, "turn": 1, "kind": "user"}], "conv-21")


def test_the_line_of_a_loop_counts_what_is_in_it():
    assert repr(LOOP) == "<AgentLoop s: 2 turns, 10 steps, 3 tool calls, 3 errors>"


def test_what_is_shown_of_hostile_content_is_inert():
    hostile = "<script>alert(1)</script><img src=x onerror=y>\u202e"
    loop = AgentLoop(
        hostile,
        (
            Step(1, 1, "user", text=hostile),
            Step(2, 1, "tool", tool_name=hostile, tool_arguments=hostile, tool_result=hostile, error=hostile),
            Step(3, 1, hostile, text=hostile),
        ),
    )
    shown = loop._repr_html_()  # pyright: ignore[reportPrivateUsage]
    assert "<script" not in shown
    assert "<img" not in shown
    assert "\u202e" not in shown
    assert "&lt;script&gt;" in shown


def test_calls_fold_errors_are_open_and_long_payloads_say_what_was_cut():
    loop = AgentLoop(
        "s",
        (
            Step(1, 1, "tool", tool_name="f", tool_arguments="{}", tool_result="x" * 10_000),
            Step(2, 1, "tool", tool_name="g", tool_arguments="{}", error="in result: denied"),
            *(Step(n, 1, "user", text="more") for n in range(3, 400)),
        ),
    )
    shown = loop._repr_html_()  # pyright: ignore[reportPrivateUsage]
    assert "8,000 of 10,000 characters cut" in shown
    assert shown.count("<details") == 2
    assert "<details open>" in shown
    assert "The result says: denied" in shown
    assert "199 further steps are not shown" in shown
    assert "no result came" in shown
