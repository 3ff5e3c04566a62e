"""Names that came with the traces, made short and harmless for a picture."""

from __future__ import annotations

__all__ = ["shorten"]


def shorten(text: object, limit: int) -> str:
    """At most `limit` characters, on one line, without control or turning marks."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"
