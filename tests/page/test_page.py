"""A queue as a page: what its server shows to whom, what it refuses, and what is left when it ends."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench as wb
from workbench.errors import InputError, UnknownNameError, WorkbenchError
from workbench.label import Protocol
from workbench.page import Page
from workbench.widgets import Labeller
from workbench.workspace._page import show_page

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
HOSTILE = "first '); import os\n{{ 7 * 7 }}"


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wb.Workspace]:
    opened = wb.open(tmp_path_factory.mktemp("page") / "ws")
    opened.load(SAMPLE / "baseline.jsonl")
    opened.queue(HOSTILE, n=2, protocol=Protocol(reviewers=("ana", "ben")))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def page(ws: wb.Workspace) -> Iterator[Page]:
    pytest.importorskip("voila", reason="Voilà is not installed: pip install 'trace-workbench[page]'")
    with ws.open_page(HOSTILE, reviewer="ana") as opened:
        yield opened
    assert opened.wait() == 0


def asked(page: Page, path: str, *, token: bool = True, method: str = "GET") -> int:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    base, key = page.address.split("?token=")
    headers = {"Authorization": f"token {key}"} if token else {}
    request = urllib.request.Request(base + path, headers=headers, method=method)
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=20) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code


def test_it_listens_on_this_machine_only_and_shows_nothing_without_the_token(page: Page) -> None:
    assert page.address.startswith("http://127.0.0.1:")
    assert asked(page, "", token=False) == 302  # to where a token is asked for
    assert asked(page, "api/kernels/0-0-0-0-0/channels", token=False) == 403
    assert repr(page).startswith(f"ana reads {HOSTILE!r} at http://127.0.0.1:")
    assert "{{ 7 * 7 }}" in page._repr_html_()


def test_there_are_no_files_terminals_or_kernels_to_be_had(page: Page) -> None:
    for path in ("voila/files/page.json", "voila/files/queue.ipynb", "voila/files/log", "voila/static/..%2fapp.py"):
        assert asked(page, path) == 403
    for path in ("api/contents", "api/terminals", "api/sessions", "api/kernels", "voila/tree", "lab", "tree"):
        assert asked(page, path) == 302  # as every unknown name: to the files, of which there are none
        assert asked(page, f"voila/files/{path}") == 403
        assert asked(page, path, method="POST") in (403, 405)


def test_the_settings_are_for_nobody_else_and_gone_with_the_server(ws: wb.Workspace) -> None:
    pytest.importorskip("voila")
    with ws.open_page(HOSTILE, reviewer="ben") as opened:
        command = Path(f"/proc/{opened.pid}/cmdline")
        if not command.exists():
            pytest.skip("what a process was started with is read from /proc")
        words = command.read_text().split("\0")
        folder = Path(words[3])
        assert folder.stat().st_mode & 0o077 == 0
        assert not any(opened.address.split("token=")[1] in word for word in words)
    assert not folder.exists()


def test_it_ends_with_the_process_that_wanted_it(ws: wb.Workspace) -> None:
    pytest.importorskip("voila")
    code = (
        "import os, workbench as wb\n"
        f"page = wb.open({str(ws.store.folder)!r}).open_page({HOSTILE!r}, reviewer='ana')\n"
        "print(page.pid, flush=True)\nos._exit(0)"
    )
    pid = int(subprocess.check_output([sys.executable, "-c", code], text=True))
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.2)
    pytest.fail("the server outlives who started it")


def test_a_port_that_is_taken_an_address_that_is_elsewhere_and_a_stranger_are_refused(ws: wb.Workspace) -> None:
    pytest.importorskip("voila")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(WorkbenchError, match="the page's server ended with code 1"):
            ws.open_page(HOSTILE, reviewer="ana", port=taken.getsockname()[1])
    before = set(Path(tempfile.gettempdir()).glob("workbench-page-*/"))
    with pytest.raises(InputError, match=r"0\.0\.0\.0 is all of them"):
        ws.open_page(HOSTILE, reviewer="ana", host="192.0.2.1")
    assert not [
        each for each in set(Path(tempfile.gettempdir()).glob("workbench-page-*/")) - before if not any(each.iterdir())
    ]
    with pytest.raises(UnknownNameError, match="no reviewer of this queue named 'eve'"):
        ws.open_page(HOSTILE, reviewer="eve")
    with pytest.raises(UnknownNameError, match="no queue named 'frist'"):
        ws.open_page("frist", reviewer="ana")


def test_without_voila_it_says_how_to_get_it(ws: wb.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"pip install 'trace-workbench\[page\]'"):
        ws.open_page(HOSTILE, reviewer="ana")


def test_the_page_is_the_labeller_or_a_sentence_on_why_there_is_none(ws: wb.Workspace, tmp_path: Path) -> None:
    said = {"workspace": str(ws.store.folder), "database": None, "queue": HOSTILE, "reviewer": "ana", "role": "general"}
    settings = tmp_path / "page.json"
    settings.write_text(json.dumps({**said, "keys": {"pass": "y"}}))
    shown = show_page(settings)
    assert isinstance(shown, Labeller)
    assert (shown.page, shown.title, len(shown.ids), shown.keymap["pass"]) == (True, HOSTILE, 2, "y")
    settings.write_text(json.dumps({**said, "keys": {}, "queue": "<b>gone</b>"}))
    assert "This queue cannot be opened: no queue named &#x27;&lt;b&gt;gone&lt;/b&gt;&#x27;" in show_page(settings).data
