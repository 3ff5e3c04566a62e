"""The page holds everything it shows, links what it mentions, and can do nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from workbench._html import escape, panel, session, table
from workbench.report import Section, page

NOW = datetime(2026, 3, 1, 9, 5, tzinfo=UTC)


class Result:
    def __init__(self, markup: str) -> None:
        self.markup = markup

    def _repr_html_(self) -> str:
        return self.markup


def test_sections_come_in_order_with_a_way_to_each() -> None:
    made = page(
        "Support agent",
        [Section("Modes", [Result("<p>one</p>")]), Section("Verdict", [Result("<p>two</p>")])],
        made_at=NOW,
    )
    assert made.index("<p>one</p>") < made.index("<p>two</p>")
    assert made.count('href="#part-') == 2
    assert "Made 2026-03-01 09:05 UTC." in made


def test_a_section_without_anything_is_left_out() -> None:
    assert "Empty" not in page("t", [Section("Empty", [])], made_at=NOW)


def test_mentioned_sessions_open_their_evidence() -> None:
    modes = Result(f"<td>{session('s-1')}, {session('s-12')}, {session('s-<3>')}</td><td>{session('s-4')}</td>")
    made = page(
        "t",
        [Section("Modes", [modes])],
        evidence={"s-1": Result("<p>first</p>"), "s-12": Result("<p>twelfth</p>"), "s-<3>": Result("<p>third</p>")},
        made_at=NOW,
    )
    links = '<a href="#session-1">s-1</a>, <a href="#session-2">s-12</a>, <a href="#session-3">s-&lt;3&gt;</a>'
    assert links in made
    assert 'data-session="s-4">s-4</span>' in made
    assert '<details id="session-2"><summary>s-12</summary><p>twelfth</p></details>' in made


def test_what_only_looks_like_a_sessions_id_is_no_link() -> None:
    rows = table(pl.DataFrame({"session_id": ["1", "system-ui"], "count": [1, 2], "said": ["1", "step 1, system-ui"]}))
    made = page(
        "t",
        [Section("Modes", [Result(panel("1 of 2 sessions, 1 in system-ui", rows))])],
        evidence={"1": Result("<p>first</p>"), "system-ui": Result("<p>second</p>")},
        made_at=NOW,
    )
    assert made.count('<a href="#session-') == 2
    styles = [part.split("</style>")[0] for part in made.split("<style>")[1:]]
    assert styles
    assert not any("<a" in style for style in styles)
    assert "1 of 2 sessions, 1 in system-ui" in made


def test_names_cannot_break_out_and_nothing_can_run_or_fetch() -> None:
    made = page(
        "<script>alert(1)</script>", [Section('"><img src=x>', [Result("<p>x</p>")])], made_at=NOW, made_from="<b>"
    )
    assert "<script" not in made
    assert "<img" not in made
    assert "default-src 'none'" in made


def test_escaping_shows_what_would_turn_or_hide_text() -> None:
    assert escape("a\u202eb\x00<i>") == "a\\u202eb\\u0000&lt;i&gt;"
    assert escape("zwei\n\tZeilen, ok 😀") == "zwei\n\tZeilen, ok 😀"
    assert escape("\u200f\u2066\ufeff\x1b\U000e0041") == "\\u200f\\u2066\\ufeff\\u001b\\ue0041"


@pytest.mark.parametrize("text", ["10\u00a0000\u202f€", "東京\u3000駅", "می\u200cشود", "👩\u200d👩\u200d👧"])
def test_french_japanese_persian_and_emoji_stand_as_they_were_written(text: str) -> None:
    assert escape(text) == text


def test_tables_say_how_many_rows_they_do_not_show() -> None:
    shown = table(pl.DataFrame({"session_id": ["<a>"] * 30, "share": [0.123456] * 30}), limit=2)
    assert shown.count("<tr>") == 3
    assert "2 of 30 rows shown" in shown
    assert "&lt;a&gt;" in shown
    assert 'class="wb-num">0.123<' in shown
    assert "wb-panel" in panel("A sentence.", shown, notes=["n"])
