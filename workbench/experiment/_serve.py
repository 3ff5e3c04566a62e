"""A recorded world at an address of this machine, for agents that are programs: they ask it as they would ask their tools."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Protocol, cast

__all__ = ["Replayed", "plain_task"]

_LONGEST: Final = 16 * 1024 * 1024  # bytes of one call
_POLL: Final = 0.02  # seconds


class Replayed(Protocol):
    """A recorded world as tools, as `workbench.world.Replay`."""

    @property
    def tools(self) -> tuple[str, ...]: ...
    @property
    def served(self) -> int: ...
    @property
    def refused(self) -> int: ...
    def __call__(self, tool_name: str, arguments: object = None) -> dict[str, Any]: ...
    def told(self, served: int, refused: int) -> None: ...


@contextmanager
def plain_task(task: Mapping[str, Any]) -> Generator[dict[str, Any]]:
    """The task as JSON can hold it: a world in it stands at an address while the agent works."""
    if "world" not in task:
        yield dict(task)
        return
    world: Replayed = task["world"]
    path = f"/{secrets.token_urlsafe(24)}"  # no other program of this machine can guess it
    server = _Server(world, path)
    thread = threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True, name="workbench-world")
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}{path}"
        yield {**task, "world": {"url": address, "tools": list(world.tools)}}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, world: Replayed, path: str) -> None:
        self.world = world
        self.path = path
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - a caller that hung up is no news
        return


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = cast("_Server", self.server)
        if not secrets.compare_digest(self.path.encode(), server.path.encode()):
            self._say(404, {"error": "no such world"})
            return
        length = self.headers.get("Content-Length", "0")
        try:
            call: Any = json.loads(self.rfile.read(min(int(length), _LONGEST)))
            name, arguments = str(call["name"]), call.get("arguments")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self._say(400, {"error": 'expected a call as JSON: {"name": "find_order", "arguments": {"id": 7}}'})
            return
        self._say(200, server.world(name, arguments))

    def _say(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002 - as http.server names it
        return
