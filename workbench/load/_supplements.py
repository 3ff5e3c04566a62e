"""Log records that say what was said in a span which is written elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from workbench.load._sheet import Sheet, Supplement
from workbench.load._spans import supplement_columns
from workbench.load._spill import spill
from workbench.load._states import KEY, MERGED, PLACE, earlier_rows, fate
from workbench.load._values import dumps
from workbench.schema import SPANS

__all__ = ["STAND_IN", "Supplements", "completed"]

_MARK: Final = {"told by": "log records"}  # what is kept of a span of which only log records are known
STAND_IN: Final = pl.col("raw").str.starts_with(dumps(_MARK)[:-1]).fill_null(value=False)
"""Whether a row stands for a span that was not there when its log records were read."""
_TOLD: Final = [name for name in SPANS if name not in {*KEY, *PLACE, "name", "status", "start", "end"}]


class Supplements:
    """What a load's log records add to its spans; where there is no such span, they are one."""

    def __init__(self, sheet: Sheet, fates: list[pl.DataFrame]) -> None:
        self._limit, self._redact = sheet.options.spill_characters, sheet.options.redact
        self._shared: dict[int, list[int]] = {}  # the record that several log records end with
        self._more = self._rows(_grouped(sheet.supplements, fates))
        self._found: list[pl.DataFrame] = []

    def _rows(self, groups: dict[tuple[str, str], list[Supplement]]) -> pl.DataFrame:
        rows: dict[str, list[Any]] = {name: [] for name in SPANS if name != "spilled"}
        units: list[int] = []
        for (trace_id, span_id), group in groups.items():
            first = group[0]
            attributes: dict[str, Any] = {}
            for one in group:
                attributes |= one.attributes
            columns = supplement_columns(
                attributes, [m for one in group for m in one.given], [m for one in group for m in one.said], _MARK
            )
            columns |= {"trace_id": trace_id, "span_id": span_id, "source": first.source, "record": first.record}
            columns |= {"format": "otlp", "status": "unset", "start": first.at, "end": group[-1].at}
            columns.setdefault("name", columns.get("model") or "model call")
            for name, column in rows.items():
                column.append(columns.get(name))
            units.append(first.unit)
            self._shared[first.unit] = [one.unit for one in group]
        kinds: dict[str, Any] = {n: pl.Int64() if n in ("start", "end") else SPANS[n] for n in rows}
        frame = pl.DataFrame(rows, schema=kinds, strict=False)
        if self._redact is not None:
            frame = self._redact.frame(frame)
        return frame.with_columns(
            pl.col("start", "end").cast(SPANS["start"]),
            pl.Series("_unit", units, pl.Int64()),
            pl.lit(None, SPANS["spilled"]).alias("spilled"),
        )

    def fill(self, spans: pl.DataFrame, blobs: dict[str, bytes]) -> pl.DataFrame:
        """The spans, their gaps filled with what the log records say."""
        here = self._more.select(*KEY, "_unit").join(spans.select(*KEY, "_unit"), on=KEY, suffix="_span")
        if not here.height:
            return spans
        self._found.append(here.select(KEY))
        for unit, span_unit in here.select("_unit", "_unit_span").rows():
            self._shared.setdefault(span_unit, []).extend(self._shared.pop(unit))
        joined = spans.join(self._more.select(*KEY, *_TOLD), on=KEY, how="left", suffix="_more", maintain_order="left")
        return self._cut(joined.select(*_filled(spans.columns)), blobs)

    def alone(self, known: pl.LazyFrame | None, blobs: dict[str, bytes]) -> pl.DataFrame:
        """What speaks of no span of this load, as spans; where the span lies in an earlier load, the whole of it."""
        alone = self._more
        if self._found:
            alone = alone.join(pl.concat(self._found), on=KEY, how="anti", maintain_order="left")
        if known is not None and alone.height:
            alone = _from_known(alone, known)
        return self._cut(alone, blobs)

    def _cut(self, spans: pl.DataFrame, blobs: dict[str, bytes]) -> pl.DataFrame:
        cut, more = spill(spans, self._limit)
        blobs |= more
        return cut.select(spans.columns)

    def fates(self, fates: list[pl.DataFrame]) -> pl.DataFrame:
        """Log records end where the span ended that they are part of."""
        ended = {unit: fate for frame in fates for unit, fate in frame.rows() if unit in self._shared}
        pairs = [(unit, ended[first]) for first, units in self._shared.items() if first in ended for unit in units]
        return pl.DataFrame(pairs, schema={"_unit": pl.Int64(), "_fate": pl.Int8()}, orient="row")


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


def _grouped(supplements: list[Supplement], fates: list[pl.DataFrame]) -> dict[tuple[str, str], list[Supplement]]:
    groups: dict[tuple[str, str], list[Supplement]] = {}
    seen: set[str] = set()
    repeated: list[int] = []
    for one in sorted(supplements, key=lambda s: (s.at or 0, s.unit)):
        digest = dumps([one.trace_id, one.span_id, one.at, one.attributes, one.given, one.said])
        if digest in seen:
            repeated.append(one.unit)
        else:
            seen.add(digest)
            groups.setdefault((one.trace_id, one.span_id), []).append(one)
    fates.append(fate(pl.DataFrame({"_unit": repeated}, schema={"_unit": pl.Int64()}), MERGED))
    return groups
