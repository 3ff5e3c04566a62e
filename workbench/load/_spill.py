"""Payloads too long for a table: kept whole beside it, shown by head and tail."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

import polars as pl

from workbench.load._values import dumps, is_array, is_object, parsed
from workbench.schema import SPANS

__all__ = ["PAYLOADS", "looks_cut", "shorten", "spill"]

PAYLOADS: Final = (
    "input", "output", "input_messages", "output_messages", "tool_arguments", "tool_result", "documents",
    "error_message", "metadata", "raw",
)  # fmt: skip
_JSON: Final = frozenset({"input_messages", "output_messages", "tool_arguments", "documents", "metadata", "raw"})
_SHORTEST: Final = 64
# What stands where something was cut, as `_mark` writes it, and as JSON may write that.
_MARK: Final = re.compile(r"\[(?:…|\\u2026) [\d,]+ (?:characters )?cut (?:…|\\u2026)\]")


def looks_cut(text: str) -> bool:
    """Whether a text, or JSON of it, holds the mark of something that was cut at loading; a payload may hold it by itself.

    >>> looks_cut(shorten("a" * 200, 100)), looks_cut("a" * 200)
    (True, False)
    """
    return _MARK.search(text) is not None


def _mark(number: int, what: str = "") -> str:
    return f"[… {number:,} {what}cut …]"


def spill(spans: pl.DataFrame, limit: int) -> tuple[pl.DataFrame, dict[str, bytes]]:
    """Cut payloads of more than `limit` characters in the middle, but for those that were cut before.

    Returns
    -------
    tuple
        The spans, with the column `spilled`; SHA-256 of each whole payload → its UTF-8, compressed with zstd.
    """
    blobs: dict[str, bytes] = {}
    before: list[Any] = spans["spilled"].to_list() if "spilled" in spans.columns else [None] * spans.height
    records: dict[int, list[dict[str, Any]]] = {row: list(known) for row, known in enumerate(before) if known}
    done = {(row, record["column"]) for row, known in records.items() for record in known}
    longest = spans.select(pl.col(PAYLOADS).str.len_bytes().max()).row(0)
    for column in (name for name, size in zip(PAYLOADS, longest, strict=True) if size and size > limit):
        long = spans.select(
            pl.arg_where((pl.col(column).str.len_bytes() > limit) & (pl.col(column).str.len_chars() > limit))
        )
        rows: list[int] = [row for row in long.to_series().to_list() if (row, column) not in done]
        if not rows:
            continue
        values: list[str] = spans[column].gather(rows).to_list()
        shown: list[str] = []
        for row, value in zip(rows, values, strict=True):
            digest = _keep(value, blobs)
            records.setdefault(row, []).append({"column": column, "sha256": digest, "characters": len(value)})
            shown.append(shorten(value, limit, structured=column in _JSON))
        spans = spans.with_columns(spans[column].scatter(rows, shown))
    if not records:
        empty = pl.repeat(None, spans.height, dtype=SPANS["spilled"], eager=True)
        return spans.with_columns(empty.alias("spilled")), blobs
    spilled = [records.get(row) for row in range(spans.height)]
    return spans.with_columns(pl.Series("spilled", spilled, SPANS["spilled"])), blobs


def _keep(value: str, blobs: dict[str, bytes]) -> str:
    import zstandard

    raw = value.encode()
    digest = hashlib.sha256(raw).hexdigest()
    if digest not in blobs:
        blobs[digest] = zstandard.ZstdCompressor(level=1).compress(raw)
    return digest


def shorten(value: str, limit: int, *, structured: bool = False) -> str:
    """A text of at most about `limit` characters: head and tail; JSON stays JSON, its longest parts are cut first.

    >>> shorten("a" * 60 + "b" * 60, 60)
    'aaaaaaaaaaaaaaaa[… 88 characters cut …]bbbbbbbbbbbbbbbb'
    """
    tree = parsed(value) if structured else value
    if isinstance(tree, str):
        return _middle(value, limit)
    longest, most = limit, 4096
    while longest >= _SHORTEST:
        longest //= 2
        shorter = dumps(_cut(tree, longest, most))
        if len(shorter) <= limit:
            return shorter
        most = max(4, most // 2)
    return dumps(_cut(tree, _SHORTEST, 4))


def _middle(value: str, limit: int) -> str:
    if len(value) <= limit:
        return value
    half = max(1, (limit - 28) // 2)
    return f"{value[:half]}{_mark(len(value) - 2 * half, 'characters ')}{value[-half:]}"


def _cut(value: Any, longest: int, most: int) -> Any:
    if isinstance(value, str):
        return _middle(value, longest)
    if is_array(value):
        if len(value) <= most:
            return [_cut(item, longest, most) for item in value]
        half = most // 2
        said = _mark(len(value) - 2 * half)
        between: Any = {"role": "system", "content": said} if is_object(value[0]) and "role" in value[0] else said
        return [_cut(item, longest, most) for item in (*value[:half], between, *value[-half:])]
    if is_object(value):
        kept = {key: _cut(item, longest, most) for key, item in list(value.items())[:most]}
        if len(value) > most:
            kept["…"] = _mark(len(value) - most)
        return kept
    return value
