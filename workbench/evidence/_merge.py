"""One session's spans, in order, become its steps: messages once, tool calls joined with their results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from workbench.evidence._messages import Call, Message, argument_key, soft_error
from workbench.evidence._threads import Threads

__all__ = ["Draft", "Merge", "Origin", "Ran"]


_PLACED: Final = '{"args":'  # arguments as a decorator keeps them, without names


class Origin(NamedTuple):
    """The span that a step is taken from; times are nanoseconds."""

    trace: int
    trace_id: str
    span_id: str
    start: int | None
    end: int | None
    model: str | None = None


class Draft:
    """A step while its session is being put together. What most steps have in common stands with the class."""

    tool_name: str | None = None
    call_id: str | None = None
    arguments: str | None = None
    result: str | None = None
    error: str | None = None
    asked: bool = False  # a message asks for this call
    ran: bool = False  # a span ran this call
    answered: bool = False  # a message brings the result
    argument_key: int = 0

    def __init__(
        self, kind: str, origin: Origin, text: str | None = None, model: str | None = None, *, timed: bool = False
    ) -> None:
        self.kind = kind
        self.origin = origin
        self.text = text
        self.model = model
        self.timed = timed  # the origin's duration is this step's own


def _tool(origin: Origin, name: str | None, call_id: str | None) -> Draft:
    step = Draft("tool", origin)
    step.tool_name, step.call_id = name, call_id
    return step


def _failure(step: Draft) -> Draft:
    step.error = step.text
    return step


class Ran(NamedTuple):
    """What a tool's span says of its call."""

    name: str
    call_id: str | None
    arguments: str | None
    result: str | None
    error: str | None


def _take(waiting: list[Draft], fits: Callable[[Draft], bool]) -> Draft | None:
    for i, step in enumerate(waiting):
        if fits(step):
            return waiting.pop(i)
    return None


class Merge:
    """The steps of one session, built span by span."""

    def __init__(self) -> None:
        """Begin empty."""
        self.steps: list[Draft] = []
        self._threads = Threads()
        self._unrun: list[Draft] = []  # asked for, no span yet
        self._unasked: list[Draft] = []  # ran, no message asked for it yet
        self._unanswered: list[Draft] = []  # no tool message yet
        self._asked: set[tuple[str, str, int]] = set()
        self._answered: set[str] = set()

    def model_call(
        self, origin: Origin, scope: str, messages: list[Message], output: list[Message], error: str | None
    ) -> None:
        """A model was given messages and said something, or failed."""
        thread, system, tail = self._threads.enter(scope, origin.trace, messages)
        if system is not None:
            self.steps.append(Draft("system", origin, text=system))
        for message in tail:
            told = self._as_asked(message, messages) if message.role == "tool" else message
            self._message(origin, scope, told, late=True)
        for message in output:
            self._message(origin, scope, message, late=False)
        self._threads.answered(thread, output)
        if error is not None:
            self.steps.append(_failure(Draft("error", origin, error, origin.model, timed=not output)))

    def reply(self, origin: Origin, messages: list[Message]) -> None:
        """The agent's answer, by a span that is no model call: one message, or the conversation that it ends."""
        if any(m.role == "user" for m in messages):
            self.model_call(origin, "", messages, [], None)
            return
        for message in messages:
            self._message(origin, "", message, late=True)
        self._threads.answered(self._threads.current(""), messages)

    def retrieve(self, origin: Origin, query: str | None, documents: str | None, error: str | None) -> None:
        """Documents were looked up."""
        step = Draft("retrieval", origin, query, timed=True)
        step.result, step.error = documents, error
        self.steps.append(step)

    def fail(self, origin: Origin, error: str) -> None:
        """A span failed that is neither a model call nor a tool."""
        self.steps.append(_failure(Draft("error", origin, error, timed=True)))

    def tool_call(self, origin: Origin, ran: Ran) -> None:
        """A tool ran; fills the step of the message that asked for it, or is a step of its own."""
        name, call_id, arguments, result, error = ran
        key = argument_key(arguments)
        step = None
        if self._unrun:
            step = self._asked_for(name, call_id, key if arguments is not None else None)
        if step is None:
            step = _tool(origin, name, call_id)
            self.steps.append(step)
            self._unasked.append(step)
            self._unanswered.append(step)
        step.origin, step.timed, step.ran = origin, True, True
        step.call_id = step.call_id or call_id
        if arguments is not None and not _says_more(step.arguments, arguments):
            step.arguments, step.argument_key = arguments, key
        if result is not None:
            step.result = result
        step.error = error

    def _asked_for(self, name: str, call_id: str | None, key: int | None) -> Draft | None:
        if call_id is not None:
            found = _take(self._unrun, lambda s: s.call_id == call_id)
            if found is not None:
                return found

        def free(step: Draft) -> bool:
            same = step.tool_name == name and (call_id is None or step.call_id is None)
            return same and not step.answered

        found = _take(self._unrun, lambda s: free(s) and (key is None or s.argument_key == key))
        return found or _take(self._unrun, free)

    def _message(self, origin: Origin, scope: str, message: Message, *, late: bool) -> None:
        role = message.role
        if role == "assistant":
            self._assistant(origin, message, late=late)
        elif role == "tool":
            self._result(origin, message)
        elif message.text.strip():
            # What an agent tells its sub-agent is an instruction; only a person's words begin a turn.
            kind = "system" if role == "system" or scope else "user"
            self.steps.append(Draft(kind, origin, text=message.text))

    def _assistant(self, origin: Origin, message: Message, *, late: bool) -> None:
        model = None if late else origin.model
        place = len(self.steps)
        calls: list[Draft] = []
        for call in message.calls:
            if call.call_id is not None:
                known = (call.call_id, call.name, call.key)
                if late and known in self._asked:
                    continue  # a history handed on to another agent
                self._asked.add(known)
            step = self._ran_before(call, late=late)
            if step is None:
                step = _tool(origin, call.name, call.call_id)
                self._unrun.append(step)
                self._unanswered.append(step)
                calls.append(step)
            else:
                place = min(place, self.steps.index(step))
            step.asked, step.model = True, model
            step.call_id = step.call_id or call.call_id
            if step.arguments is None:
                step.arguments, step.argument_key = call.arguments, call.key
        self.steps.extend(calls)
        if message.text.strip():
            self.steps.insert(place, Draft("assistant", origin, message.text, model, timed=not late))

    def _ran_before(self, call: Call, *, late: bool) -> Draft | None:
        if not self._unasked:
            return None
        if call.call_id is not None:
            found = _take(self._unasked, lambda s: s.call_id == call.call_id)
            if found is not None:
                return found
        if not late:
            return None

        def free(step: Draft) -> bool:
            return step.tool_name == call.name and (call.call_id is None or step.call_id is None)

        found = _take(self._unasked, lambda s: free(s) and s.argument_key == call.key)
        return found or _take(self._unasked, free)

    def _as_asked(self, result: Message, history: list[Message]) -> Message:
        """A result by the id that its call had when it was made: the answer and the history may have one each."""
        number = result.call_id
        if number is None or number in self._answered or any(s.call_id == number for s in self._unanswered):
            return result
        asked = next((c for m in history for c in m.calls if c.call_id == number), None)
        if asked is None:
            return result
        here = {call.call_id for message in history for call in message.calls}
        for step in self._unanswered:
            same = (step.tool_name, step.argument_key) == (asked.name, asked.key)
            if same and step.asked and step.call_id not in here:
                return result._replace(call_id=step.call_id)
        return result

    def _result(self, origin: Origin, message: Message) -> None:
        step = self._waiting(message)
        if message.call_id is not None:
            if step is None and message.call_id in self._answered:
                return
            self._answered.add(message.call_id)
        if step is None:
            step = _tool(origin, message.name, message.call_id)
            self.steps.append(step)
        step.answered = True
        if step.result is None:
            step.result = message.text

    def _waiting(self, message: Message) -> Draft | None:
        waiting = self._unanswered
        if message.call_id is not None:
            found = _take(waiting, lambda s: s.call_id == message.call_id)
            if found is not None:
                return found

        def free(step: Draft) -> bool:
            named = message.name is None or step.tool_name == message.name
            return named and (message.call_id is None or step.call_id is None)

        found = _take(waiting, lambda s: free(s) and s.result is None)
        return found or _take(waiting, free)

    def finish(self) -> list[Draft]:
        """The steps, with what their results say about errors."""
        self._hoist()
        for step in self.steps:
            if step.kind == "tool" and step.error is None:
                step.error = soft_error(step.result)
        return self.steps

    def _hoist(self) -> None:
        """Put what the user said before what was looked up for the first model call that brings it."""
        spoken: set[int] = set()
        for i, step in enumerate(self.steps):
            trace = step.origin.trace
            if step.kind not in {"user", "assistant"} or trace in spoken:
                continue
            spoken.add(trace)
            if step.kind == "assistant":
                continue
            first = i  # the system prompt that came with it moves along
            while first and self.steps[first - 1].kind == "system" and self.steps[first - 1].origin is step.origin:
                first -= 1
            before = first
            while before and self.steps[before - 1].origin.trace == trace and _unprompted(self.steps[before - 1]):
                before -= 1
            self.steps[before : i + 1] = self.steps[first : i + 1] + self.steps[before:first]


def _says_more(asked: str | None, ran: str) -> bool:
    """Whether the message names the arguments of which the tool's span tells only the values."""
    if asked is None or asked[:1] != "{" or asked[-1:] != "}" or ran.startswith('"{'):
        return False  # arguments that do not parse are told as text by the one, and as JSON text by the other
    return ran[:1] != "{" or (ran.startswith(_PLACED) and not asked.startswith(_PLACED))


def _unprompted(step: Draft) -> bool:
    return step.kind in {"retrieval", "error"} or (step.kind == "tool" and not step.asked)
