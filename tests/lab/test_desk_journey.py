"""Journeys of reviewers at a real workspace, by keyboard alone: the form, the tree, the codebook, each other, and what breaks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest
from lab.labdriver import Hands, browser, lab, need_a_browser, open_notebook, restart_kernel, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OPEN = """import resource, sys
import shop
from workbench.label import Protocol
from pathlib import Path
ws = shop.workspace(Path({folder!r}))
queue = ws.queue('first read', n=12, seed=7, protocol=Protocol(rubric=shop.RUBRIC, reviews={reviews}))"""
FULL = "resource.setrlimit(resource.RLIMIT_FSIZE, ({}, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    need_a_browser()
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    need_a_browser()
    root = tmp_path_factory.mktemp("desks")
    with lab(root) as running:
        yield running, root


class Reader(Hands):
    """A reviewer with a notebook of her own."""

    def __init__(
        self,
        chromium: Any,
        server: Any,
        folder: str,
        *,
        reviewer: str = "ana",
        reviews: int = 1,
        before: str = "",
        cell: str = "",
    ) -> None:
        self.server, root = server
        self.name = f"{folder}-{reviewer}.ipynb"
        shown = cell or f"w = ws.label(queue, reviewer={reviewer!r})"
        start = OPEN.format(folder=str(root / folder), reviews=reviews)
        write_notebook(root / self.name, f"{start}\n{before}", f"{shown}\nw")
        super().__init__(open_notebook(chromium, self.server, self.name))
        self.run()
        self.focus()

    def hears(self, expression: str) -> Any:
        """The value of an expression in the notebook's kernel."""
        return ast.literal_eval(self.server.evaluate(self.name, expression))

    def until(self, key: str, selector: str) -> None:
        """Press a key until what the selector means has the focus, and was not it before."""
        self.page.evaluate("() => { window.before = document.activeElement; }")
        for _ in range(5):
            self.press(key)
            if self.page.evaluate(
                "s => document.activeElement !== window.before && document.activeElement.matches(s)", selector
            ):
                return
        pytest.fail(f"{key} does not lead to {selector}")

    def label(self, session: str, reviewer: str = "ana") -> dict[str, Any]:
        """What the reviewer says of a session, as the workspace has it."""
        own = f"ws.labels(reviewer={reviewer!r}).drop('happened_at')"
        found = self.hears(f"[row for row in {own}.iter_rows(named=True) if row['session_id'] == {session!r}]")
        return {name: value for name, value in found[0].items() if value is not None} if found else {}

    def answers(self, session: str) -> dict[str, Any]:
        rows = "__import__('workbench').label.rubric_answers(ws.annotations()).filter(session_id={!r}).iter_rows(named=True)"
        found = self.hears(f"[(row['item'], row['number'], row['text']) for row in {rows.format(session)}]")
        return {item: text if number is None else number for item, number, text in found}


def test_a_session_is_read_and_judged_with_a_form_and_found_again_after_a_restart(chromium: Any, server: Any) -> None:
    ana = Reader(chromium, server, "form")
    ids = ana.hears("w.ids")
    ana.press("f", "n")
    ana.type("refund refused, told as done")
    ana.press("Enter", "m")
    ana.type("tool error told as success")
    ana.press("Enter", "x", "1", "End", "2")
    ana.press("Enter")
    ana.says("Not complete: resolved is required")  # and the focus is there
    ana.press("2")
    ana.press("4")  # tone: digits of a score are the score
    ana.press("2")  # channel: mail
    ana.type("second time this week")
    ana.press("Enter", "q")
    ana.press("Control+End")
    ana.type(" I am sorry, it is not.")
    ana.press("Control+Enter")
    ana.says("Session 2 of 12")
    ana.saved()
    label = ana.label(ids[0])
    assert (label["verdict"], label["failure_mode"]) == ("fail", "tool error told as success")
    assert label["note"] == "refund refused, told as done"
    assert {"first_failure", "root_cause"} <= label.keys()
    given = ana.answers(ids[0])
    assert given.pop("better answer").endswith(" I am sorry, it is not.")
    assert given == {"resolved": "fail", "tone": 4.0, "channel": "mail", "remark": "second time this week"}

    ana.press("!", "d")  # flagged and deferred
    ana.press("]")
    ana.where(3)
    ana.press("s", "Enter")  # skipped
    ana.where(4)
    ana.press("p", "q", "1", "Escape", "e", "Control+End")
    ana.type(" Anything else?")
    ana.press("Escape", "Enter")
    ana.where(5)
    ana.press("[", "[")
    ana.where(3)
    ana.press("g")
    ana.type(ids[10])
    ana.press("Enter")
    ana.where(11)
    ana.saved()
    assert (ana.label(ids[1])["verdict"], ana.label(ids[1])["flag"]) == ("defer", "flagged")
    assert ana.label(ids[2])["verdict"] == "skip"
    assert ana.label(ids[3])["expected_output"].endswith(" Anything else?")
    ana.says("When to stop: ")
    ana.press("w")
    ana.says("When to stop, by segment")
    ana.page.locator(".wbw-drawer table").wait_for()
    ana.press("Escape")

    restart_kernel(ana.page)
    ana.run()
    ana.focus()
    ana.says("3 of 12 done")
    ana.says("1 deferred")
    ana.press("u")  # what an earlier kernel saved last: the expected output
    ana.where(4)
    ana.saved()
    assert "expected_output" not in ana.label(ids[3])
    ana.press("u")
    ana.page.wait_for_function("() => document.querySelector('.wbw-choice[aria-pressed=true]') === null")
    ana.saved()
    assert ana.answers(ids[3]) == {}
    ana.page.close()


def test_the_tree_of_the_spans_is_walked_and_leads_to_the_step(chromium: Any, server: Any) -> None:
    ana = Reader(chromium, server, "tree")
    ana.press("g")
    ana.type("conv-05")
    ana.press("Enter", "t")
    tree = ana.page.locator(".wbw-tree")
    tree.get_by_role("treeitem", name="execute_tool refund").wait_for()
    current = tree.locator("[aria-selected=true]")
    ana.press("Home", "ArrowDown", "ArrowDown")
    assert current.get_attribute("aria-expanded") == "true"
    ana.press("ArrowLeft")  # folded: the request inside is gone
    assert current.get_attribute("aria-expanded") == "false"
    assert tree.get_by_role("treeitem", name="POST /refunds").count() == 0
    ana.press("Enter")
    ana.page.locator(".wbw-step.wbw-current.wbw-tool").wait_for()
    ana.press("Escape", "1")  # back to the conversation: the step is marked
    ana.saved()
    assert ana.label("conv-05")["first_failure"] == f"{6:032x}/{3:016x}"
    ana.press("t")
    ana.page.locator(".wbw-outline").wait_for()
    ana.page.close()


def test_the_codebook_is_renamed_merged_split_and_defined_by_key(chromium: Any, server: Any) -> None:
    before = "shop.read_by(ws, queue, 'ana')"
    ana = Reader(
        chromium,
        server,
        "book",
        before=before,
        cell="w = ws.label(queue, reviewer='ana', keys={'pass': 'y', 'codebook': 'z'})",
    )
    modes = (
        "{name: count for name, count in ws.codebook().modes.select('failure_mode', 'sessions').iter_rows() if count}"
    )
    assert ana.hears(modes) == {"refund of another order": 3, "refund of another order, again": 3}
    listed = ana.page.get_by_role("listbox", name="Failure modes")

    def edit(*keys: str, text: str = "", says: str) -> None:
        ana.press(*keys)
        if text:
            ana.page.locator(".wbw-below input").wait_for()
            ana.type(text)
            ana.press("Enter")
        ana.says(says)
        ana.page.wait_for_function("() => document.activeElement.matches('.wbw-modes')")

    ana.press("z")
    ana.says("2 failure modes")
    listed.get_by_role("option").first.wait_for()
    edit("r", text="wrong order", says="Renamed.")
    edit("d", text="another order than the one named", says="Defined:")
    edit("k", "m", text="wrong order", says="Merged.")
    ana.press("s")
    ana.type("lamp; desk")
    ana.press("Enter")
    ana.page.locator(".wbw-below select").first.wait_for()
    for _ in range(6):
        ana.press("l")  # the part that begins with l
        ana.until("Tab", ".wbw-below select, .wbw-below .wbw-primary")  # past the link to the session
    ana.press("Enter")
    ana.says("Split.")
    assert ana.hears(modes) == {"lamp": 6}
    ana.press("Escape", "y")
    ana.saved()
    assert ana.label(ana.hears("w.ids[0]"))["verdict"] == "pass"  # by a key of her own
    ana.page.close()


def test_two_reviewers_share_a_queue_and_a_third_settles_what_they_disagree_on(chromium: Any, server: Any) -> None:
    ana, ben = (Reader(chromium, server, "shared", reviewer=name) for name in ("ana", "ben"))
    ana.where(1)
    ben.where(2)  # the first is Ana's, which he is told
    ben.says("1 session was passed over")
    ben.press("[")
    ben.where(1)
    ben.says("Somebody else has this one until")  # said, since he came by choice
    ben.press("]")
    ben.where(2)
    ana.page.bring_to_front()
    ana.focus()
    ana.press("p", "q", "1", "Escape", "Enter")
    ana.where(3)  # the second is Ben's
    ana.saved()
    ana.page.close()
    ben.page.close()

    before = "shop.read_by(ws, queue, 'ana', 'ben')"
    eve = Reader(
        chromium,
        server,
        "settle",
        reviewer="eve",
        reviews=2,
        before=before,
        cell="w = ws.adjudicate(reviewer='eve', queue=queue)",
    )
    first, total = eve.hears("(w.ids[0], len(w.ids))")
    table = eve.page.locator(".wbw-reviews")
    assert [each.inner_text() for each in table.locator("thead th").all()] == ["ana", "ben"]
    assert sorted(each.inner_text() for each in table.locator("tbody tr").first.locator("td").all()) == ["fail", "pass"]
    eve.press("f", "Enter")
    eve.where(2)
    eve.saved()
    assert eve.label(first, "eve")["role"] == "adjudicator"
    assert eve.hears("ws.adjudicate(reviewer='eve').counts['unread']") == total - 1
    eve.page.close()


def test_a_full_disk_a_lost_answer_and_a_reload_lose_and_double_nothing(chromium: Any, server: Any) -> None:
    ana = Reader(chromium, server, "breaks")
    first, second = ana.hears("w.ids[:2]")
    ana.press("f")
    ana.saved()
    ana.hears(FULL.format(0))
    ana.press("p")
    ana.says("not saved: ")
    ana.says("the disk refused")
    assert ana.label(first)["verdict"] == "fail"
    ana.hears(FULL.format("resource.RLIM_INFINITY"))
    ana.press("r")
    ana.saved()
    assert ana.label(first)["verdict"] == "pass"

    told = "w._tell"
    ana.hears(
        f"setattr(w, 'lost', {told}) or setattr(w, '_tell', lambda content, buffers=None: content.get('label') or w.lost(content, buffers))"
    )
    ana.press("n")
    ana.type("on disk, and never acknowledged")
    ana.press("Enter")
    ana.says("the kernel is not answering")
    assert ana.label(first)["note"] == "on disk, and never acknowledged"
    ana.hears("setattr(w, '_tell', w.lost)")
    ana.press("r")
    ana.saved()
    assert ana.hears("ws.annotations().filter(name='note').height") == 1
    assert ana.label(first)["revision"] == 3

    ana.press("q", "1", "Escape", "]")
    ana.where(2)
    ana.press("q", "2", "3", "Escape", "f")
    ana.saved()
    ana.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    ana.page.reload()
    ana.page.locator(".wbw-step").first.wait_for(timeout=60_000)
    ana.where(2)
    assert [each.inner_text()[:4] for each in ana.page.locator(".wbw-choice[aria-pressed=true]").all()] == ["fail", "3"]
    ana.focus()
    ana.press("u")
    ana.page.wait_for_function("() => document.querySelector('.wbw-verdict[aria-pressed=true]') === null")
    ana.saved()
    assert ana.label(second) == {}
    assert ana.answers(second) == {"resolved": "fail", "tone": 3.0}
    ana.page.close()
