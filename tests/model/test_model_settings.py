"""A model as it is set up: what cannot work is said before anything is sent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from workbench.errors import InputError, ModelError
from workbench.model import Model

pydantic_ai = pytest.importorskip("pydantic_ai")


@dataclass(frozen=True)
class Number:
    """A number."""

    value: int


def test_a_model_object_is_asked_also_where_an_event_loop_runs_already_as_in_a_notebook() -> None:
    from pydantic_ai.models.test import TestModel

    asked = Model(TestModel(custom_output_args={"value": 7}))
    assert asked.name == "test:test"

    async def cell() -> tuple[Number | None, ...]:
        return asked.ask(["how many?"], instructions="Count.", answer=Number).values

    assert asyncio.run(cell()) == (Number(7),)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"most_calls": 0}, "most_calls is 0"),
        ({"most_cost": -1.0}, "most_cost is -1"),
        ({"timeout": 0}, "timeout is 0"),
        ({"name": "gpt-5-mini"}, "provider:model"),
        ({"input_price": 1.0}, "both input_price and output_price"),
    ],
)
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Model(**({"name": "openai:gpt-5-mini"} | wrong))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("opnai:gpt", "opnai"),
        ("openai:gpt-5-mini", "OPENAI_API_KEY"),
    ],
)
def test_a_name_that_leads_nowhere_or_a_missing_key_is_said(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelError, match=said):
        Model(name).ask(["a"], instructions="", answer=Number)


def test_without_the_packages_of_the_extra_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "pydantic_ai" else found(name, *more)
    )
    with pytest.raises(InputError, match=r'pip install "trace-workbench\[model\]"'):
        Model("openai:gpt-5-mini").ask(["a"], instructions="", answer=Number)


def test_a_damaged_kept_answer_is_asked_again() -> None:
    from pydantic_ai.models.test import TestModel

    class Damaged(dict[str, bytes]):
        def get(self, _key: str, _default: object = None, /) -> bytes | None:  # type: ignore[override]
            return b'{"value": {"val'

    asked = Model(TestModel(custom_output_args={"value": 7}), cache=Damaged())
    assert asked.ask(["a"], instructions="", answer=Number).values == (Number(7),)
