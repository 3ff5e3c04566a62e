"""What is read off an answer that goes beyond, or against, what the session bears out."""

from __future__ import annotations

import pytest

from tests.cluster.test_cluster_facet import agent, session, signs, tool, user

REFUND = tool("refund_order", '{"order_id":"W100200","amount":52.99}', '{"status":"succeeded","amount":52.99}')
PAGE = tool("search_orders", '{"query":"lamp"}', '{"page":1,"pages":3,"orders":[{"item":"chair"}]}')


@pytest.mark.parametrize(
    ("steps", "sign"),
    [
        ([user("Refund W100200."), REFUND, agent("I refunded $153.99.")], "answer names another amount than the call"),
        ([user("Need a lamp, my budget is $40."), agent("Take the one for $59.")], "answer goes over what the user allowed"),
        ([user("Where is my lamp?"), PAGE, agent("I see no such order.")], "answered from the first page only"),
        (
            [user("Where is W100200?"), tool("get_order", "{}", '{"internal_note":"fraud score high"}'), agent("It has a high fraud score.")],
            "internal field told",
        ),
        (
            [user("Mail it to ana@example.com."), tool("send_invoice", '{"email":"anna@example.com"}', "{}")],
            "call with an address from nowhere",
        ),
        ([user("Pause it for 4 weeks."), tool("pause", '{"weeks":5}', "{}")], "call with another value than the user named"),
        ([user("Come on Monday."), tool("book", '{"day":"Thursday"}', "{}")], "call with another value than the user named"),
        ([user("Is it coming?"), agent("Your tracking number is PN621969254.")], "identifier in the answer from nowhere"),
        (
            [user("When?"), tool("get_order", "{}", '{"eta":"2025-09-12"}'), agent("On September 14.")],
            "date in the answer from nowhere",
        ),
        ([user("Will it work?"), agent("I guarantee that it will.")], "agent promised"),
        ([user("Is it coming?"), agent("One moment while I pull it up.")], "put off and not come back to"),
        (
            [user("How long can I return it?"), agent("Within 90 days."), user("Really?"), agent("Within 12 months.")],
            "answer changed without a new look",
        ),
        (
            [
                user("Send it elsewhere."),
                tool("get_order", "{}", '{"status":"shipped"}'),
                {"kind": "retrieval", "text": "address", "tool_result": "Shipped parcels cannot be redirected."},
                tool("update_address", '{"city":"Cork"}', '{"status":"updated"}'),
            ],
            "acted although a rule forbids it in this state",
        ),
    ],
)  # fmt: skip
def test_what_nothing_bears_out_is_a_sign(steps: list[dict[str, object]], sign: str) -> None:
    assert sign in signs(session(*steps))


@pytest.mark.parametrize(
    ("steps", "sign"),
    [
        ([user("Refund W100200."), REFUND, agent("I refunded $52.99.")], "answer names another amount than the call"),
        ([user("Need a lamp, my budget is $40."), agent("Take the one for $39.")], "answer goes over what the user allowed"),
        (
            [user("Where is my lamp?"), PAGE, tool("search_orders", '{"query":"lamp","page":2}', "{}"), agent("Found it.")],
            "answered from the first page only",
        ),
        ([user("Pause it for 4 weeks."), tool("pause", '{"weeks":4}', "{}")], "call with another value than the user named"),
        (
            [user("When?"), tool("get_order", "{}", '{"eta":"2025-09-12"}'), agent("On September 12.")],
            "date in the answer from nowhere",
        ),
        (
            [user("Is it coming?"), agent("One moment while I pull it up."), tool("get_order", "{}", "{}"), agent("It is.")],
            "put off and not come back to",
        ),
        (
            [user("How long?"), agent("Within 90 days."), user("Really?"), tool("look", "{}", "12 months"), agent("12 months.")],
            "answer changed without a new look",
        ),
    ],
)  # fmt: skip
def test_what_the_session_bears_out_is_no_sign(steps: list[dict[str, object]], sign: str) -> None:
    assert sign not in signs(session(*steps))


def test_a_word_of_a_megabyte_is_read_in_little_time() -> None:
    rows = session(user("Refund it"), tool("get_order", "{}", "x" * 1_000_000), agent("It is on its way."))
    assert "answer names another amount than the call" not in signs(rows)


def test_double_checking_is_no_promise() -> None:
    assert "agent promised" not in signs(session(user("Is it coming?"), agent("Let me double-check that for you.")))
