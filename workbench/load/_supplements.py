"""Log records that say what was said in a span which is written elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import polars as pl

from workbench.load._batches import KEY_HASH, TRACE_SEED, Batch
from workbench.load._parted import Parted
from workbench.load._sheet import LoadOptions, Sheet
from workbench.load._spans import supplement_columns
from workbench.load._spill import spill
from workbench.load._states import KEY, MERGED, PLACE, UNTOLD, Fates, earlier_rows
from workbench.load._values import dumps
from workbench.schema import SPANS

__all__ = ["STAND_IN", "Supplements", "completed", "parts_of_told"]

_MARK: Final = {"told by": "log records"}  # what is kept of a span of which only log records are known
STAND_IN: Final = pl.col("raw").str.starts_with(dumps(_MARK)[:-1]).fill_null(value=False)
"""Whether a row stands for a span that was not there when its log records were read."""
_TOLD: Final = [name for name in SPANS if name not in {*KEY, *PLACE, "name", "status", "start", "end"}]
_AT_ONCE: Final = 64 << 20  # bytes of JSON
_NOWHERE: Final = -1


def parts_of_told(told: list[Batch]) -> int:
    """Into how many parts what log records say is to be cut, so that one of them is little to hold."""
    return sum(batch.size for batch in told) // _AT_ONCE + 1


class Supplements:
    """What a load's log records add to its spans; where there is no such span, they are one.

    Log records of one span are brought together trace by trace, and laid where the batch lies that their span is in: what
    waits on disk is all of it, what is in memory some.

    Parameters
    ----------
    sheet
        What was read.
    told
        What its log records say.
    keys
        One row a span of the load (`keys_of`), in as many parts as what is told is to be cut into, or more.
    gone
        Which of these rows do not count.
    batches
        The spans.
    fates
        Takes the log records that say again what another said.
    folder
        Where to put what is too much to hold.
    """

    def __init__(
        self,
        sheet: Sheet,
        told: list[Batch],
        keys: Parted,
        *,
        gone: Any,
        batches: list[Batch],
        fates: Fates,
        folder: Callable[[], Path],
    ) -> None:
        self._options: LoadOptions = sheet.options
        self._leads = np.arange(sheet.unit + 1, dtype=np.uint32)  # the record that a log record ends with
        self._runs = parts_of_told(told)
        self._batches = len(batches)
        # Of each run of batches what is said of its spans, and at last what is said of none.
        self._laid = Parted("_run", self._runs + 1 if self._runs > 1 else 1, folder, held=_AT_ONCE)
        self._run = _NOWHERE
        self._more: pl.DataFrame | None = None
        self._found: list[pl.DataFrame] = []
        self._left: list[pl.DataFrame] = []
        by_trace = Parted("_trace", keys.parts, folder, held=_AT_ONCE)
        while told:
            batch = told.pop(0)
            by_trace.add(batch.frame().with_columns(pl.col("trace_id").hash(TRACE_SEED).alias("_trace")))
            batch.drop()
        firsts = np.cumsum([0, *(batch.height for batch in batches)])[1:]
        for number in range(by_trace.parts):
            records, spans = by_trace.part(number), keys.part(number)
            if records is not None:
                self._laid.add(self._placed(self._rows(records, fates), spans, gone, firsts))

    def _placed(self, rows: pl.DataFrame, spans: pl.DataFrame | None, gone: Any, firsts: Any) -> pl.DataFrame:
        """The rows, and the run of batches that each one's span is in."""
        nowhere = pl.lit(self._runs, pl.Int64()).alias("_run")
        if spans is None or self._runs == 1:
            return rows.with_columns(nowhere)
        left = spans.filter(pl.Series(~gone[spans["_row"].to_numpy()]))
        batch = np.searchsorted(firsts, left["_row"].to_numpy(), side="right")
        run = pl.Series("_run", batch * self._runs // self._batches, pl.Int64())
        place = left.select("_key", run).unique("_key", keep="first")
        placed = rows.with_columns(KEY_HASH.alias("_key")).join(place, on="_key", how="left", maintain_order="left")
        return placed.with_columns(pl.coalesce("_run", nowhere).alias("_run")).drop("_key")

    def _rows(self, records: pl.DataFrame, fates: Fates) -> pl.DataFrame:
        """The records of each span as one row."""
        records = records.sort(pl.col("at").fill_null(0), "_unit")
        first = records.unique([*KEY, "at", "body"], keep="first", maintain_order=True)
        if first.height < records.height:
            fates.add(records.join(first, on="_unit", how="anti"), MERGED)
        rows: dict[str, list[Any]] = {name: [] for name in SPANS if name != "spilled"}
        units: list[int] = []
        groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for record in first.iter_rows(named=True):
            groups.setdefault((record["trace_id"], record["span_id"]), []).append(record)
        for group in groups.values():
            columns = _said_by(group)
            for name, column in rows.items():
                column.append(columns.get(name))
            units.append(group[0]["_unit"])
            self._leads[[one["_unit"] for one in group]] = group[0]["_unit"]
        kinds: dict[str, Any] = {n: pl.Int64() if n in ("start", "end") else SPANS[n] for n in rows}
        frame = pl.DataFrame(rows, schema=kinds, strict=False)
        if self._options.redact is not None:
            frame = self._options.redact.frame(frame)
        return frame.with_columns(
            pl.col("start", "end").cast(SPANS["start"]),
            pl.Series("_unit", units, pl.Int64()),
            pl.lit(None, SPANS["spilled"]).alias("spilled"),
        )

    def fill(self, number: int, spans: pl.DataFrame, blobs: dict[str, bytes]) -> pl.DataFrame:
        """The spans of a batch, their gaps filled with what the log records say."""
        run = number * self._runs // self._batches
        if run != self._run:
            self._leave()
            self._run, self._more = run, self._laid.part(run)
        if self._more is None:
            return spans
        here = self._more.select(*KEY, "_unit").join(spans.select(*KEY, "_unit"), on=KEY, suffix="_span")
        if not here.height:
            return spans
        self._found.append(here.select(KEY))
        self._leads[here["_unit"].to_numpy()] = here["_unit_span"].to_numpy()
        joined = spans.join(self._more.select(*KEY, *_TOLD), on=KEY, how="left", suffix="_more", maintain_order="left")
        return self._cut(joined.select(*_filled(spans.columns)), blobs)

    def _leave(self) -> None:
        """Keep what nothing was found for."""
        if self._more is not None:
            left = self._more
            if self._found:
                left = left.join(pl.concat(self._found), on=KEY, how="anti", maintain_order="left")
            if left.height:
                self._left.append(left)
        self._more, self._found = None, []

    def alone(self, known: pl.LazyFrame | None, blobs: dict[str, bytes]) -> Iterator[pl.DataFrame]:
        """What speaks of no span of this load, as spans; where the span lies in an earlier load, the whole of it."""
        self._leave()
        rest = self._laid.pieces(self._runs) if self._runs > 1 else iter(())
        for alone in chain(self._left, rest):
            rows = alone.drop("_run")
            yield self._cut(rows if known is None else _from_known(rows, known), blobs)

    def _cut(self, spans: pl.DataFrame, blobs: dict[str, bytes]) -> pl.DataFrame:
        cut, more = spill(spans, self._options.spill_characters)
        blobs |= more
        return cut.select(spans.columns)

    def settle(self, fates: Fates) -> None:
        """Log records end where the span ended that they are part of."""
        ended = fates.ended[self._leads[self._leads]]
        fates.ended = np.where(ended == UNTOLD, fates.ended, ended)


def _said_by(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The columns of what log records, in the order of their times, say of one span."""
    attributes: dict[str, Any] = {}
    given: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    for record in records:
        more, asked, answered = orjson.loads(record["body"])
        attributes |= more
        given += asked
        said += answered
    columns = supplement_columns(attributes, given, said, _MARK)
    first = records[0]
    columns |= {name: first[name] for name in (*KEY, "source", "record")}
    columns |= {"format": "otlp", "status": "unset", "start": first["at"], "end": records[-1]["at"]}
    columns.setdefault("name", columns.get("model") or "model call")
    return columns


def completed(spans: pl.DataFrame, stand_ins: pl.DataFrame) -> pl.DataFrame:
    """Spans that come after their log records, their gaps filled with what those said."""
    told = stand_ins.select(*KEY, *_TOLD, "spilled")
    joined = spans.join(told, on=KEY, how="left", suffix="_more", maintain_order="left")
    filled = joined.select(*_filled(spans.columns))
    cut: list[Any] = []
    for row in joined.iter_rows(named=True):
        own: list[Any] = row["spilled"] or []
        more: list[Any] = row["spilled_more"] or []
        cut.append([*own, *(entry for entry in more if row[entry["column"]] is None)] or None)
    return filled.with_columns(pl.Series("spilled", cut, SPANS["spilled"]))


def _filled(columns: Iterable[str]) -> list[pl.Expr]:
    """Every column, its gaps filled with what the log records say."""
    filled: list[pl.Expr] = []
    for name in columns:
        own, more = pl.col(name), pl.col(f"{name}_more")
        if name == "kind":
            filled.append(pl.when(own == "other").then(pl.coalesce(more, own)).otherwise(own).alias(name))
        else:
            filled.append(pl.coalesce(own, more).alias(name) if name in _TOLD else own)
    return filled


def _from_known(alone: pl.DataFrame, known: pl.LazyFrame) -> pl.DataFrame:
    """Where the span lies in an earlier load, the whole span, with its gaps filled."""
    earlier = earlier_rows(alone.select(KEY), known)
    if not earlier.height or any(name not in earlier.columns for name in SPANS):
        return alone
    earlier = earlier.unique(KEY, keep="last", maintain_order=True).drop("load_id", "source", "record")
    places = alone.select(*KEY, "source", "record", "_unit")
    found = earlier.join(places, on=KEY).join(alone.select(*KEY, *_TOLD), on=KEY, suffix="_more")
    found = found.select(*_filled(alone.columns))
    return pl.concat([found, alone.join(found.select(KEY), on=KEY, how="anti", maintain_order="left")])
