"""Measure the widgets in a real JupyterLab: `python tests/lab/measure.py`. Times in milliseconds, on a stand-in store in SQLite."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from labdriver import browser, lab, open_notebook, run_all, write_notebook

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
    run_all(page)
    page.locator(".wbw-step").first.wait_for()
    page.locator(".wbw-labeller").focus()
    page.evaluate(WATCH)
    for number in range(150):
        page.keyboard.press("pf"[number % 2])
        page.wait_for_function("count => window.acks.length > count", arg=number)
        page.keyboard.press("Enter")
        page.wait_for_function("() => !document.querySelector('.wbw-labeller').hasAttribute('aria-busy')")
        time.sleep(0.1)  # a person reads; the next session is fetched meanwhile
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


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as server, browser() as chromium:
        start = "from pathlib import Path\nfrom standin import explorer, labeller\nw = "
        for name, cell, measure in (
            ("labels", "labeller(Path('a.db'), sessions=100_000)", labels),
            ("sessions", "labeller(Path('b.db'), sessions=20, long=5_000)", sessions),
            ("map", "explorer(50_000)", explorer),
        ):
            write_notebook(Path(folder) / f"{name}.ipynb", start + cell, "w")
            page = open_notebook(chromium, server, f"{name}.ipynb")
            measure(page)
            page.close()
