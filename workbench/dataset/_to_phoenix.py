"""Phoenix's dataset examples: a JSON list for `client.datasets.create_dataset(name=…, examples=…)`."""

from __future__ import annotations

from typing import Any, Final

from workbench.dataset._exporter import exchange
from workbench.dataset._messages import messages_in
from workbench.dataset._record import Record, answer_of, split_of, told, truths_in

__all__ = ["PHOENIX"]


def _row(record: Record) -> dict[str, Any]:
    return {
        "id": record.own["case_id"],
        "input": {"messages": record.messages},
        "output": answer_of(record),
        "metadata": record.metadata,
        "splits": record.split,
        "span_id": record.own.get("span_id"),
    }


def _back(row: dict[str, Any]) -> Record:
    expected, criteria = truths_in(row.get("output"))
    return Record(
        messages_in(row.get("input")), expected, criteria, told(row.get("metadata")), split_of(row.get("splits"))
    )


PHOENIX: Final = exchange(
    "phoenix", row=_row, back=_back, signs=("input", "output"), document=lambda _dataset, rows: rows
)
