"""MLflow's evaluation dataset records: one a line, for `dataset.merge_records([…])`.

The expected output is `expected_response` and the criteria are `guidelines`, the names that MLflow's own scorers read. Tags are texts
there: each attribute is one, and all that the case knows is JSON text in the tag `workbench`.
"""

from __future__ import annotations

from typing import Any, Final

from workbench.dataset._content import dumps
from workbench.dataset._exporter import exchange
from workbench.dataset._messages import messages_in
from workbench.dataset._record import OWN, Record, told, truths_in

__all__ = ["MLFLOW"]

_FURTHER: Final = "further_expected_responses"


def _row(record: Record) -> dict[str, Any]:
    expectations: dict[str, Any] = {}
    if record.expected:
        expectations["expected_response"] = record.expected[0]
    if len(record.expected) > 1:
        expectations[_FURTHER] = list(record.expected[1:])
    if record.criteria:
        expectations["guidelines"] = list(record.criteria)
    tags = {name: value if isinstance(value, str) else dumps(value) for name, value in record.metadata.items()}
    trace = record.own.get("trace_id")
    return {
        "inputs": {"messages": record.messages},
        "expectations": expectations,
        "tags": {**tags, OWN: dumps(record.metadata)},
        "source": {"source_type": "TRACE", "source_data": {"trace_id": trace}}
        if trace
        else {"source_type": "HUMAN", "source_data": {}},
    }


def _back(row: dict[str, Any]) -> Record:
    said = told(row.get("expectations"))
    expected, criteria = truths_in(
        {
            "expected_output": said.get("expected_response"),
            "further_expected_outputs": said.get(_FURTHER),
            "criteria": [*_listed(said.get("guidelines")), *_listed(said.get("expected_facts"))],
        }
    )
    tags = told(row.get("tags"))
    return Record(messages_in(row.get("inputs")), expected, criteria, told(tags.get(OWN)) or tags)


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]


MLFLOW: Final = exchange("mlflow", row=_row, back=_back, signs=("inputs", "expectations"))
