"""How a widget's Python half answers its browser half: by messages with an id, one at a time, errors told."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import anywidget

from workbench.errors import InputError

__all__ = ["Talking", "copied"]


def copied(value: Any, _widget: object) -> Any:
    """Send a copy of a trait: the thread that saves may write while another one sends."""
    return value.copy()


class Talking(anywidget.AnyWidget):
    """A widget whose browser half asks questions; every question is answered, with what was wrong if need be."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        # JupyterLab delivers messages on a kernel subshell, another thread than that of the cells, and the first ones
        # on the main thread: the callbacks are called one at a time whichever it is.
        self._one_at_a_time = threading.Lock()
        self._aside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="workbench-aside")
        self.on_msg(self._heard)  # pyright: ignore[reportUnknownMemberType] - ipywidgets has no types

    def _answer(self, kind: str, content: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        """Answer one question; what is raised goes to the browser."""
        msg = f"the browser half asked for {kind!r}, which this version does not know: reload the page ({len(content)} fields)"
        raise InputError(msg)

    def _can_wait(self, kind: str) -> bool:  # noqa: ARG002 - what comes of it is up to each widget
        """Whether a question is one that no save may wait for: it is answered beside, after the others of its sort."""
        return False

    def _heard(self, _widget: object, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        to = {"to": content.get("id")}
        if content.get("kind") == "ping":  # answered at once, whatever is being written
            self._tell(to)
            return
        kind = str(content.get("kind"))
        if self._can_wait(kind):
            self._aside.submit(contextvars.copy_context().run, self._reply, to, kind, content)
            return
        with self._one_at_a_time:
            self._reply(to, kind, content)

    def _reply(self, to: Mapping[str, Any], kind: str, content: Mapping[str, Any]) -> None:
        try:
            answer, buffers = self._answer(kind, content)
        except Exception as error:  # noqa: BLE001 - nothing above would show it: errors in a message reach no cell
            self._tell({**to, "error": _told(error)})
        else:
            self._tell({**answer, **to}, buffers)

    def _tell(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.send(content, buffers or [])  # pyright: ignore[reportUnknownMemberType] - ipywidgets has no types

    def _repr_html_(self) -> str:
        """Show the state where no widget can be shown: exported pages, repositories' previews."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shown = cast("Any", super()._repr_mimebundle_(**kwargs))  # pyright: ignore[reportUnknownMemberType]
        data, metadata = cast("tuple[dict[str, Any], dict[str, Any]]", shown or ({}, {}))
        return {**data, "text/plain": repr(self), "text/html": self._repr_html_()}, metadata


def _told(error: Exception) -> str:
    """An error as the reader of the widget sees it: the project's own are sentences already."""
    text = str(error) or "no message"
    return text if type(error).__module__ == "workbench.errors" else f"{type(error).__name__}: {text}"
