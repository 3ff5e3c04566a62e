"""A server that speaks the OpenAI chat protocol on this machine, and answers what a test wants."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Call", "ChatStandIn", "chat_standin", "refusal", "tool_answer"]

Call = dict[str, Any]
Reply = tuple[int, dict[str, str], Any] | None
"""Status, headers, JSON or raw text; None: no answer at all."""


class ChatStandIn:
    """What was asked, and how to answer it: `reply(body, number)`, the number counting calls from 1."""

    def __init__(self, reply: Callable[[Call, int], Reply]) -> None:
        self.reply = reply
        self.calls: list[Call] = []
        self.headers: list[dict[str, str]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self.address = ""
        self.over = threading.Event()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
        with self._lock:
            self.calls.append(body)
            self.headers.append({name.lower(): value for name, value in handler.headers.items()})
            number = len(self.calls)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            time.sleep(0.01)
            found = self.reply(body, number)
            if found is None:
                self.over.wait(20)
                return
            status, headers, said = found
            raw = (said if isinstance(said, str) else json.dumps(said)).encode()
            handler.send_response(status)
            for name, value in {"content-type": "application/json", "content-length": str(len(raw)), **headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(raw)
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            with self._lock:
                self._at_once -= 1

    def prompts(self) -> list[str]:
        """The user's part of every call."""
        return [
            next(m["content"] for m in call["messages"] if m["role"] == "user" and isinstance(m["content"], str))
            for call in self.calls
        ]


@contextmanager
def chat_standin(reply: Callable[[Call, int], Reply]) -> Generator[ChatStandIn]:
    """A running stand-in; its address is `standin.address`."""
    standin = ChatStandIn(reply)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            standin.answer(self)

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    standin.address = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield standin
    finally:
        standin.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def tool_answer(body: Call, values: dict[str, Any] | str) -> Reply:
    """An answer in the form that was asked for."""
    name = body["tools"][0]["function"]["name"]
    arguments = values if isinstance(values, str) else json.dumps(values)
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return 200, {}, _completion({"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls")


def _completion(message: dict[str, Any], finish: str) -> dict[str, Any]:
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "standin",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }


def refusal() -> Reply:
    """The provider's own refusal."""
    return 200, {}, _completion({"role": "assistant", "content": None, "refusal": "I cannot help with that."}, "stop")
