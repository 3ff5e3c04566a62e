"""The page: what the results say, in the order in which they were found, each number with what is behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from workbench._html import ShowsItself, escape, markup

__all__ = ["Section", "page"]

# Trace content is hostile: whatever slipped through the escaping can neither run nor fetch anything.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_STYLE = """
:root{color-scheme:light dark}
body{margin:0 auto;padding:2rem 1.2rem 4rem;max-width:76rem;font:15px/1.5 system-ui,sans-serif;
 background:light-dark(#fff,#16181c);color:light-dark(#1c1c1c,#e8e8e8)}
h1{font-size:1.7rem;margin:0 0 .2rem}
h2{font-size:1.2rem;margin:2.4rem 0 .4rem;padding-top:.6rem;border-top:1px solid light-dark(#ddd,#3a3a3a)}
h3{font-size:1rem;margin:1.4rem 0 .3rem}
nav{margin:.8rem 0 0;display:flex;flex-wrap:wrap;gap:.3rem 1.1rem}
a{color:light-dark(#0b57d0,#8ab4f8)}
a:focus-visible,summary:focus-visible{outline:2px solid currentColor;outline-offset:2px}
figure{margin:1rem 0;overflow-x:auto}
svg{max-width:100%;height:auto}
table{font-size:14px}
.quiet{color:light-dark(#555,#aaa)}
details{margin:.5rem 0}
summary{cursor:pointer}
"""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page.

    Parameters
    ----------
    title
        Its heading.
    results
        What it shows, in order: each with its own HTML.
    lead
        One plain sentence above them.
    """

    title: str
    results: Sequence[ShowsItself]
    lead: str = ""


def page(
    title: str,
    sections: Sequence[Section],
    *,
    evidence: Mapping[str, ShowsItself] | None = None,
    made_at: datetime,
    made_from: str = "",
) -> str:
    """A whole HTML document, self-contained and inert.

    Parameters
    ----------
    title
        The heading.
    sections
        Its parts; one without results is left out.
    evidence
        Sessions to append in full, by session id; what results mark as a session (`workbench._html.session`) becomes a link.
    made_at
        When, for the line under the heading.
    made_from
        What the page was made from, such as the workspace's name and the hash of its traces and settings.

    Examples
    --------
    >>> from datetime import datetime, UTC
    >>> "<h1>Refunds</h1>" in page("Refunds", [], made_at=datetime(2026, 3, 1, tzinfo=UTC))
    True
    """
    shown = [(f"part-{n}", part) for n, part in enumerate(sections, 1) if part.results or part.lead]
    sessions = dict(evidence or {})
    anchors = {session_id: f"session-{n}" for n, session_id in enumerate(sessions, 1)}
    links = [f'<a href="#{anchor}">{escape(part.title)}</a>' for anchor, part in shown]
    links += ['<a href="#evidence">Evidence</a>'] if sessions else []
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="quiet">Made {made_at:%Y-%m-%d %H:%M} UTC{escape(" from " + made_from if made_from else "")}.</p>',
        f"<nav>{''.join(links)}</nav>",
    ]
    for anchor, part in shown:
        body.append(f'<section id="{anchor}"><h2>{escape(part.title)}</h2>')
        if part.lead:
            body.append(f"<p>{escape(part.lead)}</p>")
        body.extend(_linked(markup(result), anchors) for result in part.results)
        body.append("</section>")
    if sessions:
        body.append('<section id="evidence"><h2>Evidence</h2>')
        for session_id, loop in sessions.items():
            body.append(f'<details id="{anchors[session_id]}"><summary>{escape(session_id)}</summary>')
            body.append(markup(loop))
            body.append("</details>")
        body.append("</section>")
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{"".join(body)}\n</body></html>\n'


_MENTION = re.compile(r'<span class="wb-session" data-session="([^"]*)">([^<]*)</span>')


def _linked(text: str, anchors: Mapping[str, str]) -> str:
    """What results mark as a session becomes a link to its evidence; a number or word that only looks like an id does not."""
    shown = {escape(session_id): anchor for session_id, anchor in anchors.items()}

    def link(match: re.Match[str]) -> str:
        anchor = shown.get(match[1])
        return match[0] if anchor is None else f'<a href="#{anchor}">{match[2]}</a>'

    return _MENTION.sub(link, text)
