"""Journeys through a real JupyterLab in a real Chromium, by keyboard: what a reviewer does, and what may go wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab.labdriver import (
    Hands,
    browser,
    lab,
    need_a_browser,
    open_notebook,
    restart_kernel,
    write_notebook,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    need_a_browser()
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    need_a_browser()
    root = tmp_path_factory.mktemp("notebooks")
    with lab(root) as running:
        yield running, root


class Desk(Hands):
    """A notebook with one labeller, and the hands on its keyboard."""

    def __init__(
        self,
        chromium: Any,
        server: Any,
        root: Path,
        name: str,
        *,
        arguments: str = "",
        labels: str = "",
        more: tuple[str, ...] = (),
    ) -> None:
        self.name, self.server = f"{name}.ipynb", server
        write_notebook(
            root / self.name,
            "from pathlib import Path\nimport standin",
            f"w = standin.labeller(Path('{labels or name}.db'){arguments})\nw",
            *more,
        )
        super().__init__(open_notebook(chromium, server, self.name))
        self.run()

    def verdicts(self, reviewer: str = "ana") -> dict[str, str]:
        text = self.server.evaluate(
            self.name, f"{{k: v['verdict'] for k, v in standin.LOGS[{reviewer!r}].labels().items() if 'verdict' in v}}"
        )
        return ast.literal_eval(text)


def test_twenty_by_key_three_undone_and_a_kernel_restart_in_the_middle(chromium: Any, server: Any) -> None:
    desk = Desk(chromium, *server, "twenty")
    cells = desk.cells()
    desk.focus()
    for number in range(1, 11):
        desk.where(number)
        desk.press("f" if number % 3 == 0 else "p", "Enter")
    desk.where(11)
    desk.saved()
    assert len(desk.verdicts()) == 10
    desk.press("u", "u", "u")
    desk.where(8)
    desk.saved()
    assert sorted(desk.verdicts()) == [f"session-{n:04d}" for n in range(7)]
    for number in (8, 9, 10):
        desk.where(number)
        desk.press("p", "Enter")
    desk.where(11)
    desk.saved()

    restart_kernel(desk.page)
    desk.says("the kernel is not answering", timeout=6_000)  # at once, before anything is pressed
    desk.focus()
    desk.press("f")
    desk.says("not saved: the kernel is not answering. 1 change is kept in this page")

    desk.run()
    desk.saved()  # what was said while nobody listened
    assert len(desk.verdicts()) == 11
    assert desk.verdicts()["session-0010"] == "fail"
    desk.focus()
    for number in range(12, 21):
        desk.where(number)
        desk.press("p", "Enter")
    desk.where(21)
    desk.saved()
    assert len(desk.verdicts()) == 20
    desk.press("u")  # the log knows what this page, and the one before the restart, said
    desk.where(20)
    desk.saved()
    assert len(desk.verdicts()) == 19
    assert desk.cells() == cells


def test_undo_reaches_back_over_a_restart(chromium: Any, server: Any) -> None:
    desk = Desk(chromium, *server, "undo")
    desk.focus()
    desk.press("p", "Enter")
    desk.where(2)
    desk.press("f")
    desk.saved()
    restart_kernel(desk.page)
    desk.run()
    desk.focus()
    desk.press("u")
    desk.where(2)
    desk.saved()
    assert desk.verdicts() == {"session-0000": "pass"}


def test_no_key_reaches_the_notebook_and_escape_gives_it_back(chromium: Any, server: Any) -> None:
    desk = Desk(chromium, *server, "keys")
    cells = desk.cells()
    desk.focus()
    desk.press("b", "a", "d", "d", "x", "y", "z", "0", "0", "Shift+Enter", "j", "k", "Space", "c", "Enter")
    assert desk.cells() == cells
    assert desk.root.is_visible()
    desk.press("n")
    desk.page.keyboard.type("dd xx b")
    desk.press("Enter")
    desk.saved()
    assert desk.cells() == cells
    desk.press("Escape")
    assert desk.page.evaluate("() => !document.querySelector('.wbw-labeller').contains(document.activeElement)")
    for _ in range(60):  # no trap: Tab goes through the widget and out of it
        desk.press("Tab")
        if desk.page.evaluate("() => !document.querySelector('.wbw-labeller').contains(document.activeElement)"):
            break
    else:
        pytest.fail("Tab stays in the widget")


def test_the_focus_never_falls_to_the_notebook(chromium: Any, server: Any) -> None:
    desk = Desk(chromium, *server, "focus")
    cells = desk.cells()
    inside = "() => document.querySelector('.wbw-labeller').contains(document.activeElement)"
    desk.focus()
    desk.press("1", "o")
    for gone in (".wbw-clear", ".wbw-fold", ".wbw-link"):  # each goes, or is drawn anew, while it has the focus
        button = desk.root.locator(f".wbw-columns {gone}").first
        button.focus()
        button.press("Enter")
        desk.page.wait_for_timeout(150)
        assert desk.page.evaluate(inside), gone
    desk.page.evaluate("() => document.querySelector('.wbw-fold').focus()")
    desk.page.evaluate("() => document.querySelector('.wbw-fold').closest('.wbw-block').replaceChildren()")
    desk.page.wait_for_timeout(150)
    assert desk.page.evaluate(inside)
    desk.press("d", "d", "b")
    assert desk.cells() == cells
    desk.server.evaluate(desk.name, "setattr(standin.LOGS['ana'], 'read_only', True)")
    desk.press("p")
    desk.says("not saved")
    desk.root.get_by_role("button", name="Try again").focus()
    desk.server.evaluate(desk.name, "setattr(standin.LOGS['ana'], 'read_only', False)")
    desk.saved()  # by itself; the button that had the focus hides
    desk.page.wait_for_timeout(150)
    assert desk.page.evaluate(inside)


def test_hostile_content_does_nothing(chromium: Any, server: Any) -> None:
    desk = Desk(chromium, *server, "hostile")
    desk.focus()
    desk.press("]")
    desk.where(2)
    desk.press("Shift+O", "End", "Home")
    desk.says("<script>window.pwned = 1</script>")
    desk.says("\\u202egnirts desrever\\u202c zero\\u200bwidth \\u001b[31mred")
    desk.says("Show more — 4,998,000 characters not shown")  # five million letters without a space
    desk.page.get_by_role("button", name="Show more — 4,998,000").click()
    desk.says("Show more — 4,980,000 characters not shown")
    desk.page.get_by_role("button", name="Show more — 4,980,000").click()
    desk.says("Show more — 4,780,000 characters not shown")
    assert (
        desk.page.evaluate(
            "() => document.querySelector('.wbw-transcript').scrollWidth - document.querySelector('.wbw-transcript').clientWidth"
        )
        == 0
    )
    desk.press("Escape")
    assert desk.page.evaluate("() => window.pwned") is None
    assert desk.page.locator(".wbw-labeller :is(script, img, a, iframe)").count() == 0
    assert desk.foreign == []


def test_labelling_goes_on_while_a_cell_runs(chromium: Any, server: Any) -> None:
    desk = Desk(chromium, *server, "busy")
    desk.focus()
    desk.page.evaluate(
        """() => { const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            window.running = true;
            kernel.requestExecute({code: 'import time; time.sleep(30)'}).done.then(() => { window.running = false; }); }"""
    )
    for number in range(1, 5):
        desk.where(number)
        desk.press("p", "Enter")
    desk.where(5)
    desk.saved()
    assert desk.page.evaluate("() => window.running")


def test_two_views_of_one_widget_agree(chromium: Any, server: Any) -> None:
    desk = Desk(chromium, *server, "views", more=("w",))
    one, two = desk.page.locator(".wbw-labeller").first, desk.page.locator(".wbw-labeller").last
    two.locator(".wbw-step").first.wait_for()
    one.focus()
    desk.press("f")
    two.locator(".wbw-verdict-fail[aria-pressed=true]").wait_for()
    two.focus()
    desk.press("u")
    one.locator(".wbw-verdict-fail[aria-pressed=false]").wait_for()
    assert desk.verdicts() == {}


def test_a_read_only_disk_is_said_and_nothing_is_lost(chromium: Any, server: Any) -> None:
    desk = Desk(chromium, *server, "readonly")
    desk.focus()
    desk.press("p")
    desk.saved()
    desk.server.evaluate(desk.name, "setattr(standin.LOGS['ana'], 'read_only', True)")
    desk.press("f")
    desk.says("not saved: OperationalError: attempt to write a readonly database")
    desk.press("1")
    desk.says("2 changes are kept")
    assert desk.verdicts() == {"session-0000": "pass"}
    desk.server.evaluate(desk.name, "setattr(standin.LOGS['ana'], 'read_only', False)")
    desk.press("r")
    desk.saved()
    assert desk.verdicts() == {"session-0000": "fail"}
    assert desk.server.evaluate(desk.name, "standin.LOGS['ana'].count()") == "3"


def test_a_reloaded_page_is_where_it_was(chromium: Any, server: Any) -> None:
    desk = Desk(chromium, *server, "reload")
    desk.focus()
    desk.press("p", "Enter")
    desk.where(2)
    desk.press("f")
    desk.saved()
    desk.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    desk.page.reload()
    desk.page.locator(".wbw-step").first.wait_for(timeout=60_000)
    desk.where(2)
    assert desk.page.locator(".wbw-verdict-fail").get_attribute("aria-pressed") == "true"
    desk.says("2 of 24 done")
    desk.focus()
    desk.press("u")
    desk.saved()
    assert desk.verdicts() == {"session-0000": "pass"}


def test_two_reviewers_on_one_workspace_at_once(chromium: Any, server: Any) -> None:
    ana = Desk(chromium, *server, "ana", labels="both")
    ben = Desk(chromium, *server, "ben", labels="both", arguments=", reviewer='ben'")
    for number in range(1, 6):
        for desk, verdict in ((ana, "p"), (ben, "f")):
            desk.page.bring_to_front()
            desk.focus()
            desk.where(number)
            desk.press(verdict, "Enter")
    for desk in (ana, ben):
        desk.where(6)
        desk.saved()
    assert set(ana.verdicts().values()) == {"pass"}
    assert set(ben.verdicts("ben").values()) == {"fail"}
    assert len(ana.verdicts()) == len(ben.verdicts("ben")) == 5
