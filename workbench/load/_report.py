"""What became of every record of a load, in a sentence, a table and rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

import polars as pl

from workbench._html import escape, panel, table
from workbench.load._loaded import UNKNOWN

__all__ = ["LoadReport"]

_COUNTS: Final = ("read", "loaded", "merged", "superseded", "set_aside")
_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of every record of a load.

    Parameters
    ----------
    sources
        SOURCES rows of the files that were read now.
    set_aside
        SET_ASIDE rows: what was not loaded, with the reason.
    skipped
        Files that were loaded before and have not changed.
    signals
        How many rows of each outcome signal the workspace has now: what can be concluded from it.
    settings
        Which loads were made with other settings than those of now, and what to do; null where there are none.
    replaced
        Kind → how many secrets and personal data were replaced; null where the settings ask for none.
    waiting
        How many scores and annotations of the workspace speak of no span, trace or session that is there yet.
    retired
        A sentence a dataset in which cases were retired, because their users have refused since.
    notes
        What is to be known of how records were read.
    unknown
        Names of attributes that were not understood and are kept in `raw`, most frequent first: name, count.
    """

    sources: pl.DataFrame
    set_aside: pl.DataFrame
    skipped: tuple[str, ...] = ()
    signals: dict[str, int] = field(default_factory=dict[str, int])
    settings: str | None = None
    replaced: dict[str, int] | None = None
    waiting: int = 0
    retired: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unknown: pl.DataFrame = field(default_factory=UNKNOWN.to_frame)

    @property
    def totals(self) -> dict[str, int]:
        """Records read, and where they ended: read = loaded + merged + superseded + set_aside."""
        return {name: int(self.sources[name].sum()) for name in _COUNTS}

    @property
    def sentence(self) -> str:
        """The totals in words."""
        totals = self.totals
        parts = [f"{totals['loaded']:,} loaded"]
        parts += [f"{totals[name]:,} {name.replace('_', ' ')}" for name in _COUNTS[2:] if totals[name]]
        files = f"{self.sources.height} file{'s' * (self.sources.height != 1)}"
        said = (
            f"{totals['read']:,} records read from {files}: {', '.join(parts)}."
            if self.sources.height
            else "Nothing new to read."
        )
        reasons = self.reasons()
        if reasons.height:
            first = ", ".join(
                f"{why} ({count:,})" for why, count in reasons.select("reason", "records").head(_SHOWN).rows()
            )
            said = f"{said.removesuffix('.')}: {first}{', …' if reasons.height > _SHOWN else ''}."
        if self.skipped:
            said += f" {len(self.skipped)} file{'s' * (len(self.skipped) != 1)} unchanged since the last load."
        return " ".join([said, *self.retired, *([] if self.settings is None else [self.settings])])

    def by_format(self) -> pl.DataFrame:
        """One row a format: files, and where their records ended."""
        return (
            self.sources.group_by("format")
            .agg(pl.len().alias("files"), *(pl.col(name).sum() for name in _COUNTS))
            .sort("format")
            .with_columns(pl.col("format").fill_null("unknown"))
        )

    def reasons(self) -> pl.DataFrame:
        """One row a reason for setting records aside: how many, and the first file and record where it happened."""
        return (
            self.set_aside.group_by("reason", maintain_order=True)
            .agg(records=pl.len(), path=pl.col("path").first(), record=pl.col("record").first().fill_null(0))
            .sort("records", "reason", descending=[True, False])
        )

    def to_frame(self) -> pl.DataFrame:
        """The sources, one row a file."""
        return self.sources

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        body = table(self.by_format()) if self.sources.height else ""
        if self.set_aside.height:
            places = [_place(path, record) for path, record in self.reasons().select("path", "record").iter_rows()]
            reasons = self.reasons().select("reason", "records", pl.Series("first", places, pl.String()))
            body += "<p>Set aside:</p>" + table(reasons, html_columns=("first",))
        notes = [*self.notes, *self._not_understood(), *_conclusions(self.signals)]
        if self.waiting:
            notes.append(
                f"{self.waiting:,} scores or annotations speak of no span, trace or session that was loaded; they join once it is."
            )
        if self.replaced is not None:
            kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.replaced.items()))
            notes.append(f"Secrets and personal data replaced before anything was kept: {kinds or 'none found'}.")
        return panel(self.sentence, body, notes=notes)

    def _not_understood(self) -> list[str]:
        if not self.unknown.height:
            return []
        most = ", ".join(f"{name} ({count:,})" for name, count in self.unknown.head(_SHOWN).iter_rows())
        more = ", …" if self.unknown.height > _SHOWN else ""
        return [f"Read but not understood, and kept in `raw`: {most}{more}. All of them: `.unknown`."]


def _place(path: str, record: int) -> str:
    """Where a record stands; a link where the file lies below the folder of the notebook, which a browser may open."""
    said = escape(f"{path}:{record}")
    try:
        below = Path(path).relative_to(Path.cwd())
    except ValueError:
        return said
    return f'<a href="{escape(quote(below.as_posix()))}">{said}</a>' if Path(path).is_file() else said


def _conclusions(signals: dict[str, int]) -> list[str]:
    """Which signals there are, and what can be concluded from them."""
    there = {name: count for name, count in signals.items() if count}
    if not there:
        return ["No feedback, scores or labels yet: only operational errors can be told from these traces."]
    notes = [f"Signals: {', '.join(f'{name} {count:,}' for name, count in there.items())}."]
    notes += [said for name, said in _MEANING.items() if name in there]
    if "human labels" not in there:
        notes.append("Nobody has read sessions yet: how far graders and feedback can be trusted is not known.")
    return notes


_MEANING: Final = {
    "user feedback": "Feedback tells of the sessions that users spoke of; silence passes nothing.",
    "exported scores": "Exported scores count as graders do, where they say what passes.",
}
