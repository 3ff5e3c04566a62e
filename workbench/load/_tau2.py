"""Result files of τ²-bench: tasks, and simulations of them with messages, rewards and the parts of a reward."""

from __future__ import annotations

from typing import Any, Final

from workbench.load._json import JsonReader, guarded
from workbench.load._scores import score
from workbench.load._sheet import Sheet
from workbench.load._source import Source
from workbench.load._tau import PASSED
from workbench.load._transcript import Said, content_id, say, write_transcript
from workbench.load._values import dumps, fields, is_array, is_object, moment, real, text, whole

__all__ = ["Tau2"]

Row = dict[str, Any]
_ABOUT: Final = ("termination_reason", "seed", "duration", "agent_cost", "user_cost", "timestamp")
_JUDGED: Final = frozenset({"nl_assertion"})  # parts of a reward that a model decides


class Tau2(JsonReader):
    """Reads result files of τ²-bench.

    A session is a simulation, named `<file>/<task>/<trial>`. Times have no offset in these files and are taken as UTC.
    """

    name = "tau2-bench"
    keys = frozenset({"simulations", "tasks"})

    def __init__(self) -> None:
        """Begin with a file of no name."""
        self._file = ""

    def knows(self, value: Any) -> bool:
        """Whether the value is a result file."""
        return is_object(value) and is_array(value.get("simulations")) and ("tasks" in value or "info" in value)

    def read(self, source: Source, sheet: Sheet, progress: Any) -> None:
        """Read the file."""
        self._file = source.name
        super().read(source, sheet, progress)

    def take(self, value: Any, record: int, sheet: Sheet) -> None:
        """Read all simulations; each is a record, numbered from `record`."""
        run = _Run(self._file, value)
        for number, item in enumerate(value["simulations"], record):
            guarded(sheet, number, item, run.simulation)


class _Run:
    """What a file says of all its simulations."""

    def __init__(self, file: str, value: Row) -> None:
        self._file = file
        info = fields(value.get("info"))
        agent = fields(info.get("agent_info"))
        self._model = text(agent.get("llm"))
        self._agent = text(agent.get("implementation"))
        self._about: Row = {
            "domain": fields(info.get("environment_info")).get("domain_name"),
            "user_model": fields(info.get("user_info")).get("llm"),
            "git_commit": info.get("git_commit"),
        }
        tasks = value.get("tasks")
        self._tasks = {str(task.get("id")): task for task in tasks if is_object(task)} if is_array(tasks) else {}
        self._named: set[str] = set()

    def simulation(self, item: Row, sheet: Sheet) -> None:
        task, trial = str(item["task_id"]), whole(item.get("trial"))
        said = [one for raw in item["messages"] for one in _said(raw)]
        if not said:
            sheet.refuse("an attempt without messages", f"task {task!r}", dumps(item))
            return
        trace_id = content_id("tau2-bench", self._file, item.get("id") or item["messages"])
        session = f"{self._file}/{task}/{0 if trial is None else trial}"
        if session in self._named:
            session = f"{session}/{trace_id[:8]}"
        self._named.add(session)
        about = self._tasks.get(task, {})
        root: Row = {
            "start": moment(item.get("start_time")),
            "end": moment(item.get("end_time")),
            "input": None if any(one.message["role"] == "user" for one in said) else text(about.get("ticket")),
            "metadata": dumps({
                **{name: item[name] for name in _ABOUT if name in item},
                **{name: value for name, value in self._about.items() if value is not None},
                **({"task": about} if about else {}),
            }),
        }  # fmt: skip
        if item.get("termination_reason") in ("too_many_errors", "max_steps", "agent_error", "user_error"):
            root |= {
                "status": "error",
                "error_type": item["termination_reason"],
                "error_message": f"ended by {item['termination_reason']}",
            }
        shared: Row = {
            "session_id": session, "task_id": task, "trial": trial, "model": self._model, "agent_name": self._agent,
            "agent_version": self._model,
        }  # fmt: skip
        write_transcript(sheet, said, trace_id=trace_id, shared=shared, root=root)
        self._rewards(item, session, trace_id, sheet)

    def _rewards(self, item: Row, session: str, trace_id: str, sheet: Sheet) -> None:
        info = fields(item.get("reward_info"))
        at = moment(item.get("end_time"))
        parts = {f"reward.{name.lower()}": value for name, value in fields(info.get("reward_breakdown")).items()}
        for name, value in {"reward": info.get("reward"), **parts}.items():
            number = real(value)
            if number is None:
                continue
            row = score(
                sheet.options, ("session", session), name, number=number, passed=number >= PASSED, at=at,
                by="model" if name.removeprefix("reward.") in _JUDGED else "code", author="tau2-bench",
                score_id=content_id(trace_id, name),
            )  # fmt: skip
            sheet.score(row)


def _said(raw: Row) -> list[Said]:
    at = moment(raw.get("timestamp"))
    if raw.get("role") == "tool" and is_array(raw.get("tool_messages")):
        return [one for inner in raw["tool_messages"] for one in _said(inner)]
    usage = fields(raw.get("usage"))
    columns: Row = {}
    if raw.get("role") == "assistant":
        given, taken = whole(usage.get("prompt_tokens")), whole(usage.get("completion_tokens"))
        columns = {
            "input_tokens": given,
            "output_tokens": taken,
            "total_tokens": given + taken if given is not None and taken is not None else None,
            "total_cost": real(raw.get("cost")) or None,  # 0 is written where the price is not known
        }
        if not usage:
            columns["model"] = None  # a fixed greeting, said by no model
    offstage = (raw.get("role") == "tool" and raw.get("requestor") == "user") or (
        raw.get("role") == "user" and bool(raw.get("tool_calls"))
    )
    words = offstage and raw.get("role") == "user" and bool(raw.get("content"))
    found = say(raw, end=at, columns=columns, offstage=offstage)
    if raw.get("role") == "tool" and raw.get("error") is True and found:
        found[0].error = found[0].message["content"] or "error"
    if words:  # what the user said beside using a tool reached the agent
        found += say({"role": "user", "content": raw["content"]}, end=at)
    return found
