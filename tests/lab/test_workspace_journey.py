"""The journey of the labelling notebook over the shipped sample: label three sessions by key, restart the kernel, find them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from lab.labdriver import ROOT, browser, lab, need_a_browser, open_notebook, restart_kernel, run_all, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAMPLE = ROOT / "data" / "sample" / "baseline.jsonl"
SAID = "ws.labels(reviewer='me').select('session_id', 'verdict', 'failure_mode', 'note', 'blind').rows()"


def test_three_sessions_labelled_by_key_are_there_after_a_restart(tmp_path: Path) -> None:
    need_a_browser()
    if not SAMPLE.exists():
        pytest.skip(f"the sample is not there: {SAMPLE}")
    write_notebook(
        tmp_path / "labels.ipynb",
        f"import workbench as wb\nws = wb.open('support-agent')\nws.load([{str(SAMPLE)!r}])",
        "queue = ws.queue('first read', ws.sessions(), n=12, seed=7)\nqueue",
        "w = ws.label(queue, reviewer='me')\nw",
    )
    with lab(tmp_path) as server, browser() as chromium:
        page = open_notebook(chromium, server, "labels.ipynb")

        def says(text: str) -> None:
            page.wait_for_function(
                "text => document.querySelector('.wbw-labeller')?.textContent.includes(text)", arg=text
            )

        def press(*keys: str) -> None:
            for key in keys:
                page.keyboard.press(key)

        def saved() -> None:
            page.wait_for_function("() => document.querySelector('.wbw-status').dataset.state === 'saved'")

        def said() -> list[Any]:
            return ast.literal_eval(server.evaluate("labels.ipynb", SAID))

        run_all(page)
        page.locator(".wbw-step").first.wait_for()
        order = ast.literal_eval(server.evaluate("labels.ipynb", "w.ids"))
        page.locator(".wbw-labeller").focus()
        press("p", "Enter")
        says("Session 2 of 12")
        saved()
        press("j", "1", "f", "n")
        page.keyboard.type("answers another question")
        press("Enter", "m")
        page.keyboard.type("answers another question")
        press("Enter", "Enter")
        says("Session 3 of 12")
        saved()
        press("d", "Enter")
        says("Session 4 of 12")
        saved()
        expected = {
            order[0]: ("pass", None, None),
            order[1]: ("fail", "answers another question", "answers another question"),
            order[2]: ("defer", None, None),
        }
        assert {row[0]: tuple(row[1:4]) for row in said()} == expected

        restart_kernel(page)
        says("the kernel is not answering")
        run_all(page)
        page.locator(".wbw-step").first.wait_for()
        says("2 of 12 done")
        says("Session 4 of 12")
        assert ast.literal_eval(server.evaluate("labels.ipynb", "w.ids")) == order
        assert {row[0]: tuple(row[1:4]) for row in said()} == expected

        page.locator(".wbw-labeller").focus()
        press("u")
        says("Session 3 of 12")
        saved()
        del expected[order[2]]
        assert {row[0]: tuple(row[1:4]) for row in said()} == expected


def test_a_label_is_on_disk_before_it_is_acknowledged_even_if_the_kernel_is_killed_at_once(tmp_path: Path) -> None:
    need_a_browser()
    if not SAMPLE.exists():
        pytest.skip(f"the sample is not there: {SAMPLE}")
    write_notebook(
        tmp_path / "killed.ipynb",
        f"import workbench as wb\nws = wb.open('support-agent')\nws.load([{str(SAMPLE)!r}])",
        "w = ws.label(ws.queue('first read', ws.sessions(), n=40, seed=7), reviewer='me')\nw",
    )
    with lab(tmp_path) as server, browser() as chromium:
        page = open_notebook(chromium, server, "killed.ipynb")
        run_all(page)
        page.locator(".wbw-step").first.wait_for()
        page.locator(".wbw-labeller").focus()
        page.evaluate(
            "() => { window.saves = 0; const s = document.querySelector('.wbw-status'); let was = s.dataset.state;"
            " new MutationObserver(() => { if (s.dataset.state === 'saved' && was !== 'saved') window.saves += 1; was = s.dataset.state; })"
            ".observe(s, {attributes: true}); }"
        )
        for number in range(1, 9):
            page.keyboard.press("f" if number % 2 else "p")
            page.wait_for_function("count => window.saves >= count", arg=number)
            page.keyboard.press("Enter")
            page.wait_for_function(
                "text => document.querySelector('.wbw-where').textContent.includes(text)",
                arg=f"Session {number + 1} of",
            )
        server.evaluate("killed.ipynb", "__import__('threading').Timer(0.2, __import__('os')._exit, (9,)).start()")
        page.wait_for_function(
            "() => document.querySelector('.wbw-labeller').textContent.includes('the kernel is not answering')",
            timeout=20_000,
        )
        page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()  # JupyterLab says that the kernel died
        page.locator(".wbw-labeller").focus()
        page.keyboard.press("f")  # said to nobody; kept
        page.wait_for_function("() => document.querySelector('.wbw-labeller').textContent.includes('1 change is kept')")
        page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'",
            timeout=60_000,
        )
        run_all(page)
        page.locator(".wbw-step").first.wait_for()
        page.wait_for_function("() => document.querySelector('.wbw-status').dataset.state === 'saved'")
        assert server.evaluate("killed.ipynb", "ws.labels(reviewer='me').height") == "9"
