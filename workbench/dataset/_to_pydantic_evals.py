"""Pydantic Evals' dataset file, for `Dataset.from_file("….json")`: each criterion is a judge's rubric of its case.

The file is JSON, which is YAML too: no text in it can become a tag.
"""

from __future__ import annotations

from typing import Any, Final, cast

from workbench.dataset._exporter import exchange
from workbench.dataset._messages import messages_in
from workbench.dataset._record import Record, told, truths_in

__all__ = ["PYDANTIC_EVALS"]

_JUDGE: Final = "LLMJudge"


def _row(record: Record) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": record.own["case_id"],
        "inputs": {"messages": record.messages},
        "metadata": record.metadata,
        "evaluators": [{_JUDGE: {"rubric": each, "include_input": True}} for each in record.criteria],
    }
    if record.expected:
        row["expected_output"] = record.expected[0] if len(record.expected) == 1 else list(record.expected)
    return row


def _back(row: dict[str, Any]) -> Record:
    expected, criteria = truths_in(row.get("expected_output"))
    for each in cast("list[Any]", row.get("evaluators") or []):
        spec: Any = cast("dict[str, Any]", each).get(_JUDGE) if isinstance(each, dict) else None
        rubric: Any = cast("dict[str, Any]", spec).get("rubric") if isinstance(spec, dict) else spec
        criteria += [rubric] if isinstance(rubric, str) else []
    metadata = told(row.get("metadata"))
    return Record(messages_in(row.get("inputs")), expected, criteria, metadata, dataset=row.get("dataset_name"))


PYDANTIC_EVALS: Final = exchange(
    "pydantic-evals",
    row=_row,
    back=_back,
    signs=("inputs", "evaluators"),
    document=lambda dataset, rows: {"name": dataset.name, "cases": rows},
)
