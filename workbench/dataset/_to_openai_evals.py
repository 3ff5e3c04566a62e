"""Rows for OpenAI's evals with a custom data source: one `{"item": {…}}` a line, to be uploaded as a file of that purpose."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import orjson

from workbench.dataset._dataset import Dataset
from workbench.dataset._exporter import Exporter, chat_messages, tried, truth_of

__all__ = ["OPENAI_EVALS"]


def _write(dataset: Dataset, path: Path) -> None:
    truths = truth_of(dataset)
    with path.open("wb") as file:
        for row in tried(dataset).iter_rows(named=True):
            truth = truths.get(row["case_id"], {})
            item = {
                "case_id": row["case_id"],
                "messages": chat_messages(row["prefix"]),
                "input": row["input"],
                "expected_output": truth.get("expected_output", ""),  # every item of a source has the same members
                "criteria": truth.get("criteria", ""),
                "attributes": orjson.loads(row["attributes"] or "{}"),
                "channel": row["channel"],
                "weight": row["weight"],
                "split": row["split"],
            }
            file.write(orjson.dumps({"item": item}) + b"\n")


OPENAI_EVALS: Final = Exporter("openai-evals", "", _write, keeps=frozenset({"weight"}))
