"""One trace's spans: which of them speak for the agent's loop, and in which order."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

from workbench.evidence._merge import Merge, Origin, Ran
from workbench.evidence._messages import History, Message, argument_key, read_messages, said, tuple_new

__all__ = ["READ", "Event", "read_trace"]

READ: Final = (
    "trace_id", "span_id", "parent_id", "name", "kind", "status", "error_type", "error_message", "input", "output",
    "input_messages", "output_messages", "tool_name", "tool_call_id", "tool_arguments", "tool_result", "documents", "model",
)  # fmt: skip
_APART: Final = frozenset({"evaluator", "guardrail"})  # what happens inside them is not the agent's loop
_SILENT: Final = frozenset({"tool", "retrieval", "embedding", "reranker", "evaluator", "guardrail"})
_PLAYED: Final = frozenset({"llm", "tool", "retrieval", "other"})
_NEVER: Final = sys.maxsize


# Something that happened, after its place among the session's events: start, trace, rank in the tree, 1 at a span's end, inner
# ends first.
Event = tuple[tuple[int, int, int, int, int], Callable[[Merge], None]]


class _Node:
    """A span in its tree. What most spans have in common stands with the class: there are millions of them."""

    depth = 0
    scope = ""  # the tool inside which it happens: a sub-agent's conversation is not the user's
    apart = False
    leaf = True
    failed_inside = False

    def __init__(self, place: int, kind: str, start: int, up: _Node | None, rank: int, failed: bool) -> None:  # noqa: PLR0917 - quick
        self.place = place
        self.kind = kind
        self.start = start  # the span's, else its parent's
        self.up = up
        self.rank = rank
        self.failed = failed
        self.last_start, self.last_rank = start, rank  # of the last span inside


def read_trace(columns: dict[str, list[Any]], number: int, places: list[int], history: History) -> Iterator[Event]:
    """The events of the trace whose spans lie at `places`, the `number`-th of its session, whose calls `history` has read."""
    return _Reader(columns, number, places, history).events()


class _Reader:
    def __init__(self, columns: dict[str, list[Any]], number: int, places: list[int], history: History) -> None:
        self.columns = columns
        self.history = history
        self.number = number
        self.nodes = self._flat(places) or self._tree(places)
        self.heard: dict[int, tuple[list[Message], list[Message]]] = {}

    def value(self, name: str, node: _Node) -> Any:
        return self.columns[name][node.place]

    def _flat(self, places: list[int]) -> list[_Node] | None:
        """The nodes of a trace that is a root with its children and no more, as most are; null where it is another."""
        ids, parents, starts = self.columns["span_id"], self.columns["parent_id"], self.columns["start"]
        kinds, status = self.columns["kind"], self.columns["status"]
        first = places[0]
        if parents[first] is not None or starts[first] is None:
            return None
        own, up = ids[first], _Node(first, kinds[first] or "other", starts[first], None, 0, status[first] == "error")
        nodes = [up]
        scope, apart = own if up.kind == "tool" else "", up.kind in _APART
        for rank, place in enumerate(places[1:], 1):
            if parents[place] != own or ids[place] == own:
                return None
            start = starts[place]
            node = _Node(
                place, kinds[place] or "other", up.start if start is None else start, up, rank, status[place] == "error"
            )
            node.depth, node.scope, node.apart = 1, scope, apart
            nodes.append(node)
        up.leaf = len(nodes) == 1
        return nodes

    def _tree(self, places: list[int]) -> list[_Node]:
        """The nodes, parents before children; children in order of start."""
        ids, starts = self.columns["span_id"], self.columns["start"]
        kinds, status = self.columns["kind"], self.columns["status"]
        first = starts[places[0]]
        if first is None:
            first = next((starts[p] for p in places if starts[p] is not None), _NEVER)
        inside = _children(places, ids, self.columns["parent_id"])
        nodes: list[_Node] = []
        todo: list[tuple[int, _Node | None]] = [(place, None) for place in reversed(inside.pop(None, []))]
        while todo or inside:
            if not todo:  # spans that name one another as parents: begin anywhere
                todo.extend((place, None) for place in reversed(inside.pop(next(iter(inside)))))
            place, up = todo.pop()
            start = starts[place]
            if start is None:
                start = first if up is None else up.start
            node = _Node(place, kinds[place] or "other", start, up, len(nodes), status[place] == "error")
            if up is not None:
                node.depth = up.depth + 1
                up.leaf = False
                if up.kind == "tool":
                    node.scope = ids[up.place]
                elif up.scope:
                    node.scope = up.scope
                if up.apart or up.kind in _APART:
                    node.apart = True
            nodes.append(node)
            children = inside.pop(ids[place], None)
            if children is not None:
                todo += [(child, node) for child in reversed(children)]
        return nodes

    def origin(self, node: _Node) -> Origin:
        get, place = self.columns, node.place
        return tuple_new(
            Origin,
            (self.number, get["trace_id"][place], get["span_id"][place], get["start"][place], get["end"][place], get["model"][place]),
        )  # fmt: skip

    def error(self, node: _Node) -> str | None:
        """What a failed span says of its failure."""
        if not node.failed:
            return None
        kind, message = self.value("error_type", node), self.value("error_message", node)
        if kind and message and not message.startswith(kind):
            return f"{kind}: {message}"
        return message or kind or f"{self.value('name', node) or node.kind} failed without saying why"

    def events(self) -> Iterator[Event]:
        speakers = self._speakers()
        asked = any(m.role == "user" for node in speakers for m in self.heard[node.place][0])
        answered = any(self.heard[node.place][1] for node in speakers if not node.scope)
        asker = None if asked else self._outermost("input", "input_messages")
        answerer = None if answered else self._outermost("output", "output_messages")
        speaking = {node.place for node in speakers}
        if answerer is not None or any(node.failed for node in self.nodes):
            _close(self.nodes)
        number = self.number
        for node in self.nodes:
            if node.apart:
                continue
            if node is asker:
                yield (node.start, number, node.rank, 0, 0), self._ask(node)
            play = self._play(node, speaking) if node.kind in _PLAYED else None
            if play is not None:
                yield (node.start, number, node.rank, 0, 0), play
            if node is answerer:
                yield (node.last_start, number, node.last_rank, 1, -node.depth), self._answer(node)
            if node.failed and not node.failed_inside and not self._shown(node, speaking):
                closing = (node.last_start, number, node.last_rank, 1, -node.depth)
                yield closing, self._fail(node, self.error(node) or "")

    def _shown(self, node: _Node, speaking: set[int]) -> bool:
        """Whether a failure is told by a step of its own kind, or is not the agent's."""
        if node.kind == "llm":
            outer = node.up
            while outer is not None and outer.place not in speaking:
                outer = outer.up
            return node.place in speaking or outer is not None
        offstage = node.kind == "other" and self.value("tool_name", node) is not None  # a simulated user's own tools
        return node.kind in {"tool", "retrieval", "evaluator"} or offstage

    def _speakers(self) -> list[_Node]:
        """The model calls that say what the agent's loop was; of nested ones those that hold the answers."""
        calls = [node for node in self.nodes if node.kind == "llm" and not node.apart]
        read, asked, answers = self.history.read, self.columns["input_messages"], self.columns["output_messages"]
        for node in calls:
            place = node.place
            given, output = read(asked[place], answers[place])
            self.heard[place] = given, output or said(self.value("output", node), "assistant")
        inside: dict[int, list[_Node]] = {}
        for node in calls:
            up = node.up
            while up is not None:
                if up.kind == "llm":
                    inside.setdefault(up.place, []).append(node)
                up = up.up
        if not inside:
            return calls
        quiet: set[int] = set()
        for outer in calls:
            inner = inside.get(outer.place)
            if inner is None or outer.place in quiet:
                continue
            if self._says([outer]) > self._says(inner):
                quiet.update(node.place for node in inner)
            else:
                quiet.add(outer.place)
        return [node for node in calls if node.place not in quiet]

    def _says(self, calls: list[_Node]) -> tuple[int, bool]:
        """How many tool calls these model calls ask for, and whether they answer at all."""
        output = [message for node in calls for message in self.heard[node.place][1]]
        return sum(len(message.calls) for message in output), bool(output)

    def _outermost(self, text: str, messages: str) -> _Node | None:
        """The span nearest to the root that holds what was asked or answered."""
        best: _Node | None = None
        for node in self.nodes:
            if node.apart or node.scope or node.kind in _SILENT or (best is not None and best.depth <= node.depth):
                continue
            if self.value(messages, node) or (self.value(text, node) or "").strip() not in {"", "null", "{}", "[]"}:
                best = node
        return best

    def _play(self, node: _Node, speaking: set[int]) -> Callable[[Merge], None] | None:
        origin, error = self.origin(node), self.error(node) if node.failed else None
        if node.kind == "llm":
            if node.place not in speaking:
                return None
            given, output = self.heard[node.place]
            return lambda merge: merge.model_call(origin, node.scope, given, output, error)
        if node.kind == "tool":
            return self._tool(node, origin, error)
        if node.kind == "retrieval":
            asked = said(self.value("input", node), "user")
            query = asked[0].text if asked else None
            found = self.value("documents", node) or self.value("output", node)
            return lambda merge: merge.retrieve(origin, query, found, error)
        if node.leaf and not self._heard_back(node):
            # Messages that no model answered: the last words of a conversation.
            unanswered = read_messages(self.value("input_messages", node))
            return (lambda merge: merge.model_call(origin, node.scope, unanswered, [], None)) if unanswered else None
        return None

    def _heard_back(self, node: _Node) -> bool:
        return bool(self.value("output", node) or self.value("output_messages", node))

    def _tool(self, node: _Node, origin: Origin, error: str | None) -> Callable[[Merge], None] | None:
        name = self._tool_name(node)
        arguments = self.value("tool_arguments", node) or self.value("input", node)
        result = self.value("tool_result", node)
        result = result if result is not None else self.value("output", node)
        up = node.up
        while up is not None and up.kind != "tool":
            up = up.up
        if up is not None and self._tool_name(up) == name:
            outer = self.value("tool_arguments", up) or self.value("input", up)
            if outer is None or arguments is None or argument_key(outer) == argument_key(arguments):
                return None  # one call, seen by two instrumentations
        ran = Ran(name, self.value("tool_call_id", node), arguments, result, error)
        return lambda merge: merge.tool_call(origin, ran)

    def _tool_name(self, node: _Node) -> str:
        name = self.value("tool_name", node) or self.value("name", node) or "tool"
        return name.removeprefix("execute_tool ")

    def _ask(self, node: _Node) -> Callable[[Merge], None]:
        messages = read_messages(self.value("input_messages", node)) or said(self.value("input", node), "user")
        origin = self.origin(node)
        return lambda merge: merge.model_call(origin, "", messages, [], None)

    def _answer(self, node: _Node) -> Callable[[Merge], None]:
        messages = read_messages(self.value("output_messages", node)) or said(self.value("output", node), "assistant")
        origin = self.origin(node)
        return lambda merge: merge.reply(origin, messages)

    def _fail(self, node: _Node, error: str) -> Callable[[Merge], None]:
        origin = self.origin(node)
        return lambda merge: merge.fail(origin, error)


def _children(places: list[int], ids: list[str], parents: list[str | None]) -> dict[str | None, list[int]]:
    """The places inside each span; under None those whose parent is not there."""
    if len(places) == 1:
        return {None: places}
    known = {ids[place] for place in places}
    inside: dict[str | None, list[int]] = {}
    for place in places:
        parent = parents[place]
        if parent not in known or parent == ids[place]:
            parent = None
        found = inside.get(parent)
        if found is None:
            inside[parent] = [place]
        else:
            found.append(place)
    return inside


def _close(nodes: list[_Node]) -> None:
    """Where each span's inside ends, and whether something failed there."""
    for node in reversed(nodes):
        up = node.up
        if up is None:
            continue
        up.last_start, up.last_rank = max((up.last_start, up.last_rank), (node.last_start, node.last_rank))
        if (node.failed or node.failed_inside) and not node.apart:
            up.failed_inside = True
