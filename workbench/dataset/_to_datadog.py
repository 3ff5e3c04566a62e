"""Datadog's dataset records: a JSON list for `LLMObs.create_dataset(name, records=…)`."""

from __future__ import annotations

from typing import Any, Final

from workbench.dataset._exporter import exchange
from workbench.dataset._messages import messages_in
from workbench.dataset._record import Record, answer_of, split_tag, split_tags, told, truths_in

__all__ = ["DATADOG"]


def _row(record: Record) -> dict[str, Any]:
    return {
        "id": record.own["case_id"],
        "input_data": {"messages": record.messages},
        "expected_output": answer_of(record) or None,
        "metadata": record.metadata,
        "tags": split_tags(record),
    }


def _back(row: dict[str, Any]) -> Record:
    expected, criteria = truths_in(row.get("expected_output"))
    return Record(
        messages_in(row.get("input_data")), expected, criteria, told(row.get("metadata")), split_tag(row.get("tags"))
    )


DATADOG: Final = exchange("datadog", row=_row, back=_back, signs=("input_data",), document=lambda _dataset, rows: rows)
