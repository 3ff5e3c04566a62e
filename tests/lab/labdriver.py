"""Drive a real JupyterLab with a real Chromium: offline, isolated from the user's settings, on loopback.

with lab(root) as server, browser() as chromium:
    page = open_notebook(chromium, server, "journey.ipynb")
    run_all(page)
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # offline for real: every name but loopback fails to resolve
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
SETTINGS: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
AXE = ROOT / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
DARK = {"@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Dark"}}

# The notebook is visible well before its kernel is connected; a run asked for in between is dropped.
_READY = """() => { const c = window.jupyterapp?.shell?.currentWidget?.sessionContext;
    return c?.isReady && c.session?.kernel?.connectionStatus === 'connected' && c.session.kernel.status === 'idle'; }"""
_RAN = """() => { const cells = [...window.jupyterapp.shell.currentWidget.content.model.cells]
        .filter(c => c.type === 'code' && c.sharedModel.source.trim());
    const failed = cells.flatMap(c => c.toJSON().outputs).find(o => o.output_type === 'error');
    if (failed) return failed.traceback.join('\\n').replace(/\\x1b\\[[0-9;]*m/g, '');
    return cells.every(c => c.executionCount !== null) && 'ok'; }"""


def need_a_browser() -> None:
    """Skip the calling test where there is no Chromium to drive, or where the browser tests' packages are missing."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: install it, or name another in the environment variable CHROMIUM")
    pytest.importorskip("playwright", reason="playwright is not installed")


@dataclass
class Server:
    """A running JupyterLab."""

    base: str
    token: str
    home: Path
    process: subprocess.Popen[bytes]

    def get(self, path: str, *, method: str = "GET") -> Any:
        """Ask the server's API."""
        request = urllib.request.Request(f"{self.base}/{path}?token={self.token}", method=method)
        with urllib.request.urlopen(request, timeout=20) as reply:
            body = reply.read()
        return json.loads(body) if body else None

    def evaluate(self, notebook: str, expression: str, *, timeout: float = 20) -> str:
        """Give the repr of an expression in a notebook's kernel, beside the browser's own connection."""
        from jupyter_client import BlockingKernelClient

        (session,) = (each for each in self.get("api/sessions") if each["path"] == notebook)
        path = self.home / "runtime" / f"kernel-{session['kernel']['id']}.json"
        client = BlockingKernelClient(connection_file=str(path))
        client.load_connection_file()
        client.start_channels()
        try:
            reply = client.execute_interactive(
                "",
                user_expressions={"x": expression},
                silent=True,
                store_history=False,
                timeout=timeout,
                output_hook=lambda _: None,
            )
        finally:
            client.stop_channels()
        answer = reply["content"]["user_expressions"]["x"]
        if answer["status"] == "error":
            raise RuntimeError(f"{answer['ename']}: {answer['evalue']}")
        return answer["data"]["text/plain"]


@contextlib.contextmanager
def lab(
    root: Path, *, settings: dict[str, dict[str, Any]] | None = None, env: dict[str, str] | None = None
) -> Iterator[Server]:
    """Run a JupyterLab whose files are `root` and whose home is temporary."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = Path(tempfile.mkdtemp(prefix="lab-"))
    for plugin, values in {**SETTINGS, **(settings or {})}.items():
        path = home / "settings" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    token = secrets.token_hex(16)
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={root}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(
            [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
        ),
        "JUPYTER_CONFIG_DIR": f"{home}/config",
        "JUPYTER_DATA_DIR": f"{home}/data",
        "JUPYTER_RUNTIME_DIR": f"{home}/runtime",
        "IPYTHONDIR": f"{home}/ipython",
        "JUPYTERLAB_SETTINGS_DIR": f"{home}/settings",
        "JUPYTERLAB_WORKSPACES_DIR": f"{home}/workspaces",
        **(env or {}),
    }
    with (home / "lab.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        server = Server(f"http://127.0.0.1:{port}", token, home, process)
        try:
            _wait_until_it_answers(server)
            yield server
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            if process.poll() is None:
                process.kill()
                process.wait()
            shutil.rmtree(home, ignore_errors=True)


def _wait_until_it_answers(server: Server) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError):
            server.get("api/status")
            return
        if server.process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError((server.home / "lab.log").read_text())


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Run a headless Chromium that reaches nothing but this machine."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        try:
            yield chromium
        finally:
            chromium.close()


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells."""
    import nbformat
    from nbformat import v4 as nb

    notebook = nb.new_notebook(
        cells=[nb.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, str(path))


def open_notebook(chromium: Any, server: Server, path: str, *, width: int = 1400, height: int = 1100) -> Any:
    """Open a notebook in a page of its own and wait until its kernel listens."""
    page = chromium.new_page(viewport={"width": width, "height": height})
    page.goto(f"{server.base}/lab/tree/{path}?reset&token={server.token}")
    page.wait_for_function(_READY, timeout=90_000)
    return page


def run_all(page: Any, *, timeout: float = 90_000) -> None:
    """Run > Run All Cells, and wait; a failing cell's traceback is raised."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    outcome = page.wait_for_function(_RAN, timeout=timeout).json_value()
    if outcome != "ok":
        raise AssertionError(f"a cell failed:\n{outcome}")


def restart_kernel(page: Any) -> None:
    """Kill the kernel and start another, as Kernel > Restart does, and wait until it listens."""
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.wait_for_function(_READY, timeout=90_000)


def serious_faults(page: Any, selector: str) -> list[str]:
    """The serious accessibility faults that axe finds in a part of the page; skips the test where axe is not installed."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `npm ci` in widgets/")
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(path=str(AXE))
    violations = page.evaluate("selector => axe.run(selector).then(found => found.violations)", selector)
    return [
        f"{each['id']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
        for each in violations
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


class Hands:
    """A reader's hands on the keyboard of the labeller in a page, and the eyes on it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.root = page.locator(".wbw-labeller").first
        self.foreign: list[str] = []  # what the page asked of anybody but the notebook's server
        page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if "127.0.0.1" not in request.url and not request.url.startswith(("blob:", "data:")):
            self.foreign.append(request.url)

    def run(self) -> None:
        """Run all cells, and wait for the first step."""
        run_all(self.page)
        self.page.locator(".wbw-step").first.wait_for()

    def focus(self) -> None:
        self.root.focus()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def saved(self) -> None:
        """Wait until everything said is on disk."""
        self.page.wait_for_function(
            "() => document.querySelector('.wbw-status').dataset.state === 'saved'", timeout=20_000
        )

    def says(self, text: str, *, timeout: float = 20_000) -> None:
        """Wait until the labeller says something."""
        self.page.wait_for_function(
            "text => document.querySelector('.wbw-labeller')?.textContent.includes(text)", arg=text, timeout=timeout
        )

    def where(self, number: int) -> None:
        """Wait until a session is shown."""
        self.says(f"Session {number} of ")
        self.page.wait_for_function("() => !document.querySelector('.wbw-labeller').hasAttribute('aria-busy')")

    def cells(self) -> int:
        return self.page.locator(".jp-Notebook .jp-Cell").count()
