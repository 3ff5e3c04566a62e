"""Where sessions become rows, one after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Protocol

import orjson
import polars as pl

from workbench.dataset._case import Draft, draft
from workbench.dataset._content import dumps, row_id_of, truth_id_of
from workbench.dataset._dataset import Dataset
from workbench.dataset._selection import Chosen
from workbench.dataset._splits import settled
from workbench.evidence import REFUSED, AgentLoop, loops
from workbench.load import looks_cut

__all__ = ["Desk", "Recorder", "count_of"]

_TEXTS: Final = ("text", "tool_arguments", "tool_result", "error")


class RecordedWorld(Protocol):
    """What a recorder returns."""

    @property
    def world_id(self) -> str: ...
    @property
    def missing(self) -> Sequence[object]: ...
    def __len__(self) -> int: ...
    def to_bytes(self) -> bytes: ...


Recorder = Callable[[AgentLoop], RecordedWorld]
"""Records the world of a session: `workbench.world.record`."""


def count_of(number: int, thing: str) -> str:
    """A number and what it counts, in the plural where it is not one."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


@dataclass(slots=True)
class Desk:
    """Where sessions become rows, one after the other, and what became of each is counted."""

    to: str
    record: Recorder | None
    turn: int | Literal["all"] | None
    splits: Mapping[str, float]
    state: str
    author: str
    now: dt.datetime
    existing: Dataset | None
    redact: Callable[[str], str] | None = None
    cut_traces: Collection[str] | None = None
    cases: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    truths: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    worlds: dict[str, bytes] = field(default_factory=dict[str, bytes])
    left_out: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    added: int = 0
    controls: int = 0
    revised: int = 0
    there: int = 0
    unfound: int = 0
    hollow: int = 0
    cut: int = 0
    elsewhere: int = 0

    def read(
        self, chosen: Sequence[Chosen], steps: pl.DataFrame, sessions: pl.DataFrame, attributes: Sequence[str]
    ) -> None:
        """Make a case of each session, or note why there is none."""
        ids = [one.session_id for one in chosen]
        known = {
            row["session_id"]: row for row in sessions.filter(pl.col("session_id").is_in(ids)).iter_rows(named=True)
        }
        loop_of = {loop.session_id: loop for loop in loops(steps.filter(pl.col("session_id").is_in(ids)))}
        before: dict[str, dict[str, Any]] = {}
        if self.existing is not None:
            before = {row["case_id"]: row for row in self.existing.cases.iter_rows(named=True)}
        of_session: dict[str, dict[str, Any]] = {}
        for row in sorted(before.values(), key=lambda row: row["state"] == "retired"):
            of_session.setdefault(row["session_id"], row)
        for one in chosen:
            session, loop = known.get(one.session_id), loop_of.get(one.session_id)
            if session is None or loop is None:
                self.left_out.append((one.session_id, "no such session"))
            elif session["consent"] is False:
                self.left_out.append((one.session_id, REFUSED))
            else:
                loop = self._clean(loop)
                extra = {name: session[name] for name in attributes if session.get(name) is not None}
                for about, made in self._drafts(one, loop, session):
                    if isinstance(made, str):
                        self.left_out.append((one.session_id, made))
                        continue
                    old = before.get(made.case_id)
                    if old is None and self.turn is None and one.turn is None:
                        old = of_session.get(one.session_id)  # what was learned since is about the case that is there
                    self._keep(about, made, {**extra, **made.attributes}, old, loop)

    def _drafts(self, one: Chosen, loop: AgentLoop, session: Mapping[str, Any]) -> Iterator[tuple[Chosen, Draft | str]]:
        """The case of a session, or one a turn; what was said of the session goes with the turn that would be tried alone."""
        turn = self.turn if isinstance(self.turn, int) else None
        main = draft(one, loop, session, turn=turn, splits=self.splits)
        spoken = dict.fromkeys(step.turn for step in loop.steps if step.kind == "user" and step.text)
        if self.turn != "all" or isinstance(main, str):
            yield one, main
            return
        bare = replace(one, truths=(), first_failure=None)
        for each in spoken:
            if each == main.columns["turn"]:
                yield one, main
            else:
                yield bare, draft(bare, loop, session, turn=each, splits=self.splits)

    def settle(self) -> None:
        """Give the new cases their splits, so that none lies on another side than what belongs with it."""
        held = (
            {} if self.existing is None else {row["case_id"]: row for row in self.existing.cases.iter_rows(named=True)}
        )
        new = [row for row in self.cases if row["case_id"] not in held]
        for row, name in zip(new, settled(new, list(held.values()), self.splits), strict=True):
            row["split"] = name
            row["row_id"] = row_id_of(row)

    def _may_be_cut(self, loop: AgentLoop) -> bool:
        """Whether loading cut anything of the session, as far as that is known: a text may speak of a cut by itself."""
        return self.cut_traces is None or any(step.trace_id in self.cut_traces for step in loop.steps)

    def _clean(self, loop: AgentLoop) -> AgentLoop:
        if self.redact is None:
            return loop
        clean = self.redact
        steps = [
            replace(step, **{name: clean(text) for name in _TEXTS if (text := getattr(step, name)) is not None})
            for step in loop.steps
        ]
        return replace(loop, steps=tuple(steps))

    def _keep(
        self, one: Chosen, made: Draft, attributes: Mapping[str, Any], old: Mapping[str, Any] | None, loop: AgentLoop
    ) -> None:
        self.unfound += made.unfound is not None
        self._add_truths(one, made.case_id if old is None else old["case_id"])
        if old is None:
            row = {
                "case_id": made.case_id,
                "dataset": self.to,
                **made.columns,
                "attributes": dumps(_plain(attributes)),
                "channel": one.channel,
                "inclusion": one.inclusion,
                "weight": None if one.inclusion is None else 1 / one.inclusion,
                "state": self.state,
                **self._world(loop),
            }
            self.added += 1
            self.cut += looks_cut(made.columns["prefix"]) and self._may_be_cut(loop)
            self.controls += one.channel == "control"
        else:
            row = {**old, "attributes": dumps({**orjson.loads(old["attributes"] or "{}"), **_plain(attributes)})}
            row["span_id"] = made.columns["span_id"] or old["span_id"]
            if old["channel"] != one.channel and one.channel == "failure":  # a control that was found to fail
                weight = None if one.inclusion is None else 1 / one.inclusion
                row |= {"channel": "failure", "inclusion": one.inclusion, "weight": weight}
        row["row_id"] = row_id_of(row)
        if old is not None and row["row_id"] == old["row_id"]:
            self.there += 1
            return
        self.revised += old is not None
        self.elsewhere += old is not None and one.first_failure is not None and old["turn"] != made.columns["turn"]
        self.cases.append({**row, "added_at": self.now, "added_by": self.author})

    def hold(self, controls: pl.DataFrame, inclusion: float | None, *, counted: Collection[str]) -> None:
        """Keep the controls that were drawn before, under another chance where one is given.

        Parameters
        ----------
        controls
            Their rows.
        inclusion
            The chance that all drawn controls have now; None leaves theirs.
        counted
            Sessions that were read already.
        """
        at = {row["case_id"]: number for number, row in enumerate(self.cases)}
        for old in controls.iter_rows(named=True):
            number = at.get(old["case_id"])
            row = dict(old if number is None else self.cases[number])
            if inclusion is not None:
                row |= {"inclusion": inclusion, "weight": 1 / inclusion}
            row["row_id"] = row_id_of(row)
            row |= {"added_at": self.now, "added_by": self.author}
            if number is not None:
                self.cases[number] = row
            elif row["row_id"] != old["row_id"]:
                self.cases.append(row)
                self.revised += 1
                self.there -= old["session_id"] in counted
            else:
                self.there += old["session_id"] not in counted

    def _add_truths(self, one: Chosen, case_id: str) -> None:
        for kind, value, reviewer in one.truths:
            row = {
                "case_id": case_id,
                "dataset": self.to,
                "kind": kind,
                "value": value if self.redact is None else self.redact(value),
                "author": reviewer or self.author,
            }
            self.truths.append({**row, "truth_id": truth_id_of(row), "added_at": self.now})

    def _world(self, loop: AgentLoop) -> dict[str, Any]:
        if self.record is None:
            return {"world_id": None, "lost": None}
        world = self.record(loop)
        lost = len(world.missing)
        self.hollow += 0 < lost == len(world)
        world_id = world.world_id
        self.worlds[world_id] = world.to_bytes()
        return {"world_id": world_id, "lost": lost}

    def notes(self) -> list[str]:
        """What else is to be known of what was added."""
        lost = [row for row in self.cases if row["lost"]]
        said = {
            f"{count_of(self.there, 'case')} already there and unchanged.": self.there and (self.added or self.revised),
            f"{count_of(self.unfound, 'labelled first failure')} not found among the steps of the session: the last turn is tried.": self.unfound,
            f"{count_of(self.elsewhere, 'case')} of a turn other than that of the labelled first failure: the turn stays; one that is asked for by turn= makes a case of its own.": self.elsewhere,
            f"{count_of(len(lost), 'case')} with recorded calls whose results were already gone.": lost,
            f"{count_of(self.hollow, 'case')} with no world left: not one result of their calls was recorded.": self.hollow,
            f"{count_of(self.cut, 'case')} with messages that were cut when they were loaded: the agent is handed them so.": self.cut,
            "No worlds were kept: once the telemetry expires they cannot be had again.": self.record is None
            and self.added,
        }
        return [text for text, count in said.items() if count]


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as JSON can hold them: times and whatever else has no place there as text."""
    return {
        name: value if isinstance(value, str | int | float | bool | list) else str(value)
        for name, value in attributes.items()
    }
