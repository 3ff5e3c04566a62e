"""Langfuse's dataset items: one request to create an item a line; retired cases are archived ones there."""

from __future__ import annotations

from typing import Any, Final

from workbench.dataset._exporter import exchange
from workbench.dataset._messages import messages_in
from workbench.dataset._record import Record, answer_of, told, truths_in
from workbench.dataset._tables import STATES

__all__ = ["LANGFUSE"]


def _row(record: Record) -> dict[str, Any]:
    row = {
        "datasetName": record.dataset,
        "id": record.key,
        "input": {"messages": record.messages},
        "expectedOutput": answer_of(record) or None,
        "metadata": record.metadata,
        "sourceTraceId": record.own.get("trace_id"),
        "sourceObservationId": record.own.get("span_id"),
        "status": "ARCHIVED" if record.state in {"retired", "future"} else "ACTIVE",
    }
    return {name: value for name, value in row.items() if value is not None}


def _back(row: dict[str, Any]) -> Record:
    expected, criteria = truths_in(row.get("expectedOutput", row.get("expected_output")))
    return Record(
        messages_in(row.get("input")),
        expected,
        criteria,
        told(row.get("metadata")),
        state="retired" if row.get("status") == "ARCHIVED" else None,
        dataset=row.get("datasetName", row.get("dataset_name")),
    )


LANGFUSE: Final = exchange("langfuse", row=_row, back=_back, signs=("input", "expectedOutput"), states=STATES)
