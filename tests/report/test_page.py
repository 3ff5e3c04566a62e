"""The page holds everything it shows, links what it mentions, and can do nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from workbench._html import escape, panel, table
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
    modes = Result("<td>s-1, s-12</td><td title='s-1'>x s-1</td>")
    made = page(
        "t",
        [Section("Modes", [modes])],
        evidence={"s-1": Result("<p>first</p>"), "s-12": Result("<p>twelfth</p>")},
        made_at=NOW,
    )
    assert '<a href="#session-1">s-1</a>, <a href="#session-2">s-12</a>' in made
    assert "title='s-1'" in made
    assert '<details id="session-2"><summary>s-12</summary><p>twelfth</p></details>' in made


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


def test_tables_say_how_many_rows_they_do_not_show() -> None:
    import polars as pl

    shown = table(pl.DataFrame({"session_id": ["<a>"] * 30, "share": [0.123456] * 30}), limit=2)
    assert shown.count("<tr>") == 3
    assert "2 of 30 rows shown" in shown
    assert "&lt;a&gt;" in shown
    assert 'class="wb-num">0.123<' in shown
    assert "wb-panel" in panel("A sentence.", shown, notes=["n"])
