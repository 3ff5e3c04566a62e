"""Measure the map of failure modes in a real JupyterLab: `python tests/lab/measure_map.py [--points 50000] [--pictures FOLDER]`. Milliseconds.

The modes are really clustered, edits go to a real workspace's database, and the map is moved, hovered, drawn around and edited as a
person does. First paint: from running the cell to the canvas holding the points.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from labdriver import DARK, browser, lab, open_notebook, run_all, write_notebook

MADE = """
from dataclasses import replace
import numpy as np, polars as pl, workbench as wb
from workbench.cluster import cluster
from workbench.widgets import conversation
from workbench.workspace._mode_edits import ModeEdits

ws = wb.open({folder!r})
draw = np.random.default_rng(3)
centres = draw.normal(size=(30, 64))
kinds = draw.choice(30, size={points}, p=(w := 1 / (1 + np.arange(30))) / w.sum())
vectors = (centres[kinds] + 1.5 * draw.normal(size=({points}, 64))).astype(np.float32)
said = ["refund", "parcel", "sofa", "invoice", "login", "password", "address", "voucher", "delivery", "return"]
texts = pl.DataFrame({{
    "session_id": [f"s{{n:05d}}" for n in range({points})],
    "text": [f"the {{said[k % 10]}} {{said[k // 10]}} was told as done and was not, case {{said[n % 7]}}" for n, k in enumerate(kinds.tolist())],
    "facet": ["intent"] * {points},
}})
about = texts.select("session_id", release=pl.Series(draw.choice(["1.3.0", "1.4.0", "1.5.0"], {points})), cost=pl.Series(draw.lognormal(-7, 1.5, {points})),
                     user=pl.Series(draw.integers(0, 5000, {points})).cast(pl.String))
modes = cluster(texts, embed=lambda texts, progress=None: vectors, about=about)
modes = replace(modes, home=ModeEdits(modes, "intent", ws.store.database, lambda _: conversation([])))
"""
SHOW = "w = wb.explore(modes)\nw"
PAINT = """async () => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    document.querySelector('.wbw-explorer')?.remove(); notebook.activeCellIndex = 1;
    const painted = () => { const canvas = document.querySelector('.wbw-map-canvas'); if (!canvas || !canvas.width) return false;
        const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        let found = 0; for (let at = 3; at < pixels.length; at += 4 * 97) if (pixels[at]) found++; return found > 200; };
    const from = performance.now(); window.jupyterapp.commands.execute('notebook:run-cell');
    while (!painted()) await new Promise(done => requestAnimationFrame(done));
    return performance.now() - from; }"""
HOVER = """async () => {
    const canvas = document.querySelector('.wbw-map-canvas'); const box = canvas.getBoundingClientRect(); const frames = [], handlers = [];
    let last = performance.now();
    for (let at = 0; at < 120; at++) { const from = performance.now();
        canvas.dispatchEvent(new PointerEvent('pointermove', {clientX: box.left + 60 + 5 * at % box.width, clientY: box.top + 80 + 3 * at % box.height, bubbles: true}));
        handlers.push(performance.now() - from);
        await new Promise(done => requestAnimationFrame(done)); frames.push(performance.now() - last); last = performance.now(); }
    return {frames, handlers}; }"""
LASSO = """async () => {
    const canvas = document.querySelector('.wbw-map-canvas'); const box = canvas.getBoundingClientRect(); canvas.setPointerCapture = () => {};
    const go = (name, x, y) => canvas.dispatchEvent(new PointerEvent(name, {clientX: box.left + x, clientY: box.top + y, bubbles: true, button: 0, buttons: 1}));
    const frames = []; const middle = [box.width / 2, box.height / 2]; const reach = 0.4 * Math.min(...middle) * 2;
    let last = performance.now(); go('pointerdown', middle[0] + reach, middle[1]);
    for (let at = 1; at <= 60; at++) { const angle = at / 60 * 2 * Math.PI;
        go('pointermove', middle[0] + reach * Math.cos(angle), middle[1] + reach * Math.sin(angle));
        await new Promise(done => requestAnimationFrame(done)); frames.push(performance.now() - last); last = performance.now(); }
    const from = performance.now(); go('pointerup', middle[0] + reach, middle[1]);
    while (!document.querySelector('.wbw-explorer').textContent.includes('sessions selected')) await new Promise(done => setTimeout(done, 1));
    await new Promise(done => requestAnimationFrame(done));
    return {frames, selected: performance.now() - from}; }"""
COLOURED = """async column => {
    const select = document.querySelector('.wbw-by'); const legend = document.querySelector('.wbw-legend'); const from = performance.now();
    select.value = column; select.dispatchEvent(new Event('change'));
    const shown = () => column === 'mode' ? legend.hidden : legend.textContent.startsWith(column);
    while (!shown()) await new Promise(done => setTimeout(done, 1));
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - from; }"""
LIT = """async () => {
    const from = performance.now(); document.querySelectorAll('.wbw-entry')[1].click();
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - from; }"""
SAVED = """async name => {
    const status = document.querySelector('.wbw-status'); const from = performance.now();
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));
    const shown = () => document.querySelector('.wbw-modes').textContent.includes(name);
    while (!shown()) await new Promise(done => setTimeout(done, 1));
    const seen = performance.now() - from;
    while (status.dataset.state !== 'saved') await new Promise(done => setTimeout(done, 1));
    return {seen, saved: performance.now() - from}; }"""


def say(what: str, times: list[float]) -> None:
    ordered = sorted(times)
    print(
        f"{what}: median {statistics.median(ordered):.1f}, p95 {ordered[int(0.95 * (len(ordered) - 1))]:.1f}, "
        f"most {ordered[-1]:.1f}, n {len(ordered)}",
        flush=True,
    )


def measure(page: Any, server: Any, picture: Path | None) -> None:
    run_all(page, timeout=300_000)
    page.locator(".wbw-explorer").wait_for()
    say("first paint", [page.evaluate(PAINT) for _ in range(5)])
    for column in ("release", "cost", "user", "family", "strength"):
        first, *again = [page.evaluate(COLOURED, each) for each in (column, "mode", column, "mode", column)]
        say(f"colouring by {column}, first", [first])
        say(f"colouring by {column} or mode again", again)
    say("lighting an entry of the legend", [page.evaluate(LIT) for _ in range(6)])
    page.keyboard.press("Escape")
    page.evaluate(COLOURED, "cost")
    found = page.evaluate(HOVER)
    say("finding the point under the mouse", found["handlers"])
    say("a frame while hovering", found["frames"])
    if picture is not None:
        page.locator(".wbw-explorer").screenshot(path=str(picture))
    drawn = [page.evaluate(LASSO) for _ in range(3)]
    say("a frame while drawing around points", [frame for each in drawn for frame in each["frames"]])
    say("from letting go to the selection shown", [each["selected"] for each in drawn])
    page.keyboard.press("Escape")
    times = []
    for number in range(8):
        page.locator(".wbw-explorer").focus()
        page.keyboard.press("j")
        page.keyboard.press("r")
        page.keyboard.press("Control+a")
        page.keyboard.type(f"renamed {number}")
        times.append(page.evaluate(SAVED, f"renamed {number}"))
    say("from the key to the new name shown", [each["seen"] for each in times])
    say("from the key to the edit on disk", [each["saved"] for each in times])
    kept = server.evaluate("map.ipynb", "ws.store.database.read('mode_edits').height", timeout=60)
    print(f"edits on disk: {kept} of {len(times)}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--points", type=int, default=50_000)
    options.add_argument("--pictures", type=Path, help="a folder for pictures of the map, light and dark")
    asked = options.parse_args()
    for theme in ("light", "dark") if asked.pictures else ("light",):
        with tempfile.TemporaryDirectory() as folder, browser() as chromium:
            made = MADE.format(folder=str(Path(folder) / "ws"), points=asked.points)
            write_notebook(Path(folder) / "map.ipynb", made, SHOW)
            with lab(Path(folder), settings=DARK if theme == "dark" else None) as server:
                page = open_notebook(chromium, server, "map.ipynb")
                picture = asked.pictures / f"map-{asked.points}-{theme}.png" if asked.pictures else None
                print(f"{asked.points:,} points, {theme}")
                measure(page, server, picture)
                page.close()


if __name__ == "__main__":
    main()
