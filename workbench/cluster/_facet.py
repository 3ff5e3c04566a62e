"""What of a session is compared: what went wrong, what was wanted, which way it took, or anything of your own."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

import polars as pl

from workbench.cluster._agents import agents
from workbench.cluster._answer_signals import answer_signals
from workbench.cluster._error_texts import recurring_errors, said_in_full
from workbench.cluster._mask import mask, sentences
from workbench.cluster._question import Written
from workbench.cluster._rule_signals import rule_signals
from workbench.cluster._talk import Signal, Step, Talk
from workbench.cluster._talk_signals import talk_signals
from workbench.cluster._tool_signals import tool_signals
from workbench.cluster._usual import departures
from workbench.cluster._values import content_words, flat, is_write
from workbench.errors import InputError, UnknownNameError
from workbench.evidence import AgentLoop, loops
from workbench.schema import STEPS, conform

__all__ = ["TEXTS", "Facet", "facet_text"]

Facet = Literal["failure", "intent", "trajectory", "written"] | Written | pl.Expr | Callable[[AgentLoop], str | None]

_QUOTE: Final = pl.Struct({"step": pl.Int64(), "signal": pl.String(), "text": pl.String()})
TEXTS: Final = pl.Schema({
    "session_id": pl.String(),
    "text": pl.String(),  # what is compared and embedded; empty: the session shows nothing of this facet
    "quotes": pl.List(_QUOTE),  # the exact words that the text was made of; step null: said from outside
    "tokens": pl.List(pl.String()),  # structure beside the text: signs, tool path, where it began, how it ended, which agent
    "facet": pl.String(),
})  # fmt: skip

_LONGEST: Final = 300  # characters of a quote
_BLOCK: Final = r"(?s)```.*?(?:```|\z)"
_SIGNALS: Final = 24
_SAME_SIGN: Final = 2
_EARLY: Final = 4
_ARGUMENTS: Final = re.compile(r"(?<=\w) ?[{\[][\"{\[}\]].*", re.DOTALL)  # which call it was is shown in the quote
_THANKS: Final = re.compile(
    r"\b(?:thank(?:s| you)|thx|cheers|perfect|great|awesome|merci|danke|gracias|obrigad[oa]|grazie)\b|ありがとう|谢谢|謝謝|고마",
    re.IGNORECASE,
)
_HASH: Final = re.compile(r": [0-9a-f]{32,}$")
_REACTIONS: Final = ("user ", "agent apologised", "agent repeated")
_SHORT: Final = 4
_COLUMNS: Final = ["number", "turn", "kind", "text", "tool_name", "tool_arguments", "tool_result", "error", "at"]

_Row = tuple[str, list[tuple[int | None, str, str]], list[str]]


def facet_text(steps: Any, facet: Facet, *, among: Any = None, reasons: Any = None) -> pl.DataFrame:
    """Write down, for every session, the text by which it is compared with others, and the words it is taken from.

    Parameters
    ----------
    steps
        STEPS rows of any number of sessions.
    facet
        ``"failure"``: what went wrong, read off the agent loop without a model: errors and what was said after them,
        repeated calls, arguments and figures that nothing bears out, answers that say otherwise than the results, stale
        documents, questions asked again, push-back. ``"intent"``: what the user wanted. ``"trajectory"``: the way through the
        tools. Or a Polars expression over one row a session (columns ``session_id, first_user, user, assistant, answer, tools,
        errors, steps, turns, reasons``), or a function from an `AgentLoop` to text.
    among
        STEPS rows of all sessions at hand, passing ones too: from these the failure facet learns what the agent usually does for
        a request of the kind. `steps` itself when absent.
    reasons
        Columns ``session_id, text``, any number of rows a session: feedback comments, graders' reasons, notes. The failure
        facet begins with them.

    Returns
    -------
    polars.DataFrame
        One row a session, in the order of `steps`: ``session_id``, ``text`` (identifiers, numbers, names, code and
        paths replaced by what they are), ``quotes`` (step, sign, exact words), ``tokens`` (structure beside the text), ``facet``.

    Raises
    ------
    UnknownNameError
        No such facet.
    InputError
        The expression cannot be evaluated, a frame lacks a column, or the facet is one that a model writes (`write_facet`).

    Examples
    --------
    >>> from workbench.cluster import facet_text
    >>> steps = [
    ...     {"session_id": "s", "number": 1, "turn": 1, "kind": "user", "text": "Please refund order A-1001."},
    ...     {"session_id": "s", "number": 2, "turn": 1, "kind": "tool", "tool_name": "refund", "error": "timed out"},
    ...     {"session_id": "s", "number": 3, "turn": 1, "kind": "assistant", "text": "Your refund is confirmed."},
    ... ]
    >>> print(facet_text(steps, "failure")["text"].item())
    tool error, time-out: timed out
    success claimed after a tool error: Your refund is confirmed.
    """
    frame = conform(steps, STEPS, what="steps")
    said = _reasons(reasons)
    if isinstance(facet, Written) or (isinstance(facet, str) and facet == "written"):
        msg = "a model writes this facet: hand it to `Workspace.cluster`, or call `write_facet(steps, facet, model=…, redact=…)`"
        raise InputError(msg)
    if isinstance(facet, pl.Expr):
        return _by_expression(frame, facet, said)
    if callable(facet):
        rows = ((loop.session_id, _from_text(_told(facet, loop))) for loop in loops(frame))
        return _frame(rows, getattr(facet, "__name__", "custom"))
    talks = _talks(frame)
    if facet == "failure":
        unusual, whose, errors = _beside(talks, among)
        # Taken out one by one: what was found in a session goes with it.
        read = ((session, talks.pop(session)) for session in list(talks))
        made = ((s, _failure(talk, said.get(s, []), unusual.get(s, []), whose.get(s), errors)) for s, talk in read)
    elif facet == "intent":
        made = ((session, _intent(talk)) for session, talk in talks.items())
    elif facet == "trajectory":
        made = ((session, _trajectory(talk)) for session, talk in talks.items())
    else:
        then = "A Polars expression or a function will do, too."
        raise UnknownNameError(facet, "facet", ("failure", "intent", "trajectory", "written"), then=then)
    return _frame(made, facet)


def _beside(talks: dict[str, Talk], among: Any) -> tuple[dict[str, list[Signal]], dict[str, int], frozenset[str]]:
    """What only other sessions tell: where each does otherwise than is usual, whose it is, and which errors recur."""
    known = talks if among is None else {**_talks(conform(among, STEPS, what="among")), **talks}
    whose = agents({s: [step.tool for step in talk.tools] for s, talk in known.items()})
    return departures(talks, known), whose, recurring_errors(known.values())


def _told(facet: Callable[[AgentLoop], str | None], loop: AgentLoop) -> str:
    name = getattr(facet, "__name__", "the function")
    try:
        said: Any = facet(loop)
    except Exception as error:
        error.add_note(f"facet: {name} was reading session {loop.session_id!r}")
        raise
    if said is not None and not isinstance(said, str):
        msg = f"facet: {name} gave {type(said).__name__} for session {loop.session_id!r}; a facet is a text, or None where there is none"
        raise InputError(msg)
    return said or ""


def _talks(frame: pl.DataFrame) -> dict[str, Talk]:
    text = [name for name in _COLUMNS if frame.schema[name] == pl.String()]
    whole = frame.sort("number", maintain_order=True).with_columns(pl.col(text).fill_null(""))
    # What stands in a block of code is no claim of the agent's; of an answer that is nothing else, it is all there is.
    spoken = pl.col("text").str.replace_all(_BLOCK, "\n").str.strip_chars()
    own = (pl.col("kind") == "assistant") & (spoken != "")
    whole = whole.with_columns(
        pl.col("number").fill_null(0),
        pl.col("turn").fill_null(1),
        pl.when(own & pl.col("text").str.contains("```", literal=True)).then(spoken).otherwise("text").alias("text"),
    )
    steps: dict[str, list[Step]] = {}
    for session, *row in whole.select("session_id", *_COLUMNS).iter_rows():
        steps.setdefault(str(session), []).append(Step(*row))
    return {session: Talk(steps[session]) for session in frame["session_id"].unique(maintain_order=True).to_list()}


def _reasons(reasons: Any) -> dict[str, list[str]]:
    if reasons is None:
        return {}
    frame = pl.DataFrame(reasons)
    for name in ("session_id", "text"):
        if name not in frame.columns:
            msg = (
                f"reasons: no column {name!r}, expected session_id and text; found {', '.join(frame.columns) or 'none'}"
            )
            raise InputError(msg)
    out: dict[str, list[str]] = {}
    for session, text in frame.select("session_id", "text").drop_nulls().iter_rows():
        if said := _plainly(str(text)):
            out.setdefault(str(session), []).append(said)
    return out


def _plainly(reason: str) -> str:
    """A reason as it is read: of JSON, what each field says, without the hashes, which say nothing to anybody."""
    leaves = list(flat(reason))
    told = [f"{key}: {str(v).lower() if isinstance(v, bool) else v}" for key, v in leaves if v is not None]
    return " · ".join(line for line in told if not _HASH.search(line)) if leaves else reason


def _frame(rows: Iterable[tuple[str, _Row]], facet: str) -> pl.DataFrame:
    records = [
        {
            "session_id": session,
            "text": text,
            "quotes": [{"step": step, "signal": signal, "text": quote} for step, signal, quote in quotes],
            "tokens": tokens,
            "facet": facet,
        }
        for session, (text, quotes, tokens) in rows
    ]
    return pl.DataFrame(records, schema=TEXTS)


def _from_text(text: str) -> _Row:
    return mask_lines(text), [(None, "", s[:_LONGEST]) for s in sentences(text)[:3]], []


def mask_lines(text: str) -> str:
    """`mask`, line by line."""
    return "\n".join(masked for line in text.splitlines() if (masked := mask(line)))


def _failure(talk: Talk, reasons: list[str], unusual: list[Signal], agent: int | None, errors: frozenset[str]) -> _Row:
    signals: list[Signal] = []
    seen: Counter[str] = Counter()
    for signal in sorted(
        [
            *(said_in_full(s, errors) for s in tool_signals(talk)),
            *rule_signals(talk),
            *talk_signals(talk),
            *answer_signals(talk),
            *unusual,
        ],
        key=lambda s: (s.step or 0, s.name),
    ):
        seen[signal.name] += 1
        if seen[signal.name] <= _SAME_SIGN and len(signals) < _SIGNALS:
            signals.append(signal)
    quotes = [(None, "said of it", text[:_LONGEST]) for text in reasons]
    quotes += [(s.step, s.name, s.quote.strip()[:_LONGEST]) for s in signals]
    tokens = (
        sorted({f"{_kind(s.name)}: {s.name}" for s in signals})
        + _where(talk, signals)
        + _ending(talk, signals)
        + _path(talk)
    )
    if agent is not None:
        tokens.append(f"agent: {agent}")
    lines = [mask(text) for text in reasons]
    lines += [f"{s.name}: {mask(_ARGUMENTS.sub('', s.quote[:_LONGEST]))}".rstrip(": ") for s in signals]
    if not lines:
        quotes, lines = _plain(talk)
    return "\n".join(lines), quotes, tokens


def _kind(name: str) -> str:
    return "reaction" if name.startswith(_REACTIONS) else "sign"


def _plain(talk: Talk) -> tuple[list[tuple[int | None, str, str]], list[str]]:
    """Where no sign shows: what was asked last and what was answered."""
    quotes: list[tuple[int | None, str, str]] = []
    if talk.users:
        quotes.append((talk.users[-1].number, "asked", talk.users[-1].text.strip()[:_LONGEST]))
    if talk.agents:
        quotes.append((talk.agents[-1].number, "answered", talk.agents[-1].text.strip()[:_LONGEST]))
    return quotes, [f"{name}: {mask(text)}" for _, name, text in quotes]


def _where(talk: Talk, signals: list[Signal]) -> list[str]:
    turns = {s.number: s.turn for s in talk.steps}
    marked = [turns[s.step] for s in signals if s.step in turns]
    if not marked:
        return ["no sign"]
    first = min(marked)
    begun = "first turn" if first <= 1 else ("early turn" if first <= _EARLY else "late turn")
    return [f"begins in: {begun}"]


def _ending(talk: Talk, signals: list[Signal]) -> list[str]:
    """How the session looked when it ended: given up in the open, or left as if all were well."""
    told = [s for s in talk.steps if s.kind in {"user", "assistant", "tool", "error"}]
    if not told:
        return []
    last = told[-1]
    names = {s.name for s in signals}
    said = [s for s in talk.users if len(talk.users) > 1][-1:]
    if last.kind == "error" or last.error:
        how = "cut off by an error"
    elif last.kind == "tool":
        how = "in a tool call"
    elif "handed over to a person" in names:
        how = "handed over"
    elif said and any(s.step == said[0].number and s.name.startswith("user ") for s in signals):
        how = "user not content"
    elif said and _THANKS.search(said[0].text):
        how = "user thanked"
    else:
        how = "user had the last word" if last.kind == "user" else "agent had the last word"
    return [f"ended: {how}"]


def _path(talk: Talk) -> list[str]:
    """The shape of the tool path: reads, writes, errors; not which tools, which would be the subject again."""
    marks = [("write" if is_write(s.tool) else "read") + (" error" if s.error else "") for s in talk.tools]
    marks = ["looked up" if s.kind == "retrieval" else "" for s in talk.steps if s.kind == "retrieval"][:1] + marks
    if not marks:
        return ["path: no tool"]
    pairs = [f"path: {a} > {b}" for a, b in itertools.pairwise(marks)]
    return sorted({*pairs, f"path: ends with {marks[-1]}"})


def _intent(talk: Talk) -> _Row:
    chosen: list[Step] = []
    for step in talk.users:
        chosen.append(step)
        if sum(len(content_words(s.text)) for s in chosen) >= _SHORT:
            break
    quotes: list[tuple[int | None, str, str]] = [(s.number, "asked", s.text.strip()[:_LONGEST]) for s in chosen]
    return "\n".join(mask(s.text) for s in chosen), quotes, []


def _trajectory(talk: Talk) -> _Row:
    path: list[tuple[int | None, str]] = []
    for step in talk.steps:
        if step.kind == "tool":
            path.append((step.number, step.tool + (" failed" if step.error else "")))
        elif step.kind == "retrieval":
            path.append((step.number, "retrieval" + (" failed" if step.error else "")))
        elif step.kind == "error":
            path.append((step.number, "error"))
        elif step.kind == "user":
            path.append((step.number, "user"))
        elif step.kind == "assistant":
            path.append((step.number, "answer"))
    names = [name for _, name in path]
    tokens = sorted({" > ".join(names[i : i + size]) for size in (1, 2, 3) for i in range(len(names) - size + 1)})
    quotes: list[tuple[int | None, str, str]] = [
        (number, "step", name) for number, name in path if name not in {"user", "answer"}
    ][:_SIGNALS]
    return " > ".join(names), quotes, tokens


def _by_expression(frame: pl.DataFrame, facet: pl.Expr, reasons: dict[str, list[str]]) -> pl.DataFrame:
    def said(kind: str) -> pl.Expr:
        return pl.col("text").filter((pl.col("kind") == kind) & pl.col("text").is_not_null())

    sessions = (
        frame.sort("number", maintain_order=True)
        .group_by("session_id", maintain_order=True)
        .agg(
            said("user").first().alias("first_user"),
            said("user").str.join("\n").alias("user"),
            said("assistant").str.join("\n").alias("assistant"),
            said("assistant").last().alias("answer"),
            pl.col("tool_name").drop_nulls().alias("tools"),
            pl.col("error").drop_nulls().alias("errors"),
            pl.len().alias("steps"),
            pl.col("turn").max().alias("turns"),
        )
        .with_columns(
            pl.col("session_id")
            .map_elements(lambda session: "\n".join(reasons.get(session, [])), return_dtype=pl.String)
            .alias("reasons")
        )
    )
    try:
        texts = sessions.select("session_id", facet.cast(pl.String).fill_null("").alias("text"))
    except pl.exceptions.PolarsError as error:
        msg = f"facet: the expression cannot be evaluated over the sessions: {error}; columns: {', '.join(sessions.columns)}"
        raise InputError(msg) from error
    return _frame(((session, _from_text(text)) for session, text in texts.iter_rows()), "expression")
