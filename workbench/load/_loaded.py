"""What a load brought: rows, and where every input record ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from workbench._html import panel, table
from workbench.load._sheet import Sheet

__all__ = ["FATES", "UNKNOWN", "Loaded", "unknown_frame"]

UNKNOWN: Final = pl.Schema({"name": pl.String(), "count": pl.Int64()})

FATES: Final = ("loaded", "merged", "superseded", "set_aside")


@dataclass(frozen=True, slots=True, repr=False)
class Loaded:
    r"""What `load.read` brought.

    Parameters
    ----------
    spans
        Table SPANS: the spans that are new, or that grew.
    scores
        Table SCORES: feedback and scores that came with them.
    sources
        Table SOURCES: one row a file; read = loaded + merged + superseded + set_aside.
    set_aside
        Table SET_ASIDE: one row a record that was not loaded, with the reason.
    superseded
        `trace_id`, `span_id`, `load_id` of rows of earlier loads that `spans` holds a later state of.
    blobs
        What was too long for the tables: SHA-256 of the text → the text as UTF-8, compressed with zstd.
    unknown_attributes
        `name`, `count`: attributes that no convention knows; they are kept in `raw`.
    notes
        What else was done to records, in plain words.
    parts
        Parquet files that hold the spans where they were too many to hold; `spans` is empty then.

    Raises
    ------
    AssertionError
        The totals of a source do not add up.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from workbench import load
    >>> file = pathlib.Path(tempfile.mkdtemp(), "chat.jsonl")
    >>> _ = file.write_text('{"messages": [{"role": "user", "content": "Hi"}]}\n{"mess')
    >>> load.read(file)
    2 records read from 1 file (chat): 1 loaded, 1 set aside: a truncated line (1).
    """

    spans: pl.DataFrame
    scores: pl.DataFrame
    sources: pl.DataFrame
    set_aside: pl.DataFrame
    superseded: pl.DataFrame
    blobs: dict[str, bytes]
    unknown_attributes: pl.DataFrame
    notes: tuple[str, ...] = ()
    parts: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        """Hold the totals to the rows."""
        wrong = self.sources.filter(pl.col("read") != pl.sum_horizontal(FATES))
        if wrong.height:
            msg = f"{wrong['path'][0]}: the records do not add up: {wrong.row(0, named=True)}"
            raise AssertionError(msg)
        if self.set_aside.height != self.total("set_aside"):
            msg = f"{self.total('set_aside')} records were set aside, but {self.set_aside.height} reasons are given"
            raise AssertionError(msg)

    def total(self, name: str) -> int:
        """The sum of a column of `sources`: read, loaded, merged, superseded or set_aside."""
        return int(self.sources[name].sum())

    @property
    def sentence(self) -> str:
        """What was read, and where it ended, in one sentence."""
        files, read = self.sources.height, self.total("read")
        formats = sorted(self.sources["format"].drop_nulls().unique().to_list())
        named = f" ({', '.join(formats)})" if formats else ""
        ended = [
            f"{self.total(name):,} {name.replace('_', ' ')}" for name in FATES if name == "loaded" or self.total(name)
        ]
        reasons = self.set_aside["reason"].value_counts(sort=True).sort("count", "reason", descending=[True, False])
        why = ", ".join(f"{reason} ({count:,})" for reason, count in reasons.head(3).rows())
        more = ", …" if reasons.height > 3 else ""  # noqa: PLR2004 - a line's worth
        because = f": {why}{more}" if why else ""
        return (
            f"{read:,} record{'' if read == 1 else 's'} read from {files:,} file{'' if files == 1 else 's'}{named}: "
            f"{', '.join(ended)}{because}."
        )

    def to_frame(self) -> pl.DataFrame:
        """One row a file: where its records ended."""
        return self.sources

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        by_format = (
            self.sources.group_by("format", maintain_order=True)
            .agg(pl.len().alias("files"), *(pl.col(name).sum() for name in ("read", *FATES)))
            .with_columns(pl.col("format").fill_null("unknown"))
        )
        body = table(by_format)
        if self.set_aside.height:
            body += table(self.set_aside.select("reason", "path", "record", "detail", "excerpt"), limit=10)
        notes = list(self.notes)
        if self.unknown_attributes.height:
            names = ", ".join(self.unknown_attributes["name"].head(6).to_list())
            notes.append(
                f"{self.unknown_attributes.height:,} attribute names are not understood and kept in `raw`: {names}"
            )
        return panel(self.sentence, body, notes=notes)


def unknown_frame(sheet: Sheet) -> pl.DataFrame:
    """The attribute names that nobody knows, the most frequent first."""
    return pl.DataFrame(sheet.unknown.most_common(), schema=UNKNOWN, orient="row")
