"""Two sessions of the same task in two columns, and the first step at which they part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

import orjson
import polars as pl

from workbench._html import escape, panel
from workbench.evidence._loop import AgentLoop, Step

__all__ = ["SideBySide", "side_by_side"]

_ROWS: Final = 120  # rows shown of two sessions
_SAID: Final = 160  # characters of a step in a sentence
_COLUMNS: Final = {
    "row": pl.Int64(),
    "baseline_step": pl.Int64(),
    "candidate_step": pl.Int64(),
    "differs": pl.String(),
    "baseline": pl.String(),
    "candidate": pl.String(),
}

_STYLE: Final = """<style>
.wb-panel .wb-pair{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:.2em 1.2em;max-width:none}
.wb-pair>.wb-head{font-weight:600;border-bottom:1px solid var(--jp-border-color1,light-dark(#bbb,#666))}
.wb-pair>.wb-wide{grid-column:1/-1}
.wb-pair .wb-nothing{color:var(--jp-content-font-color2,light-dark(#555,#aaa));font-style:italic}
.wb-pair .wb-parts{border-top:3px double currentColor;font-weight:600;padding-top:.3em;margin-top:.4em}
.wb-pair .wb-differs{outline:1px dashed var(--jp-content-font-color2,light-dark(#555,#aaa));outline-offset:-1px}
</style>"""


@dataclass(frozen=True, slots=True)
class _Row:
    baseline: Step | None
    candidate: Step | None
    differs: str  # what differs: nothing, words, or a name for the action


@dataclass(frozen=True, slots=True, repr=False)
class SideBySide:
    """Two sessions, step beside step.

    Parameters
    ----------
    baseline, candidate
        The two sessions.
    names
        What to call them.
    first
        The steps at which they part: the first where they did something else, or where they never did, said something else. One of the
        two is None where the other session had ended; None where they are the same throughout.
    sentence
        Where they part, and how.
    """

    baseline: AgentLoop
    candidate: AgentLoop
    names: tuple[str, str]
    first: tuple[Step | None, Step | None] | None
    sentence: str
    rows: tuple[_Row, ...]

    def to_frame(self) -> pl.DataFrame:
        """One row a pair of steps: `row`, `baseline_step`, `candidate_step`, `differs` (null where they are alike), and what each is."""
        rows = [
            {
                "row": number,
                "baseline_step": row.baseline.number if row.baseline else None,
                "candidate_step": row.candidate.number if row.candidate else None,
                "differs": row.differs or None,
                "baseline": _told(row.baseline) if row.baseline else None,
                "candidate": _told(row.candidate) if row.candidate else None,
            }
            for number, row in enumerate(self.rows, 1)
        ]
        return pl.DataFrame(rows, schema=_COLUMNS)

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        from workbench.evidence._show import STYLE, step_html

        cells = [f'<div class="wb-head">{escape(name)}</div>' for name in self.names]
        parted = False
        for row in self.rows[:_ROWS]:
            if not parted and self.first == (row.baseline, row.candidate):
                parted = True
                cells.append(f'<div class="wb-wide wb-parts">\u25c6 Here they part: {escape(row.differs)}</div>')
            mark = " wb-differs" if row.differs else ""
            for step in (row.baseline, row.candidate):
                shown = step_html(step) if step is not None else '<div class="wb-nothing">no such step</div>'
                cells.append(f'<div class="wb-side{mark}">{shown}</div>')
        hidden = len(self.rows) - _ROWS
        notes = [f"{hidden:,} further rows are not shown."] if hidden > 0 else []
        return (
            STYLE + _STYLE + panel(self.sentence, f'<div class="wb-loop wb-pair">{"".join(cells)}</div>', notes=notes)
        )


def side_by_side(
    baseline: AgentLoop, candidate: AgentLoop, *, names: tuple[str, str] = ("baseline", "candidate")
) -> SideBySide:
    """Set two sessions of the same task side by side and find the first step at which they part.

    What was done counts before what was said: a tool, its arguments, what it returned, an error, or another kind of step. The words of an
    answer differ between any two runs; they are where the sessions part only if nothing that was done differs. Instructions
    (system messages) that differ are said, and are no step of the agent.

    Parameters
    ----------
    baseline, candidate
        The two sessions.
    names
        What to call them.

    Returns
    -------
    SideBySide
        Shows itself in two columns.

    Examples
    --------
    >>> from workbench.evidence import AgentLoop, Step
    >>> ask = Step(1, 1, "user", text="Refund 7")
    >>> old = AgentLoop("a", (ask, Step(2, 1, "tool", tool_name="refund", tool_arguments='{"order": 7}')))
    >>> new = AgentLoop("b", (ask, Step(2, 1, "tool", tool_name="lookup", tool_arguments='{"order": 7}')))
    >>> side_by_side(old, new)
    They part at step 2, another tool: baseline called refund({"order": 7}), candidate called lookup({"order": 7}).
    """
    sides = [[step for step in each.steps if step.kind != "system"] for each in (baseline, candidate)]
    rows = tuple(_rows(sides[0], sides[1]))
    acted = [row for row in rows if row.differs and row.differs != "other words"]
    parted = (acted or [row for row in rows if row.differs])[:1]
    told = [" ".join(step.text or "" for step in each.steps if step.kind == "system") for each in (baseline, candidate)]
    sentence = _sentence(parted[0] if parted else None, names)
    if told[0] != told[1]:
        sentence += " Their instructions differ."
    first = (parted[0].baseline, parted[0].candidate) if parted else None
    return SideBySide(baseline, candidate, names, first, sentence, rows)


def _rows(first: list[Step], second: list[Step]) -> list[_Row]:
    """Steps beside steps: what was done alike lies in one row, what only one did has a row of its own."""
    done = [[_done(step) for step in side] for side in (first, second)]
    rows: list[_Row] = []
    for what, a, b, c, d in SequenceMatcher(None, *done, autojunk=False).get_opcodes():
        left, right = first[a:b], second[c:d]
        if what == "equal":
            rows += [
                _Row(x, y, "" if _words(x) == _words(y) else "other words") for x, y in zip(left, right, strict=True)
            ]
            continue
        for place in range(max(len(left), len(right))):
            x = left[place] if place < len(left) else None
            y = right[place] if place < len(right) else None
            rows.append(_Row(x, y, _difference(x, y)))
    return rows


def _done(step: Step) -> tuple[str, ...]:
    """What a step did, without the words of a message."""
    said = _words(step) if step.kind == "user" else ""
    return (
        step.kind,
        step.tool_name or "",
        _canonical(step.tool_arguments),
        _canonical(step.tool_result),
        step.error or "",
        said,
    )


def _words(step: Step) -> str:
    return " ".join((step.text or "").split())


def _canonical(text: str | None) -> str:
    """JSON with its keys in order and its spaces gone, so that only what it says can differ."""
    if text is None:
        return ""
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return " ".join(text.split())


_DIFFERENCES: Final[tuple[tuple[str, Callable[[Step], str]], ...]] = (
    ("another kind of step", lambda step: step.kind),
    ("another tool", lambda step: step.tool_name or ""),
    ("other arguments", lambda step: _canonical(step.tool_arguments)),
    ("another result", lambda step: _canonical(step.tool_result)),
    ("another error", lambda step: step.error or ""),
    ("the user said something else", lambda step: _words(step) if step.kind == "user" else ""),
)


def _difference(first: Step | None, second: Step | None) -> str:
    if first is None or second is None:
        return "only one of them goes on here"
    return next((name for name, of in _DIFFERENCES if of(first) != of(second)), "other words")


def _told(step: Step) -> str:
    """A step in a few words; it may hold anything, so whoever shows it escapes it."""
    if step.kind == "tool":
        said = f"called {step.tool_name or 'a tool'}({step.tool_arguments or ''})"
    else:
        said = f"{step.kind}: {step.text or step.error or ''}"
    said = " ".join("".join(c if c.isprintable() else " " for c in said).split())
    return said if len(said) <= _SAID else said[: _SAID - 1] + "…"


def _sentence(row: _Row | None, names: tuple[str, str]) -> str:
    if row is None:
        return f"{names[0]} and {names[1]} do and say the same at every step."
    number = row.baseline.number if row.baseline else row.candidate.number if row.candidate else 0
    told: list[str] = []
    for name, step in zip(names, (row.baseline, row.candidate), strict=True):
        if step is None:
            told.append(f"{name} has no such step")
        elif row.differs == "another result":
            result = " ".join((step.tool_result or "nothing").split())
            told.append(f"{name} got {result[:_SAID]} from {step.tool_name}")
        else:
            told.append(f"{name} {_told(step)}")
    return f"They part at step {number}, {row.differs}: {', '.join(told)}."
