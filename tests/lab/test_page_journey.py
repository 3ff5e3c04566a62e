"""A queue as a page of its own, in a real Chromium: what a domain expert does who has no notebook, and what she cannot do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from lab.labdriver import ROOT, browser, need_a_browser, serious_faults

import workbench as wb

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SAMPLE = ROOT / "data" / "sample"
NAME = 'first </script><script>window.pwned=1</script> "read" \'; import os'
_RUN = """([kernel, path]) => new Promise(done => {
  const header = type => ({msg_id: type, session: 's', username: 'u', date: new Date().toISOString(), msg_type: type, version: '5.3'});
  const heard = [];
  const socket = new WebSocket(`ws://${location.host}/api/kernels/${kernel}/channels?session_id=s`);
  socket.onmessage = message => { if (typeof message.data === 'string') heard.push(JSON.parse(message.data)); };
  socket.onopen = () => {
    const send = (type, content, channel) => socket.send(JSON.stringify({header: header(type), parent_header: {}, metadata: {}, content, channel, buffers: []}));
    const code = `open(${JSON.stringify(path)}, 'w').close()`;
    send('execute_request', {code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false}, 'shell');
    send('execute_request', {code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false}, 'control');
    send('kernel_info_request', {}, 'shell');
  };
  const asked = setInterval(() => {
    const replies = heard.filter(each => each.parent_header?.session === 's').map(each => each.msg_type);
    if (!replies.includes('kernel_info_reply')) return;
    clearInterval(asked); socket.close(); done(replies);
  }, 50);
})"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    need_a_browser()
    pytest.importorskip("voila", reason="Voilà is not installed: pip install 'trace-workbench[page]'")
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wb.Workspace]:
    opened = wb.open(tmp_path_factory.mktemp("page") / "support agent")
    opened.load(SAMPLE / "baseline.jsonl")
    opened.queue(NAME, n=5)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def served(ws: wb.Workspace) -> Iterator[tuple[str, psutil.Process]]:
    # Whoever runs the tests in the background has told processes to ignore Ctrl+C.
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from workbench.cli import main; main()"
    command = [sys.executable, "-c", code, "queue", "open", NAME, "--reviewer", "ana", "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    process = subprocess.Popen(
        [*command, "-w", str(ws.store.folder)], stdout=subprocess.PIPE, text=True, env=environment, cwd=ws.store.folder
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/\?token=[\w-]+", process.stdout.readline())
        assert found is not None
        (server,) = psutil.Process(process.pid).children()
        yield found[0], server
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert not server.is_running()
    finally:
        process.kill()
        process.communicate()


def says(page: Any, text: str, *, timeout: float = 30_000) -> None:
    page.wait_for_function(
        "text => document.querySelector('.wbw-labeller')?.textContent.includes(text)", arg=text, timeout=timeout
    )


def saved(page: Any) -> None:
    page.wait_for_function("() => document.querySelector('.wbw-status').dataset.state === 'saved'", timeout=20_000)


def opened(page: Any) -> None:
    page.locator(".wbw-step").first.wait_for(timeout=60_000)
    page.wait_for_function("() => document.activeElement === document.querySelector('.wbw-labeller')")


def read(page: Any, number: int, *keys: str) -> None:
    says(page, f"Session {number} of 5")
    page.wait_for_function("() => !document.querySelector('.wbw-labeller').hasAttribute('aria-busy')")
    for key in keys:
        page.keyboard.press(key)


def test_an_expert_reads_a_queue_through_a_reload_and_a_killed_kernel(
    chromium: Any, ws: wb.Workspace, served: tuple[str, psutil.Process]
) -> None:
    address, server = served
    page = chromium.new_page(viewport={"width": 1300, "height": 900})
    foreign: list[str] = []
    page.on(
        "request",
        lambda request: (
            request.url.startswith((address.split("?")[0], "ws://127.0.0.1", "data:", "blob:"))
            or foreign.append(request.url)
        ),
    )
    page.goto(address)
    opened(page)
    assert page.title() == f"{NAME} · ana"
    assert page.evaluate("() => document.querySelector('.wbw-labeller').getBoundingClientRect().height") == 900
    for number in (1, 2, 3):
        read(page, number, "f" if number == 2 else "p", "Enter")
    read(page, 4)
    saved(page)
    assert sorted(ws.labels(reviewer="ana")["verdict"]) == ["fail", "pass", "pass"]

    page.reload()
    opened(page)
    says(page, "3 of 5 done")
    kernel = page.evaluate("() => JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
    pwned = ws.store.folder / "pwned"
    replies = page.evaluate(_RUN, [kernel, str(pwned)])  # no code of a visitor is run, whichever way it is sent
    assert "execute_reply" not in replies
    assert not pwned.exists()

    running = max(server.children(), key=psutil.Process.create_time)  # the one of before the reload goes a while later
    running.send_signal(signal.SIGKILL)
    says(page, "the kernel is not answering: nothing can be saved. Reload this page to go on.", timeout=8_000)
    read(page, 4, "f")
    says(page, "1 change is kept in this page and sent again.")
    page.reload()
    opened(page)
    saved(page)
    assert ws.labels(reviewer="ana").height == 4
    read(page, 5, "p", "Enter")
    says(page, "All 5 are read: 3 pass, 2 fail. When it says saved below, this page may be closed.")
    saved(page)
    page.reload()
    opened(page)
    says(page, "All 5 are read: 3 pass, 2 fail.")
    assert page.evaluate("() => window.pwned") is None
    assert foreign == []
    page.close()


def test_the_page_is_the_visitors_light_or_dark_accessible_and_shut_without_the_token(
    chromium: Any, served: tuple[str, psutil.Process]
) -> None:
    address, _ = served
    found: dict[str, tuple[list[str], int]] = {}
    for scheme in ("light", "dark"):
        context = chromium.new_context(color_scheme=scheme, bypass_csp=True)  # axe is put into the page
        page = context.new_page()
        page.goto(address)
        opened(page)
        back = page.evaluate("() => getComputedStyle(document.querySelector('.wbw-labeller')).backgroundColor")
        found[scheme] = (serious_faults(page, ".wbw-labeller"), max(map(int, re.findall(r"\d+", back)[:3])))
        context.close()
    assert found["light"] == ([], 255)
    assert found["dark"] == ([], 17)
    page = chromium.new_page()
    page.goto(address.split("?")[0])
    assert "/login" in page.url
    assert page.locator(".wbw-labeller").count() == 0
    page.close()
