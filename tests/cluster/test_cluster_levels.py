"""Beyond one list of modes: families above them, two facets crossed, and their names elsewhere."""

from __future__ import annotations

import random
import re
from pathlib import Path

import polars as pl
import pytest

import workbench as wb
from workbench.cluster import Modes, Views, cluster, cross, facet_text, taxonomies
from workbench.errors import InputError, UnknownNameError

SIGNS = {
    "tool error, time-out": "success claimed after a tool error",
    "tool error, unavailable": "success claimed after a tool error",
    "asked again for what was given, late in the talk": "agent repeated itself",
    "same question asked twice": "agent repeated itself",
}


@pytest.fixture(scope="module")
def modes() -> Modes:
    draw = random.Random(0)
    rows = [
        {
            "session_id": f"s{i}",
            "text": "x",
            "tokens": [f"sign: {sign}", f"sign: {also}", f"path: {draw.choice('abc')} > {draw.choice('abc')}"],
        }
        for i, (sign, also) in enumerate(list(SIGNS.items()) * 30)
    ]
    return cluster(rows, views=Views(0, 0, 1))


def test_modes_that_share_signs_are_of_one_family(modes: Modes) -> None:
    found = modes.families().to_frame()
    assert found["size"].sum() == modes.frame["size"].sum()
    assert sorted(name for names in found["modes"].to_list() for name in names) == sorted(modes.frame["name"])
    of = {name: family for family, names in found.select("family", "modes").iter_rows() for name in names}
    by_sign = {row["name"]: row["phrases"] for row in modes.frame.to_dicts()}
    tools = {of[name] for name, said in by_sign.items() if any("success claimed" in phrase for phrase in said)}
    talk = {of[name] for name, said in by_sign.items() if any("repeated itself" in phrase for phrase in said)}
    assert not tools & talk
    assert found.filter((pl.col("low") <= pl.col("share")) & (pl.col("share") <= pl.col("high"))).height == found.height


def test_few_modes_are_families_of_their_own(modes: Modes) -> None:
    fewer = modes.merge(modes.frame["mode"].to_list()[1:])
    assert fewer.families().frame["modes"].to_list() == [[name] for name in fewer.frame["name"]]


def test_a_mode_that_is_no_failure_is_of_no_family_and_counted(modes: Modes) -> None:
    name = modes.frame["name"][0]
    found = modes.retire(name).families()
    assert name not in found.frame["modes"].explode().to_list()
    assert found.frame["size"].sum() == modes.frame["size"].sum() - modes.frame["size"][0]
    assert found.retired == 1
    assert "1 mode that is no failure left out" in repr(found)
    assert modes.families().retired == 0
    nothing = modes
    for each in modes.frame["name"]:
        nothing = nothing.retire(each)
    assert nothing.families().frame.is_empty()
    assert repr(nothing.families()).startswith("0 modes in 0 families")
    assert "<table" in found._repr_html_()


def test_a_mode_is_called_elsewhere_what_its_signs_bear_out(modes: Modes) -> None:
    first = modes.crosswalk("TRAIL").filter(pl.col("signs").list.contains("tool error, time-out"))
    row = first.filter(code="system/timeout").row(0, named=True)
    assert row["sessions"] == row["of"]
    assert row["low"] < row["share"] <= row["high"]
    context = modes.crosswalk("Datadog").filter(code="context_loss")["signs"].explode().unique().to_list()
    assert context == ["asked again for what was given, late in the talk"]


@pytest.mark.parametrize(
    ("sign", "codes"),
    [
        ("error, other", set[str]()),
        ("tool error, unavailable", {"system-failure"}),
        ("tool error, no permission", set[str]()),
        ("tool error, held back by a guardrail", {"guardrails"}),
    ],
)
def test_only_what_a_code_means_is_called_so(sign: str, codes: set[str]) -> None:
    rows = [{"session_id": f"s{i}", "text": "x", "tokens": [f"sign: {sign}", "path: a"]} for i in range(20)]
    assert set(cluster(rows, views=Views(0, 0, 1)).crosswalk("AgentRx")["code"]) == codes


def test_an_unknown_taxonomy_is_refused_with_those_that_are_known(modes: Modes) -> None:
    with pytest.raises(UnknownNameError, match="MAST"):
        modes.crosswalk("Most")


def test_every_sign_of_the_taxonomies_can_be_shown_by_a_session() -> None:
    folder = Path(wb.__file__).parent / "cluster"
    source = "".join(path.read_text() for path in sorted(folder.glob("*.py")))
    written = {re.sub(r"\\{[^}]*\\}", ".+", re.escape(text)) for text in re.findall(r'"([a-z][^"]+)"', source)}
    heads = tuple(head for text in written if len(head := text.partition(".+")[0]) > len("error") and ".+" in text)
    for sign in {sign for signs in taxonomies()["signs"].to_list() for sign in signs}:
        said = re.escape(sign)
        assert said.startswith(heads) or any(text.startswith(said) or re.fullmatch(text, sign) for text in written), (
            sign
        )


def test_modes_of_two_facets_are_not_compared(modes: Modes) -> None:
    texts = [
        {"session_id": f"s{i}", "text": f"refund {'late' if i % 2 else 'lost'}", "facet": "intent"} for i in range(30)
    ]
    with pytest.raises(InputError, match="compare modes of one facet"):
        modes.diff(cluster(texts, views=Views(0, 1, 0)))


def test_what_is_no_failure_heads_nothing(modes: Modes) -> None:
    first = modes.frame["name"][0]
    assert f"“{first}”" in modes.sentence
    assert f"“{first}”" not in modes.retire(first).sentence


def test_two_facets_are_crossed_with_shares_of_the_row_and_lift_over_the_other_rows() -> None:
    kinds = [("refund", "late") if i % 3 else ("address", "loop") for i in range(90)]
    texts = {
        name: cluster([{"session_id": f"s{i}", "text": kind[place]} for i, kind in enumerate(kinds)])
        for place, name in enumerate(("intent", "failure"))
    }
    table = cross(texts["intent"], texts["failure"])
    assert table.to_frame()["sessions"].sum() == len(kinds)
    for row in table.to_frame().to_dicts():
        assert row["sessions"] == row["of"]
        assert row["low"] < row["share"] <= row["high"]
    first = table.to_frame().row(0, named=True)
    assert len(table.session_ids(first["row"], first["column"])) == first["sessions"]
    assert "<table" in table._repr_html_()
    with pytest.raises(UnknownNameError):
        table.session_ids("nothing", first["column"])


def test_a_facet_that_shows_nothing_crosses_to_a_sentence() -> None:
    steps = [{"session_id": f"s{i}", "number": 1, "turn": 1, "kind": "user", "text": "hello"} for i in range(12)]
    silent = cluster(facet_text(steps, "trajectory"), views=Views(0, 0, 1))
    assert cross(silent, silent).sentence.startswith("No pair")
