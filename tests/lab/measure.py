"""Measure the widgets in a real JupyterLab: `python tests/lab/measure.py [labels sessions map]`. Times in milliseconds.

Labels are saved to a real workspace of 100,000 sessions in one queue, of which two reviewers have read 5,000 each with a rubric. What
each save waits for is on: reservations, the recount of when to stop, the codebook.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from labdriver import ROOT, browser, lab, open_notebook, run_all, write_notebook

sys.path.insert(0, str(ROOT))

import large

WATCH = """() => {
    const status = document.querySelector('.wbw-status'); window.acks = []; window.pressed = 0;
    document.querySelector('.wbw-labeller').addEventListener('keydown', event => {
        if ('pf'.includes(event.key)) window.pressed = performance.now(); }, true);
    new MutationObserver(() => { if (status.dataset.state === 'saved' && window.pressed) {
        window.acks.push(performance.now() - window.pressed); window.pressed = 0; } })
        .observe(status, {attributes: true, childList: true, subtree: true}); }"""
OPEN_QUEUE = """async () => {
    const notebook = window.jupyterapp.shell.currentWidget.content; const from = performance.now();
    document.querySelector('.wbw-labeller').remove(); notebook.activeCellIndex = 1;
    await window.jupyterapp.commands.execute('notebook:run-cell');
    while (!document.querySelector('.wbw-step')) await new Promise(done => setTimeout(done, 2));
    return performance.now() - from; }"""
OPEN_SESSION = """async () => {
    const root = document.querySelector('.wbw-labeller'); const from = performance.now();
    root.dispatchEvent(new KeyboardEvent('keydown', {key: ']', bubbles: true}));
    while (root.hasAttribute('aria-busy')) await new Promise(done => setTimeout(done, 1));
    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
    return performance.now() - from; }"""
MAP = """async () => {
    const canvas = document.querySelector('.wbw-map-canvas'); const box = canvas.getBoundingClientRect();
    canvas.setPointerCapture = () => {};
    const move = (name, x, y, more) => canvas.dispatchEvent(new PointerEvent(name, {clientX: box.left + x, clientY: box.top + y, bubbles: true, ...more}));
    const frames = []; let last = performance.now();
    move('pointerdown', 300, 300, {ctrlKey: true});
    for (let at = 0; at < 90; at++) { move('pointermove', 300 + 2 * at, 300 + at); await new Promise(done => requestAnimationFrame(done));
        frames.push(performance.now() - last); last = performance.now(); }
    move('pointerup', 480, 390);
    await new Promise(done => setTimeout(done, 600));
    const hovers = [];
    for (let at = 0; at < 200; at++) { const from = performance.now(); move('pointermove', 60 + 3 * at, 80 + 2 * at); hovers.push(performance.now() - from); }
    return {frames, hovers}; }"""


def say(what: str, times: list[float]) -> None:
    ordered = sorted(times)
    print(
        f"{what}: median {statistics.median(ordered):.1f}, p95 {ordered[int(0.95 * (len(ordered) - 1))]:.1f}, n {len(ordered)}"
    )


def labels(page: Any) -> None:
    run_all(page, timeout=300_000)
    page.locator(".wbw-step").first.wait_for()
    page.locator(".wbw-labeller").focus()
    page.evaluate(WATCH)
    for number in range(150):
        page.keyboard.press("pf"[number % 2])
        page.wait_for_function("count => window.acks.length > count", arg=number)
        page.keyboard.press("]")
        page.wait_for_function("() => !document.querySelector('.wbw-labeller').hasAttribute('aria-busy')")
        time.sleep(
            (0.1, 1.3)[number % 5 == 0]
        )  # a person reads; the next session is fetched, or the recount is under way
    say("keystroke to acknowledged save, 100,000 sessions in the queue", page.evaluate("() => window.acks"))
    say("opening a queue of 100,000, to the first step", [page.evaluate(OPEN_QUEUE) for _ in range(5)])


def sessions(page: Any) -> None:
    run_all(page)
    page.locator(".wbw-step").first.wait_for()
    cold = []
    for _ in range(8):
        cold.append(page.evaluate(OPEN_SESSION))
        time.sleep(0.05)
    say("opening a session of 5,000 steps", cold)


def explorer(page: Any) -> None:
    run_all(page)
    page.locator(".wbw-explorer").wait_for()
    time.sleep(1)
    found = page.evaluate(MAP)
    say("a frame while the map of 50,000 points is moved", found["frames"])
    say("finding the point under the mouse", found["hovers"])


LARGE = """import sys, workbench as wb
sys.path.insert(0, {tests!r})
import large
ws = wb.open({folder!r})
queue = large.open_queue(ws)"""


if __name__ == "__main__":
    asked = sys.argv[1:] or ["labels", "sessions", "map"]
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as server, browser() as chromium:
        start = "from pathlib import Path\nfrom standin import explorer, labeller\nw = "
        made = str(Path(folder) / "large")
        if "labels" in asked:
            large.make(Path(made), sessions=100_000, read=5_000)
        for name, cells, measure in (
            (
                "labels",
                (LARGE.format(tests=str(Path(__file__).parent), folder=made), "w = ws.label(queue, reviewer='ana')\nw"),
                labels,
            ),
            ("sessions", (start + "labeller(Path('b.db'), sessions=20, long=5_000)", "w"), sessions),
            ("map", (start + "explorer(50_000)", "w"), explorer),
        ):
            if name not in asked:
                continue
            write_notebook(Path(folder) / f"{name}.ipynb", *cells)
            page = open_notebook(chromium, server, f"{name}.ipynb")
            measure(page)
            page.close()
