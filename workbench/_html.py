"""Small pieces of HTML that every result shows itself with: escaped, and right on light and dark."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import polars as pl

from workbench._words import plain

__all__ = ["STYLE", "ShowsItself", "escape", "markup", "panel", "session", "table", "visible"]

# JupyterLab's variables where they exist, else what the browser's colour scheme asks for.
STYLE = """<style>
.wb-panel{color:var(--jp-content-font-color1,light-dark(#1c1c1c,#e8e8e8));font-family:var(--jp-ui-font-family,system-ui,sans-serif);
font-size:var(--jp-ui-font-size1,13px);line-height:1.45;max-width:72em}
.wb-panel .wb-say{font-size:1.08em;margin:.3em 0 .6em}
.wb-panel .wb-note{color:var(--jp-content-font-color2,light-dark(#555,#aaa));margin:.2em 0}
.wb-panel table.wb-table{border-collapse:collapse;margin:.4em 0;table-layout:auto}
.wb-panel table.wb-table tr{background:none}
.wb-panel table.wb-table th,.wb-panel table.wb-table td{text-align:left;padding:.25em .9em .25em 0;max-width:none}
.wb-panel table.wb-table th{font-weight:600;border-bottom:1px solid var(--jp-border-color1,light-dark(#bbb,#666));vertical-align:bottom}
.wb-panel table.wb-table td{border-bottom:1px solid var(--jp-border-color2,light-dark(#e2e2e2,#3a3a3a));vertical-align:top;white-space:normal}
.wb-panel table.wb-table td.wb-num,.wb-panel table.wb-table th.wb-num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.wb-panel table.wb-table td:first-child:not(.wb-num){min-width:8em}
.wb-panel q{font-style:italic}
</style>"""


class ShowsItself(Protocol):
    """Any result: it knows its own HTML."""

    def _repr_html_(self) -> str: ...


def markup(result: ShowsItself) -> str:
    """What a result shows itself with, by Jupyter's protocol."""
    return result._repr_html_()  # pyright: ignore[reportPrivateUsage]


def escape(value: object) -> str:
    """Text that a browser shows and never obeys; control and bidirectional marks are made visible."""
    text = "" if value is None else str(value)
    return html.escape(visible(text, lambda c: f"\\u{ord(c):04x}"), quote=True)


_JOINING: Final = "\u200c\u200d"  # Persian words and emoji are written with them


def visible(text: str, mark: Callable[[str], str], *, also: str = "\n\t") -> str:
    r"""Text in which nothing hides: `mark` writes what controls a display, turns text or shows as nothing.

    Spaces of every language and the joiners between letters stand as they are, and so do the characters in `also`.

    >>> visible("10\xa0000\x1b[2J", lambda c: "?")
    '10\xa0000?[2J'
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in also or c in _JOINING or unicodedata.category(c) == "Zs" else mark(c) for c in text
    )


def session(session_id: object) -> str:
    """A session's id, marked as one: a report links it to its evidence.

    >>> session("s-1")
    '<span class="wb-session" data-session="s-1">s-1</span>'
    """
    shown = escape(session_id)
    return f'<span class="wb-session" data-session="{shown}">{shown}</span>'


def table(
    frame: pl.DataFrame, *, heads: Mapping[str, str] | None = None, limit: int = 20, html_columns: Sequence[str] = ()
) -> str:
    """A frame as an HTML table: numbers to the right, at most `limit` rows, and a line saying how many there are.

    `heads` renames columns for the reader; the columns in `html_columns` hold markup that the caller escaped. The ids in a
    column `session_id` are marked as such (`session`).
    """
    names = {name: (heads or {}).get(name, name.replace("_", " ")) for name in frame.columns}
    number = {name for name, kind in frame.schema.items() if kind.is_numeric()}

    def cell(name: str, value: Any) -> str:
        kind = ' class="wb-num"' if name in number else ""
        if name in html_columns:
            shown = str(value or "")
        elif name == "session_id" and value is not None:
            shown = session(value)
        elif isinstance(value, float):
            shown = escape(plain(value))
        elif isinstance(value, int) and not isinstance(value, bool):
            shown = f"{value:,}"
        else:
            shown = escape(value)
        return f"<td{kind}>{shown}</td>"

    numeric = ' class="wb-num"'
    head = "".join(f"<th{numeric if n in number else ''}>{escape(t)}</th>" for n, t in names.items())
    rows = "".join(
        "<tr>" + "".join(cell(name, value) for name, value in row.items()) + "</tr>"
        for row in frame.head(limit).iter_rows(named=True)
    )
    more = f'<p class="wb-note">{limit} of {frame.height:,} rows shown</p>' if frame.height > limit else ""
    return f'<table class="wb-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}'


def panel(sentence: str, body: str = "", *, notes: Sequence[str] = ()) -> str:
    """One plain sentence, then what is behind it; `body` is markup, `sentence` and `notes` are text."""
    said = f'<p class="wb-say">{escape(sentence)}</p>' if sentence else ""
    noted = "".join(f'<p class="wb-note">{escape(note)}</p>' for note in notes)
    return f'{STYLE}<div class="wb-panel">{said}{body}{noted}</div>'
