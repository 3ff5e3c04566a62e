"""What went wrong between the agent and its tools: errors, repeats, wrong arguments, results that say otherwise."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from workbench.cluster._mask import sentences
from workbench.cluster._talk import (
    Signal,
    Step,
    Talk,
    any_of,
    content_words,
    first_matching,
    flat,
    identifiers,
    is_write,
    money,
    numbers,
    shape,
)

__all__ = ["ADMITS", "EMPTY", "OTHER", "amounts", "call_text", "derivable", "error_class", "tool_signals"]

_CLASSES: Final = (
    ("time-out", r"time[d]?[ -]?out|deadline|took too long|504"),
    ("limit reached", r"rate.?limit|too many requests|quota|429"),
    ("no permission", r"permission|forbidden|unauthori[sz]ed|denied|not allowed|40[13]"),
    ("not found", r"not found|no such|does not exist|unknown|missing|404"),
    ("invalid input", r"invalid|malformed|validation|must be|expected|required|bad request|type.?error|422|400"),
    ("conflict", r"conflict|already|duplicate|locked|409"),
    ("unavailable", r"unavailable|connection|network|refused|internal|server error|50[023]"),
)
_ERROR_CLASS: Final = [(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _CLASSES]
ADMITS: Final = any_of(
    r"unable", r"could ?n['\u2019]?t", r"could not", r"can ?not", r"can['\u2019]t", r"fail(?:ed|s|ure)", r"errors?", r"unfortunately",
    r"problem", r"issues?", r"trouble", r"try again", r"did ?n['\u2019]?t (?:work|go)", r"not (?:able|possible|available|found)",
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
    r"^\s*(?:\[\s*\]|\{\s*\}|null|none|\"\"|no (?:results?|match\w*|records?|documents?)\b.*|0 results?.*)?\s*$",
    re.IGNORECASE,
)
OTHER: Final = "other"
_MANY: Final = 3
_LARGE: Final = 10.0
_CENT: Final = 0.006
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
    for step in talk.steps:
        if not step.error:
            continue
        said = step.error.removeprefix("in result: ")
        kind = error_class(said)
        yield Signal(step.number, f"tool error, {kind}" if step.kind == "tool" else f"error, {kind}", said)
        if step.kind != "tool":
            continue
        later = [s for s in talk.tools if s.number > step.number and s.tool == step.tool and s.turn == step.turn]
        if any(not s.error for s in later):
            yield Signal(step.number, "a later try worked", said)
            continue
        if later and later[0].arguments == step.arguments:
            yield Signal(later[0].number, "failed call tried again unchanged", said)
        reply = talk.reply_after(step)
        if reply is None:
            yield Signal(step.number, "nothing said after a tool error", said)
            continue
        claim, admission = first_matching(reply.text, CLAIMS), first_matching(reply.text, ADMITS)
        if admission is not None:
            yield Signal(reply.number, "tool error admitted", admission)
        elif claim is not None:
            yield Signal(reply.number, "success claimed after a tool error", claim)
        else:
            yield Signal(reply.number, "tool error passed over", (sentences(reply.text) or [""])[0])


def _repeats(talk: Talk) -> Iterator[Signal]:
    same = Counter((s.tool, s.arguments) for s in talk.calls)
    for (tool, arguments), count in same.items():
        if count < 2:  # noqa: PLR2004 - a pair is the first repeat
            continue
        last = [s for s in talk.calls if (s.tool, s.arguments) == (tool, arguments)][-1]
        results = {s.result for s in talk.calls if (s.tool, s.arguments) == (tool, arguments)}
        often = "many times" if count > _MANY else "again"
        outcome = "the same result" if len(results) == 1 else "another result"
        yield Signal(last.number, f"same call {often} with {outcome}", f"{tool} {arguments}")
    run = 0
    for before, step in itertools.pairwise(talk.calls):
        run = run + 1 if (before.tool, before.turn) == (step.tool, step.turn) else 0
        if run == _MANY - 1:
            yield Signal(step.number, "one tool over and over", call_text(step))


def _arguments(talk: Talk) -> Iterator[Signal]:
    known = identifiers(talk.system)
    values = numbers(talk.system)
    for step in talk.steps:
        if step.kind == "tool" and is_write(step.tool):
            yield from _whom(talk, step, known)
            if any(amount >= _LARGE and not derivable(amount, values) for amount in amounts(step)):
                yield Signal(step.number, "amount from nowhere", call_text(step))
        if step.kind in {"user", "tool", "retrieval"}:
            known |= identifiers(step.text) | identifiers(step.result)
            values |= numbers(step.text) | set(money(step.text)) | numbers(step.result)


def _whom(talk: Talk, step: Step, known: set[str]) -> Iterator[Signal]:
    """Whether a change is made to the thing that the user spoke of."""
    in_turn = [s for s in talk.before(step, "user", "tool", "retrieval") if s.turn == step.turn]
    asked = " ".join(s.text for s in in_turn if s.kind == "user")
    named_now, named = identifiers(asked), {i for s in talk.before(step, "user") for i in identifiers(s.text)}
    read_now = {i for s in in_turn if s.kind != "user" for i in identifiers(s.result)}
    for key, value in flat(step.arguments):
        for one in sorted(identifiers(value)) if isinstance(value, str) and not _OWN.search(key) else []:
            alike = {i for i in named if shape(i) == shape(one)}
            alike_now = {i for i in named_now if shape(i) == shape(one)}
            if one not in known:
                yield Signal(step.number, "identifier from nowhere", call_text(step))
            elif alike_now and one not in alike_now:
                yield Signal(step.number, "acted on another one than the user named", call_text(step))
            elif alike and not alike_now and one not in read_now and one not in alike:
                yield Signal(step.number, "acted on one that the user never named", call_text(step))
            elif len(alike) > 1 and not alike_now and one not in read_now:
                yield Signal(step.number, "acted on one from an earlier turn", call_text(step))
            if not alike_now and _fits_less(talk, step, one, content_words(asked)):
                yield Signal(step.number, "another one fits the request better", call_text(step))


def _fits_less(talk: Talk, step: Step, one: str, asked: set[str]) -> bool:
    """Whether the request's words describe another record, of a list that the agent had read, better than the chosen one."""
    for source in talk.before(step, "tool"):
        rows = talk.records(source)
        mine = [words for ids, words in rows if one in ids]
        if len(rows) < 2 or not mine:  # noqa: PLR2004 - one record leaves no choice
            continue
        others = [len(words & asked) for ids, words in rows if one not in ids]
        if others and max(others) > max(len(words & asked) for words in mine):
            return True
    return False


def amounts(step: Step) -> list[float]:
    """The numbers that a call was given."""
    return [float(v) for _, v in flat(step.arguments) if isinstance(v, int | float) and not isinstance(v, bool)]


def derivable(value: float, known: set[float]) -> bool:
    """Whether a figure was there before, or is the sum or difference of two that were."""
    if any(abs(value - k) < _CENT for k in known):
        return True
    some = sorted(known)[-60:]
    return any(
        abs(abs(a - b) - value) < _CENT or abs(a + b - value) < _CENT for a, b in itertools.combinations(some, 2)
    )


def _results(talk: Talk) -> Iterator[Signal]:
    for step in talk.tools:
        reply = talk.reply_after(step)
        if EMPTY.match(step.result) and not step.error:
            yield Signal(step.number, "empty result", call_text(step))
            if reply is not None and not ADMITS.search(reply.text) and (claim := first_matching(reply.text, CLAIMS)):
                yield Signal(reply.number, "success claimed after an empty result", claim)
        refusals = [(key, value) for key, value in talk.facts(step) if _is_no(key, value, step.tool)]
        if not refusals:
            continue
        acted = next(
            (s for s in talk.tools if s.number > step.number and s.turn == step.turn and is_write(s.tool)), None
        )
        if acted is not None and not is_write(step.tool):
            yield Signal(acted.number, "acted although a result said no", call_text(acted))
        if reply is None:
            continue
        for key, value in refusals:
            stem = re.compile(r"\b" + re.escape(re.split(r"[_\W]+", key)[-1][:6] or key), re.IGNORECASE)
            against = next((s for s in sentences(reply.text) if stem.search(s) and not NEGATION.search(s)), None)
            if against is not None and str(value).lower() not in against.lower():
                yield Signal(reply.number, "answer says otherwise than the result", against)
                break
        else:
            claim = first_matching(reply.text, CLAIMS)
            if is_write(step.tool) and claim is not None and not ADMITS.search(reply.text):
                yield Signal(reply.number, "success claimed although the result said no", claim)


def _is_no(key: str, value: Any, tool: str) -> bool:
    if value is False or (isinstance(value, str) and value.lower() in _BARE):
        return bool(_OUTCOME.search(key))  # "insurance: no" is a fact, "approved: no" an answer
    # "cancelled" is what a tool that cancels should say.
    return isinstance(value, str) and bool(_NO.match(value)) and value[:5].lower() not in tool.lower()


def call_text(step: Step) -> str:
    """A call as it is quoted."""
    return f"{step.tool} {step.arguments}".strip()
