"""What the facets read off a session, and that they show where they read it."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.cluster import TEXTS, facet_text
from workbench.cluster._mask import mask
from workbench.errors import InputError, UnknownNameError
from workbench.evidence import AgentLoop


def session(*steps: dict[str, Any], name: str = "s") -> list[dict[str, Any]]:
    turn, rows = 1, []
    for number, step in enumerate(steps, start=1):
        turn += step["kind"] == "user" and number > 1
        rows.append({"session_id": name, "number": number, "turn": turn, **step})
    return rows


def user(text: str) -> dict[str, Any]:
    return {"kind": "user", "text": text}


def agent(text: str) -> dict[str, Any]:
    return {"kind": "assistant", "text": text}


def tool(name: str, arguments: str = "{}", result: str | None = None, error: str | None = None) -> dict[str, Any]:
    return {"kind": "tool", "tool_name": name, "tool_arguments": arguments, "tool_result": result, "error": error}


def signs(rows: list[dict[str, Any]]) -> set[str]:
    return {quote["signal"] for quote in facet_text(rows, "failure")["quotes"].item()}


def test_a_success_told_after_a_tool_error_is_named_and_quoted_with_its_step() -> None:
    rows = session(
        user("Please cancel order W100200."),
        tool("cancel_order", '{"order_id":"W100200"}', error="in result: upstream timed out"),
        agent("Sure. Your order has been cancelled. Anything else?"),
    )
    quotes = facet_text(rows, "failure")["quotes"].item().to_list()
    assert {
        "step": 3,
        "signal": "success claimed after a tool error",
        "text": "Your order has been cancelled.",
    } in quotes
    assert {"step": 2, "signal": "tool error, time-out", "text": "upstream timed out"} in quotes


def test_a_block_of_code_claims_nothing() -> None:
    code = "```python\norder = find('ORD-9912')\nprint('done')\n```"
    rows = session(user("How do I look up an order?"), agent(f"Call find with its number.\n{code}"))
    assert signs(rows).isdisjoint({"identifier in the answer from nowhere", "action claimed without a call"})
    bare = session(user("How do I look up an order?"), agent("Order ORD-9912 is yours."))
    assert "identifier in the answer from nowhere" in signs(bare)


def test_names_in_a_program_are_not_taken_for_things() -> None:
    call = tool("run_python", '{"code": "rows9 = load()\\nprint(rows9)\\n"}', result="3")
    assert "identifier from nowhere" not in signs(session(user("How many rows?"), call, agent("3 rows.")))
    call = tool("cancel_order", '{"order": "W100200"}', result="ok")
    assert "identifier from nowhere" in signs(session(user("Cancel it"), call, agent("Done.")))


def test_an_error_of_no_known_kind_is_called_by_its_words_where_several_sessions_met_it() -> None:
    def met(error: str, *names: str) -> list[dict[str, Any]]:
        return [row for name in names for row in session(user("Pay"), tool("pay", error=error), name=name)]

    short = "Error: payment amount does not add up, total price is {}, but paid 255"
    trace = 'Traceback (most recent call last):\n  File "pay.py", line 3, in pay\nLedgerError: {}'
    rows = [
        *(row for n in range(3) for row in met(short.format(300 + n), f"a{n}")),
        *(row for n in range(3) for row in met(trace.format(n), f"b{n}")),
        *met("Error: till is stuck again", "c"),
        *(row for n in range(3) for row in met("upstream timed out", f"d{n}")),
    ]
    found = {
        name: next(q["signal"] for q in quotes if q["signal"].startswith("tool error") and q["step"] == 2)
        for name, quotes in facet_text(rows, "failure").select("session_id", "quotes").iter_rows()
    }
    assert found["a0"] == found["a2"] == "tool error: payment amount does not add up"
    assert found["b0"] == found["b2"] == "tool error: LedgerError"
    assert found["c"] == "tool error, other"  # once is no kind
    assert found["d0"] == "tool error, time-out"


def test_an_error_that_the_agent_owns_up_to_is_told_apart() -> None:
    rows = session(user("Cancel W100200"), tool("cancel_order", error="locked"), agent("I could not cancel it, sorry."))
    assert "tool error admitted" in signs(rows)
    assert "success claimed after a tool error" not in signs(rows)


def test_an_error_that_a_second_try_mends_is_told_apart() -> None:
    rows = session(
        user("Cancel W100200"),
        tool("cancel_order", error="time-out"),
        tool("cancel_order", result='{"status":"cancelled"}'),
        agent("It has been cancelled."),
    )
    assert "a later try worked" in signs(rows)
    assert not {"success claimed after a tool error", "success claimed although the result said no"} & signs(rows)


def test_a_pending_result_told_as_done_is_a_sign() -> None:
    rows = session(
        user("Refund W100200"),
        tool("refund_order", '{"order_id":"W100200"}', '{"status":"pending_review"}'),
        agent("The refund has been issued."),
    )
    assert "success claimed although the result said no" in signs(rows)


def test_a_fact_that_is_no_is_no_refusal_and_an_outcome_that_is_no_is_one() -> None:
    def told(result: str) -> set[str]:
        return signs(session(user("Book it"), tool("book_flight", "{}", result), agent("Your flight has been booked.")))

    assert "success claimed although the result said no" not in told('{"reservation":"ZX81","insurance":"no"}')
    assert "success claimed although the result said no" in told('{"approved":"no"}')


@pytest.mark.parametrize(
    ("said", "refused"), [("No, that's all. Thanks!", False), ("No problem!", False), ("No, not that one.", True)]
)
def test_a_polite_no_refuses_nothing(said: str, refused: bool) -> None:
    rows = session(user("Book it"), agent("Booked. Anything else?"), user(said))
    assert ("user refused" in signs(rows)) is refused


def test_acting_on_another_order_than_the_user_named_is_a_sign() -> None:
    rows = session(
        user("Please refund order W100200."),
        tool("list_orders", "{}", '[{"order_id":"W100200"},{"order_id":"W300400"}]'),
        tool("refund_order", '{"order_id":"W300400"}', '{"status":"refunded"}'),
        agent("Your refund is on its way."),
    )
    assert "acted on another one than the user named" in signs(rows)


def test_acting_on_the_record_that_fits_the_words_less_is_a_sign() -> None:
    orders = '[{"order_id":"W100200","item":"red kettle"},{"order_id":"W300400","item":"garden chair"}]'
    rows = session(
        user("Please refund my kettle."),
        tool("list_orders", "{}", orders),
        tool("refund_order", '{"order_id":"W300400"}', '{"status":"refunded"}'),
        agent("Your refund is on its way."),
    )
    assert "another one fits the request better" in signs(rows)


def test_the_right_order_leaves_no_sign_of_mix_up() -> None:
    rows = session(
        user("Please refund my kettle, order W100200."),
        tool("refund_order", '{"order_id":"W100200"}', '{"status":"refunded"}'),
        agent("I've refunded it."),
    )
    assert not {s for s in signs(rows) if "another" in s or "nowhere" in s}


def test_a_call_made_again_and_again_is_a_loop() -> None:
    call = tool("search", '{"q":"kettle"}', "[]")
    assert {"same call many times with the same result", "one tool over and over"} <= signs(
        session(user("Find my kettle order"), call, call, call, call, agent("Let me look."))
    )


def test_asking_for_what_was_given_is_a_sign() -> None:
    rows = session(user("My order W100200 is late."), agent("Could you please provide your order number?"))
    assert "asked again for what was given, early in the talk" in signs(rows)


def test_asking_for_another_kind_of_identifier_is_no_sign() -> None:
    rows = session(user("My user id is mia_kim_4397."), agent("Could you please provide your reservation number?"))
    assert not {sign for sign in signs(rows) if sign.startswith("asked again")}


def test_an_answer_from_an_outdated_document_is_a_sign() -> None:
    documents = (
        '[{"id":"a","content":"Returns policy. Effective 2023-01-01. Returns are possible for 14 days."},'
        '{"id":"b","content":"Returns policy. Effective 2024-01-01. Returns are possible for 30 days."}]'
    )
    look = {"kind": "retrieval", "text": "returns", "tool_result": documents}
    assert "answer follows an outdated document" in signs(session(user("How long?"), look, agent("You have 14 days.")))
    assert "answer follows an outdated document" not in signs(
        session(user("How long?"), look, agent("You have 30 days."))
    )


def test_a_figure_that_nothing_bears_out_is_a_sign_and_a_sum_is_not() -> None:
    read = tool("get_order", "{}", '{"prices":[20.5,30.0]}')
    assert "amount in the answer from nowhere" in signs(session(user("Total?"), read, agent("It was $77.10 in all.")))
    assert "amount in the answer from nowhere" not in signs(
        session(user("Total?"), read, agent("It was $50.50 in all."))
    )


def test_what_the_user_said_next_is_kept() -> None:
    rows = session(user("Where is my parcel?"), agent("Our returns take a week."), user("That is not what I asked."))
    assert "user asked for something else" in signs(rows)


def test_an_action_that_no_tool_did_is_a_sign() -> None:
    assert "action claimed without a call" in signs(session(user("Cancel it"), agent("I've cancelled your order.")))


def test_departures_from_the_usual_are_learnt_from_all_sessions() -> None:
    rows: list[dict[str, Any]] = []
    for i in range(80):
        rows += session(
            user("Please cancel my latest order before it ships out"),
            tool("cancel_order", '{"order":"latest"}', '{"status":"cancelled"}'),
            agent("The latest order has been cancelled for you."),
            name=f"usual {i}",
        )
        rows += session(user("What are your opening hours on Sundays?"), agent("We open at noon."), name=f"other {i}")
    odd = session(
        user("Please cancel my latest order before it ships out"),
        tool("create_ticket", '{"topic":"other"}', '{"status":"open"}'),
        agent("A colleague will look at your warranty claim next week."),
        name="odd",
    )
    quotes = facet_text(odd, "failure", among=rows)["quotes"].item().to_list()
    found = {quote["signal"]: quote["step"] for quote in quotes}
    assert found["usual change missing"] == 1
    assert found["unusual change for such a request"] == 2
    assert "usual change missing" not in signs(odd)  # alone, nothing is usual


def test_a_session_without_any_sign_shows_what_was_asked_and_answered() -> None:
    text = facet_text(session(user("Opening hours?"), agent("Nine to five.")), "failure")["text"].item()
    assert text == "asked: Opening hours?\nanswered: Nine to five."


def test_a_reason_of_json_is_read_by_its_fields_without_hashes() -> None:
    given = '{"reward":0.0,"outputs":{"327":false},"hash":"' + "9f" * 20 + '"}'
    quotes = facet_text(session(user("Hi"), agent("Hello")), "failure", reasons=[{"session_id": "s", "text": given}])
    assert quotes["quotes"].item()[0]["text"] == "reward: 0.0 · 327: false"


def test_reasons_come_first_and_carry_no_step() -> None:
    row = facet_text(
        session(user("Hello"), agent("Hi")), "failure", reasons=[{"session_id": "s", "text": "Wrong refund of $20."}]
    ).row(0, named=True)
    assert row["text"].splitlines()[0] == "Wrong refund of [amount]."
    assert row["quotes"][0] == {"step": None, "signal": "said of it", "text": "Wrong refund of $20."}


def test_every_quote_stands_word_for_word_in_its_step() -> None:
    rows = session(
        user("My order W100200 is late and I paid $30."),
        tool("get_order", '{"order_id":"W100200"}', '{"status":"delayed"}', "in result: delayed by carrier"),
        agent("It has been delivered. You paid $99."),
        user("No, I told you it is late!"),
        agent("Could you please share the order number?"),
    )
    whole = {r["number"]: " ".join(str(v) for v in r.values()) for r in rows}
    for quote in facet_text(rows, "failure")["quotes"].item().to_list():
        assert all(part in whole[quote["step"]] for part in quote["text"].split(" {")[:1])


def test_intent_is_the_first_words_of_substance() -> None:
    rows = session(user("Hi!"), agent("Hello"), user("I want to return the blue kettle from last week"), agent("Sure"))
    assert facet_text(rows, "intent")["text"].item() == "Hi!\nI want to return the blue kettle from last week"


def test_trajectory_is_the_way_through_the_tools() -> None:
    rows = session(user("Refund it"), tool("get_order"), tool("refund", error="no"), agent("Done"))
    row = facet_text(rows, "trajectory").row(0, named=True)
    assert row["text"] == "user > get_order > refund failed > answer"
    assert "get_order > refund failed" in row["tokens"]


def test_an_expression_over_sessions_is_a_facet() -> None:
    rows = session(user("Ask"), tool("a"), tool("b"), agent("Answer"))
    assert (
        facet_text(rows, pl.col("answer") + " after " + pl.col("tools").list.join(", "))["text"].item()
        == "Answer after a, b"
    )


def test_a_function_of_the_loop_is_a_facet() -> None:
    def last_words(loop: AgentLoop) -> str | None:
        return loop.final_answer

    frame = facet_text(session(user("Ask"), agent("Order A-77 is fine")), last_words)
    assert frame.select("text", "facet").row(0) == ("Order [id] is fine", "last_words")


def test_a_function_that_raises_says_for_which_session() -> None:
    rows = session(user("Hi"), agent("Hello"), name="conv-7")
    with pytest.raises(ZeroDivisionError) as raised:
        facet_text(rows, lambda loop: str(1 / (len(loop.steps) - 2)))
    assert "session 'conv-7'" in raised.value.__notes__[0]


def test_a_function_that_gives_no_text_is_refused_with_the_session() -> None:
    counts: Any = lambda _: 7  # noqa: E731 - what a user writes
    with pytest.raises(InputError, match="gave int for session 's'"):
        facet_text(session(user("hello")), counts)


def test_unknown_facets_and_bad_expressions_are_refused_with_a_hint() -> None:
    misspelt: Any = "failures"
    with pytest.raises(UnknownNameError, match="did you mean 'failure'"):
        facet_text(session(user("a")), misspelt)
    with pytest.raises(InputError, match="columns: session_id"):
        facet_text(session(user("a")), pl.col("nothing"))
    with pytest.raises(InputError, match="no column 'text'"):
        facet_text(session(user("a")), "failure", reasons=[{"session_id": "s"}])


def test_sessions_keep_their_order_and_an_empty_frame_its_columns() -> None:
    rows = session(user("b"), name="b") + session(user("a"), name="a")
    assert facet_text(rows, "intent")["session_id"].to_list() == ["b", "a"]
    assert facet_text([], "failure").schema == TEXTS


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("I refunded $20.50 for order #A-1234 to Ana Lima.", "I refunded [amount] for order [id] to [name]."),
        ("See /usr/lib/app/x.py or `rm -rf`, https://a.b/c", "See [path] or [code], [link]"),
        ("on March 3rd, 2024 at 5pm, 12 of them", "on [time] at [time], [number] of them"),
        ("call get_order as bob@example.com", "call [name] as [email]"),
        ("Ich habe die Rechnung und das Paket nicht", "Ich habe die Rechnung und das Paket nicht"),
    ],
)
def test_identifiers_numbers_and_names_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["user", "assistant", "tool", "retrieval", "error", "system"]),
                "text": st.none() | st.text(max_size=80),
                "tool_name": st.none() | st.text(max_size=10),
                "tool_arguments": st.none()
                | st.sampled_from(['{"a":[1,"x1234"]}', "{", "[]", "3"])
                | st.text(max_size=20),
                "tool_result": st.none() | st.sampled_from(['[{"id":"x1234"},3]', '{"a":{"b":false}}', "[[["]),
                "error": st.none() | st.text(max_size=20),
            }
        ),
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None)
def test_no_session_is_too_odd_for_any_facet(steps: list[dict[str, Any]]) -> None:
    rows = session(*steps)
    for facet in ("failure", "intent", "trajectory"):
        frame = facet_text(rows, facet)
        assert frame.height == (1 if steps else 0)
