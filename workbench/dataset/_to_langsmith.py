"""LangSmith's examples: one JSON object a line with `id`, `inputs`, `outputs`, `metadata` and `split`.

Criteria are the assertions that LangSmith's own evaluator reads from `outputs`.
"""

from __future__ import annotations

from typing import Any, Final

from workbench.dataset._exporter import exchange
from workbench.dataset._messages import messages_in
from workbench.dataset._record import Record, answer_of, split_of, told, truths_in

__all__ = ["LANGSMITH"]


def _row(record: Record) -> dict[str, Any]:
    outputs = answer_of(record)
    criteria: list[str] = outputs.pop("criteria", [])
    if criteria:
        outputs["assertions"] = [
            {"key": f"criterion_{number}", "comment": each} for number, each in enumerate(criteria, 1)
        ]
    return {
        "id": record.key,
        "inputs": {"messages": record.messages},
        "outputs": outputs,
        "metadata": record.metadata,
        "split": record.split,
    }


def _back(row: dict[str, Any]) -> Record:
    expected, criteria = truths_in(row.get("outputs", row.get("reference_outputs")))
    metadata = told(row.get("metadata"))
    split = row.get("split") or metadata.pop("dataset_split", None)
    return Record(messages_in(row.get("inputs")), expected, criteria, metadata, split_of(split))


LANGSMITH: Final = exchange("langsmith", row=_row, back=_back, signs=("inputs", "outputs"))
