"""Two tool calls have the same key exactly where they mean the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.world import call_key

SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
ARGUMENTS = st.dictionaries(st.text(max_size=6), VALUES, max_size=5)


def reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reordered(each) for key, each in reversed(value.items())}
    return [reordered(each) for each in value] if isinstance(value, list) else value


def as_floats(value: Any) -> Any:
    """Whole numbers written as floats, where a float can hold them."""
    if isinstance(value, dict):
        return {key: as_floats(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_floats(each) for each in value]
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if whole and abs(value) < 2**53 else value


@given(ARGUMENTS)
def test_member_order_white_space_and_number_spelling_make_no_difference(arguments: dict[str, Any]) -> None:
    key = call_key("find", arguments)
    assert call_key("find", json.dumps(arguments)) == key
    assert call_key("find", json.dumps(arguments, indent=3, ensure_ascii=False)) == key
    assert call_key("find", reordered(arguments)) == key
    assert call_key("find", as_floats(arguments)) == key
    assert call_key("find", json.dumps(json.dumps(arguments))) == key


@given(ARGUMENTS, ARGUMENTS)
def test_different_arguments_have_different_keys(first: dict[str, Any], second: dict[str, Any]) -> None:
    def spelled(value: Any) -> str:
        return json.dumps(as_floats(value), sort_keys=True).replace("-0.0", "0.0")

    same = spelled(first) == spelled(second)
    assert (call_key("find", first) == call_key("find", second)) == same


@given(st.text())
def test_whatever_text_comes_as_arguments_has_a_stable_key(text: str) -> None:
    assert call_key("find", text) == call_key("find", text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": "1"}),
        ({"a": None}, {}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"at": "2026-01-01T00:00:00Z"}, {"at": "2026-01-01T00:00:00+00:00"}),
        ({"a": "x"}, {"a": "x "}),
        ({"n": 2**53}, {"n": 2**53 + 1}),
        ("plain words", {"text": "plain words"}),
    ],
)
def test_what_differs_in_meaning_differs_in_key(one: object, other: object) -> None:
    assert call_key("find", one) != call_key("find", other)


def test_no_arguments_are_an_empty_object_however_they_are_written() -> None:
    assert len({call_key("now", nothing) for nothing in (None, "", "  ", "{}", {})}) == 1


def test_tools_of_different_names_are_different_calls() -> None:
    assert call_key("find", {}) != call_key("Find", {})


def test_text_nested_too_deeply_to_be_read_is_compared_as_text() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert call_key("find", deep) == call_key("find", deep) != call_key("find", deep + " ")
