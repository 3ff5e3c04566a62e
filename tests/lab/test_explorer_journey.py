"""A journey over the map of modes in a real JupyterLab in a real Chromium."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from lab.labdriver import DARK, browser, lab, need_a_browser, open_notebook, run_all, write_notebook
from lab.labdriver import serious_faults as axe

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_modes_are_edited_on_the_map_and_the_notebook_knows(tmp_path: Path, theme: str) -> None:
    need_a_browser()
    write_notebook(tmp_path / "map.ipynb", "from standin import explorer, EVENTS\nw = explorer(3000)\nw")
    with lab(tmp_path, settings=DARK if theme == "dark" else None) as server, browser() as chromium:
        page = open_notebook(chromium, server, "map.ipynb")
        run_all(page)
        root = page.locator(".wbw-explorer")
        root.wait_for()
        cells = page.locator(".jp-Notebook .jp-Cell").count()
        says = "text => document.querySelector('.wbw-explorer').textContent.includes(text)"

        root.focus()
        page.keyboard.press("j")
        page.keyboard.press("r")
        page.keyboard.press("Control+a")
        page.keyboard.type("says it is refunded")
        page.keyboard.press("Enter")
        page.wait_for_function(says, arg="in “says it is refunded”")
        page.keyboard.press("j")
        page.keyboard.press("x")
        page.wait_for_function(says, arg="not a failure")
        page.keyboard.press("Escape")

        box = page.locator(".wbw-map-canvas").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x - 200, y - 150)
        page.mouse.down()
        for dx, dy in ((200, -150), (200, 150), (-200, 150)):
            page.mouse.move(x + dx, y + dy, steps=8)
        page.mouse.up()
        page.wait_for_function(says, arg="sessions selected")
        for _ in range(100):  # the selection follows in a message of its own
            if selected := ast.literal_eval(server.evaluate("map.ipynb", "w.selection")):
                break
        assert 100 < len(selected) < 3000
        page.keyboard.press("a")
        page.keyboard.type("drawn by hand")
        page.keyboard.press("Enter")
        page.wait_for_function(says, arg="13 modes")
        page.keyboard.press("u")
        page.wait_for_function(says, arg="12 modes")
        page.keyboard.press("c")
        page.keyboard.press("ArrowDown")
        page.wait_for_function(says, arg="no value")
        assert axe(page, ".wbw-explorer") == []
        page.keyboard.press("Enter")
        page.keyboard.press(".")
        page.wait_for_function(says, arg="sessions with release ")
        page.locator(".wbw-by").select_option("cost")
        page.wait_for_function(says, arg="logarithmic")
        page.locator(".wbw-entry").nth(2).click()
        page.wait_for_function(says, arg="sessions with cost ")
        assert axe(page, ".wbw-explorer") == []
        lit = "(len(w.selection), w._coloured('cost').entries[2]['count'])"
        for _ in range(100):
            seen, held = ast.literal_eval(server.evaluate("map.ipynb", lit))
            if seen == held:
                break
        assert seen == held
        root.focus()
        for key in ("j", "s", "j", "s", "t"):
            page.keyboard.press(key)
        page.wait_for_function(says, arg="2 sessions belong together")
        assert axe(page, ".wbw-explorer") == []
        page.keyboard.press("Enter")
        page.wait_for_function(says, arg="11 modes")
        page.keyboard.press("u")
        page.wait_for_function(says, arg="12 modes")
        page.keyboard.press("o")
        page.wait_for_function(says, arg="You are a support agent")
        assert axe(page, ".wbw-explorer") == []
        for key in ("Escape", "b", "d", "d", "y", "?"):
            page.keyboard.press(key)
        assert axe(page, ".wbw-explorer") == []
        assert page.locator(".jp-Notebook .jp-Cell").count() == cells

        saved = ast.literal_eval(
            server.evaluate(
                "map.ipynb", "[(e['kind'], e.get('mode'), e.get('into'), e.get('session_ids')) for e in EVENTS]"
            )
        )
        assert [(kind, mode, into) for kind, mode, into, _ in saved] == [
            ("rename", "refund claimed, not made", "says it is refunded"),
            ("retire", "refund of another order", None),
            ("move", None, "drawn by hand"),
            ("undo", None, None),
            ("together", None, saved[4][2]),
            ("undo", None, None),
        ]
        assert len(saved[4][3]) == 2
        assert saved[2][3] == selected
