"""Whose sessions may be used: the one rule about consent, for whoever groups, draws, promotes or shows sessions."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from workbench.schema import SESSIONS, conform

__all__ = ["PERMITTED", "REFUSED", "permitted", "refusals"]

PERMITTED: Final = pl.col("consent").fill_null(value=True)
"""Sessions whose users did not refuse; where the source says nothing of consent, nobody refused."""

REFUSED: Final = "the user did not consent"
"""Why a session was left out."""


def permitted(rows: pl.DataFrame, sessions: Any) -> tuple[pl.DataFrame, int]:
    """The rows of sessions that may be used, and how many sessions were left out.

    Parameters
    ----------
    rows
        A frame with `session_id`.
    sessions
        SESSIONS rows: who refused.

    Examples
    --------
    >>> import polars as pl
    >>> from workbench import evidence
    >>> sessions = [{"session_id": "a", "consent": False}, {"session_id": "b"}]
    >>> rows, refused = evidence.permitted(pl.DataFrame({"session_id": ["a", "b"]}), sessions)
    >>> rows["session_id"].to_list(), refused
    (['b'], 1)
    """
    refused = conform(sessions, SESSIONS, what="sessions").filter(~PERMITTED).select("session_id")
    kept = rows.join(refused, on="session_id", how="anti", maintain_order="left")
    return kept, rows.join(refused, on="session_id", how="semi")["session_id"].n_unique()


def refusals(count: int) -> tuple[str, ...]:
    """What to say of sessions that were left out; nothing where there are none."""
    return (f"{count:,} session{'' if count == 1 else 's'} left out: {REFUSED}.",) if count else ()
