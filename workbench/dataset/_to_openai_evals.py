"""Rows for OpenAI's evals with a custom data source: one `{"item": {…}}` a line, to be uploaded as a file of that purpose."""

from __future__ import annotations

from typing import Any, Final, cast

from workbench.dataset._exporter import exchange
from workbench.dataset._messages import messages_in
from workbench.dataset._record import Record, told, truths_in

__all__ = ["OPENAI_EVALS"]


def _row(record: Record) -> dict[str, Any]:
    # Every item of a source has the same members; the first two are what templates of graders name.
    return {
        "item": {
            "expected_output": record.expected[0] if record.expected else "",
            "criteria": "\n".join(record.criteria),
            "case_id": record.own["case_id"],
            "messages": record.messages,
            "input": record.asked,
            "expected_outputs": list(record.expected),
            "criteria_list": list(record.criteria),
            "metadata": record.metadata,
            "split": record.split or "",
        }
    }


def _back(row: dict[str, Any]) -> Record:
    item = told(row.get("item"))
    expected, _ = truths_in(item.get("expected_outputs") or item.get("expected_output"))
    criteria, _ = truths_in(item.get("criteria_list") or item.get("criteria"))
    asked = {"messages": item["messages"]} if "messages" in item else item.get("input", item)
    return Record(
        messages_in(asked),
        expected,
        criteria,
        told(item.get("metadata")),
        cast("str | None", item.get("split") or None),
    )


OPENAI_EVALS: Final = exchange("openai-evals", row=_row, back=_back, signs=("item",))
