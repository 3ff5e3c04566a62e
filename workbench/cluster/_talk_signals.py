"""What went wrong between the agent and the user: push-back, repeats, questions asked again, claims nobody checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from workbench.cluster._heard import Alike, Figures
from workbench.cluster._talk import Earlier, Signal, Talk
from workbench.cluster._tool_signals import ADMITS
from workbench.cluster._values import any_of, first_matching, is_write

__all__ = ["talk_signals"]

_PUSHBACK: Final = (
    ("user said it before", any_of(
        r"(?:i|we) (?:just |already )+(?:said|told|gave|mentioned|sent|wrote|provided|explained|answered)", r"as i (?:said|mentioned|wrote)", r"like i said",
        r"i (?:said|told you|mentioned|gave you)", r"(?:see|read|scroll) (?:above|up)", r"(?:earlier|before) in (?:this|the|our) (?:chat|conversation)", r"you already (?:have|know|asked)",
    )),
    ("user asked for something else", any_of(
        r"(?:that['\u2019]?s|this is|it['\u2019]?s|is) not what i (?:asked|meant|wanted|need\w*)", r"not my question", r"(?:did ?n['\u2019]?t|not) answer(?:ed|ing)? my",
        r"i (?:asked|was asking|am asking|meant|wanted)", r"(?:did ?n['\u2019]?t|not) ask(?:ed|ing)? (?:for|about|you)", r"different question", r"my question (?:was|is)", r"instead of",
    )),
    ("user saw that it was not done", any_of(
        r"(?:still|yet) (?:not|no|have ?n['\u2019]?t|has ?n['\u2019]?t|says?|shows?|did ?n['\u2019]?t|waiting|the same)", r"nothing (?:has )?(?:changed|happened|arrived|came)", r"(?:did|has|have|was) ?n['\u2019]?t (?:been |go |get )?(?:work|done|change|arrive|come|receive|happen|through)\w*",
        r"not (?:working|done|changed|fixed|there|received)", r"you (?:said|told me|promised) (?:it|that|you)",
    )),
    ("user said the wrong one was taken", any_of(
        r"wrong (?:order|one|item|account|person|address|file|flight|date|product|thing)", r"not (?:that|this) (?:one|order|item|account|file)", r"the other (?:one|order|item|account)", r"that['\u2019]?s not mine",
    )),
    ("user doubted the answer", any_of(
        r"are you sure", r"that['\u2019]?s (?:wrong|not right|incorrect|not true|not correct|odd|strange|false)", r"(?:is|are|was) (?:wrong|incorrect|not right|outdated|old)", r"does ?n['\u2019]?t (?:sound|look|seem) right",
        r"(?:website|site|page|app|email|mail|receipt) (?:says|shows|said)", r"makes no sense", r"contradict\w*", r"i do ?n['\u2019]?t think",
    )),
    ("user refused", re.compile(
        r"^\s*(?:no[,.! ](?!\s*(?:problem|worries|rush|hurry|need|thank|that['\u2019]?s (?:all|it|everything|fine)|i['\u2019]?m (?:good|fine|all set)|nothing))|nope|stop\b|don['\u2019]?t\b|wait\b)",
        re.IGNORECASE,
    )),
    ("user was upset", any_of(
        r"ridiculous", r"useless", r"frustrat\w+", r"annoy\w+", r"terrible", r"waste of", r"unacceptable", r"come on", r"seriously", r"forget it", r"never ?mind", r"(?:speak|talk) to (?:a|someone|somebody) (?:human|person|else|real|manager|supervisor)?",
    )),
)  # fmt: skip
_ASKS: Final = any_of(
    r"(?:could|can|would|may) (?:you|i) (?:please )?(?:provide|give|share|tell|confirm|send|have|get|specify|let)", r"please (?:provide|share|give|tell|send|confirm|specify|let me know)",
    r"what(?:['\u2019]s| is| are) (?:the|your)", r"which", r"(?:i['\u2019]ll|i will|i) need (?:your|the|to know)", r"do you have (?:the|your)", r"may i (?:have|ask)",
)  # fmt: skip
_SLOTS: Final = (
    (
        "identifier",
        re.compile(
            r"\b(?:number|id|reference|code)\b|\b(?:which|(?:what(?:['\u2019]s| is)|give|tell|provide|share|send|confirm|have|need)(?: me| us)? (?:the|your)) (?:order|booking|reservation)\b",
            re.IGNORECASE,
        ),
    ),
    ("email", re.compile(r"\be-?mail\b", re.IGNORECASE)),
    ("date", re.compile(r"\bdates?\b|\bwhen\b", re.IGNORECASE)),
    ("amount", re.compile(r"\bamount|how much|budget", re.IGNORECASE)),
)
_KIND: Final = re.compile(
    r"\b(order|booking|reservation|user|account|customer|ticket|tracking|invoice|flight|case|card)s?\b", re.IGNORECASE
)
_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+\.\w+")
_DID: Final = re.compile(
    r"\bI(?:['\u2019]ve| have)(?: now| just| successfully| also)* (?:\w+ed|sent|made|put|set|done)\b|\b(?:has|have) (?:now |just )?been (?:successfully )?(?!asked|informed|charged|shipped|delivered|received|scanned)\w+ed\b",
    re.IGNORECASE,
)
_ONLY_SAID: Final = re.compile(
    r"\b(?:reviewed|checked|looked|verified|confirmed|noted|received|understood|found|located|identified|added|attached|included|listed|explained|mentioned)\b",
    re.IGNORECASE,
)
_LOOKED_UP: Final = re.compile(
    r"\b(?:authenticated|retrieved|pulled|gathered|searched|calculated|compared|analy[sz]ed|accessed)\b", re.IGNORECASE
)
# Looked for one after another: as one pattern, a long sentence that says them often would take for ever.
_IF_YOU: Final = re.compile(r"\bif you(?:['\u2019]d|['\u2019]re)?\b", re.IGNORECASE)
_ANYTHING: Final = re.compile(
    r"\b(?:anything|any (?:\w+ )?(?:questions?|requests?|changes|concerns|assistance|help))", re.IGNORECASE
)
_NEED: Final = re.compile(r"\b(?:need|require|want|like)\b", re.IGNORECASE)
_HELP: Final = re.compile(r"\b(?:help|assistance)", re.IGNORECASE)
_DECLINES: Final = any_of(
    r"(?:i|we)(?:['\u2019]m| am| are)? (?:unable|not able|not allowed|can ?not|can['\u2019]t) (?:to )?(?:help|assist|do|process|make|provide|offer|complete|change|cancel|modify|access|\w+)"
)
HANDS_OVER: Final = any_of(
    r"transfer(?:red|ring)?(?: you)? to",
    r"(?:connect|pass|put|forward|refer|hand)\w*\b[^.?!]{0,60}\bhuman (?:agent|representative)",
    r"escalat\w+",
    r"specialist",
    r"a colleague will",
    r"(?:opened|raised|filed|created) (?:a |the )?(?:support )?ticket",
    r"(?:our|the) (?:team|colleagues|support) will",
)
_HANDING: Final = re.compile(
    r"transfer_?to_?(?:a_?)?(?:human|person|agent|live)|escalat|hand_?(?:off|over)", re.IGNORECASE
)
_SORRY: Final = any_of(
    r"apologi[sz]e",
    r"sorry (?:for|about) (?:the|that|this|my|any)",
    r"my mistake",
    r"you['\u2019]re right",
    r"i (?:misread|misunderstood|mixed up|overlooked)",
)
_DAYS: Final = re.compile(
    r"(?<!\d)(?:(\d+)[ -](?:business |working |calendar )?(days?|hours?|weeks?|months?|years?|%)|(\d+(?:\.\d+)?)(%))",
    re.IGNORECASE,
)
_SAME: Final = 0.5
_ENOUGH: Final = 4
_LONG: Final = 5
_REPEATED: Final = 0.7


def talk_signals(talk: Talk) -> Iterator[Signal]:
    """Every sign in the words of user and agent, and in how the session ended."""
    yield from _pushback(talk)
    yield from _asked_again(talk)
    yield from _claims(talk)
    yield from _figures(talk)
    yield from _ending(talk)


def _pushback(talk: Talk) -> Iterator[Signal]:
    first = talk.users[0].number if talk.users else 0
    earlier, requests = Earlier(talk.users), Alike(_SAME)
    for step in talk.users:
        if step.number == first:
            continue
        for name, pattern in _PUSHBACK:
            found = first_matching(step.text, pattern)
            if found is not None:
                yield Signal(step.number, name, found)
        for past in earlier.than(step):
            requests.add(talk.words(past.text))
        words = talk.words(step.text)
        if len(words) >= _ENOUGH and requests.like(words):
            yield Signal(step.number, "user repeated the request", (talk.sentences(step.text) or [""])[0])


class _Given:
    """What the user has told so far: identifiers, and the kinds of them, and whether an email, a date, an amount."""

    def __init__(self) -> None:
        self.named: set[str] = set()
        self.slots: set[str] = set()
        self._kinds: set[str] = set()

    def take(self, talk: Talk, text: str) -> None:
        """Take in what the user said."""
        self.named |= talk.identifiers(text)
        for sentence in talk.sentences(text) if talk.identifiers(text) else ():
            if talk.identifiers(sentence):
                self._kinds |= _kinds(sentence)
        here = (talk.identifiers(text), _EMAIL.search(text), talk.dates(text), talk.money(text))
        self.slots |= {slot for (slot, _), found in zip(_SLOTS, here, strict=True) if found}

    def same_kind(self, asked: str) -> bool:
        """Whether the identifier asked for is of the kind that was given: "order" where an order's number was, not a user's."""
        kinds = _kinds(asked)
        return not kinds or not self._kinds or bool(kinds & self._kinds)


def _kinds(text: str) -> set[str]:
    return {found.lower() for found in _KIND.findall(text)}


def _asked_again(talk: Talk) -> Iterator[Signal]:
    earlier, given, asked = Earlier(talk.users), _Given(), Alike(_SAME)
    for step in talk.agents:
        for past in earlier.than(step):
            given.take(talk, past.text)
        now: list[frozenset[str]] = []  # a question that stands twice in one message is asked once
        for sentence in talk.sentences(step.text):
            if not ("?" in sentence or "please" in sentence.lower()) or not _ASKS.search(sentence):
                continue
            if _is_courtesy(sentence):
                continue
            slots = [slot for slot, pattern in _SLOTS if slot in given.slots and pattern.search(sentence)]
            if slots == ["identifier"] and not given.same_kind(sentence):
                continue
            if slots and not given.named & talk.identifiers(sentence):
                late = "late in the talk" if step.turn > _LONG else "early in the talk"
                yield Signal(step.number, f"asked again for what was given, {late}", sentence)
            words = talk.words(sentence)
            if len(words) >= _ENOUGH and asked.like(words):
                yield Signal(step.number, "same question asked twice", sentence)
            now.append(words)
        for words in now:
            asked.add(words)


def _is_courtesy(sentence: str) -> bool:
    """Whether a sentence offers further help rather than asks for something."""
    offer = _IF_YOU.search(sentence)
    if offer is None:
        return False
    need = _NEED.search(sentence, offer.end())
    helps = need is not None and _HELP.search(sentence, need.end()) is not None
    return helps or _ANYTHING.search(sentence, offer.end()) is not None


def _claims(talk: Talk) -> Iterator[Signal]:
    earlier, claimed = Earlier(talk.tools), Alike(_SAME)
    changed: set[int] = set()  # turns in which something was
    looked = False
    for step in talk.agents:
        mine = talk.words(step.text)
        again = claimed.like(mine)
        claimed.add(mine)
        for past in earlier.than(step):
            looked = True
            if is_write(past.tool):
                changed.add(past.turn)
        if step.turn in changed:
            continue
        for sentence in talk.sentences(step.text):
            if (
                _DID.search(sentence)
                and not _ONLY_SAID.search(sentence)
                and not (looked and _LOOKED_UP.search(sentence))
                and not ADMITS.search(sentence)
                and "?" not in sentence
            ):
                kind = "action told again without a call" if again else "action claimed without a call"
                yield Signal(step.number, kind, sentence)
                break
    told = Alike(_REPEATED)
    for step in talk.agents:
        words = talk.words(step.text)
        if len(words) > _LONG and told.like(words):
            yield Signal(step.number, "agent repeated itself", (talk.sentences(step.text) or [""])[-1])
        told.add(words)
        found = first_matching(step.text, _SORRY)
        if found is not None:
            yield Signal(step.number, "agent apologised", found)


def _figures(talk: Talk) -> Iterator[Signal]:
    """Amounts and periods in the agent's words that nothing before them bears out."""
    known = Figures()
    known.add([*talk.numbers(talk.system), *talk.money(talk.system)])
    for step in talk.steps:
        if step.kind in {"user", "tool", "retrieval"}:
            for text in filter(None, (step.text, step.arguments, step.result)):
                known.add([*talk.numbers(text), *talk.money(text)])
        elif step.kind == "assistant" and step.text:
            for sentence in talk.sentences(step.text):
                amounts = talk.money(sentence)
                if amounts and not all(known.bear_out(a) or known.bear_out(a * 100) for a in amounts):
                    yield Signal(step.number, "amount in the answer from nowhere", sentence)
                    break
                if "ago" in sentence:  # counted from a date
                    continue
                periods = [float(a or c) for a, _, c, _ in _DAYS.findall(sentence)]
                if periods and not all(p in known for p in periods):
                    yield Signal(step.number, "period in the answer from nowhere", sentence)
                    break


def _ending(talk: Talk) -> Iterator[Signal]:
    told = [s for s in talk.steps if s.kind in {"user", "assistant", "tool", "error"}]
    if not told:
        return
    last = told[-1]
    if last.kind == "tool":
        handed_over = _HANDING.match(last.tool) and not last.error
        yield Signal(last.number, "handed over to a person" if handed_over else "ended in a tool call", last.tool)
    elif talk.users and last.number == talk.users[0].number:
        yield Signal(last.number, "user left without an answer", last.text)
    for step in talk.agents[-2:]:
        declined = first_matching(step.text, _DECLINES)
        if declined is not None:
            yield Signal(step.number, "agent declined", declined)
        handed = first_matching(step.text, HANDS_OVER)
        if handed is not None and "?" not in handed:  # offered is not done
            yield Signal(step.number, "handed over to a person", handed)
