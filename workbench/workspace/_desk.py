"""What stands behind the labeller: who else reads, when to stop, the spans, the codebook, and what disagrees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from workbench import label
from workbench.errors import EmptyError
from workbench.store import Database

if TYPE_CHECKING:
    from workbench.widgets import Labeller, Services
    from workbench.workspace._reading import Reading

__all__ = ["Desk", "hold", "reviews_of", "seat", "signals_by_target"]

_SPAN_COLUMNS: Final = ("trace_id", "span_id", "parent_id", "name", "kind", "start", "end", "status")
_DONE: Final = ("pass", "fail", "skip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One reviewer's place at one queue.

    Parameters
    ----------
    ws
        The workspace.
    reviewer, role
        Who reads, and as what.
    queue
        What is read; None: contested sessions, from wherever they come.
    by
        A column of the sessions: what "by segment" means.
    """

    ws: Reading
    reviewer: str
    role: str
    queue: label.Queue | None = None
    by: str | None = None

    @property
    def protocol(self) -> label.Protocol:
        """How the queue is to be read."""
        return label.Protocol() if self.queue is None else label.Protocol.of(self.queue.row.row(0, named=True))

    def services(self) -> Services:
        """All that the page may ask for."""
        from workbench.widgets import Services

        return Services(
            hold=None if self.queue is None or self.role == "adjudicator" else self._hold,
            stopping=self._stopping,
            spans=self._spans,
            codebook=self._codebook,
            edit=self._edit,
            suggest=self._suggest,
        )

    def taken(self, labels: pl.DataFrame) -> set[str]:
        """The sessions that as many others have read as the queue asks."""
        if self.queue is None or self.role == "adjudicator":
            return set()
        labels = labels.filter(pl.col("verdict").is_in(_DONE))
        own = labels.filter(reviewer=self.reviewer).select("session_id")
        readers = (
            labels.join(own, on="session_id", how="anti").group_by("session_id").agg(pl.col("reviewer").n_unique())
        )
        return set(readers.filter(pl.col("reviewer") >= self.protocol.reviews)["session_id"])

    def _hold(self, session_id: str, draw_id: str | None) -> str | None:
        if draw_id is None:
            return None
        return hold(
            self.ws.store.database, draw_id, session_id,
            reviewer=self.reviewer, protocol=self.protocol, clock=lambda: datetime.now(UTC),
        )  # fmt: skip

    def _stopping(self, segments: bool) -> dict[str, Any]:
        by = self._segment() if segments else None
        try:
            found = self.ws.stopping(by=by, queue=self.queue)
        except EmptyError:
            return {"sentence": "nothing has a verdict yet.", "rows": []}
        rows = [
            {
                by or "segment": row["segment"],
                "read": row["read"],
                "failures": row["failures"],
                "kinds": row["kinds"],
                "of kinds not seen": f"{row['unseen']:.0%} [{row['low']:.0%}, {row['high']:.0%}]",
                "advice": row["advice"],
            }
            for row in found.segments.iter_rows(named=True)
        ]
        return {"sentence": found.sentence, "rows": rows}

    def _segment(self) -> str:
        if self.by is not None:
            return self.by
        drawn_by = None if self.queue is None else self.queue.row["by"].first()
        return str(drawn_by) if drawn_by in self.ws.sessions().columns else "agent_version"

    def _spans(self, session_id: str) -> list[dict[str, Any]]:
        traces = self.ws.steps().filter(session_id=session_id)["trace_id"].drop_nulls().unique().to_list()
        spans = self.ws.scan_spans().filter(pl.col("trace_id").is_in(traces)).select(_SPAN_COLUMNS).collect()
        return spans.to_dicts()

    def _codebook(self) -> dict[str, Any]:
        book = self.ws.codebook()
        own = self._readable(book.labels)
        failing = label.each_mode(own.filter(pl.col("verdict") == "fail"))
        notes: defaultdict[str, dict[str, str | None]] = defaultdict(dict)
        for mode, session, note in failing.select("failure_mode", "session_id", "note").iter_rows():
            notes[mode][session] = notes[mode].get(session) or note
        again = own.filter(pl.col("reread").is_not_null())
        due = dict(again.group_by("failure_mode").len().iter_rows())
        kept = book.modes.filter(pl.col("status") != "retired")
        modes = [
            {
                "name": name,
                "definition": definition,
                "sessions": list(notes.get(name, {}).items()),
                "count": count,
                "reread": due.get(name, 0),
            }
            for name, definition, count in kept.select("failure_mode", "definition", "sessions").iter_rows()
        ]
        reread = again.select("session_id", "failure_mode", why="reread").to_dicts()
        return {"sentence": book.sentence, "modes": modes, "reread": reread}

    def _readable(self, labels: pl.DataFrame) -> pl.DataFrame:
        """The labels that this reader may see: her own, where reviewers are blind to one another."""
        blind = self.protocol.blind and self.role != "adjudicator"
        return labels.filter(reviewer=self.reviewer) if blind else labels

    def _edit(self, edit: Mapping[str, Any]) -> dict[str, Any]:
        self.ws.edit_codebook(
            edit["kind"],
            str(edit["name"]),
            into=[str(each) for each in edit.get("into") or ()],
            definition=edit.get("definition"),
            assignment=edit.get("assignment"),
            reason=edit.get("reason"),
            author=self.reviewer,
        )
        return self._codebook()

    def _suggest(self) -> dict[str, Any]:
        found = self.ws.group_notes()
        nameless = self.ws.codebook().labels.filter(pl.col("verdict") == "fail", pl.col("failure_mode").is_null())
        own = self._readable(nameless).drop_nulls("note")
        notes: dict[str, str] = dict(own.select("session_id", "note").iter_rows())
        groups = [
            {"name": name, "notes": [(each, notes[each]) for each in found.session_ids(mode) if each in notes]}
            for mode, name in found.to_frame().select("mode", "name").iter_rows()
        ]
        return {"groups": [group for group in groups if group["notes"]]}


def seat(
    desk: Desk,
    items: pl.DataFrame,
    *,
    fetch: Callable[[str], dict[str, Any]],
    heard: Mapping[str, list[dict[str, Any]]],
    keys: Mapping[str, str] | None,
    title: str | None = None,
) -> Labeller:
    """The labeller of one reviewer at one queue."""
    from workbench.widgets import Labeller
    from workbench.workspace._labelling import labels_by_item, reveal, save_change

    database, reviewer, queue = desk.ws.store.database, desk.reviewer, desk.queue
    queue_id = None if queue is None else queue.queue_id

    def save(change: Mapping[str, Any]) -> dict[str, Any] | None:
        return save_change(database, change, reviewer=reviewer, role=desk.role, queue_id=queue_id)

    book = desk.ws.codebook()
    return Labeller(
        items,
        fetch=lambda session_id: _with_signals(fetch(session_id), session_id, heard),
        save=save,
        labels=labels_by_item(database, reviewer, None if queue is None else queue.draws),
        modes=book.names,
        rubric=desk.protocol.rubric,
        reviewer=reviewer,
        role=desk.role,
        title=title or ("" if queue is None else queue.name),
        blind=desk.protocol.blind,
        reveal=lambda session_id: reveal(database, session_id, reviewer=reviewer, queue_id=queue_id or "contested"),
        queue=f"{desk.ws.store.folder}/{queue_id or 'contested'}/{reviewer}/{desk.role}",
        keys=keys,
        services=desk.services(),
        taken=desk.taken(book.labels),
        first=() if queue is None else set(queue.draws.filter(pl.col("shown_first"))["target_id"]),
    )


def hold(
    database: Database,
    draw_id: str,
    session_id: str,
    *,
    reviewer: str,
    protocol: label.Protocol,
    clock: Callable[[], datetime],
) -> str | None:
    """Reserve one item for a reviewer; why it is not to be read now, or None. Nobody is told who else reads it.

    Only the rows of that item are read, so that the time it takes does not grow with the queue.
    """
    while True:
        now = clock()
        said = database.read("annotations", target_id=session_id)
        authors = said.filter(author_kind="human")["author"].drop_nulls().unique().to_list()
        rows = said.to_dicts()
        verdicts = {each: label.said_of(rows, reviewer=each).fields.get("verdict") for each in authors}
        decided = [each for each, verdict in verdicts.items() if verdict in _DONE]
        if reviewer in decided:
            return None
        held = database.read("reservations", draw_id=draw_id)
        last = held.group_by("reviewer", maintain_order=True).last()
        open_now = last.filter(pl.col("kind") == "take", pl.col("expires_at") > now)
        mine = open_now.filter(reviewer=reviewer)["expires_at"]
        if mine.len() and mine[0] > now + timedelta(minutes=protocol.hold_minutes / 2):
            return None
        draws = database.read("draws", draw_id=draw_id).filter(pl.col("component").ne_missing(label.REPEAT))
        if not draws.height:
            return None
        labels = pl.DataFrame(
            [(session_id, each, verdict) for each, verdict in verdicts.items()],
            schema=dict.fromkeys(("session_id", "reviewer", "verdict"), pl.String),
            orient="row",
        )
        row = label.reserve(draws, held, labels, reviewer=reviewer, protocol=protocol, now=now)
        if row is None:
            until = open_now.filter(pl.col("reviewer") != reviewer)["expires_at"].max()
            if len(set(decided)) < protocol.reviews and isinstance(until, datetime):
                return f"Somebody else has this one until {until:%H:%M} UTC."
            return f"This one has been read as often as its queue asks ({protocol.reviews}): a label of yours counts as one more opinion."
        if database.append("reservations", [row]):  # else somebody was faster: look again
            return None


def reviews_of(labels: pl.DataFrame, answers: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """What the reviewers of contested sessions said, by session: for who settles them."""
    given: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for session, reviewer, item, number, text in answers.select(
        "session_id", "reviewer", "item", "number", "text"
    ).iter_rows():
        given[session, reviewer].append((item, text if number is None else f"{number:g}"))
    fields = ("reviewer", "verdict", "failure_mode", "note", "first_failure", "root_cause")
    said: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in labels.filter(pl.col("verdict").is_in(["pass", "fail"])).iter_rows(named=True):
        session = row["session_id"]
        modes = " · ".join([row["failure_mode"], *(row["other_modes"] or ())]) if row["failure_mode"] else None
        said[session].append(
            {**{name: row[name] for name in fields}, "failure_mode": modes, "answers": given[session, row["reviewer"]]}
        )
    return dict(said)


def signals_by_target(said: Sequence[pl.DataFrame]) -> dict[str, list[dict[str, Any]]]:
    """What users said, by what they said it of: a session, a trace or a span."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for frame in said:
        users = frame.filter(pl.col("author_kind") == "user", pl.col("target_id").is_not_null())
        for row in users.iter_rows(named=True):
            found[row["target_id"]].append(row)
    return dict(found)


def _with_signals(
    session: dict[str, Any], session_id: str, heard: Mapping[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """A session with what its users said, at the step where they said it."""
    if not heard:
        return session
    targets: dict[str, str | None] = {session_id: None}
    for step in session["steps"]:
        trace, span = str(step.get("trace_id")), f"{step.get('trace_id')}/{step.get('span_id')}"
        targets.setdefault(trace, span)  # what is said of a trace stands at its first step
        targets[span] = span
    signals = [
        {"name": row["name"] or "feedback", "text": _told(row), "span": span}
        for target, span in targets.items()
        for row in heard.get(target, ())
    ]
    return {**session, "signals": signals}


def _told(row: Mapping[str, Any]) -> str:
    value = row["value_text"]
    if value is None and row["value_number"] is not None:
        value = f"{row['value_number']:g}"
    if value is None and row["passed"] is not None:
        value = "good" if row["passed"] else "bad"
    return ": ".join(str(each) for each in (value, row["comment"]) if each)
