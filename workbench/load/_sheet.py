"""Where readers write what they read: spans, scores, and what could not be read, counted record by record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import polars as pl

from workbench.load._batches import Batch
from workbench.load._histories import Histories
from workbench.load._mapping import TableMapping
from workbench.load._source import Source
from workbench.load._spill import spill
from workbench.load._values import BOOLEANS, dumps, text
from workbench.schema import SCORES, SET_ASIDE, SPANS

if TYPE_CHECKING:
    from workbench.load._pieces import Piece

__all__ = ["ROW", "USER_FEEDBACK_NAMES", "LoadOptions", "Redacts", "Sheet"]

_BATCH: Final = 20_000
_HELD: Final = 1 << 28  # bytes of rows kept in memory; those of later pieces wait on disk
_SHAPES: Final = 64  # with more ways of filling a row than these, the rows are turned column by column
_SAID: Final = ("comment", "value_text", "author", "name", "score_id", "target_id", "join_key")
_TIMES: Final = ("start", "end")
_TOLD: Final[dict[str, Any]] = {
    "_unit": pl.Int64(), "record": pl.Int64(), "source": pl.String(), "trace_id": pl.String(), "span_id": pl.String(),
    "at": pl.Int64(), "body": pl.String(),
}  # fmt: skip
_EXCERPT: Final = 200
_CONSENT: Final = ("$.consent", "$.user_consent", "$['user.consent']")
ROW: Final[dict[str, Any]] = {
    **{name: pl.Int64() if name in _TIMES else kind for name, kind in SPANS.items() if name != "spilled"},
    "_unit": pl.Int64(),
}

USER_FEEDBACK_NAMES: Final = frozenset({
    "user_feedback", "user-feedback", "user feedback", "feedback", "thumbs", "thumb", "user_rating", "user-rating",
    "user_thumbs", "user_score", "csat",
})  # fmt: skip


class Redacts(Protocol):
    """Takes secrets and personal data out, and counts what it took."""

    def text(self, text: str) -> str:
        """A text without them."""
        ...

    def frame(self, frame: pl.DataFrame, columns: tuple[str, ...] = ...) -> pl.DataFrame:
        """A table without them: of spans, or in the columns that are named."""
        ...

    def take(self) -> Counter[str]:
        """What was taken out since this was last asked, by kind."""
        ...

    def add(self, counts: Counter[str]) -> None:
        """Count what another process took out."""
        ...


class Gathers(Protocol):
    """Makes columns of rows of one kind."""

    def frame(self, rows: list[tuple[Any, ...]], sheet: Sheet) -> pl.DataFrame:
        """Some of the columns of `ROW`; rows begin with their unit, record, format and source."""
        ...


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to read.

    Parameters
    ----------
    spill_characters
        A payload longer than this many characters is kept beside the table; the table shows its head and tail.
    user_feedback_names
        Names of scores that came from the agent's users, where the export does not say who gave them.
    format
        Read with this reader, whatever the files look like; null: detect.
    redact
        What takes secrets and personal data out of texts before anything is kept, such as `workbench.redact.Redactor`.
    tables
        How to read tables of one's own.

    Examples
    --------
    >>> from workbench.load import LoadOptions
    >>> LoadOptions().spill_characters
    65536
    """

    spill_characters: int = 65_536
    user_feedback_names: frozenset[str] = USER_FEEDBACK_NAMES
    format: str | None = None
    redact: Redacts | None = None
    tables: tuple[TableMapping, ...] = ()


@dataclass
class Sheet:
    """The rows of one load, column by column.

    A reader calls `begin` for every input record, then `span`, `score` or `supplement` as often as it needs, or
    `refuse` once. What a record left half written when it failed is taken back.
    """

    options: LoadOptions
    unknown: Counter[str] = field(default_factory=Counter[str])
    notes: Counter[str] = field(default_factory=Counter[str])
    refused: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in [*SET_ASIDE, "_unit"]})
    unit: int = 0
    record: int = 0
    open: bool = False

    def __post_init__(self) -> None:
        """Begin with empty columns."""
        self.histories = Histories()
        self.blobs: dict[str, bytes] = {}
        self.keep_blob: Callable[[str, bytes], object] | None = None
        self.score_rows: list[dict[str, Any]] = []
        self._batches: list[Batch] = []
        self._source: Source | None = None
        self._named: str | None = None
        self._path, self._format = "", ""
        self._held = 0  # bytes of the pieces that lie in memory
        self._lines = 0  # of the file that is read in pieces
        self._rows: list[dict[str, Any]] = []
        self._gathered: dict[Gathers, list[tuple[Any, ...]]] = {}
        self._waiting = 0  # rows gathered, and what was told of spans elsewhere
        self._told: list[tuple[Any, ...]] = []
        self._told_batches: list[Batch] = []

    def start(self, source: Source, format_name: str) -> None:
        """Go on with another file."""
        # Of a long file the fingerprint is still being made when its reading begins.
        self._source, self._named = source, source.__dict__.get("source_id")
        self._path, self._format = str(source.path), format_name
        self._lines = 0

    @property
    def source_id(self) -> str:
        """The file that is being read."""
        if self._named is None:
            self._named = self._source.source_id if self._source is not None else ""
        return self._named

    def begin(self, record: int) -> None:
        """Begin an input record; `record` is its line, or its place among the file's records, from 1."""
        if len(self._rows) + self._waiting >= _BATCH:
            self._flush()
        self.unit += 1
        self.record = record
        self.open = True

    def done(self) -> None:
        """End the record: what fails after this is another one's failure."""
        self.open = False

    def span(self, row: dict[str, Any]) -> None:
        """Write a span; times are nanoseconds, columns that the row lacks are null. The row is the sheet's from now on."""
        row["format"] = self._format
        row["source"] = self._named or self.source_id
        row["record"] = self.record
        row["_unit"] = self.unit
        self._rows.append(row)

    def gather(self, group: Gathers, row: tuple[Any, ...]) -> None:
        """Write a span that is like many others: a row of which, with where it came from before it, `group` makes columns."""
        rows = self._gathered.get(group)
        if rows is None:
            rows = self._gathered[group] = []
        rows.append((self.unit, self.record, self._format, self._named or self.source_id, *row))
        self._waiting += 1

    def score(self, row: Mapping[str, Any]) -> None:
        """Write a score; `happened_at` is nanoseconds."""
        given = {"format": self._format, "source": self.source_id, "record": self.record, "_unit": self.unit}
        self.score_rows.append({**row, **given})

    def supplement(
        self,
        trace_id: str,
        span_id: str,
        *,
        at: int | None,
        attributes: dict[str, Any],
        given: list[dict[str, Any]],
        said: list[dict[str, Any]],
    ) -> None:
        """Write what belongs to a span that is written elsewhere."""
        body = dumps([attributes, given, said])
        self._told.append((self.unit, self.record, self.source_id, trace_id, span_id, at, body))
        self._waiting += 1

    def refuse(self, reason: str, detail: str = "", excerpt: str | bytes = "") -> None:
        """Set the record aside: the same reason for the same cause, the detail for this one."""
        self._take_back()
        shown = excerpt[: 4 * _EXCERPT].decode("utf-8", "replace") if isinstance(excerpt, bytes) else excerpt
        if self.options.redact is not None:
            detail, shown = self.options.redact.text(detail), self.options.redact.text(shown)
        row = (self.source_id, self._path, self.record, reason, detail or None, shown[:_EXCERPT].strip() or None)
        for column, value in zip(self.refused.values(), (*row, self.unit), strict=True):
            column.append(value)

    def note(self, sentence: str, count: int = 1) -> None:
        """Say something about how records were read, and how many."""
        self.notes[sentence] += count

    def _take_back(self) -> None:
        for rows in (self._rows, self.score_rows):
            while rows and rows[-1]["_unit"] == self.unit:
                rows.pop()
        for gathered in self._gathered.values():
            while gathered and gathered[-1][0] == self.unit:
                gathered.pop()
        while self._told and self._told[-1][0] == self.unit:
            self._told.pop()

    def _flush(self) -> None:
        parts = [group.frame(rows, self) for group, rows in self._gathered.items() if rows]
        if parts:
            parts = [_settled(pl.concat(parts, how="diagonal"))]
        if self._rows:
            parts.append(_frame(self._rows))
        if parts:
            frame = pl.concat(parts) if len(parts) == 1 else pl.concat(parts).sort("_unit", maintain_order=True)
            frame = _consented(frame).with_columns(pl.col(name).cast(SPANS[name]) for name in _TIMES)
            if self.options.redact is not None:
                frame = self.options.redact.frame(frame)
            frame, blobs = spill(frame, self.options.spill_characters)
            self._keep(blobs)
            self._batches.append(Batch(frame, frame.height))
        if self._told:
            told = pl.DataFrame(self._told, schema=_TOLD, orient="row")
            if self.options.redact is not None:
                told = self.options.redact.frame(told, ("trace_id", "span_id"))
            self._told_batches.append(Batch(told, told.height, size=sum(len(row[-1]) for row in self._told)))
        self._rows, self._gathered, self._told, self._waiting = [], {}, [], 0

    def absorb(self, piece: Piece) -> None:
        """Go on after a piece of the file, as if its records had been read here."""
        self._flush()
        before, lines = self.unit, self._lines
        for batch, held in ((piece.spans, self._batches), (piece.told, self._told_batches)):
            if batch is not None:
                placed = replace(batch, units=before, lines=lines, source_id=self.source_id)
                if self._held < _HELD:
                    placed = placed.taken_in()
                    self._held += placed.bytes
                held.append(placed)
        for row in piece.scores:
            row.update(source=self.source_id, _unit=row["_unit"] + before, record=row["record"] + lines)
            self.score_rows.append(row)
        refused = piece.refused
        refused["source_id"] = [self.source_id] * len(refused["_unit"])
        for name, offset in (("_unit", before), ("record", lines)):
            refused[name] = [number + offset for number in refused[name]]
        for name, column in self.refused.items():
            column.extend(refused[name])
        self._lines += piece.lines
        if self.options.redact is not None:
            self.options.redact.add(piece.replaced)
        self.unknown.update(piece.unknown)
        self.notes.update(piece.notes)
        self._keep(piece.blobs)
        self.unit += piece.units

    def _keep(self, blobs: dict[str, bytes]) -> None:
        if self.keep_blob is None:
            self.blobs |= blobs
        else:
            for digest, blob in blobs.items():
                self.keep_blob(digest, blob)

    def batches(self) -> list[Batch]:
        """All spans so far, with the record (`_unit`) that each came from, their long payloads spilled."""
        self._flush()
        if not self._batches:
            return [Batch(pl.DataFrame(schema={**SPANS, "_unit": pl.Int64()}), 0)]
        return self._batches

    def told(self) -> list[Batch]:
        """All that was said so far of spans written elsewhere: where it was found, the span, when, and the JSON of attributes and messages."""
        self._flush()
        return self._told_batches

    def scores(self) -> pl.DataFrame:
        """All scores so far, and the record (`_unit`) that each came from."""
        columns = {name: [row.get(name) for row in self.score_rows] for name in [*SCORES, "_unit"]}
        kinds: dict[str, Any] = {**SCORES, "happened_at": pl.Int64(), "_unit": pl.Int64()}
        scores = pl.DataFrame(columns, schema=kinds).with_columns(pl.col("happened_at").cast(SCORES["happened_at"]))
        return scores if self.options.redact is None else self.options.redact.frame(scores, _SAID)


def _consented(frame: pl.DataFrame) -> pl.DataFrame:
    """With what only the metadata say of consent."""
    told = pl.col("metadata")
    if not frame.select(told.str.contains("consent", literal=True).any()).item():
        return frame
    said = pl.coalesce([told.str.json_path_match(path) for path in _CONSENT]).str.to_lowercase()
    meant = said.replace_strict(BOOLEANS, default=None, return_dtype=pl.Boolean())
    return frame.with_columns(pl.coalesce("consent", meant).alias("consent"))


def _settled(gathered: pl.DataFrame) -> pl.DataFrame:
    """What was gathered, in order."""
    running = pl.col("end").is_null() & (pl.col("status") != "error")
    status = pl.when(running).then(pl.lit("running")).otherwise("status").alias("status")
    ids = pl.col("trace_id", "span_id", "parent_id").str.to_lowercase()
    return (
        gathered.lazy().sort("_unit", maintain_order=True).with_columns(ids, status).select(_every(gathered)).collect()
    )


def _every(frame: pl.DataFrame) -> list[pl.Expr]:
    """All columns, also those that it lacks."""
    return [pl.col(name) if name in frame.columns else pl.lit(None, kind).alias(name) for name, kind in ROW.items()]


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    try:
        return _by_shape(rows)
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        # A value is not of its column's type: text is made of it, or, where the column is a number, nothing.
        made = {
            name: [text(row.get(name)) for row in rows] if kind == pl.String() else [row.get(name) for row in rows]
            for name, kind in ROW.items()
        }
        return pl.DataFrame(made, schema=ROW, strict=False)


def _by_shape(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The rows as columns; rows with the same names in the same order are turned at once."""
    shapes: dict[tuple[str, ...], list[int]] = {}
    for place, row in enumerate(rows):
        shapes.setdefault(tuple(row), []).append(place)
    if len(shapes) > _SHAPES:
        return pl.DataFrame({name: [row.get(name) for row in rows] for name in ROW}, schema=ROW)
    parts: list[pl.DataFrame] = []
    for names, places in shapes.items():
        columns = zip(*(rows[place].values() for place in places), strict=True)
        # A name that is no column says nothing.
        parts.append(
            pl.DataFrame(
                [pl.Series(name, told, ROW[name]) for name, told in zip(names, columns, strict=True) if name in ROW]
            )
        )
    order = np.empty(len(rows), dtype=np.uint32)
    order[np.fromiter(chain.from_iterable(shapes.values()), dtype=np.uint32, count=len(rows))] = np.arange(len(rows))
    frame = pl.concat(parts, how="diagonal")
    return frame[order].select(_every(frame))
