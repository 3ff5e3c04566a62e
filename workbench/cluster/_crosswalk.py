"""What modes are called elsewhere: published taxonomies of agent failures, as data."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any, Final

import polars as pl

from workbench.errors import UnknownNameError
from workbench.stats import wilson

__all__ = ["crosswalk", "taxonomies"]

_SCHEMA: Final = pl.Schema({
    "mode": pl.Int64(),
    "name": pl.String(),
    "taxonomy": pl.String(),
    "code": pl.String(),
    "title": pl.String(),
    "sessions": pl.Int64(),  # of the mode, with a sign that the code stands for
    "of": pl.Int64(),
    "share": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "signs": pl.List(pl.String()),
})  # fmt: skip
_KINDS: Final = ("sign: ", "reaction: ")


@functools.cache
def taxonomies() -> pl.DataFrame:
    """Every code of the published taxonomies, with the signs that stand for it.

    Returns
    -------
    polars.DataFrame
        ``taxonomy, code, title, signs``: MAST (arXiv 2503.13657), TRAIL (arXiv 2505.08638), AgentRx (arXiv 2602.02475) and the failure
        codes of Datadog's published agent skills. A sign is meant with everything that begins like it. Codes that nothing in a trace can
        show without a reader (such as a role that was not kept) are left out.

    Examples
    --------
    >>> taxonomies()["taxonomy"].unique(maintain_order=True).to_list()
    ['MAST', 'TRAIL', 'AgentRx', 'Datadog']
    """
    with resources.files("workbench.cluster").joinpath("crosswalk.csv").open("rb") as file:
        return pl.read_csv(file).with_columns(pl.col("signs").str.split(";"))


def crosswalk(modes: pl.DataFrame, members: pl.DataFrame, texts: pl.DataFrame, taxonomy: str | None) -> pl.DataFrame:
    """For every mode the codes whose signs its sessions show, those that most of them show first.

    Raises
    ------
    UnknownNameError
        No such taxonomy.
    """
    codes = taxonomies()
    if taxonomy is not None:
        codes = codes.filter(pl.col("taxonomy") == taxonomy)
        if codes.is_empty():
            raise UnknownNameError(taxonomy, "taxonomy", taxonomies()["taxonomy"].unique(maintain_order=True).to_list())
    shown = _shown(texts)
    name = dict(modes.select("mode", "name").iter_rows())
    rows: list[dict[str, Any]] = []
    for (mode,), inside in members.drop_nulls("mode").group_by("mode", maintain_order=True):
        signs = [shown.get(session, frozenset()) for session in inside["session_id"]]
        for code in codes.iter_rows(named=True):
            starts = tuple(code["signs"])
            found = {sign for own in signs for sign in own if sign.startswith(starts)}
            count = sum(bool(own & found) for own in signs)
            if count:
                interval = wilson(count, len(signs))
                rows.append(
                    {key: code[key] for key in ("taxonomy", "code", "title")}
                    | {"mode": mode, "name": name[mode], "sessions": count, "of": len(signs)}
                    | {"share": count / len(signs), "low": interval.low, "high": interval.high, "signs": sorted(found)}
                )
    by = ["mode", "taxonomy", "sessions", "code"]
    order = {each: rank for rank, each in enumerate(taxonomies()["taxonomy"].unique(maintain_order=True))}
    return (
        pl.DataFrame(rows, schema=_SCHEMA)
        .with_columns(pl.col("taxonomy").replace_strict(order, return_dtype=pl.Int64).alias("_rank"))
        .sort("mode", "_rank", by[2], by[3], descending=[False, False, True, False])
        .drop("_rank")
    )


def _shown(texts: pl.DataFrame) -> dict[str, frozenset[str]]:
    if "tokens" not in texts.columns:
        return {}
    return {
        session: frozenset(token.split(": ", 1)[1] for token in tokens or () if token.startswith(_KINDS))
        for session, tokens in texts.select("session_id", "tokens").iter_rows()
    }
