"""The journey of promotion over the shipped sample: pick, edit, preview and save by key, with a kernel restart before the last save."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import Any

import pytest
from lab.labdriver import (
    DARK,
    ROOT,
    browser,
    lab,
    need_a_browser,
    open_notebook,
    restart_kernel,
    run_all,
    serious_faults,
    write_notebook,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAMPLE = ROOT / "data" / "sample"
PICTURES = os.environ.get("WORKBENCH_PICTURES")
MADE = "(ws.dataset('refunds').version, ws.dataset('refunds').cases['turn'].to_list(), sorted(ws.dataset('refunds').ground_truth['value'].to_list()))"


@pytest.mark.parametrize("settings", [{}, DARK], ids=["light", "dark"])
def test_sessions_are_promoted_by_key_and_a_restart_loses_no_pick(tmp_path: Path, settings: dict[str, Any]) -> None:
    need_a_browser()
    write_notebook(
        tmp_path / "desk.ipynb",
        f"import workbench as wb\nws = wb.open('support-agent')\nws.load([{str(SAMPLE / 'baseline.jsonl')!r}])",
        "ids = ws.sessions().filter(ws.sessions()['turns'] > 1)['session_id'].to_list()[:12]",
        "w = ws.promote_desk(ids, to='refunds', author='me')\nw",
    )
    with lab(tmp_path, settings=settings) as server, browser() as chromium:
        page = open_notebook(chromium, server, "desk.ipynb")

        def says(text: str) -> None:
            page.wait_for_function(
                "text => document.querySelector('.wbw-promoter')?.textContent.includes(text)", arg=text, timeout=30_000
            )

        def press(*keys: str) -> None:
            for key in keys:
                page.keyboard.press(key)

        def saved() -> None:
            page.wait_for_function(
                "() => document.querySelector('.wbw-status').dataset.state === 'saved'", timeout=30_000
            )

        def made() -> Any:
            return ast.literal_eval(server.evaluate("desk.ipynb", MADE))

        run_all(page)
        page.locator(".wbw-promoter .wbw-step").first.wait_for()
        before = page.locator(".jp-Notebook .jp-Cell").count()
        page.locator(".wbw-promoter").focus()
        press("x", "c")
        page.keyboard.type("Names the order <b>x</b>.")
        press("Escape", "j")
        page.locator(".wbw-promoter .wbw-step").first.wait_for()
        says("of 12 sessions")
        press("[", "[", "[", "[")
        says("1 of ")
        says("2 picked of 12 sessions")
        if PICTURES:
            page.locator(".wbw-promoter").screenshot(path=f"{PICTURES}/promoter-{'dark' if settings else 'light'}.png")
        assert serious_faults(page, ".wbw-promoter") == []
        press("s")
        saved()
        says("0 picked of 12 sessions")
        version, turns, truths = made()
        assert (version, len(turns), turns[1], truths) == (1, 2, 1, ["Names the order <b>x</b>."])
        press("j", "j")
        page.wait_for_function("() => !document.querySelector('.wbw-promoter textarea').disabled")
        press("x")
        says("1 picked of 12 sessions")
        restart_kernel(page)
        run_all(page)
        says("1 picked of 12 sessions")
        says("✓ in the dataset")
        page.locator(".wbw-promoter").focus()
        press("s")
        saved()
        assert made()[0] == 2
        assert len(made()[1]) == 3
        assert page.locator(".jp-Notebook .jp-Cell").count() == before
