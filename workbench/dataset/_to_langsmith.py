"""LangSmith's example upload: one JSON object a line with `inputs`, `outputs`, `metadata` and `split`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import orjson

from workbench.dataset._dataset import Dataset
from workbench.dataset._exporter import Exporter, chat_messages, tried, truth_of

__all__ = ["LANGSMITH"]

_BESIDE: Final = ("case_id", "session_id", "trace_id", "turn", "channel", "inclusion", "weight", "state", "world_id")


def _write(dataset: Dataset, path: Path) -> None:
    truths = truth_of(dataset)
    of = {"dataset": dataset.name, "dataset_version": dataset.version, "content_hash": dataset.content_hash}
    with path.open("wb") as file:
        for row in tried(dataset).iter_rows(named=True):
            known = {name: row[name] for name in _BESIDE if row[name] is not None}
            line = {
                "inputs": {"messages": chat_messages(row["prefix"])},
                "outputs": truths.get(row["case_id"], {}),
                "metadata": {**orjson.loads(row["attributes"] or "{}"), **known, **of},
                "split": row["split"],
            }
            file.write(orjson.dumps(line) + b"\n")


LANGSMITH: Final = Exporter("langsmith", "", _write, keeps=frozenset({"weight", "version"}))
