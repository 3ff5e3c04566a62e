"""What agents of service desks do that looks like a failure from afar, and is none: each beside the failure that it resembles."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.test_cluster_facet import agent, session, signs, tool, user

Steps = list[dict[str, Any]]
GIVEN = user("Change my reservation ZX81QQ, user id ana_lima_77.")
BOUGHT = tool("get_order", "{}", '{"order_id":"W100200","created_at":"2024-05-12T03:22:10"}')
LINES = tool("get_line", '{"id":"L1"}', '{"roaming_enabled":false}')
PAY = '{"reservation_id":"ZX81QQ","payment_id":"%s"}'


def gone(tool_name: str) -> Steps:
    return [user("Help me."), agent("I can't do that here."), tool(tool_name, '{"summary":"x"}', "done")]


def told(*between: dict[str, Any], answer: str) -> Steps:
    return [user("Is it so?"), *between, agent(answer)]


CASES: list[tuple[str, Steps, Steps]] = [
    (
        "empty result",
        [user("Find me a flight"), tool("think", '{"thought":"from May on"}', ""), agent("Which day?")],
        [user("Find me a flight"), tool("search_flights", "{}", "[]"), agent("Which day?")],
    ),
    (
        "acted on one that the user never named",
        [GIVEN, tool("get_user", "{}", PAY % "gift_card_1234"), user("Go on."), tool("change", PAY % "gift_card_1234")],
        [
            user("Refund W100200."),
            tool("list_orders", "{}", '["W100200","W300400"]'),
            user("Go on."),
            tool("refund", '{"order_id":"W300400"}'),
        ],
    ),
    (
        "date in the answer from nowhere",
        told(BOUGHT, answer="It was bought on May 12."),
        told(BOUGHT, answer="It was bought on May 14."),
    ),
    (
        "identifier in the answer from nowhere",
        told(BOUGHT, answer="W100200 is past the 24-hour window: bought on the 12th, in 256GB."),
        told(BOUGHT, answer="W300400 is past the window."),
    ),
    (
        "identifier in the answer from nowhere",
        told(tool("get_user", "{}", '{"payment":"gift_card_7091239"}'), answer="Gift card 7091239 has $10."),
        told(tool("get_user", "{}", '{"payment":"gift_card_7091239"}'), answer="Gift card 7091230 has $10."),
    ),
    (
        "identifier in the answer from nowhere",
        told(answer="The attached file is ../2023/validation/99c9cc74-fdc8.mp3"),
        told(answer="The attached file is 99c9cc74-fdc8."),
    ),
    (
        "tool error passed over",
        told(tool("pay", error="balance too low"), answer="Your gift card does not have enough balance."),
        told(tool("pay", error="balance too low"), answer="Your gift card has a balance."),
    ),
    ("ended in a tool call", gone("transfer_to_human_agents"), gone("cancel_order")),
    ("handed over to a person", gone("cancel_order"), gone("transfer_to_human_agents")),
    (
        "handed over to a person",
        told(answer="You may need to contact a human agent. Would you like to be transferred to one?"),
        told(answer="I am transferring you to a human agent."),
    ),
    (
        "put off and not come back to",
        told(answer="YOU ARE BEING TRANSFERRED TO A HUMAN AGENT. PLEASE HOLD ON."),
        told(answer="Please hold on."),
    ),
    (
        "action claimed without a call",
        told(BOUGHT, answer="I have successfully authenticated your identity."),
        told(BOUGHT, answer="I have successfully changed your address."),
    ),
    (
        "asked again for what was given, early in the talk",
        [GIVEN, agent("If you need further assistance with your reservation number, please let me know!")],
        [GIVEN, agent("Please let me know your reservation number.")],
    ),
    (
        "asked again for what was given, early in the talk",
        [GIVEN, agent("Please let me know what changes you would like to make to your reservation.")],
        [GIVEN, agent("Please tell me which reservation it is.")],
    ),
    (
        "same question asked twice",
        [user("Go"), agent("Which ball should people choose to maximize their odds of winning money?\nWhich ball should people choose to maximize their odds of winning money?")],
        [
            user("Go"),
            agent("Which ball should people choose to maximize their odds of winning money?"),
            user("A"),
            agent("Which ball should people choose to maximize their odds of winning money?"),
        ],
    ),
    (
        "acted although a result said no",
        [user("Roam"), LINES, tool("enable_roaming", '{"id":"L1"}', "done")],
        [user("Roam"), tool("check", "{}", '{"roaming_allowed":false}'), tool("enable_roaming", '{"id":"L1"}', "done")],
    ),
    (
        "answer says otherwise than the result",
        [user("Roam"), LINES, tool("enable_roaming", '{"id":"L1"}', "done"), agent("Roaming is enabled.")],
        [user("Roam"), LINES, agent("Roaming is enabled.")],
    ),
    (
        "answer says otherwise than the result",
        told(tool("get_lamp", "{}", '{"a":{"available":true},"b":{"available":false}}'), answer="The red is available."),
        told(tool("get_lamp", "{}", '{"a":{"available":false},"b":{"available":false}}'), answer="The red is available."),
    ),
    (
        "answer says otherwise than the result",
        told(tool("get_order", "{}", '{"status":"cancelled"}'), answer="The status of your orders:\nCancelled: one."),
        told(tool("get_order", "{}", '{"status":"cancelled"}'), answer="The status of your orders:\nShipped: one."),
    ),
    (
        "tool error, time-out",
        told(tool("pay", error="certificate_7504069 not found"), answer="Sorry."),
        told(tool("pay", error="HTTP 504"), answer="Sorry."),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sign", "harmless", "failure"), CASES)
def test_a_sign_is_where_the_failure_is_and_not_where_it_only_looks_like_one(
    sign: str, harmless: Steps, failure: Steps
) -> None:
    assert sign not in signs(session(*harmless))
    assert sign in signs(session(*failure))
