"""What modes are called elsewhere: published taxonomies of agent failures, as data."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Final

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
    members = members.drop_nulls("mode").select("session_id", "mode")
    found = (
        members.join(_shown(texts), on="session_id")
        .join(_standing_for(codes, _shown(texts)["sign"].unique()), on="sign")
        .group_by("mode", "taxonomy", "code")
        .agg(
            pl.col("session_id").n_unique().cast(pl.Int64).alias("sessions"),
            pl.col("sign").unique().sort().alias("signs"),
        )
        .join(members.group_by("mode").agg(pl.len().cast(pl.Int64).alias("of")), on="mode")
        .join(modes.select("mode", "name"), on="mode")
        .join(codes.drop("signs"), on=["taxonomy", "code"])
    )
    shares = [
        (sessions / of, *((interval := wilson(sessions, of)).low, interval.high))
        for sessions, of in found.select("sessions", "of").iter_rows()
    ]
    ends = pl.DataFrame(shares, schema=["share", "low", "high"], orient="row")
    return (
        pl.concat([found, ends.cast(pl.Float64)], how="horizontal")
        .sort(
            "mode",
            pl.col("taxonomy").cast(pl.Enum(codes["taxonomy"].unique(maintain_order=True))),
            -pl.col("sessions"),
            "code",
        )
        .select(_SCHEMA.names())
    )


def _shown(texts: pl.DataFrame) -> pl.DataFrame:
    """``session_id, sign``: every sign that a session shows."""
    tokens = pl.col("tokens") if "tokens" in texts.columns else pl.lit(None, dtype=pl.List(pl.String))
    return (
        texts.select("session_id", tokens.alias("sign"))
        .explode("sign")
        .filter(pl.col("sign").str.starts_with(_KINDS[0]) | pl.col("sign").str.starts_with(_KINDS[1]))
        .with_columns(pl.col("sign").str.replace("^[a-z]+: ", ""))
    )


def _standing_for(codes: pl.DataFrame, signs: pl.Series) -> pl.DataFrame:
    """``taxonomy, code, sign``: the signs that begin like one which a code names."""
    rows = [
        (taxonomy, code, sign)
        for taxonomy, code, heads in codes.select("taxonomy", "code", "signs").iter_rows()
        for sign in signs
        if sign.startswith(tuple(heads))
    ]
    return pl.DataFrame(rows, schema={name: pl.String() for name in ("taxonomy", "code", "sign")}, orient="row")
