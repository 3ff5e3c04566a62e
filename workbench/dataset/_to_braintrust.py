"""Braintrust's dataset rows: one JSON object a line with `id`, `input`, `expected`, `metadata` and `tags`."""

from __future__ import annotations

from typing import Any, Final

from workbench.dataset._exporter import exchange
from workbench.dataset._messages import messages_in
from workbench.dataset._record import Record, answer_of, split_tag, split_tags, told, truths_in

__all__ = ["BRAINTRUST"]


def _row(record: Record) -> dict[str, Any]:
    # Braintrust's scorers take a text: an object stands there only where one text cannot hold all.
    plain = len(record.expected) == 1 and not record.criteria
    return {
        "id": record.key,
        "input": {"messages": record.messages},
        "expected": record.expected[0] if plain else answer_of(record) or None,
        "metadata": record.metadata,
        "tags": split_tags(record),
    }


def _back(row: dict[str, Any]) -> Record:
    expected, criteria = truths_in(row.get("expected"))
    return Record(
        messages_in(row.get("input")), expected, criteria, told(row.get("metadata")), split_tag(row.get("tags"))
    )


BRAINTRUST: Final = exchange("braintrust", row=_row, back=_back, signs=("input", "expected"))
