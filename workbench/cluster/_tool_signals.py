"""What went wrong between the agent and its tools: errors, repeats, wrong arguments, results that say otherwise."""

from __future__ import annotations

import datetime as dt
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
    dates,
    first_matching,
    flat,
    identifiers,
    is_write,
    money,
    numbers,
    shape,
)

__all__ = ["tool_signals"]

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
    r"^(?:false|no|none|denied|declined|rejected|failed|expired|cancell?ed|unavailable|ineligible|not_\w+|out_of_\w+|inactive|blocked|closed|pending)$",
    re.IGNORECASE,
)
_EMPTY: Final = re.compile(
    r"^\s*(?:\[\s*\]|\{\s*\}|null|none|\"\"|no (?:results?|match\w*|records?|documents?)\b.*|0 results?.*)?\s*$",
    re.IGNORECASE,
)
_LIMIT: Final = re.compile(
    r"(?:up to|at most|maximum(?: of)?|max\.?|no more than|not exceed(?:ing)?|exceeds?|above|over|more than|limit(?: of| is|ed to)?)\s+[$€£¥]\s?(\d[\d,]*(?:\.\d+)?)",
    re.IGNORECASE,
)
_WINDOW: Final = re.compile(r"within (\d{1,3}) (?:calendar |business )?days?", re.IGNORECASE)
_DATED: Final = re.compile(
    r"updat|modif|valid|effective|expire|until|revis|publish|version|date|as_of|last", re.IGNORECASE
)
_UNTIL: Final = re.compile(r"until|expire|valid_to|end", re.IGNORECASE)
_SUPERSEDED: Final = any_of(
    r"superseded",
    r"archived?",
    r"outdated",
    r"deprecated",
    r"no longer (?:valid|applies|in force)",
    r"replaced by",
    r"legacy",
    r"obsolete",
    r"old version",
)
_OLD_DAYS: Final = 365
_MANY: Final = 3
_LARGE: Final = 10.0


def error_class(text: str) -> str:
    """The kind of a tool's error, so that the same cause meets across tools."""
    return next((name for name, pattern in _ERROR_CLASS if pattern.search(text)), "other")


def tool_signals(talk: Talk) -> Iterator[Signal]:
    """Every sign that the agent and its tools disagree, in the order of the steps where it can be."""
    yield from _errors(talk)
    yield from _repeats(talk)
    yield from _arguments(talk)
    yield from _results(talk)
    yield from _rules(talk)
    yield from _documents(talk)


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
    same = Counter((s.tool, s.arguments) for s in talk.tools)
    for (tool, arguments), count in same.items():
        if count < 2:  # noqa: PLR2004 - a pair is the first repeat
            continue
        last = [s for s in talk.tools if (s.tool, s.arguments) == (tool, arguments)][-1]
        results = {s.result for s in talk.tools if (s.tool, s.arguments) == (tool, arguments)}
        often = "many times" if count > _MANY else "again"
        outcome = "the same result" if len(results) == 1 else "another result"
        yield Signal(last.number, f"same call {often} with {outcome}", f"{tool} {arguments}")
    for (tool, turn), count in Counter((s.tool, s.turn) for s in talk.tools).items():
        if count > _MANY + 1:
            last = [s for s in talk.tools if s.tool == tool and s.turn == turn][-1]
            yield Signal(last.number, "one tool over and over in a turn", f"{tool} {last.arguments}")


def _arguments(talk: Talk) -> Iterator[Signal]:
    known = identifiers(talk.system)
    values = numbers(talk.system)
    named: dict[str, set[str]] = {}
    latest: dict[str, str] = {}
    for step in talk.steps:
        if step.kind == "user":
            for found in identifiers(step.text):
                named.setdefault(shape(found), set()).add(found)
                latest[shape(found)] = found
            known |= identifiers(step.text)
            values |= numbers(step.text) | set(money(step.text))
        elif step.kind == "tool":
            used = identifiers(step.arguments)
            write = is_write(step.tool)
            for one in sorted(used):
                said = named.get(shape(one), set())
                if one not in known:
                    yield Signal(step.number, "identifier from nowhere", _call(step))
                elif write and said and one not in said:
                    yield Signal(step.number, "acted on another one than the user named", _call(step))
                elif write and len(said) > 1 and latest.get(shape(one)) != one:
                    yield Signal(step.number, "acted on an earlier one of those the user named", _call(step))
            if write:
                asked = {
                    float(v) for _, v in flat(step.arguments) if isinstance(v, int | float) and not isinstance(v, bool)
                }
                if any(value >= _LARGE and not _derivable(value, values) for value in asked):
                    yield Signal(step.number, "amount from nowhere", _call(step))
            known |= identifiers(step.result)
            values |= numbers(step.result)
        elif step.kind == "retrieval":
            known |= identifiers(step.result)
            values |= numbers(step.result)


def _derivable(value: float, known: set[float]) -> bool:
    if any(abs(value - k) < 0.006 for k in known):  # noqa: PLR2004 - half a cent
        return True
    some = sorted(known)[-60:]
    return any(
        abs(abs(a - b) - value) < 0.006 or abs(a + b - value) < 0.006 for a, b in itertools.combinations(some, 2)
    )  # noqa: PLR2004


def _results(talk: Talk) -> Iterator[Signal]:
    for step in talk.tools:
        reply = talk.reply_after(step)
        if _EMPTY.match(step.result) and not step.error:
            yield Signal(step.number, "empty result", _call(step))
            if reply is not None and not ADMITS.search(reply.text) and (claim := first_matching(reply.text, CLAIMS)):
                yield Signal(reply.number, "success claimed after an empty result", claim)
        refusals = [(key, value) for key, value in talk.facts(step) if _is_no(value)]
        if not refusals:
            continue
        acted = next(
            (s for s in talk.tools if s.number > step.number and s.turn == step.turn and is_write(s.tool)), None
        )
        if acted is not None and not is_write(step.tool):
            yield Signal(acted.number, "acted although a result said no", _call(acted))
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


def _is_no(value: Any) -> bool:
    return value is False or (isinstance(value, str) and bool(_NO.match(value)))


def _rules(talk: Talk) -> Iterator[Signal]:
    rules = "\n".join([talk.system, *(s.result for s in talk.steps if s.kind == "retrieval")])
    limits = [float(found.replace(",", "")) for found in _LIMIT.findall(rules)]
    windows = [int(found) for found in _WINDOW.findall(rules)]
    for step in talk.tools:
        if not is_write(step.tool) or step.error:
            continue
        amounts = [float(v) for _, v in flat(step.arguments) if isinstance(v, int | float) and not isinstance(v, bool)]
        if limits and any(amount > min(limits) for amount in amounts):
            yield Signal(step.number, "amount over a stated limit", _call(step))
        today = step.at.date() if step.at is not None else None
        seen = [day for s in talk.before(step, "tool") for day in dates(s.result)]
        if windows and today and any(_OLD_DAYS >= (today - day).days > max(windows) for day in seen):
            yield Signal(step.number, "outside a stated period", _call(step))
        if "confirm" in talk.system.lower() and not any(
            True for s in talk.before(step, "assistant") if s.text and "?" in s.text
        ):
            yield Signal(step.number, "acted without asking for confirmation", _call(step))


def _documents(talk: Talk) -> Iterator[Signal]:
    for step in talk.steps:
        if step.kind != "retrieval":
            continue
        if _EMPTY.match(step.result):
            yield Signal(step.number, "nothing retrieved", step.text)
            continue
        old = first_matching(step.result, _SUPERSEDED)
        if old is not None:
            yield Signal(step.number, "stale document retrieved", old[:300])
            continue
        today = step.at.date() if step.at is not None else None
        for key, value in talk.facts(step):
            days = dates(value) if isinstance(value, str) else []
            if today and days and _DATED.search(f"{key} {value}" if key in {"content", "text"} else key):
                limit = 0 if _UNTIL.search(key) else _OLD_DAYS
                if today - min(days) > dt.timedelta(days=limit):
                    yield Signal(step.number, "stale document retrieved", f"{key}: {value}"[:300])
                    break


def _call(step: Step) -> str:
    return f"{step.tool} {step.arguments}".strip()
