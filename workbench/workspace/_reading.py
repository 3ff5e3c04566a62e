"""Queues, labels and the codebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.errors import EmptyError, UnknownNameError
from workbench.workspace._base import author_of
from workbench.workspace._modes import FailureModes

if TYPE_CHECKING:
    from workbench.cluster import Modes
    from workbench.label import Agreements, Anchoring, Codebook, EventKind, Filling, Protocol, Queue, Stopping
    from workbench.widgets import Labeller


__all__ = ["Reading"]


class Reading(FailureModes):
    """Reading sessions and saying what went wrong."""

    def queue(
        self,
        name: str,
        population: Any = None,
        *,
        n: int = 40,
        seed: int = 0,
        by: str | None = None,
        score: str | None = None,
        informed: bool = False,
        ahead: int | None = None,
        because: str | None = None,
        protocol: Protocol | None = None,
    ) -> Queue:
        """Draw sessions to read, once: the same name gives the same queue for ever.

        Parameters
        ----------
        name
            What to call it.
        population
            Sessions to draw from: a selection, ids, or a frame with `session_id`; all by default.
        n
            How many.
        seed
            Another seed draws others.
        by, score
            A column of the population: strata that each get their part, or the worth of reading (a third of the draws stays uniform).
        informed
            A third at random, the rest where most is to be learnt: kinds not seen yet, disagreement with graders, thin segments
            (of `by`), negative feedback. A larger `n` later goes on from what was read until then.
        ahead
            With `informed`: draw so many beyond what was read, and more whenever this is called again.
        because
            One line that is shown beside each session.
        protocol
            What for, by whom, what is asked, what stays hidden.
        """
        from workbench import evidence, label
        from workbench.workspace._queues import keep

        # A queue that exists is handed back whatever the population has become.
        sessions = self._rolled_up()
        source, refused = self._meant(sessions if population is None else population)
        known = self._known_before(source, by) if informed else source

        def draw() -> Queue:
            shared: dict[str, Any] = {
                "name": name,
                "n": n,
                "seed": seed,
                "because": because,
                "history": self.store.database.read("draws"),
                "queues": self.store.database.read("queues"),
                "protocol": protocol or label.Protocol(),
                "created_by": author_of(),
                "now": datetime.now(UTC),
            }
            if informed:
                return label.draw_informed(known, ahead=ahead, labels=self.labels(), **shared)
            return label.draw_queue(known, by=by, score=score, **shared)

        drawn = keep(self.store.database, draw)
        return replace(drawn, notes=(*drawn.notes, *evidence.refusals(refused if drawn.is_new else 0)))

    def next_item(self, queue: Queue, *, reviewer: str) -> dict[str, Any] | None:
        """Reserve the next session of a queue for a reviewer: `session_id`, `draw_id`, `because`, `expires_at`; None where nothing is left."""
        from workbench.workspace._queues import take_next

        return take_next(self.store.database, queue, reviewer, lambda: datetime.now(UTC))

    def fill(
        self, queue: Queue, population: Any, *, how: Filling = "hand", because: str, due_at: datetime | None = None
    ) -> int:
        """Add sessions to a queue by hand, by rule, from a cluster or from feedback: evidence, and in no rate.

        Parameters
        ----------
        queue
            What `queue()` drew.
        population
            The sessions: a selection, ids, or a frame with `session_id`.
        how
            `hand`, `rule`, `cluster` or `feedback`.
        because
            One line that is shown beside each.
        due_at
            Until when they are to be read: what expires first comes first.

        Returns
        -------
        int
            How many were new to the queue.
        """
        from workbench import label

        source, _ = self._meant(population)
        while True:
            rows = label.filled_draws(
                self.store.database.read("draws", queue_id=queue.queue_id),
                source["session_id"].to_list(),
                queue_id=queue.queue_id,
                how=how,
                because=because,
                due_at=due_at,
                now=datetime.now(UTC),
            )
            if not rows.height or self.store.database.append_together({"draws": rows}, unless="draws"):
                return rows.height

    def _known_before(self, source: pl.DataFrame, by: str | None) -> pl.DataFrame:
        """What is known of sessions before they are read: where they lie, their signs, what graders and users said."""
        from workbench import cluster, label

        wanted = source.select("session_id").unique().sort("session_id")
        name = f"features_{label.population_hash(wanted['session_id'].to_list())[:16]}"
        steps = self.steps()
        known = self._derived(
            name,
            lambda: cluster.features(cluster.facet_text(steps.join(wanted, on="session_id", how="semi"), "failure")),
        )
        outcomes = self.outcomes().frame.select("session_id", "feedback", graded="grader")
        known = wanted.join(known, on="session_id", how="left").join(outcomes, on="session_id", how="left")
        if by is None:
            return known
        held = source if by in source.columns else self.sessions()
        if by not in held.columns:
            raise UnknownNameError(by, "column of the sessions", held.columns)
        return known.join(held.select("session_id", segment=by).unique("session_id"), on="session_id", how="left")

    def label(
        self,
        queue: Queue,
        *,
        reviewer: str,
        role: str = "general",
        keys: Mapping[str, str] | None = None,
        by: str | None = None,
    ) -> Labeller:
        """Read a queue and say what went wrong, by keyboard; each save is on disk before it is acknowledged.

        Parameters
        ----------
        queue
            What `queue()` drew.
        reviewer
            Who reads; reviewers do not see each other's labels.
        role
            `general` or `expert`.
        keys
            Other keys for single actions, such as `{"pass": "y"}`; `workbench.widgets.ACTIONS` has all, and `?` shows them.
        by
            A column of the sessions that "when to stop" is told by on demand; by default the one that the queue was drawn by, else
            the agent's version.
        """
        from workbench.workspace._desk import Desk, seat, signals_by_target

        desk = Desk(ws=self, reviewer=reviewer, role=role, queue=queue, by=by)
        heard = signals_by_target([self._scores(), self._said()])
        return seat(desk, queue.items, fetch=self._reading, heard=heard, keys=keys)

    def adjudicate(
        self, *, reviewer: str, queue: Queue | None = None, keys: Mapping[str, str] | None = None
    ) -> Labeller:
        """Settle the sessions whose reviewers disagree, with what each of them said side by side.

        Only sessions that at least two have decided come up, so that nobody is swayed. The adjudicator's verdict counts alone from then on.

        Parameters
        ----------
        reviewer
            Who settles.
        queue
            Only the sessions of this queue; with its rubric.
        keys
            As in `label`.

        Raises
        ------
        EmptyError
            No session is contested.
        """
        from workbench import label
        from workbench.workspace._desk import Desk, reviews_of, seat, signals_by_target

        labels = self.labels().filter(pl.col("role").ne_missing("adjudicator"))
        disputed = label.contested(labels)
        if queue is not None:
            disputed = disputed.join(queue.items, on="session_id", how="semi")
        if not disputed.height:
            msg = "no session is contested: where two have decided, they agree. `ws.agreement()` says how far."
            raise EmptyError(msg)
        items = disputed.select(
            "session_id",
            because=pl.format(
                "{} say pass, {} say fail", pl.col("passed_by").list.len(), pl.col("failed_by").list.len()
            ),
        )
        reviews = reviews_of(
            labels.join(disputed, on="session_id", how="semi"), label.rubric_answers(self.annotations())
        )

        def fetch(session_id: str) -> dict[str, Any]:
            return {**self._reading(session_id), "reviews": reviews.get(session_id, [])}

        heard = signals_by_target([self._scores(), self._said()])
        desk = Desk(ws=self, reviewer=reviewer, role="adjudicator", queue=queue)
        return seat(desk, items, fetch=fetch, heard=heard, keys=keys, title="contested sessions")

    def save_label(
        self,
        change: Mapping[str, Any],
        *,
        reviewer: str,
        role: str = "general",
        queue_id: str | None = None,
        method: str = "widget",
    ) -> dict[str, Any]:
        """Keep one label, or take one back; the same operation sent twice is kept once.

        Parameters
        ----------
        change
            `session_id` and what is said of it: `verdict`, `note`, `failure_mode`, `first_failure`, `root_cause`, `expected_output`,
            `answers` to the queue's rubric; or `undo`. An `operation` of your own tells a repetition.
        reviewer, role
            Who says it, and as what: `general`, `expert`, or `adjudicator`, whose verdict settles a contested session.
        queue_id
            The queue that it was read in.
        method
            How it came about.

        Returns
        -------
        dict
            The reviewer's label of that session as it stands now.

        Raises
        ------
        UnknownNameError
            There is no such session or field; the message suggests the nearest.
        """
        from workbench.workspace._labelling import save_change

        session = change.get("session_id")
        known = self._rolled_up()["session_id"]
        if session is not None and not (known == session).any():
            raise UnknownNameError(str(session), "session", known.to_list(), then="`ws.sessions()` lists them.")
        saved = save_change(self.store.database, change, reviewer=reviewer, role=role, queue_id=queue_id, method=method)
        return saved or {}

    def labels(self, *, reviewer: str | None = None) -> pl.DataFrame:
        """What the reviewers say now: one row a session and reviewer."""
        from workbench import label

        return label.current_labels(self.annotations(), reviewer=reviewer)

    def labelled(self, mode: str | None = None) -> pl.DataFrame:
        """The labels that say fail, of one failure mode of the codebook or of all.

        Raises
        ------
        UnknownNameError
            No label names that mode; the message suggests the nearest.
        """
        coded = self.codebook().labels.filter(pl.col("verdict") == "fail")
        if mode is None:
            return coded
        names = coded["failure_mode"].drop_nulls().unique().to_list()
        if mode not in names:
            raise UnknownNameError(mode, "labelled failure mode", names, then="`ws.codebook()` lists them.")
        return coded.filter(pl.col("failure_mode") == mode)

    def codebook(self, *, as_of: datetime | None = None) -> Codebook:
        """The failure modes that people named: definition, share with interval, evidence, and what is still unseen."""
        from workbench import label

        return label.codebook(
            self.annotations(),
            self.store.database.read("codebook_events"),
            draws=self.store.database.read("draws"),
            population=self._rolled_up().height,
            as_of=as_of,
        )

    def group_notes(self, *, min_size: int = 3) -> Modes:
        """Suggest failure modes by grouping the open notes on failing sessions; nothing is renamed until `edit_codebook` says so.

        Parameters
        ----------
        min_size
            The fewest sessions that are called a group.

        Raises
        ------
        EmptyError
            No failing session has a note yet.
        """
        from workbench import cluster

        noted = self.codebook().labels.filter(pl.col("verdict") == "fail").drop_nulls("note")
        texts = noted.group_by("session_id", maintain_order=True).agg(pl.col("note").str.join("\n").alias("text"))
        return cluster.cluster(
            texts,
            embed=cluster.Embedder(cache=self.store.vectors, choices=self.store.folder / "cache" / "backends.json"),
            views=cluster.Views(meaning=1.0, words=1.0, structure=0.0),
            min_size=min_size,
        )

    def agreement(self) -> Agreements:
        """How far the reviewers agree on the verdict, each failure mode and each rubric item, beyond chance."""
        from workbench import label

        rubric = {
            item.name: item
            for row in self.store.database.read("queues").iter_rows(named=True)
            for item in label.Protocol.of(row).rubric
        }
        answers = label.rubric_answers(self.annotations())
        return label.agreements(self.codebook().labels, answers=answers, rubric=list(rubric.values()))

    def self_agreement(self, reviewer: str) -> Agreements:
        """How far a reviewer agrees with herself on sessions that a queue showed again, unannounced."""
        from workbench import label

        return label.self_agreement(self.annotations(), reviewer=reviewer)

    def anchoring(self) -> Anchoring:
        """Whether verdicts lean towards what graders said, where that was shown before the verdict."""
        from workbench import label

        return label.anchoring(self.labels(), self.outcomes().frame.select("session_id", suggested="grader"))

    def stopping(self, *, by: str | None = None, queue: Queue | None = None, more: int = 30) -> Stopping:
        """When to stop: how much of the failures is of kinds not seen yet, and what more reading would show.

        Parameters
        ----------
        by
            A column of the sessions: the same for each segment.
        queue
            The queue that the numbers are of; by default the one of which most was read.
        more
            How many more reads to look ahead.
        """
        from workbench import label

        sessions = self.sessions()
        if by is not None and by not in sessions.columns:
            raise UnknownNameError(by, "column of the sessions", sessions.columns)
        segments = None if by is None else sessions.select("session_id", pl.col(by).cast(pl.String))
        return label.stopping(
            self.codebook().labels,
            draws=self.store.database.read("draws"),
            queue_id=None if queue is None else queue.queue_id,
            segments=None if segments is None else dict(segments.iter_rows()),
            more=more,
        )

    def edit_codebook(
        self,
        kind: EventKind,
        name: str,
        *,
        into: str | Sequence[str] = (),
        definition: str | None = None,
        assignment: Mapping[str, str] | None = None,
        reason: str | None = None,
        author: str | None = None,
    ) -> Codebook:
        """Define, rename, merge, split or retire a failure mode; an event, so that any earlier codebook can be shown again.

        Parameters
        ----------
        kind
            `define`, `rename`, `merge`, `split` or `retire`.
        name
            The failure mode.
        into
            Its new name, the mode that takes it in, or its parts.
        definition
            For `define`: what belongs here and what does not.
        assignment
            For `split`: which session goes to which part; the others are to be read again.
        reason
            Why; required to retire.
        author
            Who decides; you by default.
        """
        from workbench import label

        event = label.codebook_event(
            kind,
            name,
            into,
            author=author_of(author),
            now=datetime.now(UTC),
            events=self.store.database.read("codebook_events"),
            definition=definition,
            assignment=assignment,
            reason=reason,
        )
        self.store.database.append("codebook_events", [event])
        return self.codebook()
