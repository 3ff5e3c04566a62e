"""The same span twice, a span that grew, parents in a circle: every row ends once, and it is known where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, cast

import numpy as np
import polars as pl

from workbench.load._sheet import Sheet, Supplement
from workbench.load._spans import supplement_columns
from workbench.load._spill import PAYLOADS, spill
from workbench.load._values import dumps
from workbench.schema import SPANS

__all__ = ["LOADED", "MERGED", "SET_ASIDE_FATE", "SUPERSEDED", "Reconciled", "reconcile", "reconcile_scores"]

LOADED, SUPERSEDED, MERGED, SET_ASIDE_FATE = 0, 1, 2, 3

_KEY: Final = ["trace_id", "span_id"]
_PLACE: Final = frozenset({"format", "source", "record", "spilled"})  # where a row was found says nothing of what it is
_CONTENT: Final = [name for name in SPANS if name not in _PLACE]


@dataclass(slots=True)
class Reconciled:
    """The rows that are left, and where the others went."""

    spans: pl.DataFrame
    superseded: pl.DataFrame
    blobs: dict[str, bytes]
    fates: list[pl.DataFrame] = field(default_factory=list[pl.DataFrame])  # _unit, _fate


def reconcile(sheet: Sheet, known: pl.LazyFrame | None) -> Reconciled:
    """Bring a load's spans to one row each, against themselves and against what earlier loads hold."""
    fates: list[pl.DataFrame] = []
    spans = _once(sheet.spans().with_row_index("_row"), fates)
    shared: dict[int, list[int]] = {}
    if sheet.supplements:
        spans = _supplemented(spans, sheet, known, fates, shared)
    spans = _without_circles(spans, sheet)
    spans, blobs = spill(spans, sheet.options.spill_characters)
    superseded = pl.DataFrame(schema={"trace_id": pl.String(), "span_id": pl.String(), "load_id": pl.String()})
    if known is not None and spans.height:
        spans, superseded = _against_known(spans, known, fates)
    fates.append(_fate(spans, LOADED))
    if shared:
        fates.append(_shared_fates(fates, shared))
    kept = {record["sha256"] for records in spans["spilled"].drop_nulls() for record in records}
    return Reconciled(
        spans.select(*SPANS), superseded, {digest: blob for digest, blob in blobs.items() if digest in kept}, fates
    )


def _fate(rows: pl.DataFrame, fate: int) -> pl.DataFrame:
    return rows.select("_unit", pl.lit(fate, pl.Int8()).alias("_fate"))


def _length() -> pl.Expr:
    return pl.sum_horizontal(pl.col(name).str.len_bytes().cast(pl.Int64()) for name in PAYLOADS)


def _later() -> list[pl.Expr]:
    """What makes one state of a span later than another: it ended, it ended later, it says more."""
    return [pl.col("end").is_not_null().alias("_ended"), pl.col("end").alias("_end"), _length().alias("_length")]


_ORDER: Final = ["_ended", "_end", "_length"]


def _digest(frame: pl.DataFrame, columns: list[str]) -> pl.Series:
    return frame.select(columns).hash_rows(seed=7).alias("_digest")


def _once(spans: pl.DataFrame, fates: list[pl.DataFrame]) -> pl.DataFrame:
    if not spans.height or spans.select(pl.struct(_KEY).n_unique()).item() == spans.height:
        return spans
    repeated = pl.struct(_KEY).is_duplicated()
    twice = spans.filter(repeated).with_columns(_later())
    twice = twice.with_columns(_digest(twice, _CONTENT))
    best = twice.sort([*_ORDER, "_row"], descending=[True, True, True, False], nulls_last=True).unique(
        _KEY, keep="first", maintain_order=True
    )
    others = twice.join(best.select(*_KEY, pl.col("_digest").alias("_best"), pl.col("_row").alias("_kept")), on=_KEY)
    others = others.filter(pl.col("_row") != pl.col("_kept"))
    same = pl.col("_digest") == pl.col("_best")
    fates += [_fate(others.filter(same), MERGED), _fate(others.filter(~same), SUPERSEDED)]
    return spans.join(others.select("_row"), on="_row", how="anti", maintain_order="left")


def _against_known(
    spans: pl.DataFrame, known: pl.LazyFrame, fates: list[pl.DataFrame]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    earlier = _earlier(spans.select(_KEY), known)
    none = pl.DataFrame(schema={"trace_id": pl.String(), "span_id": pl.String(), "load_id": pl.String()})
    if not earlier.height:
        return spans, none
    columns = [name for name in [*_CONTENT, "spilled"] if name in earlier.columns]
    whole = ["spilled"] if "spilled" in columns else []
    again = spans.join(earlier.select(_KEY), on=_KEY, how="semi", maintain_order="left").with_columns(
        _later_known(whole)
    )
    again = again.with_columns(_digest(again, columns))
    earlier = earlier.with_columns(_later_known(whole))
    earlier = earlier.with_columns(_digest(earlier, columns))
    # Of several earlier states the latest counts.
    earlier = earlier.sort(_ORDER, descending=True, nulls_last=True).unique(_KEY, keep="first", maintain_order=True)
    pairs = again.join(earlier.select(*_KEY, "load_id", "_digest", *_ORDER), on=_KEY, suffix="_was")
    same = pl.col("_digest") == pl.col("_digest_was")
    grew = (
        pl.when(pl.col("_ended") != pl.col("_ended_was"))
        .then(pl.col("_ended"))
        .when(pl.col("_end").ne_missing(pl.col("_end_was")))
        .then(pl.col("_end") > pl.col("_end_was"))
        .otherwise(pl.col("_length") > pl.col("_length_was"))
    )
    state = pairs.select(
        "_row", "_unit", *_KEY, "load_id", same.alias("_same"), grew.fill_null(value=False).alias("_grew")
    )
    merged, older = state.filter("_same"), state.filter(~pl.col("_same") & ~pl.col("_grew"))
    fates += [_fate(merged, MERGED), _fate(older, SUPERSEDED)]
    gone = pl.concat([merged.select("_row"), older.select("_row")])
    left = spans.join(gone, on="_row", how="anti", maintain_order="left")
    return left, state.filter(~pl.col("_same") & pl.col("_grew")).select(*_KEY, "load_id")


def _earlier(keys: pl.DataFrame, known: pl.LazyFrame) -> pl.DataFrame:
    """The rows of earlier loads that this load holds too."""
    names = known.collect_schema().names()
    kinds = {**SPANS, "load_id": pl.String()}
    wanted = [pl.col(name).cast(kind) for name, kind in kinds.items() if name in names]
    if "load_id" not in names:
        wanted.append(pl.lit(None, pl.String()).alias("load_id"))
    missing = [pl.lit(None, SPANS[name]).alias(name) for name in (*PAYLOADS, "end") if name not in names]
    # Traces first: one column of short text, so that the scan of the whole store stays small.
    traces = known.filter(pl.col("trace_id").is_in(keys["trace_id"].unique().implode()))
    return traces.select(*wanted, *missing).join(keys.lazy(), on=_KEY, how="semi").collect()


def _later_known(spilled: list[str]) -> list[pl.Expr]:
    length = _length()
    for name in spilled:
        cut = pl.col(name).list.eval(pl.element().struct.field("characters")).list.sum()
        length = length + cut.fill_null(0)
    return [pl.col("end").is_not_null().alias("_ended"), pl.col("end").alias("_end"), length.alias("_length")]


def _supplemented(
    spans: pl.DataFrame,
    sheet: Sheet,
    known: pl.LazyFrame | None,
    fates: list[pl.DataFrame],
    shared: dict[int, list[int]],
) -> pl.DataFrame:
    """Log records brought into the spans that they speak of; where there is no such span, they are one."""
    groups = _grouped(sheet.supplements, fates)
    rows: dict[str, list[Any]] = {name: [] for name in SPANS if name != "spilled"}
    units: list[int] = []
    for (trace_id, span_id), group in groups.items():
        first = group[0]
        attributes: dict[str, Any] = {}
        for one in group:
            attributes |= one.attributes
        columns = supplement_columns(
            attributes, [m for one in group for m in one.given], [m for one in group for m in one.said]
        )
        columns |= {"trace_id": trace_id, "span_id": span_id, "source": first.source, "record": first.record}
        columns |= {"format": "otlp", "status": "unset", "start": first.at, "end": group[-1].at}
        columns.setdefault("name", columns.get("model") or "model call")
        for name, column in rows.items():
            column.append(columns.get(name))
        units.append(first.unit)
        shared[first.unit] = [one.unit for one in group]
    kinds: dict[str, Any] = {n: pl.Int64() if n in ("start", "end") else SPANS[n] for n in rows}
    more = pl.DataFrame(rows, schema=kinds, strict=False).with_columns(
        pl.col("start", "end").cast(SPANS["start"]), pl.Series("_unit", units, pl.Int64())
    )
    told = [name for name in rows if name not in {*_KEY, *_PLACE, "name", "status", "start", "end"}]
    joined = spans.join(more.select(*_KEY, *told), on=_KEY, how="left", suffix="_more", maintain_order="left")
    spans = joined.select(*_filled(spans.columns, told))
    here = more.select(*_KEY, "_unit").join(spans.select(*_KEY, "_unit"), on=_KEY, suffix="_span")
    for unit, span_unit in here.select("_unit", "_unit_span").rows():
        shared.setdefault(span_unit, []).extend(shared.pop(unit))
    alone = more.join(spans.select(_KEY), on=_KEY, how="anti", maintain_order="left")
    if not alone.height:
        return spans
    if known is not None:
        alone = _from_known(alone, known, told)
    count = spans.height
    top = cast("int | None", spans["_row"].max()) if count else None
    index = pl.int_range(alone.height, dtype=pl.UInt32()) + ((top or 0) + 1)
    return pl.concat([spans, alone.with_columns(index.alias("_row")).select(spans.columns)])


def _filled(columns: Iterable[str], told: list[str]) -> list[pl.Expr]:
    """Every column, its gaps filled with what the log records say."""
    filled: list[pl.Expr] = []
    for name in columns:
        own, more = pl.col(name), pl.col(f"{name}_more")
        if name == "kind":
            filled.append(pl.when(own == "other").then(pl.coalesce(more, own)).otherwise(own).alias(name))
        else:
            filled.append(pl.coalesce(own, more).alias(name) if name in told else own)
    return filled


def _from_known(alone: pl.DataFrame, known: pl.LazyFrame, told: list[str]) -> pl.DataFrame:
    """Where the span lies in an earlier load, the whole span, with its gaps filled."""
    earlier = _earlier(alone.select(_KEY), known)
    if not earlier.height or any(name not in earlier.columns for name in SPANS):
        return alone
    earlier = earlier.unique(_KEY, keep="last", maintain_order=True).drop("spilled", "load_id", "source", "record")
    places = alone.select(*_KEY, "source", "record", "_unit")
    found = earlier.join(places, on=_KEY).join(alone.select(*_KEY, *told), on=_KEY, suffix="_more")
    found = found.select(*_filled(alone.columns, told))
    return pl.concat([found, alone.join(found.select(_KEY), on=_KEY, how="anti", maintain_order="left")])


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
    fates.append(_fate(pl.DataFrame({"_unit": repeated}, schema={"_unit": pl.Int64()}), MERGED))
    return groups


def _shared_fates(fates: list[pl.DataFrame], shared: dict[int, list[int]]) -> pl.DataFrame:
    """Log records end where the span ended that they are part of."""
    ended = {unit: fate for frame in fates for unit, fate in frame.rows() if unit in shared}
    pairs = [(unit, ended[first]) for first, units in shared.items() if first in ended for unit in units]
    return pl.DataFrame(pairs, schema={"_unit": pl.Int64(), "_fate": pl.Int8()}, orient="row")


def _without_circles(spans: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    """Cut parents that lead back to their own child: the earliest span of the circle becomes a root."""
    if not spans.height or spans["parent_id"].null_count() == spans.height:
        return spans
    place = spans.select(*_KEY, pl.int_range(pl.len(), dtype=pl.Int64()).alias("_at"))
    above = spans.select("trace_id", "parent_id").join(
        place, left_on=["trace_id", "parent_id"], right_on=_KEY, how="left", maintain_order="left"
    )
    parent = above["_at"].fill_null(-1).to_numpy()
    far = parent.copy()
    for _ in range(int(spans.height).bit_length() + 1):
        going = far >= 0
        if not going.any():
            return spans
        far[going] = far[far[going]]  # twice as far up as before
    cut = _earliest(np.flatnonzero(far >= 0), parent, spans["start"].to_physical().to_list())
    sheet.note("spans whose parents led back to themselves, and that now stand at the top", len(cut))
    return spans.with_columns(spans["parent_id"].scatter(cut, [None] * len(cut)))


def _earliest(lost: Any, parent: Any, starts: list[int | None]) -> list[int]:
    seen: set[int] = set()
    cut: list[int] = []
    for begin in lost.tolist():
        path: dict[int, None] = {}
        at = begin
        while at >= 0 and at not in seen and at not in path:
            path[at] = None
            at = int(parent[at])
        if at in path:
            walked = list(path)
            circle = walked[walked.index(at) :]
            cut.append(min(circle, key=lambda row: (starts[row] is None, starts[row] or 0, row)))
        seen.update(path)
    return cut


def reconcile_scores(sheet: Sheet, known: pl.LazyFrame | None) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Scores once each: the last state of each `score_id`, without those that earlier loads hold just so."""
    scores = sheet.scores().with_row_index("_row")
    fates: list[pl.DataFrame] = []
    content = [name for name in scores.columns if name not in ("_row", "_unit", "format", "source", "record")]
    scores = scores.with_columns(_digest(scores, content))
    final = scores.unique("score_id", keep="last", maintain_order=True).select(
        "score_id", pl.col("_digest").alias("_best")
    )
    scores = scores.join(final, on="score_id", maintain_order="left")
    # Of equal ones the first is kept, as with spans: the file that brought it is the one that is loaded.
    last = scores.filter(pl.col("_digest") == pl.col("_best")).unique("score_id", keep="first", maintain_order=True)
    others = scores.join(last.select("_row"), on="_row", how="anti", maintain_order="left")
    same = pl.col("_digest") == pl.col("_best")
    fates += [_fate(others.filter(same), MERGED), _fate(others.filter(~same), SUPERSEDED)]
    if known is not None and last.height:
        earlier = known.filter(pl.col("score_id").is_in(last["score_id"].implode())).select(content).collect()
        earlier = earlier.with_columns(_digest(earlier, content)).select("score_id", "_digest").unique()
        held = last.join(earlier, on=["score_id", "_digest"], how="semi")
        fates.append(_fate(held, MERGED))
        last = last.join(held.select("_row"), on="_row", how="anti", maintain_order="left")
    fates.append(_fate(last, LOADED))
    return last, fates
