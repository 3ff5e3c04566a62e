"""Every pane of the labeller over hostile content, light and dark: nothing of it runs, and nothing shuts a reader out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.labdriver import DARK, Hands, browser, lab, need_a_browser, open_notebook, serious_faults, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OPEN = """import shop, workbench as wb, workbench.grade
from workbench.label import Protocol
from pathlib import Path
ws = shop.workspace(Path({folder!r}), hostile=True)

@wb.grader(criterion="says what is hostile")
def refunds(loop):
    return wb.grade.Score(0.0, passed=False, reason=shop.HOSTILE)

ws.grade([refunds])
queue = ws.queue('first ' + shop.HOSTILE, n=12, seed=7, because=shop.HOSTILE, protocol=Protocol(rubric=shop.HOSTILE_RUBRIC, reviews=3))
shop.read_by(ws, queue, 'ana ' + shop.HOSTILE, 'ben', mode=shop.HOSTILE)"""
MARKUP = ".wbw-labeller :is(script, img, a, iframe, object, embed, link, style, form, base, meta)"
UNSEEN = """() => { const e = document.activeElement, s = getComputedStyle(e); if (e === document.body) return null;
    const seen = (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none';
    return seen ? null : e.outerHTML.slice(0, 160); }"""
WIDE = """() => [...document.querySelectorAll('.wbw-labeller, .wbw-labeller .wbw-panel-side, .wbw-labeller .wbw-top, .wbw-labeller .wbw-transcript, '
    + '.wbw-labeller .wbw-drawer, .wbw-labeller .wbw-bottom')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className)"""


def panes(hands: Hands) -> Iterator[str]:
    """Open one pane after another by key; at each `yield` it is open."""

    def to(what: str) -> None:
        hands.page.locator(what).first.wait_for()

    hands.focus()
    yield "conversation"
    hands.press("Shift+O", "f", "1", "2", "!")
    hands.saved()
    yield "judged"
    hands.press("e")
    to(".wbw-panel-side textarea:focus")
    yield "expected output"
    hands.press("Escape", "q", "1", "1")
    hands.type("words")
    yield "form"
    hands.press("Escape", "m", "r")
    to(".wbw-offers [role=option]")
    yield "completion"
    hands.press("Escape", "t")
    to(".wbw-tree [role=treeitem]")
    yield "tree"
    hands.press("Escape", "t", "/")
    hands.type("refund")
    yield "search"
    hands.press("Escape", "g")
    hands.type("no such session")
    hands.press("Enter")
    yield "jump"
    hands.press("Escape", "w")
    to(".wbw-drawer table")
    yield "segments"
    hands.press("Escape", "?")
    to(".wbw-help")
    yield "help"
    hands.press("Escape", "c")
    to(".wbw-modes [role=option]")
    yield "codebook"
    hands.press("r")
    to(".wbw-below input:focus")
    yield "rename"
    hands.press("Escape", "m")
    to(".wbw-below .wbw-offers [role=option]")
    yield "merge"
    hands.press("Escape", "s")
    to(".wbw-below input:focus")
    hands.type("one; two")
    hands.press("Enter")
    to(".wbw-below .wbw-primary")
    yield "split"
    hands.press("Escape", "c")
    to(".wbw-modes [role=option]")
    hands.press("Enter")
    to(".wbw-below .wbw-notes")
    yield "sessions of a mode"
    hands.press("Escape")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_hostile_content_is_inert_and_readable_in_every_pane(tmp_path: Path, theme: str) -> None:
    need_a_browser()
    write_notebook(
        tmp_path / "panes.ipynb",
        OPEN.format(folder=str(tmp_path / "shop")),
        "w = ws.label(queue, reviewer='ana ' + shop.HOSTILE)\nw",
    )
    write_notebook(
        tmp_path / "settle.ipynb",
        OPEN.format(folder=str(tmp_path / "shop")),
        "w = ws.adjudicate(reviewer='eve', queue=queue)\nw",
    )
    with lab(tmp_path, settings=DARK if theme == "dark" else None) as server, browser() as chromium:
        for notebook in ("panes", "settle"):
            hands = Hands(open_notebook(chromium, server, f"{notebook}.ipynb"))
            hands.run()
            faults: dict[str, list[str]] = {}
            for pane in panes(hands):
                if notebook == "settle" and pane not in {"conversation", "judged", "form"}:
                    continue
                found = serious_faults(hands.page, ".wbw-labeller") + [
                    f"too wide: {each}" for each in hands.page.evaluate(WIDE)
                ]
                if unseen := hands.page.evaluate(UNSEEN):
                    found.append(f"focus cannot be seen: {unseen}")
                if found:
                    faults[pane] = found
            assert faults == {}
            assert hands.page.evaluate("() => document.body.dataset.jpThemeLight") == str(theme == "light").lower()
            assert hands.page.locator(MARKUP).count() == 0
            assert hands.page.evaluate("() => window.pwned") is None
            assert hands.foreign == []
            hands.page.close()
