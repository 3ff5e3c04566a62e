"""A recorded world answers what was asked before, and says so where it cannot."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from workbench import world
from workbench.errors import InputError
from workbench.load._spill import spill
from workbench.schema import SPANS, conform
from workbench.world import Answer, Miss, World, record

TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def step(number: int, **columns: Any) -> dict[str, Any]:
    return {"session_id": "s1", "number": number, "turn": 1, "trace_id": "t", "span_id": f"p{number}", **columns}


def called(
    number: int, name: str, arguments: str | None, result: str | None, error: str | None = None
) -> dict[str, Any]:
    columns = {"tool_name": name, "tool_arguments": arguments, "tool_result": result, "error": error}
    return step(number, kind="tool", **columns)


SESSION = [
    step(1, kind="user", text="Where is order 7?"),
    called(2, "get_order", '{"id": 7}', '{"status": "sent"}'),
    step(3, kind="retrieval", text="delivery times", tool_result='[{"id": "d1"}]'),
    called(4, "get_order", '{"id": 7.0}', '{"status": "lost"}'),
    called(5, "refund", '{"id": 7}', None),
    called(6, "refund", '{"id": 8}', None, "timed out"),
    called(7, "mail", None, "Error: no address", "in result: Error: no address"),
    step(8, kind="assistant", text="It is lost."),
]


def test_calls_are_answered_by_meaning_in_the_order_in_which_they_were_made() -> None:
    made = record(SESSION)
    first, second = made.answer("get_order", {"id": 7}), made.answer("get_order", '{"id":7}', 1)
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert (first.result, first.number) == ('{"status": "sent"}', 2)
    assert (second.result, second.number) == ('{"status": "lost"}', 4)


def test_what_the_world_does_not_know_is_a_miss_with_its_reason() -> None:
    made = record(SESSION)
    reasons = {
        "never called with these arguments": made.answer("get_order", {"id": 9}),
        "'delete' was never called": made.answer("delete", {}),
        "recorded 2 times": made.answer("get_order", {"id": 7}, 2),
        "no result was recorded": made.answer("refund", {"id": 7}),
    }
    for reason, answer in reasons.items():
        assert isinstance(answer, Miss)
        assert not answer
        assert reason in answer.reason


def test_a_negative_occurrence_is_a_miss() -> None:
    assert isinstance(record(SESSION).answer("get_order", {"id": 7}, -1), Miss)


def test_a_recorded_error_is_an_answer_and_an_error_told_in_a_result_is_that_result() -> None:
    made = record(SESSION)
    failed, told = made.answer("refund", {"id": 8}), made.answer("mail", {})
    assert isinstance(failed, Answer)
    assert isinstance(told, Answer)
    assert (failed.result, failed.error) == (None, "timed out")
    assert (told.result, told.error) == ("Error: no address", None)


def test_retrievals_are_asked_for_by_their_query() -> None:
    answer = record(SESSION).answer("retrieval", {"query": "delivery times"})
    assert isinstance(answer, Answer)
    assert answer.result == '[{"id": "d1"}]'


def test_calls_whose_result_never_came_are_counted_as_missing() -> None:
    made = record(SESSION)
    assert [call.number for call in made.missing] == [5]
    assert made.sentence == "6 recorded calls of session s1; the results of 1 were already gone."
    assert made.to_frame()["lost"].drop_nulls().to_list() == ["no result was recorded"]


def test_what_was_cut_at_loading_is_fetched_whole_or_counted_as_lost() -> None:
    long = "a" * 500
    spans = pl.DataFrame([
        {"trace_id": "t", "span_id": "p1", "kind": "tool", "tool_result": long},
        {"trace_id": "t", "span_id": "p2", "kind": "tool", "tool_result": long},
    ])  # fmt: skip
    cut, blobs = spill(conform(spans, SPANS), 100)
    text = cut["tool_result"][0]
    steps = [called(1, "read", '{"page": 1}', text), called(2, "read", '{"page": 2}', text)]
    bare = record(steps)
    miss = bare.answer("read", {"page": 1})
    assert isinstance(miss, Miss)
    assert "its result was cut when it was loaded" in miss.reason
    assert len(bare.missing) == 2
    whole = world.whole_payloads(cut, lambda sha256: zstandard.decompress(blobs[sha256]))
    made = record(steps, fetch=whole)
    assert made.missing == ()
    answer = made.answer("read", {"page": 1})
    assert isinstance(answer, Answer)
    assert answer.result == long


def test_a_result_that_speaks_of_a_cut_is_no_cut_result() -> None:
    page = "a log: head [… 5 cut …] tail"
    spans = pl.DataFrame([
        {"trace_id": "t", "span_id": "p1", "kind": "tool", "tool_result": page},
        {"trace_id": "t", "span_id": "p2", "kind": "tool", "tool_result": "a" * 500},
    ])  # fmt: skip
    cut, blobs = spill(conform(spans, SPANS), 100)
    steps = [called(1, "read", '{"page": 1}', page), called(2, "read", '{"page": 2}', cut["tool_result"][1])]
    made = record(steps, fetch=world.whole_payloads(cut, lambda sha256: zstandard.decompress(blobs[sha256])))
    assert made.missing == ()
    answer = made.answer("read", {"page": 1})
    assert isinstance(answer, Answer)
    assert answer.result == page


def test_a_result_told_by_a_message_that_was_cut_is_lost() -> None:
    told = pl.DataFrame([{"trace_id": "t", "span_id": "m", "kind": "model", "input_messages": "x" * 500}])
    cut, blobs = spill(conform(told, SPANS), 100)
    steps = [called(1, "read", '{"page": 1}', "head [… 5 cut …] tail")]
    made = record(steps, fetch=world.whole_payloads(cut, lambda sha256: zstandard.decompress(blobs[sha256])))
    assert [call.number for call in made.missing] == [1]


def test_a_call_whose_arguments_were_cut_cannot_be_told_from_others() -> None:
    made = record([called(1, "write", '{"text": "ab[… 900 characters cut …]yz"}', "done")])
    assert [call.lost for call in made.missing] == ["its arguments were cut when they were loaded"]
    whole = record(
        [called(1, "write", '{"text": "ab[… 900 characters cut …]yz"}', "done")],
        fetch=lambda _trace, _span, column: '{"text": "whole"}' if column == "tool_arguments" else None,
    )
    assert isinstance(whole.answer("write", {"text": "whole"}), Answer)


def test_redaction_reaches_everything_kept_and_the_call_is_still_found() -> None:
    made = record(SESSION, redact=lambda text: text.replace("sent", "[gone]").replace("7", "#"))
    assert b"sent" not in made.to_bytes()
    assert made.calls[0].arguments == '{"id": #}'
    answer = made.answer("get_order", {"id": 7})
    assert isinstance(answer, Answer)
    assert answer.result == '{"status": "[gone]"}'


def test_the_same_session_gives_the_same_bytes_and_id_whatever_the_order_of_its_rows() -> None:
    one, other = record(SESSION), record(SESSION[::-1])
    assert one.to_bytes() == other.to_bytes()
    assert one.world_id == other.world_id
    assert len(one.world_id) == 64


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), TEXT, TEXT, TEXT), max_size=6))
def test_a_world_survives_its_bytes(calls: list[tuple[str, str | None, str | None, str | None]]) -> None:
    rows = [step(1, kind="user", text="?")]
    rows += [called(number, *call) for number, call in enumerate(calls, 2)]
    made = record(rows)
    back = World.from_bytes(made.to_bytes())
    assert back == made
    assert back.to_bytes() == made.to_bytes()


@pytest.mark.parametrize("content", [b"", b"no", b"[]", b"{}", b'{"format":"workbench.world/1"}', b"\xff"])
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="no recorded world"):
        World.from_bytes(content)


def test_a_world_of_a_later_format_is_refused_with_the_way_out() -> None:
    with pytest.raises(InputError, match="newer workbench"):
        World.from_bytes(b'{"format": "workbench.world/9"}')


def test_steps_of_two_sessions_or_none_make_no_world() -> None:
    with pytest.raises(InputError, match="one session"):
        record([*SESSION, {**SESSION[0], "session_id": "s2"}])
    with pytest.raises(InputError, match="belong to none"):
        record([])


def test_hostile_results_are_shown_and_not_obeyed() -> None:
    shown = record([called(1, "<b>", "{}", "<script>alert(1)</script>")])._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_session_without_calls_has_an_empty_world() -> None:
    made = world.record([step(1, kind="user", text="Hi")])
    assert len(made) == 0
    assert "no tool" in made.sentence
    assert isinstance(made.answer("find", {}), Miss)
