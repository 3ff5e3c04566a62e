"""What the points of the map are coloured by: legends of categories, numbers and times, sent when they are asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench.cluster import Modes, Views, cluster, cross
from workbench.errors import InputError, UnknownNameError
from workbench.widgets import Explorer, can_colour, conversation
from workbench.widgets._colouring import Colouring, colouring

HOSTILE = "<img src=x onerror=alert(1)>\u202e"


def legend(made: Colouring) -> list[tuple[str, int]]:
    return [(entry["name"], entry["count"]) for entry in made.entries]


# ── columns ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_categories_stand_by_frequency_the_rarer_ones_as_other() -> None:
    values = [f"v{i}" for i in range(20) for _ in range(20 - i)] + [None] * 7
    made = colouring(pl.Series(values))
    assert legend(made)[:2] == [("v0", 20), ("v1", 19)]
    assert legend(made)[10:] == [("other: 10 values more", sum(range(1, 11))), ("no value", 7)]
    assert [entry["kind"] for entry in made.entries] == ["value"] * 10 + ["other", "none"]
    assert made.which[values.index("v15")] == 10
    assert made.which[-1] == 11


def test_true_comes_before_false_and_lists_are_categories() -> None:
    assert legend(colouring(pl.Series([False, None, False, True]))) == [("true", 1), ("false", 2), ("no value", 1)]
    lists = pl.Series([["search", "refund"], [], None, ["search", "refund"]], dtype=pl.List(pl.String))
    assert legend(colouring(lists)) == [("search, refund", 2), ("(empty)", 1), ("no value", 1)]
    assert legend(colouring(pl.Series(["b", "a", "b"], dtype=pl.Categorical))) == [("b", 2), ("a", 1)]


def test_numbers_lie_on_a_scale_cut_into_bands_that_hold_everything_once() -> None:
    values = np.random.default_rng(1).uniform(-5, 7, 500)
    made = colouring(pl.Series([*values, None, float("nan"), float("inf")]))
    assert made.scale == "linear"
    assert legend(made)[-1] == ("no value", 3)
    assert sum(count for _, count in legend(made)) == 503
    assert made.shade is not None
    assert np.corrcoef(values, made.shade[:500])[0, 1] > 0.999
    bands = made.entries[:-1]
    assert (bands[0]["from"], bands[-1]["to"]) == (0, 255)
    for value, which in zip(values, made.which[:500], strict=True):
        low, high = (float(end) for end in bands[which]["name"].split(" to "))
        assert low - 0.01 <= value <= high + 0.01


def test_whole_numbers_are_cut_between_whole_numbers() -> None:
    assert [name for name, _ in legend(colouring(pl.Series([1, 5, 2, 3, 4])))] == ["1", "2", "3", "4", "5"]
    wide = colouring(pl.Series(list(range(101))))
    assert [name for name, _ in legend(wide)] == [
        "0 to 16",
        "17 to 33",
        "34 to 49",
        "50 to 66",
        "67 to 83",
        "84 to 100",
    ]
    assert [count for _, count in legend(wide)] == [17, 17, 16, 17, 17, 17]


def test_a_few_large_values_do_not_wash_out_the_others() -> None:
    costs = np.random.default_rng(2).lognormal(-7, 1.5, 1000)
    made = colouring(pl.Series(costs))
    assert made.scale == "logarithmic"
    assert max(count for _, count in legend(made)) < 600
    with_zeros = colouring(pl.Series([0] * 300 + [1] * 200 + [2] * 50 + [400]))
    assert with_zeros.scale == "logarithmic"
    assert with_zeros.which[0] != with_zeros.which[520]


def test_times_are_told_by_day_or_minute() -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    days = pl.Series([start + timedelta(days=n) for n in range(13)] + [None], dtype=pl.Datetime("ns", "UTC"))
    made = colouring(days)
    assert made.scale == "time, UTC"
    assert legend(made)[0] == ("2026-03-01 to 2026-03-03", 2)
    assert legend(made)[-1] == ("no value", 1)
    minutes = colouring(pl.Series([start + timedelta(minutes=n) for n in range(13)]))
    assert legend(minutes)[0][0] == "2026-03-01 12:00 to 2026-03-01 12:02"
    assert legend(colouring(pl.Series([date(2026, 1, 1), date(2026, 2, 1)])))[0][1] == 1
    assert legend(colouring(pl.Series([timedelta(seconds=3), timedelta(seconds=4)])))[-1][1] == 1


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64, pl.String, pl.Boolean, pl.Datetime, pl.Null, pl.List(pl.Int8)])
def test_nothing_but_nulls_and_no_rows_at_all_are_no_error(dtype: Any) -> None:
    assert legend(colouring(pl.Series([None, None], dtype=dtype))) == [("no value", 2)]
    assert legend(colouring(pl.Series([], dtype=dtype))) == []


@pytest.mark.parametrize("values", [[3, 3, 3], [0.25, 0.25], [0.0]])
def test_one_value_is_one_entry(values: list[float]) -> None:
    assert [count for _, count in legend(colouring(pl.Series(values)))] == [len(values)]


def test_numbers_that_hardly_differ_are_told_apart() -> None:
    names = [name for name, _ in legend(colouring(pl.Series([1000.01, 1000.02, 1000.03, 1000.04])))]
    assert len(set(names)) == len(names)


def test_structures_and_bytes_are_no_colours() -> None:
    assert not can_colour(pl.Struct({"a": pl.Int64()}))
    assert not can_colour(pl.Binary())
    assert not can_colour(pl.List(pl.Struct({"a": pl.Int64()})))
    assert can_colour(pl.List(pl.String()))


# ── the message ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Map(Explorer):
    """Three sessions with columns; messages are kept."""

    def __init__(self, **more: Any) -> None:
        self.told: list[tuple[dict[str, Any], list[bytes]]] = []
        given: dict[str, Any] = {"session_ids": list("abc"), "membership": [0, 0, None], "names": ["loop"], **more}
        super().__init__([[0, 0], [1, 1], [2, 2]], **given, save=lambda _: None, read=lambda _: conversation([]))

    def _tell(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.told.append((content, buffers or []))

    def ask(self, column: str) -> tuple[dict[str, Any], list[bytes]]:
        self._heard(self, {"kind": "colour", "id": "q1", "column": column}, [])
        return self.told[-1]


def test_a_column_travels_when_it_is_asked_for_as_one_byte_a_session() -> None:
    asked: list[str] = []

    def family() -> pl.Series:
        asked.append("family")
        return pl.Series(["x", "y", "x"])

    shown = Map(columns={"release": pl.Series([HOSTILE, None, "1.5"]), "cost": pl.Series([1.0, 3.0, None]), "family": family})  # fmt: skip
    assert shown.get_state()["columns"] == ["release", "cost", "family"]
    assert asked == []
    content, buffers = shown.ask("release")
    assert [entry["name"] for entry in content["entries"]] == ["1.5", HOSTILE, "no value"]
    assert [list(buffer) for buffer in buffers] == [[1, 2, 0]]
    content, buffers = shown.ask("cost")
    assert content["scale"] == "linear"
    assert [list(buffer) for buffer in buffers][1][:2] == [0, 255]
    shown.ask("family")
    shown.ask("family")
    assert asked == ["family"]


def test_a_column_that_is_not_there_is_refused_by_name() -> None:
    shown = Map(columns={"cost": pl.Series([1.0, 3.0, None]), "short": pl.Series([1])})
    assert shown.ask("costs")[0]["error"].startswith("no column to colour by named 'costs': did you mean 'cost'?")
    assert "3 sessions" in shown.ask("short")[0]["error"]
    with pytest.raises(UnknownNameError, match="did you mean 'cost'"):
        shown.colour = "costs"
    shown.colour = "cost"
    with pytest.raises(UnknownNameError, match="no column to colour by named 'size'"):
        Map(colour="size")
    with pytest.raises(InputError, match="a column is called 'mode'"):
        Map(columns={"mode": pl.Series([1, 2, 3])})


# ── of modes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def modes() -> Modes:
    said = ("the parcel came late", "the wrong sofa was sent", "it was charged twice")
    rows = [(f"s{i}", f"{said[i % 3]}, case {'abcdefgh'[i % 8] * 3}", [f"sign: {i % 3}"]) for i in range(60)]
    texts = pl.DataFrame(rows, schema=["session_id", "text", "tokens"], orient="row")
    about = {
        "session_id": [f"s{i}" for i in range(60)],
        "release": [f"1.{i % 4}" for i in range(60)],
        "environment": ["production"] * 60,
        "cost": pl.Series([None] * 60, dtype=pl.Float64),
        "raw": [b"x"] * 60,
    }
    return cluster(texts, views=Views(meaning=0.0, words=1.0, structure=1.0), about=about)


def test_the_map_is_coloured_by_family_strength_what_is_known_and_what_is_handed_in(modes: Modes) -> None:
    shown = wb.explore(modes, colour="minutes", about={"session_id": ["s1", "s59"], "minutes": [3, 40]})
    assert shown.colour == "minutes"
    assert shown.columns == ["family", "strength", "minutes", "release"]
    made = shown._coloured("minutes")
    assert legend(made)[-1] == ("no value", 58)
    assert made.which[59] != made.which[1] != made.which[0]
    assert sum(count for _, count in legend(shown._coloured("family"))) == 60
    assert sorted(legend(shown._coloured("release"))) == [(f"1.{i}", 15) for i in range(4)]


def test_a_column_of_the_caller_counts_before_one_that_was_known(modes: Modes) -> None:
    shown = wb.explore(modes, about={"session_id": ["s0"], "release": ["mine"]})
    assert legend(shown._coloured("release")) == [("mine", 1), ("no value", 59)]


def test_columns_that_cannot_be_are_refused(modes: Modes) -> None:
    with pytest.raises(InputError, match="a column is called 'family'"):
        wb.explore(modes, about={"session_id": ["s0"], "family": ["x"]})
    with pytest.raises(InputError, match="session 's0' is there more than once"):
        wb.explore(modes, about={"session_id": ["s0", "s0"], "x": [1, 2]})
    with pytest.raises(UnknownNameError, match="did you mean 'release'"):
        wb.explore(modes, colour="relase")
    with pytest.raises(
        InputError, match=r"none of these sessions says 'cost'; colour by one of mode, family, .*about="
    ):
        wb.explore(modes, colour="cost")


def test_a_cross_table_is_refused_with_the_two_maps_that_it_has(modes: Modes) -> None:
    table: Any = cross(modes, modes)
    with pytest.raises(InputError, match=r"wb\.explore\(table\.rows\)"):
        wb.explore(table)


def test_where_there_are_no_modes_what_is_known_still_colours(modes: Modes) -> None:
    few = cluster(modes.texts.head(4), about=modes.about)
    assert wb.explore(few).columns == ["release"]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]),
        pl.Series([1e308, -1e308]),
        pl.Series([1e-320, 5.0, 1e300]),
        pl.Series([*[1e-320] * 50, 1e300]),
    ],
)
def test_the_ends_of_what_a_column_can_hold_are_on_the_scale(column: pl.Series) -> None:
    made = colouring(column)
    assert sum(entry["count"] for entry in made.entries) == len(column)
    assert {entry["kind"] for entry in made.entries} == {"value"}
    assert made.shade is not None
    assert (made.shade.min(), made.shade.max()) == (0, 255)
    assert made.which[int(column.arg_max() or 0)] == len(made.entries) - 1
