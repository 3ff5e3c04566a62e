"""Result files of τ-bench: a list of attempts at tasks, each with its trajectory and its reward."""

from __future__ import annotations

from typing import Any, Final

from workbench.load._json import JsonReader, guarded
from workbench.load._scores import score
from workbench.load._sheet import Sheet
from workbench.load._source import Source
from workbench.load._transcript import content_id, say, write_transcript
from workbench.load._values import dumps, fields, is_array, is_object, real, text, whole

__all__ = ["PASSED", "Tau"]

Row = dict[str, Any]
PASSED: Final = 1 - 1e-6


class Tau(JsonReader):
    """Reads result files of τ-bench.

    A session is an attempt, named `<file>/<task>/<trial>`. The file's name is part of what an attempt is: the same
    conversation in two result files are two attempts; the same file in two places is one.
    """

    name = "tau-bench"
    keys = frozenset({"traj", "task_id", "reward", "trial"})

    def __init__(self) -> None:
        """Begin with a file of no name."""
        self._file = ""

    def knows(self, value: Any) -> bool:
        """Whether the value is a list of attempts, or one attempt on a line."""
        if is_array(value):
            return bool(value) and self.knows(value[0])
        return is_object(value) and is_array(value.get("traj")) and "task_id" in value

    def read(self, source: Source, sheet: Sheet, progress: Any) -> None:
        """Read the file."""
        self._file = source.name
        self._named: set[str] = set()
        super().read(source, sheet, progress)

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read attempts."""
        if is_array(value):
            for number, item in enumerate(value, 1):
                guarded(sheet, number, item, self._attempt)
        else:
            guarded(sheet, record, value, self._attempt)

    def _attempt(self, item: Row, sheet: Sheet) -> None:
        said = [one for raw in item["traj"] for one in say(raw)]
        if not said:
            sheet.refuse("an attempt without messages", f"task {item['task_id']!r}", dumps(item))
            return
        info = fields(item.get("info"))
        trace_id = content_id("tau-bench", self._file, item["task_id"], item.get("trial"), item["traj"])
        task, trial = str(item["task_id"]), whole(item.get("trial"))
        session = f"{self._file}/{task}/{0 if trial is None else trial}"
        if session in self._named:
            session = f"{session}/{trace_id[:8]}"
        self._named.add(session)
        reward = real(item.get("reward"))
        root: Row = {"metadata": dumps({name: value for name, value in info.items() if name != "reward_info"})}
        kept = {
            name: value for name, value in item.items() if name not in ("traj", "info", "task_id", "trial", "reward")
        }
        if kept:
            root["raw"] = dumps(kept)
        shared = {"session_id": session, "task_id": task, "trial": trial}
        write_transcript(sheet, said, trace_id=trace_id, shared=shared, root=root)
        if reward is not None:
            parts = fields(info.get("reward_info")).get("info")
            row = score(
                sheet.options, ("session", session), "reward", number=reward, by="code", passed=reward >= PASSED,
                author="tau-bench", comment=text(parts),
                score_id=content_id(trace_id, "reward"),
            )  # fmt: skip
            sheet.score(row)
