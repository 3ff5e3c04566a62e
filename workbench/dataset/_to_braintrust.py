"""Braintrust's dataset rows: one JSON object a line with `id`, `input`, `expected`, `metadata` and `tags`."""

from __future__ import annotations

from typing import Any, Final

from workbench.dataset._exporter import exchange
from workbench.dataset._messages import messages_in
from workbench.dataset._record import Record, answer_of, told, truths_in

__all__ = ["BRAINTRUST"]


def _row(record: Record) -> dict[str, Any]:
    # Braintrust's scorers take a text: an object stands there only where one text cannot hold all.
    plain = len(record.expected) == 1 and not record.criteria
    return {
        "id": record.key,
        "input": {"messages": record.messages},
        "expected": record.expected[0] if plain else answer_of(record) or None,
        "metadata": record.metadata,
        "tags": [f"split:{record.split}"] if record.split else [],
    }


def _back(row: dict[str, Any]) -> Record:
    expected, criteria = truths_in(row.get("expected"))
    tags: list[Any] = row.get("tags") or []
    split = next((str(tag)[6:] for tag in tags if str(tag).startswith("split:")), None)
    return Record(messages_in(row.get("input")), expected, criteria, told(row.get("metadata")), split)


BRAINTRUST: Final = exchange("braintrust", row=_row, back=_back, signs=("input", "expected"))
