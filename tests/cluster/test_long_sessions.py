"""Reading what went wrong takes work in proportion to a session's length, and sees in a long one what it sees in a short one."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from workbench.cluster import facet_text
from workbench.cluster._heard import Alike, Figures
from workbench.cluster._talk import Step, Talk
from workbench.cluster._tool_signals import EMPTY
from workbench.cluster._values import identifiers, money


def refunds(calls: int, *, one_turn: bool = False) -> list[dict[str, Any]]:
    """A session of refunds, each asked for, looked up, paid and told; in turns of their own, or all after one request."""
    rows: list[dict[str, Any]] = [
        {"kind": "system", "text": "Ask to confirm. Refund up to $200. Pending orders cannot be refunded."}
    ]
    for n in range(calls):
        order = f"A-{1000 + n}"
        if n == 0 or not one_turn:
            rows.append(
                {"kind": "user", "text": f"Please refund order {order}, the kettle for ${20 + n}.50, number {n}."}
            )
        rows += [
            {
                "kind": "tool",
                "tool_name": "list_orders",
                "tool_result": f'[{{"id":"{order}","total":{20 + n}.5,"status":"pending"}},{{"id":"B-{1000 + n}","total":{3 * n}}}]',
            },
            {
                "kind": "tool",
                "tool_name": "refund_order",
                "tool_arguments": f'{{"order_id":"{order}","amount":{20 + n}.5}}',
                "error": "timed out" if n % 5 == 0 else None,
            },
            {
                "kind": "assistant",
                "text": f"Your refund of ${20 + n}.50 for {order} has been issued. Which order is next?",
            },
        ]
    turn, whole = 1, list[dict[str, Any]]()
    for number, row in enumerate(rows, 1):
        turn += row["kind"] == "user" and number > 2
        whole.append({"session_id": "s", "number": number, "turn": turn, **row})
    return whole


def instructions(rows: list[dict[str, Any]]) -> int:
    """Python instructions that are carried out in the cluster room while the failure facet reads a session."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if "cluster" not in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    facet_text(rows, "failure")  # what is made once is made before the count
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        facet_text(rows, "failure")
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("one_turn", [False, True])
def test_four_times_as_long_a_session_takes_four_times_the_work(*, one_turn: bool) -> None:
    short, long = (instructions(refunds(calls, one_turn=one_turn)) for calls in (25, 100))
    assert long < 4.6 * short


@pytest.mark.parametrize("one_turn", [False, True])
def test_no_text_of_a_session_is_searched_for_identifiers_twice(
    monkeypatch: pytest.MonkeyPatch, *, one_turn: bool
) -> None:
    from workbench.cluster import _talk

    searched: list[str] = []
    plain = _talk.identifiers

    def told(text: str) -> frozenset[str]:
        searched.append(text)
        return plain(text)

    monkeypatch.setattr(_talk, "identifiers", told)
    facet_text(refunds(60, one_turn=one_turn), "failure")
    assert len(searched) == len(set(searched)) > 60


def test_what_is_known_before_a_step_is_what_has_a_lower_number() -> None:
    steps = [Step(n, 1, kind, f"{kind} {n}", "", "", "", "", None) for n, kind in ((1, "user"), (2, "tool"), (2, "tool"), (3, "assistant"))]  # fmt: skip
    talk = Talk(steps)
    assert talk.reply_after(steps[0]) is steps[3]
    assert talk.reply_after(steps[3]) is None
    assert talk.between(steps[0], steps[3]) == steps[1:3]


def test_words_that_were_heard_are_found_again_when_half_of_them_are_shared() -> None:
    heard = Alike(0.5)
    for words in ("refund the red kettle", "where is parcel seven", "close account"):
        heard.add(frozenset(words.split()))
    assert heard.like(frozenset(["refund", "the", "blue", "kettle"]))
    assert not heard.like(frozenset(["refund", "my", "blue", "lamp"]))
    assert not heard.like(frozenset())


def test_a_figure_is_borne_out_by_one_that_was_there_or_by_the_sum_or_difference_of_two() -> None:
    known = Figures()
    known.add([20.0, 5.5, 300.0])
    assert [known.bear_out(value) for value in (20.001, 25.5, 14.5, 305.5, 0.0, 21.0)] == [True] * 4 + [False] * 2
    assert 300.0 in known
    assert 25.5 not in known


def test_one_sentence_that_offers_help_without_end_is_read_at_once_and_asks_for_nothing() -> None:
    offer = f"Which order is it, {'if you need or want ' * 10_000}help?"  # three words that are looked for together: cubic in their number
    rows = [
        {"session_id": "s", "number": number, "turn": number, "kind": kind, "text": text}
        for number, (kind, text) in enumerate([("user", "Where is it?"), ("assistant", offer)] * 2, 1)
    ]
    assert "asked twice" not in " ".join(facet_text(rows, "failure")["tokens"].explode())
    asks = [
        {**row, "text": "Which order is it that never came to your house?"} if row["kind"] == "assistant" else row
        for row in rows
    ]
    assert "asked twice" in " ".join(facet_text(asks, "failure")["tokens"].explode())


@pytest.mark.parametrize("much", ["1", "-", " ", "1,", "\n"])
def test_a_megabyte_of_one_sign_is_read_at_once_and_hides_nothing_behind_it(much: str) -> None:
    run = much * (1_000_000 // len(much))
    assert not EMPTY.match(f"{run}!")
    assert "ORD-9912" in identifiers(f"{run} ORD-9912")
    assert money(f"{run} and 12.50 USD") == [12.5]
    rows = [
        {"session_id": "s", "number": number, "turn": 1, "kind": kind, "text": text}
        for number, (kind, text) in enumerate(
            [("user", "When does it come?"), ("assistant", f"{run} and in 14 days.")], 1
        )
    ]
    assert facet_text(rows, "failure").height == 1
