"""Traces that were exported without their spans, and that yield to their spans wherever these are loaded."""

from __future__ import annotations

from typing import Final

import polars as pl

from workbench.load._batches import TRACE_SEED
from workbench.load._states import SUPERSEDED, fate

__all__ = ["Previews"]

_FORMAT: Final = "mlflow"
_PREVIEW: Final = (pl.col("format") == _FORMAT) & (pl.col("span_id") == pl.col("trace_id"))


class Previews:
    """What a load and the loads before it hold of traces of which some come without their spans.

    Parameters
    ----------
    keys
        One row a span of this load: `_trace`, a hash of its trace id.
    known
        The spans of earlier loads.
    """

    def __init__(self, keys: pl.DataFrame, known: pl.LazyFrame | None) -> None:
        """Keep what is asked when a preview comes."""
        self._keys = keys
        names = () if known is None else known.collect_schema().names()
        self._known = known if {"format", "load_id"} <= set(names) else None

    def settle(self, spans: pl.DataFrame, fates: list[pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame | None]:
        """Some spans without the previews whose spans are there, and the earlier previews that these spans replace."""
        if _FORMAT not in spans["format"]:
            return spans, None
        previews = spans.filter(_PREVIEW)
        whole = spans.filter(~_PREVIEW)["trace_id"].unique()
        if previews.height:
            gone = previews.filter(self._shown(previews["trace_id"]))
            fates.append(fate(gone, SUPERSEDED))
            spans = spans.join(gone.select("_row"), on="_row", how="anti", maintain_order="left")
        if self._known is None or not whole.len():
            return spans, None
        replaced = self._known.filter(_PREVIEW & pl.col("trace_id").is_in(whole.implode()))
        return spans, replaced.select("trace_id", "span_id", "load_id").collect()

    def _shown(self, traces: pl.Series) -> pl.Series:
        """Which traces have spans, in this load or before."""
        counts = self._keys.group_by("_trace").len().filter(pl.col("len") > 1)["_trace"]
        shown = traces.hash(TRACE_SEED).is_in(counts.implode())
        if self._known is None:
            return shown
        held = self._known.filter(pl.col("trace_id").is_in(traces.implode()) & ~_PREVIEW)
        return shown | traces.is_in(held.select("trace_id").unique().collect()["trace_id"].implode())
