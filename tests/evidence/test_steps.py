from __future__ import annotations

import datetime as dt
import random
from typing import Any

import orjson
import polars as pl
import pytest

from workbench import evidence
from workbench.errors import InputError
from workbench.schema import STEPS

BEGAN = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def span(span_id: str, kind: str, **fields: Any) -> dict[str, Any]:
    """A span of trace "t"; `second` places it in time, messages are given as lists."""
    second = fields.pop("second", None)
    seconds = fields.pop("seconds", 1)
    row: dict[str, Any] = {"trace_id": "t", "span_id": span_id, "kind": kind, "name": span_id, "status": "ok", **fields}
    if second is not None:
        row["start"] = BEGAN + dt.timedelta(seconds=second)
        row["end"] = row["start"] + dt.timedelta(seconds=seconds)
    for name in ("input_messages", "output_messages"):
        if isinstance(row.get(name), list):
            row[name] = orjson.dumps(row[name]).decode()
    return row


def system(text: str) -> dict[str, Any]:
    return {"role": "system", "content": text}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str | None = None, *calls: tuple[str | None, str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [{"id": i, "name": name, "arguments": arguments} for i, name, arguments in calls]
    return message


def tool(call_id: str | None, content: str, name: str | None = None) -> dict[str, Any]:
    return {"role": "tool", "content": content, "tool_call_id": call_id, "name": name}


def said(frame: pl.DataFrame) -> list[tuple[str, str | None]]:
    """Kind and words of each step: a tool's words are its call and result."""
    words = pl.when(pl.col("kind") == "tool").then(
        pl.format(
            "{}({})={}", "tool_name", pl.col("tool_arguments").fill_null(""), pl.col("tool_result").fill_null("?")
        )
    )
    return frame.select("kind", words.otherwise(pl.col("text")).alias("words")).rows()


def call(span_id: str, given: list[Any], output: Any, **fields: Any) -> dict[str, Any]:
    return span(span_id, "llm", input_messages=given, output_messages=[output] if output else None, **fields)


def test_full_histories_and_deltas_give_the_same_steps():
    talk = [
        system("Be kind."),
        user("Where is order 7?"),
        assistant("I look.", ("c1", "track", {"order": 7})),
        tool("c1", "shipped"),
        assistant("It is shipped."),
        user("Thanks"),
        assistant("Welcome."),
    ]
    ends = [2, 4, 6]
    histories = [call(f"h{n}", talk[:end], talk[end], second=n) for n, end in enumerate(ends)]
    deltas = [
        call(f"d{n}", talk[begin:end], talk[end], second=n) for n, (begin, end) in enumerate([(0, 2), (3, 4), (5, 6)])
    ]
    expected = [
        ("system", "Be kind."),
        ("user", "Where is order 7?"),
        ("assistant", "I look."),
        ("tool", 'track({"order":7})=shipped'),
        ("assistant", "It is shipped."),
        ("user", "Thanks"),
        ("assistant", "Welcome."),
    ]
    assert said(evidence.steps(histories)) == expected
    assert said(evidence.steps(deltas)) == expected
    assert evidence.steps(deltas)["turn"].to_list() == [1, 1, 1, 1, 1, 2, 2]


@pytest.mark.parametrize("history", [True, False])
@pytest.mark.parametrize("traces", [True, False])
def test_a_user_who_says_yes_twice_said_two_things(history: bool, traces: bool):
    talk = [user("Hi"), assistant("Shall I?"), user("yes"), assistant("ok"), user("yes"), assistant("ok")]
    spans = [
        call(f"l{n}", talk[:n] if history else talk[n - 1 : n], talk[n], second=n, trace_id=f"t{n}" if traces else "t", session_id="s")
        for n in (1, 3, 5)
    ]  # fmt: skip
    frame = evidence.steps(spans)
    assert [text for _, text in said(frame)] == [m["content"] for m in talk]
    assert frame["turn"].to_list() == [1, 1, 2, 2, 3, 3]


def test_spans_in_any_order_give_the_same_steps():
    spans = [
        call(f"{s}{n}", [user(f"{s} {n}")], assistant(f"answer {n}"), second=n, trace_id=f"{s}{n}", session_id=s)
        for s in ("a", "b")
        for n in range(4)
    ]
    expected = evidence.steps(spans)
    random.Random(3).shuffle(spans)
    assert evidence.steps(spans).equals(expected)
    assert expected.schema == STEPS


def test_a_compacted_history_adds_only_what_follows_the_last_answer_that_was_seen():
    spans = [
        call("l1", [user("one")], assistant("first"), second=1),
        call("l2", [user("one"), assistant("first"), user("two")], assistant("second"), second=2),
        call("l3", [user("Summary: …"), assistant("second"), user("one")], assistant("third"), second=3),
        call("l4", [user("Summary: …"), assistant("second"), user("one"), assistant("third"), user("four")], assistant("fourth"), second=4),
    ]  # fmt: skip
    assert [text for _, text in said(evidence.steps(spans))] == [
        "one", "first", "two", "second", "one", "third", "four", "fourth",
    ]  # fmt: skip


def test_a_sliding_window_adds_only_what_is_new():
    talk = [m for n in range(6) for m in (user(f"q{n % 2}"), assistant(f"a{n}"))]
    spans = [call(f"l{n}", talk[max(0, n - 3) : n], talk[n], second=n) for n in range(1, 12, 2)]
    assert [text for _, text in said(evidence.steps(spans))] == [m["content"] for m in talk]


def test_an_answer_that_comes_back_in_other_words_is_the_same_answer():
    spans = [
        call("l1", [user("q")], assistant('{"answer": 1}'), second=1),
        call("l2", [user("q"), assistant("answer: 1"), user("and?")], assistant("done"), second=2),
    ]
    assert [text for _, text in said(evidence.steps(spans))] == ["q", '{"answer": 1}', "and?", "done"]


def test_an_answer_whose_span_is_missing_is_taken_from_the_next_history():
    spans = [
        call("l1", [user("q")], None, second=1),
        span("w", "tool", tool_name="find", tool_arguments='{"x":1}', tool_result="r", second=2),
        call(
            "l2",
            [user("q"), assistant("I look.", (None, "find", {"x": 1})), tool(None, "r")],
            assistant("done"),
            second=3,
        ),
    ]
    assert said(evidence.steps(spans)) == [
        ("user", "q"),
        ("assistant", "I look."),
        ("tool", 'find({"x":1})=r'),
        ("assistant", "done"),
    ]


def test_the_system_prompt_comes_once_and_again_when_it_changes():
    spans = [
        call(f"l{n}", [system(text), user(f"q{n}")], assistant(f"a{n}"), second=n, trace_id=f"t{n}", session_id="s")
        for n, text in enumerate(["A", "A", "B", "A"])
    ]
    assert [text for kind, text in said(evidence.steps(spans)) if kind == "system"] == ["A", "B", "A"]


def test_a_call_tried_again_after_a_failure_repeats_nothing():
    spans = [
        call(
            "l1",
            [system("S"), user("q")],
            None,
            second=1,
            status="error",
            error_type="Timeout",
            error_message="too slow",
        ),
        call("l2", [system("S"), user("q")], assistant("a"), second=2),
    ]
    frame = evidence.steps(spans)
    assert said(frame) == [("system", "S"), ("user", "q"), ("error", "Timeout: too slow"), ("assistant", "a")]
    assert frame["error"].to_list() == [None, None, "Timeout: too slow", None]


def test_parallel_calls_join_their_spans_and_messages_by_id_whatever_the_order():
    spans = [
        call(
            "l1",
            [user("q")],
            assistant(None, ("a", "f", {"n": 1}), ("b", "f", {"n": 2}), ("c", "f", {"n": 3})),
            second=1,
        ),
        span("tb", "tool", tool_name="f", tool_call_id="b", tool_arguments='{"n":2}', tool_result="two", second=2),
        call("l2", [tool("c", "three"), tool("a", "one"), tool("b", "two")], assistant("done"), second=5),
    ]
    frame = evidence.steps(spans)
    assert said(frame)[1:4] == [("tool", 'f({"n":1})=one'), ("tool", 'f({"n":2})=two'), ("tool", 'f({"n":3})=three')]
    assert frame["span_id"].to_list()[1:4] == ["l1", "tb", "l1"]


def test_calls_without_ids_join_by_arguments_then_by_order():
    spans = [
        call(
            "l1",
            [user("q")],
            assistant(None, (None, "f", {"a": 1, "b": 2}), (None, "f", {"a": 2}), (None, "g", {})),
            second=1,
        ),
        span("t2", "tool", tool_name="f", tool_arguments='{"a":2}', tool_result="second", second=2),
        span("t1", "tool", tool_name="f", tool_arguments='{"b":2,"a":1}', tool_result="first", second=3),
        span("t3", "tool", tool_name="g", tool_arguments='{"default":true}', tool_result="third", second=4),
        call("l2", [tool(None, "first"), tool(None, "second"), tool(None, "third")], assistant("done"), second=5),
    ]
    assert [text for kind, text in said(evidence.steps(spans)) if kind == "tool"] == [
        'f({"b":2,"a":1})=first',
        'f({"a":2})=second',
        'g({"default":true})=third',
    ]


def test_call_ids_that_are_used_again_name_another_call():
    spans = [
        call("l1", [user("q")], assistant(None, ("call_0", "f", {"n": 1})), second=1),
        call("l2", [tool("call_0", "one")], assistant(None, ("call_0", "f", {"n": 2})), second=2),
        call("l3", [tool("call_0", "two")], assistant("done"), second=3),
    ]
    assert [text for kind, text in said(evidence.steps(spans)) if kind == "tool"] == [
        'f({"n":1})=one',
        'f({"n":2})=two',
    ]


def test_a_result_that_never_came_is_null():
    frame = evidence.steps([call("l1", [user("q")], assistant(None, ("a", "f", {})), second=1)])
    assert frame.row(1, named=True)["tool_result"] is None
    assert frame.row(1, named=True)["error"] is None


def test_a_tool_that_ran_twice_for_one_call_shows_both_attempts():
    spans = [
        call("l1", [user("q")], assistant(None, ("a", "f", {})), second=1),
        span("t1", "tool", tool_name="f", tool_call_id="a", status="error", error_message="reset", second=2),
        span("t2", "tool", tool_name="f", tool_call_id="a", tool_result="fine", second=3),
        call("l2", [tool("a", "fine")], assistant("done"), second=4),
    ]
    tools = evidence.steps(spans).filter(kind="tool")
    assert tools.select("span_id", "error").rows() == [("t1", "reset"), ("t2", None)]


@pytest.mark.parametrize(
    ("result", "error"),
    [
        ('{"error": "no such order"}', "in result: no such order"),
        ('{"error": {"message": "denied", "code": 3}}', "in result: denied"),
        ('{"isError": true, "content": [{"type": "text", "text": "bad key"}]}', "in result: bad key"),
        ('{"status": 404, "message": "not found"}', "in result: status 404 not found"),
        ('{"success": false, "reason": "closed"}', "in result: closed"),
        ('{"status": "failed"}', "in result: failed"),
        ("Error: user not found", "in result: Error: user not found"),
        ('"Error: user not found"', "in result: Error: user not found"),
        ('{"error": null, "status": 200}', None),
        ('{"error": false}', None),
        ('{"error": "", "errors": []}', None),
        ('{"order_status": "error"}', None),
        ("There was no Error: all fine", None),
        ('{"broken": ', None),
        ("[]", None),
    ],
)
def test_what_only_the_result_calls_an_error_is_a_soft_error(result: str, error: str | None):
    frame = evidence.steps([span("x", "tool", tool_name="f", tool_result=result, second=1)])
    assert frame["error"].to_list() == [error]


def test_a_hard_error_is_told_from_a_soft_one():
    spans = [
        span("x", "tool", tool_name="f", tool_result='{"error": "soft"}', second=1),
        span(
            "y", "tool", tool_name="f", tool_result='{"error": "soft"}', status="error", error_type="IOError", second=2
        ),
    ]
    soft, hard = evidence.loop(evidence.steps(spans), "t").errors
    assert (soft.soft, soft.error) == (True, "in result: soft")
    assert (hard.soft, hard.error) == (False, "IOError")


def test_wrappers_that_repeat_their_children_add_nothing():
    history = [user("q"), assistant("a")]
    spans = [
        span("root", "agent", second=0, seconds=9, input="q", output="a", input_messages=history[:1], output_messages=history[1:]),
        span("chain", "workflow", parent_id="root", second=1, seconds=8, input='{"messages": [{"role": "user", "content": "q"}]}', output="a"),
        span("outer", "llm", parent_id="chain", second=2, seconds=5, input_messages=history[:1], output_messages=history[1:]),
        span("inner", "llm", parent_id="outer", second=3, seconds=3, input_messages=history[:1], output_messages=history[1:]),
    ]  # fmt: skip
    frame = evidence.steps(spans)
    assert said(frame) == [("user", "q"), ("assistant", "a")]
    assert frame["span_id"].to_list() == ["inner", "inner"]


def test_of_nested_model_calls_the_one_that_holds_the_answer_speaks():
    spans = [
        call("outer", [user("q")], assistant("a"), second=1),
        call("inner", [user("q")], None, second=2, parent_id="outer"),
    ]
    assert said(evidence.steps(spans)) == [("user", "q"), ("assistant", "a")]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("Where?", "There."),
        ('"Where?"', '"There."'),
        ('{"question": "Where?"}', '{"answer": "There."}'),
        ('{"args": [], "kwargs": {}, "input": {"query": "Where?"}}', '{"output": "There."}'),
        ('{"messages": [{"role": "user", "content": "Where?"}]}', '[{"role": "assistant", "content": "There."}]'),
        (
            '{"messages": [{"type": "human", "role": "human", "content": "Where?"}]}',
            '{"messages": [{"role": "human", "content": "Where?"}, {"role": "ai", "content": "There."}]}',
        ),
    ],
)
def test_a_trace_without_model_messages_is_read_from_its_outermost_span(asked: str, answered: str):
    spans = [
        span("root", "agent", second=0, seconds=9, input=asked, output=answered),
        span("step", "workflow", parent_id="root", second=1, input="internal", output="internal"),
        span("find", "tool", parent_id="root", tool_name="find", tool_result="here", second=2),
    ]
    assert said(evidence.steps(spans)) == [("user", "Where?"), ("tool", "find()=here"), ("assistant", "There.")]


def test_one_trace_a_turn_of_plain_inputs_makes_one_conversation():
    spans = [span("r", "agent", trace_id=f"t{n}", session_id="s", second=n, input="yes", output="ok") for n in range(3)]
    frame = evidence.steps(spans)
    assert said(frame) == [("user", "yes"), ("assistant", "ok")] * 3
    assert frame["turn"].to_list() == [1, 1, 2, 2, 3, 3]


def test_plain_inputs_and_model_histories_of_one_session_overlap():
    spans = [
        span("r1", "agent", trace_id="t1", session_id="s", second=0, input="q1", output="a1"),
        call("l2", [user("q1"), assistant("a1"), user("q2")], assistant("a2"), trace_id="t2", session_id="s", second=5),
    ]
    assert [text for _, text in said(evidence.steps(spans))] == ["q1", "a1", "q2", "a2"]


def test_model_calls_that_hold_only_texts_speak_with_the_root():
    spans = [
        span("root", "agent", second=0, seconds=9, input="q", output="final"),
        span("l", "llm", parent_id="root", second=1, input="prompt with q", output="final"),
    ]
    assert said(evidence.steps(spans)) == [("user", "q"), ("assistant", "final")]


def test_retrieval_before_the_first_model_call_follows_the_question():
    spans = [
        span("root", "agent", second=0, seconds=9, input="q"),
        span("r", "retrieval", parent_id="root", second=1, input='{"query": "q about"}', documents='[{"id": "d"}]'),
        call("l", [system("S"), user("q")], assistant("a"), second=3, parent_id="root"),
    ]
    frame = evidence.steps(spans)
    assert said(frame) == [("system", "S"), ("user", "q"), ("retrieval", "q about"), ("assistant", "a")]
    assert frame.row(2, named=True)["tool_result"] == '[{"id": "d"}]'


def test_evaluators_and_guardrails_are_no_steps():
    spans = [
        call("l", [user("q")], assistant("a"), second=1),
        span("e", "evaluator", second=2, status="error", error_message="no score"),
        call("judge", [user("Is this right?")], assistant("yes"), second=3, parent_id="e"),
        call("safe", [user("q")], assistant("SAFE"), second=0, parent_id="g"),
        span("g", "guardrail", second=0),
    ]
    assert said(evidence.steps(spans)) == [("user", "q"), ("assistant", "a")]


def test_a_sub_agent_speaks_within_its_tool_and_begins_no_turn():
    delegate = assistant(None, ("c", "research", {"about": "x"}))
    spans = [
        call("l1", [system("Main"), user("q")], delegate, second=1),
        span("t1", "tool", tool_name="research", tool_call_id="c", tool_result="found", second=2, seconds=5),
        call("s1", [system("Sub"), user("research x")], assistant("found"), second=3, parent_id="t1"),
        call("l2", [system("Main"), user("q"), delegate, tool("c", "found")], assistant("done"), second=8),
    ]
    frame = evidence.steps(spans)
    assert said(frame) == [
        ("system", "Main"), ("user", "q"), ("tool", 'research({"about":"x"})=found'), ("system", "Sub"),
        ("system", "research x"), ("assistant", "found"), ("assistant", "done"),
    ]  # fmt: skip
    assert frame["turn"].unique().to_list() == [1]


def test_agents_that_hand_the_conversation_on_repeat_nothing():
    handed = [user("q"), assistant("I hand over.", ("c", "transfer", {})), tool("c", "ok")]
    spans = [
        call("a", [system("A"), user("q")], handed[1], second=1),
        call("b", [system("B"), *handed], assistant("B answers"), second=3),
        call("c", [system("C"), user("q")], assistant("C answers"), second=4),
    ]
    assert said(evidence.steps(spans)) == [
        ("system", "A"), ("user", "q"), ("assistant", "I hand over."), ("tool", "transfer({})=ok"), ("system", "B"),
        ("assistant", "B answers"), ("system", "C"), ("assistant", "C answers"),
    ]  # fmt: skip


def test_a_failed_agent_without_a_failed_step_ends_in_an_error_step():
    spans = [
        span("root", "agent", second=0, seconds=9, status="error", error_type="KeyError", error_message="'city'"),
        call("l", [user("q")], assistant("a"), second=1, parent_id="root"),
    ]
    assert said(evidence.steps(spans))[-1] == ("error", "KeyError: 'city'")
    spans[1].update(status="error", error_message="no answer")
    assert [text for kind, text in said(evidence.steps(spans)) if kind == "error"] == ["no answer"]


def test_one_call_seen_by_two_instrumentations_is_one_step():
    spans = [
        span("outer", "tool", tool_name="f", tool_arguments='{"a": 1}', tool_result="r", second=1, seconds=5),
        span("inner", "tool", tool_name="f", tool_arguments='{"a":1}', tool_result="r", second=2, parent_id="outer"),
    ]
    assert said(evidence.steps(spans)) == [("tool", 'f({"a": 1})=r')]


def test_transcripts_without_times_keep_their_order():
    spans = [
        span("root", "agent", record=1),
        call("l1", [user("a")], assistant(None, ("1", "f", {})), parent_id="root", record=1),
        span("t1", "tool", tool_name="f", tool_call_id="1", tool_result="r", parent_id="l1", record=1),
        call("l2", [tool("1", "r")], assistant("b"), parent_id="root", record=1),
        call("l3", [user("c")], assistant("d"), parent_id="root", record=1),
    ]
    assert [kind for kind, _ in said(evidence.steps(spans))] == ["user", "tool", "assistant", "user", "assistant"]


def test_traces_without_user_messages_are_one_turn_each():
    spans = [
        span("a", "tool", trace_id=f"t{n}", session_id="s", tool_name="f", tool_result="r", second=n) for n in range(3)
    ]
    assert evidence.steps(spans)["turn"].to_list() == [1, 2, 3]


def test_what_is_said_before_the_user_belongs_to_the_first_turn():
    spans = [call("l0", [], assistant("How can I help?"), second=0), call("l1", [user("q")], assistant("a"), second=1)]
    assert evidence.steps(spans)["turn"].to_list() == [1, 1, 1]


def test_spans_that_name_one_another_as_parents_are_still_read():
    spans = [
        call("a", [user("q")], assistant("x"), parent_id="b", second=1),
        span("b", "agent", parent_id="a", second=0),
        span("own", "tool", parent_id="own", tool_name="f", second=2),
    ]
    assert [kind for kind, _ in said(evidence.steps(spans))] == ["user", "assistant", "tool"]


def test_contents_of_parts_and_broken_messages_do_no_harm():
    spans = [
        call("l", [{"role": "user", "content": [{"type": "text", "text": "see"}, {"type": "image_url"}]}, 3], {"role": "assistant", "content": None}, second=1),
        span("m", "llm", input_messages='[{"role": "us', output_messages="nonsense", second=2),
    ]  # fmt: skip
    assert said(evidence.steps(spans)) == [("user", "see\n[image_url]")]


def test_no_spans_are_no_steps():
    assert evidence.steps([]).schema == STEPS
    assert evidence.steps([]).height == 0


def test_a_column_of_the_wrong_type_is_refused_by_name():
    with pytest.raises(InputError, match="'start'"):
        evidence.steps([{"trace_id": "t", "span_id": "a", "start": "not a time"}])


def test_steps_know_when_how_long_and_by_which_model():
    spans = [
        call("l", [user("q")], assistant("a"), second=2, seconds=3, model="m-1"),
        span("t", "tool", tool_name="f", second=6, seconds=0.5),
    ]
    rows = evidence.steps(spans).to_dicts()
    assert [row["at"] for row in rows] == [BEGAN + dt.timedelta(seconds=s) for s in (2, 2, 6)]
    assert [row["seconds"] for row in rows] == [None, 3.0, 0.5]
    assert [row["model"] for row in rows] == [None, "m-1", None]


def test_spans_without_a_session_belong_to_the_one_that_their_trace_names():
    spans = [
        span("r", "agent", second=0, seconds=9),
        call("l", [user("q")], assistant("a"), second=1, parent_id="r", session_id="conversation"),
        span("t", "tool", tool_name="f", second=3, parent_id="r"),
        span("x", "tool", tool_name="f", second=4, trace_id="other"),
    ]
    frame = evidence.steps(spans)
    assert frame["session_id"].to_list() == ["conversation"] * 3 + ["other"]
    assert evidence.sessions(spans, frame).select("session_id", "spans").rows() == [("conversation", 3), ("other", 1)]


def test_every_inner_call_of_a_wrapping_model_call_speaks():
    spans = [
        call("outer", [user("q")], assistant("done"), second=0, seconds=9),
        call("in1", [user("q")], assistant("I look.", ("1", "f", {})), second=1, parent_id="outer"),
        call("in2", [user("q"), assistant("I look.", ("1", "f", {})), tool("1", "r")], assistant("done"), second=4, parent_id="outer"),
    ]  # fmt: skip
    assert [text for _, text in said(evidence.steps(spans))] == ["q", "I look.", "f({})=r", "done"]


def test_a_nested_call_that_lost_the_tool_calls_leaves_the_word_to_its_wrapper():
    asks = assistant(None, ("1", "f", {}))
    spans = [
        call("o1", [user("q")], asks, second=0, seconds=2),
        call("i1", [user("q")], assistant("None"), second=1, parent_id="o1"),
        call("o2", [user("q"), asks, tool("1", "r")], assistant("done"), second=4, seconds=3),
        call("i2", [user("q"), assistant("None"), tool(None, "r")], assistant("done"), second=5, parent_id="o2"),
    ]
    assert [text for _, text in said(evidence.steps(spans))] == ["q", "f({})=r", "done"]
