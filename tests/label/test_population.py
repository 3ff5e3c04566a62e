"""Sessions can be named in any form that people have them in."""

from __future__ import annotations

import importlib
from typing import Any

import polars as pl
import pytest

from workbench import label
from workbench._population import population_frame
from workbench.errors import InputError, UnknownNameError

TABLE = {"session_id": ["a", "b"], "intent": ["refund", "order"]}


class Stream:
    """What DuckDB, Arrow and others hand over."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return pl.DataFrame(TABLE).__arrow_c_stream__(requested_schema)


class Result:
    def to_frame(self) -> pl.DataFrame:
        return pl.DataFrame(TABLE)


def pandas_frame() -> Any:
    return importlib.import_module("pandas").DataFrame(TABLE)


@pytest.mark.parametrize(
    "given",
    [
        pl.DataFrame(TABLE),
        pl.LazyFrame(TABLE),
        TABLE,
        [{"session_id": "a", "intent": "refund"}, {"session_id": "b", "intent": "order"}],
        Stream(),
        Result(),
        pandas_frame(),
        pandas_frame().set_index("session_id"),
        pl.DataFrame(TABLE).to_struct("rows"),
    ],
    ids=["frame", "lazy frame", "dict", "dicts", "stream", "result", "pandas", "pandas index", "structs"],
)
def test_a_table_in_any_form_names_its_sessions_and_keeps_its_columns(given: object) -> None:
    assert population_frame(given).select("session_id", "intent").to_dict(as_series=False) == TABLE


@pytest.mark.parametrize(
    "given",
    [
        ["a", "b"],
        ("a", "b"),
        (name for name in "ab"),
        pl.Series(["a", "b"]),
        pl.Series("conversation", ["a", "b"]),
        pandas_frame()["session_id"],
        pl.Series(["a", "b"]).to_numpy(),
    ],
    ids=["list", "tuple", "generator", "unnamed series", "named series", "pandas series", "numpy"],
)
def test_ids_in_any_form_name_sessions(given: object) -> None:
    assert population_frame(given)["session_id"].to_list() == ["a", "b"]


def test_one_id_is_one_session_and_numbers_are_ids_too() -> None:
    assert population_frame("a")["session_id"].to_list() == ["a"]
    assert population_frame([7, 8])["session_id"].to_list() == ["7", "8"]


def test_a_queue_is_drawn_from_a_dict_of_lists_and_not_from_its_keys() -> None:
    queue = label.draw_queue(TABLE, name="q", n=5)
    assert sorted(queue.items["session_id"].to_list()) == ["a", "b"]


def test_what_names_no_session_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnknownNameError, match="list of ids"):
        population_frame(pl.DataFrame({"conversation": ["a"]}))
    with pytest.raises(InputError, match="list of ids or a frame"):
        population_frame(3)
    with pytest.raises(InputError, match="list of ids"):
        population_frame([object()])
