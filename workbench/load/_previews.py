"""Traces that were exported without their spans, and that yield to their spans wherever these are loaded."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from workbench.load._batches import TRACE_SEED
from workbench.load._parted import Parted
from workbench.load._states import SUPERSEDED, Fates

__all__ = ["Previews"]

_FORMAT: Final = "mlflow"
_PREVIEW: Final = (pl.col("format") == _FORMAT) & (pl.col("span_id") == pl.col("trace_id"))


class Previews:
    """What a load and the loads before it hold of traces of which some come without their spans.

    Parameters
    ----------
    keys
        One row a span of this load: `_row`, its place, and `_trace`, a hash of its trace id.
    gone
        Which of these places do not count.
    known
        The spans of earlier loads.
    """

    def __init__(self, keys: Parted, gone: Any, known: pl.LazyFrame | None) -> None:
        """Keep what is asked when a preview comes."""
        self._keys, self._gone = keys, gone
        self._several: pl.Series | None = None
        names = () if known is None else known.collect_schema().names()
        self._known = known if {"format", "load_id"} <= set(names) else None

    def settle(self, spans: pl.DataFrame, fates: Fates) -> tuple[pl.DataFrame, pl.DataFrame | None]:
        """Some spans without the previews whose spans are there, and the earlier previews that these spans replace."""
        if _FORMAT not in spans["format"]:
            return spans, None
        previews = spans.filter(_PREVIEW)
        whole = spans.filter(~_PREVIEW)["trace_id"].unique()
        if previews.height:
            gone = previews.filter(self._shown(previews["trace_id"]))
            fates.add(gone, SUPERSEDED)
            spans = spans.join(gone.select("_row"), on="_row", how="anti", maintain_order="left")
        if self._known is None or not whole.len():
            return spans, None
        replaced = self._known.filter(_PREVIEW & pl.col("trace_id").is_in(whole.implode()))
        return spans, replaced.select("trace_id", "span_id", "load_id").collect()

    def _shown(self, traces: pl.Series) -> pl.Series:
        """Which traces have spans, in this load or before."""
        if self._several is None:
            self._several = pl.concat([_several(part, self._gone) for part in self._keys])
        shown = traces.hash(TRACE_SEED).is_in(self._several.implode())
        if self._known is None:
            return shown
        held = self._known.filter(pl.col("trace_id").is_in(traces.implode()) & ~_PREVIEW)
        return shown | traces.is_in(held.select("trace_id").unique().collect()["trace_id"].implode())


def _several(keys: pl.DataFrame, gone: Any) -> pl.Series:
    """The traces of several spans."""
    left = keys.filter(pl.Series(~gone[keys["_row"].to_numpy()]))
    return left.group_by("_trace").len().filter(pl.col("len") > 1)["_trace"]
