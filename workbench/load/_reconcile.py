"""The same span twice, a span that grew, parents in a circle: every row ends once, and it is known where."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from workbench.load._batches import TRACE_SEED, Batch, keys_of, placed
from workbench.load._into import Into
from workbench.load._parted import Parted, parts_of
from workbench.load._previews import Previews
from workbench.load._sheet import Sheet
from workbench.load._states import (
    CONTENT,
    KEY,
    LOADED,
    MERGED,
    ORDER,
    SUPERSEDED,
    Fates,
    digest,
    earlier_rows,
    later,
)
from workbench.load._supplements import STAND_IN, Supplements, completed, parts_of_told
from workbench.schema import SPANS

__all__ = ["Reconciled", "reconcile", "reconcile_scores"]

_REFUSES: Final = (pl.col("consent").eq_missing(other=False)).alias("_refuses")
_SUPERSEDED: Final = pl.Schema({"trace_id": pl.String(), "span_id": pl.String(), "load_id": pl.String()})


@dataclass(slots=True)
class Reconciled:
    """Which rows of earlier loads are replaced, and where the records went; the rows that are left went `into`."""

    superseded: pl.DataFrame
    fates: Fates


def reconcile(sheet: Sheet, known: pl.LazyFrame | None, into: Into) -> Reconciled:
    """Bring a load's spans to one row each, against themselves and against what earlier loads hold.

    What must be compared over the whole load are keys, some traces at a time; the rows themselves pass through batch by batch.
    """
    with ExitStack() as stack:

        @cache
        def folder() -> Path:
            made = tempfile.TemporaryDirectory(dir=into.folder, prefix=".load-")
            return Path(stack.enter_context(made))

        return _reconcile(sheet, known, into, folder)


def _reconcile(sheet: Sheet, known: pl.LazyFrame | None, into: Into, folder: Callable[[], Path]) -> Reconciled:
    batches, told = sheet.batches(), sheet.told()
    fates = Fates(sheet.unit)
    height = sum(batch.height for batch in batches)
    keys = Parted("_trace", max(parts_of(height), parts_of_told(told)), folder)
    keys_of(batches, keys)
    gone = _once(keys, height, batches, fates, folder)
    tops = _circles(keys, gone, sheet)
    known = _if_shared(keys, known)
    supplements = None
    if told:
        supplements = Supplements(sheet, told, keys, gone=gone, batches=batches, fates=fates, folder=folder)
    superseded: list[pl.DataFrame] = [_SUPERSEDED.to_frame()]
    blobs = sheet.blobs
    previews = Previews(keys, gone, known)

    def settle(spans: pl.DataFrame) -> None:
        spans, shown = previews.settle(spans, fates)
        if shown is not None:
            superseded.append(shown)
        if known is not None and spans.height:
            spans, replaced = _against_known(spans, known, fates)
            superseded.append(replaced)
        fates.add(spans, LOADED)
        into.add(spans.select(*SPANS), blobs)

    for number, (batch, first) in enumerate(placed(batches)):
        spans = batch.frame().with_row_index("_row")
        out = gone[first : first + batch.height]
        cut = np.flatnonzero(tops[first : first + batch.height])
        if cut.size:
            spans = spans.with_columns(spans["parent_id"].scatter(cut, [None] * cut.size))
        if out.any():
            spans = spans.filter(pl.Series(~out))
        settle(spans if supplements is None else supplements.fill(number, spans, blobs))
        batch.drop()
    if supplements is not None:
        for alone in supplements.alone(known, blobs):
            settle(alone.with_row_index("_row"))
        supplements.settle(fates)
    return Reconciled(pl.concat(superseded), fates)


def _once(keys: Parted, height: int, batches: list[Batch], fates: Fates, folder: Callable[[], Path]) -> Any:
    """Which rows go because a later, or the same, state of their span is there too."""
    gone = np.zeros(height, dtype=bool)
    repeated = np.zeros(height, dtype=bool)
    for part in keys:
        if part["_key"].n_unique() < part.height:
            repeated[part["_row"].filter(part["_key"].is_duplicated()).to_numpy()] = True
    if not repeated.any():
        return gone
    columns = [*CONTENT, "spilled"]
    several = Parted("_trace", parts_of(int(repeated.sum())), folder)
    for batch, first in placed(batches):
        rows = np.flatnonzero(repeated[first : first + batch.height])
        if rows.size:
            frame = batch.frame()[rows]
            frame = frame.with_columns(
                *later(columns), digest(frame, columns), _REFUSES, pl.Series("_row", rows + first, pl.Int64())
            )
            trace = pl.col("trace_id").hash(TRACE_SEED).alias("_trace")
            several.add(frame.select(*KEY, trace, "_unit", "_row", "_digest", "_refuses", *ORDER))
    for twice in several:
        _keep_last(twice, gone, fates)
    return gone


def _keep_last(twice: pl.DataFrame, gone: Any, fates: Fates) -> None:
    # A state in which the user refuses is the one that counts.
    best = twice.sort(["_refuses", *ORDER, "_row"], descending=[True, True, True, True, False], nulls_last=True).unique(
        KEY, keep="first", maintain_order=True
    )
    others = twice.join(best.select(*KEY, pl.col("_digest").alias("_best"), pl.col("_row").alias("_kept")), on=KEY)
    others = others.filter(pl.col("_row") != pl.col("_kept"))
    same = pl.col("_digest") == pl.col("_best")
    fates.add(others.filter(same), MERGED)
    fates.add(others.filter(~same), SUPERSEDED)
    gone[others["_row"].to_numpy()] = True


def _if_shared(keys: Parted, known: pl.LazyFrame | None) -> pl.LazyFrame | None:
    """What earlier loads hold, where it has any trace of this load."""
    if known is None or not keys.height:
        return known
    theirs = known.select(pl.col("trace_id").hash(TRACE_SEED).alias("_trace")).unique().collect()
    return known if any(part.join(theirs, on="_trace", how="semi").height for part in keys) else None


def _against_known(spans: pl.DataFrame, known: pl.LazyFrame, fates: Fates) -> tuple[pl.DataFrame, pl.DataFrame]:
    earlier = earlier_rows(spans.select(KEY), known)
    none = _SUPERSEDED.to_frame()
    if not earlier.height:
        return spans, none
    columns = [name for name in [*CONTENT, "spilled"] if name in earlier.columns]
    earlier = earlier.with_columns(STAND_IN.alias("_stands_in"))
    if earlier["_stands_in"].any():
        spans = completed(spans, earlier.filter("_stands_in"))
    again = spans.join(earlier.select(KEY), on=KEY, how="semi", maintain_order="left").with_columns(later(columns))
    again = again.with_columns(digest(again, columns), _REFUSES)
    if "consent" not in earlier.columns:
        earlier = earlier.with_columns(pl.lit(None, pl.Boolean()).alias("consent"))
    earlier = earlier.with_columns(later(columns))
    earlier = earlier.with_columns(digest(earlier, columns), _REFUSES)
    # Of several earlier states the latest counts.
    earlier = earlier.sort(ORDER, descending=True, nulls_last=True).unique(KEY, keep="first", maintain_order=True)
    pairs = again.join(
        earlier.select(*KEY, "load_id", "_digest", "_stands_in", "_refuses", *ORDER), on=KEY, suffix="_was"
    )
    same = pl.col("_digest") == pl.col("_digest_was")
    grew = (
        pl.when("_stands_in")
        .then(pl.lit(value=True))
        .when(pl.col("_ended") != pl.col("_ended_was"))
        .then(pl.col("_ended"))
        .when(pl.col("_end").ne_missing(pl.col("_end_was")))
        .then(pl.col("_end") > pl.col("_end_was"))
        .otherwise(pl.col("_length") > pl.col("_length_was"))
    )
    # A refusal counts whatever else the state says, and holds until the user consents.
    grew = grew.fill_null(value=False) | (pl.col("_refuses") & ~pl.col("_refuses_was"))
    holds = pl.col("_refuses_was") & pl.col("consent").is_null()
    state = pairs.select(
        "_row", "_unit", *KEY, "load_id", same.alias("_same"), grew.alias("_grew"), holds.alias("_holds")
    )
    merged, older = state.filter("_same"), state.filter(~pl.col("_same") & ~pl.col("_grew"))
    fates.add(merged, MERGED)
    fates.add(older, SUPERSEDED)
    gone = pl.concat([merged.select("_row"), older.select("_row")])
    left = spans.join(gone, on="_row", how="anti", maintain_order="left")
    held = left["_row"].is_in(state.filter("_holds")["_row"].implode())
    if held.any():
        left = left.with_columns(pl.when(held).then(statement=False).otherwise(pl.col("consent")).alias("consent"))
    return left, state.filter(~pl.col("_same") & pl.col("_grew")).select(*KEY, "load_id")


def _circles(keys: Parted, gone: Any, sheet: Sheet) -> Any:
    """Which spans become roots because their parents lead back to them: the earliest span of each circle."""
    tops = np.zeros(gone.size, dtype=bool)
    cut = 0
    for part in keys:  # parents are of the same trace
        if part["_up"].null_count() == part.height:
            continue
        left = part
        if gone.any():
            left = left.filter(pl.Series(~gone[left["_row"].to_numpy()]))
        rows = _cut(left)
        cut += len(rows)
        tops[left["_row"].gather(rows).to_numpy()] = True
    if cut:
        sheet.note("spans whose parents led back to themselves, and that now stand at the top", cut)
    return tops


def _cut(left: pl.DataFrame) -> list[int]:
    """The places of the spans that are to stand at the top."""
    place = left.select("_key", pl.int_range(pl.len(), dtype=pl.Int64()).alias("_at")).unique("_key", keep="first")
    above = left.select(pl.col("_up").alias("_key")).join(place, on="_key", how="left", maintain_order="left")
    parent = above["_at"].fill_null(-1).to_numpy()
    far = parent.copy()
    for _ in range(int(left.height).bit_length() + 1):
        going = far >= 0
        if not going.any():
            return []
        far[going] = far[far[going]]  # twice as far up as before
    return _earliest(np.flatnonzero(far >= 0), parent, left["_start"].to_list())


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


def reconcile_scores(sheet: Sheet, known: pl.LazyFrame | None, fates: Fates) -> pl.DataFrame:
    """Scores once each: the last state of each `score_id`, without those that earlier loads hold just so."""
    scores = sheet.scores().with_row_index("_row")
    content = [name for name in scores.columns if name not in ("_row", "_unit", "format", "source", "record")]
    scores = scores.with_columns(digest(scores, content))
    final = scores.unique("score_id", keep="last", maintain_order=True).select(
        "score_id", pl.col("_digest").alias("_best")
    )
    scores = scores.join(final, on="score_id", maintain_order="left")
    # Of equal ones the first is kept, as with spans: the file that brought it is the one that is loaded.
    last = scores.filter(pl.col("_digest") == pl.col("_best")).unique("score_id", keep="first", maintain_order=True)
    others = scores.join(last.select("_row"), on="_row", how="anti", maintain_order="left")
    same = pl.col("_digest") == pl.col("_best")
    fates.add(others.filter(same), MERGED)
    fates.add(others.filter(~same), SUPERSEDED)
    if known is not None and last.height:
        earlier = known.filter(pl.col("score_id").is_in(last["score_id"].implode())).select(content).collect()
        earlier = earlier.with_columns(digest(earlier, content)).select("score_id", "_digest").unique()
        held = last.join(earlier, on=["score_id", "_digest"], how="semi")
        fates.add(held, MERGED)
        last = last.join(held.select("_row"), on="_row", how="anti", maintain_order="left")
    fates.add(last, LOADED)
    return last
