"""What went wrong between the agent and its tools: errors, repeats, wrong arguments, results that say otherwise."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from workbench.cluster._heard import Figures
from workbench.cluster._talk import Earlier, Signal, Step, Talk
from workbench.cluster._values import any_of, first_matching, flat, is_write, shape

__all__ = ["ADMITS", "EMPTY", "OTHER", "amounts", "call_text", "error_class", "tool_signals"]

_CLASSES: Final = (
    (
        "held back by a guardrail",
        r"content.?(?:filter|policy|management|moderation)|guard.?rails?\b|safety.(?:filter|system|polic)|responsible.?ai",
    ),
    ("time-out", r"time[d]?[ -]?out|deadline|took too long|\b504\b"),
    ("limit reached", r"rate.?limit|too many requests|quota|\b429\b"),
    ("no permission", r"permission|forbidden|unauthori[sz]ed|denied|not allowed|\b40[13]\b"),
    ("not found", r"not found|no such|does not exist|unknown|missing|\b404\b"),
    ("invalid input", r"invalid|malformed|validation|must be|expected|required|bad request|type.?error|\b4(?:22|00)\b"),
    ("conflict", r"conflict|already|duplicate|locked|\b409\b"),
    ("unavailable", r"unavailable|connection|network|refused|internal|server error|\b50[023]\b"),
)
_ERROR_CLASS: Final = [(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _CLASSES]
ADMITS: Final = any_of(
    r"unable", r"could ?n['\u2019]?t", r"could not", r"can ?not", r"can['\u2019]t", r"fail(?:ed|s|ure)", r"errors?", r"unfortunately",
    r"problem", r"issues?", r"trouble", r"try again", r"did ?n['\u2019]?t (?:work|go)", r"not (?:able|possible|available|found)",
    r"(?:not|n['\u2019]t)(?: have| be)?(?: an?)? (?:enough|sufficient)", r"insufficient",
    r"went wrong", r"unavailable", r"no (?:record|results?)",
)  # fmt: skip
CLAIMS: Final = any_of(
    r"(?:has|have) (?:now )?been (?:successfully )?\w+(?:ed|nt|de|pt|ld)", r"successfully", r"all (?:set|done)", r"i['\u2019]ve (?:\w+ )?\w+ed",
    r"i have (?:\w+ )?\w+ed", r"is (?:now )?(?:done|complete|completed|confirmed|booked|cancell?ed|updated|active|set up|on its way)",
    r"done", r"confirmed", r"(?:was|were) (?:successfully )?(?:processed|issued|updated|cancell?ed|sent|created|submitted|applied|fixed)",
    r"you(?:['\u2019]ll| will) (?:see|receive|get)", r"taken care of",
)  # fmt: skip
NEGATION: Final = any_of(
    r"not",
    r"no",
    r"never",
    r"none",
    r"neither",
    r"without",
    r"\w+n['\u2019]t",
    r"unable",
    r"unfortunately",
    r"cannot",
    r"in",
    r"unless",
)
_NO: Final = re.compile(
    r"^(?:denied|declined|rejected|failed|expired|cancell?ed|unavailable|ineligible|not_\w+|out_of_\w+|inactive|blocked|closed|(?:pending|queued|waiting|on_hold|partial)\w*|\w+_(?:review|approval))$",
    re.IGNORECASE,
)
_BARE: Final = frozenset({"no", "none", "false"})
_OUTCOME: Final = re.compile(
    r"^ok$|succe|status|state|result|outcome|allow|eligib|avail|approv|valid|found|possib|permit|confirm|complet|done|accept|grant|refundable|cancell?able|changeable|in_?stock|paid|able$|enabled|connected|working",
    re.IGNORECASE,
)
EMPTY: Final = re.compile(
    r"^\s*(?:(?:\[\s*\]|\{\s*\}|null|none|\"\")\s*|(?:no (?:results?|match\w*|records?|documents?)\b|0 results?).*(?:\n\s*)?)?$",
    re.IGNORECASE,
)
OTHER: Final = "other"
_THINKS: Final = re.compile(r"think|thought|reflect|reason|plan|note|scratch|memo|log(?![a-z])", re.IGNORECASE)
_OPEN: Final = any_of(r"whether", r"if", r"should", r"ensure", r"make sure", r"important")
_PROGRAM: Final = re.compile(r"\n.*[=(;{]")  # several lines of code name things of their own
_PART: Final = re.compile(r"[a-z]+")
_STEM: Final = 6  # letters
_MANY: Final = 3
_LARGE: Final = 10.0
_OWN: Final = re.compile(r"user|customer|account|session|tenant|sku", re.IGNORECASE)


def error_class(text: str) -> str:
    """The kind of a tool's error, so that the same cause meets across tools."""
    return next((name for name, pattern in _ERROR_CLASS if pattern.search(text)), OTHER)


def tool_signals(talk: Talk) -> Iterator[Signal]:
    """Every sign that the agent and its tools disagree, in the order of the steps where it can be."""
    yield from _errors(talk)
    yield from _repeats(talk)
    yield from _arguments(talk)
    yield from _results(talk)


def _errors(talk: Talk) -> Iterator[Signal]:
    tries: defaultdict[tuple[str, int], list[Step]] = defaultdict(list)
    worked: dict[tuple[str, int], int] = {}
    for step in talk.tools:
        tries[step.tool, step.turn].append(step)
        if not step.error:
            worked[step.tool, step.turn] = step.number
    for step in talk.steps:
        if not step.error:
            continue
        said = step.error.removeprefix("in result: ")
        kind = error_class(said)
        yield Signal(step.number, f"tool error, {kind}" if step.kind == "tool" else f"error, {kind}", said)
        if step.kind != "tool":
            continue
        if worked.get((step.tool, step.turn), step.number) > step.number:
            yield Signal(step.number, "a later try worked", said)
            continue
        later = _next(tries[step.tool, step.turn], step)
        if later is not None and later.arguments == step.arguments:
            yield Signal(later.number, "failed call tried again unchanged", said)
        yield _said_of_error(talk, step, said)


def _said_of_error(talk: Talk, step: Step, said: str) -> Signal:
    reply = talk.reply_after(step)
    if reply is None:
        return Signal(step.number, "nothing said after a tool error", said)
    claim, admission = first_matching(reply.text, CLAIMS), first_matching(reply.text, ADMITS)
    if admission is not None:
        return Signal(reply.number, "tool error admitted", admission)
    if claim is not None:
        return Signal(reply.number, "success claimed after a tool error", claim)
    return Signal(reply.number, "tool error passed over", (talk.sentences(reply.text) or [""])[0])


def _next(steps: list[Step], step: Step) -> Step | None:
    """The first of sorted steps that comes after one."""
    place = bisect_right(steps, step.number, key=lambda s: s.number)
    return steps[place] if place < len(steps) else None


def _repeats(talk: Talk) -> Iterator[Signal]:
    same: defaultdict[tuple[str, str], list[Step]] = defaultdict(list)
    for step in talk.calls:
        same[step.tool, step.arguments].append(step)
    for (tool, arguments), calls in same.items():
        if len(calls) < 2:  # noqa: PLR2004 - a pair is the first repeat
            continue
        often = "many times" if len(calls) > _MANY else "again"
        outcome = "the same result" if len({s.result for s in calls}) == 1 else "another result"
        yield Signal(calls[-1].number, f"same call {often} with {outcome}", f"{tool} {arguments}")
    run = 0
    for before, step in itertools.pairwise(talk.calls):
        run = run + 1 if (before.tool, before.turn) == (step.tool, step.turn) else 0
        if run == _MANY - 1:
            yield Signal(step.number, "one tool over and over", call_text(step))


def _arguments(talk: Talk) -> Iterator[Signal]:
    known = set(talk.identifiers(talk.system))
    values, wanted = Figures(), _Wanted(talk)
    values.add(talk.numbers(talk.system))
    for step in talk.steps:
        if step.kind == "tool" and is_write(step.tool):
            yield from _whom(step, known, wanted)
            if any(amount >= _LARGE and not values.bear_out(amount) for amount in amounts(step)):
                yield Signal(step.number, "amount from nowhere", call_text(step))
        if step.kind in {"user", "tool", "retrieval"}:
            known |= talk.identifiers(step.text) | talk.identifiers(step.result)
            values.add([*talk.numbers(step.text), *talk.money(step.text), *talk.numbers(step.result)])


class _Wanted:
    """What the user named and the agent read before a call: in all, and in the turn of the call."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self._earlier = Earlier(talk.steps)
        self._named: defaultdict[str, set[str]] = defaultdict(set)  # by shape
        self._named_in: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
        self._read_in: defaultdict[int, set[str]] = defaultdict(set)
        self._asked_in: defaultdict[int, set[str]] = defaultdict(set)  # words
        self._unread: list[Step] = []
        self._lists: defaultdict[str, dict[str, Step]] = defaultdict(dict)  # the results, each once, that list a record

    def before(self, step: Step) -> None:
        """Take in what lies before a call."""
        for past in self._earlier.than(step):
            if past.kind == "user":
                for one in self.talk.identifiers(past.text):
                    self._named[shape(one)].add(one)
                    self._named_in[past.turn, shape(one)].add(one)
                self._asked_in[past.turn] |= self.talk.words(past.text)
            elif past.kind in {"tool", "retrieval"}:
                self._read_in[past.turn] |= self.talk.identifiers(past.result)
            if past.kind == "tool":
                self._unread.append(past)

    def like(self, one: str) -> set[str]:
        """Identifiers of one's kind that the user named."""
        return self._named.get(shape(one), set())

    def like_now(self, one: str, turn: int) -> set[str]:
        """Identifiers of one's kind that the user named in a turn."""
        return self._named_in.get((turn, shape(one)), set())

    def read_now(self, one: str, turn: int) -> bool:
        """Whether the agent read it in a turn."""
        return one in self._read_in.get(turn, ())

    def fits_less(self, one: str, turn: int) -> bool:
        """Whether the request's words describe another record, of a list that the agent had read, better than the chosen one."""
        for source in self._unread:
            rows = self.talk.records(source)
            for row in rows if len(rows) > 1 else ():
                for each in self.talk.identifiers(row):
                    self._lists[each][source.result] = source
        self._unread = []
        asked = self._asked_in.get(turn, set())
        for source in self._lists.get(one, {}).values():
            mine, others = [0], [0]
            for row in self.talk.records(source):
                (mine if one in self.talk.identifiers(row) else others).append(len(self.talk.words(row) & asked))
            if max(others) > max(mine):
                return True
        return False


def _whom(step: Step, known: set[str], wanted: _Wanted) -> Iterator[Signal]:
    """Whether a change is made to the thing that the user spoke of."""
    wanted.before(step)
    for key, value in flat(step.arguments):
        if not isinstance(value, str) or _OWN.search(key) or _PROGRAM.search(value):
            continue
        for one in sorted(wanted.talk.identifiers(value)):
            alike, alike_now = wanted.like(one), wanted.like_now(one, step.turn)
            read_now = wanted.read_now(one, step.turn)
            if one not in known:
                yield Signal(step.number, "identifier from nowhere", call_text(step))
            elif alike_now and one not in alike_now:
                yield Signal(step.number, "acted on another one than the user named", call_text(step))
            elif alike and not alike_now and not read_now and one not in alike:
                yield Signal(step.number, "acted on one that the user never named", call_text(step))
            elif len(alike) > 1 and not alike_now and not read_now:
                yield Signal(step.number, "acted on one from an earlier turn", call_text(step))
            if not alike_now and wanted.fits_less(one, step.turn):
                yield Signal(step.number, "another one fits the request better", call_text(step))


def amounts(step: Step) -> list[float]:
    """The numbers that a call was given."""
    return [float(v) for _, v in flat(step.arguments) if isinstance(v, int | float) and not isinstance(v, bool)]


def _results(talk: Talk) -> Iterator[Signal]:
    writes: defaultdict[int, list[Step]] = defaultdict(list)
    done: dict[int, dict[str, int]] = defaultdict(dict)  # turn → the changes that went through, each with its last step
    granted: set[tuple[int, str, str]] = set()  # what a tool said is so of one thing while it is not of another
    for step in talk.tools:
        if is_write(step.tool):
            writes[step.turn].append(step)
            if not step.error:
                done[step.turn][step.tool] = step.number
        granted |= {(step.turn, step.tool, key) for key, value in talk.facts(step) if value is True}
    for step in talk.tools:
        reply = talk.reply_after(step)
        # A tool that takes down a thought has nothing to answer.
        if EMPTY.match(step.result) and not step.error and not _THINKS.match(step.tool):
            yield Signal(step.number, "empty result", call_text(step))
            if reply is not None and not ADMITS.search(reply.text) and (claim := first_matching(reply.text, CLAIMS)):
                yield Signal(reply.number, "success claimed after an empty result", claim)
        refusals = [
            (key, value)
            for key, value in talk.facts(step)
            if _is_no(key, value, step.tool) and not (value is False and (step.turn, step.tool, key) in granted)
        ]
        later = [tool for tool, number in done[step.turn].items() if number > step.number] if refusals else []
        refusals = [(key, value) for key, value in refusals if not any(_brings_about(tool, key) for tool in later)]
        if not refusals:
            continue
        acted = _next(writes[step.turn], step)
        if acted is not None and not is_write(step.tool):
            yield Signal(acted.number, "acted although a result said no", call_text(acted))
        if reply is not None:
            yield from _said_of_refusal(talk, step, reply, refusals)


def _said_of_refusal(talk: Talk, step: Step, reply: Step, refusals: list[tuple[str, Any]]) -> Iterator[Signal]:
    for key, value in refusals:
        stem = re.compile(r"\b" + re.escape(re.split(r"[_\W]+", key)[-1][:6] or key), re.IGNORECASE)
        said = (s for s in talk.sentences(reply.text) if stem.search(s))
        against = next((s for s in said if not NEGATION.search(s) and not _OPEN.search(s)), None)
        told = value is not False and str(value).lower() not in _BARE and str(value).lower() in reply.text.lower()
        if against is not None and not told and str(value).lower() not in against.lower():
            yield Signal(reply.number, "answer says otherwise than the result", against)
            return
    claim = first_matching(reply.text, CLAIMS)
    if is_write(step.tool) and claim is not None and not ADMITS.search(reply.text):
        yield Signal(reply.number, "success claimed although the result said no", claim)


def _brings_about(tool: str, key: str) -> bool:
    """Whether a change makes so what was not: `enable_roaming` what ``roaming_enabled`` says, not what ``refundable`` does."""
    wanted = {word[:_STEM] for word in _PART.findall(key.lower())}
    return len(wanted) > 1 and wanted <= {word[:_STEM] for word in _PART.findall(tool.lower())}


def _is_no(key: str, value: Any, tool: str) -> bool:
    if value is False or (isinstance(value, str) and value.lower() in _BARE):
        return bool(_OUTCOME.search(key))  # "insurance: no" is a fact, "approved: no" an answer
    # "cancelled" is what a tool that cancels should say.
    return isinstance(value, str) and bool(_NO.match(value)) and value[:5].lower() not in tool.lower()


def call_text(step: Step) -> str:
    """A call as it is quoted."""
    return f"{step.tool} {step.arguments}".strip()
