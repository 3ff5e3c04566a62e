"""What a reader can ask for beside the sessions: who else reads, when to stop, the spans, the codebook."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, cast

from workbench.widgets._session import encode

__all__ = ["Services", "span_tree"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What stands behind the labeller beside `fetch` and `save`; what is None is not offered in the page.

    Parameters
    ----------
    hold
        Given the session id and the id of its draw, reserves it for the reader; returns None, or one sentence on why it is not to
        be read now ("somebody else has this one …").
    stopping
        Given whether segments are wanted, returns ``sentence`` and ``rows`` (one a segment, plain values).
    spans
        Given the session id, returns its spans: ``trace_id``, ``span_id``, ``parent_id``, ``name``, ``kind``, ``start``, ``end``, ``status``.
    codebook
        Returns ``sentence``, ``modes`` (``name``, ``definition``, ``count``, ``sessions``: pairs of id and note that
        this reader may see, ``reread``: how many) and ``reread`` (``session_id``,
        ``failure_mode``, ``why``).
    edit
        Takes one edit (``kind``, ``name``, ``into``, ``definition``, ``assignment``, ``reason``) and returns the codebook as it then stands.
    suggest
        Returns ``groups`` of open notes: ``name``, ``notes`` (pairs of session id and note).

    Examples
    --------
    >>> from workbench.widgets import Services
    >>> Services(hold=lambda session_id, draw_id: None).offered
    ['hold']
    """

    hold: Callable[[str, str | None], str | None] | None = None
    stopping: Callable[[bool], Mapping[str, Any]] | None = None
    spans: Callable[[str], Iterable[Mapping[str, Any]]] | None = None
    codebook: Callable[[], Mapping[str, Any]] | None = None
    edit: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    suggest: Callable[[], Mapping[str, Any]] | None = None

    @property
    def offered(self) -> list[str]:
        """What the page may ask for."""
        return [each.name for each in fields(self) if getattr(self, each.name) is not None]

    @property
    def slow(self) -> frozenset[str]:
        """What may take longer than a reader waits for a save: it is asked of a thread of its own."""
        return frozenset(self.offered) - {"hold"}

    def answer(
        self, kind: str, content: Mapping[str, Any], session_id: str, draw_id: str | None
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Answer one question of the page by the service of its name."""
        if kind == "hold" and self.hold is not None:
            return {"taken": self.hold(session_id, draw_id)}, []
        body: Any = None
        if kind == "stopping" and self.stopping is not None:
            body = self.stopping(bool(content.get("segments")))
        elif kind == "spans" and self.spans is not None:
            body = span_tree(self.spans(session_id))
        elif kind == "codebook" and self.codebook is not None:
            body = self.codebook()
        elif kind == "edit" and self.edit is not None:
            body = self.edit(cast("Mapping[str, Any]", content["edit"]))
        elif kind == "suggest" and self.suggest is not None:
            body = self.suggest()
        return {}, [encode(body)]


def span_tree(spans: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The spans of a session from the root down, each before its children, with depth and place in time.

    A span whose parent is not there, or that is its own ancestor, stands at the top.

    Parameters
    ----------
    spans
        Rows with the columns of `schema.SPANS` that `Services.spans` names.

    Returns
    -------
    list of dict
        ``span`` ("trace_id/span_id"), ``name``, ``kind``, ``depth`` (from 0), ``kids`` (how many children), ``start`` (seconds from the
        start of its root, or None), ``seconds`` (or None), ``failed``.
    """
    rows = sorted(spans, key=lambda row: (row.get("start") is None, row.get("start") or _EARLY))
    known = {(row.get("trace_id"), row.get("span_id")) for row in rows}
    below: defaultdict[tuple[Any, Any] | None, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        above = (row.get("trace_id"), row.get("parent_id"))
        below[above if above in known and row.get("parent_id") != row.get("span_id") else None].append(row)
    told: list[dict[str, Any]] = []
    done: set[tuple[Any, Any]] = set()

    def walk(top: Iterable[Mapping[str, Any]]) -> None:
        waiting = [(row, 0, row.get("start")) for row in reversed(list(top))]
        while waiting:
            row, depth, began = waiting.pop()
            key = (row.get("trace_id"), row.get("span_id"))
            if key in done:
                continue
            done.add(key)
            kids = below.get(key, [])
            told.append(_told(row, depth, len(kids), began))
            waiting.extend((kid, depth + 1, began) for kid in reversed(kids))

    walk(below[None])
    walk(rows)  # what is only reached in a circle
    return told


_EARLY = dt.datetime.min.replace(tzinfo=dt.UTC)


def _told(row: Mapping[str, Any], depth: int, kids: int, began: dt.datetime | None) -> dict[str, Any]:
    start, end = cast("dt.datetime | None", row.get("start")), cast("dt.datetime | None", row.get("end"))
    return {
        "span": f"{row.get('trace_id')}/{row.get('span_id')}",
        "name": str(row.get("name") or row.get("kind") or "span")[:200],
        "kind": str(row.get("kind") or ""),
        "depth": depth,
        "kids": kids,
        "start": None if start is None or began is None else max(0.0, (start - began).total_seconds()),
        "seconds": None if start is None or end is None else max(0.0, (end - start).total_seconds()),
        "failed": row.get("status") == "error",
    }
