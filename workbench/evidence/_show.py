"""A session as a person reads it: escaped, foldable, on light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from workbench._html import escape, panel

if TYPE_CHECKING:
    from workbench.evidence._loop import AgentLoop, Step

__all__ = ["STYLE", "conversation", "step_html"]

_TEXT: Final = 4_000  # characters shown of one message
_PAYLOAD: Final = 2_000  # characters shown of one tool payload
_STEPS: Final = 200  # steps shown of one session
_SUMMARY: Final = 90

STYLE: Final = """<style>
.wb-loop .wb-step{margin:.35em 0;padding:.35em .7em;border-left:3px solid var(--jp-border-color1,light-dark(#bbb,#666));overflow-wrap:anywhere}
.wb-loop .wb-user{border-left-color:var(--jp-brand-color1,light-dark(#1565c0,#64b5f6))}
.wb-loop .wb-assistant{border-left-color:var(--jp-success-color1,light-dark(#2e7d32,#81c784))}
.wb-loop .wb-failed{border-left-color:var(--jp-error-color1,light-dark(#c62828,#ef9a9a));background:color-mix(in srgb,currentColor 6%,transparent)}
.wb-loop .wb-error{color:var(--jp-error-color1,light-dark(#b71c1c,#ef9a9a));font-weight:600}
.wb-loop .wb-who{font-weight:600;margin-right:.6em}
.wb-loop .wb-words,.wb-loop pre{white-space:pre-wrap;margin:.2em 0}
.wb-loop pre{font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,12px);color:inherit;background:none;max-height:24em;overflow:auto}
.wb-loop summary{cursor:pointer}
.wb-loop .wb-turn{margin:.8em 0 .2em;color:var(--jp-content-font-color2,light-dark(#555,#aaa))}
</style>"""


def conversation(loop: AgentLoop) -> str:
    """The whole session as HTML; what is too long is cut, saying how much."""
    parts: list[str] = []
    turn = 0
    for step in loop.steps[:_STEPS]:
        if step.turn != turn:
            turn = step.turn
            parts.append(f'<div class="wb-turn">Turn {turn}</div>')
        parts.append(step_html(step))
    hidden = len(loop.steps) - _STEPS
    notes = [f"{hidden:,} further steps are not shown"] if hidden > 0 else []
    sentence = repr(loop)[1:-1].removeprefix("AgentLoop ")
    return STYLE + panel(f"Session {sentence}", f'<div class="wb-loop">{"".join(parts)}</div>', notes=notes)


def step_html(step: Step) -> str:
    """One step, escaped."""
    failed = " wb-failed" if step.error is not None else ""
    who = f'<span class="wb-who">{step.number} {escape(_who(step))}</span>'
    body = _folded(step, who) if step.kind in {"tool", "retrieval", "system"} else _spoken(step, who)
    return f'<div class="wb-step wb-{escape(step.kind)}{failed}">{body}{_error(step)}</div>'


def _who(step: Step) -> str:
    if step.kind == "tool":
        return step.tool_name or "tool"
    return {"system": "instructions"}.get(step.kind, step.kind)


def _spoken(step: Step, who: str) -> str:
    words = "" if step.kind == "error" else f'<div class="wb-words">{_cut(step.text, _TEXT)}</div>'
    return f"{who}{words}"


def _folded(step: Step, who: str) -> str:
    head = step.tool_arguments if step.kind == "tool" else step.text
    short = " ".join((head or "").split())
    short = short if len(short) <= _SUMMARY else short[:_SUMMARY] + "…"
    inside = ""
    if step.kind == "tool":
        inside += f"<pre>{_cut(_pretty(step.tool_arguments), _PAYLOAD)}</pre>"
    else:
        inside += f"<pre>{_cut(step.text, _TEXT)}</pre>"
    if step.kind != "system":
        result = (
            _cut(_pretty(step.tool_result), _PAYLOAD) if step.tool_result is not None else "<em>no result came</em>"
        )
        inside += f"<div>returned</div><pre>{result}</pre>"
    opened = " open" if step.error is not None else ""
    return f"<details{opened}><summary>{who}{escape(short)}</summary>{inside}</details>"


def _error(step: Step) -> str:
    if step.error is None:
        return ""
    return f'<div class="wb-error">{"The result says" if step.soft else "Failed"}: {_cut(_bare(step), _PAYLOAD)}</div>'


def _bare(step: Step) -> str:
    from workbench.evidence._messages import SOFT

    return (step.error or "").removeprefix(SOFT)


def _pretty(text: str | None) -> str:
    if not text or text[0] not in "{[":
        return text or ""
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return text


def _cut(text: str | None, limit: int) -> str:
    """The escaped beginning and end of a text, and how much between them is missing."""
    text = text or ""
    if len(text) <= limit:
        return escape(text)
    head, tail = limit * 3 // 4, limit // 4
    return (
        f"{escape(text[:head])}<em> … {len(text) - head - tail:,} of {len(text):,} characters cut … </em>"
        f"{escape(text[-tail:])}"
    )
