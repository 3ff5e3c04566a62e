"""A gate's result as files for build servers: JUnit XML, Markdown."""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from workbench._words import with_interval
from workbench.experiment._gate import GateResult
from workbench.experiment._say import points

__all__ = ["to_junit", "to_markdown"]

_UNPRINTABLE: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold
_MARKS: Final = {"pass": "✅", "fail": "❌", "inconclusive": "❔", "not seen": "◻️"}


def to_junit(result: GateResult) -> str:
    """One test case a rule: a failed rule is a failure, an open one an error, one that saw too few cases skipped, so that none of them is green.

    Examples
    --------
    >>> from workbench.experiment import Policy, compare, gate
    >>> same = [{"case": f"c{i}", "passed": i % 2 == 0} for i in range(40)]
    >>> to_junit(gate(compare(same, same, margin=0.1), Policy(margin=0.1))).splitlines()[1][:44]
    '<testsuites tests="4" failures="0" errors="0'
    """
    name = f"{result.comparison.candidate} against {result.comparison.baseline}"
    counts = {
        ruling: sum(rule.ruling == ruling for rule in result.rules) for ruling in ("fail", "inconclusive", "not seen")
    }
    totals = f'tests="{len(result.rules)}" failures="{counts["fail"]}" errors="{counts["inconclusive"]}" skipped="{counts["not seen"]}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {totals}>"]
    lines.append(f"<testsuite name={_quoted(f'workbench gate: {name}')} {totals}>")
    for rule in result.rules:
        lines.append(f'<testcase classname="workbench.gate" name={_quoted(rule.name)}>')
        if rule.ruling == "pass":
            lines.append(f"<system-out>{escape(_clean(rule.sentence))}</system-out>")
        elif rule.ruling == "not seen":
            lines.append(f"<skipped message={_quoted(rule.sentence)}/>")
        else:
            tag = "failure" if rule.ruling == "fail" else "error"
            lines.append(f'<{tag} type="{rule.ruling}" message={_quoted(rule.sentence)}/>')
        lines.append("</testcase>")
    lines += ["</testsuite>", "</testsuites>", ""]
    return "\n".join(lines)


def to_markdown(result: GateResult) -> str:
    """A summary for a pull request: the ruling, the rules, and the cases that changed."""
    found = result.comparison
    lines = [f"## {_MARKS[result.ruling]} {_plain(result.sentence)}", "", "| | rule | |", "|---|---|---|"]
    lines += [f"| {_MARKS[rule.ruling]} | {_plain(rule.name)} | {_plain(rule.sentence)} |" for rule in result.rules]
    hypothesis = found.about.get("candidate", {}).get("hypothesis")
    if hypothesis:
        lines += ["", f"**Said beforehand**: {_plain(str(hypothesis))}"]
    for title, cases in (("Regressed", found.regressed), ("Fixed", found.fixed)):
        if cases:
            shown = ", ".join(f"`{_plain(case).replace('`', '')}`" for case in cases[:20])
            more = f" and {len(cases) - 20:,} more" if len(cases) > 20 else ""  # noqa: PLR2004 - what a summary shows
            lines += ["", f"**{title}** ({len(cases):,}): {shown}{more}"]
    if found.segments.height:
        lines += ["", f"| segment | cases | difference in points ({found.level:.0%} interval) |", "|---|---:|---|"]
        for row in found.segments.sort("difference", nulls_last=True).iter_rows(named=True):
            name = _plain(f"{row['by']} = {row['segment']}")
            size = with_interval(row["difference"], row["low"], row["high"], points)
            few = ", too few cases" if row["low"] is None else ""
            lines.append(f"| {name} | {row['cases']:,} | {size}{few} |")
    lines += ["", *(f"- {_plain(note)}" for note in found.notes), ""]
    return "\n".join(lines)


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _plain(text: str) -> str:
    """Text that Markdown shows and does not obey: ids and segments come from traces."""
    one = " ".join(_clean(text).split())
    return re.sub(r"([\\|<>\[\]*_#!@])", r"\\\1", one)
