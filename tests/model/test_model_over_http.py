"""A model behind the OpenAI chat protocol, on this machine: what passes is waited for, what does not is said, nothing is paid twice."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from chat_standin import Call, ChatStandIn, chat_standin, refusal, tool_answer

from workbench.errors import InputError, ModelError
from workbench.model import Answers, Model


@dataclass(frozen=True)
class Said:
    """What is said of a text."""

    text: str


async def at_once(_seconds: float) -> None:
    """No waiting in a test."""


def model(standin: ChatStandIn, **more: Any) -> Model:
    return Model("openai-chat:standin", **({"base_url": standin.address, "sleep": at_once, "timeout": 5.0} | more))


def ask(asked: Model, *questions: str, progress: Callable[[int, int], None] | None = None) -> Answers[Said]:
    return asked.ask(questions, instructions="Say it again.", answer=Said, progress=progress)


def echo(body: Call, _number: int) -> Any:
    said = [m["content"] for m in body["messages"] if m["role"] == "user"]
    return tool_answer(body, {"text": said[0].upper()})


def test_each_question_is_answered_once_in_its_order_and_what_it_cost_is_counted() -> None:
    seen: list[tuple[int, int]] = []
    with chat_standin(echo) as standin:
        asked = model(standin, input_price=1.0, output_price=10.0)
        found = ask(asked, "a", "b", "a", progress=lambda done, total: seen.append((done, total)))
        assert [each.text for each in found.values if each] == ["A", "B", "A"]
        assert found.reasons == (None, None, None)
        assert len(standin.calls) == 2
        assert (found.spent.calls, found.spent.input_tokens, found.spent.output_tokens) == (2, 200, 20)
        assert found.spent.cost == pytest.approx(2 * (100 * 1.0 + 10 * 10.0) / 1e6)
        assert seen[-1] == (2, 2)
        again = ask(asked, "a", "b", "c")
        assert len(standin.calls) == 3
    assert (again.spent.calls, again.spent.reused) == (1, 2)
    assert again.spent.before == pytest.approx(found.spent.cost)
    assert asked.spent.calls == 3


def test_a_kept_answer_needs_no_server_and_another_model_or_instruction_is_another_question() -> None:
    cache: dict[str, bytes] = {}
    with chat_standin(echo) as standin:
        ask(model(standin, cache=cache), "a")
        address = standin.address
    found = ask(Model("openai-chat:standin", base_url=address, cache=cache), "a")
    assert found.values == (Said("A"),)
    for other in (Model("openai-chat:other", base_url=address, cache=cache, sleep=at_once),):
        with pytest.raises(ModelError, match="does not answer"):
            ask(other, "a")
    same = Model("openai-chat:standin", base_url=address, cache=cache, sleep=at_once)
    with pytest.raises(ModelError, match="does not answer"):
        same.ask(["a"], instructions="Say it differently.", answer=Said)


def test_a_busy_or_broken_server_is_waited_for_as_long_as_it_asks() -> None:
    waits: list[float] = []

    async def slept(seconds: float) -> None:
        waits.append(seconds)

    def busy(body: Call, number: int) -> Any:
        if number == 1:
            return 429, {"retry-after": "7"}, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
        return (503, {}, {"error": {"message": "later"}}) if number == 2 else echo(body, number)

    with chat_standin(busy) as standin:
        found = ask(model(standin, sleep=slept), "a")
    assert found.values == (Said("A"),)
    assert found.spent.calls == 3
    assert waits[0] == 7.0
    assert 0 < waits[1] <= 2.0


def test_an_answer_in_another_form_is_asked_for_once_more_then_left_out_and_not_paid_for_again() -> None:
    def broken(body: Call, number: int) -> Any:
        return tool_answer(body, '{"text": ') if "bad" in json.dumps(body["messages"]) else echo(body, number)

    with chat_standin(broken) as standin:
        asked = model(standin)
        found = ask(asked, "bad", "good")
        assert found.values == (None, Said("GOOD"))
        assert found.missing == {"malformed": 1}
        assert (len(standin.calls), found.spent.calls) == (3, 3)
        assert found.spent.input_tokens == 300
        assert ask(asked, "bad").missing == {"malformed": 1}
        assert len(standin.calls) == 3


def test_a_refusal_is_counted_and_not_asked_again() -> None:
    with chat_standin(lambda _body, _number: refusal()) as standin:
        asked = model(standin)
        assert ask(asked, "a").missing == {"refused": 1}
        assert "refused 1" in ask(asked, "a").sentence
        assert len(standin.calls) == 1


def test_a_server_that_hangs_is_given_up_and_asked_again_the_next_time() -> None:
    hangs = [True]

    def hanging(body: Call, number: int) -> Any:
        return None if hangs[0] and "slow" in json.dumps(body["messages"]) else echo(body, number)

    with chat_standin(hanging) as standin:
        asked = model(standin, timeout=0.3)
        found = ask(asked, "slow", "quick")
        assert found.values == (None, Said("QUICK"))
        assert found.missing == {"timed out": 1}
        hangs[0] = False
        assert ask(asked, "slow").values == (Said("SLOW"),)


def test_a_server_that_answers_nobody_is_not_asked_a_hundred_times() -> None:
    with chat_standin(lambda _body, _number: (500, {}, {"error": {"message": "down"}})) as standin:
        with pytest.raises(ModelError, match=r"does not answer.*run the same again"):
            ask(model(standin), *[f"q{i}" for i in range(100)])
        assert len(standin.calls) <= 40


def test_a_key_that_is_not_taken_ends_it_at_once_and_the_providers_key_goes_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-provider")
    with chat_standin(lambda _b, _n: (401, {}, {"error": {"message": "no such key"}})) as standin:
        with pytest.raises(ModelError, match="does not take the key"):
            ask(model(standin, at_once=1), "a", "b", "c")
        assert len(standin.calls) == 1
        assert "sk-of-the-provider" not in str(standin.headers)
        monkeypatch.setenv("WORKBENCH_MODEL_KEY", "of-the-gateway")
        with pytest.raises(ModelError):
            ask(model(standin, at_once=1), "a")
        assert standin.headers[-1]["authorization"] == "Bearer of-the-gateway"


def test_limits_hold_before_anything_is_sent_and_while_it_runs() -> None:
    with chat_standin(echo) as standin:
        with pytest.raises(InputError, match=r"3 questions would be asked .* allows 2 calls.*Nothing was sent"):
            ask(model(standin, most_calls=2), "a", "b", "c")
        assert standin.calls == []
        dear = model(standin, at_once=1, most_cost=0.15, input_price=1000.0, output_price=0.0)  # 0.1 dollars a call
        found = ask(dear, "a", "b", "c", "d")
        assert found.missing == {"limit reached": 2}
        assert ask(dear, "a", "b", "c", "d").missing == {}
        with pytest.raises(ModelError, match="price of this model is not known"):
            ask(model(standin, most_cost=1.0), "e")


def test_retries_count_towards_the_most_calls() -> None:
    with chat_standin(lambda body, _n: tool_answer(body, "{")) as standin:
        found = ask(model(standin, most_calls=3, at_once=1), "a", "b", "c")
        assert len(standin.calls) == 3
    assert found.missing == {"malformed": 2, "limit reached": 1}


def test_no_more_than_a_few_requests_are_under_way_at_a_time() -> None:
    def slow(body: Call, number: int) -> Any:
        time.sleep(0.03)
        return echo(body, number)

    with chat_standin(slow) as standin:
        ask(model(standin, at_once=3), *[f"q{i}" for i in range(12)])
        assert 2 <= standin.most_at_once <= 3


def test_interrupted_work_keeps_what_was_answered_and_goes_on_from_there() -> None:
    cache: dict[str, bytes] = {}

    def stop(done: int, _total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    questions = [f"q{i}" for i in range(10)]
    with chat_standin(echo) as standin:
        with pytest.raises(KeyboardInterrupt):
            ask(model(standin, cache=cache, at_once=1), *questions, progress=stop)
        kept = len(cache)
        assert 4 <= kept <= 6
        before = len(standin.calls)
        found = ask(model(standin, cache=cache, at_once=1), *questions)
        assert len(standin.calls) - before == 10 - kept
    assert found.missing == {}
    assert found.spent.reused == kept
    assert not [thread for thread in threading.enumerate() if thread.name == "model"]
